#pragma once
// Words that several pages and commands share (cli/work/words.cpp).

#include "base/message.hpp"

namespace coffre::texts {

inline constexpr Text time_milliseconds{"{0} ms", "{0} ms"};
inline constexpr Text time_seconds{"{0} s", "{0} s"};
inline constexpr Text time_minutes{"{0} min", "{0} min"};
inline constexpr Text time_minutes_seconds{"{0} min {1} s", "{0} min {1} s"};
inline constexpr Text point{".", ","};
inline constexpr Text colon{": ", " : "};
inline constexpr Text role_cloud{"cloud", "cloud"};
inline constexpr Text role_physical{"physical medium", "support physique"};
inline constexpr Text role_local{"this copy", "cette copie"};
inline constexpr Text contract_level_standard{"standard", "standard"};
inline constexpr Text contract_level_renforce{"reinforced", "renforcé"};
inline constexpr Text contract_level_unknown{"unknown (counts as reinforced)",
                                             "inconnu (compte comme renforcé)"};
// What a dispensation is of.
inline constexpr Text dispensed_copy{"one place", "un seul lieu"};
inline constexpr Text dispensed_distance{"near places", "lieux proches"};
inline constexpr Text dispensed_drill{"restore test", "test de restauration"};
inline constexpr Text dispensed_manual{"by hand", "à la main"};
inline constexpr Text dispensed_medium{"clear medium", "support non chiffré"};
inline constexpr Text dispensed_retest{"new test", "nouveau test"};
// What is observed, and what was found.
inline constexpr Text observed_verify{"names of the files here", "noms des fichiers d’ici"};
inline constexpr Text observed_data{"content of the files here", "contenu des fichiers d’ici"};
inline constexpr Text observed_remote{"content of the copy", "contenu de la copie"};
inline constexpr Text observed_space{"space", "espace"};
inline constexpr Text observed_medium{"encryption of the medium", "chiffrement du support"};
inline constexpr Text found_absent{"not plugged in", "non branché"};
inline constexpr Text found_unreachable{"out of reach", "injoignable"};
inline constexpr Text found_damaged{"damaged", "abîmé"};
// Ways into a repository.
inline constexpr Text way_passphrase{"passphrase", "phrase secrète"};
inline constexpr Text way_key_file{"key file", "fichier de clé"};
inline constexpr Text way_words{"recovery words", "mots de secours"};
inline constexpr Text way_recipient{"identity", "identité"};

}  // namespace coffre::texts
