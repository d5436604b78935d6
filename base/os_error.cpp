#include "base/os_error.hpp"

#include <cerrno>

namespace coffre {

namespace {

Message reason_of(int number) {
    switch (number) {
        case ENOENT:
            return say<Msg::os_not_found>();
        case EACCES:
        case EPERM:
            return say<Msg::os_permission>();
        case EEXIST:
            return say<Msg::os_exists>();
        case ENOTDIR:
            return say<Msg::os_not_directory>();
        case EISDIR:
            return say<Msg::os_is_directory>();
        case ENXIO:  // what opening a socket or a device without a driver gives
            return say<Msg::os_not_regular>();
        case ENOTEMPTY:
            return say<Msg::os_not_empty>();
        case ENOSPC:
        case EDQUOT:
            return say<Msg::os_no_space>();
        case EROFS:
            return say<Msg::os_read_only>();
        case EIO:
            return say<Msg::os_io>();
        case EMFILE:
        case ENFILE:
            return say<Msg::os_too_many_files>();
        case ENAMETOOLONG:
            return say<Msg::os_name_too_long>();
        case ELOOP:
            return say<Msg::os_loop>();
        case EBUSY:
        case ETXTBSY:
        case EAGAIN:
            return say<Msg::os_busy>();
        default:
            return say<Msg::os_other>(std::to_string(number));
    }
}

}  // namespace

Error os_error(const std::string& path, int number) {
    Message message = say<Msg::file_error>(path, text(reason_of(number)));
    if (number == ENOSPC || number == EDQUOT) {
        return {Errc::no_space, std::move(message), say<Msg::hint_free_space>(), number};
    }
    return {Errc::failed, std::move(message), Message{}, number};
}

}  // namespace coffre
