#include "cli/work/evidence.hpp"

#include <set>

#include "cli/texts/evidence_texts.hpp"
#include "cli/work/evidence_page.hpp"
#include "cli/work/person.hpp"
#include "cli/work/supervise.hpp"
#include "cli/work/words.hpp"
#include "store/rules/calendar.hpp"
#include "store/rules/limits.hpp"

namespace coffre::cli {

namespace {

using journal::Json;

constexpr const char* manifest_file = "manifest.json";
constexpr const char* signatures_file = "signatures.json";
constexpr const char* statements_file = "statements.json";
constexpr const char* trust_file = "trust.json";
constexpr const char* people_file = "people.json";
constexpr const char* machine_role = "machine";
constexpr const char* person_role = "person";
constexpr const char* page_file = "index.html";
constexpr int format = 1;
constexpr std::uint64_t file_max = 1ull << 30;  // bytes
// Of what is taken apart, which anybody may have written.
constexpr std::uint64_t manifest_max = 4 << 20, signatures_max = 1 << 20, json_max = 256 << 20;
constexpr int depth_max = 32;
constexpr std::uint32_t file_mode = 0600;

// What is signed and then read back has one form alone: no byte of it can change unseen.
std::string form_of(const Json& json) { return json.dump(2) + "\n"; }

struct Period {
    Timestamp from, to;  // to: exclusive
};

Period period_of(const std::string& zone, const EvidenceWish& wish) {
    const auto day = [&](const char* option, const std::string& text) {
        const auto begin = rules::day_begin(zone, text);
        if (!begin)
            throw Error(Errc::usage, say<Msg::bad_time>(option, text), say<texts::hint_evidence_period>());
        return *begin;
    };
    const Period period{day("--from", wish.from), rules::days_later(zone, day("--to", wish.to), 1)};
    if (!(period.from < period.to))
        throw Error(Errc::usage, say<texts::evidence_period_empty>(wish.to, wish.from),
                    say<texts::hint_evidence_period>());
    return period;
}

// The folder that is to hold it; taken away again unless all of it was written.
class NewFolder {
public:
    NewFolder(FileSystem& files, const std::string& path) : path_(path) {
        if (files.stat(path))
            throw Error(Errc::failed, say<texts::evidence_exists>(path),
                        say<texts::hint_evidence_elsewhere>());
        const auto [above, name] = split_path(path);
        above_ = files.make_directories(above);
        name_ = name;
        folder_ = above_->make_directory(name);
    }
    NewFolder(const NewFolder&) = delete;
    NewFolder& operator=(const NewFolder&) = delete;
    ~NewFolder() {
        if (done_) return;
        try {
            for (const auto& file : written_) folder_->remove_file(file);
            folder_.reset();
            above_->remove_directory(name_);
        } catch (const Error&) {  // NOLINT: what stays is no evidence: nothing signs it
        }
    }

    // The file's line of the manifest.
    Json write(const std::string& name, std::string_view text) {
        const auto bytes = as_bytes(text);
        written_.push_back(name);
        auto file = folder_->create_file(name, file_mode);
        file->write(bytes);
        file->sync();
        return {{"name", name}, {"sha256", crypto::sha256(bytes).hex()}, {"bytes", bytes.size()}};
    }
    void finish() {
        folder_->sync();
        above_->sync();
        done_ = true;
    }
    [[nodiscard]] std::size_t count() const { return written_.size(); }

private:
    std::string path_, name_;
    std::unique_ptr<Directory> above_, folder_;
    std::vector<std::string> written_;
    bool done_ = false;
};

// Who gave out what. A repository that cannot be written still gives evidence, by a machine that it knows.
void journal_evidence(Session& session, const EvidenceWish& wish) {
    auto& repository = session.repository();
    try {
        repository.record({{{"type", "evidence"}, {"from", wish.from}, {"to", wish.to}}});
    } catch (const Error& error) {
        const auto own = repository.own_actor();
        const auto& state = session.state();
        if (!own || !state.actors.contains(*own) || state.removals.contains(*own)) throw;
        warn(tr<texts::evidence_not_journaled>(text(error.message())));
    }
}

Json heads_json(const journal::State& state) {
    Json heads = Json::array();
    for (const auto& [actor, head] : state.streams) {
        const auto known = state.actors.find(actor);
        heads.push_back({{"machine", known == state.actors.end() ? "" : known->second.name},
                         {"key", actor.hex()},
                         {"number", head.number},
                         {"batch", head.id.hex()},
                         {"time", to_rfc3339(head.time)}});
    }
    return heads;
}

Json policy_json(const journal::Policy& policy) {
    Json json{{"reference", policy.reference}, {"profile", policy.profile}, {"months", policy.months}};
    auto& limits = json["limits"] = Json::object();
    for (const auto& limit : rules::all_limits()) limits[limit.name] = rules::limit_of(policy, limit);
    return json;
}

Json statements_json(const std::vector<EvidenceStatement>& statements) {
    Json list = Json::array();
    for (const auto& statement : statements)
        list.push_back({{"batch", statement.batch.hex()},
                        {"machine", statement.actor.hex()},
                        {"time", to_rfc3339(statement.time)},
                        {"record", statement.record}});
    return list;
}

class Writer {
public:
    Writer(Session& session, const EvidenceWish& wish)
        : session_(session), wish_(wish), period_(period_of(session.state().site.timezone, wish)) {}

