#include "cli/work/run.hpp"

#include <algorithm>
#include <functional>

#include "cli/run_settings.hpp"
#include "cli/texts/run_texts.hpp"
#include "cli/work/capture.hpp"
#include "cli/work/clear_sources.hpp"
#include "cli/work/dashboard.hpp"
#include "cli/work/metrics.hpp"
#include "cli/work/mirror.hpp"
#include "cli/work/status.hpp"
#include "cli/work/verify.hpp"
#include "store/crypto/self_test.hpp"
#include "store/repo/machine.hpp"
#include "store/rules/limits.hpp"

namespace coffre::cli {

namespace {

// So much may two machines' clocks differ.
constexpr std::int64_t behind_max_ns = 10ll * 60 * 1'000'000'000;
constexpr std::uint32_t metrics_mode = 0644;
constexpr const char* lock_name = "run.lock";

using rules::Job;
using rules::JobKind;

// This machine's lock of this repository: taken by one process at a time, and gone with it.
LockAttempt take_lock(const Context& context, const RepositoryId& id) {
    const auto folder = repo::machine_folder(context.local_folders(), id);
    if (folder.empty()) return {nullptr, false};
    return context.environment.files.make_directories(folder)->try_lock(lock_name, LockMode::exclusive);
}

class Runner {
public:
    Runner(Session& session, ProgressLine& progress) : session_(session), progress_(progress) {}

    RunOutcome outcome;

    void run_jobs() {
        std::set<std::pair<JobKind, std::string>> tried;
        for (;;) {
            // Asked anew before each, for another machine may have done it meanwhile.
            session_.repository().refresh();
            std::vector<Job> left;
            for (auto& job : rules::due_jobs(session_.state(), now()))
                if (!tried.contains({job.kind, job.subject})) left.push_back(std::move(job));
            if (left.empty()) return;
            std::vector<std::string> subjects;
            for (const auto& job : left)
                if (job.kind == left.front().kind) {
                    subjects.push_back(job.subject);
                    tried.emplace(job.kind, job.subject);
                }
            run_jobs_of(left.front().kind, subjects);
        }
    }

    // One thing; what it throws is an answer.
    void attempt(const std::string& job, const std::string& subject, const std::function<void()>& work) {
        try {
            work();
            outcome.done.push_back({job, subject, "", {}});
        } catch (const Error& error) {
            fail(job, subject, error.code(), error.message());
            if (error.code() == Errc::no_space) observe_no_space(session_);
        }
    }

    // Of pages only what fails is told: they are written each time.
    void pages() {
        const auto& context = session_.context();
        const auto settings = read_run_settings(context.environment.files);
        if (settings.dashboard.empty() && settings.metrics.empty()) return;
        const auto site = site_overview(session_);
        if (!settings.dashboard.empty())
            try_page(rules::observed::dashboard,
                     [&] { write_dashboard(context, {site}, settings.dashboard); });
        if (!settings.metrics.empty())
            try_page("metrics", [&] {
                // Read by a collector of another account: without names.
                const auto [parent, name] = split_path(settings.metrics);
                const auto folder = context.environment.files.make_directories(parent);
                const auto scratch = "." + name + ".new";
                folder->remove_file(scratch);
                write_file_durably(*folder, scratch, *folder, name,
                                   as_bytes(metrics_text({site}, now(), false)), metrics_mode);
            });
    }

    void space() {
        auto seen = seen_of(rules::observed::space, "", true);
        if (const auto room = space_here(session_.context())) {
            const auto free = static_cast<std::int64_t>(room->free_bytes);
            const auto total = static_cast<std::int64_t>(room->total_bytes);
            seen.numbers = {{"free", free}, {"total", total}};
            const auto percent = rules::limit_of(session_.state(), rules::limits::space_percent);
            if (free < total / 100 * percent) {
                seen.ok = false;
                seen.code = "low";
            }
        }
        std::int64_t used = 0;
        for (const auto& file : session_.context().open_store()->list_all())
            used += static_cast<std::int64_t>(file.size);
        seen.numbers["used"] = used;
        observe(session_, seen);
    }

private:
    [[nodiscard]] Timestamp now() const { return session_.context().environment.clock.now(); }

    void fail(const std::string& job, const std::string& subject, Errc code, Message why) {
        outcome.failed.push_back({job, subject, std::string(status_word(code)), std::move(why)});
    }

    void try_page(const char* page, const std::function<void()>& work) {
        try {
            work();
            if (page == rules::observed::dashboard) observe(session_, seen_of(page, "", true));
        } catch (const Error& error) {
            fail(page, "", error.code(), error.message());
        }
    }

    void run_jobs_of(JobKind kind, const std::vector<std::string>& subjects) {
        const std::string name(rules::job_name(kind));
        switch (kind) {
            case JobKind::capture:
                return capture_all(name, subjects);
            case JobKind::mirror:
                return mirror_all(name, subjects);
            case JobKind::verify:
                return attempt(name, "", [&] { verify_here(false); });
            case JobKind::verify_data:
                return attempt(name, "", [&] { verify_here(true); });
            case JobKind::verify_remote:
                for (const auto& subject : subjects) attempt(name, subject, [&] { verify_there(subject); });
                return;
            case JobKind::space:
                return attempt(name, "", [&] { space(); });
        }
    }

