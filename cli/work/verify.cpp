#include "cli/work/verify.hpp"

#include "cli/work/supervise.hpp"

namespace coffre::cli {

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
