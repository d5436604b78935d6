#include "drivers/equipment/recognise.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <new>
#include <set>

#include "drivers/equipment/axis.hpp"
#include "drivers/equipment/dahua.hpp"
#include "drivers/equipment/hikvision.hpp"
#include "drivers/equipment/onvif.hpp"
#include "drivers/equipment/recognise_exports.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::drivers {

namespace {

// False: it is not such a file. What a reader put into `model` before it failed is to be thrown away.
bool read_one(const FileReader& reader, const std::string& path, std::string_view content, Model& model) {
    if (!reader.recognises(path, content)) return false;
    try {
        reader.read(path, content, model);
    } catch (const model::Malformed&) {
        return false;
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception&) {
        // A number that is none, a member of another type: the file is not what it looked like.
        return false;
    }
    model.explains(path);
    return true;
}

// What one file says.
struct Reading {
    std::string path;
    Model model;

    [[nodiscard]] std::string folder() const {
        const auto slash = path.rfind('/');
        return slash == std::string::npos ? std::string() : path.substr(0, slash);
    }
};

bool agree(const Item& a, const Item& b) {
    return std::all_of(a.fields.begin(), a.fields.end(), [&](const auto& field) {
        const auto other = b.fields.find(field.first);
        return other == b.fields.end() || field.second.is_volatile || other->second.is_volatile ||
               field.second.value == other->second.value;
    });
}

void merge(Item& into, const Item& item) {
    if (into.label.empty()) into.label = item.label;
    for (const auto& [name, field] : item.fields) into.fields[name] = field;
}

// The folders whose files contradict each other: these are not parts of one equipment's configuration.
std::set<std::string> mixed_folders(const std::vector<Reading>& readings) {
    std::map<std::string, std::map<Model::Key, Item>> folders;
    std::set<std::string> mixed;
    for (const auto& reading : readings) {
        auto& items = folders[reading.folder()];
        for (const auto& [key, item] : reading.model.items()) {
            const auto [there, is_new] = items.emplace(key, item);
            if (is_new) continue;
            if (!agree(there->second, item)) mixed.insert(reading.folder());
            merge(there->second, item);
        }
    }
    return mixed;
}

// A folder may hold the exports of several equipments. Items of one key from several of them (by their
// folders; by their files where these contradict each other) bear that folder's or file's path in front, so
// that none takes another's place.
void add(const std::vector<Reading>& readings, Model& model) {
    const auto mixed = mixed_folders(readings);
    const auto place = [&](const Reading& reading) {
        const auto folder = reading.folder();
        return mixed.contains(folder) ? reading.path : folder;
    };
    std::map<Model::Key, std::set<std::string>> places;
    for (const auto& [key, item] : model.items()) places[key].emplace();  // of a driver: the root's
    for (const auto& reading : readings)
        for (const auto& [key, item] : reading.model.items()) places[key].insert(place(reading));
    for (const auto& reading : readings) {
        const auto prefix = place(reading);
        for (const auto& [key, item] : reading.model.items()) {
            if (places.at(key).size() == 1 || prefix.empty()) {
                merge(model.item(key.first, key.second), item);
                continue;
            }
            auto& own = model.item(key.first, prefix + "/" + key.second);
            merge(own, item);
            own.label = prefix + ": " + (item.label.empty() ? key.second : item.label);
        }
        model.explains(reading.path);
    }
}

}  // namespace

const std::vector<FileReader>& file_readers() {
    static const std::vector<FileReader> readers{
        dahua_reader(), hikvision_reader(), axis_reader(), onvif_reader(),   registry_reader(),
        sql_reader(),   milestone_reader(), nx_reader(),   frigate_reader(),
    };
    return readers;
}

void recognise(const FileSource& files, Model& model) {
    std::vector<Reading> readings;
    for (const auto& file : files.files()) {
        if (model.explained(file.path) || file.bytes > model_file_max) continue;
        const auto content = files.read(file.path, model_file_max);
        if (!content) continue;
        for (const auto& reader : file_readers()) {
            Reading reading{file.path, {}};
            if (!read_one(reader, file.path, as_text(*content), reading.model)) continue;
            readings.push_back(std::move(reading));
            break;
        }
    }
    add(readings, model);
}

void read_all(const FileSource& files, const FileReader& reader, Model& model) {
    for (const auto& file : files.files()) {
        if (file.bytes > model_file_max) continue;
        const auto content = files.read(file.path, model_file_max);
        Model tried = model;
        if (content && read_one(reader, file.path, as_text(*content), tried)) model = std::move(tried);
    }
}

}  // namespace coffre::drivers
