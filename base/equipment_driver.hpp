#pragma once
// What reads the configuration of one equipment: named files, streamed to whoever keeps them. A driver writes
// nothing to any disk, and what an equipment calls a name is data, never a path of this machine.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/message.hpp"

namespace coffre {

// Takes in what a driver finds. Paths are names from the equipment's root down: any bytes but '/' and NUL.
class CaptureSink {
public:
    using Path = std::vector<std::string>;

    virtual ~CaptureSink() = default;
    virtual void file(const Path& path, bool executable, ByteView content) = 0;
    // A file too large to be handed over at once: `next` gives its pieces, `size` bytes in all, and an empty
    // one at the end. Error{failed} of `next` comes through, and the file was not taken in.
    using Pieces = std::function<ByteView()>;
    virtual void large_file(const Path& path, bool executable, std::uint64_t size, const Pieces& next) = 0;
    virtual void link(const Path& path, const std::string& target) = 0;
    virtual void empty_folder(const Path& path) = 0;
    // Left out by rule (sockets, devices): the capture is complete all the same.
    virtual void skipped(const Path& path, const Message& why) = 0;
    // Should be in and is not: the capture is partial.
    virtual void failed(const Path& path, const Message& why) = 0;
};

class EquipmentDriver {
public:
    virtual ~EquipmentDriver() = default;
    [[nodiscard]] virtual std::string id() const = 0;  // "files 1": name and version, kept in the commit
    // Error{unreachable} when nothing at all can be read.
    virtual void capture(CaptureSink& sink) = 0;
};

}  // namespace coffre
