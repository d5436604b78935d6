// Dumps of MySQL, MariaDB and PostgreSQL: only what says which rows there are (CREATE TABLE, primary keys,
// INSERT, COPY); every other statement is passed over.

#include <algorithm>

#include "drivers/model/formats.hpp"

namespace coffre::model {

namespace {

[[noreturn]] void fail() { throw Malformed{"an SQL dump"}; }

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (static_cast<unsigned char>(c) & 0x80) != 0;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Dump {
public:
    explicit Dump(std::string_view text)
        : text_(text), backslashes_(text.find("PostgreSQL database dump") == std::string_view::npos) {}

    SqlDump all() {
        for (skip(); at_ < text_.size(); skip()) statement();
        return {std::move(tables_), std::move(programs_)};
    }

private:
    [[nodiscard]] bool here(std::string_view what) const { return text_.substr(at_).starts_with(what); }
    [[nodiscard]] char current() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    void to_line_end() { at_ = std::min(text_.find('\n', at_), text_.size()); }

    // Blanks and comments; "/*!40101 … */" of MySQL holds nothing but settings and programs.
    void skip() {
        while (at_ < text_.size()) {
            if (is_space(text_[at_])) {
                ++at_;
            } else if (here("--") || (here("#") && backslashes_)) {
                to_line_end();
            } else if (here("/*")) {
                const auto end = std::min(text_.find("*/", at_ + 2), text_.size());
                if (text_[std::min(at_ + 2, text_.size() - 1)] == '!')
                    conditional(text_.substr(at_ + 3, end - std::min(end, at_ + 3)));
                at_ = std::min(end + 2, text_.size());
            } else {
                return;
            }
        }
    }

    void conditional(std::string_view text) {
        while (!text.empty() && text.front() >= '0' && text.front() <= '9') text.remove_prefix(1);
        text = trimmed(text);
        for (const auto* const word : {"TRIGGER ", "PROCEDURE ", "FUNCTION ", "EVENT ", "VIEW "})
            if (text.starts_with(word)) programs_.emplace_back(text);
    }

    // A keyword, whatever its case; followed by what is no part of a word.
    bool take(std::string_view word) {
        skip();
        if (text_.size() - at_ < word.size()) return false;
        for (std::size_t i = 0; i < word.size(); ++i) {
            const char c = text_[at_ + i];
            if ((c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c) != word[i]) return false;
        }
        if (is_word(word.back()) && at_ + word.size() < text_.size() && is_word(text_[at_ + word.size()]))
            return false;
        at_ += word.size();
        return true;
    }

    void expect(std::string_view word) {
        if (!take(word)) fail();
    }

    // A text in quotes of that kind, doubled ones within it.
    std::string quoted(char quote, bool backslashes) {
        std::string out;
        for (++at_; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == '\\' && backslashes && at_ + 1 < text_.size()) {
                out += escaped(text_[++at_]);
            } else if (c == quote) {
                if (at_ + 1 < text_.size() && text_[at_ + 1] == quote) {
                    out += c;
                    ++at_;
                } else {
                    ++at_;
                    return out;
                }
            } else {
                out += c;
            }
        }
        fail();
    }

    static char escaped(char c) {
        switch (c) {
            case 'n':
                return '\n';
            case 't':
                return '\t';
            case 'r':
                return '\r';
            case 'b':
                return '\b';
            case '0':
                return '\0';
            case 'Z':
                return '\x1a';
            default:
                return c;
        }
    }

    std::string name_part() {
        skip();
        if (current() == '`' || current() == '"') return quoted(current(), false);
        const auto start = at_;
        while (at_ < text_.size() && is_word(text_[at_])) ++at_;
        if (start == at_) fail();
        return std::string(text_.substr(start, at_ - start));
    }

    // "public.t", "`zm`.`t`": the last part.
    std::string name() {
        auto found = name_part();
        for (skip(); current() == '.'; skip()) {
            ++at_;
            found = name_part();
        }
        return found;
    }

    std::vector<std::string> names_in_brackets() {
        std::vector<std::string> names;
        expect("(");
        while (!take(")")) {
            names.push_back(name_part());
            skip();
            if (current() == '(') brackets();                                        // a prefix's length
            for (skip(); current() != ',' && current() != ')'; skip()) name_part();  // ASC
            take(",");
        }
        return names;
    }

    // Passes over "(…)", quotes and brackets within it.
    void brackets() {
        int depth = 0;
        do {
            skip();
            const char c = current();
            if (c == '\0') fail();
            if (c == '\'' || c == '"' || c == '`') {
                quoted(c, backslashes_ && c == '\'');
                continue;
            }
            if (c == '(' && ++depth > depth_max) fail();
            if (c == ')') --depth;
            ++at_;
        } while (depth > 0);
    }

