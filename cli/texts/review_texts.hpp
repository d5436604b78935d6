#pragma once
// What monthly reviews and evidence say, in both languages.

#include "base/message.hpp"

namespace coffre::texts {

// Refusals, and the way out.
inline constexpr Text review_before_site{"{0} is before this site’s first record, of {1}",
                                         "{0} précède le premier enregistrement de ce site, de {1}"};
inline constexpr Text hint_review_month{"give a month from {0} on, like --month 2026-10",
                                        "donnez un mois à partir de {0}, comme --month 2026-10"};
inline constexpr Text bad_month{"{0}: '{1}' is not a month", "{0} : « {1} » n’est pas un mois"};
inline constexpr Text hint_month{"write it like 2026-10", "écrivez-le comme 2026-10"};
inline constexpr Text review_not_over{"{0} is not over: its review would freeze half a month",
                                      "{0} n’est pas terminé : sa revue figerait un mois incomplet"};
inline constexpr Text hint_review_dry_run{
    "look at the month so far with --dry-run, and sign once it is over",
    "voyez le mois en cours avec --dry-run, et signez quand il est fini"};
inline constexpr Text review_done_already{"the review of {0} was signed by {1}",
                                          "la revue de {0} a été signée par {1}"};
inline constexpr Text hint_review_show{"see it with: coffre review show {0}",
                                       "consultez-la avec : coffre review show {0}"};
inline constexpr Text review_refusal_alone{"--refuse says why, and -m would say it again",
                                           "--refuse dit pourquoi, et -m le dirait une seconde fois"};
inline constexpr Text hint_review_refusal{"put all that there is to say into --refuse",
                                          "mettez tout ce qu’il y a à dire dans --refuse"};
inline constexpr Text review_not_responsible{
    "{0} may not sign this site’s review: its responsible is {1}",
    "{0} ne peut pas signer la revue de ce site : son responsable est {1}"};
inline constexpr Text hint_review_responsible{
    "let the responsible or the deputy sign, or name another with 'coffre people responsible'",
    "faites signer le responsable ou le suppléant, ou désignez-en un autre avec « coffre people "
    "responsible »"};
inline constexpr Text hint_review_participants{"name who took part: --participants ALICE BOB",
                                               "nommez les présents : --participants ALICE BOB"};
inline constexpr Text review_not_there{"there is no review {0}", "il n’y a pas de revue {0}"};
inline constexpr Text hint_review_list{"list them with: coffre review list",
                                       "listez-les avec : coffre review list"};

// The figures of a month.
inline constexpr Text figures_title{"{0}, {1}: figures of {2} ({3})", "{0}, {1} : chiffres du {2} ({3})"};
inline constexpr Text figures_not_over{"the month is not over", "le mois n’est pas terminé"};
inline constexpr Text figures_people{"responsible: {0}; deputy: {1}", "responsable : {0} ; suppléant : {1}"};
inline constexpr Text figures_equipment{"{0} ({1}, {2}), weeks:", "{0} ({1}, {2}), semaines :"};
inline constexpr Text figures_mode_auto{"automatic", "automatique"};
inline constexpr Text figures_mode_manual{"by hand", "à la main"};
inline constexpr Text figures_mode_dispensed{"by hand, dispensed", "à la main, avec dérogation"};
inline constexpr Text figures_weeks{
    "expected {0}; in time {1}, late {2}, partial {3}, missed {4}",
    "attendues {0} ; à l’heure {1}, en retard {2}, partielles {3}, manquées {4}"};
inline constexpr Text figures_captures{
    "captures: complete {0}, partial {1}, imported {2}; MENSUEL: {3}; in both places {4} of {5} kept",
    "captures : complètes {0}, partielles {1}, importées {2} ; MENSUEL : {3} ; aux deux emplacements {4} sur "
    "{5} "
    "gardées"};
inline constexpr Text figures_manual{"by hand: during an intervention {0}, without one {1}",
                                     "à la main : pendant une intervention {0}, hors intervention {1}"};
inline constexpr Text figures_undeclared{"undeclared changes: {0} ({1})",
                                         "modifications non déclarées : {0} ({1})"};
inline constexpr Text figures_last{"last complete capture: {0}", "dernière capture complète : {0}"};
inline constexpr Text never{"never", "jamais"};
inline constexpr Text figures_intervention{"intervention {0} by {1}, {2}: captured {3}; missing {4}",
                                           "intervention {0} par {1}, {2} : capturés {3} ; manquants {4}"};
inline constexpr Text figures_intervention_open{"open", "ouverte"};
inline constexpr Text figures_intervention_closed{"closed", "close"};
inline constexpr Text figures_changes{"change windows: begun {0}, open still {1}",
                                      "fenêtres de modification : ouvertes {0}, en cours {1}"};
inline constexpr Text figures_remote{"copy {0} ({1}): read back {2}; snapshots of the month there: {3}",
                                     "copie {0} ({1}) : relue {2} ; sauvegardes du mois présentes : {3}"};
inline constexpr Text figures_no_remote{"no copy elsewhere", "aucune copie ailleurs"};
inline constexpr Text figures_check{"check {0}: {1}, {2}", "contrôle {0} : {1}, {2}"};
inline constexpr Text figures_no_check{"no integrity check was recorded",
                                       "aucun contrôle d’intégrité n’a été enregistré"};
inline constexpr Text check_ok{"ok", "conforme"};
inline constexpr Text check_not_ok{"NOT ok", "NON CONFORME"};
inline constexpr Text figures_anomalies{
    "anomalies: opened {0}; treated in time {1}, late {2}; still open {3}",
    "anomalies : ouvertes {0} ; traitées à temps {1}, en retard {2} ; encore ouvertes {3}"};
inline constexpr Text figures_open{"{0} {1}, since {2}, due {3}", "{0} {1}, depuis {2}, échéance {3}"};
inline constexpr Text figures_keys{"ways in: {0}; machines: {1}", "accès : {0} ; machines : {1}"};
inline constexpr Text figures_dispensation{"dispensation {0} ({1}), by {2}, until {3}",
                                           "dérogation {0} ({1}), par {2}, jusqu’au {3}"};
inline constexpr Text figures_drill{"restore test {0} of {1}, level N{2}: {3}",
                                    "test de restauration {0} de {1}, niveau N{2} : {3}"};
inline constexpr Text figures_drill_success{"success", "succès"};
inline constexpr Text figures_drill_failure{"failure", "échec"};
inline constexpr Text figures_no_drill{"no restore test", "aucun test de restauration"};
inline constexpr Text figures_next_drill{"next restore test: {0}, due {1}",
                                         "prochain test de restauration : {0}, échéance {1}"};
inline constexpr Text figures_expired{"snapshots that the policy let go: {0}",
                                      "sauvegardes arrivées à expiration : {0}"};
inline constexpr Text figures_participants{"participants: {0}", "participants : {0}"};
inline constexpr Text figures_decision{"decision: {0}", "décision : {0}"};
inline constexpr Text week_not_expected{"not expected", "non attendue"};
inline constexpr Text week_pending{"not over", "en cours"};
inline constexpr Text week_done{"done", "faite"};
inline constexpr Text week_late{"late", "en retard"};
inline constexpr Text week_partial{"partial", "partielle"};
inline constexpr Text week_other_kind{"no HEBDO", "sans HEBDO"};
inline constexpr Text week_missed{"MISSED", "MANQUÉE"};
inline constexpr Text week_dispensed{"dispensed", "dérogation"};

// The reviews themselves.
inline constexpr Text review_signed{"review {0} of {1} signed by {2}", "revue {0} de {1} signée par {2}"};
inline constexpr Text review_refused{"review {0} of {1} refused by {2}: {3}",
                                     "revue {0} de {1} refusée par {2} : {3}"};
inline constexpr Text review_unsigned{"nothing was signed (--dry-run)", "rien n’a été signé (--dry-run)"};
inline constexpr Text review_list_empty{"no review was signed yet", "aucune revue n’a encore été signée"};
inline constexpr Text review_due_none{"no month of this site is over yet",
                                      "aucun mois de ce site n’est encore terminé"};
inline constexpr Text review_is_done{"signed", "signée"};
inline constexpr Text review_is_refused{"refused", "refusée"};
inline constexpr Text review_is_due{"due {0}", "due le {0}"};
inline constexpr Text review_is_overdue{"OVERDUE since {0}", "EN RETARD depuis le {0}"};
inline constexpr Text scope_site{"site", "site"};
inline constexpr Text scope_internal{"internal", "interne"};
inline constexpr Text not_signed_by{"{0} (signature does not count)", "{0} (signature non retenue)"};

}  // namespace coffre::texts
