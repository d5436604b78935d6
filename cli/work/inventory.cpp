#include "cli/work/inventory.hpp"

#include <algorithm>

#include <toml++/toml.h>

#include "base/process.hpp"
#include "cli/texts/change_texts.hpp"
#include "cli/work/device.hpp"
#include "drivers/equipment/drivers.hpp"
#include "drivers/equipment/memory_files.hpp"
#include "drivers/equipment/recognise.hpp"
#include "drivers/model/compare.hpp"
#include "store/rules/calendar.hpp"
#include "store/rules/limits.hpp"
#include "store/rules/site_state.hpp"
#include "store/rules/standard_name.hpp"

namespace coffre::cli {

namespace {

constexpr std::uint64_t policy_file_max = 64 << 10;
constexpr int months_max = 1200;

void check_text(const char* option, const std::string& text) {
    if (!is_utf8(text) || text.find('\0') != std::string::npos)
        throw Error(Errc::usage, say<Msg::not_text>(option), say<Msg::hint_help>());
}

bool names_a_secret(const std::string& key) {
    return key.find("password") != std::string::npos || key.find("secret") != std::string::npos ||
           key.find("token") != std::string::npos || key == "pass";
}

// A relative path means the folder that the command was started in, today; the capture comes later and
// elsewhere.
std::string absolute(FileSystem& files, const std::string& path) {
    return path.empty() || path.front() == '/' ? path : files.resolve(".") + "/" + path;
}

// "name=VALUE" apart; Error{usage} where it is not written so.
std::pair<std::string, std::string> name_and_source(const std::string& text, const char* source) {
    const auto sign = text.find('=');
    if (sign == std::string::npos || sign == 0 || sign + 1 == text.size())
        throw Error(Errc::usage, say<Msg::secret_form>(text.substr(0, sign), source),
                    say<Msg::hint_secret_source>(text.substr(0, sign)));
    return {text.substr(0, sign), text.substr(sign + 1)};
}

SecretText first_line(std::string& text) {
    std::string_view line(text);
    line = line.substr(0, line.find('\n'));
    if (line.ends_with('\r')) line.remove_suffix(1);
    SecretText secret(line);
    wipe_text(text);
    return secret;
}

SecretText secret_of_file(FileSystem& files, const std::string& path) {
    constexpr std::uint64_t limit = 64 << 10;  // bytes
    constexpr std::uint32_t others = 077;      // permission bits of everybody but the owner
    const auto [parent, name] = split_path(files.resolve(path));
    const auto folder = files.open_directory(parent);
    auto bytes = folder ? read_file(*folder, name, limit) : std::nullopt;
    if (!bytes)
        throw Error(Errc::usage, say<Msg::file_error>(path, tr<Msg::os_not_found>()), say<Msg::hint_help>());
    if (const auto stat = folder->stat(name); stat && (stat->mode & others) != 0)
        warn(tr<Msg::secret_file_open>(path) + " — " + tr<Msg::hint_secret_file_open>(path));
    std::string text(as_text(*bytes));
    std::fill(bytes->begin(), bytes->end(), std::uint8_t{0});
    return first_line(text);
}

// Each is asked for or read, and sealed at once.
std::map<std::string, std::string> sealed_secrets(Session& session, const EquipmentEdit& edit,
                                                  const std::string& equipment,
                                                  const drivers::DriverInfo& driver) {
    std::map<std::string, std::string> sealed;
    const auto seal = [&](const std::string& name, const SecretText& secret) {
        if (secret.empty())
            throw Error(Errc::usage, say<Msg::secret_empty>(name), say<Msg::hint_secret_source>(name));
        sealed[name] = session.repository().seal_secret(equipment, name, secret.text());
    };
    for (const auto& name : edit.secret) {
        // Not even told back: what stands behind the sign may be the secret.
        if (name.find('=') != std::string::npos)
            throw Error(Errc::usage, say<Msg::setting_secret>(),
                        say<Msg::hint_setting_secret>(name.substr(0, name.find('='))));
        drivers::check_secret_name(driver, name);
        auto answer = ask_secret(tr<Msg::secret_prompt>(name, equipment));
        SecretText secret = answer ? SecretText(*answer) : SecretText();
        if (answer) wipe_text(*answer);
        seal(name, secret);
    }
    for (const auto& text : edit.secret_file) {
        const auto [name, path] = name_and_source(text, "FILE");
        drivers::check_secret_name(driver, name);
        seal(name, secret_of_file(session.context().environment.files, path));
    }
    for (const auto& text : edit.secret_env) {
        const auto [name, variable] = name_and_source(text, "VARIABLE");
        drivers::check_secret_name(driver, name);
        auto value = take_environment_variable(variable.c_str());
        SecretText secret = value ? SecretText(*value) : SecretText();
        if (value) wipe_text(*value);
        seal(name, secret);
    }
    return sealed;
}

void apply_settings(FileSystem& files, const EquipmentEdit& edit, journal::Equipment& equipment) {
    for (const auto& key : edit.unset)
        if (equipment.settings.erase(key) == 0 && equipment.secrets.erase(key) == 0)
            throw Error(Errc::usage, say<Msg::setting_not_set>(equipment.name, key),
                        say<Msg::hint_setting>());
    const auto& driver = drivers::driver_named(equipment.driver);
    for (const auto& text : edit.set) {
        const auto sign = text.find('=');
        if (sign == std::string::npos || sign == 0)
            throw Error(Errc::usage, say<Msg::setting_form>(), say<Msg::hint_setting>());
        const auto key = text.substr(0, sign);
        auto value = text.substr(sign + 1);
        // Not even told back: what stands there may be the secret.
        if (names_a_secret(key))
            throw Error(Errc::usage, say<Msg::setting_secret>(), say<Msg::hint_setting>());
        check_text("--set", value);
        for (const auto& setting : driver.settings)
            if (setting.name == key && setting.local_path) value = absolute(files, value);
        equipment.settings[key] = std::move(value);
    }
    drivers::check_settings(driver, equipment.settings);
}

// `change` gets the newest record of that name, or none, and gives the next one.
template <class Fn>
journal::Equipment change_equipment(Session& session, const EquipmentEdit& edit, Fn&& change) {
    check_text("-m", edit.message);
    const auto name = rules::fold_code(rules::Code::equipment, edit.name);
    journal::Equipment next;
    session.repository().change([&](const journal::State& newest) {
        const auto found = newest.equipment.find(name);
        next = change(name, found == newest.equipment.end() ? nullptr : &found->second);
        next.version.message = edit.message;
        return journal::Json::array({journal::equipment_record(next)});
    });
    return session.state().equipment.at(name);
}

const journal::Equipment& present(const std::string& name, const journal::Equipment* known) {
    if (known == nullptr || known->removed)
        throw Error(Errc::failed, say<Msg::equipment_not_there>(name), say<Msg::hint_equipment_list>());
    return *known;
}

// Counts all, and holds what a model may be made of.
class TestSink final : public CaptureSink {
public:
    TestSink(EquipmentTest& result, drivers::MemoryFiles& held) : result_(result), held_(held) {}
    void file(const Path& path, bool executable, ByteView content) override {
        count(content.size());
        if (content.size() > drivers::model_file_max || held_bytes_ + content.size() > held_max) return;
        held_bytes_ += content.size();
        held_.file(path, executable, content);
    }
    void large_file(const Path&, bool, std::uint64_t size, const Pieces& next) override {
        // Read to its end: what cannot be read is found here.
        while (!next().empty()) {
        }
        count(size);
    }
    void link(const Path&, const std::string& target) override { count(target.size()); }
    void empty_folder(const Path&) override {}
    void skipped(const Path& path, const Message& why) override {
        result_.skipped.emplace_back(join_names(path), why);
    }
    void failed(const Path& path, const Message& why) override {
        result_.failed.emplace_back(join_names(path), why);
    }

private:
    static constexpr std::uint64_t held_max = 64 << 20;  // bytes

