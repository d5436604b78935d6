#include "cli/command/commands.hpp"
#include "cli/work/bak.hpp"

namespace coffre::cli {

namespace {

std::string two(unsigned value) { return (value < 10 ? "0" : "") + std::to_string(value); }

// "2025-05-10", "2025-05" where the day is not known.
std::string date_of(const rules::StandardName& name) {
    return std::to_string(name.year) + "-" + two(name.month) + (name.day ? "-" + two(*name.day) : "");
}

std::string clock_of(const rules::StandardName& name) { return two(name.hour) + ":" + two(name.minute); }

std::string claim_word(Claim claim) {
    switch (claim) {
        case Claim::holds:
            return "true";
        case Claim::fails:
            return "false";
        case Claim::unchecked:
            break;
    }
    return "unchecked";
}

Json or_null(const std::optional<bool>& value) { return value ? Json(*value) : Json(nullptr); }

Json json_of(const Identity& identity) {
    Json json;
    put_path(json, identity.file);
    json["file"] = json["path"];
    json["format"] = identity.ours ? "coffre-bak" : "other";
    json["bytes"] = identity.bytes;
    json["name"] = printable(identity.name);
    json["valid_name"] = identity.fields.has_value();
    json["legacy"] = Json::array();
    if (const auto& fields = identity.fields) {
        json["client"] = fields->client;
        json["site"] = fields->site;
        json["type"] = fields->type;
        json["equipment"] = fields->equipment;
        json[fields->day ? "time" : "month"] =
            fields->day ? date_of(*fields) + "T" + clock_of(*fields) : date_of(*fields);
        json["clock"] = clock_of(*fields);
        json["kind"] = fields->kind;
        json["legacy"] = legacy_words(fields->legacy);
    }
    if (identity.header) {
        json["repository"] = identity.header->repository.hex();
        json["simulated"] = identity.header->simulated;
        json["signer"] = identity.header->signer.hex();
        json["id"] = identity.id.hex();
        json["renamed"] = identity.renamed;
        json["slots"] = Json::array();
        for (const auto& slot : identity.slots)
            json["slots"].push_back({{"id", slot.id.hex()}, {"type", crypto::slot_type_name(slot.type)}});
        json["same_repository"] = or_null(identity.same_repository);
        json["signer_admitted"] = or_null(identity.signer_admitted);
    }
    if (const auto& snapshot = identity.snapshot) {
        json["commit"] = snapshot->commit.hex();
        json["instant"] = to_rfc3339(snapshot->time);
        json["kinds"] = snapshot->kinds;
        json["files"] = snapshot->files;
        json["content_bytes"] = snapshot->bytes;
        json["complete"] = snapshot->complete;
        json["signed_by"] = printable(identity.signer_name);
        json["exported_at"] = to_rfc3339(identity.exported);
    }
    json["claim"] = claim_word(identity.claim);
    if (identity.problem) {
        json["why"] = text(identity.problem->message());
        json["code"] = static_cast<int>(identity.problem->code());
    }
    return json;
}

std::string legacy_text(const std::vector<rules::Legacy>& legacy) {
    std::string out;
    for (const auto form : legacy) {
        const auto word = form == rules::Legacy::folded            ? tr<Msg::legacy_folded>()
                          : form == rules::Legacy::kind_word       ? tr<Msg::legacy_kind_word>()
                          : form == rules::Legacy::equipment_field ? tr<Msg::legacy_equipment_field>()
                                                                   : tr<Msg::legacy_month_only>();
        out += (out.empty() ? "" : " ; ") + word;
    }
    return out;
}

void print(const Identity& identity) {
    if (const auto& fields = identity.fields) {
        print_line(tr<Msg::identify_claims>(printable(identity.file), fields->client, fields->site,
                                            fields->type, fields->equipment,
                                            date_of(*fields) + " " + clock_of(*fields), fields->kind));
        if (!fields->legacy.empty()) print_line("    " + legacy_text(fields->legacy));
    }
    if (identity.claim == Claim::holds)
        print_line("    " + tr<Msg::identify_true>(printable(identity.signer_name)));
    if (!identity.ours && identity.fields) print_line("    " + tr<Msg::identify_other>());
    if (identity.ours && identity.claim == Claim::unchecked && !identity.problem)
        print_line("    " + tr<Msg::identify_unchecked>());
    if (identity.same_repository == false) print_line("    " + tr<Msg::identify_other_repository>());
    if (identity.signer_admitted == false) print_line("    " + tr<Msg::identify_signer_stranger>());
}

// A name that is none is something not found; everything else has the code that it has anywhere.
int status_of(const Identity& identity) {
    if (!identity.problem) return identity.signer_admitted == false ? static_cast<int>(Errc::damaged) : 0;
    const bool name_alone = !identity.fields && identity.problem->code() == Errc::usage;
    return static_cast<int>(name_alone ? Errc::failed : identity.problem->code());
}

}  // namespace

void register_identify(CLI::App& app, Run& run) {
    auto files = std::make_shared<std::vector<std::string>>();
    app.add_option("FILE", *files)->required();
    run = [files](Context& context) {
        std::unique_ptr<Session> session;
        if (!context.settings.repo.empty()) session = std::make_unique<Session>(context);
        Json json;
        json["files"] = Json::array();
        int first = 0;
        std::size_t failed = 0;
        for (const auto& file : *files) {
            const auto identity = identify(context, file, session.get());
            const int status = status_of(identity);
            if (status != 0 && first == 0) first = status;
            failed += status == 0 ? 0 : 1;
            if (context.settings.json)
                json["files"].push_back(json_of(identity));
            else
                print(identity);
            if (identity.problem && files->size() == 1 && !context.settings.json) {
                flush_output();
                throw Error(static_cast<Errc>(status), identity.problem->message(), identity.problem->hint());
            }
            if (identity.problem && !context.settings.json)
                warn(tr<Msg::identify_failed>(printable(file), text(identity.problem->message())));
        }
        if (context.settings.json) print_json(json);
        return failed == 0 || failed == files->size() ? first : static_cast<int>(Errc::partial);
    };
}

}  // namespace coffre::cli
