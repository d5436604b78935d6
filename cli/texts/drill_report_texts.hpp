#pragma once
// The report of a restore test (cli/work/drill_report.cpp).

#include "base/message.hpp"

namespace coffre::texts {

inline constexpr Text hint_report_place{"choose a folder that is there, or leave -o out",
                                        "choisissez un dossier existant, ou omettez -o"};
inline constexpr Text ask_cameras{"cameras online, of those expected",
                                  "caméras en ligne, sur celles attendues"};
inline constexpr Text ask_recording{"recording runs", "l’enregistrement fonctionne"};
inline constexpr Text ask_playback{"recordings play back", "la relecture fonctionne"};
inline constexpr Text ask_users{"users log in with their rights",
                                "les utilisateurs se connectent avec leurs droits"};
inline constexpr Text ask_alarms{"alarms arrive", "les alarmes arrivent"};
inline constexpr Text ask_time{"date and time are right", "la date et l’heure sont justes"};
inline constexpr Text report_title{"Report of a restore test", "Procès-verbal de test de restauration"};
inline constexpr Text report_simulated{"SIMULATED REPOSITORY: for tests and training",
                                       "DÉPÔT SIMULÉ : pour essais et formation"};
inline constexpr Text report_result{"RESULT: ", "RÉSULTAT : "};
inline constexpr Text result_success{"SUCCESS", "SUCCÈS"};
inline constexpr Text result_failure{"FAILURE", "ÉCHEC"};
inline constexpr Text report_level{"level reached: N{0}, {1}", "niveau atteint : N{0}, {1}"};
inline constexpr Text report_no_level{"no level was reached", "aucun niveau atteint"};
inline constexpr Text level_0{"cryptographic: read from its place, every seal opened, every name checked",
                              "cryptographique : lue à son emplacement, chaque sceau ouvert, chaque nom "
                              "contrôlé"};
inline constexpr Text level_1{"structural: what the driver reads is what was captured",
                              "structurel : ce que lit le pilote est ce qui a été sauvegardé"};
inline constexpr Text level_2{"applied to an equipment and read back",
                              "appliquée à un équipement puis relue"};
inline constexpr Text level_3{"applied, read back, and looked at by a person",
                              "appliquée, relue, et contrôlée par une personne"};
inline constexpr Text report_recovery{"recovery time: {0} (objective: {1}, {2})",
                                      "temps de rétablissement : {0} (objectif : {1}, {2})"};
inline constexpr Text objective_met{"met", "tenu"};
inline constexpr Text objective_missed{"missed", "dépassé"};
inline constexpr Text report_satisfies{"this is a restore test as the procedure asks for it (3.2)",
                                       "ce test satisfait la procédure (3.2)"};
inline constexpr Text report_does_not_satisfy{
    "this alone does not satisfy the procedure (3.2): an equipment and the signed checklist are needed",
    "ce seul test ne satisfait pas la procédure (3.2) : il faut un équipement et la liste de contrôle "
    "signée"};
inline constexpr Text head_test{"Test", "Test"};
inline constexpr Text head_equipments{"Equipments", "Équipements"};
inline constexpr Text head_configuration{"Configuration restored", "Configuration restaurée"};
inline constexpr Text head_source{"Source", "Source"};
inline constexpr Text head_checks{"Steps and automatic checks", "Étapes et contrôles automatiques"};
inline constexpr Text head_checklist{"Functional checklist", "Liste de contrôle fonctionnelle"};
inline constexpr Text head_gaps{"Not covered", "Non couvert"};
inline constexpr Text head_observations{"Observations", "Observations"};
inline constexpr Text head_failure{"After the failure", "Suites de l’échec"};
inline constexpr Text head_next{"Next test", "Prochain test"};
inline constexpr Text head_signatures{"Signatures", "Signatures"};
inline constexpr Text head_journal{"In the journal", "Au journal"};
inline constexpr Text row_reference{"reference", "référence"};
inline constexpr Text row_procedure{"procedure", "procédure"};
inline constexpr Text row_client{"client", "client"};
inline constexpr Text row_site{"site", "site"};
inline constexpr Text row_contract{"contract level", "niveau de contrat"};
inline constexpr Text row_begun{"begun", "début"};
inline constexpr Text row_ended{"ended", "fin"};
inline constexpr Text row_operator{"operator", "opérateur"};
inline constexpr Text row_responsible{"responsible", "responsable"};
inline constexpr Text row_deputy{"deputy", "suppléant"};
inline constexpr Text row_retest_of{"repeats the failed test", "reprend le test échoué"};
inline constexpr Text row_name{"name", "nom"};
inline constexpr Text row_type{"type", "type"};
inline constexpr Text row_serial{"serial number", "numéro de série"};
inline constexpr Text row_stage{"use", "usage"};
inline constexpr Text row_safety{"safety snapshot", "sauvegarde de sécurité"};
inline constexpr Text row_other_model{"another model, because", "autre modèle, motif"};
inline constexpr Text row_other_firmware{"another firmware, because", "autre micrologiciel, motif"};
inline constexpr Text row_commit{"id", "identifiant"};
inline constexpr Text row_date{"date", "date"};
inline constexpr Text row_kind{"kind", "type de sauvegarde"};
inline constexpr Text row_size{"size", "taille"};
inline constexpr Text row_driver{"driver", "pilote"};
inline constexpr Text row_captured_by{"captured by", "sauvegardée par"};
inline constexpr Text row_fingerprints{"fingerprints", "empreintes"};
inline constexpr Text row_place{"read from", "lue depuis"};
inline constexpr Text row_kept{"kept at", "conservée à"};
inline constexpr Text row_medium{"identity of the medium", "identité du support"};
inline constexpr Text row_alone{"without this copy", "sans la copie locale"};
inline constexpr Text row_recovery{"measured recovery time", "temps de rétablissement mesuré"};
inline constexpr Text row_objective{"objective", "objectif"};
inline constexpr Text row_anomaly{"anomaly", "anomalie"};
inline constexpr Text row_cause{"cause", "cause"};
inline constexpr Text row_new_snapshot{"new valid snapshot", "nouvelle sauvegarde valide"};
inline constexpr Text row_retest{"re-test", "nouveau test"};
inline constexpr Text row_repository{"repository", "dépôt"};
inline constexpr Text row_written_by{"written by", "écrit par"};
inline constexpr Text row_written_at{"written at", "écrit le"};
inline constexpr Text row_record_sum{"SHA-256 of the record", "SHA-256 de l’enregistrement"};
inline constexpr Text col_source{"source", "source"};
inline constexpr Text col_target{"target", "cible"};
inline constexpr Text col_check{"check", "contrôle"};
inline constexpr Text col_outcome{"outcome", "résultat"};
inline constexpr Text col_detail{"detail", "détail"};
inline constexpr Text col_after{"after", "après"};
inline constexpr Text not_known{"—", "—"};
inline constexpr Text stage_test{"test bench", "banc de test"};
inline constexpr Text stage_production{"production, change window {0}",
                                       "production, fenêtre de modification {0}"};
inline constexpr Text target_none{"none: the configuration was read only",
                                  "aucune : la configuration a seulement été lue"};
inline constexpr Text target_memory{"a folder in memory, removed at the end",
                                    "un dossier en mémoire, supprimé à la fin"};
inline constexpr Text target_folder{"a folder ({0}), removed at the end",
                                    "un dossier ({0}), supprimé à la fin"};
inline constexpr Text from_this_copy{"this copy", "cette copie"};
inline constexpr Text read_alone{"yes: every byte came from that place",
                                 "oui : chaque octet vient de cet emplacement"};
inline constexpr Text check_open{"place opened with the key", "emplacement ouvert avec la clé"};
inline constexpr Text check_snapshot{"snapshot found there", "sauvegarde trouvée sur place"};
inline constexpr Text check_files{"files read, seals and ids checked",
                                  "fichiers lus, sceaux et identifiants contrôlés"};
inline constexpr Text check_complete{"snapshot complete", "sauvegarde complète"};
inline constexpr Text check_sections{"expected parts found", "parties attendues trouvées"};
inline constexpr Text check_round_trip{"parts equal to the captured ones",
                                       "parties égales à celles sauvegardées"};
inline constexpr Text check_steps{"steps applied", "étapes appliquées"};
inline constexpr Text check_read_back{"equipment read back", "équipement relu"};
inline constexpr Text check_equal{"differences after read-back", "différences après relecture"};
inline constexpr Text check_folder{"files written and compared byte for byte",
                                   "fichiers écrits et comparés octet par octet"};
inline constexpr Text check_stopped{"work went through", "travail mené à son terme"};
inline constexpr Text detail_other_version{"not comparable: another version of the driver",
                                           "non comparable : autre version du pilote"};
inline constexpr Text detail_no_model{"this driver makes no model", "ce pilote ne fait pas de modèle"};
inline constexpr Text detail_no_steps{"none: it was so already", "aucune : il était déjà ainsi"};
inline constexpr Text detail_equal{"{0} unplanned, {1} planned", "{0} imprévues, {1} prévues"};
inline constexpr Text outcome_right{"right", "conforme"};
inline constexpr Text outcome_wrong{"WRONG", "NON CONFORME"};
inline constexpr Text answer_yes{"yes", "oui"};
inline constexpr Text answer_no{"no", "non"};
inline constexpr Text answer_none{"not applicable", "sans objet"};
inline constexpr Text checklist_not_made{"not made", "non faite"};
inline constexpr Text gap_no_equipment{
    "nothing was put into an equipment: the procedure (3.2) needs one",
    "rien n’a été appliqué à un équipement : la procédure (3.2) en demande un"};
inline constexpr Text gaps_none{"nothing that the plan tells of", "rien que le plan signale"};
inline constexpr Text anomaly_not_yet{"not opened yet", "pas encore ouverte"};
inline constexpr Text cause_not_yet{"not told yet", "pas encore indiquée"};
inline constexpr Text snapshot_not_yet{"not taken yet", "pas encore prise"};
inline constexpr Text retest_not_yet{"not passed yet", "pas encore réussi"};
inline constexpr Text retest_dispensed{"dispensed", "par dérogation"};
inline constexpr Text next_due{"due by {0}", "à faire au plus tard le {0}"};
inline constexpr Text next_none{"none is due", "aucun n’est dû"};
inline constexpr Text not_signed{"not signed by a person", "non signé par une personne"};
inline constexpr Text signature_key{"key", "clé"};
inline constexpr Text signature_text{"signature", "signature"};

}  // namespace coffre::texts
