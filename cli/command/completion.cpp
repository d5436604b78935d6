#include <algorithm>

#include "cli/command/commands.hpp"
#include "cli/help.hpp"
#include "cli/output.hpp"

namespace coffre::cli {

namespace {

// Words that an option takes, for those that take few.
struct Values {
    std::string_view option, words;
};
constexpr Values values[] = {
    {"--kind", "HEBDO PRE POST MENSUEL"},
    {"--lang", "fr en"},
    {"--contract", "standard renforce"},
    {"--driver", "files"},
    {"--type", "NVR VMS CAM"},
};

// What one word of a command line may be: everything that a shell needs to know of one command.
struct Entry {
    std::string command;  // "" for coffre itself, "equipment", "equipment add"
    std::string summary;  // of commands
    std::vector<std::string> subcommands;
    std::vector<std::string> options;         // "-m", "--message"
    std::vector<std::string> valued_options;  // those that take a value
};

std::string join(const std::vector<std::string>& words, const char* between = " ") {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : between) + word;
    return text;
}

Entry entry_of(const CLI::App& app, const std::string& path) {
    Entry entry;
    entry.command = path;
    if (path.find(' ') == std::string::npos && !path.empty())
        entry.summary = std::string(help_summary(language(), path));
    for (const auto* option : app.get_options()) {
        if (option->get_positional()) continue;
        std::vector<std::string> names;
        for (const auto& name : option->get_snames()) names.push_back("-" + name);
        for (const auto& name : option->get_lnames()) names.push_back("--" + name);
        for (const auto& name : names) {
            entry.options.push_back(name);
            if (option->get_items_expected_max() > 0) entry.valued_options.push_back(name);
        }
    }
    for (const auto* sub : app.get_subcommands({})) entry.subcommands.push_back(sub->get_name());
    if (path == "completion") entry.subcommands = {"bash", "zsh", "fish"};
    return entry;
}

std::vector<Entry> entries_of(const CLI::App& root) {
    std::vector<Entry> entries{entry_of(root, "")};
    for (const auto* command : root.get_subcommands({})) {
        entries.push_back(entry_of(*command, command->get_name()));
        for (const auto* sub : command->get_subcommands({}))
            entries.push_back(entry_of(*sub, command->get_name() + " " + sub->get_name()));
    }
    for (auto& entry : entries)
        if (entry.command == "help")
            for (const auto* command : root.get_subcommands({}))
                entry.subcommands.push_back(command->get_name());
    return entries;
}

// bash and zsh share the search for the command that the cursor is behind.
void print_case(const std::vector<Entry>& entries, const char* indent) {
    print_line(std::string(indent) + "case \"$path\" in");
    for (const auto& entry : entries) {
        auto words = entry.subcommands;
        words.insert(words.end(), entry.options.begin(), entry.options.end());
        if (!entry.command.empty())
            words.insert(words.end(), entries.front().options.begin(), entries.front().options.end());
        print_line(std::string(indent) + "    \"" + entry.command + "\") words=\"" + join(words) + "\" ;;");
    }
    print_line(std::string(indent) + "esac");
}

std::vector<std::string> all_valued(const std::vector<Entry>& entries) {
    std::vector<std::string> valued;
    for (const auto& entry : entries)
        valued.insert(valued.end(), entry.valued_options.begin(), entry.valued_options.end());
    std::sort(valued.begin(), valued.end());
    valued.erase(std::unique(valued.begin(), valued.end()), valued.end());
    return valued;
}

std::vector<std::string> with_subcommands(const std::vector<Entry>& entries) {
    std::vector<std::string> names;
    for (const auto& entry : entries)
        if (!entry.command.empty() && !entry.subcommands.empty()) names.push_back(entry.command);
    return names;
}

// `words` are the words of the command line, `current` the index of the one at the cursor.
void print_search(const std::vector<Entry>& entries, const char* words, const char* first,
                  const char* current) {
    const std::string array(words);
    print_line("    local path=\"\" words=\"\" skip=0 i word");
    print_line("    for ((i = " + std::string(first) + "; i < " + current + "; i++)); do");
    print_line("        word=\"${" + array + "[i]}\"");
    print_line("        if ((skip)); then skip=0; continue; fi");
    print_line("        case \"$word\" in");
    print_line("            " + join(all_valued(entries), "|") + ") skip=1 ;;");
    print_line("            -*) ;;");
    print_line("            *) if [[ -z $path ]]; then path=\"$word\"");
    print_line("               else case \"$path\" in " + join(with_subcommands(entries), "|") +
               ") path=\"$path $word\" ;; esac; fi ;;");
    print_line("        esac");
    print_line("    done");
    print_case(entries, "    ");
}

void print_bash(const std::vector<Entry>& entries) {
    print_line(
        "# bash completion of coffre: source it, or put it in /usr/share/bash-completion/completions/coffre");
    print_line("_coffre() {");
    print_line("    local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\"");
    print_search(entries, "COMP_WORDS", "1", "COMP_CWORD");
    print_line("    case \"$previous\" in");
    for (const auto& value : values)
        print_line("        " + std::string(value.option) + ") words=\"" + std::string(value.words) +
                   "\" ;;");
    print_line("        " + join(all_valued(entries), "|") + ") words=\"\" ;;");
    print_line("    esac");
    print_line("    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))");
    print_line("}");
    print_line("complete -o bashdefault -o default -F _coffre coffre");
}

void print_zsh(const std::vector<Entry>& entries) {
    print_line("#compdef coffre");
    print_line("# zsh completion of coffre: put it in a folder of $fpath as _coffre");
    print_line("_coffre() {");
    print_line("    setopt localoptions KSH_ARRAYS");
    print_line("    local -a line=(\"${words[@]}\")");
    print_line("    local previous=\"${line[CURRENT-2]}\"");
    print_search(entries, "line", "1", "CURRENT - 1");
    print_line("    case \"$previous\" in");
    for (const auto& value : values)
        print_line("        " + std::string(value.option) + ") words=\"" + std::string(value.words) +
                   "\" ;;");
    print_line("        " + join(all_valued(entries), "|") + ") _files; return ;;");
    print_line("    esac");
    print_line("    local -a choices=(${=words})");
    print_line("    compadd -a choices || _files");
    print_line("}");
    print_line("compdef _coffre coffre");
}

std::string fish_quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out + "'";
}

