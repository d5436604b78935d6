#pragma once
// Why snapshots are kept whatever their kinds, beside base/messages.def.

#include "base/message.hpp"

namespace coffre::texts {

inline constexpr Text keep_drilled{"{0}'s last restore test that succeeded was of it",
                                   "le dernier test de restauration réussi de {0} portait sur lui"};
inline constexpr Text keep_in_anomaly{"an anomaly that is not resolved shows it",
                                      "une anomalie non résolue s’y rapporte"};

}  // namespace coffre::texts
