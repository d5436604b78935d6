#pragma once
// The driver "files": a folder, or a single file, that somebody or something exported to this machine.
//
// Rules: links are kept as links and never followed (but for `path` itself, which the user named); sockets,
// fifos and devices are skipped; a file that changes while it is read, vanishes or cannot be read is left out
// and told of. Kept: names, contents, the owner's executable bit, empty folders. Not kept: owners, times,
// other modes.

#include "drivers/equipment/drivers.hpp"

namespace coffre::drivers {

// Its setting `path` names the folder or the file.
DriverInfo files_driver_info();

}  // namespace coffre::drivers
