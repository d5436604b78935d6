#include "drivers/equipment/zoneminder_restore.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "drivers/equipment/zoneminder_tables.hpp"
#include "drivers/model/sql_rows.hpp"

namespace coffre::drivers {

namespace {

constexpr int restart_seconds = 120;

// One row that differs, as far as one part of the configuration goes.
struct RowChange {
    std::string table, key;
    PlanStep step;
    ZoneMinderValues wanted, now;      // empty: there is or was none
    std::vector<std::string> columns;  // that differ, of a row that both have
};

// Settings that decide how one logs in: what was written to them holds for the next question already.
bool concerns_login(const RowChange& change) {
    return change.table == "Config" && (change.key.starts_with("ZM_AUTH_") ||
                                        change.key == "ZM_OPT_USE_AUTH" || change.key == "ZM_OPT_USE_API");
}

const std::string& text_of(const ZoneMinderValues& values, const std::string& column) {
    static const std::string none;
    const auto found = values.find(column);
    return found == values.end() || !found->second ? none : *found->second;
}

bool is_null(const ZoneMinderValues& values, const std::string& column) {
    const auto found = values.find(column);
    return found == values.end() || !found->second;
}

std::string minor_version(const std::string& version) {
    const auto first = version.find('.');
    return first == std::string::npos ? version : version.substr(0, version.find('.', first + 1));
}

class Differences {
public:
    Differences(const RestoreOptions& options, std::string own_user, RestorePlan& plan)
        : options_(options), own_user_(std::move(own_user)), plan_(plan) {}

    void find(const std::string& table, const ZoneMinderTable& wanted, const ZoneMinderTable& now,
              std::vector<RowChange>& changes) {
        for (const auto& [key, values] : wanted) {
            const auto there = now.find(key);
            if (there == now.end())
                add(table, key, PlanAction::add, values, {}, changes);
            else
                compare(table, key, values, there->second, changes);
        }
        for (const auto& [key, values] : now)
            if (!wanted.contains(key)) add(table, key, PlanAction::remove, {}, values, changes);
    }

private:
    [[nodiscard]] bool is_own(const std::string& table, const std::string& key) const {
        return table == "Users" && !own_user_.empty() && key == own_user_;
    }

    void add(const std::string& table, const std::string& key, PlanAction action,
             const ZoneMinderValues& wanted, const ZoneMinderValues& now, std::vector<RowChange>& changes) {
        const auto row = row_of(action == PlanAction::remove ? now : wanted);
        const auto part = zoneminder_column(table, table == "Config" ? "Value" : "Name", row).category;
        if (!options_.wants(part)) return;
        const auto label = zoneminder_label(table, row);
        if (is_own(table, key)) {
            plan_.gaps.push_back({part, label, say<Msg::gap_own_account>()});
            return;
        }
        if (table == "Config") {  // settings come and go with versions, never by themselves
            if (action == PlanAction::add) plan_.gaps.push_back({part, label, say<Msg::gap_not_in_device>()});
            return;
        }
        changes.push_back({table, key, {part, action, label}, wanted, now, {}});
    }

    // One change for each part that the row's columns belong to: a monitor is a camera and its recording.
    void compare(const std::string& table, const std::string& key, const ZoneMinderValues& wanted,
                 const ZoneMinderValues& now, std::vector<RowChange>& changes) {
        const auto row = row_of(wanted);
        std::map<Category, std::vector<std::string>> parts;
        for (const auto& [column, value] : wanted) {
            const auto meaning = zoneminder_column(table, column, row);
            const auto there = now.find(column);
            if (meaning.field.empty() || meaning.is_volatile || !options_.wants(meaning.category)) continue;
            if (there == now.end() || value.value_or("") == there->second.value_or("")) continue;
            parts[meaning.category].push_back(column);
        }
        const auto label = zoneminder_label(table, row);
        for (auto& [part, columns] : parts) {
            if (is_own(table, key))
                plan_.gaps.push_back({part, label, say<Msg::gap_own_account>()});
            else if (table == "Config" && !wanted.contains("Id"))  // from its files: the API tells them along
                plan_.gaps.push_back({part, label, say<Msg::gap_by_hand>("/etc/zm")});
            else if (table == "Config" && text_of(wanted, "Private") == "1" &&
                     text_of(wanted, "Value").empty())
                plan_.gaps.push_back({part, label, say<Msg::gap_secret>()});
            else
                changes.push_back(
                    {table, key, {part, PlanAction::change, label}, wanted, now, std::move(columns)});
        }
    }