    EvidenceOutcome write() {
        NewFolder folder(session_.context().environment.files, wish_.folder);
        person_ = signer_at_hand(session_);
        // An audit is shown what is missing until now, also where no run saw it.
        keep_up(session_);
        now_ = session_.context().environment.clock.now();
        journal_evidence(session_, wish_);
        auto& repository = session_.repository();
        const auto evidence = collect_evidence(
            session_.state(), [&](const auto& fn) { repository.for_each_batch(fn); }, period_.from,
            period_.to, now_);
        Json files = Json::array();
        for (const auto& table : evidence.tables) {
            outcome_.rows[table.name] = table.rows.size();
            files.push_back(folder.write(std::string(table.name) + ".csv", to_csv(table)));
            files.push_back(folder.write(std::string(table.name) + ".json", form_of(Json(table.rows))));
        }
        files.push_back(folder.write(statements_file, form_of(statements_json(evidence.statements))));
        files.push_back(folder.write(trust_file, form_of({{"genesis", evidence.genesis},
                                                          {"actors", evidence.actors},
                                                          {"removals", evidence.removals}})));
        files.push_back(folder.write(page_file, evidence_page(head(), evidence)));
        sign(folder, form_of(manifest(std::move(files))));
        folder.finish();
        outcome_.files = folder.count();
        outcome_.statements = evidence.statements.size();
        return std::move(outcome_);
    }

private:
    [[nodiscard]] std::string machine() const {
        const auto own = session_.repository().own_actor();
        const auto& actors = session_.state().actors;
        const auto known = own ? actors.find(*own) : actors.end();
        return known == actors.end() ? session_.context().actor_name() : known->second.name;
    }

    [[nodiscard]] EvidenceHead head() const {
        const auto& state = session_.state();
        const auto& site = state.site;
        const auto code = site.client + "_" + site.site;
        EvidenceHead head;
        head.title = tr<texts::evidence_title>(code, wish_.from, wish_.to);
        head.zone = site.timezone;
        head.simulated = site.simulated;
        const auto& policy = state.policy();
        head.facts = {
            {tr<Msg::label_site>(), code},
            {tr<texts::page_period>(), tr<texts::page_period_value>(wish_.from, wish_.to, site.timezone)},
            {tr<texts::page_policy>(), policy.reference + ", " + policy.profile},
            {tr<texts::page_contract>(), contract_level(site.contract)},
            {tr<Msg::label_responsible>(), site.responsible.empty() ? "-" : site.responsible},
            {tr<Msg::label_deputy>(), site.deputy.empty() ? "-" : site.deputy},
            {tr<texts::page_repository>(), state.repository.hex()},
            {tr<texts::page_journal>(), zone_time(site.timezone, state.last_written)},
            {tr<texts::page_made>(),
             tr<texts::page_made_value>(zone_time(site.timezone, now_), machine(), COFFRE_VERSION)},
            {tr<texts::page_signed>(), person_.empty() ? machine() : machine() + ", " + person_}};
        return head;
    }

