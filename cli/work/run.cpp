#include "cli/work/run.hpp"

#include <algorithm>
#include <functional>

#include "cli/run_settings.hpp"
#include "cli/texts/run_texts.hpp"
#include "cli/work/capture.hpp"
#include "cli/work/clear_sources.hpp"
#include "cli/work/metrics.hpp"
#include "cli/work/mirror.hpp"
#include "cli/work/status.hpp"
#include "cli/work/verify.hpp"
#include "store/crypto/self_test.hpp"
#include "store/repo/machine.hpp"
#include "store/rules/limits.hpp"

namespace coffre::cli {

namespace {

constexpr std::int64_t hour_ns = 3600ll * 1'000'000'000;
constexpr std::uint32_t metrics_mode = 0644;
constexpr const char* lock_name = "run.lock";

using rules::Job;
using rules::JobKind;

// This machine's lock of this repository: taken by one process at a time, and gone with it. Without a folder
// of its own, runs of this machine go side by side, as those of several machines do.
LockAttempt take_lock(const Context& context, const RepositoryId& id) {
    const auto folder = repo::machine_folder(context.local_folders(), id);
    if (folder.empty()) return {nullptr, false};
    try {
        return context.environment.files.make_directories(folder)->try_lock(lock_name, LockMode::exclusive);
    } catch (const Error& error) {
        warn(text(error.message()));
        return {nullptr, false};
    }
}

RunItem failure(const std::string& job, const std::string& subject, const Error& error) {
    return {job, subject, std::string(status_word(error.code())), error.message()};
}

// All zeros where this machine wrote nothing here yet.
ActorId self_of(Session& session) { return session.repository().own_actor().value_or(ActorId{}); }

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
            for (auto& job : rules::due_jobs(session_.state(), now(), self_of(session_)))
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
            fail(job, subject, error);
            if (error.code() == Errc::no_space) observe_no_space(session_);
        }
    }

    // Of pages only what fails is told: they are written each time.
    void pages() {
        const auto& context = session_.context();
        if (!wants_pages(context)) return;
        const auto failed = write_pages(context, {site_overview(session_)});
        outcome.failed.insert(outcome.failed.end(), failed.begin(), failed.end());
        const bool made = std::none_of(failed.begin(), failed.end(), [](const auto& item) {
            return item.job == rules::observed::dashboard;
        });
        const auto code = made ? std::string() : failed.front().code;
        if (!read_run_settings(context.environment.files).dashboard.empty())
            observe(session_, seen_of(rules::observed::dashboard, "", made, code));
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

    // A medium that lies in its safe fails nothing: that it stays there for too long is an anomaly.
    void fail(const std::string& job, const std::string& subject, const Error& error) {
        const auto code = code_of(error);
        (code == not_plugged_in ? outcome.waiting : outcome.failed)
            .push_back({job, subject, code, error.message()});
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
        request.tells_failures = true;
        CaptureResult result;
        try {
            result = capture(session_, request, progress_);
        } catch (const Error& error) {  // before anything was tried
            for (const auto& name : names) fail(job, name, error);
            return;
        }
        for (const auto& snapshot : result.snapshots)
            if (snapshot.complete) outcome.done.push_back({job, snapshot.equipment, "", {}});
        std::set<std::string> told;
        for (const auto& problem : result.failed)
            if (told.insert(problem.equipment).second)
                fail(job, problem.equipment,
                     Error(problem.path.empty() ? problem.code : Errc::partial, problem.why));
    }

    void mirror_all(const std::string& job, const std::vector<std::string>& names) {
        MirrorRequest request;
        request.names = names;
        try {
            Copy copy(session_.context());
            const auto result = mirror(copy, request, progress_);
            for (const auto& one : result.remotes) {
                if (one.error)
                    fail(job, one.name, *one.error);
                else if (!one.report.fine() || one.set_back)
                    fail(job, one.name, Error(Errc::damaged, say<texts::run_copy_wrong>()));
                else
                    outcome.done.push_back({job, one.name, "", {}});
            }
        } catch (const Error& error) {
            for (const auto& name : names) fail(job, name, error);
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
    return session.context().environment.clock.now().ns <
           session.state().last_time.ns - rules::clock_slack_ns;
}

// By a clock that is behind, snapshots would bear wrong names: time is given to set it. It may be right,
// where another one was ahead, and a doubtful name is better than no backup.
bool waits_for_clock(Session& session) {
    if (!clock_is_behind(session)) return false;
    const auto& state = session.state();
    const auto* const seen = state.procedure.observed(rules::observed::clock, "", self_of(session));
    const auto now = session.context().environment.clock.now();
    if (seen == nullptr || seen->ok || now < seen->since) return true;
    const auto waited_ns = now.ns - seen->since.ns;
    return waited_ns < rules::limit_of(state, rules::limits::treat_hours) * hour_ns;
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

std::vector<std::string> due_captures(Session& session) {
    std::vector<std::string> names;
    for (const auto& job :
         rules::due_jobs(session.state(), session.context().environment.clock.now(), self_of(session)))
        if (job.kind == JobKind::capture) names.push_back(job.subject);
    return names;
}

bool wants_pages(const Context& context) {
    const auto settings = read_run_settings(context.environment.files);
    return !settings.dashboard.empty() || !settings.metrics.empty();
}

std::vector<RunItem> write_pages(const Context& context, const std::vector<rules::SiteOverview>& sites,
                                 const std::vector<UnopenedSite>& unopened) {
    auto& files = context.environment.files;
    const auto settings = read_run_settings(files);
    std::vector<RunItem> failed;
    const auto page = [&](const char* name, const std::string& path, const std::function<void()>& work) {
        if (path.empty()) return;
        try {
            work();
        } catch (const Error& error) {
            failed.push_back(failure(name, "", error));
        }
    };
    page(rules::observed::dashboard, settings.dashboard,
         [&] { write_dashboard(context, sites, settings.dashboard, unopened); });
    page("metrics", settings.metrics, [&] {
        // Read by a collector of another account: without names.
        const auto [parent, name] = split_path(settings.metrics);
        const auto folder = files.open_directory(parent);
        if (!folder) throw Error(Errc::failed, say<Msg::file_error>(parent, tr<Msg::os_not_found>()));
        const auto scratch = "." + name + ".new";
        folder->remove_file(scratch);
        const auto text = metrics_text(sites, context.environment.clock.now(), false, unopened.size());
        write_file_durably(*folder, scratch, *folder, name, as_bytes(text), metrics_mode);
    });
    return failed;
}

RunOutcome run_due(Session& session, const RunRequest& request, ProgressLine& progress) {
    const auto& context = session.context();
    auto& clock = context.environment.clock;
    Runner runner(session, progress);
    auto& outcome = runner.outcome;
    if (request.dry_run) {
        outcome.due = rules::due_jobs(session.state(), clock.now(), self_of(session));
        outcome.next_due = rules::next_due(session.state(), clock.now(), self_of(session));
        return outcome;
    }
    const auto lock = take_lock(context, session.repository().id());
    if (!lock && lock.supported) {
        outcome.already_running = true;
        return outcome;
    }
    settle_hooks_later(session);
    tell(session, "run-started", Json::object());
    const bool behind = clock_is_behind(session);
    observe(session, seen_of(rules::observed::clock, "", !behind, behind ? "behind" : ""));
    outcome.waits_for_clock = waits_for_clock(session);
    check_clear_sources(session);
    // What became true while nobody looked is told of, though the jobs may end it.
    try {
        bring_up(session);
    } catch (const Error&) {  // told of below, where it is tried again
    }
    if (behind)
        outcome.failed.push_back(
            {"clock", "", std::string(status_word(Errc::failed)), say<texts::run_clock>()});
    const auto step = [&](const char* name, const std::function<void()>& work) {
        try {
            work();
        } catch (const Error& error) {
            outcome.failed.push_back(failure(name, "", error));
        }
    };
    // Beside the jobs themselves it is the repository that can fail: damaged meanwhile, or gone.
    if (!outcome.waits_for_clock) step("repository", [&] { runner.run_jobs(); });
    step("anomalies", [&] { bring_up(session); });
    if (request.pages) step("dashboard", [&] { runner.pages(); });
    outcome.kept = kept_up(session);
    outcome.next_due = rules::next_due(session.state(), clock.now(), self_of(session));
    tell(session, outcome.failed.empty() ? "run-done" : "run-failed",
         {{"ok", outcome.failed.empty()},
          {"done", items_json(outcome.done)},
          {"failed", items_json(outcome.failed)},
          {"waiting", items_json(outcome.waiting)},
          {"opened_anomalies", outcome.kept.opened},
          {"next_due", outcome.next_due ? Json(to_rfc3339(*outcome.next_due)) : Json(nullptr)}});
    settle_hooks(session);
    outcome.kept = kept_up(session);
    return outcome;
}

}  // namespace coffre::cli
