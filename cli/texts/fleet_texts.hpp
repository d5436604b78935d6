#pragma once
// What is said of many sites at once.

#include "base/message.hpp"

namespace coffre::texts {

inline constexpr Text fleet_not_given{"no folder of sites was named",
                                      "aucun dossier de sites n’a été indiqué"};
inline constexpr Text no_sites{"there is no repository below {0}", "il n’y a aucun dépôt sous {0}"};
inline constexpr Text hint_fleet{
    "name the folder in which the sites' repositories lie, or set 'fleet' in the settings file",
    "indiquez le dossier où sont les dépôts des sites, ou définissez « fleet » dans le fichier de réglages"};
inline constexpr Text site_failed{"{0}: {1}", "{0} : {1}"};
inline constexpr Text fleet_counts{"sites: {0}, not opened: {1}", "sites : {0}, non ouverts : {1}"};

}  // namespace coffre::texts