    Json manifest(Json files) {
        const auto& state = session_.state();
        Json json{{"format", format},
                  {"coffre", COFFRE_VERSION},
                  {"repository", state.repository.hex()},
                  {"client", state.site.client},
                  {"site", state.site.site},
                  {"simulated", state.site.simulated},
                  {"period", {{"from", wish_.from}, {"to", wish_.to}, {"timezone", state.site.timezone}}},
                  {"made", to_rfc3339(now_)},
                  {"policy", policy_json(state.policy())},
                  {"journal",
                   {{"batches", state.batches},
                    {"until", to_rfc3339(state.last_written)},
                    {"heads", heads_json(state)}}}};
        // Named here, so that none of their signatures can be left out unseen.
        const auto own = session_.repository().machine_statement({{"type", "evidence"}}).at("signed");
        auto& signers = json["signers"] = Json::array();
        signers.push_back({{"role", machine_role}, {"name", own.at("person")}, {"key", own.at("key")}});
        if (const auto* person = state.procedure.find_person(person_); person != nullptr)
            signers.push_back({{"role", person_role}, {"name", person->name}, {"key", person->key.hex()}});
        json["files"] = std::move(files);
        return json;
    }

    void sign(NewFolder& folder, const std::string& manifest) {
        outcome_.manifest = folder.write(manifest_file, manifest).at("sha256");
        Json record{{"type", "evidence"},
                    {"manifest", outcome_.manifest},
                    {"from", wish_.from},
                    {"to", wish_.to},
                    {"time", to_rfc3339(now_)}};
        Json signatures = Json::array({session_.repository().machine_statement(record)});
        if (!person_.empty()) {
            record["by"] = person_;
            signatures.push_back(signed_statement(session_, record));
        }
        for (const auto& signature : signatures)
            outcome_.signers.push_back(signature.at("signed").at("person"));
        folder.write(signatures_file, form_of(signatures));
    }

    Session& session_;
    const EvidenceWish& wish_;
    Period period_;
    Timestamp now_;
    std::string person_;  // whose identity is at hand
    EvidenceOutcome outcome_;
};

class Verifier {
public:
    explicit Verifier(Directory& folder) : folder_(folder) {}

    EvidenceCheck verify() {
        for (const auto& entry : folder_.entries()) {
            there_.insert(entry.name);
            if (entry.type != FileType::regular) foreign_.insert(entry.name);
        }
        manifest_ = json_of(manifest_file);
        const bool readable = manifest_ && guarded(manifest_file, [&] { read_manifest(); });
        if (readable) {
            for (const auto& file : manifest_->at("files")) check_file(file);
            guarded(people_file, [&] { read_people(); });
            guarded(trust_file, [&] { read_trust(); });
            guarded(signatures_file, [&] { check_signatures(); });
            guarded(statements_file, [&] { check_statements(); });
        }
        for (const auto& name : there_)
            if (readable && !expected_.contains(name)) add(name, say<texts::evidence_added>(name));
        return std::move(check_);
    }

private:
    void add(const std::string& file, Message what) {
        if (told_.insert(file).second) check_.problems.push_back({file, std::move(what)});
    }

    // What cannot be read as it must is one problem, not the end.
    template <class Fn>
    bool guarded(const char* file, const Fn& fn) {
        try {
            fn();
            return true;
        } catch (const nlohmann::json::exception&) {
        } catch (const std::invalid_argument&) {
        }
        add(file, say<texts::evidence_unreadable>(file));
        return false;
    }

    std::optional<Bytes> bytes_of(const std::string& name, std::uint64_t limit = file_max) {
        expected_.insert(name);
        if (!there_.contains(name)) {
            add(name, say<texts::evidence_missing>(name));
            return std::nullopt;
        }
        if (!foreign_.contains(name))
            if (auto bytes = read_file(folder_, name, limit)) return bytes;
        add(name, say<texts::evidence_unreadable>(name));
        return std::nullopt;
    }

    // What is nested deeper than coffre writes is no file of its own: told before anything is made of it.
    static Json parsed(std::string_view text) {
        const auto shallow = [](int depth, Json::parse_event_t, Json&) {
            if (depth > depth_max) throw std::invalid_argument("depth");
            return true;
        };
        try {
            return Json::parse(text, shallow, false);
        } catch (const std::invalid_argument&) {
            return {Json::value_t::discarded};
        }
    }

