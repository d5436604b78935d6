#include "cli/work/bak.hpp"

#include <algorithm>

#include "cli/work/capture.hpp"
#include "drivers/equipment/drivers.hpp"
#include "store/rules/civil_time.hpp"

namespace coffre::cli {

namespace {

constexpr std::int64_t ahead_max_ns = 10ll * 60 * 1'000'000'000;
constexpr std::size_t hash_step = 1 << 20;  // bytes

// A file that was named, wherever a link to it leads.
struct Named {
    std::string file_name;
    std::unique_ptr<File> file;
};

Named open_named(FileSystem& files, const std::string& path) {
    const auto [folder_path, name] = split_path(files.resolve(path));
    const auto folder = files.open_directory(folder_path);
    auto file = folder ? folder->open_file(name) : nullptr;
    if (!file) throw Error(Errc::failed, say<Msg::bak_no_file>(path), say<Msg::hint_bak_no_file>());
    return {name, std::move(file)};
}

std::string without_suffix(const std::string& name) {
    return name.ends_with(repo::bak_suffix) ? name.substr(0, name.size() - repo::bak_suffix.size()) : name;
}

// Every name that a file of this snapshot may bear: by each kind, without "~" where no other shares it.
std::vector<std::string> names_of(const journal::State& state, const rules::NameBook& book,
                                  const journal::Snapshot& snapshot) {
    std::vector<std::string> names;
    for (const auto& kind : snapshot.kinds) {
        const auto name = rules::standard_name(state.site, snapshot, kind);
        try {
            (void)book.find(name);
            names.push_back(name);
        } catch (const Error& error) {
            if (error.code() != Errc::usage) throw;
        }
        names.push_back(name + "~" + snapshot.commit.hex().substr(0, 8));
    }
    return names;
}

struct Target {
    std::unique_ptr<Directory> folder;
    std::string name;  // of the snapshot
    std::string path;  // of the file, for messages
};

Target target_of(Session& session, const ExportRequest& request, const rules::NameBook& book,
                 const journal::Snapshot& snapshot) {
    auto& files = session.context().environment.files;
    const auto names = names_of(session.state(), book, snapshot);
    Target target;
    target.name = book.name(snapshot);
    std::string folder = request.output.empty() ? "." : request.output;
    const auto there = files.stat(folder);
    if (!request.output.ends_with('/') && (!there || there->type != FileType::directory)) {
        const auto [parent, file_name] = split_path(request.output);
        const auto fitting =
            std::find_if(names.begin(), names.end(), [&, &wanted = file_name](const auto& name) {
                return name + std::string(repo::bak_suffix) == wanted;
            });
        if (fitting == names.end())
            throw Error(Errc::usage, say<Msg::export_other_name>(file_name),
                        say<Msg::hint_export_name>(target.name + std::string(repo::bak_suffix)));
        target.name = *fitting;
        folder = parent;
    }
    target.folder = files.open_directory(folder);
    if (!target.folder)
        throw Error(Errc::failed, say<Msg::file_error>(folder, text(say<Msg::os_not_found>())),
                    say<Msg::hint_export_elsewhere>());
    const auto file_name = target.name + std::string(repo::bak_suffix);
    target.path = folder == "." && request.output.empty() ? file_name : folder;
    if (target.path != file_name) target.path += (target.path.ends_with('/') ? "" : "/") + file_name;
    return target;
}

void check_free(const Target& target) {
    if (target.folder->stat(target.name + std::string(repo::bak_suffix)))
        throw Error(Errc::failed, say<Msg::export_exists>(target.path), say<Msg::hint_export_elsewhere>());
}

void journal_export(Session& session, const journal::Snapshot& snapshot, const ExportResult& result) {
    try {
        session.repository().record({{{"type", "export"},
                                      {"commit", snapshot.commit.hex()},
                                      {"name", result.name},
                                      {"file", result.id.hex()}}});
    } catch (const Error& error) {
        // A repository that cannot be written must still give out what it holds; ciphertext is no risk.
        warn(tr<Msg::export_not_journaled>(text(error.message())));
    }
}

bool same_site(const journal::Site& site, const std::string& client, const std::string& code) {
    return site.client == client && site.site == code;
}

Error other_site(const Session& session, const std::string& file, const std::string& client,
                 const std::string& site) {
    const auto& own = session.state().site;
    return {Errc::refused, say<Msg::import_other_site>(file, client, site, own.client, own.site),
            say<Msg::hint_import_other_site>()};
}

void check_not_ahead(const Session& session, Timestamp time) {
    if (!session.state().site.simulated &&
        time.ns > session.context().environment.clock.now().ns + ahead_max_ns)
        throw Error(Errc::usage, say<Msg::at_ahead>(to_rfc3339(time)), say<Msg::hint_at_ahead>());
}

// What an export of another repository is opened with.
repo::Credentials bak_credentials(const Context& context, const ImportRequest& request) {
    Context other = context;
    other.settings.key_file = request.bak_key_file;
    other.settings.password_file = request.bak_password_file;
    other.settings.password_command.clear();
    other.keep = std::make_shared<IdentityKeep>();
    return other.credentials();
}

// A driver that is not known here could not be named again; what it captured is files all the same.
std::string driver_for(const std::string& name) {
    const auto& known = drivers::known_drivers();
    const bool there =
        std::any_of(known.begin(), known.end(), [&](const auto& driver) { return driver.name == name; });
    return there ? name : "files";
}

const journal::Snapshot* find_commit(const journal::State& state, const ObjectId& commit) {
    for (const auto& snapshot : state.snapshots)
        if (snapshot.commit == commit) return &snapshot;
    return nullptr;
}

class Importer {
public:
    Importer(Session& session, const ImportRequest& request, ProgressLine& progress, ImportResult& result)
        : session_(session), request_(request), progress_(progress), result_(result) {}

