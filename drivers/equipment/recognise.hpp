#pragma once
// Stored files that are understood by what they look like, whatever brought them here: what an equipment's
// own driver takes, and what its user exports by hand.

#include <string>
#include <string_view>
#include <vector>

#include "base/equipment_driver.hpp"

namespace coffre::drivers {

// One sort of file.
struct FileReader {
    std::string name;  // "hikvision-xml"
    // Cheap; may look at all of `content`.
    bool (*recognises)(const std::string& path, std::string_view content) = nullptr;
    // Puts into the model what the file says. model::Malformed: it is not such a file after all.
    void (*read)(const std::string& path, std::string_view content, Model& model) = nullptr;
};

// In the order in which they are asked.
const std::vector<FileReader>& file_readers();

// Files up to this size are read for the model; larger ones are compared as files.
constexpr std::uint64_t model_file_max = 16 << 20;

// All files that no one has explained yet, each by the first reader that recognises and reads it.
void recognise(const FileSource& files, Model& model);

// Asks `reader` for each file: for drivers whose captures hold files of that sort.
void read_all(const FileSource& files, const FileReader& reader, Model& model);

}  // namespace coffre::drivers
