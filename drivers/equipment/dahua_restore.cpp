// The restore of a device that speaks Dahua's CGI: the keys that differ, object by object, each read back,
// because such a device says "OK" to whatever it is told.

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "drivers/equipment/dahua_sections.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::drivers::dahua {

namespace {

constexpr std::size_t url_max = 1500;  // bytes: longer ones are refused, or worse, cut
constexpr int write_seconds = 60;
constexpr std::string_view set_config = "/cgi-bin/configManager.cgi?action=setConfig";

struct Step {
    PlanStep told;
    std::string object;  // of the configuration; "" for an account
    Values values{};     // keys to set
    std::string account{};
};

using Accounts = std::map<std::string, Values>;

Accounts stored_accounts(const FileSource& files) {
    Accounts out;
    const auto content = files.read(std::string(users_file), model::text_size_max);
    if (!content) return out;
    try {
        for (auto& account : parse_list(as_text(*content), "users"))
            if (const auto name = account.find("Name"); name != account.end()) {
                const auto key = name->second;
                out.insert_or_assign(key, std::move(account));
            }
    } catch (const model::Malformed&) {
        throw Error(Errc::failed, say<Msg::device_stored>(std::string(users_file)));
    }
    return out;
}

std::string field_of(const Values& account, const std::string& name) {
    const auto found = account.find(name);
    return found == account.end() ? std::string() : found->second;
}

// Fields of an account that userManager sets.
constexpr std::array<const char*, 3> account_fields{"Group", "Memo", "Sharable"};

class Job final : public RestoreJob {
public:
    Job(const DriverContext& context, DeviceHttp& http, const FileSource& wanted, const FileSource& now,
        const RestoreOptions& options)
        : context_(context), http_(http) {
        Values clear, unused;
        const auto there = stored_values(wanted, clear);
        const auto here = stored_values(now, unused);
        if (there.empty())
            throw Error(Errc::failed, say<Msg::device_section_missing>(section_file("General")));
        if (options.wants(Category::identity)) note_firmware(wanted, now);
        for (const auto& section : order(there))
            if (options.wants(part_of(section))) plan_section(section, there, here, clear);
        if (options.wants(Category::users)) plan_accounts(wanted, now);
        // The network last, whatever came before.
        std::stable_partition(steps_.begin(), steps_.end(),
                              [](const auto& step) { return step.told.part != Category::network; });
        for (const auto& step : steps_) plan_.steps.push_back(step.told);
    }

    [[nodiscard]] const RestorePlan& plan() const override { return plan_; }

    void apply(const std::function<void(const PlanStep&)>& starting) override {
        for (const auto& step : steps_) {
            starting(step.told);
            if (step.object.empty())
                account(step);
            else
                object(step);
        }
    }

private:
    void gap(Category part, std::string what, Message why) {
        plan_.gaps.push_back({part, std::move(what), std::move(why)});
    }

    void note_firmware(const FileSource& wanted, const FileSource& now) {
        const auto version = [](const FileSource& files) {
            const auto content = files.read(std::string(version_file), 4096);
            return content ? std::string(model::trimmed(as_text(*content))) : std::string();
        };
        if (const auto there = version(wanted); !there.empty() && there != version(now))
            gap(Category::identity, there, say<Msg::gap_firmware>());
    }

    // Known sections in their order, then what a backup holds in addition.
    static std::vector<std::string> order(const Values& values) {
        std::vector<std::string> names;
        for (const auto& section : sections()) names.emplace_back(section.name);
        for (const auto& [key, value] : values)
            if (std::string name(section_of(key)); std::find(names.begin(), names.end(), name) == names.end())
                names.push_back(std::move(name));
        return names;
    }

