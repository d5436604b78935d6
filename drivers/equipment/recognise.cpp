#include "drivers/equipment/recognise.hpp"

#include "drivers/equipment/axis.hpp"
#include "drivers/equipment/dahua.hpp"
#include "drivers/equipment/hikvision.hpp"
#include "drivers/equipment/onvif.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::drivers {

namespace {

// What a reader put there before it failed is not kept.
bool read_one(const FileReader& reader, const std::string& path, std::string_view content, Model& model) {
    if (!reader.recognises(path, content)) return false;
    Model tried = model;
    try {
        reader.read(path, content, tried);
    } catch (const model::Malformed&) {
        return false;
    }
    tried.explains(path);
    model = std::move(tried);
    return true;
}

}  // namespace

const std::vector<FileReader>& file_readers() {
    static const std::vector<FileReader> readers{
        axis_reader(),
        dahua_reader(),
        hikvision_reader(),
        onvif_reader(),
    };
    return readers;
}

void recognise(const FileSource& files, Model& model) {
    if (file_readers().empty()) return;
    for (const auto& file : files.files()) {
        if (model.explained(file.path) || file.bytes > model_file_max) continue;
        const auto content = files.read(file.path, model_file_max);
        if (!content) continue;
        for (const auto& reader : file_readers())
            if (read_one(reader, file.path, as_text(*content), model)) break;
    }
}

void read_all(const FileSource& files, const FileReader& reader, Model& model) {
    for (const auto& file : files.files()) {
        if (file.bytes > model_file_max) continue;
        if (const auto content = files.read(file.path, model_file_max))
            read_one(reader, file.path, as_text(*content), model);
    }
}

}  // namespace coffre::drivers
