#include "base/error.hpp"

namespace coffre {

Error::Error(Errc code, Message message, Message hint)
    : code_(code),
      message_(std::move(message)),
      hint_(std::move(hint)),
      rendered_(text(Lang::en, message_.id, message_.args)) {}

}  // namespace coffre