    const RestoreOptions& options_;
    std::string own_user_;
    RestorePlan& plan_;
};

// Removals first, what refers to others before these; then the rest, others before what refers to them. What
// decides how one logs in comes last.
void put_in_order(std::vector<RowChange>& changes) {
    const auto& tables = zoneminder_tables();
    const auto rank = [&](const RowChange& change) {
        const auto place = std::find(tables.begin(), tables.end(), change.table) - tables.begin();
        const auto size = static_cast<std::ptrdiff_t>(tables.size());
        if (change.step.action == PlanAction::remove) return size - place;
        return size * 2 + (concerns_login(change) ? size : place);
    };
    std::stable_sort(changes.begin(), changes.end(),
                     [&](const RowChange& a, const RowChange& b) { return rank(a) < rank(b); });
}

// ---- by the database

std::string quoted_name(const std::string& name) {
    std::string quoted = "`";
    for (const char c : name) quoted += c == '`' ? std::string("``") : std::string(1, c);
    return quoted + "`";
}

std::string literal_of(const ZoneMinderValues& values, const std::string& column) {
    return is_null(values, column) ? "NULL" : model::sql_literal(text_of(values, column));
}

std::vector<std::string> key_columns(const std::string& table) {
    if (table == "Config") return {"Name"};
    if (table == "Users") return {"Username"};
    if (table == "ControlPresets") return {"MonitorId", "Preset"};
    if (table == "TriggersX10") return {"MonitorId"};
    if (table == "Groups_Monitors") return {"GroupId", "MonitorId"};
    return {"Id"};
}

std::string where(const RowChange& change) {
    std::string condition;
    for (const auto& column : key_columns(change.table))
        condition += (condition.empty() ? " WHERE " : " AND ") + quoted_name(column) + "=" +
                     literal_of(change.now, column);
    return condition;
}

// `taken`: ids of accounts that stay, which a new one cannot have.
std::string statement_of(const RowChange& change, const std::set<std::string>& taken) {
    if (change.step.action == PlanAction::remove)
        return "DELETE FROM " + quoted_name(change.table) + where(change) + ";\n";
    std::string text;
    if (change.step.action == PlanAction::change) {
        for (const auto& column : change.columns)
            text += (text.empty() ? "" : ",") + quoted_name(column) + "=" + literal_of(change.wanted, column);
        return "UPDATE " + quoted_name(change.table) + " SET " + text + where(change) + ";\n";
    }
    std::string values;
    for (const auto& [column, value] : change.wanted) {
        const bool renumbered = change.table == "Groups_Monitors" ||
                                (change.table == "Users" && taken.contains(text_of(change.wanted, "Id")));
        if (column == "Id" && renumbered) continue;
        text += (text.empty() ? "" : ",") + quoted_name(column);
        values += (values.empty() ? "" : ",") + literal_of(change.wanted, column);
    }
    return "INSERT INTO " + quoted_name(change.table) + " (" + text + ") VALUES (" + values + ");\n";
}

// ---- by the API

// Where rows of a table are written; empty: nowhere.
struct Resource {
    std::string add, edit, remove;  // "{}" stands for the row's id
    std::string object;
    std::string id = "Id";
};

std::optional<Resource> resource_of(const std::string& table) {
    static const std::map<std::string, Resource> resources{
        {"Config", {"", "/api/configs/edit/{}.json", "", "Config", "Name"}},
        {"Servers",
         {"/api/servers/add.json", "/api/servers/edit/{}.json", "/api/servers/delete/{}.json", "Server"}},
        {"Storage",
         {"/api/storage/add.json", "/api/storage/edit/{}.json", "/api/storage/delete/{}.json", "Storage"}},
        {"Monitors", {"/api/monitors.json", "/api/monitors/{}.json", "/api/monitors/{}.json", "Monitor"}},
        {"Zones", {"/api/zones.json", "/api/zones/{}.json", "/api/zones/{}.json", "Zone"}},
        {"Groups", {"/api/groups.json", "/api/groups/{}.json", "/api/groups/{}.json", "Group"}},
        {"Users", {"/api/users.json", "/api/users/{}.json", "/api/users/{}.json", "User"}},
        {"States",
         {"/api/states.json", "/api/states/edit/{}.json", "/api/states/delete/{}.json", "State", "Name"}},
    };
    const auto found = resources.find(table);
    if (found == resources.end()) return std::nullopt;
    return found->second;
}

std::string with_id(std::string path, const std::string& id) {
    const auto place = path.find("{}");
    return place == std::string::npos ? path : path.replace(place, 2, url_encoded(id));
}

// The members of groups become a column of theirs, since they are written with them.
constexpr const char* members_column = "MonitorIds";

void fold_members(ZoneMinderTables& tables) {
    std::map<std::string, std::set<std::string>> members;
    for (const auto& [key, link] : tables.table("Groups_Monitors"))
        members[text_of(link, "GroupId")].insert(text_of(link, "MonitorId"));
    if (!tables.tables.contains("Groups")) return;
    for (auto& [key, group] : tables.tables["Groups"]) {
        std::string list;
        for (const auto& member : members[text_of(group, "Id")]) list += (list.empty() ? "" : ",") + member;
        group[members_column] = list;
    }
    tables.tables.erase("Groups_Monitors");
}

void add_members(const std::string& list, ZoneMinderApi::Form& form) {
    if (list.empty()) form.emplace_back("Monitor[Monitor]", "");
    for (std::size_t at = 0; at < list.size();) {
        const auto end = std::min(list.find(',', at), list.size());
        form.emplace_back("Monitor[Monitor][]", list.substr(at, end - at));
        at = end + 1;
    }
}

class ApiWriter {
public:
    explicit ApiWriter(const ZoneMinderTarget& target) : target_(target) {}

