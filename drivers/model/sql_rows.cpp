#include "drivers/model/sql_rows.hpp"

#include <algorithm>
#include <map>

namespace coffre::model {

namespace {

constexpr std::string_view blanks = " \t\r\n";

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// One token after the other; comments, also those that a server would execute, are blanks.
class Tokens {
public:
    explicit Tokens(std::string_view text) : text_(text) {}

    [[nodiscard]] bool at_end() {
        pass_blanks();
        return at_ == text_.size();
    }
    // The next character that is no blank; 0 at the end.
    char peek() { return at_end() ? '\0' : text_[at_]; }
    bool take(char c) {
        if (peek() != c) return false;
        ++at_;
        return true;
    }
    void need(char c) {
        if (!take(c)) throw Malformed{"SQL"};
    }

    // A bare word in capitals; "" where there is none.
    std::string word() {
        pass_blanks();
        const auto start = at_;
        while (at_ < text_.size() && is_word(text_[at_])) ++at_;
        std::string found(text_.substr(start, at_ - start));
        for (auto& c : found)
            if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        return found;
    }

    // `name`, "name" or name; of a.b the last one.
    std::string name() {
        std::string found;
        do {
            const auto quote = peek();
            if (quote == '`' || quote == '"') {
                found = quoted_name(quote);
                continue;
            }
            const auto start = at_;
            while (at_ < text_.size() && is_word(text_[at_])) ++at_;
            found = text_.substr(start, at_ - start);
            if (found.empty()) throw Malformed{"SQL"};
        } while (take('.'));
        return found;
    }

    std::string_view literal() {
        const auto c = peek();
        const auto start = at_;
        if (c == '\'') {
            pass_string('\'');
        } else if (c == '-' || c == '+' || c == '.' || is_digit(c)) {
            ++at_;
            while (at_ < text_.size() && (is_word(text_[at_]) || text_[at_] == '.' || is_exponent_sign()))
                ++at_;
        } else {
            pass_word_literal();
        }
        return text_.substr(start, at_ - start);
    }

    // Whatever comes, one token of it.
    void pass() {
        const auto c = peek();
        if (c == '\'' || c == '"')
            pass_string(c);
        else if (c == '`')
            quoted_name(c);
        else if (is_word(c))
            word();
        else
            ++at_;
    }

private:
    void pass_blanks() {
        while (at_ < text_.size()) {
            const auto rest = text_.substr(at_);
            if (blanks.find(rest[0]) != std::string_view::npos)
                ++at_;
            else if (rest.starts_with("/*"))
                at_ = after("*/");
            else if (rest[0] == '#' || (rest.starts_with("--") && (rest.size() == 2 || rest[2] <= ' ')))
                at_ = std::min(text_.find('\n', at_), text_.size());
            else
                return;
        }
    }

    std::size_t after(std::string_view end) const {
        const auto found = text_.find(end, at_ + 2);
        if (found == std::string_view::npos) throw Malformed{"SQL"};
        return found + end.size();
    }

    [[nodiscard]] bool is_exponent_sign() const {
        const auto before = text_[at_ - 1];
        return (text_[at_] == '-' || text_[at_] == '+') && (before == 'e' || before == 'E');
    }

