#include "tests/drivers/equipment_conformance.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/process.hpp"
#include "drivers/equipment/memory_files.hpp"
#include "drivers/model/compare.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/probed_capture.hpp"

namespace coffre::test {

namespace {

constexpr long peak_max_kib = 256 << 10;

using drivers::DriverContext;
using drivers::MemoryFiles;

// Waits are shortened: simulators restart at once.
class HastyClock final : public Clock {
public:
    Timestamp now() override { return system_clock().now(); }
    std::int64_t monotonic_ns() override { return system_clock().monotonic_ns(); }
    void sleep_ms(int ms) override { system_clock().sleep_ms(1 + ms / 20); }
};

drivers::DriverSettings http_address(const std::string& url, const std::string& pin) {
    drivers::DriverSettings settings{{"url", url}};
    if (!pin.empty()) settings["certificate-sha256"] = pin;
    return settings;
}

drivers::DriverSettings address_of(const Subject& subject, const RunningEquipment& running) {
    return subject.address ? subject.address(running)
                           : http_address(running.url(), running.certificate_sha256());
}

// One driver, and all that it says to people.
class Asked {
public:
    Asked(const Subject& subject, const drivers::DriverSettings& address,
          const std::map<std::string, std::string>& other_secrets = {})
        : subject_(subject) {
        for (const auto& [name, value] : subject.secrets) secrets_.insert_or_assign(name, SecretText(value));
        for (const auto& [name, value] : other_secrets) secrets_.insert_or_assign(name, SecretText(value));
        context_.settings = subject.settings;
        for (const auto& [name, value] : address) context_.settings[name] = value;
        drivers::check_settings(info_of(subject), context_.settings);
        driver_ = info_of(subject).make(context_);
    }

    [[nodiscard]] EquipmentDriver& driver() { return *driver_; }

    MemoryFiles capture() {
        MemoryFiles files;
        driver_->capture(files);
        keep(files);
        return files;
    }
    [[nodiscard]] Model model(const MemoryFiles& files) const {
        if (subject_.info == nullptr) return drivers::model_of(driver_->id(), files);
        Model model;
        subject_.info->model(files, model);
        return model;
    }

    // The code of what `fn` throws; the error's texts are kept.
    template <class Fn>
    std::optional<Errc> error_of(Fn&& fn) {
        try {
            fn();
        } catch (const Error& error) {
            keep(error.message());
            keep(error.hint());
            return error.code();
        }
        return std::nullopt;
    }

    void keep(const RestorePlan& plan) {
        for (const auto& step : plan.steps) said_.push_back(step.what);
        for (const auto& gap : plan.gaps) {
            said_.push_back(gap.what);
            keep(gap.why);
        }
    }

    // No secret in any of it.
    void expect_discreet(const std::map<std::string, std::string>& other_secrets = {}) const {
        auto secrets = subject_.markers;
        for (const auto& [name, value] : subject_.secrets) secrets.push_back(value);
        for (const auto& [name, value] : other_secrets) secrets.push_back(value);
        for (const auto& secret : secrets)
            for (const auto& text : said_)
                EXPECT_TRUE(secret.empty() || text.find(secret) == std::string::npos) << text;
    }

private:
    void keep(const Message& message) {
        for (const auto lang : {Lang::en, Lang::fr}) said_.push_back(text(lang, message.id, message.args));
        for (const auto& argument : message.args) said_.push_back(argument);
    }
    void keep(const MemoryFiles& files) {
        for (const auto* problems : {&files.skipped_parts(), &files.failed_parts()})
            for (const auto& problem : *problems) {
                said_.push_back(problem.path);
                keep(problem.why);
            }
        for (const auto& file : files.files()) said_.push_back(file.path);
    }

