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
inline constexpr Text snapshot_partial{"the {1} of {0} is not complete",
                                       "la sauvegarde {1} de {0} n’est pas complète"};
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
inline constexpr Text change_ended{"change window {0} is ended", "la fenêtre de modification {0} est terminée"};
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

}  // namespace coffre::texts
