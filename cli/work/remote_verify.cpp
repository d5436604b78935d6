// What lies at a remote, held against its names.

#include <algorithm>

#include "cli/work/mirror.hpp"
#include "cli/work/places.hpp"
#include "cli/work/supervise.hpp"
#include "store/repo/format_file.hpp"
#include "store/rules/due.hpp"

namespace coffre::cli {

namespace {

std::vector<std::string> sample_of(std::vector<std::string> names, const std::string& text, Random& random) {
    if (text.empty()) return names;
    const bool share = text.ends_with('%');
    const auto digits = share ? text.substr(0, text.size() - 1) : text;
    if (digits.empty() || digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string::npos)
        throw Error(Errc::usage, say<Msg::sample_form>(), say<Msg::hint_help>());
    const auto number = std::stoull(digits);
    if (number == 0 || (share && number > 100))
        throw Error(Errc::usage, say<Msg::sample_form>(), say<Msg::hint_help>());
    const auto wanted = share ? (names.size() * number + 99) / 100 : number;
    // Others each time: what is never looked at is never found.
    for (std::size_t i = 0; i < std::min<std::size_t>(wanted, names.size()); ++i) {
        std::array<std::uint8_t, 8> raw{};
        random.fill(raw);
        std::swap(names[i], names[i + load_u64(raw.data()) % (names.size() - i)]);
    }
    names.resize(std::min<std::size_t>(wanted, names.size()));
    return names;
}

}  // namespace

namespace {

repo::VerifyReport look_through(Copy& copy, const journal::Remote& place, const RemoteVerifyRequest& request,
                                ProgressLine& progress) {
    const auto& context = copy.context();
    const auto store = copy.open(place, remote::Open::existing);
    auto memory = copy.memory().of_remote(memory_key(place));
    auto options = copy.mirror_options(progress);
    repo::Mirror mirror(copy.store(), *store, copy.id(), memory, copy.machine().signers, options);
    mirror.look();
    repo::VerifyReport report;
    for (const auto& name : mirror.report().missing) report.add(name, say<Msg::file_missing>(name));
    for (const auto& error : mirror.report().damaged) report.add(error.path, error.what);
    // What lies here and is live is to be there too, once it was seen there or the journal says so.
    for (const auto& name : sample_of(mirror.there(), request.sample, context.environment.random)) {
        ++report.files;
        if (const auto what = mirror.what_is_wrong(name)) report.add(name, *what);
        progress.show(
            tr<Msg::mirror_progress>(std::to_string(report.files), std::to_string(mirror.there().size())));
    }
    if (auto* session = copy.session()) {
        const auto heads = session->state().heads();
        if (request.read_data) {
            repo::Repository::Options opening;
            opening.folders = context.local_folders();
            opening.actor_name = context.actor_name();
            opening.tolerate_damage = true;
            repo::Repository remote(*store, context.environment, context.credentials(), opening);
            auto deep = remote.verify(true, options.progress);
            report.objects = deep.objects;
            for (auto& error : deep.errors) report.add(error.path, error.what);
        }
        const auto& state = session->state();
        const bool stood = state.copies.contains(place.name) && !state.copies.at(place.name).verified.empty();
        const bool everything = request.sample.empty() && mirror.holds_everything();
        if (report.errors.empty() && everything)
            session->repository().record({journal::copied_record(place.name, {}, heads, false)});
        else if (!report.errors.empty() && stood)
            session->repository().record({journal::copied_record(place.name, {}, {}, true)});
    }
    copy.memory().keep(memory_key(place), memory);
    return report;
}

void observe_remote(Session* session, const std::string& name, bool ok, const std::string& code) {
    if (session == nullptr) return;
    observe(*session, seen_of(rules::observed::verify_remote, name, ok, code));
    keep_up_after(*session, !ok);
}

}  // namespace

repo::VerifyReport verify_remote(const Context& context, const RemoteVerifyRequest& request,
                                 ProgressLine& progress) {
    Copy copy(context, request.no_key);
    const auto place = copy.named(request.name);
    try {
        auto report = look_through(copy, place, request, progress);
        const bool ok = report.errors.empty();
        // A sample that is fine says nothing of the rest.
        if (!ok || request.sample.empty())
            observe_remote(copy.session(), place.name, ok, ok ? "" : std::string(status_word(Errc::damaged)));
        return report;
    } catch (const Error& error) {
        if (error.code() != Errc::usage) observe_remote(copy.session(), place.name, false, code_of(error));
        throw;
    }
}

}  // namespace coffre::cli
