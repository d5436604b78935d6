#pragma once
// What a repository says of machines that were removed.

#include "base/message.hpp"

namespace coffre::texts {

inline constexpr Text machine_put_out{
    "this machine ({0}) was removed from this repository: it may not write",
    "cette machine ({0}) a été retirée de ce dépôt : elle ne peut plus écrire"};
inline constexpr Text batch_of_removed{
    "the journal holds a batch that machine {0} ({1}) wrote after it was removed: it does not count",
    "le journal contient un lot que la machine {0} ({1}) a écrit après son retrait : il ne compte pas"};

}  // namespace coffre::texts