    std::optional<Json> json_of(const std::string& name) {
        const auto limit = name == manifest_file     ? manifest_max
                           : name == signatures_file ? signatures_max
                                                     : json_max;
        const auto bytes = bytes_of(name, limit);
        if (!bytes) return std::nullopt;
        if (name == manifest_file) manifest_hash_ = crypto::sha256(*bytes).hex();
        const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
        auto json = parsed(text);
        if (json.is_discarded() || form_of(json) != text) {
            add(name, name == manifest_file || name == signatures_file
                          ? say<texts::evidence_changed>(name)
                          : say<texts::evidence_unreadable>(name));
            return std::nullopt;
        }
        return json;
    }

    static RepositoryId repository_of(const Json& manifest) {
        const auto id = RepositoryId::parse(manifest.at("repository").get<std::string>());
        if (!id) throw std::invalid_argument("repository");
        return *id;
    }

    void read_manifest() {
        repository_ = repository_of(*manifest_);
        check_.repository = repository_.hex();
        check_.site =
            manifest_->at("client").get<std::string>() + "_" + manifest_->at("site").get<std::string>();
        check_.from = manifest_->at("period").at("from");
        check_.to = manifest_->at("period").at("to");
        for (const auto& file : manifest_->at("files")) {
            const std::string name = file.at("name");
            if (name.find('/') != std::string::npos || !file.at("sha256").is_string())
                throw std::invalid_argument("files");
        }
        if (manifest_->at("signers").empty()) throw std::invalid_argument("signers");
    }

    void check_file(const Json& file) {
        const std::string name = file.at("name");
        const auto bytes = bytes_of(name);
        if (!bytes) return;
        if (crypto::sha256(*bytes).hex() == file.at("sha256").get<std::string>())
            ++check_.files;
        else
            add(name, say<texts::evidence_changed>(name));
    }

    // Everybody who ever was one of the site's people, as the folder tells of them.
    void read_people() {
        const auto people = json_of(people_file);
        if (!people) return;
        for (const auto& row : *people)
            people_.emplace(row.at("person").get<std::string>(), row.at("key").get<std::string>());
    }

    // One for each that the manifest names, in that order, of this manifest; the first is a machine.
    void check_signatures() {
        const auto signatures = json_of(signatures_file);
        if (!signatures) return;
        const auto& signers = manifest_->at("signers");
        bool fits = signatures->is_array() && signatures->size() == signers.size() &&
                    signers.at(0).at("role") == machine_role;
        for (std::size_t i = 0; fits && i < signers.size(); ++i) {
            const auto& record = signatures->at(i);
            const auto& with = record.at("signed");
            const std::string role = signers[i].at("role"), name = signers[i].at("name"),
                              key = signers[i].at("key");
            fits = record.at("manifest") == manifest_hash_ && record.at("by") == name && with.size() == 3 &&
                   with.at("person") == name && with.at("key") == key &&
                   journal::statement_fits(record, repository_);
            if (!fits) {
                add(signatures_file, say<texts::evidence_bad_signature>(signatures_file, name));
            } else {
                check_signer(role, name, key);
                check_.signers.push_back({role, name, key});
            }
        }
        if (!fits) add(signatures_file, say<texts::evidence_changed>(signatures_file));
        if (check_.signers.size() == signers.size()) check_.files += 2;
    }

    void check_signer(const std::string& role, const std::string& name, const std::string& key) {
        if (role == machine_role) {
            if (removed_.contains(key))
                add(trust_file, say<texts::evidence_removed_machine>(trust_file, name));
            else if (!machines_.contains({name, key}))
                add(trust_file, say<texts::evidence_not_admitted>(trust_file, name));
        } else if (role != person_role || !people_.contains({name, key})) {
            add(people_file, say<texts::evidence_no_person>(people_file, name));
        }
    }