    const Subject& subject_;
    HastyClock clock_;
    SecretTexts secrets_;
    DriverContext context_{{system_files(), clock_, system_random(), process_id()}, "NVR-HALL", {}, secrets_};
    std::unique_ptr<EquipmentDriver> driver_;
    std::vector<std::string> said_;
};

std::string told(const std::vector<model::ItemChange>& changes) {
    std::string text;
    for (const auto& change : changes) {
        text += model_path(change.category, change.key) + ":";
        for (const auto& field : change.fields)
            text += " " + field.field + "[" + field.before.value_or("-") + " > " + field.after.value_or("-") +
                    "]";
        text += "\n";
    }
    return text;
}

bool has_any(const Model& model, Category category) {
    return std::any_of(model.items().begin(), model.items().end(),
                       [&](const auto& entry) { return entry.first.first == category; });
}

bool is_login(const Subject& subject, const ProxiedRequest& request) {
    if (subject.is_login) return subject.is_login(request);
    const auto value = request.header("authorization");
    return value.starts_with("Digest ") || value.starts_with("Basic ");
}

}  // namespace

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EquipmentConformance);

TEST_P(EquipmentConformance, identity) {
    const auto running = GetParam().start();
    Asked asked(GetParam(), address_of(GetParam(), *running));
    const auto files = asked.capture();
    const auto model = asked.model(files);
    EXPECT_NE(model.device_field("model"), "");
    EXPECT_NE(model.device_field("firmware"), "");
    if (GetParam().has_serial) {
        EXPECT_NE(model.device_field("serial"), "");
    }
    if (!GetParam().identifies) return;
    const auto identity = asked.driver().identify();
    EXPECT_NE(identity.model, "");
    EXPECT_EQ(identity.model, model.device_field("model"));
    EXPECT_EQ(identity.firmware, model.device_field("firmware"));
    EXPECT_EQ(identity.serial, model.device_field("serial"));
}

TEST_P(EquipmentConformance, capture_is_complete_and_says_what_is_there) {
    const auto running = GetParam().start();
    Asked asked(GetParam(), address_of(GetParam(), *running));
    const auto files = asked.capture();
    EXPECT_TRUE(files.complete());
    for (const auto& problem : files.failed_parts())
        ADD_FAILURE() << problem.path << ": " << text(Lang::en, problem.why.id, problem.why.args);
    EXPECT_FALSE(files.files().empty());
    for (const auto& file : files.files()) {
        EXPECT_FALSE(file.path.starts_with("/")) << file.path;
        EXPECT_EQ(("/" + file.path + "/").find("/../"), std::string::npos) << file.path;
        EXPECT_EQ(printable(file.path), file.path);
    }
    const auto model = asked.model(files);
    EXPECT_EQ(has_any(model, Category::cameras), GetParam().has_cameras);
    EXPECT_EQ(has_any(model, Category::users), GetParam().has_users);
}

TEST_P(EquipmentConformance, two_captures_of_an_unchanged_equipment_are_equal) {
    const auto running = GetParam().start();
    Asked first(GetParam(), address_of(GetParam(), *running));
    Asked second(GetParam(), address_of(GetParam(), *running));
    const auto before = first.capture();
    const auto after = second.capture();
    EXPECT_EQ(told(model::compare(first.model(before), second.model(after))), "");
    std::set<std::string> paths;
    for (const auto* files : {&before, &after})
        for (const auto& file : files->files()) paths.insert(file.path);
    for (const auto& path : paths) {
        const auto* one = before.content(path);
        const auto* other = after.content(path);
        ASSERT_TRUE(one != nullptr && other != nullptr) << path;
        EXPECT_TRUE(*one == *other || GetParam().changing_files.contains(path)) << path;
    }
}

