#include "cli/work/model.hpp"

#include <algorithm>

#include "cli/work/device.hpp"
#include "drivers/equipment/drivers.hpp"

namespace coffre::cli {

namespace {

constexpr std::string_view driver_trailer = "Coffre-Driver: ";

bool below(const std::string& path, const std::string& parent) {
    return path == parent || (path.starts_with(parent) && path[parent.size()] == '/');
}

bool wanted_item(const model::ItemChange& change, const std::vector<std::string>& paths) {
    if (paths.empty()) return true;
    const auto path = model_path(change.category, change.key);
    return std::any_of(paths.begin(), paths.end(),
                       [&](const auto& parent) { return below(path, parent) || below(parent, path); });
}

std::string categories() {
    std::string names;
    for (std::size_t i = 0; i < category_count; ++i)
        names += (i == 0 ? "" : ", ") + std::string(category_name(static_cast<Category>(i)));
    return names;
}

const std::string& called(const Model::Key& key, const Item& item) {
    return item.label.empty() ? key.second : item.label;
}

using WantedFn = std::function<bool(Category, const std::string& key, const std::string& field)>;

// Everything of one category that is compared, as one text.
std::string text_of_category(const Model& model, Category category, const WantedFn& wanted) {
    std::string text;
    for (const auto& [key, item] : model.items()) {
        if (key.first != category) continue;
        bool any = item.fields.empty();
        std::string fields;
        for (const auto& [name, field] : item.fields) {
            if (field.is_volatile || !wanted(category, key.second, name)) continue;
            any = true;
            fields += name + '\0' + field.value + '\0';
        }
        if (any) text += key.second + '\1' + fields + '\2';
    }
    return text;
}

}  // namespace

SnapshotFiles::SnapshotFiles(repo::Repository& repository, const journal::Snapshot& snapshot)
    : repository_(repository) {
    for (auto& entry : repository.list(snapshot)) {
        if (entry.empty_folder || entry.mode == odb::EntryMode::link) continue;
        files_.push_back({entry.path, entry.bytes, entry.id.hex()});
        entries_.emplace(entry.path, std::move(entry));
    }
    std::sort(files_.begin(), files_.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
}

std::optional<Bytes> SnapshotFiles::read(const std::string& path, std::uint64_t limit) const {
    const auto found = entries_.find(path);
    if (found == entries_.end() || found->second.bytes > limit) return std::nullopt;
    return repository_.read_file(found->second);
}

std::string driver_of(repo::Repository& repository, const journal::Snapshot& snapshot) {
    if (!snapshot.driver.empty()) return snapshot.driver;
    const auto& message = repository.content(snapshot).commit.message;
    const auto at = message.rfind(driver_trailer);
    if (at == std::string::npos) return "files 1";
    const auto start = at + driver_trailer.size();
    return message.substr(start, message.find('\n', start) - start);
}

Model model_of_snapshot(repo::Repository& repository, const journal::Snapshot& snapshot) {
    return drivers::model_of(driver_of(repository, snapshot), SnapshotFiles(repository, snapshot));
}

std::map<std::string, std::string> fingerprints_of(const repo::Repository& repository, const Model& model,
                                                   const std::vector<std::string>& ignored) {
    const auto wanted = [&](Category category, const std::string& key, const std::string& field) {
        if (ignored.empty()) return true;
        const auto path = model_path(category, key, field);
        return std::none_of(ignored.begin(), ignored.end(),
                            [&](const auto& pattern) { return model::path_matches(pattern, path); });
    };
    std::map<std::string, std::string> fingerprints;
    for (std::size_t i = 0; i < category_count; ++i) {
        const auto category = static_cast<Category>(i);
        const auto text = text_of_category(model, category, wanted);
        if (text.empty()) continue;
        const std::string name(category_name(category));
        fingerprints[name] = repository.text_fingerprint(name, text);
    }
    if (const auto firmware = model.device_field("firmware"); !firmware.empty())
        fingerprints["firmware"] = repository.text_fingerprint("firmware", firmware);
    if (!fingerprints.empty()) fingerprints["version"] = std::to_string(drivers::model_version);
    return fingerprints;
}

ModelDiff model_diff(Session& session, const journal::Snapshot* before, const journal::Snapshot& after,
                     const std::vector<std::string>& paths) {
    auto& repository = session.repository();
    ModelDiff diff;
    std::vector<std::string> file_paths;
    // A file that was named is told of, whoever else tells of it; "users" may be either.
    for (const auto& path : paths)
        if (!is_model_path(path)) file_paths.push_back(path);
    const bool only_models = !paths.empty() && file_paths.empty();
    auto changes = repo::changes_between(repository, before, after, file_paths);
    // Equal trees have equal models: most weeks end here.
    if (changes.empty() && paths.empty()) {
        diff.files.emplace(repository, std::move(changes));
        return diff;
    }
    const Model old = before == nullptr ? Model() : model_of_snapshot(repository, *before);
    const Model now = model_of_snapshot(repository, after);
    const auto ignored = ignored_paths(session.state().find_equipment(after.equipment));
    for (auto& change : model::compare(old, now, ignored))
        if (wanted_item(change, paths)) diff.items.push_back(std::move(change));
    for (const auto& change : diff.items)
        ++(change.kind == model::ChangeKind::added     ? diff.added
           : change.kind == model::ChangeKind::removed ? diff.removed
                                                       : diff.changed);
    const auto is_explained = [&](const repo::Change& change) {
        const auto& from = change.from.empty() ? change.path : change.from;
        return (!change.before || old.explained(from)) && (!change.after || now.explained(change.path));
    };
    const auto all = changes.size();
    std::erase_if(changes, [&](const auto& change) {
        return only_models || (file_paths.empty() && is_explained(change));
    });
    diff.explained_differ = changes.size() < all;
    diff.files.emplace(repository, std::move(changes));
    return diff;
}

std::vector<FoundField> fields_at(const Model& model, const std::string& pattern) {
    std::vector<FoundField> found;
    for (const auto& [key, item] : model.items()) {
        const auto item_path = model_path(key.first, key.second);
        const bool whole = model::path_matches(pattern, item_path);
        for (const auto& [name, field] : item.fields) {
            const auto path = model_path(key.first, key.second, name);
            if (whole || model::path_matches(pattern, path))
                found.push_back({path, field.value, field.secret});
        }
        const auto name_path = model_path(key.first, key.second, "name");
        if (!item.fields.contains("name") && (whole || model::path_matches(pattern, name_path)))
            found.push_back({name_path, called(key, item), false});
    }
    return found;
}

std::vector<ModelBlameLine> blame_model(Session& session, const journal::Snapshot& last,
                                        const std::string& path) {
    auto& repository = session.repository();
    std::vector<ModelBlameLine> lines;
    for (auto& field : fields_at(model_of_snapshot(repository, last), path))
        lines.push_back({nullptr, field});
    if (lines.empty())
        throw Error(Errc::failed, say<Msg::model_path_unknown>(last.equipment, path),
                    say<Msg::hint_model_path>());
    // From the newest back: what a snapshot has otherwise was set by the one after it.
    std::size_t open = lines.size();
    const journal::Snapshot* after = nullptr;
    std::optional<ObjectId> tree;
    auto line = snapshots_until(session.state(), last);
    for (auto at = line.rbegin(); at != line.rend() && open > 0; ++at) {
        const auto now = repository.content(**at).commit.tree;
        if (tree != now) {
            std::map<std::string, std::string> values;
            for (const auto& field : fields_at(model_of_snapshot(repository, **at), path))
                values[field.path] = field.value;
            for (auto& found : lines) {
                if (found.snapshot != nullptr) continue;
                const auto value = values.find(found.field.path);
                if (value != values.end() && value->second == found.field.value) continue;
                found.snapshot = after;
                --open;
            }
        }
        tree = now;
        after = *at;
    }
    for (auto& found : lines)
        if (found.snapshot == nullptr) found.snapshot = after;
    return lines;
}

SearchResult search_models(Session& session, const std::string& pattern,
                           const std::vector<std::string>& equipments) {
    const auto sign = pattern.find('=');
    const auto path = pattern.substr(0, sign);
    const auto value = sign == std::string::npos ? std::string("*") : pattern.substr(sign + 1);
    const auto first = path.substr(0, path.find('/'));
    if (path.find('/') == std::string::npos || (first != "*" && !category_named(first)))
        throw Error(Errc::usage, say<Msg::search_pattern>(pattern), say<Msg::hint_search>(categories()));
    SearchResult result;
    bool secret_asked = false;
    for (const auto& [name, equipment] : session.state().equipment) {
        const bool named =
            !equipments.empty() && std::find(equipments.begin(), equipments.end(), name) != equipments.end();
        if (equipments.empty() ? equipment.removed : !named) continue;
        const journal::Snapshot* newest = nullptr;
        rules::NewestFirst order(session.state(), name);
        while (const auto* snapshot = order.next())
            if (!snapshot->expired) {
                newest = snapshot;
                break;
            }
        if (newest == nullptr) {
            result.without_snapshot.push_back(name);
            continue;
        }
        for (auto& field : fields_at(model_of_snapshot(session.repository(), *newest), path)) {
            if (field.secret && value != "*") {
                secret_asked = true;
                continue;
            }
            if (model::text_matches(value, field.value)) result.found.push_back({newest, std::move(field)});
        }
    }
    if (result.found.empty() && secret_asked)
        throw Error(Errc::usage, say<Msg::search_secret>(), say<Msg::hint_search>(categories()));
    return result;
}

bool is_model_path(const std::string& path) {
    const auto slash = path.find('/');
    return slash != std::string::npos && category_named(path.substr(0, slash)).has_value();
}

}  // namespace coffre::cli