    void check_statements() {
        const auto statements = json_of(statements_file);
        if (!statements) return;
        std::map<std::pair<std::string, std::string>, std::size_t> by;
        for (const auto& item : *statements) {
            const auto& record = item.at("record");
            const std::pair who{record.at("signed").at("person").get<std::string>(),
                                record.at("signed").at("key").get<std::string>()};
            if (!journal::statement_fits(record, repository_)) {
                add(statements_file,
                    say<texts::evidence_bad_statement>(statements_file, record.value("id", "-"), who.first));
            } else if (!people_.contains(who)) {
                add(people_file, say<texts::evidence_no_person>(people_file, who.first));
            } else {
                ++check_.statements;
                ++by[who];
            }
        }
        for (const auto& [who, count] : by) check_.people.push_back({who.first, who.second, count});
    }

    // The repository's id is the hash of its first batch, which names the key that lets machines in.
    void read_trust() {
        const auto trust = json_of(trust_file);
        if (!trust) return;
        const std::string genesis = trust->at("genesis");
        if (crypto::sha256(as_bytes(genesis)).hex() != repository_.hex()) return;
        const auto first = parsed(genesis);
        std::set<std::string> may_admit;
        for (const auto& record : first.at("records")) take_founder(record, may_admit);
        // An admission may be told of after what it admits.
        for (std::size_t before = 0; before != may_admit.size();) {
            before = may_admit.size();
            for (const auto& record : trust->at("actors")) take_admitted(record, may_admit);
        }
        if (!trust->contains("removals")) return;
        for (const auto& record : trust->at("removals")) take_removed(record, may_admit);
    }

    static bool admits(const Json& record) {
        for (const auto& right : record.at("rights"))
            if (right == "admit") return true;
        return false;
    }

    void take_founder(const Json& record, std::set<std::string>& may_admit) {
        if (record.at("type") == "genesis") may_admit.insert(record.at("admission").get<std::string>());
        if (record.at("type") == "actor") take_machine(record, may_admit);
    }

    void take_machine(const Json& record, std::set<std::string>& may_admit) {
        const std::string key = record.at("key");
        machines_.emplace(record.at("name").get<std::string>(), key);
        if (admits(record)) may_admit.insert(key);
    }

    void take_admitted(const Json& record, std::set<std::string>& may_admit) {
        if (!record.contains("certificate") || !record.contains("admitted_by")) return;
        const std::string by = record.at("admitted_by");
        const auto admitter = ActorId::parse(by);
        const auto key = ActorId::parse(record.at("key").get<std::string>());
        const auto certificate = crypto::Signature::parse(record.at("certificate").get<std::string>());
        if (!admitter || !key || !certificate || !may_admit.contains(by)) return;
        if (journal::verify_admission(*admitter, repository_, *key, record.at("name").get<std::string>(),
                                      record.at("rights").get<std::vector<std::string>>(), *certificate))
            take_machine(record, may_admit);
    }

    void take_removed(const Json& record, const std::set<std::string>& may_admit) {
        const std::string by = record.at("removed_by");
        const auto remover = ActorId::parse(by);
        const auto key = ActorId::parse(record.at("key").get<std::string>());
        const auto certificate = crypto::Signature::parse(record.at("certificate").get<std::string>());
        if (!remover || !key || !certificate || !may_admit.contains(by)) return;
        if (journal::verify_removal(*remover, repository_, *key, record.at("last").get<std::uint64_t>(),
                                    *certificate))
            removed_.insert(key->hex());
    }

    Directory& folder_;
    std::set<std::string> there_, foreign_, expected_, told_;
    std::set<std::pair<std::string, std::string>> people_, machines_;  // name and key
    std::set<std::string> removed_;                                    // keys
    std::optional<Json> manifest_;
    std::string manifest_hash_;
    RepositoryId repository_;
    EvidenceCheck check_;
};

}  // namespace

EvidenceOutcome write_evidence(Session& session, const EvidenceWish& wish) {
    return Writer(session, wish).write();
}

EvidenceCheck verify_evidence(FileSystem& files, const std::string& folder) {
    const auto there = files.stat(folder);
    auto opened = there && there->type == FileType::directory ? files.open_directory(folder) : nullptr;
    if (!opened)
        throw Error(Errc::failed, say<texts::evidence_no_folder>(folder), say<texts::hint_evidence_folder>());
    return Verifier(*opened).verify();
}

}  // namespace coffre::cli
