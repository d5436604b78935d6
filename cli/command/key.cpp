#include <algorithm>

#include "base/process.hpp"
#include "cli/command/commands.hpp"
#include "cli/work/keys.hpp"
#include "store/crypto/recovery.hpp"

namespace coffre::cli {

namespace {

struct Options {
    std::string password_file, key_file_out, id;
    bool recovery_words = false;
    bool dry_run = false;
};

Json slot_json(const Session& session, const journal::Slot& slot) {
    return {{"id", slot.id.hex()},
            {"type", slot.type},
            {"created", to_rfc3339(slot.created)},
            {"opened", slot.id == session.repository().opened_by()}};
}

Json slots_json(const Session& session) {
    Json list = Json::array();
    for (const auto* slot : session.state().ways_in()) list.push_back(slot_json(session, *slot));
    return list;
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find_first_of(" \t\r\n", at), text.size());
        if (end > at) words.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

constexpr std::size_t words_in_row = 6;

// What goes into an envelope: one page, in the language of the person at the keyboard.
std::vector<std::string> recovery_sheet(Session& session, std::string_view words) {
    const auto& site = session.state().site;
    std::vector<std::string> lines{tr<Msg::sheet_title>(site.client, site.site), ""};
    const auto list = words_of(words);
    for (std::size_t row = 0; row < list.size(); row += words_in_row) {
        std::string line = " ";
        for (std::size_t i = row; i < std::min(row + words_in_row, list.size()); ++i)
            line += (i + 1 < 10 ? "  " : " ") + std::to_string(i + 1) + " " + pad(list[i], 9);
        while (line.ends_with(' ')) line.pop_back();
        lines.push_back(line);
    }
    lines.insert(lines.end(), {"", tr<Msg::sheet_warning>(), "",
                               tr<Msg::sheet_repository>(session.repository().id().hex()),
                               tr<Msg::sheet_made>(to_rfc3339(session.context().environment.clock.now())),
                               tr<Msg::sheet_place>(session.context().repository_path()),
                               tr<Msg::sheet_no_remotes>(), tr<Msg::sheet_heads>()});
    for (const auto& [actor, head] : session.state().streams)
        lines.push_back("  " + actor.hex().substr(0, 16) + "  " + std::to_string(head.number) + "  " +
                        head.id.hex().substr(0, 32));
    lines.insert(lines.end(),
                 {"", tr<Msg::sheet_steps>(), tr<Msg::sheet_step_install>(), tr<Msg::sheet_step_copy>(),
                  "     sha256sum */*", tr<Msg::sheet_step_log>(),
                  "     coffre --repo " + tr<Msg::sheet_folder>() + " log", tr<Msg::sheet_step_restore>(),
                  "     coffre --repo " + tr<Msg::sheet_folder>() + " restore " + tr<Msg::sheet_equipment>() +
                      " --to /dev/shm/" + tr<Msg::sheet_equipment>(),
                  tr<Msg::sheet_step_after>(), "     coffre key add --recovery-words"});
    return lines;
}

// Reads lines until so many words are there, or nothing comes any more.
std::string typed_back(std::size_t count) {
    std::string text;
    while (words_of(text).size() < count) {
        const auto line = read_input_line();
        if (!line) break;
        text += *line + "\n";
    }
    return text;
}

// A wrong word is told by its position; nothing was added then either.
std::optional<crypto::RecoverySecret> read_back(const std::string& typed) {
    try {
        return crypto::parse_recovery_words(typed);
    } catch (const Error& error) {
        throw Error(Errc::usage, error.message(), say<Msg::hint_words_again>());
    }
}

int add_recovery_words(Session& session) {
    const bool json = session.context().settings.json;
    Json document;
    std::string shown;
    const auto slot = session.repository().add_recovery_words([&](std::string_view words) {
        const auto sheet = recovery_sheet(session, words);
        if (json && !standard_input_is_terminal()) {
            // A program does not mistype.
            document["recovery_words"] = std::string(words);
            document["sheet"] = sheet;
            return true;
        }
        for (const auto& line : sheet) json ? note(false, line) : print_line(line);
        flush_output();
        note(false, tr<Msg::type_words_back>());
        const auto expected = crypto::parse_recovery_words(words);
        const auto given = read_back(typed_back(crypto::recovery_word_count));
        return expected && given &&
               crypto::equal_in_constant_time(expected->value.view(), given->value.view());
    });
    if (!slot) throw Error(Errc::usage, say<Msg::words_not_typed_back>(), say<Msg::hint_words_again>());
    if (json) {
        document["slots"] = slots_json(session);
        document["added"] = slot->id.hex();
        print_json(document);
    } else {
        print_line(tr<Msg::slot_added>(slot->type, slot->id.hex().substr(0, 8)));
    }
    return session.status();
}

int add(Session& session, const Options& options) {
    const int chosen = (options.password_file.empty() ? 0 : 1) + (options.key_file_out.empty() ? 0 : 1) +
                       (options.recovery_words ? 1 : 0);
    if (chosen != 1) throw Error(Errc::usage, say<Msg::one_way_at_a_time>(), say<Msg::hint_key_add>());
    if (options.recovery_words) return add_recovery_words(session);
    const auto slot = options.password_file.empty() ? add_key_file(session, options.key_file_out)
                                                    : add_passphrase_from(session, options.password_file);
    if (session.context().settings.json)
        print_json({{"slots", slots_json(session)}, {"added", slot.id.hex()}});
    else
        print_line(tr<Msg::slot_added>(slot.type, slot.id.hex().substr(0, 8)));
    return session.status();
}

int list(Session& session) {
    if (session.context().settings.json) {
        print_json({{"slots", slots_json(session)}});
        return session.status();
    }
    for (const auto* slot : session.state().ways_in())
        print_line(slot->id.hex() + "  " + pad(slot->type, 14) + "  " + to_rfc3339(slot->created) +
                   (slot->id == session.repository().opened_by() ? "  " + tr<Msg::slot_opened_this>() : ""));
    return session.status();
}

int remove(Session& session, const Options& options) {
    const journal::Slot slot = find_slot(session.state(), options.id);
    if (session.state().ways_in().size() == 1)
        throw Error(Errc::refused, say<Msg::last_way_in>(), say<Msg::hint_last_way_in>());
    if (!options.dry_run) session.repository().remove_slot(slot.id);
    if (session.context().settings.json) {
        print_json(
            {{"slots", slots_json(session)}, {"removed", slot.id.hex()}, {"dry_run", options.dry_run}});
    } else {
        print_line(options.dry_run ? tr<Msg::slot_would_go>(slot.type, slot.id.hex().substr(0, 8))
                                   : tr<Msg::slot_gone>(slot.type, slot.id.hex().substr(0, 8)));
        note(session.context().quiet(), tr<Msg::slot_old_copies>());
    }
    return session.status();
}

}  // namespace

void register_key(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    auto* add_command = add_subcommand(app, "add");
    auto* list_command = add_subcommand(app, "list");
    auto* remove_command = add_subcommand(app, "remove");
    add_command->add_option("--new-password-file", options->password_file);
    add_command->add_option("--key-file-out", options->key_file_out);
    add_command->add_flag("--recovery-words", options->recovery_words);
    remove_command->add_option("ID", options->id)->required();
    remove_command->add_flag("--dry-run", options->dry_run);
    run = [=](Context& context) {
        Session session(context);
        if (list_command->parsed()) return list(session);
        return add_command->parsed() ? add(session, *options) : remove(session, *options);
    };
}

}  // namespace coffre::cli
