#include "base/error.hpp"

namespace coffre {

Error::Error(Errc code, Message message, Message hint)
    : Error(code, std::move(message), std::move(hint), 0) {}

Error::Error(Errc code, Message message, Message hint, int system_number)
    : code_(code),
      message_(std::move(message)),
      hint_(std::move(hint)),
      system_number_(system_number),
      rendered_(text(Lang::en, message_.id, message_.args)) {}

}  // namespace coffre