    // To behind the end of the statement.
    void rest_of_statement() {
        for (skip(); at_ < text_.size(); skip()) {
            const char c = text_[at_];
            if (here(delimiter_)) {
                at_ += delimiter_.size();
                return;
            }
            if (c == '\'' || c == '"' || c == '`')
                quoted(c, backslashes_ && c != '`');
            else if (c == '$')
                dollar_quoted();
            else
                ++at_;
        }
    }

    // $$ … $$ and $tag$ … $tag$ of PostgreSQL's functions.
    void dollar_quoted() {
        auto end = at_ + 1;
        while (end < text_.size() && is_word(text_[end]) && text_[end] != '$') ++end;
        if (end >= text_.size() || text_[end] != '$') {
            ++at_;
            return;
        }
        const auto tag = text_.substr(at_, end + 1 - at_);
        const auto close = text_.find(tag, end + 1);
        at_ = close == std::string_view::npos ? text_.size() : close + tag.size();
    }

    void statement() {
        const auto start_of_it = at_;
        if (current() == '\\') {  // \restrict, \connect: of psql, a line each
            to_line_end();
        } else if (take("DELIMITER")) {
            const auto start = at_;
            to_line_end();
            const auto mark = trimmed(text_.substr(start, at_ - start));
            if (mark.empty()) fail();
            delimiter_ = mark;
        } else if (take("CREATE")) {
            take("UNLOGGED");
            if (take("TABLE")) {
                create();
                rest_of_statement();
            } else {
                rest_of_statement();
                programs_.emplace_back(trimmed(text_.substr(start_of_it, at_ - start_of_it)));
            }
        } else if (take("ALTER")) {
            if (take("TABLE")) alter();
            rest_of_statement();
        } else if (take("INSERT") || take("REPLACE")) {
            for (const auto* const word : {"LOW_PRIORITY", "DELAYED", "IGNORE"}) take(word);
            expect("INTO");
            insert();
        } else if (take("COPY")) {
            copy();
        } else {
            rest_of_statement();
        }
    }

    SqlTable& table(const std::string& called) {
        const auto [found, is_new] = places_.emplace(called, tables_.size());
        if (is_new) {
            SqlTable fresh;
            fresh.name = called;
            tables_.push_back(std::move(fresh));
        }
        return tables_[found->second];
    }

    void create() {
        if (take("IF")) {
            expect("NOT");
            expect("EXISTS");
        }
        auto& made = table(name());
        skip();
        if (current() != '(') return;  // LIKE, AS SELECT
        ++at_;
        while (!take(")")) {
            definition(made);
            take(",");
        }
    }

    // One column, key or constraint of a table.
    void definition(SqlTable& made) {
        skip();
        const bool is_quoted = current() == '`' || current() == '"';
        if (!is_quoted) {
            if (take("CONSTRAINT")) {
                skip();
                const auto before = at_;
                if (take("PRIMARY") || take("UNIQUE") || take("FOREIGN") || take("CHECK"))
                    at_ = before;
                else
                    name_part();
            }
            if (take("PRIMARY")) {
                expect("KEY");
                if (take("USING")) name_part();
                made.key = names_in_brackets();
                return rest_of_definition(nullptr);
            }
            for (const auto* const word : {"KEY", "INDEX", "UNIQUE", "FULLTEXT", "SPATIAL", "FOREIGN",
                                           "CHECK", "EXCLUDE", "LIKE", "PERIOD"})
                if (take(word)) return rest_of_definition(nullptr);
        }
        made.columns.push_back(name_part());
        skip();
        const auto start = at_;
        rest_of_definition(&made);
        made.definitions[made.columns.back()] = trimmed(text_.substr(start, at_ - start));
    }

    void rest_of_definition(SqlTable* column_of) {
        for (skip(); current() != ',' && current() != ')'; skip()) {
            const char c = current();
            if (c == '\0') fail();
            if (c == '(') {
                brackets();
            } else if (c == '\'' || c == '"' || c == '`') {
                quoted(c, backslashes_ && c == '\'');
            } else if (column_of != nullptr && take("PRIMARY")) {
                column_of->key = {column_of->columns.back()};
            } else if (is_word(c)) {
                name_part();
            } else {
                ++at_;
            }
        }
    }

    // ALTER TABLE ONLY t ADD CONSTRAINT c PRIMARY KEY (a, b)
    void alter() {
        if (take("IF")) expect("EXISTS");
        take("ONLY");
        auto& changed = table(name());
        if (!take("ADD")) return;
        if (take("CONSTRAINT")) name_part();
        if (!take("PRIMARY")) return;
        expect("KEY");
        changed.key = names_in_brackets();
    }