    void count(std::uint64_t bytes) {
        ++result_.files;
        result_.bytes += bytes;
    }
    EquipmentTest& result_;
    drivers::MemoryFiles& held_;
    std::uint64_t held_bytes_ = 0;
};

// One capture into memory; its model.
Model captured_model(Device& device) {
    drivers::MemoryFiles files;
    device.driver().capture(files);
    return drivers::model_of(device.driver().id(), files);
}

void check_date(const std::string& option, const std::optional<std::string>& date) {
    constexpr const char* any_zone = "UTC";
    if (date && !date->empty() && !rules::day_begin(any_zone, *date))
        throw Error(Errc::usage, say<texts::bad_date>(option, *date), say<texts::hint_contract_dates>());
}

void check_site(const journal::Site& site) {
    if (!site.contract_from.empty() && !site.contract_until.empty() &&
        site.contract_until < site.contract_from)  // dates as text are in their order
        throw Error(Errc::usage, say<texts::contract_backwards>(site.contract_from, site.contract_until),
                    say<texts::hint_contract_dates>());
}

// [limits] of a policy file.
std::map<std::string, int> limits_of(const toml::table& table, const std::string& file) {
    std::map<std::string, int> limits;
    std::string names;
    for (const auto& limit : rules::all_limits())
        names += (names.empty() ? "" : ", ") + std::string(limit.name);
    for (const auto& [key, value] : table) {
        const std::string name(key.str());
        const auto& all = rules::all_limits();
        const auto known =
            std::find_if(all.begin(), all.end(), [&](const auto& limit) { return limit.name == name; });
        if (known == all.end())
            throw Error(Errc::usage, say<texts::policy_limit_unknown>(file, printable(name)),
                        say<texts::hint_policy_limits>(names));
        const auto number = value.value_exact<std::int64_t>();
        if (!number || *number < known->least || *number > known->most)
            throw Error(Errc::usage,
                        say<texts::policy_limit_value>(file, name, std::to_string(known->least),
                                                       std::to_string(known->most)),
                        say<Msg::hint_policy>());
        limits[name] = static_cast<int>(*number);
    }
    return limits;
}

}  // namespace

void edit_site(Session& session, const SiteEdit& edit) {
    for (const auto* text : {&edit.responsible, &edit.deputy})
        if (*text) check_text("--responsible, --deputy", **text);
    check_text("-m", edit.message);
    if (edit.timezone && !rules::zone_exists(*edit.timezone))
        throw Error(Errc::usage, say<Msg::unknown_zone>(*edit.timezone), say<Msg::hint_zone>());
    check_date("--contract-from", edit.contract_from);
    check_date("--contract-until", edit.contract_until);
    if (edit.schedule && !rules::parse_weekly_slot(*edit.schedule))
        throw Error(Errc::usage, say<texts::bad_schedule>(*edit.schedule), say<texts::hint_schedule>());
    if (edit.place && !edit.place->empty() && !rules::parse_place(*edit.place))
        throw Error(Errc::usage, say<texts::bad_place>(*edit.place), say<texts::hint_place>());
    session.repository().change([&](const journal::State& newest) {
        journal::Site site = newest.site;
        if (edit.contract) site.contract = *edit.contract;
        if (edit.responsible) site.responsible = *edit.responsible;
        if (edit.deputy) site.deputy = *edit.deputy;
        if (edit.timezone) site.timezone = *edit.timezone;
        if (edit.contract_from) site.contract_from = *edit.contract_from;
        if (edit.contract_until) site.contract_until = *edit.contract_until;
        if (edit.schedule) site.schedule = *edit.schedule;
        if (edit.place) site.place = *edit.place;
        check_site(site);
        site.version.message = edit.message;
        return journal::Json::array({journal::site_record(site)});
    });
}

journal::Policy read_policy(FileSystem& files, const std::string& file_or_profile) {
    if (file_or_profile == "standard") return journal::Policy::standard();
    if (file_or_profile == "strict-12") return journal::Policy::strict();
    const auto refuse = [&](Message what) {
        return Error(Errc::usage, std::move(what), say<Msg::hint_policy>());
    };
    const auto [parent, name] = split_path(files.resolve(file_or_profile));
    const auto folder = files.open_directory(parent);
    const auto bytes = folder ? read_file(*folder, name, policy_file_max) : std::nullopt;
    if (!bytes) throw refuse(say<Msg::policy_missing>(file_or_profile));
    journal::Policy policy;
    policy.profile = name;
    try {
        const auto table = toml::parse(as_text(*bytes), file_or_profile);
        policy.reference = table["reference"].value_or(std::string());
        const auto* months = table["months"].as_table();
        if (months == nullptr || policy.reference.empty())
            throw refuse(say<Msg::policy_lacks>(file_or_profile));
        if (const auto* places = table["residency"].as_array()) {
            policy.residency.clear();
            for (const auto& place : *places) {
                const auto text = place.value_exact<std::string>();
                if (!text || text->empty()) throw refuse(say<Msg::policy_lacks>(file_or_profile));
                policy.residency.push_back(*text);
            }
        }
        if (const auto* limits = table["limits"].as_table())
            policy.limits = limits_of(*limits, file_or_profile);
        else if (table.contains("limits"))
            throw refuse(say<Msg::policy_lacks>(file_or_profile));
        for (const auto& [key, value] : *months) {
            const auto kind = std::string(key.str());
            const auto count = value.value_exact<std::int64_t>();
            if (!journal::Policy::standard().months.contains(kind) || !count || *count < 1 ||
                *count > months_max)
                throw refuse(say<Msg::policy_months>(file_or_profile, printable(kind)));
            policy.months[kind] = static_cast<int>(*count);
        }
    } catch (const toml::parse_error& error) {
        throw refuse(
            say<Msg::settings_not_toml>(file_or_profile + ":" + std::to_string(error.source().begin.line)));
    }
    if (policy.residency.empty()) throw refuse(say<Msg::policy_lacks>(file_or_profile));
    if (policy.months.size() != journal::Policy::standard().months.size())
        throw refuse(say<Msg::policy_lacks>(file_or_profile));
    return policy;
}

void set_policy(Session& session, journal::Policy policy) {
    check_text("-m", policy.version.message);
    session.repository().record({journal::policy_record(policy)});
}

journal::Equipment add_equipment(Session& session, const EquipmentEdit& edit) {
    auto& files = session.context().environment.files;
    const auto secrets = sealed_secrets(session, edit, rules::fold_code(rules::Code::equipment, edit.name),
                                        drivers::driver_named(edit.driver.value_or("")));
    return change_equipment(session, edit, [&](const std::string& name, const journal::Equipment* known) {
        if (known != nullptr && !known->removed)
            throw Error(Errc::failed, say<Msg::equipment_exists>(name), say<Msg::hint_equipment_edit>());
        journal::Equipment next;
        next.name = name;
        next.type = rules::fold_code(rules::Code::type, edit.type.value_or(""));
        next.driver = edit.driver.value_or("");
        next.secrets = secrets;
        apply_settings(files, edit, next);
        return next;
    });
}

journal::Equipment edit_equipment(Session& session, const EquipmentEdit& edit) {
    auto& files = session.context().environment.files;
    const auto folded = rules::fold_code(rules::Code::equipment, edit.name);
    const auto known_driver = present(folded, session.state().find_equipment(folded)).driver;
    const auto secrets =
        sealed_secrets(session, edit, folded, drivers::driver_named(edit.driver.value_or(known_driver)));
    return change_equipment(session, edit, [&](const std::string& name, const journal::Equipment* known) {
        journal::Equipment next = present(name, known);
        if (edit.type) next.type = rules::fold_code(rules::Code::type, *edit.type);
        if (edit.driver) next.driver = *edit.driver;
        for (const auto& [key, sealed] : secrets) next.secrets[key] = sealed;
        apply_settings(files, edit, next);
        return next;
    });
}

journal::Equipment remove_equipment(Session& session, const EquipmentEdit& edit) {
    return change_equipment(session, edit, [&](const std::string& name, const journal::Equipment* known) {
        journal::Equipment next = present(name, known);
        next.removed = true;
        return next;
    });
}

EquipmentTest test_capture(const std::string& name, const std::string& driver,
                           const std::function<void(CaptureSink&)>& feed) {
    EquipmentTest result;
    result.name = name;
    result.driver = driver;
    drivers::MemoryFiles held;
    TestSink sink(result, held);
    try {
        feed(sink);
    } catch (const Error& error) {
        if (error.code() != Errc::unreachable && error.code() != Errc::usage) throw;
        result.unreachable = error.message();
        result.hint = error.hint();
        return result;
    }
    const auto model = drivers::model_of(drivers::driver_named(driver).id(), held);
    result.identity = {model.device_field("manufacturer"), model.device_field("model"),
                       model.device_field("serial"), model.device_field("firmware"),
                       model.device_field("name")};
    for (const auto& [key, item] : model.items()) ++result.items[key.first];
    return result;
}

EquipmentTest test_equipment(Session& session, const std::string& typed) {
    const auto name = rules::fold_code(rules::Code::equipment, typed);
    const auto equipment = present(name, session.state().find_equipment(name));
    return test_capture(name, equipment.driver, [&](CaptureSink& sink) {
        telling_a_way_out([&] {
            Device device(session.context(), source_of(session, equipment));
            record_pin(session, name, device.pin());
            device.driver().capture(sink);
        });
    });
}

std::vector<std::string> learn_volatile(Session& session, const std::string& typed, int seconds, bool apply,
                                        ProgressLine& progress) {
    const auto name = rules::fold_code(rules::Code::equipment, typed);
    // Made anew for each: the first one may be the first use, and pin.
    const auto capture = [&] {
        Device device(session.context(),
                      source_of(session, present(name, session.state().find_equipment(name))));
        record_pin(session, name, device.pin());
        return captured_model(device);
    };
    const auto first = capture();
    progress.show(tr<Msg::learn_progress>(name, std::to_string(seconds)));
    session.context().environment.clock.sleep_ms(seconds * 1000);
    const auto second = capture();
    auto ignored = ignored_paths(session.state().find_equipment(name));
    progress.clear();
    std::vector<std::string> learned;
    for (const auto& change : model::compare(first, second, ignored)) {
        if (change.kind != model::ChangeKind::changed) {
            learned.push_back(model_path(change.category, change.key) + "/*");
            continue;
        }
        for (const auto& field : change.fields)
            learned.push_back(model_path(change.category, change.key, field.field));
    }
    if (!apply || learned.empty()) return learned;
    std::string all;
    ignored.insert(ignored.end(), learned.begin(), learned.end());
    // A blank in a path would end it: any character matches it as well.
    for (auto& path : ignored) {
        std::replace(path.begin(), path.end(), ' ', '*');
        all += (all.empty() ? "" : " ") + path;
    }
    session.repository().change([&](const journal::State& newest) {
        const auto found = newest.equipment.find(name);
        auto next = present(name, found == newest.equipment.end() ? nullptr : &found->second);
        next.settings["volatile"] = all;
        next.version.message = tr<Msg::learn_message>();
        return journal::Json::array({journal::equipment_record(next)});
    });
    return learned;
}

}  // namespace coffre::cli
