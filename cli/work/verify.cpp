#include "cli/work/verify.hpp"

#include "cli/work/supervise.hpp"
#include "store/rules/due.hpp"

namespace coffre::cli {

void observe_verified(Session& session, const repo::VerifyReport& report, bool read_data) {
    const bool ok = report.errors.empty();
    const std::string code = ok ? "" : std::string(status_word(Errc::damaged));
    auto names = seen_of(rules::observed::verify, "", ok, code);
    names.numbers = {{"files", static_cast<std::int64_t>(report.files)},
                     {"errors", static_cast<std::int64_t>(report.errors.size())}};
    std::vector<journal::Observation> seen{names};
    if (read_data) {
        names.what = rules::observed::verify_data;
        seen.push_back(names);
    }
    observe_all(session, seen);
    keep_up_after(session, !ok);
}

repo::VerifyReport verify(const Context& context, const VerifyRequest& request, ProgressLine& progress) {
    const repo::Progress show = [&](std::uint64_t done, std::uint64_t total) {
        progress.show(tr<Msg::verify_progress>(human_bytes(done), human_bytes(total)));
    };
    if (request.no_key) {
        const auto store = context.open_store();
        if (!store->size("coffre.json"))
            throw Error(Errc::no_repository, say<Msg::no_repository>(store->location()),
                        say<Msg::hint_init>());
        return repo::verify_names(*store, show);
    }
    try {
        Session session(context, true);
        auto report = session.repository().verify(request.read_data, show);
        observe_verified(session, report, request.read_data);
        return report;
    } catch (const Error& error) {
        if (error.code() != Errc::damaged) throw;
        auto report = repo::verify_names(*context.open_store(), show);
        const auto& args = error.message().args;
        report.add(args.empty() ? "coffre.json" : args.front(), error.message());
        return report;
    }
}

}  // namespace coffre::cli
