#include "cli/command/commands.hpp"
#include "cli/output.hpp"
#include "cli/texts/people_texts.hpp"

namespace coffre::cli {

namespace {

struct Options {
    std::optional<std::string> name, mail;
    std::string new_password_file;
    bool card = false;
};

std::string place(const Context& context) {
    auto path = context.identity_path();
    if (path.empty())
        throw Error(Errc::usage, say<texts::no_identity_place>(), say<texts::hint_identity_place>());
    return path;
}

const crypto::Card& card_at_hand(const Context& context) {
    const auto path = place(context);
    const auto* card = context.identity_card();
    if (card == nullptr)
        throw Error(Errc::failed, say<texts::identity_missing>(path), say<texts::hint_identity_new>());
    return *card;
}

Json card_json(const std::string& path, const crypto::Card& card) {
    Json json{{"name", card.name},
              {"mail", card.mail},
              {"key", card.key.hex()},
              {"recipient", card.recipient.hex()},
              {"card", card.text()}};
    put_path(json, path);
    return json;
}

// The whole file or, after a failure, the one that was there. Through links: the file that is carried about.
void write_identity(const Environment& environment, const std::string& path, ByteView bytes) {
    const auto [parent, name] = split_path(environment.files.resolve(path));
    const auto folder = environment.files.make_directories(parent);
    std::array<std::uint8_t, 8> tail{};
    environment.random.fill(tail);
    write_file_durably(*folder, name + "." + to_hex(tail), *folder, name, bytes);
}

std::string passphrase_of_new(const Context& context) {
    try {
        return context.new_passphrase();
    } catch (const Error& error) {
        if (error.message().id != Msg::no_new_passphrase) throw;
        throw Error(Errc::usage, say<texts::identity_needs_passphrase>(), say<Msg::hint_new_passphrase>());
    }
}

int make(const Context& context, const Options& options) {
    const auto path = place(context);
    if (context.environment.files.stat(path))
        throw Error(Errc::failed, say<texts::identity_there>(path), say<texts::hint_identity_there>());
    const auto name = options.name.value_or(context.person());
    const auto mail = options.mail.value_or("");
    if (!crypto::is_card_name(name))
        throw Error(Errc::usage, say<texts::bad_name>(name), say<Msg::hint_help>());
    if (!crypto::is_card_mail(mail))
        throw Error(Errc::usage, say<texts::bad_mail>(mail), say<Msg::hint_help>());
    const SecretText passphrase(passphrase_of_new(context));
    const auto identity = crypto::make_identity(context.environment, name, mail);
    write_identity(context.environment, path,
                   crypto::lock_identity(identity, context.environment, passphrase.text(), {}));
    if (context.settings.json) {
        print_json(card_json(path, identity.card));
    } else {
        print_line(tr<texts::identity_made>(printable(name), path));
        note(context.quiet(), tr<texts::identity_next>());
    }
    return 0;
}

int show(const Context& context, const Options& options) {
    const auto& card = card_at_hand(context);
    const auto path = place(context);
    if (context.settings.json) {
        print_json(card_json(path, card));
    } else if (options.card) {
        print_line(card.text());
    } else {
        const auto line = [](const std::string& label, const std::string& value) {
            print_line(pad(label, 18) + " " + (value.empty() ? "-" : printable(value)));
        };
        line(tr<texts::label_name>(), card.name);
        line(tr<texts::label_mail>(), card.mail);
        line(tr<texts::label_key>(), card.key.hex());
        line(tr<texts::label_recipient>(), card.recipient.hex());
        line(tr<texts::label_file>(), path);
    }
    return 0;
}

// What opens it now is not what it is to be: an option of its own, or asked for.
SecretText new_passphrase(const Context& context, const Options& options) {
    std::string text;
    try {
        text = options.new_password_file.empty()
                   ? ask_new_passphrase()
                   : read_passphrase_file(context.environment.files, options.new_password_file);
    } catch (const Error& error) {
        if (error.code() != Errc::no_key) throw;
        throw error.with_hint(say<texts::hint_new_identity_passphrase>());
    }
    SecretText passphrase(text);
    wipe_text(text);
    if (passphrase.empty())
        throw Error(Errc::usage, say<Msg::empty_passphrase>(), say<texts::hint_new_identity_passphrase>());
    return passphrase;
}

int change_passphrase(const Context& context, const Options& options) {
    card_at_hand(context);
    const auto path = place(context);
    const auto& identity = context.identity();
    const auto passphrase = new_passphrase(context, options);
    write_identity(context.environment, path,
                   crypto::lock_identity(identity, context.environment, passphrase.text(), {}));
    if (context.settings.json) {
        print_json(card_json(path, identity.card));
    } else {
        print_line(tr<texts::identity_changed>(path));
        note(context.quiet(), tr<texts::identity_old_copies>());
    }
    return 0;
}

}  // namespace

void register_identity(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    auto* new_command = add_subcommand(app, "new");
    auto* show_command = add_subcommand(app, "show");
    auto* passwd_command = add_subcommand(app, "passwd");
    new_command->add_option("--name", options->name);
    new_command->add_option("--mail", options->mail);
    show_command->add_flag("--card", options->card);
    passwd_command->add_option("--new-password-file", options->new_password_file);
    run = [=](Context& context) {
        if (new_command->parsed()) return make(context, *options);
        return show_command->parsed() ? show(context, *options) : change_passphrase(context, *options);
    };
}

}  // namespace coffre::cli
