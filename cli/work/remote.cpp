#include "cli/work/remote.hpp"

#include <algorithm>

#include "cli/texts/change_texts.hpp"
#include "cli/work/places.hpp"
#include "store/repo/format_file.hpp"
#include "store/repo/stored_names.hpp"
#include "store/rules/site_state.hpp"

namespace coffre::cli {

namespace {

void check_text(const char* option, const std::string& text) {
    if (!is_utf8(text) || text.find('\0') != std::string::npos)
        throw Error(Errc::usage, say<Msg::not_text>(option), say<Msg::hint_help>());
}

// Facts of the first meeting that are held against every later one.
constexpr std::string_view pinned_facts[] = {"medium_id", "host_key", "certificate"};
std::string setting_of_fact(std::string_view fact) {
    return fact == "medium_id" ? "medium" : fact == "host_key" ? "host-key" : "certificate";
}

journal::Remote remote_of(const RemoteEdit& edit) {
    check_remote_name(edit.name);
    for (const auto* text : {&edit.url, &edit.place, &edit.message}) check_text("remote add", *text);
    auto remote = place_of_url(edit.url);
    remote.name = edit.name;
    remote.role = edit.role;
    remote.place = edit.place;
    for (const auto& text : edit.set) {
        const auto sign = text.find('=');
        if (sign == std::string::npos || sign == 0)
            throw Error(Errc::usage, say<Msg::setting_form>(), say<Msg::hint_setting>());
        const auto key = text.substr(0, sign);
        check_text("--set", text);
        const auto& known = remote::known_settings(remote::parse_url(remote.url).scheme);
        const bool is_known = std::find(known.begin(), known.end(), key) != known.end();
        // Of any remote where it stands on the map; of a medium, which has words for it, whatever they are.
        if (!is_known && key == "place") {
            if (!rules::parse_place(text.substr(sign + 1)))
                throw Error(Errc::usage, say<texts::bad_place>(text.substr(sign + 1)),
                            say<texts::hint_place>());
        } else if (!is_known) {
            std::string all;
            for (const auto& one : known) all += (all.empty() ? "" : ", ") + one;
            // A value is not told back: what stands there may be a secret.
            throw Error(Errc::usage,
                        say<Msg::remote_setting_unknown>(remote::parse_url(remote.url).scheme, key),
                        say<Msg::hint_remote_settings>(all));
        }
        remote.settings[key] = text.substr(sign + 1);
    }
    return remote;
}

// With a key in the journal, else on this machine alone.
void store_remote(Copy& copy, const journal::Remote& remote) {
    if (auto* session = copy.session()) {
        session->repository().record({journal::remote_record(remote)});
        copy.learn();
    } else if (remote.removed) {
        copy.machine().remotes.erase(remote.name);
    } else {
        copy.machine().remotes[remote.name] = remote;
    }
    copy.memory().keep(copy.machine());
}

std::vector<std::pair<Message, Message>> doubts_of(const journal::Remote& remote,
                                                   const std::map<std::string, std::string>& facts) {
    std::vector<std::pair<Message, Message>> doubts;
    if (remote::parse_url(remote.url).scheme != "file") return doubts;
    const auto fact = [&](const std::string& name) {
        const auto found = facts.find(name);
        return found == facts.end() ? std::string() : found->second;
    };
    if (remote.role == "cloud")
        doubts.emplace_back(say<Msg::cloud_is_folder>(remote.url), say<Msg::hint_remote_url>());
    if (fact("medium") != "encrypted" && fact("medium") != "memory" &&
        !remote.settings.contains("unencrypted-reason"))
        doubts.emplace_back(say<Msg::medium_not_encrypted>(remote.name), say<Msg::hint_medium_encrypted>());
    if (fact("system_disk") == "yes")
        doubts.emplace_back(say<Msg::medium_on_system_disk>(remote.name), say<Msg::hint_other_disk>());
    return doubts;
}

}  // namespace

AddedRemote add_remote(Copy& copy, const RemoteEdit& edit) {
    auto remote = remote_of(edit);
    if (copy.remotes().contains(remote.name))
        throw Error(Errc::failed, say<Msg::remote_exists>(remote.name), say<Msg::hint_remote_exists>());
    const auto store = copy.open(remote, remote::Open::create);
    if (store->size(std::string(repo::format_file_name)) && repo::read_format_file(*store).id != copy.id())
        throw Error(Errc::refused, say<Msg::remote_other_repository>(store->location()),
                    say<Msg::hint_remote_other>());
    const auto facts = store->facts();
    for (const auto fact : pinned_facts)
        if (const auto found = facts.find(std::string(fact)); found != facts.end() && !found->second.empty())
            remote.settings.try_emplace(setting_of_fact(fact), found->second);
    remote.version.message = edit.message;
    store_remote(copy, remote);
    return {copy.named(remote.name), doubts_of(remote, facts)};
}

void remove_remote(Copy& copy, const std::string& name, const std::string& message) {
    check_text("-m", message);
    auto remote = copy.named(name);
    const auto key = memory_key(remote);
    remote.removed = true;
    remote.version.message = message;
    store_remote(copy, remote);
    copy.memory().forget(key);
}

void move_remote(Copy& copy, const std::string& name, const std::string& place, const std::string& message) {
    check_text("WHERE", place);
    check_text("-m", message);
    auto remote = copy.named(name);
    remote.place = place;
    remote.version.message = message;
    store_remote(copy, remote);
}

RemoteTest test_remote(Copy& copy, const std::string& name) {
    const auto store = copy.open(copy.named(name), remote::Open::existing);
    RemoteTest test;
    for (const auto& file : store->list_all()) {
        if (!repo::is_repository_file(file.name)) continue;
        ++test.files;
        test.bytes += file.size;
    }
    if (store->size(std::string(repo::format_file_name)) && repo::read_format_file(*store).id != copy.id())
        throw Error(Errc::refused, say<Msg::remote_other_repository>(store->location()),
                    say<Msg::hint_remote_other>());
    test.facts = store->facts();
    return test;
}

}  // namespace coffre::cli
