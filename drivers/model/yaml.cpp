// By libyaml's events: nothing is built that was not counted first.

#include <charconv>
#include <map>

#include <yaml.h>

#include "drivers/model/formats.hpp"

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
        auto json = value(0);
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

    // What a value costs, expanded: an alias counts what it stands for.
    void count(std::size_t bytes) {
        cost_ += bytes + 1;
        if (cost_ > text_size_max) fail();
    }

    void remember(const std::string& anchor, const Json& json, std::size_t cost) {
        if (!anchor.empty()) anchors_.insert_or_assign(anchor, std::pair(json, cost));
    }

    // Of the event at hand; ends on its last event.
    Json value(int depth) {
        if (depth > depth_max) fail();
        const auto before = cost_;
        switch (event_.type) {
            case YAML_ALIAS_EVENT: {
                const auto found = anchors_.find(text_of(event_.data.alias.anchor));
                if (found == anchors_.end()) fail();
                count(found->second.second);
                return found->second.first;
            }
            case YAML_SCALAR_EVENT: {
                const auto anchor = text_of(event_.data.scalar.anchor);
                auto json = scalar();
                remember(anchor, json, cost_ - before);
                return json;
            }
            case YAML_SEQUENCE_START_EVENT: {
                const auto anchor = text_of(event_.data.sequence_start.anchor);
                auto json = Json::array();
                count(0);
                for (next(); event_.type != YAML_SEQUENCE_END_EVENT; next()) json.push_back(value(depth + 1));
                remember(anchor, json, cost_ - before);
                return json;
            }
            case YAML_MAPPING_START_EVENT: {
                const auto anchor = text_of(event_.data.mapping_start.anchor);
                auto json = mapping(depth);
                remember(anchor, json, cost_ - before);
                return json;
            }
            default:
                fail();
        }
    }

    Json mapping(int depth) {
        auto json = Json::object();
        Json merged = Json::object();
        count(0);
        for (next(); event_.type != YAML_MAPPING_END_EVENT; next()) {
            expect_type(YAML_SCALAR_EVENT);
            const std::string name(reinterpret_cast<const char*>(event_.data.scalar.value),
                                   event_.data.scalar.length);
            count(name.size());
            next();
            auto member = value(depth + 1);
            if (name == "<<" && member.is_object())
                merged.update(member);
            else if (!json.emplace(name, std::move(member)).second)
                fail();
        }
        for (auto& [name, member] : merged.items()) json.emplace(name, member);
        return json;
    }

    Json scalar() {
        const auto& data = event_.data.scalar;
        const std::string text(reinterpret_cast<const char*>(data.value), data.length);
        count(text.size());
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
        double number = 0;
        if (const auto read = std::from_chars(text.data(), end, number);
            read.ec == std::errc() && read.ptr == end)
            return number;
        return text;
    }

    yaml_parser_t parser_{};
    yaml_event_t event_{};
    bool has_event_ = false;
    std::size_t cost_ = 0;
    std::map<std::string, std::pair<Json, std::size_t>> anchors_;
};

}  // namespace

Json parse_yaml(std::string_view text) {
    if (text.size() > text_size_max) throw Malformed{"YAML"};
    return Parser(text).document();
}

}  // namespace coffre::model
