#include "cli/work/review.hpp"

#include "cli/command/commands.hpp"
#include "cli/texts/anomaly_texts.hpp"
#include "cli/texts/dashboard_texts.hpp"
#include "cli/texts/review_texts.hpp"
#include "cli/work/status.hpp"
#include "cli/work/words.hpp"
#include "store/rules/reviews.hpp"

namespace coffre::cli {

namespace {

struct Options {
    std::string month, refusal, id;
    ReviewWish wish;
};

std::string joined(const Json& list) {
    std::string text;
    for (const auto& item : list)
        text += (text.empty() ? "" : ", ") + printable(item.get_ref<const std::string&>());
    return text.empty() ? "-" : text;
}

std::string number(const Json& value) { return std::to_string(value.get<std::uint64_t>()); }

std::string week_text(const std::string& state) {
    using rules::WeekState;
    const auto is = [&](WeekState one) { return state == rules::week_state_name(one); };
    if (is(WeekState::pending)) return tr<texts::week_pending>();
    if (is(WeekState::done)) return coloured(Colour::green, tr<texts::week_done>());
    if (is(WeekState::late)) return coloured(Colour::yellow, tr<texts::week_late>());
    if (is(WeekState::partial)) return coloured(Colour::red, tr<texts::week_partial>());
    if (is(WeekState::other_kind)) return coloured(Colour::yellow, tr<texts::week_other_kind>());
    if (is(WeekState::missed)) return coloured(Colour::red, tr<texts::week_missed>());
    if (is(WeekState::dispensed)) return coloured(Colour::yellow, tr<texts::week_dispensed>());
    return tr<texts::week_not_expected>();
}

// The figures of a review, as they were frozen: those of another version of coffre may lack some.
class Figures {
public:
    Figures(const journal::Site& site, const Json& figures)
        : site_(site), figures_(figures), zone_(site.timezone) {}

    void print() const {
        const bool over = figures_.value("over", true);
        print_line(tr<texts::figures_title>(site_.client + "_" + site_.site, figures_.value("month", "-"),
                                            time(figures_, "made"), figures_.value("policy", "-")) +
                   (over ? "" : "; " + tr<texts::figures_not_over>()));
        print_line(tr<texts::figures_people>(text(figures_, "responsible"), text(figures_, "deputy")));
        each("equipment", [this](const Json& item) { print_equipment(item); });
        each("interventions", [this](const Json& item) { print_intervention(item); });
        if (const auto& changes = part("changes"); !changes.empty())
            print_line(tr<texts::figures_changes>(number(changes.at("begun")), number(changes.at("open"))));
        print_copies();
        print_anomalies();
        if (const auto& keys = part("keys"); !keys.empty()) print_keys(keys);
        each("dispensations", [this](const Json& item) {
            const auto kind = dispensation_label(item.value("kind", "-"));
            print_line(tr<texts::figures_dispensation>(item.at("id"), with_subject(kind, item),
                                                       item.value("person", "-"), last_day(item, "expires")));
        });
        print_drills();
        if (figures_.contains("expired"))
            print_line(tr<texts::figures_expired>(number(figures_.at("expired"))));
        if (figures_.contains("participants"))
            print_line(tr<texts::figures_participants>(joined(figures_.at("participants"))));
        each("decisions", [](const Json& item) {
            print_line(tr<texts::figures_decision>(item.get_ref<const std::string&>()));
        });
    }

private:
    template <class Fn>
    void each(const char* name, const Fn& fn) const {
        for (const auto& item : part(name)) fn(item);
    }

    [[nodiscard]] const Json& part(const char* name) const {
        static const Json nothing = Json::array();
        const auto found = figures_.find(name);
        return found == figures_.end() ? nothing : *found;
    }

    static std::string text(const Json& of, const char* name) {
        const auto text = of.value(name, "");
        return text.empty() ? "-" : printable(text);
    }

    static std::string categories(const Json& list) {
        std::string text;
        for (const auto& item : list)
            text += (text.empty() ? "" : ", ") + category_label(item.get<std::string>());
        return text.empty() ? "-" : text;
    }

    static std::string with_subject(const std::string& what, const Json& of) {
        const auto name = of.value("subject", "");
        return what + (name.empty() ? "" : " " + printable(name));
    }

    [[nodiscard]] std::string time(const Json& of, const char* name) const {
        const auto found = of.find(name);
        if (found == of.end() || !found->is_string()) return tr<texts::never>();
        const auto parsed = parse_rfc3339(found->get_ref<const std::string&>());
        return parsed ? zone_time(zone_, *parsed) : tr<texts::never>();
    }

    [[nodiscard]] std::string last_day(const Json& of, const char* name) const {
        const auto parsed = parse_rfc3339(of.value(name, ""));
        return parsed ? due_date(zone_, *parsed) : "-";
    }