    Imported take(const std::string& path) {
        auto named = open_named(session_.context().environment.files, path);
        if (named.file->stat().size == 0)
            throw Error(Errc::damaged, say<Msg::bak_empty>(path), say<Msg::hint_bak_damaged>());
        return repo::looks_like_bak(*named.file) ? take_own(path, std::move(named))
                                                 : take_other(path, std::move(named));
    }

private:
    Imported take_own(const std::string& path, Named named) {
        if (request_.at)
            throw Error(Errc::usage, say<Msg::import_at_contradicts>(path),
                        say<Msg::hint_import_at_contradicts>());
        repo::BakFile file(std::move(named.file), path);
        file.check_name(named.file_name);
        auto& repository = session_.repository();
        const bool other = file.header().repository != repository.id();
        const auto bak = other ? open_other(file) : repository.open_bak(file);
        const auto& snapshot = bak->snapshot();
        if (!same_site(session_.state().site, bak->site().client, bak->site().site))
            throw other_site(session_, path, bak->site().client, bak->site().site);
        check_not_ahead(session_, snapshot.time);

        Imported done;
        done.file = path;
        done.ours = true;
        done.other_repository = other;
        done.signer_name = bak->signer_name();
        done.commit = snapshot.commit;
        done.files = snapshot.files;
        done.bytes = snapshot.bytes;
        bak->verify();
        const rules::NameBook names(session_.state());
        if (const auto* there = find_commit(session_.state(), snapshot.commit)) {
            if (there->expired)
                throw Error(
                    Errc::refused,
                    say<Msg::import_expired>(names.name(*there),
                                             zone_time(session_.state().site.timezone, *there->expired)),
                    say<Msg::hint_import_expired>());
            done.name = names.name(*there);
            done.already = true;
            return done;
        }
        const auto* known = session_.state().find_equipment(snapshot.equipment);
        if (known != nullptr && known->type != snapshot.type)
            throw Error(Errc::usage,
                        say<Msg::equipment_other_type>(snapshot.equipment, known->type, snapshot.type),
                        say<Msg::hint_equipment_edit>());
        done.name = file.header().name;
        if (request_.dry_run) return done;

        progress_.show(tr<Msg::capture_progress>(snapshot.equipment, count_files(snapshot.files),
                                                 human_bytes(snapshot.bytes)));
        journal::Json note{{"type", "import"},
                           {"commit", snapshot.commit.hex()},
                           {"name", file.header().name},
                           {"file", file.id().hex()},
                           {"signer", file.header().signer.hex()},
                           {"signer_name", bak->signer_name()}};
        if (other) note["repository"] = file.header().repository.hex();
        auto writer = repository.begin_snapshot(snapshot.equipment);
        const auto taken = writer.take_in(*bak, driver_for(bak->equipment().driver), note);
        done.already = !taken;
        const auto* there = find_commit(session_.state(), snapshot.commit);
        if (there != nullptr) done.name = rules::NameBook(session_.state()).name(*there);
        return done;
    }