    void plan_section(const std::string& section, const Values& there, const Values& here,
                      const Values& clear) {
        std::map<std::string, Values> objects;
        bool has_any = false, more_here = false;
        for (const auto& [key, value] : here) {
            if (section_of(key) != section) continue;
            has_any = true;
            more_here = more_here || (!there.contains(key) && !is_read_only(key));
        }
        bool wanted = false;
        for (const auto& [key, value] : there) {
            if (section_of(key) != section) continue;
            wanted = true;
            if (is_read_only(key)) continue;
            const auto now = here.find(key);
            if (now != here.end() && now->second == value) continue;
            // What is masked on either side cannot be compared.
            if (is_secret(key) && (is_masked(value) || (now != here.end() && is_masked(now->second))))
                continue;
            objects[object_of(key)][key] = value;
        }
        if (!wanted) return;
        if (!has_any) {
            gap(part_of(section), section, say<Msg::gap_not_in_device>());
            return;
        }
        // A key can be set, and not taken away.
        if (more_here) gap(part_of(section), section, say<Msg::gap_not_by_driver>());
        for (auto& [object, values] : objects) {
            add_secrets(object, there, clear, values);
            steps_.push_back(
                {{part_of(section), PlanAction::change, label(object, there)}, object, std::move(values)});
        }
    }

    // Of an object that points elsewhere now: the password that belongs to it, where it is known.
    void add_secrets(const std::string& object, const Values& there, const Values& clear, Values& values) {
        const bool elsewhere = std::any_of(values.begin(), values.end(), [](const auto& value) {
            const auto name = last_name(value.first);
            return name == "Address" || name == "UserName" || name == "Enable" || name == "HostName";
        });
        if (!elsewhere) return;
        for (const auto& [key, value] : there) {
            if (object_of(key) != object || !is_secret(key) || value.empty()) continue;
            if (!is_masked(value))
                values[key] = value;
            else if (const auto known = clear.find(key); known != clear.end())
                values[key] = known->second;
            else
                gap(part_of(section_of(object)), label(object, there), say<Msg::gap_secret>());
        }
    }

    // "Record 1 (Quay north)": a section, a channel, what people call it.
    static std::string label(const std::string& object, const Values& there) {
        const auto section = std::string(section_of(object));
        const auto slot = slot_of(object);
        if (!slot) return object;
        auto text = section + " " + std::to_string(*slot + 1);
        const auto title = there.find("ChannelTitle[" + std::to_string(*slot) + "].Name");
        if (part_of(section) != Category::network && title != there.end()) text += " (" + title->second + ")";
        return text;
    }

    void plan_accounts(const FileSource& wanted, const FileSource& now) {
        const auto there = stored_accounts(wanted);
        const auto here = stored_accounts(now);
        if (there.empty()) return;
        for (const auto& [name, account] : here) {
            if (there.contains(name)) continue;
            if (name == http_.user() || field_of(account, "Reserved") == "true")
                gap(Category::users, name, say<Msg::gap_own_account>());
            else
                steps_.push_back({{Category::users, PlanAction::remove, name}, "", {}, name});
        }
        for (const auto& [name, account] : there) {
            const auto found = here.find(name);
            if (found == here.end()) {
                gap(Category::users, name, say<Msg::gap_secret>());
                if (!context_.secret("initial-password").empty()) plan_new_account(name, account);
                continue;
            }
            Values values;
            for (const auto* field : account_fields)
                if (field_of(account, field) != field_of(found->second, field))
                    values[field] = field_of(account, field);
            const bool same_rights = rights_of(account) == rights_of(found->second);
            if (values.empty() && same_rights) continue;
            if (name == http_.user()) {
                gap(Category::users, name, say<Msg::gap_own_account>());
                continue;
            }
            // Rights come with the group; those beside it have no known way back.
            if (!same_rights && !values.contains("Group"))
                gap(Category::users, name, say<Msg::gap_not_by_driver>());
            if (!values.empty())
                steps_.push_back({{Category::users, PlanAction::change, name}, "", std::move(values), name});
        }
    }

    void plan_new_account(const std::string& name, const Values& account) {
        Values values{{"Reserved", "false"}};
        for (const auto* field : account_fields) values[field] = field_of(account, field);
        steps_.push_back({{Category::users, PlanAction::add, name}, "", std::move(values), name});
    }

    static std::vector<std::string> rights_of(const Values& account) {
        std::vector<std::string> rights;
        for (const auto& [field, value] : account)
            if (field.starts_with("AuthorityList[")) rights.push_back(value);
        std::sort(rights.begin(), rights.end());
        return rights;
    }

    // Doing it
    // ------------------------------------------------------------------------------------------------