    void insert() {
        auto& into = table(name());
        skip();
        auto columns = current() == '(' ? names_in_brackets() : into.columns;
        if (take("OVERRIDING")) {
            name_part();
            expect("VALUE");
        }
        if (!take("VALUES") && !take("VALUE")) return rest_of_statement();
        do {
            expect("(");
            std::vector<std::optional<std::string>> values;
            while (!take(")")) {
                values.push_back(value());
                take(",");
            }
            add(into, columns, std::move(values));
        } while (take(","));
        rest_of_statement();
    }

    static void add(SqlTable& into, std::vector<std::string>& columns,
                    std::vector<std::optional<std::string>> values) {
        while (columns.size() < values.size())
            columns.push_back("column" + std::to_string(columns.size() + 1));
        if (into.columns.empty()) into.columns = columns;
        SqlRow row;
        for (std::size_t i = 0; i < values.size(); ++i)
            if (!row.emplace(columns[i], std::move(values[i])).second) fail();
        into.rows.push_back(std::move(row));
    }

    // Texts as they are, what else there is as it is written.
    std::optional<std::string> value() {
        skip();
        const auto start = at_;
        if (current() == '_' && backslashes_) {  // _binary 'x', _utf8mb4 'x'
            while (is_word(current())) ++at_;
            skip();
            if (current() != '\'') at_ = start;
        }
        if (current() == '\'') return texts(backslashes_);
        if ((here("E'") || here("e'")) && !backslashes_) {
            ++at_;
            return texts(true);
        }
        const auto from = at_;
        while (at_ < text_.size() && current() != ',' && current() != ')') {
            const char c = current();
            if (c == '(')
                brackets();
            else if (c == '\'')
                quoted(c, backslashes_);
            else
                ++at_;
        }
        const auto written = trimmed(text_.substr(from, at_ - from));
        if (written.empty()) fail();
        if (lower(written) == "null") return std::nullopt;
        return std::string(written);
    }

    // 'a' 'b' is one text; a cast ('x'::bytea) says nothing about it.
    std::string texts(bool backslashes) {
        auto out = quoted('\'', backslashes);
        for (skip(); current() == '\''; skip()) out += quoted('\'', backslashes);
        if (here("::")) {
            at_ += 2;
            while (current() != ',' && current() != ')' && current() != '\0') ++at_;
        }
        return out;
    }

    // COPY t (a, b) FROM stdin; then lines of columns with tabs between them, to "\.".
    void copy() {
        auto& into = table(name());
        skip();
        auto columns = current() == '(' ? names_in_brackets() : into.columns;
        if (!take("FROM") || !take("STDIN")) return rest_of_statement();
        rest_of_statement();
        to_line_end();
        ++at_;
        while (at_ < text_.size()) {
            const auto start = at_;
            to_line_end();
            auto line = text_.substr(start, at_ - start);
            at_ = std::min(at_ + 1, text_.size());
            if (line.ends_with('\r')) line.remove_suffix(1);
            if (line == "\\.") return;
            std::vector<std::optional<std::string>> values;
            for (;;) {
                const auto tab = std::min(line.find('\t'), line.size());
                values.push_back(copied(line.substr(0, tab)));
                if (tab == line.size()) break;
                line.remove_prefix(tab + 1);
            }
            add(into, columns, std::move(values));
        }
        fail();
    }

    static std::optional<std::string> copied(std::string_view text) {
        if (text == "\\N") return std::nullopt;
        std::string out;
        for (std::size_t i = 0; i < text.size(); ++i)
            out += text[i] == '\\' && i + 1 < text.size() ? escaped(text[++i]) : text[i];
        return out;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool backslashes_;  // escape within '…': MySQL's way
    std::string delimiter_ = ";";
    std::vector<SqlTable> tables_;
    std::vector<std::string> programs_;
    std::map<std::string, std::size_t> places_;
};

}  // namespace

bool looks_like_sql(std::string_view text) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    const auto start = text.substr(0, 64 << 10);
    const auto holds = [&](std::string_view what) { return start.find(what) != std::string_view::npos; };
    const auto begins = trimmed(start.substr(0, 4096));
    if (!begins.starts_with("--") && !begins.starts_with("/*") && !begins.starts_with("SET ") &&
        !begins.starts_with("CREATE TABLE ") && !begins.starts_with("INSERT INTO ") &&
        !begins.starts_with("DROP TABLE "))
        return false;
    return holds("CREATE TABLE ") || holds("INSERT INTO ") || holds("\nCOPY ");
}

SqlDump parse_sql(std::string_view text) {
    if (text.size() > text_size_max) throw Malformed{"an SQL dump"};
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    return Dump(text).all();
}

}  // namespace coffre::model