    // A repository that was lost and made anew: the same site, and a secret of the first.
    std::unique_ptr<repo::BakSnapshot> open_other(repo::BakFile& file) {
        const auto claimed = rules::parse_standard_name(file.header().name);
        if (!same_site(session_.state().site, claimed.client, claimed.site))
            throw other_site(session_, file.what(), claimed.client, claimed.site);
        if (file.header().simulated != session_.state().site.simulated)
            throw Error(Errc::refused, say<Msg::import_simulated>(file.what()),
                        say<Msg::hint_import_simulated>());
        if (request_.bak_key_file.empty() && request_.bak_password_file.empty())
            throw Error(Errc::refused, say<Msg::import_other_repository>(file.what()),
                        say<Msg::hint_import_other_repository>());
        return std::make_unique<repo::BakSnapshot>(file, session_.context().environment,
                                                   bak_credentials(session_.context(), request_));
    }

    Imported take_other(const std::string& path, Named named) {
        const auto name = rules::parse_standard_name(named.file_name);
        const auto& site = session_.state().site;
        if (!same_site(site, name.client, name.site))
            throw other_site(session_, path, name.client, name.site);
        Imported done;
        done.file = path;
        done.legacy = name.legacy;
        const auto time = time_of(path, name, *named.file, done);
        check_not_ahead(session_, time);
        for (const auto& there : session_.state().snapshots) {
            const bool alike =
                there.equipment == name.equipment && there.time == time && !there.expired &&
                std::find(there.kinds.begin(), there.kinds.end(), name.kind) != there.kinds.end();
            if (!alike || !holds(there, named)) continue;
            done.name = rules::NameBook(session_.state()).name(there);
            done.commit = there.commit;
            done.already = true;
            done.files = there.files;
            done.bytes = there.bytes;
            return done;
        }
        done.files = 1;
        done.bytes = named.file->stat().size;

        CaptureRequest capture_request;
        capture_request.names = {name.equipment};
        capture_request.type = name.type;
        capture_request.kind = name.kind;
        capture_request.imported = true;
        capture_request.from = path;
        capture_request.at = time;
        capture_request.message = request_.message;
        capture_request.remove_source = request_.remove_source;
        capture_request.dry_run = request_.dry_run;
        const auto captured = capture(session_, capture_request, progress_);
        if (!captured.failed.empty() && captured.snapshots.empty())
            throw Error(Errc::failed, captured.failed.front().why, say<Msg::hint_source>());
        result_.removed += captured.removed;
        result_.clear_copy_left = result_.clear_copy_left || captured.clear_copy_left;
        for (const auto& problem : captured.failed) result_.failed.emplace_back(path, problem.why);
        if (captured.snapshots.empty()) {
            done.name = plain_name(name, time);
            return done;
        }
        const auto& snapshot = captured.snapshots.front();
        done.name = rules::NameBook(session_.state()).name(snapshot);
        done.commit = snapshot.commit;
        return done;
    }

    [[nodiscard]] std::string plain_name(rules::StandardName name, Timestamp time) const {
        const auto civil = rules::to_civil(session_.state().site.timezone, time);
        name.day = civil.day;
        name.commit_digits.clear();
        return rules::format_standard_name(name);
    }

