#pragma once
// What restore tests say (cli/command/drill.cpp, cli/work/drill*.cpp).

#include "base/message.hpp"

namespace coffre::texts {

inline constexpr Text drill_nothing{"no equipment of this site has a snapshot to test",
                                    "aucun équipement de ce site n’a de sauvegarde à tester"};
inline constexpr Text hint_drill_nothing{"capture first: coffre capture --all",
                                         "commencez par sauvegarder : coffre capture --all"};
inline constexpr Text drill_not_there{"{0} holds no complete snapshot of {1}",
                                      "{0} ne contient aucune sauvegarde complète de {1}"};
inline constexpr Text hint_drill_not_there{"copy it there first: coffre mirror; or choose with --source",
                                           "copiez-la d’abord : coffre mirror ; ou choisissez par --source"};
inline constexpr Text drill_snapshot_not_there{"{1} is not known to be at {0}", "{1} n’est pas connue à {0}"};
inline constexpr Text drill_other_equipment{"{0} is a snapshot of {1}, not of {2}",
                                            "{0} est une sauvegarde de {1}, pas de {2}"};
inline constexpr Text hint_drill_snapshot{"name the snapshot alone, or one of that equipment",
                                          "nommez la sauvegarde seule, ou une de cet équipement"};
inline constexpr Text drill_no_remote{"there is no remote {0}", "il n’y a pas de copie distante {0}"};
inline constexpr Text hint_drill_remote{"coffre remote list names them; local is this copy",
                                        "coffre remote list les nomme ; local est cette copie"};
inline constexpr Text drill_level{"--level is 0, 1 or 2", "--level vaut 0, 1 ou 2"};
inline constexpr Text hint_drill_level{"level 3 is the signed checklist: coffre drill record",
                                       "le niveau 3 est la liste signée : coffre drill record"};
inline constexpr Text drill_needs_target{"level 2 needs an equipment to put the snapshot into",
                                         "le niveau 2 demande un équipement où appliquer la sauvegarde"};
inline constexpr Text hint_drill_needs_target{
    "--target-equipment NAME, or one equipment of that driver with stage=test",
    "--target-equipment NOM, ou un équipement de ce pilote avec stage=test"};
inline constexpr Text drill_target_alone{"{0} goes with level 2 and an equipment",
                                         "{0} va avec le niveau 2 et un équipement"};
inline constexpr Text drill_to_alone{"--to is for equipments whose driver does not restore",
                                     "--to sert aux équipements dont le pilote ne restaure pas"};
inline constexpr Text drill_production{"{0} is in production, and in no open change window",
                                       "{0} est en production, hors de toute fenêtre de modification"};
inline constexpr Text hint_drill_production{
    "take an equipment with stage=test, or open a window: coffre change begin {0}",
    "prenez un équipement stage=test, ou ouvrez une fenêtre : coffre change begin {0}"};
inline constexpr Text drill_confirm{"{0} is in production: its serial number must be typed",
                                    "{0} est en production : son numéro de série doit être saisi"};
inline constexpr Text hint_drill_confirm{"--confirm-serial SERIAL, as on its label",
                                         "--confirm-serial NUMÉRO, comme sur son étiquette"};
inline constexpr Text drill_retest_other{"{0} is no failed test of {1}",
                                         "{0} n’est pas un test échoué de {1}"};
inline constexpr Text hint_drill_list{"coffre drill list names the tests",
                                      "coffre drill list nomme les tests"};
inline constexpr Text drill_unknown{"there is no restore test {0}",
                                    "il n’y a pas de test de restauration {0}"};
inline constexpr Text drill_ambiguous{"{0} names several restore tests",
                                      "{0} désigne plusieurs tests de restauration"};
inline constexpr Text drill_none_to_complete{"no test waits for its checklist",
                                             "aucun test n’attend sa liste de contrôle"};
inline constexpr Text drill_not_applied{"{0} was not applied to an equipment and read back",
                                        "{0} n’a pas été appliqué à un équipement puis relu"};
inline constexpr Text hint_drill_not_applied{"coffre drill run --level 2 makes one that is",
                                             "coffre drill run --level 2 en fait un"};
inline constexpr Text drill_completed{"{0} has its signed checklist already", "{0} a déjà sa liste signée"};
inline constexpr Text drill_answer_missing{"the checklist lacks an answer: {0}",
                                           "il manque une réponse à la liste : {0}"};
inline constexpr Text drill_answer{"{0} is no answer to {1}", "{0} n’est pas une réponse à {1}"};
inline constexpr Text hint_drill_answer{
    "cameras by online/expected (14/16), the others by yes or no; none for what it does not have",
    "caméras par en ligne/attendues (14/16), le reste par yes ou no ; none pour ce qu’il n’a pas"};
inline constexpr Text drill_answer_unknown{"the checklist has no item {0}", "la liste n’a pas de point {0}"};
inline constexpr Text drill_answers_all_none{"a checklist of which nothing was looked at proves nothing",
                                             "une liste dont rien n’a été regardé ne prouve rien"};
inline constexpr Text drill_none_needs_why{"what was not looked at is to be explained",
                                           "ce qui n’a pas été regardé est à expliquer"};
inline constexpr Text hint_drill_observations{"-m OBSERVATIONS", "-m OBSERVATIONS"};
inline constexpr Text drill_answers_file{"{0} is no JSON object of answers",
                                         "{0} n’est pas un objet JSON de réponses"};

inline constexpr Text drill_asked{"{0}: {1} of {2} put into {3}; what do you see there?",
                                  "{0} : {1} de {2} appliquée à {3} ; qu’y voyez-vous ?"};
inline constexpr Text hint_drill_clear{
    "give --to a folder in memory (/dev/shm) or on an encrypted disk",
    "donnez à --to un dossier en mémoire (/dev/shm) ou sur un disque chiffré"};

inline constexpr Text drill_reading{"reading {0} from {1}", "lecture de {0} depuis {1}"};
inline constexpr Text drill_here{"this copy", "cette copie"};
inline constexpr Text drill_lost{"the snapshot is not there", "la sauvegarde n’y est pas"};
inline constexpr Text drill_count_differs{"{0} files were read, {1} are recorded",
                                          "{0} fichiers lus, {1} enregistrés"};
inline constexpr Text drill_incomplete{"the snapshot is not complete", "la sauvegarde n’est pas complète"};
inline constexpr Text drill_sections_missing{"parts of the configuration are not found: {0} of {1} are",
                                             "des parties de la configuration manquent : {0} sur {1}"};
inline constexpr Text drill_round_trip_differs{"{0} of {1} parts read otherwise than when captured",
                                               "{0} parties sur {1} se lisent autrement qu’à la capture"};
inline constexpr Text drill_stopped{"step {0} of {1} failed: {2}", "échec de l’étape {0} sur {1} : {2}"};
inline constexpr Text drill_not_read_back{"the equipment could not be read back: {0}",
                                          "l’équipement n’a pas pu être relu : {0}"};
inline constexpr Text drill_differs{"{0} differences that were not planned", "{0} différences non prévues"};
inline constexpr Text drill_checklist_failed{"not as it should be: {0}", "pas comme il faut : {0}"};
inline constexpr Text drill_nothing_to_say{"nothing to report", "rien à signaler"};
inline constexpr Text drill_so_already{
    "nothing was put into {0}: all that can be restored is there already",
    "rien n’a été appliqué à {0} : tout ce qui peut être restauré s’y trouve déjà"};
inline constexpr Text drill_so_already_next{
    "that is no restore test (3.2): bring an equipment of the test bench to factory settings and run it "
    "again",
    "ce n’est pas un test de restauration (3.2) : remettez un équipement du banc de test aux réglages "
    "d’usine, puis relancez-le"};
inline constexpr Text drill_remediation{"remediation: restore test {0} failed",
                                        "remédiation : échec du test de restauration {0}"};
inline constexpr Text drill_by_hand{"{0} is captured by hand: export it and capture it at once",
                                    "{0} se sauvegarde à la main : exportez-le et sauvegardez-le aussitôt"};

inline constexpr Text drill_success{"success", "succès"};
inline constexpr Text drill_failed{"FAILURE", "ÉCHEC"};
inline constexpr Text drill_line{"{0}  {1}  N{2}  {3} from {4}", "{0}  {1}  N{2}  {3} depuis {4}"};
inline constexpr Text drill_recovery{"recovered in {0}", "rétablie en {0}"};
inline constexpr Text drill_not_a_test{
    "the procedure asks for more (3.2): an equipment (level 2) and the signed checklist (drill record)",
    "la procédure demande plus (3.2) : un équipement (niveau 2) et la liste signée (drill record)"};
inline constexpr Text drill_checklist_next{"the signed checklist is missing: coffre drill record {0}",
                                           "il manque la liste signée : coffre drill record {0}"};
inline constexpr Text drill_new_snapshot{"new snapshot: {0}", "nouvelle sauvegarde : {0}"};
inline constexpr Text drill_signed_by{"signed by {0}", "signé par {0}"};
inline constexpr Text drill_unsigned{"not signed", "non signé"};
inline constexpr Text drill_due_line{"{0}: {1} from {2}, due {3}", "{0} : {1} depuis {2}, échéance {3}"};
inline constexpr Text drill_due_overdue{"OVERDUE", "EN RETARD"};
inline constexpr Text drill_due_no_place{"no remote of role {0}", "aucune copie distante de rôle {0}"};
inline constexpr Text drill_due_equipment{"{0}: its own test was due {1}",
                                          "{0} : son propre test était dû le {1}"};
inline constexpr Text drill_due_none{"no restore test is due: no snapshot, or no contract",
                                     "aucun test dû : pas de sauvegarde, ou pas de contrat"};
inline constexpr Text drill_list_none{"no restore test yet", "aucun test de restauration"};
inline constexpr Text drill_report_written{"{0}: report of {1}", "{0} : procès-verbal de {1}"};

}  // namespace coffre::texts
