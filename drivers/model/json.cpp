#include <set>

#include "drivers/model/formats.hpp"
#include "drivers/model/limits.hpp"

namespace coffre::model {

namespace {

// Watches over depth, number and names while nlohmann's parser builds nothing; a second pass builds.
class Watch final : public nlohmann::json_sax<Json> {
public:
    bool null() override { return count(); }
    bool boolean(bool) override { return count(); }
    bool number_integer(number_integer_t) override { return count(); }
    bool number_unsigned(number_unsigned_t) override { return count(); }
    bool number_float(number_float_t, const string_t&) override { return count(); }
    bool string(string_t&) override { return count(); }
    bool binary(binary_t&) override { return false; }
    bool start_object(std::size_t) override { return enter(); }
    bool key(string_t& name) override { return names_.back().insert(name).second; }
    bool end_object() override { return leave(); }
    bool start_array(std::size_t) override { return enter(); }
    bool end_array() override { return leave(); }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
        return false;
    }

private:
    bool count() { return ++values_ <= values_max; }
    bool enter() {
        if (!count()) return false;
        names_.emplace_back();
        return names_.size() <= static_cast<std::size_t>(depth_max);
    }
    bool leave() {
        names_.pop_back();
        return true;
    }
    std::size_t values_ = 0;
    std::vector<std::set<std::string>> names_;  // of the objects around, outermost first
};

std::string scalar_text(const Json& json) {
    if (json.is_string()) return json.get<std::string>();
    return json.is_null() ? std::string() : json.dump();
}

// A path is made of all names around it, which may be long: what comes out is counted.
void add_leaves(const Json& json, const std::string& prefix, Cost& cost,
                std::vector<std::pair<std::string, std::string>>& out) {
    cost.bytes(prefix.size());
    if (json.is_object()) {
        for (const auto& [name, value] : json.items())
            add_leaves(value, prefix.empty() ? name : prefix + "." + name, cost, out);
    } else if (json.is_array()) {
        for (std::size_t i = 0; i < json.size(); ++i)
            add_leaves(json[i], prefix + "[" + std::to_string(i) + "]", cost, out);
    } else {
        out.emplace_back(prefix, scalar_text(json));
        cost.bytes(out.back().second.size());
    }
}

}  // namespace

Json parse_json(std::string_view text) {
    if (text.size() > text_size_max) throw Malformed{"JSON"};
    Watch watch;
    if (!Json::sax_parse(text, &watch)) throw Malformed{"JSON"};
    auto json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) throw Malformed{"JSON"};
    return json;
}

std::vector<std::pair<std::string, std::string>> leaves(const Json& json) {
    std::vector<std::pair<std::string, std::string>> out;
    Cost cost("JSON", leaves_max);
    add_leaves(json, "", cost, out);
    return out;
}

std::string text_of(const Json& object, const std::string& member) {
    const auto found = object.is_object() ? object.find(member) : object.end();
    if (!object.is_object() || found == object.end() || found->is_structured()) return {};
    return scalar_text(*found);
}

}  // namespace coffre::model