TEST_P(EquipmentConformance, a_refused_login_is_tried_once_and_nothing_more_is_sent) {
    const auto& subject = GetParam();
    if (subject.login_secret.empty()) GTEST_SKIP() << "no login";
    const std::map<std::string, std::string> wrong{{subject.login_secret, "wrong-Secret-0815"}};
    const auto running = subject.start();
    if (!subject.speaks_http) {
        Asked asked(subject, address_of(subject, *running), wrong);
        EXPECT_EQ(asked.error_of([&] { asked.capture(); }), Errc::unreachable);
        EXPECT_EQ(asked.error_of([&] { asked.capture(); }), Errc::unreachable);
        asked.expect_discreet(wrong);
        return;
    }
    for (const bool identifies : {true, false}) {
        const RecordingProxy proxy(*running);
        Asked asked(subject, http_address(proxy.url(), proxy.certificate_sha256()), wrong);
        const auto ask = [&] {
            if (identifies)
                asked.driver().identify();
            else
                asked.capture();
        };
        if (identifies && !subject.identifies) continue;
        const auto code = asked.error_of(ask);
        const auto sent = proxy.requests();
        const auto logins = std::count_if(sent.begin(), sent.end(),
                                          [&](auto& request) { return is_login(subject, request); });
        if (identifies && !code && logins == 0) continue;  // tells who it is to everyone
        EXPECT_EQ(code, Errc::unreachable);
        EXPECT_EQ(logins, 1);
        // The last word was the login: nothing came after its refusal.
        EXPECT_TRUE(!sent.empty() && is_login(subject, sent.back()));
        EXPECT_EQ(asked.error_of([&] { asked.capture(); }), Errc::unreachable);
        EXPECT_EQ(proxy.requests().size(), sent.size());
        asked.expect_discreet(wrong);
    }
}

TEST_P(EquipmentConformance, another_certificate_is_refused_before_anything_is_sent) {
    if (!GetParam().speaks_http) GTEST_SKIP() << "not over HTTP";
    const auto running = GetParam().start();
    const RecordingProxy proxy(*running);
    if (proxy.certificate_sha256().empty()) GTEST_SKIP() << "no TLS";
    // Pinned is the equipment's own, and the proxy shows another one.
    Asked asked(GetParam(), http_address(proxy.url(), running->certificate_sha256()));
    EXPECT_EQ(asked.error_of([&] { asked.capture(); }), Errc::refused);
    if (GetParam().identifies) {
        EXPECT_EQ(asked.error_of([&] { asked.driver().identify(); }), Errc::refused);
    }
    EXPECT_EQ(proxy.requests().size(), 0U);
    asked.expect_discreet();
}

TEST_P(EquipmentConformance, a_dead_port_is_unreachable) {
    const auto address = [&] {
        const auto running = GetParam().start();
        return address_of(GetParam(), *running);
    }();
    Asked asked(GetParam(), address);
    EXPECT_EQ(asked.error_of([&] { asked.capture(); }), Errc::unreachable);
    if (GetParam().identifies) {
        EXPECT_EQ(asked.error_of([&] { asked.driver().identify(); }), Errc::unreachable);
    }
    asked.expect_discreet();
}

TEST_P(EquipmentConformance, no_secret_is_told_and_those_of_the_model_are_flagged) {
    const auto& subject = GetParam();
    const auto running = subject.start();
    Asked asked(subject, address_of(subject, *running));
    const auto model = asked.model(asked.capture());
    asked.expect_discreet();
    auto secrets = subject.markers;
    for (const auto& [name, value] : subject.secrets) secrets.push_back(value);
    for (const auto& [key, item] : model.items())
        for (const auto& secret : secrets) {
            if (secret.empty()) continue;
            EXPECT_EQ(item.label.find(secret), std::string::npos);
            EXPECT_EQ(key.second.find(secret), std::string::npos);
            for (const auto& [name, field] : item.fields)
                EXPECT_TRUE(field.secret || field.value.find(secret) == std::string::npos)
                    << model_path(key.first, key.second, name);
        }
}

TEST_P(EquipmentConformance, hostile_answers_end_within_the_limits) {
    const auto& subject = GetParam();
    if (!subject.speaks_http) GTEST_SKIP() << "not over HTTP";
    const auto running = subject.start();
    Simulator elsewhere(COFFRE_SIMULATORS "/hostile.py", {"html"});
    const auto origin = running->url().substr(0, running->url().find('/', running->url().find("://") + 3));
    for (const std::string mode :
         {"endless", "slow", "zeros", "entities", "nested", "headers", "redirect", "refuse", "break", "html"})
        for (const std::string from : {"1", "4"}) {
            const Simulator hostile(COFFRE_SIMULATORS "/hostile.py", {mode, "--behind", origin, "--good",
                                                                      from, "--text", elsewhere.url() + "/"});
            auto settings = subject.settings;
            for (const auto& [name, value] : subject.secrets) settings[name] = value;
            settings["url"] = hostile.url() + running->url().substr(origin.size());
            settings["certificate-sha256"] = hostile.certificate_sha256();
            settings["time-limit"] = "3";
            settings["size-limit"] = "8";
            const auto outcome = probed_capture(subject.driver, settings);
            const auto what = mode + " from request " + from + ": " + outcome.whole;
            // Behind a good beginning it may also be a partial capture, or the part one that it need not
            // have.
            EXPECT_TRUE(outcome.code == static_cast<int>(Errc::unreachable) ||
                        (outcome.code == 0 && from != "1"))
                << what;
            EXPECT_TRUE(outcome.peak_kib > 0 && outcome.peak_kib < peak_max_kib) << what;
            for (const auto& [name, value] : subject.secrets)
                EXPECT_EQ(outcome.whole.find(value), std::string::npos);
        }
    EXPECT_EQ(elsewhere.tell("count"), "requests 0 logins 0");
}

