// What management programs answer and write: files of the API of XProtect and of Frigate that somebody saved.

#include "drivers/equipment/frigate_model.hpp"
#include "drivers/equipment/milestone_model.hpp"
#include "drivers/equipment/recognise_exports.hpp"

namespace coffre::drivers {

namespace {

bool holds(std::string_view content, std::string_view what) {
    return content.find(what) != std::string_view::npos;
}

bool looks_like_milestone(const std::string&, std::string_view content) {
    const auto start = model::trimmed(content.substr(0, 256));
    return start.starts_with('{') && (holds(start, "\"array\"") || holds(start, "\"data\"")) &&
           holds(content, "\"relations\"");
}

void read_milestone_file(const std::string&, std::string_view content, Model& model) {
    read_milestone("", model::parse_json(content), model);
}

bool looks_like_frigate(const std::string&, std::string_view content) {
    return (content.starts_with("cameras:") || holds(content, "\ncameras:")) && holds(content, "ffmpeg:") &&
           holds(content, "inputs:");
}

void read_frigate_file(const std::string&, std::string_view content, Model& model) {
    const auto yaml = model::parse_yaml(content);
    if (!is_frigate(yaml)) throw model::Malformed{"YAML"};
    read_frigate(yaml, model);
}

}  // namespace

FileReader milestone_reader() { return {"milestone", looks_like_milestone, read_milestone_file}; }

FileReader frigate_reader() { return {"frigate", looks_like_frigate, read_frigate_file}; }

}  // namespace coffre::drivers
