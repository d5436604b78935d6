#pragma once
// Settings that equipments with any driver know: `stage` (production, test), `volatile` (patterns of model
// paths that are passed over, blanks between), `mode` (auto, manual: then nothing else is needed) and
// `contract` (yes, no).

#include <map>
#include <string>

namespace coffre::drivers {

// Nothing in them says where a configuration is: there are general ones, at most.
bool has_no_source(const std::map<std::string, std::string>& settings);

}  // namespace coffre::drivers
