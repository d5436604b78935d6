#pragma once
// Which hooks took an alert that others did not take yet: kept on this machine until all of them did, so that
// one that fails does not make the others hear it again. Nothing in it is a secret.

#include <map>
#include <set>
#include <string>

#include "cli/work/session.hpp"

namespace coffre::cli {

// Of one repository. What cannot be read or kept is forgotten: an alert may then come twice, and never not at
// all.
class AlertMemory {
public:
    explicit AlertMemory(const Session& session);

    // Names of hooks, by the event's id.
    [[nodiscard]] std::set<std::string> took(const std::string& id) const;
    void remember(const std::string& id, std::set<std::string> hooks);
    // Forgets all others, and writes what changed.
    void keep_only(const std::set<std::string>& ids);

private:
    using Told = std::map<std::string, std::set<std::string>>;
    [[nodiscard]] Told load() const;
    void save() const;

    FileSystem& files_;
    std::string folder_;
    Told before_, told_;
};

}  // namespace coffre::cli