    void print_equipment(const Json& item) const {
        std::string weeks;
        for (const auto& week : item.at("weeks")) {
            const std::string name = week.at("week");
            weeks += (weeks.empty() ? "" : ", ") + name.substr(name.size() - 3) + " " +
                     week_text(week.at("state"));
        }
        const bool manual = item.value("mode", "") == "manual";
        const auto mode = !manual                          ? tr<texts::figures_mode_auto>()
                          : item.value("dispensed", false) ? tr<texts::figures_mode_dispensed>()
                                                           : tr<texts::figures_mode_manual>();
        print_line("");
        print_line(tr<texts::figures_equipment>(item.at("name"), item.at("type"), mode) + " " +
                   (weeks.empty() ? "-" : weeks));
        const auto indented = [](const std::string& line) { print_line("  " + line); };
        indented(tr<texts::figures_weeks>(number(item.at("expected")), number(item.at("done")),
                                          number(item.at("late")), number(item.at("partial")),
                                          number(item.at("missed"))));
        const auto& captures = item.at("captures");
        indented(tr<texts::figures_captures>(number(captures.at("complete")), number(captures.at("partial")),
                                             number(captures.at("imported")),
                                             item.at("monthly").get<bool>() ? tr<Msg::yes>() : tr<Msg::no>(),
                                             number(item.at("protected")), number(item.at("kept"))));
        if (item.contains("manual"))
            indented(tr<texts::figures_manual>(number(item.at("manual").at("in_intervention")),
                                               number(item.at("manual").at("by_itself"))));
        const auto& undeclared = item.at("undeclared_changes");
        if (undeclared.at("count") != 0)
            indented(tr<texts::figures_undeclared>(number(undeclared.at("count")),
                                                   categories(undeclared.at("categories"))));
        indented(tr<texts::figures_last>(time(item, "last_complete")));
    }

    void print_intervention(const Json& item) const {
        print_line(tr<texts::figures_intervention>(item.at("id"), text(item, "technician"),
                                                   item.at("closed").is_null()
                                                       ? tr<texts::figures_intervention_open>()
                                                       : tr<texts::figures_intervention_closed>(),
                                                   joined(item.at("captured")), joined(item.at("missing"))));
    }

    void print_copies() const {
        print_line("");
        each("remotes", [this](const Json& item) {
            print_line(tr<texts::figures_remote>(item.at("name"), role_label(item.at("role")),
                                                 time(item, "verified"), number(item.at("covered"))));
        });
        if (part("remotes").empty()) print_line(tr<texts::figures_no_remote>());
        each("checks", [this](const Json& item) {
            const bool ok = item.at("ok");
            auto result = ok ? tr<texts::check_ok>() : tr<texts::check_not_ok>();
            if (const auto code = item.value("code", ""); !ok && !code.empty())
                result += " (" + found_label(code) + ")";
            const auto what = observed_label(item.value("what", "-"));
            auto line = tr<texts::figures_check>(with_subject(what, item), result, time(item, "time"));
            if (item.contains("numbers") && item.at("numbers").contains("free"))
                line += ", " + human_bytes(item.at("numbers").at("free").get<std::uint64_t>());
            print_line(line);
        });
        if (part("checks").empty()) print_line(tr<texts::figures_no_check>());
    }

    void print_anomalies() const {
        const auto& anomalies = part("anomalies");
        if (anomalies.empty()) return;
        print_line(tr<texts::figures_anomalies>(number(anomalies.at("opened")),
                                                number(anomalies.at("in_time")), number(anomalies.at("late")),
                                                number(anomalies.at("still_open"))));
        for (const auto& item : anomalies.at("open"))
            print_line("  " + tr<texts::figures_open>(item.at("id"), subject_of_anomaly(item),
                                                      time(item, "opened"), time(item, "due")));
    }

    static std::string subject_of_anomaly(const Json& item) {
        auto text = coffre::text(texts::anomaly_title(item.at("kind").get<std::string>()));
        for (const char* name : {"equipment", "remote"})
            if (item.contains(name)) text += ", " + printable(item.at(name).get_ref<const std::string&>());
        return text;
    }

    static void print_keys(const Json& keys) {
        std::string ways;
        for (const auto& [type, count] : keys.at("ways_in").items())
            ways += (ways.empty() ? "" : ", ") + tr<texts::about>(way_in_label(type), number(count));
        print_line(tr<texts::figures_keys>(ways.empty() ? "-" : ways, number(keys.at("machines"))));
    }

    void print_drills() const {
        each("drills", [](const Json& item) {
            print_line(tr<texts::figures_drill>(item.at("id"), item.at("equipment"), number(item.at("level")),
                                                item.at("success").get<bool>()
                                                    ? tr<texts::figures_drill_success>()
                                                    : tr<texts::figures_drill_failure>()));
        });
        if (part("drills").empty()) print_line(tr<texts::figures_no_drill>());
        if (const auto& next = part("next_drill"); !next.empty())
            print_line(tr<texts::figures_next_drill>(next.at("equipment"), time(next, "due")));
    }

