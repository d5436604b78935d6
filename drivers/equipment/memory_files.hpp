#pragma once
// A capture that is held in memory, and the source that its model and a restore's plan are made of. Nothing
// of it reaches a disk.

#include <map>
#include <string>
#include <vector>

#include "base/equipment_driver.hpp"

namespace coffre::drivers {

class MemoryFiles final : public CaptureSink, public FileSource {
public:
    struct Problem {
        std::string path;
        Message why;
    };

    void file(const Path& path, bool executable, ByteView content) override;
    void large_file(const Path& path, bool executable, std::uint64_t size, const Pieces& next) override;
    void link(const Path&, const std::string&) override {}
    void empty_folder(const Path&) override {}
    void skipped(const Path& path, const Message& why) override;
    void failed(const Path& path, const Message& why) override;

    [[nodiscard]] const std::vector<StoredFile>& files() const override { return files_; }
    [[nodiscard]] std::optional<Bytes> read(const std::string& path, std::uint64_t limit) const override;

    [[nodiscard]] const std::vector<Problem>& skipped_parts() const { return skipped_; }
    [[nodiscard]] const std::vector<Problem>& failed_parts() const { return failed_; }
    [[nodiscard]] bool complete() const { return failed_.empty(); }
    // Null: none of that path.
    [[nodiscard]] const Bytes* content(const std::string& path) const;
    // In place of what is there.
    void put(const std::string& path, Bytes content);
    void remove(const std::string& path);

private:
    void list();

    std::map<std::string, Bytes> contents_;
    std::vector<StoredFile> files_;
    std::vector<Problem> skipped_, failed_;
};

}  // namespace coffre::drivers