TEST_P(EquipmentConformance, a_restore_leads_back_and_then_has_nothing_left_to_do) {
    const auto& subject = GetParam();
    if (!subject.change) GTEST_SKIP() << "restores nothing";
    EXPECT_TRUE(info_of(subject).restores);
    const auto running = subject.start();
    Asked asked(subject, address_of(subject, *running));
    const auto wanted = asked.capture();
    subject.change(*running);
    const auto changed = asked.capture();
    ASSERT_FALSE(model::compare(asked.model(wanted), asked.model(changed), subject.not_restored).empty())
        << "the subject's change is none";

    const auto job = asked.driver().prepare_restore(wanted, changed, {});
    ASSERT_NE(job, nullptr);
    asked.keep(job->plan());
    EXPECT_FALSE(job->plan().steps.empty());
    // Preparing changed nothing.
    EXPECT_EQ(told(model::compare(asked.model(changed), asked.model(asked.capture()))), "");

    std::size_t started = 0;
    EXPECT_EQ(asked.error_of([&] { job->apply([&](const PlanStep&) { ++started; }); }), std::nullopt);
    EXPECT_EQ(started, job->plan().steps.size());
    if (job->plan().reboots) asked.driver().wait_until_ready();
    const auto after = asked.capture();
    EXPECT_EQ(told(model::compare(asked.model(wanted), asked.model(after), subject.not_restored)), "");

    const auto again = asked.driver().prepare_restore(wanted, after, {});
    ASSERT_NE(again, nullptr);
    asked.keep(again->plan());
    for (const auto& step : again->plan().steps) ADD_FAILURE() << "left to do: " << step.what;
    asked.expect_discreet();
}

TEST_P(EquipmentConformance, a_restore_that_keeps_the_network_has_no_step_for_it) {
    const auto& subject = GetParam();
    if (!subject.change) GTEST_SKIP() << "restores nothing";
    const auto running = subject.start();
    Asked asked(subject, address_of(subject, *running));
    const auto wanted = asked.capture();
    subject.change(*running);
    if (subject.change_network) subject.change_network(*running);
    const auto changed = asked.capture();
    RestoreOptions options;
    options.keep_network = true;
    const auto job = asked.driver().prepare_restore(wanted, changed, options);
    ASSERT_NE(job, nullptr);
    asked.keep(job->plan());
    for (const auto& step : job->plan().steps) EXPECT_NE(step.part, Category::network) << step.what;
    asked.expect_discreet();
}

TEST_P(EquipmentConformance, a_restore_of_some_parts_has_no_step_for_another) {
    const auto& subject = GetParam();
    if (!subject.change) GTEST_SKIP() << "restores nothing";
    const auto running = subject.start();
    Asked asked(subject, address_of(subject, *running));
    const auto wanted = asked.capture();
    subject.change(*running);
    const auto changed = asked.capture();
    for (std::size_t i = 0; i < category_count; ++i) {
        const auto part = static_cast<Category>(i);
        RestoreOptions options;
        options.only = {part};
        const auto job = asked.driver().prepare_restore(wanted, changed, options);
        ASSERT_NE(job, nullptr);
        for (const auto& step : job->plan().steps) EXPECT_EQ(step.part, part) << step.what;
    }
}

}  // namespace coffre::test