    const journal::Site& site_;
    const Json& figures_;
    const std::string& zone_;
};

// Who signed it; or whom it names, where the signature is of nobody who was there.
std::string signer(const journal::Review& review) {
    if (!review.signature.person.empty()) return review.signature.person;
    return tr<texts::not_signed_by>(review.signature.by.empty() ? "-" : review.signature.by);
}

Json review_json(const journal::Review& review, bool with_figures) {
    Json json{{"id", review.id.empty() ? Json(nullptr) : Json(review.id)},
              {"scope", review.scope},
              {"month", review.month},
              {"accepted", review.accepted},
              {"message", review.version.message},
              {"person", review.signature.person.empty() ? Json(nullptr) : Json(review.signature.person)},
              {"by", review.signature.by},
              {"time", to_rfc3339(review.version.time)}};
    if (with_figures) json["figures"] = review.figures;
    return json;
}

void print_signature(const journal::Review& review) {
    print_line("");
    if (review.id.empty())
        print_line(tr<texts::review_unsigned>());
    else if (review.accepted)
        print_line(tr<texts::review_signed>(review.id, review.month, signer(review)) +
                   (review.version.message.empty() ? "" : ": " + printable(review.version.message)));
    else
        print_line(
            tr<texts::review_refused>(review.id, review.month, signer(review), review.version.message));
}

int print_review(Session& session, const journal::Review& review) {
    if (session.context().settings.json) {
        print_json({{"review", review_json(review, true)}});
        return session.status();
    }
    Figures(session.state().site, review.figures).print();
    print_signature(review);
    return session.status();
}

std::string scope_text(const std::string& scope) {
    return scope == "internal" ? tr<texts::scope_internal>() : tr<texts::scope_site>();
}

int list(Session& session) {
    const auto& state = session.state();
    const auto reviews = all_reviews(state);
    if (session.context().settings.json) {
        Json items = Json::array();
        for (const auto* review : reviews) items.push_back(review_json(*review, false));
        print_json({{"reviews", std::move(items)}});
        return session.status();
    }
    for (const auto* review : reviews)
        print_line(review->id + "  " + review->month + "  " + pad(scope_text(review->scope), 8) + "  " +
                   pad(review->accepted ? tr<texts::review_is_done>() : tr<texts::review_is_refused>(), 8) +
                   "  " + zone_time(state.site.timezone, review->version.time) + "  " +
                   printable(signer(*review)));
    if (reviews.empty()) note(session.context().quiet(), tr<texts::review_list_empty>());
    return session.status();
}

const char* due_state(const rules::ReviewDue& item, Timestamp now) {
    if (item.done != nullptr) return item.done->accepted ? "done" : "refused";
    return now < item.due ? "due" : "overdue";
}

int due(Session& session) {
    const auto& state = session.state();
    const auto now = session.context().environment.clock.now();
    const auto reviews = rules::reviews(state, now);
    Json items = Json::array();
    for (const auto& item : reviews) {
        const std::string how = due_state(item, now);
        if (session.context().settings.json) {
            items.push_back({{"scope", item.scope},
                             {"month", item.month.text()},
                             {"due", to_rfc3339(item.due)},
                             {"state", how},
                             {"review", item.done == nullptr ? Json(nullptr) : Json(item.done->id)}});
            continue;
        }
        const auto date = zone_time(state.site.timezone, item.due);
        const auto words = how == "done"      ? coloured(Colour::green, tr<texts::review_is_done>())
                           : how == "refused" ? coloured(Colour::yellow, tr<texts::review_is_refused>())
                           : how == "due"     ? tr<texts::review_is_due>(date)
                                              : coloured(Colour::red, tr<texts::review_is_overdue>(date));
        print_line(item.month.text() + "  " + pad(scope_text(item.scope), 8) + "  " + words);
    }
    if (session.context().settings.json)
        print_json({{"reviews", std::move(items)}});
    else if (reviews.empty())
        note(session.context().quiet(), tr<texts::review_due_none>());
    return session.status();
}

}  // namespace

void register_review(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    auto* site = add_subcommand(app, "site");
    auto* internal = add_subcommand(app, "internal");
    auto* due_command = add_subcommand(app, "due");
    auto* list_command = add_subcommand(app, "list");
    auto* show = add_subcommand(app, "show");
    for (auto* command : {site, internal}) {
        command->add_option("--month", options->month);
        command->add_option("-m,--message", options->wish.message);
        command->add_flag("--dry-run", options->wish.dry_run);
    }
    auto* refuse = site->add_option("--refuse", options->refusal);
    internal->add_option("--participants", options->wish.participants);
    internal->add_option("--decision", options->wish.decisions)->allow_extra_args(false);
    show->add_option("ID", options->id)->required();
    run = [=](Context& context) {
        auto wish = options->wish;
        wish.internal = internal->parsed();
        if (refuse->count() > 0) wish.refusal = options->refusal;
        if (!options->month.empty()) {
            wish.month = rules::parse_month(options->month);
            if (!wish.month)
                throw Error(Errc::usage, say<texts::bad_month>("--month", options->month),
                            say<texts::hint_month>());
        }
        Session session(context);
        if (list_command->parsed()) return list(session);
        if (due_command->parsed()) return due(session);
        if (show->parsed()) return print_review(session, find_review(session.state(), options->id));
        return print_review(session, review_month(session, wish));
    };
}

}  // namespace coffre::cli