    void write(const RowChange& change) {
        const auto resource = *resource_of(change.table);
        // A state is known by its name there: another name is another state.
        const bool renamed = change.table == "States" && change.step.action == PlanAction::change &&
                             text_of(change.wanted, "Name") != text_of(change.now, "Name");
        if (change.step.action == PlanAction::remove || renamed) remove(change, resource);
        if (change.step.action == PlanAction::add || renamed) {
            add(change, resource);
        } else if (change.step.action == PlanAction::change) {
            target_.api.write("PUT", with_id(resource.edit, text_of(change.now, resource.id)),
                              changed_form(change, resource), change.step.what);
        }
        if (concerns_login(change)) target_.api.forget_login();
    }

private:
    void remove(const RowChange& change, const Resource& resource) {
        target_.api.write("DELETE", with_id(resource.remove, text_of(change.now, resource.id)), {},
                          change.step.what);
    }

    void add(const RowChange& change, const Resource& resource) {
        ZoneMinderApi::Form form;
        const auto row = row_of(change.wanted);
        for (const auto& [column, value] : change.wanted) {
            const bool id = column == "Id" || column == resource.id;
            if (!value || (zoneminder_column(change.table, column, row).is_volatile && !id)) continue;
            put(change.table, resource, column, *value, form);
        }
        if (change.table == "Users") {
            // Nobody knows its password: it is set by hand, and until then nobody gets in.
            Bytes draw(24);
            target_.context.environment.random.fill(draw);
            form.emplace_back("User[Password]", to_hex(draw));
        }
        target_.api.write("POST", resource.add, form, change.step.what);
        for (auto& [name, value] : form) wipe_text(value);
    }

    static ZoneMinderApi::Form changed_form(const RowChange& change, const Resource& resource) {
        ZoneMinderApi::Form form;
        if (change.table == "States") form.emplace_back("State[Name]", text_of(change.wanted, "Name"));
        for (const auto& column : change.columns)
            put(change.table, resource, column, text_of(change.wanted, column), form);
        return form;
    }

    static void put(const std::string& table, const Resource& resource, const std::string& column,
                    const std::string& value, ZoneMinderApi::Form& form) {
        if (table == "Groups" && column == members_column)
            add_members(value, form);
        else
            form.emplace_back(resource.object + "[" + column + "]", value);
    }

    const ZoneMinderTarget& target_;
};

// ---- the job

class ZoneMinderRestore final : public RestoreJob {
public:
    ZoneMinderRestore(const ZoneMinderTarget& target, const FileSource& wanted, const FileSource& now,
                      const RestoreOptions& options)
        : target_(target), options_(options) {
        auto wanted_api = api_tables(wanted);
        auto now_api = api_tables(now);
        auto wanted_rows = database_tables(wanted);
        auto now_rows = database_tables(now);
        check_versions(wanted_api, now_api);
        Differences differences(options_, target_.api.user(), plan_);
        by_database_ =
            target_.database.is_set() && wanted_rows && now_rows && wanted_api.version == now_api.version;
        if (by_database_) {
            for (const auto& table : zoneminder_tables())
                differences.find(table, wanted_rows->table(table), now_rows->table(table), changes_);
            find_files_settings(wanted_api, now_api, differences);
            for (const auto& [key, values] : now_rows->table("Users")) taken_.insert(text_of(values, "Id"));
            for (const auto& change : changes_)
                if (change.table == "Users" && change.step.action == PlanAction::remove)
                    taken_.erase(text_of(change.now, "Id"));
        } else {
            fold_members(wanted_api);
            fold_members(now_api);
            for (const auto& section : zoneminder_sections())
                differences.find(section.table, wanted_api.table(section.table), now_api.table(section.table),
                                 changes_);
            drop_what_the_api_lacks(wanted_rows, now_rows);
        }
        put_in_order(changes_);
        for (const auto& change : changes_) plan_.steps.push_back(change.step);
        restarts_ = !changes_.empty() && target_.api.is_running();
        plan_.reboots = restarts_;
        if (restarts_) plan_.steps.push_back({Category::other, PlanAction::command, "restart"});
    }

