#include "cli/command/model_changes.hpp"

#include <algorithm>
#include <map>

#include "cli/command/changes.hpp"

namespace coffre::cli {

namespace {

constexpr std::size_t value_width = 60;     // columns of one value
constexpr std::size_t fields_in_short = 3;  // of an added item, on its line

std::string shown_value(const std::optional<std::string>& value) {
    if (!value || value->empty()) return tr<Msg::value_none>();
    return fitted(printable(*value), value_width);
}

std::string item_name(const model::ItemChange& change) {
    if (change.label.empty() || change.label == change.key) return printable(change.key);
    return printable(change.label) + " (" + printable(change.key) + ")";
}

std::string field_change_text(const model::FieldChange& field, bool show_secrets) {
    if (field.secret && !show_secrets) {
        if (!field.before || field.before->empty()) return tr<Msg::secret_set>();
        if (!field.after || field.after->empty()) return tr<Msg::secret_unset>();
        return tr<Msg::secret_changed>();
    }
    return shown_value(field.before) + " -> " + shown_value(field.after);
}

// What an added or removed item is, in a few fields.
std::string fields_text(const model::ItemChange& change) {
    std::string text;
    std::size_t told = 0, left = 0;
    const bool gone = change.kind == model::ChangeKind::removed;
    for (const auto& field : change.fields) {
        const auto& value = gone ? field.before : field.after;
        if (field.secret || !value || value->empty() || *value == change.label || *value == change.key)
            continue;
        if (told == fields_in_short) {
            ++left;
            continue;
        }
        text += (text.empty() ? "" : ", ") + field_label(field.field) + " " + shown_value(value);
        ++told;
    }
    if (left > 0) text += ", " + tr<Msg::more_fields>(std::to_string(left));
    return text;
}

char sign_of(const model::ItemChange& change) {
    return change.kind == model::ChangeKind::added     ? '+'
           : change.kind == model::ChangeKind::removed ? '-'
                                                       : '~';
}

Colour colour_of(const model::ItemChange& change) {
    return change.kind == model::ChangeKind::added     ? Colour::green
           : change.kind == model::ChangeKind::removed ? Colour::red
                                                       : Colour::yellow;
}

Json value_json(const std::optional<std::string>& value) {
    if (!value) return nullptr;
    return is_utf8(*value) ? Json(*value) : Json(printable(*value));
}

Json json_of(const model::ItemChange& change, const char* kind, const std::string& path) {
    Json json{{"kind", kind}};
    put_path(json, path);
    json["category"] = category_name(change.category);
    json["item"] = printable(change.key);
    json["label"] = printable(change.label.empty() ? change.key : change.label);
    return json;
}

Json significant_json(const model::ItemChange& change) {
    Json list = Json::array();
    for (const auto kind : model::significant_kinds(change)) list.push_back(model::significant_name(kind));
    return list;
}

}  // namespace

std::string field_label(const std::string& field) {
    static const std::map<std::string, Msg, std::less<>> labels{
        {"name", Msg::field_name},
        {"enabled", Msg::field_enabled},
        {"address", Msg::field_address},
        {"port", Msg::field_port},
        {"protocol", Msg::field_protocol},
        {"path", Msg::field_path},
        {"user", Msg::field_user},
        {"password", Msg::field_password},
        {"manufacturer", Msg::field_manufacturer},
        {"model", Msg::field_model},
        {"serial", Msg::field_serial},
        {"firmware", Msg::field_firmware},
        {"mac", Msg::field_mac},
        {"hardware", Msg::field_hardware},
        {"codec", Msg::field_codec},
        {"resolution", Msg::field_resolution},
        {"frame_rate", Msg::field_frame_rate},
        {"bitrate", Msg::field_bitrate},
        {"quality", Msg::field_quality},
        {"level", Msg::field_level},
        {"groups", Msg::field_groups},
        {"rights", Msg::field_rights},
        {"mode", Msg::field_mode},
        {"schedule", Msg::field_schedule},
        {"pre_record", Msg::field_pre_record},
        {"post_record", Msg::field_post_record},
        {"retention", Msg::field_retention},
        {"stream", Msg::field_stream},
        {"mask", Msg::field_mask},
        {"gateway", Msg::field_gateway},
        {"dns", Msg::field_dns},
        {"dhcp", Msg::field_dhcp},
        {"mtu", Msg::field_mtu},
        {"hostname", Msg::field_hostname},
        {"zone", Msg::field_zone},
        {"ntp", Msg::field_ntp},
    };
    const auto found = labels.find(field);
    return found == labels.end() ? printable(field) : text(language(), found->second, {});
}

void print_model_changes(const std::vector<model::ItemChange>& changes, bool show_secrets) {
    std::optional<Category> heading;
    for (const auto& change : changes) {
        if (heading != change.category) print_line(coloured(Colour::bold, category_label(change.category)));
        heading = change.category;
        auto line = "  " + std::string(1, sign_of(change)) + " " + item_name(change);
        if (change.kind != model::ChangeKind::changed) {
            if (const auto fields = fields_text(change); !fields.empty()) line += "  " + fields;
        }
        print_line(coloured(colour_of(change), line));
        if (change.kind != model::ChangeKind::changed) continue;
        std::size_t width = 0;
        for (const auto& field : change.fields) width = std::max(width, columns_of(field_label(field.field)));
        for (const auto& field : change.fields)
            print_line("      " + pad(field_label(field.field), std::min<std::size_t>(width, 28)) + "  " +
                       field_change_text(field, show_secrets));
    }
}

std::string changes_in_short(const std::vector<model::ItemChange>& changes, std::size_t width) {
    std::string text;
    std::optional<Category> heading;
    std::size_t told = 0, columns = 0;
    for (const auto& change : changes) {
        std::string part = heading == change.category
                               ? std::string(", ")
                               : (text.empty() ? "" : "; ") + category_label(change.category) + ": ";
        heading = change.category;
        const auto& name = change.label.empty() ? change.key : change.label;
        part += std::string(1, sign_of(change)) + " " + printable(name);
        if (change.kind == model::ChangeKind::changed) {
            part += " (" + field_label(change.fields.front().field);
            if (change.fields.size() > 1) part += ", …";
            part += ")";
        }
        if (text.empty()) part = fitted(part, width);
        columns += columns_of(part);
        if (columns > width) return text + ", " + tr<Msg::more_fields>(std::to_string(changes.size() - told));
        text += part;
        ++told;
    }
    return text;
}

Json model_changes_json(const std::vector<model::ItemChange>& changes, bool show_secrets) {
    Json list = Json::array();
    for (const auto& change : changes) {
        if (change.kind == model::ChangeKind::changed) {
            for (const auto& field : change.fields) {
                auto json = json_of(change, "changed", model_path(change.category, change.key, field.field));
                const bool hidden = field.secret && !show_secrets;
                json["before"] = hidden ? Json(nullptr) : value_json(field.before);
                json["after"] = hidden ? Json(nullptr) : value_json(field.after);
                if (field.secret) json["secret"] = true;
                json["significant"] =
                    significant_json({change.kind, change.category, change.key, change.label, {field}});
                list.push_back(std::move(json));
            }
            continue;
        }
        const bool added = change.kind == model::ChangeKind::added;
        auto json = json_of(change, added ? "added" : "removed", model_path(change.category, change.key));
        Json fields = Json::object();
        for (const auto& field : change.fields)
            fields[printable(field.field)] = field.secret && !show_secrets
                                                 ? Json(nullptr)
                                                 : value_json(added ? field.after : field.before);
        json["before"] = added ? Json(nullptr) : fields;
        json["after"] = added ? fields : Json(nullptr);
        json["significant"] = significant_json(change);
        list.push_back(std::move(json));
    }
    return list;
}

void print_model_diff(const ModelDiff& diff, bool show_secrets) {
    print_model_changes(diff.items, show_secrets);
    const auto& files = *diff.files;
    if (!diff.items.empty() && !files.changes.empty())
        print_line(coloured(Colour::bold, tr<Msg::files_beside>()));
    for (const auto& change : files.changes) print_line(change_line(change));
    if (!diff.items.empty())
        print_line(tr<Msg::model_summary>(std::to_string(diff.added), std::to_string(diff.removed),
                                          std::to_string(diff.changed)));
    if (!files.changes.empty() || (diff.items.empty() && !diff.explained_differ))
        print_line(summary_line(files));
    if (diff.empty() && diff.explained_differ) print_line(tr<Msg::only_volatile>());
}

Json model_diff_changes_json(const ModelDiff& diff, bool show_secrets) {
    auto list = model_changes_json(diff.items, show_secrets);
    for (auto& change : changes_json(*diff.files)) list.push_back(std::move(change));
    return list;
}

Json model_diff_stat_json(const ModelDiff& diff) {
    auto json = stat_json(*diff.files);
    json["items"] = {{"added", diff.added}, {"removed", diff.removed}, {"changed", diff.changed}};
    return json;
}

}  // namespace coffre::cli
