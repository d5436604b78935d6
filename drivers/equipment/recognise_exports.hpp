#pragma once
// What users export by hand, and what management programs write for that, each as a reader of files. All of
// them go by what a file says, never by its name.

#include "drivers/equipment/recognise.hpp"

namespace coffre::drivers {

// `reg export` of Windows: Blue Iris's keys as cameras, users and recording; any other key as it is.
FileReader registry_reader();

}  // namespace coffre::drivers