    void pass_string(char quote) {
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] == '\\') {
                ++at_;
            } else if (text_[at_] == quote) {
                ++at_;
                if (at_ == text_.size() || text_[at_] != quote) return;
            }
        }
        throw Malformed{"SQL"};
    }

    std::string quoted_name(char quote) {
        std::string found;
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] == quote) {
                ++at_;
                if (at_ == text_.size() || text_[at_] != quote) return found;
            }
            found += text_[at_];
        }
        throw Malformed{"SQL"};
    }

    // NULL, TRUE, X'1F', _binary 'text'.
    void pass_word_literal() {
        const auto said = word();
        if (said == "NULL" || said == "TRUE" || said == "FALSE") return;
        const bool introduces = said == "X" || said == "B" || said == "N" || said.starts_with("_");
        if (!introduces || peek() != '\'') throw Malformed{"SQL"};
        pass_string('\'');
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

// Up to the ';' of this statement.
void pass_statement(Tokens& tokens) {
    while (!tokens.at_end() && !tokens.take(';')) tokens.pass();
}

bool is_key_word(const std::string& word) {
    return word == "PRIMARY" || word == "KEY" || word == "UNIQUE" || word == "INDEX" ||
           word == "CONSTRAINT" || word == "FOREIGN" || word == "FULLTEXT" || word == "SPATIAL" ||
           word == "CHECK";
}

// The names of the columns; `tokens` stands after the '('.
std::vector<std::string> column_definitions(Tokens& tokens) {
    std::vector<std::string> columns;
    for (bool more = true; more;) {
        const bool quoted = tokens.peek() == '`' || tokens.peek() == '"';
        auto name = tokens.name();
        auto upper = name;
        for (auto& c : upper)
            if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        if (quoted || !is_key_word(upper)) columns.push_back(std::move(name));
        for (int depth = 0;;) {
            if (tokens.at_end()) throw Malformed{"SQL"};
            const auto c = tokens.peek();
            if (depth == 0 && (c == ',' || c == ')')) break;
            if (c == '(') ++depth;
            if (c == ')') --depth;
            tokens.pass();
        }
        more = tokens.take(',');
    }
    tokens.need(')');
    return columns;
}

using Columns = std::map<std::string, std::vector<std::string>>;

void read_create(Tokens& tokens, Columns& columns) {
    if (tokens.word() == "TABLE") {
        if (tokens.peek() == 'I' || tokens.peek() == 'i') {
            tokens.word();  // IF NOT EXISTS
            tokens.word();
            tokens.word();
        }
        const auto table = tokens.name();
        if (tokens.take('(')) columns[table] = column_definitions(tokens);
    }
    pass_statement(tokens);
}

void read_insert(Tokens& tokens, const Columns& columns, const std::function<void(const InsertedRow&)>& row) {
    auto word = tokens.word();
    while (word == "IGNORE" || word == "DELAYED" || word == "LOW_PRIORITY") word = tokens.word();
    if (word != "INTO") {
        pass_statement(tokens);
        return;
    }
    InsertedRow found;
    found.table = tokens.name();
    if (tokens.take('(')) {
        do found.columns.push_back(tokens.name());
        while (tokens.take(','));
        tokens.need(')');
    } else if (const auto known = columns.find(found.table); known != columns.end()) {
        found.columns = known->second;
    }
    if (tokens.word() != "VALUES") {  // INSERT … SET, INSERT … SELECT: not of a dump
        pass_statement(tokens);
        return;
    }
    do {
        tokens.need('(');
        found.literals.clear();
        do found.literals.push_back(tokens.literal());
        while (tokens.take(','));
        tokens.need(')');
        if (found.literals.size() != found.columns.size()) throw Malformed{"SQL"};
        row(found);
    } while (tokens.take(','));
    tokens.need(';');
}

char unescaped(char c) {
    switch (c) {
        case '0':
            return '\0';
        case 'b':
            return '\b';
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        case 'Z':
            return '\x1a';
        default:
            return c;
    }
}

int hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    throw Malformed{"SQL"};
}

std::string from_hex(std::string_view digits) {
    std::string text;
    if (digits.size() % 2 != 0) throw Malformed{"SQL"};
    for (std::size_t i = 0; i < digits.size(); i += 2)
        text += static_cast<char>(hex_digit(digits[i]) * 16 + hex_digit(digits[i + 1]));
    return text;
}

}  // namespace

void each_inserted_row(std::string_view dump, const std::function<void(const InsertedRow&)>& row) {
    if (dump.size() > text_size_max) throw Malformed{"SQL"};
    Tokens tokens(dump);
    Columns columns;
    while (!tokens.at_end()) {
        const auto word = tokens.word();
        if (word == "CREATE")
            read_create(tokens, columns);
        else if (word == "INSERT" || word == "REPLACE")
            read_insert(tokens, columns, row);
        else
            pass_statement(tokens);
    }
}

std::string sql_value(std::string_view literal) {
    if (literal == "NULL") return "";
    if (literal.starts_with("0x") || literal.starts_with("0X")) return from_hex(literal.substr(2));
    const auto quote = literal.find('\'');
    if (quote == std::string_view::npos) return std::string(literal);
    const auto inner = literal.substr(quote + 1, literal.size() - quote - 2);
    if (quote == 1 && (literal[0] == 'X' || literal[0] == 'x')) return from_hex(inner);
    std::string text;
    for (std::size_t i = 0; i < inner.size(); ++i) {
        const bool escapes = inner[i] == '\\' || inner[i] == '\'';
        if (!escapes || i + 1 == inner.size()) {
            text += inner[i];
            continue;
        }
        ++i;
        text += inner[i - 1] == '\\' ? unescaped(inner[i]) : inner[i];
    }
    return text;
}

std::string sql_literal(std::string_view text) {
    std::string literal = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') literal += '\\';
        if (c == '\0')
            literal += "\\0";
        else if (c == '\n')
            literal += "\\n";
        else if (c == '\r')
            literal += "\\r";
        else if (c == '\x1a')
            literal += "\\Z";
        else
            literal += c;
    }
    return literal + "'";
}

}  // namespace coffre::model