    // Both change something by a GET: what is set twice is set, and an account that is there is refused.
    void tell(std::string path, const std::string& what) {
        HttpResponse response;
        bool sent = false;
        try {
            sent = http_.sent_once([&] {
                DeviceRequest request;
                request.path = path;
                request.seconds = write_seconds;
                response = http_.send(request);
            });
        } catch (...) {
            wipe_text(path);
            throw;
        }
        const auto place = path.substr(0, path.find('?'));
        wipe_text(path);
        if (!sent) return;  // reading back tells
        const auto text = model::trimmed(as_text(response.body));
        if (response.status != 200)
            throw Error(Errc::unreachable,
                        say<Msg::device_status>(context_.equipment, place, std::to_string(response.status)));
        if (!text.starts_with("OK"))
            throw Error(Errc::unreachable, say<Msg::device_says>(context_.equipment, what, "Error"));
    }

    void object(const Step& step) {
        std::string path(set_config);
        std::size_t count = 0;
        for (const auto& [key, value] : step.values) {
            const auto part = "&" + url_encoded(key) + "=" + url_encoded(value);
            if (count > 0 && path.size() + part.size() > url_max) {
                tell(std::move(path), step.told.what);
                path = set_config;
                count = 0;
            }
            path += part;
            ++count;
        }
        if (count > 0) tell(std::move(path), step.told.what);
        if (!is_moved(step.values)) check(step);
    }

    // Its own address: it cannot be asked here any more.
    static bool is_moved(const Values& values) {
        return std::any_of(values.begin(), values.end(), [](const auto& value) {
            return section_of(value.first) == "Network" &&
                   (last_name(value.first) == "IPAddress" || last_name(value.first) == "DhcpEnable");
        });
    }

    void check(const Step& step) {
        const auto path =
            "/cgi-bin/configManager.cgi?action=getConfig&name=" + url_encoded(section_of(step.object));
        Values now;
        try {
            now = parse_table(http_.get(path));
        } catch (const model::Malformed&) {
            fail_answer(context_, path, "name=value");
        }
        for (const auto& [key, value] : step.values) {
            if (is_secret(key)) continue;  // masked, or encrypted
            const auto found = now.find(key);
            if (found == now.end() || found->second != value)
                throw Error(Errc::unreachable, say<Msg::device_not_kept>(context_.equipment, step.told.what),
                            say<Msg::hint_device_not_kept>());
        }
    }

    void account(const Step& step) {
        const auto name = url_encoded(step.account);
        std::string path = "/cgi-bin/userManager.cgi?action=";
        if (step.told.action == PlanAction::remove)
            path += "deleteUser&name=" + name;
        else if (step.told.action == PlanAction::add)
            path += "addUser&user.Name=" + name +
                    "&user.Password=" + url_encoded(context_.secret("initial-password"));
        else
            path += "modifyUser&name=" + name;
        for (const auto& [field, value] : step.values) path += "&user." + field + "=" + url_encoded(value);
        tell(std::move(path), step.told.what);
        check_account(step);
    }

    void check_account(const Step& step) {
        const std::string path = "/cgi-bin/userManager.cgi?action=getUserInfoAll";
        std::vector<Values> accounts;
        try {
            accounts = parse_list(http_.get(path), "users");
        } catch (const model::Malformed&) {
            fail_answer(context_, path, "name=value");
        }
        const auto found = std::find_if(accounts.begin(), accounts.end(), [&](const auto& account) {
            return field_of(account, "Name") == step.account;
        });
        const bool is_there = found != accounts.end();
        bool good = is_there == (step.told.action != PlanAction::remove);
        if (is_there && good)
            good = std::all_of(step.values.begin(), step.values.end(), [&](const auto& value) {
                return field_of(*found, value.first) == value.second;
            });
        if (!good)
            throw Error(Errc::unreachable, say<Msg::device_not_kept>(context_.equipment, step.told.what),
                        say<Msg::hint_device_not_kept>());
    }

    const DriverContext& context_;
    DeviceHttp& http_;
    std::vector<Step> steps_;
    RestorePlan plan_;
};

}  // namespace

std::unique_ptr<RestoreJob> prepare(const DriverContext& context, DeviceHttp& http, const FileSource& wanted,
                                    const FileSource& now, const RestoreOptions& options) {
    return std::make_unique<Job>(context, http, wanted, now, options);
}

}  // namespace coffre::drivers::dahua
