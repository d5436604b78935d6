#pragma once
// What `change`, `intervention` and `dispensation` say, and the settings of a site that go with them.

#include "base/message.hpp"

namespace coffre::texts {

// Change windows
inline constexpr Text in_window{"{0} is in the open change window {1}",
                                "{0} est dans la fenêtre de modification ouverte {1}"};
inline constexpr Text hint_in_window{
    "end it first: coffre change end {0}; or say which kind this snapshot is: --kind",
    "terminez-la d’abord : coffre change end {0} ; ou dites de quel type est cette sauvegarde : --kind"};
inline constexpr Text hint_window_open{"end it first: coffre change end --id {0}",
                                       "terminez-la d’abord : coffre change end --id {0}"};
inline constexpr Text snapshot_partial{"the {1} of {0} is not complete: {2}",
                                       "la sauvegarde {1} de {0} n’est pas complète : {2}"};
inline constexpr Text snapshot_partial_of{"{0}: {1}", "{0} : {1}"};
inline constexpr Text snapshots_missing{"{0}", "{0}"};
inline constexpr Text source_not_looked_after{
    "stored, but it is not known what became of its source: {0}",
    "stockée, mais on ne sait pas ce qu’est devenue sa source : {0}"};
inline constexpr Text hint_not_begun{
    "nothing was begun: see to it and try again, or say why it must be done all the same: --despite WHY",
    "rien n’a été commencé : réglez cela et recommencez, ou dites pourquoi il faut passer outre : "
    "--despite MOTIF"};
inline constexpr Text hint_not_ended{
    "the window stays open: see to it and try again, or say why it ends all the same: --despite WHY",
    "la fenêtre reste ouverte : réglez cela et recommencez, ou dites pourquoi elle finit malgré tout : "
    "--despite MOTIF"};
inline constexpr Text window_not_found{"no change window is called {0}",
                                       "aucune fenêtre de modification ne s’appelle {0}"};
inline constexpr Text window_none{"no change window is open", "aucune fenêtre de modification n’est ouverte"};
inline constexpr Text window_none_of{"{0} is in no open change window",
                                     "{0} n’est dans aucune fenêtre de modification ouverte"};
inline constexpr Text window_ended_already{"the change window {0} is ended already",
                                           "la fenêtre de modification {0} est déjà terminée"};
inline constexpr Text window_several{"these change windows are open: {0}",
                                     "ces fenêtres de modification sont ouvertes : {0}"};
inline constexpr Text hint_window_id{"say which one: coffre change end --id ID",
                                     "dites laquelle : coffre change end --id ID"};
inline constexpr Text hint_change_list{"see coffre change list --all", "voir coffre change list --all"};
inline constexpr Text change_command_missing{"there is no command behind --",
                                             "il n’y a pas de commande derrière --"};
inline constexpr Text hint_change_command{
    "write for example: coffre change run NVR-HALL --category cameras -m WHY -- ./add-cameras.sh",
    "écrivez par exemple : coffre change run NVR-HALL --category cameras -m MOTIF -- ./ajout-cameras.sh"};
inline constexpr Text change_command_unwanted{"only `change run` takes a command behind --",
                                              "seul `change run` prend une commande derrière --"};
inline constexpr Text change_begun{"change window {0} is open: {1}",
                                   "la fenêtre de modification {0} est ouverte : {1}"};
inline constexpr Text change_begun_hint{"make the change, then: coffre change end --id {0}",
                                        "faites la modification, puis : coffre change end --id {0}"};
inline constexpr Text change_ended{"change window {0} is ended",
                                   "la fenêtre de modification {0} est terminée"};
inline constexpr Text change_beyond{"{0}: more was changed than was said: {1}",
                                    "{0} : d’autres choses ont changé que ce qui était annoncé : {1}"};
inline constexpr Text change_command_failed{
    "the command ended with {0}; the window is ended, and its POST is there",
    "la commande a fini avec {0} ; la fenêtre est terminée, et sa sauvegarde POST est là"};
inline constexpr Text change_command_status{"the command ended with {0}", "la commande a fini avec {0}"};
inline constexpr Text change_command_lost{"the command cannot be started: {0}",
                                          "la commande ne peut pas être lancée : {0}"};
inline constexpr Text changes_empty{"no change window is open; --all shows those that are ended",
                                    "aucune fenêtre de modification n’est ouverte ; --all montre celles qui "
                                    "sont terminées"};
inline constexpr Text change_is_open{"open, POST until {0}", "ouverte, POST avant le {0}"};
inline constexpr Text change_is_late{"open, POST missing since {0}", "ouverte, POST manquant depuis le {0}"};
inline constexpr Text change_is_ended{"ended {0}", "terminée le {0}"};

// Interventions
inline constexpr Text intervention_not_found{"no intervention is called {0}",
                                             "aucune intervention ne s’appelle {0}"};
inline constexpr Text intervention_closed_already{"the intervention {0} is closed already",
                                                  "l’intervention {0} est déjà close"};
inline constexpr Text hint_intervention_list{"see coffre intervention list --all",
                                             "voir coffre intervention list --all"};
inline constexpr Text intervention_opened{"intervention {0} of {1} is open",
                                          "l’intervention {0} de {1} est ouverte"};
inline constexpr Text intervention_closed{"intervention {0} is closed", "l’intervention {0} est close"};
inline constexpr Text intervention_is_open{"open", "ouverte"};
inline constexpr Text intervention_is_closed{"closed {0}", "close le {0}"};
inline constexpr Text intervention_wants{"no complete snapshot since it was opened: {0}",
                                         "pas de sauvegarde complète depuis son ouverture : {0}"};
inline constexpr Text hint_intervention_missing{
    "capture them: coffre capture NAME --from FOLDER; until then this is an anomaly",
    "sauvegardez-les : coffre capture NOM --from DOSSIER ; d’ici là c’est une anomalie"};
inline constexpr Text interventions_empty{"no intervention is open; --all shows those that are closed",
                                          "aucune intervention n’est ouverte ; --all montre celles qui sont "
                                          "closes"};

// Dispensations
inline constexpr Text dispensation_no_subject{"a dispensation '{0}' is of the whole site",
                                              "une dérogation « {0} » vaut pour tout le site"};
inline constexpr Text dispensation_subject{"a dispensation '{0}' names what it is of",
                                           "une dérogation « {0} » nomme ce pour quoi elle vaut"};
inline constexpr Text hint_dispensation_add{
    "write for example: coffre dispensation add --kind manual --subject NVR-OLD --until 2027-03-31 -m WHY",
    "écrivez par exemple : coffre dispensation add --kind manual --subject NVR-OLD --until 2027-03-31 -m "
    "MOTIF"};
inline constexpr Text id_ambiguous{"{0} is the beginning of several ids",
                                   "{0} est le début de plusieurs identifiants"};
inline constexpr Text hint_id_ambiguous{"type more of it", "tapez-en davantage"};
inline constexpr Text dispensation_past{"a dispensation that is over already, on {0}",
                                        "une dérogation déjà finie, le {0}"};
inline constexpr Text hint_dispensation_past{"give a later day with --until",
                                             "donnez un jour plus tardif avec --until"};
inline constexpr Text dispensation_until{"a dispensation ends after now, and within {0} months",
                                         "une dérogation finit après maintenant, et dans les {0} mois"};
inline constexpr Text hint_dispensation_until{
    "give an earlier day with --until; before it ends, make a new one if it is still needed",
    "donnez un jour plus proche avec --until ; avant sa fin, faites-en une autre si elle est encore "
    "nécessaire"};
inline constexpr Text dispensation_not_found{"no dispensation is called {0}",
                                             "aucune dérogation ne s’appelle {0}"};
inline constexpr Text dispensation_ended_already{"the dispensation {0} was taken back already",
                                                 "la dérogation {0} a déjà été retirée"};
inline constexpr Text hint_dispensation_list{"see coffre dispensation list --all",
                                             "voir coffre dispensation list --all"};
inline constexpr Text dispensation_holds{"until {0}", "jusqu’au {0}"};
inline constexpr Text dispensation_is_over{"over since {0}", "échue depuis le {0}"};
inline constexpr Text dispensation_is_ended{"taken back {0}", "retirée le {0}"};
inline constexpr Text dispensation_is_unsigned{"not signed by a person of this site: does not count",
                                               "pas signée par une personne de ce site : ne compte pas"};
inline constexpr Text dispensations_empty{"no dispensation is in force; --all shows the others",
                                          "aucune dérogation n’est en vigueur ; --all montre les autres"};

// The site's record and its policy
inline constexpr Text bad_date{"{0}: '{1}' is no date such as 2026-11-26",
                               "{0} : « {1} » n’est pas une date comme 2026-11-26"};
inline constexpr Text contract_backwards{"the contract would end on {1}, before it begins on {0}",
                                         "le contrat finirait le {1}, avant de commencer le {0}"};
inline constexpr Text hint_contract_dates{
    "give --contract-from and --contract-until as dates, both included; '' takes one away",
    "donnez --contract-from et --contract-until comme des dates, incluses ; \"\" en enlève une"};
inline constexpr Text bad_schedule{"'{0}' is no time of the week",
                                   "« {0} » n’est pas un moment de la semaine"};
inline constexpr Text hint_schedule{
    "write for example --schedule 'sat 03:00': mon, tue, wed, thu, fri, sat or sun",
    "écrivez par exemple --schedule \"sat 03:00\" : mon, tue, wed, thu, fri, sat "
    "ou sun"};
inline constexpr Text bad_place{"'{0}' is no place on the map", "« {0} » n’est pas un lieu sur la carte"};
inline constexpr Text hint_place{"give latitude and longitude in degrees, for example 48.8789,2.3158",
                                 "donnez latitude et longitude en degrés, par exemple 48.8789,2.3158"};
inline constexpr Text hint_site_edit{
    "give --contract, --contract-from, --contract-until, --responsible, --deputy, --timezone, --schedule or "
    "--place",
    "donnez --contract, --contract-from, --contract-until, --responsible, --deputy, --timezone, --schedule "
    "ou "
    "--place"};
inline constexpr Text policy_limit_unknown{"{0}: there is no limit '{1}'",
                                           "{0} : il n’y a pas de limite « {1} »"};
inline constexpr Text policy_limit_value{"{0}: '{1}' is a whole number from {2} to {3}",
                                         "{0} : « {1} » est un nombre entier de {2} à {3}"};
inline constexpr Text hint_policy_limits{"the limits are {0}", "les limites sont {0}"};
inline constexpr Text label_contract_dates{"contract dates", "dates contrat"};
inline constexpr Text label_schedule{"schedule", "planification"};
inline constexpr Text label_place{"place", "lieu"};
inline constexpr Text label_limits{"limits", "limites"};
inline constexpr Text contract_is_unknown{"unknown: counts as renforce, and is an anomaly",
                                          "inconnu : vaut renforce, et c’est une anomalie"};
inline constexpr Text contract_dates{"{0} to {1}", "{0} à {1}"};
inline constexpr Text limit_of_policy{"{0} (the procedure says {1})", "{0} (la procédure dit {1})"};

}  // namespace coffre::texts
