// By libyaml's events: nothing is built that was not counted first.

#include <algorithm>
#include <charconv>
#include <map>

#include <yaml.h>

#include "drivers/model/formats.hpp"
#include "drivers/model/limits.hpp"

namespace coffre::model {

namespace {

class Parser {
public:
    explicit Parser(std::string_view text) {
        if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                     text.size());
    }
    ~Parser() {
        if (has_event_) yaml_event_delete(&event_);
        yaml_parser_delete(&parser_);
    }
    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;

    Json document() {
        expect(YAML_STREAM_START_EVENT);
        next();
        if (event_.type == YAML_STREAM_END_EVENT) return Json::object();
        expect_type(YAML_DOCUMENT_START_EVENT);
        next();
        auto json = value(0).json;
        next();
        expect_type(YAML_DOCUMENT_END_EVENT);
        next();
        expect_type(YAML_STREAM_END_EVENT);
        return json;
    }

private:
    [[noreturn]] static void fail() { throw Malformed{"YAML"}; }

    void next() {
        if (has_event_) yaml_event_delete(&event_);
        has_event_ = yaml_parser_parse(&parser_, &event_) != 0;
        if (!has_event_) fail();
    }
    void expect(yaml_event_type_t type) {
        next();
        expect_type(type);
    }
    void expect_type(yaml_event_type_t type) const {
        if (event_.type != type) fail();
    }

    static std::string text_of(const unsigned char* text) {
        return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text));
    }

    // What stands behind an anchor, and what one alias to it costs.
    struct Anchored {
        Json json;
        std::size_t bytes = 0, values = 0;
        int height = 0;  // levels of lists and mappings in it
    };
    // A value and its height.
    struct Value {
        Json json;
        int height = 0;
    };

    // An alias counts what it stands for, and so does a value that is kept for aliases.
    void count(std::size_t bytes, std::size_t values) {
        cost_.bytes(bytes);
        cost_.value(values);
        bytes_ += bytes;
        values_ += values;
    }

    void remember(const std::string& anchor, const Value& value, std::size_t bytes, std::size_t values) {
        if (anchor.empty()) return;
        const Anchored kept{value.json, bytes_ - bytes, values_ - values, value.height};
        cost_.bytes(kept.bytes);
        cost_.value(kept.values);
        anchors_.insert_or_assign(anchor, kept);
    }

    // Of the event at hand; ends on its last event.
    Value value(int depth) {
        if (depth > depth_max) fail();
        const auto bytes = bytes_;
        const auto values = values_;
        Value out;
        std::string anchor;
        switch (event_.type) {
            case YAML_ALIAS_EVENT: {
                const auto found = anchors_.find(text_of(event_.data.alias.anchor));
                if (found == anchors_.end() || depth + found->second.height > depth_max) fail();
                count(found->second.bytes, found->second.values);
                return {found->second.json, found->second.height};
            }
            case YAML_SCALAR_EVENT:
                anchor = text_of(event_.data.scalar.anchor);
                out.json = scalar();
                break;
            case YAML_SEQUENCE_START_EVENT:
                anchor = text_of(event_.data.sequence_start.anchor);
                out = sequence(depth);
                break;
            case YAML_MAPPING_START_EVENT:
                anchor = text_of(event_.data.mapping_start.anchor);
                out = mapping(depth);
                break;
            default:
                fail();
        }
        remember(anchor, out, bytes, values);
        return out;
    }

    Value sequence(int depth) {
        Value out{Json::array(), 1};
        count(0, 1);
        for (next(); event_.type != YAML_SEQUENCE_END_EVENT; next()) {
            auto entry = value(depth + 1);
            out.height = std::max(out.height, entry.height + 1);
            out.json.push_back(std::move(entry.json));
        }
        return out;
    }

    Value mapping(int depth) {
        Value out{Json::object(), 1};
        Json merged = Json::object();
        count(0, 1);
        for (next(); event_.type != YAML_MAPPING_END_EVENT; next()) {
            expect_type(YAML_SCALAR_EVENT);
            const std::string name(reinterpret_cast<const char*>(event_.data.scalar.value),
                                   event_.data.scalar.length);
            count(name.size(), 1);
            next();
            auto member = value(depth + 1);
            out.height = std::max(out.height, member.height + 1);
            if (name == "<<" && member.json.is_object())
                merged.update(member.json);
            else if (!out.json.emplace(name, std::move(member.json)).second)
                fail();
        }
        for (auto& [name, member] : merged.items()) out.json.emplace(name, member);
        return out;
    }

    Json scalar() {
        const auto& data = event_.data.scalar;
        const std::string text(reinterpret_cast<const char*>(data.value), data.length);
        count(text.size(), 1);
        if (data.style != YAML_PLAIN_SCALAR_STYLE) return text;
        const auto low = lower(text);
        if (text.empty() || low == "null" || text == "~") return nullptr;
        if (low == "true" || low == "yes" || low == "on") return true;
        if (low == "false" || low == "no" || low == "off") return false;
        const char* const end = text.data() + text.size();
        std::int64_t integer = 0;
        if (const auto read = std::from_chars(text.data(), end, integer);
            read.ec == std::errc() && read.ptr == end)
            return integer;
        // Longer numbers stay as they are written, and so do "nan" and "infinity", which are names here.
        const bool is_real = text.find_first_of(".eE") != std::string::npos &&
                             low.find_first_not_of("+-.0123456789e") == std::string::npos;
        double number = 0;
        if (const auto read = std::from_chars(text.data(), end, number);
            is_real && read.ec == std::errc() && read.ptr == end)
            return number;
        return text;
    }

    yaml_parser_t parser_{};
    yaml_event_t event_{};
    bool has_event_ = false;
    Cost cost_{"YAML"};
    std::size_t bytes_ = 0, values_ = 0;  // of what is built, without what is kept for aliases
    std::map<std::string, Anchored> anchors_;
};

}  // namespace

Json parse_yaml(std::string_view text) {
    if (text.size() > text_size_max) throw Malformed{"YAML"};
    return Parser(text).document();
}

}  // namespace coffre::model
