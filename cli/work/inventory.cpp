#include "cli/work/inventory.hpp"

#include <algorithm>

#include <toml++/toml.h>

#include "drivers/equipment/drivers.hpp"
#include "store/rules/civil_time.hpp"
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

void apply_settings(FileSystem& files, const EquipmentEdit& edit, journal::Equipment& equipment) {
    for (const auto& key : edit.unset)
        if (equipment.settings.erase(key) == 0)
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

class CountingSink final : public CaptureSink {
public:
    explicit CountingSink(EquipmentTest& result) : result_(result) {}
    void file(const Path&, bool, ByteView content) override { count(content.size()); }
    void large_file(const Path&, bool, std::uint64_t size, const Pieces& next) override {
        // Read to its end: what cannot be read is found here.
        while (!next().empty()) {
        }
        count(size);
    }
    void link(const Path&, const std::string& target) override { count(target.size()); }
    void empty_folder(const Path&) override {}
    void skipped(const Path&, const Message&) override {}
    void failed(const Path& path, const Message& why) override {
        result_.failed.emplace_back(join_names(path), why);
    }

private:
    void count(std::uint64_t bytes) {
        ++result_.files;
        result_.bytes += bytes;
    }
    EquipmentTest& result_;
};

}  // namespace

void edit_site(Session& session, const SiteEdit& edit) {
    for (const auto* text : {&edit.responsible, &edit.deputy})
        if (*text) check_text("--responsible, --deputy", **text);
    check_text("-m", edit.message);
    if (edit.timezone && !rules::zone_exists(*edit.timezone))
        throw Error(Errc::usage, say<Msg::unknown_zone>(*edit.timezone), say<Msg::hint_zone>());
    session.repository().change([&](const journal::State& newest) {
        journal::Site site = newest.site;
        if (edit.contract) site.contract = *edit.contract;
        if (edit.responsible) site.responsible = *edit.responsible;
        if (edit.deputy) site.deputy = *edit.deputy;
        if (edit.timezone) site.timezone = *edit.timezone;
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
    return change_equipment(session, edit, [&](const std::string& name, const journal::Equipment* known) {
        if (known != nullptr && !known->removed)
            throw Error(Errc::failed, say<Msg::equipment_exists>(name), say<Msg::hint_equipment_edit>());
        journal::Equipment next;
        next.name = name;
        next.type = rules::fold_code(rules::Code::type, edit.type.value_or(""));
        next.driver = edit.driver.value_or("");
        apply_settings(files, edit, next);
        return next;
    });
}

journal::Equipment edit_equipment(Session& session, const EquipmentEdit& edit) {
    auto& files = session.context().environment.files;
    return change_equipment(session, edit, [&](const std::string& name, const journal::Equipment* known) {
        journal::Equipment next = present(name, known);
        if (edit.type) next.type = rules::fold_code(rules::Code::type, *edit.type);
        if (edit.driver) next.driver = *edit.driver;
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

EquipmentTest test_source(const Context& context, const std::string& name, const std::string& driver,
                          const std::map<std::string, std::string>& settings) {
    EquipmentTest result;
    result.name = name;
    result.driver = driver;
    CountingSink sink(result);
    try {
        const SecretTexts secrets;
        const drivers::DriverContext from{context.environment, name, settings, secrets};
        drivers::make_driver(driver, from)->capture(sink);
    } catch (const Error& error) {
        if (error.code() != Errc::unreachable && error.code() != Errc::usage) throw;
        result.unreachable = error.message();
    }
    return result;
}

EquipmentTest test_equipment(Session& session, const std::string& typed) {
    const auto name = rules::fold_code(rules::Code::equipment, typed);
    const auto& equipment = present(name, session.state().find_equipment(name));
    return test_source(session.context(), name, equipment.driver, equipment.settings);
}

}  // namespace coffre::cli