    [[nodiscard]] const RestorePlan& plan() const override { return plan_; }

    void apply(const std::function<void(const PlanStep&)>& starting) override {
        if (changes_.empty()) return;
        if (by_database_)
            apply_at_once(starting);
        else
            for (ApiWriter writer(target_); const auto& change : changes_) {
                starting(change.step);
                writer.write(change);
            }
        if (!restarts_) return;
        starting(plan_.steps.back());
        target_.api.write("POST", "/api/states/change/restart.json", {}, "restart", restart_seconds);
    }

private:
    // Columns differ from one version to the next: what a row meant there may mean nothing here.
    void check_versions(const ZoneMinderTables& wanted, const ZoneMinderTables& now) const {
        if (wanted.version.empty() || wanted.tables.empty())
            throw Error(Errc::failed, say<Msg::device_section_missing>(zoneminder_version_file));
        if (minor_version(wanted.version) == minor_version(now.version)) return;
        throw Error(Errc::refused,
                    say<Msg::zoneminder_version>(target_.context.equipment, now.version, wanted.version),
                    say<Msg::hint_zoneminder_version>(wanted.version));
    }

    // What stands in /etc/zm is in no table.
    void find_files_settings(const ZoneMinderTables& wanted, const ZoneMinderTables& now,
                             Differences& differences) {
        const auto only_files = [](const ZoneMinderTable& settings) {
            ZoneMinderTable found;
            for (const auto& [name, values] : settings)
                if (!values.contains("Id")) found[name] = values;
            return found;
        };
        std::vector<RowChange> none;
        differences.find("Config", only_files(wanted.table("Config")), only_files(now.table("Config")), none);
    }

    void drop_what_the_api_lacks(const std::optional<ZoneMinderTables>& wanted_rows,
                                 const std::optional<ZoneMinderTables>& now_rows) {
        std::vector<RowChange> kept;
        for (auto& change : changes_) {
            if (!resource_of(change.table)) {
                plan_.gaps.push_back(
                    {change.step.part, change.step.what, say<Msg::gap_zoneminder_database>()});
                continue;
            }
            if (change.table == "Users" && change.step.action == PlanAction::add)
                plan_.gaps.push_back({change.step.part, change.step.what, say<Msg::gap_secret>()});
            kept.push_back(std::move(change));
        }
        changes_ = std::move(kept);
        if (!wanted_rows) return;
        for (const auto& [table, rows] : wanted_rows->tables) {
            const auto part = zoneminder_column(table, "Name", {}).category;
            const bool told = table == "Groups_Monitors" ||
                              std::any_of(zoneminder_sections().begin(), zoneminder_sections().end(),
                                          [&](const auto& section) { return section.table == table; });
            if (told || !options_.wants(part) || (now_rows && now_rows->table(table) == rows)) continue;
            plan_.gaps.push_back({part, table, say<Msg::gap_zoneminder_database>()});
        }
    }

    // All of it or nothing. Groups are parents of each other: only theirs are looked at when all are there.
    void apply_at_once(const std::function<void(const PlanStep&)>& starting) {
        std::string statements =
            "SET NAMES utf8mb4;\nSET SESSION sql_mode='NO_AUTO_VALUE_ON_ZERO';\nSTART TRANSACTION;\n";
        for (const auto& change : changes_) {
            starting(change.step);
            const bool loose = change.table == "Groups" && change.step.action != PlanAction::remove;
            if (loose) statements += "SET foreign_key_checks=0;\n";
            statements += statement_of(change, taken_);
            if (loose) statements += "SET foreign_key_checks=1;\n";
        }
        statements += "COMMIT;\n";
        target_.database.execute(statements);
        wipe_text(statements);
        if (std::any_of(changes_.begin(), changes_.end(), concerns_login)) target_.api.forget_login();
    }

    ZoneMinderTarget target_;
    RestoreOptions options_;
    RestorePlan plan_;
    std::vector<RowChange> changes_;
    std::set<std::string> taken_;  // ids of the accounts that stay
    bool by_database_ = false;
    bool restarts_ = false;
};

}  // namespace

std::unique_ptr<RestoreJob> prepare_zoneminder_restore(const ZoneMinderTarget& target,
                                                       const FileSource& wanted, const FileSource& now,
                                                       const RestoreOptions& options) {
    return std::make_unique<ZoneMinderRestore>(target, wanted, now, options);
}

}  // namespace coffre::drivers
