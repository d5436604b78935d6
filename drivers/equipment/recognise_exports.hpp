#pragma once
// What users export by hand, and what management programs write for that, each as a reader of files. All of
// them go by what a file says, never by its name.

#include "drivers/equipment/recognise.hpp"

namespace coffre::drivers {

// `reg export` of Windows: Blue Iris's keys as cameras, users and recording; any other key as it is.
FileReader registry_reader();

// Dumps of a database: ZoneMinder's tables by what they mean; the rows of any other by their primary key.
FileReader sql_reader();

// Answers of XProtect's API Gateway: {"array":[…]} of cameras, hardware, roles, rules….
FileReader milestone_reader();
// Answers of the servers of the Nx Witness family: the whole database as JSON, or one list of it.
FileReader nx_reader();
// Frigate's configuration file.
FileReader frigate_reader();

}  // namespace coffre::drivers