    // On the clock of the site. The day is never invented: where the name gives none, --at does, or else the
    // file's own time where that lies in the month.
    Timestamp time_of(const std::string& path, const rules::StandardName& name, File& file, Imported& done) {
        const auto& zone = session_.state().site.timezone;
        const auto contradicts = [&] {
            return Error(Errc::usage, say<Msg::import_at_contradicts>(path),
                         say<Msg::hint_import_at_contradicts>());
        };
        if (request_.at) {
            const auto civil = rules::to_civil(zone, *request_.at);
            const bool agrees = civil.year == name.year && civil.month == name.month &&
                                civil.hour == name.hour && civil.minute == name.minute &&
                                name.day.value_or(civil.day) == civil.day;
            if (!agrees) throw contradicts();
            return *request_.at;
        }
        rules::CivilTime civil;
        civil.year = name.year;
        civil.month = name.month;
        civil.hour = name.hour;
        civil.minute = name.minute;
        if (name.day) {
            civil.day = *name.day;
        } else {
            const auto modified = rules::to_civil(zone, Timestamp{file.stat().modified_ns});
            if (modified.year != name.year || modified.month != name.month)
                throw Error(Errc::usage, say<Msg::import_no_day>(path), say<Msg::hint_import_at>());
            civil.day = modified.day;
            done.day_of_file = true;
        }
        const auto time = rules::from_civil(zone, civil);
        if (!time) throw contradicts();
        return *time;
    }

    // Is this file all that the snapshot holds?
    bool holds(const journal::Snapshot& snapshot, Named& named) {
        const auto entries = session_.repository().list(snapshot);
        const auto size = named.file->stat().size;
        if (entries.size() != 1 || entries[0].empty_folder || entries[0].path != named.file_name ||
            entries[0].bytes != size)
            return false;
        auto hash = odb::blob_hash(size);
        Bytes piece(hash_step);
        for (std::uint64_t at = 0;;) {
            const auto got = named.file->read_at(at, piece);
            if (got == 0) break;
            hash.update(ByteView(piece).first(got));
            at += got;
        }
        return hash.finish() == entries[0].id;
    }

