#pragma once
// Fields of items that are taken over as an equipment tells them, under its own names: what is a secret is
// known by its name or by what it holds, and lists whose order means nothing read alike in any order. Pure.

#include <set>
#include <string>
#include <string_view>

#include "base/equipment_model.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::drivers {

// As a secret where its name says so or where it holds credentials ("rtsp://user:password@…").
void set_told(Item& item, const std::string& field, const std::string& value);

// An URL as `field`, without its credentials; these as <user_field> and <password_field>, where it has some,
// and as <field>_query a query that holds some.
void set_url(Item& item, const std::string& field, std::string_view url,
             const std::string& user_field = "user", const std::string& password_field = "password");

enum class Lists : std::uint8_t {
    as_sets,   // of plain values: sorted, one field; of objects: by their "id" or "name" where they have one
    in_order,  // by position
};

// Every leaf below `json` under `prefix` ("a.b"), but for the members (of the outermost object) in `taken`.
void set_leaves(Item& item, const model::Json& json, const std::string& prefix, Lists lists,
                const std::set<std::string>& taken = {});

}  // namespace coffre::drivers
