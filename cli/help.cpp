#include "cli/help.hpp"

#include <algorithm>
#include <stdexcept>

#include "cli/help_pages.hpp"
#include "cli/output.hpp"

namespace coffre::cli {

namespace {

constexpr std::size_t item_column = 26;

const HelpPage& page_of(Lang lang, std::string_view command) {
    for (const auto& page : help_pages())
        if (page.command == command && page.lang == lang) return page;
    throw std::out_of_range("help page");
}

std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string without_backticks(std::string text) {
    std::erase(text, '`');
    return text;
}

// A space before : ; ? ! and after « belongs to its neighbour: French never breaks a line there.
bool joined(std::string_view before, std::string_view word) {
    return word == ":" || word == ";" || word == "?" || word == "!" || word == "»" || before == "«";
}

class Renderer {
public:
    Renderer(std::size_t width, bool colour) : width_(width), colour_(colour) {}

    std::string page(const std::vector<std::string>& lines) {
        for (std::size_t i = 0; i < lines.size(); ++i) {
            const auto& line = lines[i];
            if (line.starts_with("# ")) {
                flush();
                out_ += bold(line.substr(2)) + ": ";
                title_ = true;
            } else if (line.starts_with("## ")) {
                flush();
                out_ += bold(line.substr(3)) + "\n";
            } else if (line.starts_with("    ")) {
                flush();
                out_ += line.substr(2) + "\n";
            } else if (line.empty()) {
                flush();
                if (!title_ && !out_.ends_with("\n\n") && !after_heading(lines, i)) out_ += '\n';
            } else {
                if (line.starts_with("- ")) flush();
                text_ += (text_.empty() ? "" : " ") + (line.starts_with("  ") ? line.substr(2) : line);
            }
        }
        flush();
        return std::move(out_);
    }

private:
    [[nodiscard]] std::string bold(const std::string& text) const {
        return colour_ ? "\x1b[1m" + text + "\x1b[m" : text;
    }

    static bool after_heading(const std::vector<std::string>& lines, std::size_t i) {
        return i > 0 && lines[i - 1].starts_with("## ");
    }

    void flush() {
        if (text_.empty()) return;
        const auto colon = text_.find("`:");
        if (title_) {
            out_ += without_backticks(text_) + "\n";
            title_ = false;
        } else if (text_.starts_with("- `") && colon != std::string::npos) {
            item(text_.substr(3, colon - 3), text_.substr(std::min(colon + 3, text_.size())));
        } else {
            paragraph("", text_, 0);
        }
        text_.clear();
    }

    void item(const std::string& label, const std::string& text) {
        std::string head = "  " + label;
        if (columns(head) + 2 > item_column) {
            out_ += head + "\n";
            head.clear();
        }
        head.append(item_column - columns(head), ' ');
        paragraph(head, text, item_column);
    }

    // Words into lines of at most `width_` columns; the lines behind the first are indented.
    void paragraph(const std::string& head, const std::string& text, std::size_t indent) {
        std::string line = head;
        bool fresh = true;
        std::string previous;
        const auto plain = without_backticks(text);
        for (std::size_t at = 0; at < plain.size();) {
            const auto end = std::min(plain.find(' ', at), plain.size());
            std::string word = plain.substr(at, end - at);
            at = end + 1;
            // What is joined to the next word goes with it.
            while (at < plain.size()) {
                const auto next_end = std::min(plain.find(' ', at), plain.size());
                const auto next = plain.substr(at, next_end - at);
                if (!joined(word.substr(word.rfind(' ') + 1), next)) break;
                word += " " + next;
                at = next_end + 1;
            }
            if (!fresh && columns(line) + 1 + columns(word) > width_) {
                out_ += line + "\n";
                line = std::string(indent, ' ');
                fresh = true;
            }
            line += (fresh ? "" : " ") + word;
            fresh = false;
        }
        out_ += line + "\n";
    }

    std::size_t width_;
    bool colour_;
    bool title_ = false;
    std::string text_;
    std::string out_;
};

}  // namespace

std::vector<std::string> help_commands() {
    std::vector<std::string> commands;
    for (const auto& page : help_pages())
        if (page.lang == Lang::en) commands.emplace_back(page.command);
    return commands;
}

std::string_view help_summary(Lang lang, std::string_view command) {
    const auto text = page_of(lang, command).text;
    const auto start = text.find("\n\n") + 2;
    return text.substr(start, text.find('\n', start) - start);
}

std::string render_help(Lang lang, std::string_view command, int width, bool colour) {
    return Renderer(static_cast<std::size_t>(width), colour).page(split_lines(page_of(lang, command).text));
}

}  // namespace coffre::cli