    Session& session_;
    const ImportRequest& request_;
    ProgressLine& progress_;
    ImportResult& result_;
};

void open_and_verify(const Context& context, repo::BakFile& file, Session* session, Identity& identity) {
    std::unique_ptr<repo::BakSnapshot> bak;
    if (identity.same_repository.value_or(false))
        bak = session->repository().open_bak(file);
    else
        bak = std::make_unique<repo::BakSnapshot>(file, context.environment, context.credentials());
    identity.snapshot = bak->snapshot();
    identity.signer_name = bak->signer_name();
    identity.exported = bak->exported();
    bak->verify();
    if (!identity.renamed) identity.claim = Claim::holds;
}

}  // namespace

bool names_bak_file(const Context& context, const std::string& text) {
    if (!text.ends_with(repo::bak_suffix)) return false;
    const auto stat = context.environment.files.stat(text);
    return stat && stat->type == FileType::regular;
}

OpenBak open_bak(const Context& context, const std::string& path) {
    auto named = open_named(context.environment.files, path);
    if (!repo::looks_like_bak(*named.file))
        throw Error(Errc::failed, say<Msg::not_a_bak>(path), say<Msg::hint_not_a_bak>());
    OpenBak open;
    open.file = std::make_unique<repo::BakFile>(std::move(named.file), path);
    open.file->check_name(named.file_name);
    open.content =
        std::make_unique<repo::BakSnapshot>(*open.file, context.environment, context.credentials());
    return open;
}

ExportResult export_snapshot(Session& session, const ExportRequest& request) {
    auto& repository = session.repository();
    const rules::NameBook book(session.state());
    // A copy: journaling this export folds the state anew.
    const journal::Snapshot snapshot(book.find(request.snapshot));
    check_kept(session.state(), book, snapshot);
    const auto target = target_of(session, request, book, snapshot);
    check_free(target);

    ExportResult result;
    result.file = target.path;
    result.name = target.name;
    result.commit = snapshot.commit;
    std::array<std::uint8_t, 8> random{};
    session.context().environment.random.fill(random);
    const std::string scratch = ".coffre-partial-" + to_hex(random);
    auto& folder = *target.folder;
    try {
        {
            const auto file = folder.create_file(scratch, 0600);
            result.id = repository.write_bak(snapshot, target.name, *file, target.path);
            file->sync();
        }
        auto written = folder.open_file(scratch);
        if (!written)
            throw Error(Errc::damaged, say<Msg::export_unlike>(target.path), say<Msg::hint_bak_damaged>());
        repo::BakFile file(std::move(written), target.path);
        repository.open_bak(file)->verify();
        if (file.id() != result.id)
            throw Error(Errc::damaged, say<Msg::export_unlike>(target.path), say<Msg::hint_bak_damaged>());
        result.bytes = file.size();
        check_free(target);
        folder.rename(scratch, folder, target.name + std::string(repo::bak_suffix));
        folder.sync();
    } catch (const Error&) {
        folder.remove_file(scratch);
        throw;
    }
    journal_export(session, snapshot, result);
    return result;
}

Identity identify(const Context& context, const std::string& path, Session* session) {
    Identity identity;
    identity.file = path;
    try {
        auto named = open_named(context.environment.files, path);
        identity.bytes = named.file->stat().size;
        identity.name = without_suffix(named.file_name);
        identity.ours = repo::looks_like_bak(*named.file);
        if (!identity.ours) {
            identity.fields = rules::parse_standard_name(named.file_name);
            return identity;
        }
        try {
            identity.fields = rules::parse_standard_name(named.file_name);
        } catch (const Error&) {  // NOLINT: what is inside says more
        }
        repo::BakFile file(std::move(named.file), path);
        identity.header = file.header();
        identity.id = file.id();
        identity.name = file.header().name;
        for (const auto& slot : file.parts().list("keys"))
            identity.slots.push_back(
                crypto::parse_slot(file.parts().get("keys/" + slot.name, repo::slot_file_max).value(), path));
        if (session != nullptr) {
            identity.same_repository = session->repository().id() == file.header().repository;
            if (*identity.same_repository)
                identity.signer_admitted = session->state().actors.contains(file.header().signer);
        }
        identity.fields = rules::parse_standard_name(file.header().name);
        try {
            file.check_name(named.file_name);
        } catch (const Error& error) {
            identity.renamed = true;
            identity.problem = error;
        }
        if (context.any_credentials()) open_and_verify(context, file, session, identity);
    } catch (const Error& error) {
        if (!identity.problem) identity.problem = error;
    }
    const bool refuted = identity.problem && identity.problem->code() == Errc::damaged;
    if (identity.ours && refuted) identity.claim = Claim::fails;
    return identity;
}

std::vector<std::string> legacy_words(const std::vector<rules::Legacy>& legacy) {
    std::vector<std::string> words;
    for (const auto form : legacy) {
        switch (form) {
            case rules::Legacy::folded:
                words.emplace_back("folded");
                break;
            case rules::Legacy::kind_word:
                words.emplace_back("kind_word");
                break;
            case rules::Legacy::equipment_field:
                words.emplace_back("equipment_field");
                break;
            case rules::Legacy::month_only:
                words.emplace_back("month_only");
                break;
        }
    }
    return words;
}

ImportResult import_files(Session& session, const ImportRequest& request, ProgressLine& progress) {
    if (request.at && request.files.size() > 1)
        throw Error(Errc::usage, say<Msg::import_at_contradicts>("--at"),
                    say<Msg::hint_import_at_contradicts>());
    // --despite-damage is for reading: on a journal that is not whole nothing can be built.
    if (session.status() != 0) {
        const auto& damage = session.repository().journal_damage().front();
        throw Error(Errc::damaged, say<Msg::journal_damaged>(damage.path, text(damage.what)));
    }
    ImportResult result;
    std::optional<Error> first;
    Importer importer(session, request, progress, result);
    for (const auto& path : request.files) {
        try {
            result.imported.push_back(importer.take(path));
        } catch (const Error& error) {
            if (!first) first = error;
            result.failed.emplace_back(path, error.message());
        }
    }
    if (result.imported.empty() && first) throw *first;
    return result;
}

}  // namespace coffre::cli