    void capture_all(const std::string& job, const std::vector<std::string>& names) {
        CaptureRequest request;
        request.names = names;
        CaptureResult result;
        try {
            result = capture(session_, request, progress_);
        } catch (const Error& error) {  // of the first; each is told by itself where there are several
            for (const auto& name : names) fail(job, name, error.code(), error.message());
            return;
        }
        for (const auto& snapshot : result.snapshots)
            if (snapshot.complete) outcome.done.push_back({job, snapshot.equipment, "", {}});
        std::set<std::string> told;
        for (const auto& problem : result.failed)
            if (told.insert(problem.equipment).second)
                fail(job, problem.equipment, Errc::partial, problem.why);
    }

    void mirror_all(const std::string& job, const std::vector<std::string>& names) {
        MirrorRequest request;
        request.names = names;
        try {
            Copy copy(session_.context());
            const auto result = mirror(copy, request, progress_);
            for (const auto& one : result.remotes) {
                if (one.error)
                    fail(job, one.name, one.error->code(), one.error->message());
                else if (!one.report.fine() || one.set_back)
                    fail(job, one.name, Errc::damaged, say<texts::run_copy_wrong>());
                else
                    outcome.done.push_back({job, one.name, "", {}});
            }
        } catch (const Error& error) {
            for (const auto& name : names) fail(job, name, error.code(), error.message());
        }
        session_.repository().refresh();
    }

    [[nodiscard]] repo::Progress shown() {
        return [this](std::uint64_t done, std::uint64_t total) {
            progress_.show(tr<Msg::verify_progress>(human_bytes(done), human_bytes(total)));
        };
    }

    static void check_whole(const repo::VerifyReport& report) {
        if (!report.errors.empty())
            throw Error(Errc::damaged, say<texts::run_damage>(std::to_string(report.errors.size())));
    }

    // The cipher is tried on known answers at the same time: damage of what is written would be found late.
    void verify_here(bool read_data) {
        const bool works = crypto::self_test();
        observe(session_, seen_of(rules::observed::encryption, "", works, works ? "" : "self-test"));
        const auto report = read_data ? session_.repository().verify(true, shown())
                                      : repo::verify_names(*session_.context().open_store(), shown());
        observe_verified(session_, report, read_data);
        check_whole(report);
        if (!works) throw Error(Errc::damaged, say<texts::self_test_failed>());
    }

    void verify_there(const std::string& name) {
        RemoteVerifyRequest request;
        request.name = name;
        const auto report = verify_remote(session_.context(), request, progress_);
        session_.repository().refresh();
        check_whole(report);
    }

    Session& session_;
    ProgressLine& progress_;
};

bool clock_is_behind(const Session& session) {
    return session.context().environment.clock.now().ns < session.state().last_time.ns - behind_max_ns;
}

Json items_json(const std::vector<RunItem>& items) {
    Json list = Json::array();
    for (const auto& item : items) {
        Json one{{"job", item.job}, {"subject", item.subject}};
        if (!item.code.empty()) one["code"] = item.code;
        list.push_back(std::move(one));
    }
    return list;
}

}  // namespace

std::vector<std::string> due_captures(const Session& session) {
    std::vector<std::string> names;
    for (const auto& job : rules::due_jobs(session.state(), session.context().environment.clock.now()))
        if (job.kind == JobKind::capture) names.push_back(job.subject);
    return names;
}

RunOutcome run_due(Session& session, bool dry_run, ProgressLine& progress) {
    const auto& context = session.context();
    auto& clock = context.environment.clock;
    Runner runner(session, progress);
    auto& outcome = runner.outcome;
    if (dry_run) {
        outcome.due = rules::due_jobs(session.state(), clock.now());
        outcome.next_due = rules::next_due(session.state(), clock.now());
        return outcome;
    }
    const auto lock = take_lock(context, session.repository().id());
    if (!lock && lock.supported) {
        outcome.already_running = true;
        return outcome;
    }
    tell(session, "run-started", Json::object());
    // By a clock that is wrong, snapshots would bear wrong names and be due at wrong times.
    outcome.clock_behind = clock_is_behind(session);
    observe(session,
            seen_of(rules::observed::clock, "", !outcome.clock_behind, outcome.clock_behind ? "behind" : ""));
    check_clear_sources(session);
    // What became true while nobody looked is told of, though the jobs may end it.
    if (!outcome.clock_behind) {
        try {
            outcome.kept = bring_up(session);
        } catch (const Error&) {  // told of below, where it is tried again
        }
    }
    if (outcome.clock_behind)
        outcome.failed.push_back(
            {"clock", "", std::string(status_word(Errc::failed)), say<texts::run_clock>()});
    else
        runner.run_jobs();
    try {
        const auto kept = bring_up(session);
        outcome.kept.opened += kept.opened;
        outcome.kept.resolved += kept.resolved;
        outcome.kept.alerts += kept.alerts;
        outcome.kept.alerts_failed += kept.alerts_failed;
    } catch (const Error& error) {
        outcome.failed.push_back({"anomalies", "", std::string(status_word(error.code())), error.message()});
    }
    try {
        runner.pages();
    } catch (const Error& error) {
        outcome.failed.push_back({"dashboard", "", std::string(status_word(error.code())), error.message()});
    }
    outcome.next_due = rules::next_due(session.state(), clock.now());
    tell(session, outcome.failed.empty() ? "run-done" : "run-failed",
         {{"ok", outcome.failed.empty()},
          {"done", items_json(outcome.done)},
          {"failed", items_json(outcome.failed)},
          {"opened_anomalies", outcome.kept.opened},
          {"next_due", outcome.next_due ? Json(to_rfc3339(*outcome.next_due)) : Json(nullptr)}});
    return outcome;
}

}  // namespace coffre::cli