void print_fish(const std::vector<Entry>& entries) {
    print_line("# fish completion of coffre: put it in ~/.config/fish/completions/coffre.fish");
    for (const auto& entry : entries) {
        std::string condition = "__fish_use_subcommand";
        const auto space = entry.command.find(' ');
        if (space != std::string::npos)
            condition = "__fish_seen_subcommand_from " + entry.command.substr(0, space) +
                        "; and __fish_seen_subcommand_from " + entry.command.substr(space + 1);
        else if (!entry.command.empty())
            condition = "__fish_seen_subcommand_from " + entry.command;
        const auto line =
            "complete -c coffre" + (entry.command.empty() ? std::string() : " -n " + fish_quoted(condition));
        for (const auto& option : entry.options) {
            std::string words;
            for (const auto& value : values)
                if (value.option == option) words = value.words;
            const bool valued = std::find(entry.valued_options.begin(), entry.valued_options.end(), option) !=
                                entry.valued_options.end();
            print_line(line +
                       (option.starts_with("--") ? " -l " + option.substr(2) : " -s " + option.substr(1)) +
                       (valued ? " -r" : "") + (words.empty() ? "" : " -x -a " + fish_quoted(words)));
        }
        for (const auto& sub : entry.subcommands) {
            std::string summary;
            for (const auto& other : entries)
                if (entry.command.empty() && other.command == sub) summary = other.summary;
            print_line("complete -c coffre -n " + fish_quoted(condition) + " -f -a " + sub +
                       (summary.empty() ? "" : " -d " + fish_quoted(summary)));
        }
    }
}

}  // namespace

void register_completion(CLI::App& app, Run& run) {
    auto shell = std::make_shared<std::string>();
    app.add_option("SHELL", *shell)->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
    run = [shell, root = app.get_parent()](Context& context) {
        if (context.settings.json)
            throw Error(Errc::usage, say<Msg::no_json_form>("completion"), say<Msg::hint_help>());
        const auto entries = entries_of(*root);
        if (*shell == "bash")
            print_bash(entries);
        else if (*shell == "zsh")
            print_zsh(entries);
        else
            print_fish(entries);
        return 0;
    };
}

void register_help(CLI::App& app, Run& run) {
    auto command = std::make_shared<std::string>();
    app.add_option("COMMAND", *command);
    run = [command](Context& context) {
        if (context.settings.json)
            throw Error(Errc::usage, say<Msg::no_json_form>("help"), say<Msg::hint_help>());
        print_help(command->empty() ? "coffre" : *command);
        return 0;
    };
}

}  // namespace coffre::cli
