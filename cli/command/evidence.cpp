#include "cli/work/evidence.hpp"

#include "cli/command/commands.hpp"
#include "cli/texts/evidence_texts.hpp"

namespace coffre::cli {

namespace {

int write(Context& context, const EvidenceWish& wish) {
    Session session(context);
    const auto outcome = write_evidence(session, wish);
    if (context.settings.json) {
        print_json({{"folder", wish.folder},
                    {"files", outcome.files},
                    {"manifest", outcome.manifest},
                    {"signers", outcome.signers},
                    {"statements", outcome.statements},
                    {"rows", outcome.rows}});
        return session.status();
    }
    print_line(tr<texts::evidence_written>(wish.from, wish.to, wish.folder, count_files(outcome.files),
                                           std::to_string(outcome.statements)));
    print_line(tr<texts::evidence_signers>(printable(joined(outcome.signers))));
    return session.status();
}

Json check_json(const EvidenceCheck& check) {
    Json errors = Json::array(), signers = Json::array();
    for (const auto& problem : check.problems)
        errors.push_back({{"path", problem.file}, {"what", text(problem.what)}});
    for (const auto& signer : check.signers)
        signers.push_back({{"role", signer.role}, {"name", signer.name}, {"key", signer.key}});
    Json people = Json::array();
    for (const auto& person : check.people)
        people.push_back({{"name", person.name}, {"key", person.key}, {"statements", person.statements}});
    return {{"ok", check.problems.empty()},
            {"errors", std::move(errors)},
            {"files", check.files},
            {"statements", check.statements},
            {"repository", check.repository},
            {"site", check.site},
            {"from", check.from},
            {"to", check.to},
            {"signers", std::move(signers)},
            {"people", std::move(people)}};
}

int verify(const Context& context, const std::string& folder) {
    const auto check = verify_evidence(context.environment.files, folder);
    for (const auto& problem : check.problems) note(false, text(problem.what));
    if (context.settings.json) {
        print_json(check_json(check));
    } else if (check.problems.empty()) {
        print_line(tr<texts::evidence_whole>(check.site, check.from, check.to, count_files(check.files),
                                             std::to_string(check.statements)));
        print_line(tr<texts::evidence_repository>(check.repository));
        for (const auto& signer : check.signers)
            print_line(tr<texts::evidence_signed_by>(signer.name, signer.key));
        for (const auto& person : check.people)
            print_line(
                tr<texts::evidence_stated_by>(std::to_string(person.statements), person.name, person.key));
    } else {
        note(false, tr<texts::evidence_damage>(std::to_string(check.problems.size())) + " — " +
                        tr<texts::hint_evidence_damage>());
    }
    return check.problems.empty() ? 0 : static_cast<int>(Errc::damaged);
}

}  // namespace

void register_evidence(CLI::App& app, Run& run) {
    struct Options {
        EvidenceWish wish;
        std::string folder;
    };
    auto options = std::make_shared<Options>();
    auto* verify_command = add_subcommand(app, "verify");
    app.require_subcommand(0, 1);
    app.add_option("--from", options->wish.from);
    app.add_option("--to", options->wish.to);
    app.add_option("-o,--output", options->wish.folder);
    verify_command->add_option("FOLDER", options->folder)->required();
    run = [options, verify_command](Context& context) {
        if (verify_command->parsed()) return verify(context, options->folder);
        const auto& wish = options->wish;
        for (const auto& [name, value] :
             {std::pair{"--from", &wish.from}, {"--to", &wish.to}, {"-o", &wish.folder}})
            if (value->empty())
                throw Error(Errc::usage, say<Msg::usage_required>(name), say<texts::hint_evidence_period>());
        return write(context, wish);
    };
}

}  // namespace coffre::cli
