#pragma once
// What evidence says, in both languages: its page, its columns, and what verifying it finds.

#include "base/message.hpp"

namespace coffre::texts {

// The command.
inline constexpr Text evidence_written{
    "evidence of {0} to {1} written to {2}: {3}, statements signed by people: {4}",
    "preuves du {0} au {1} écrites dans {2} : {3}, déclarations signées par des personnes : {4}"};
inline constexpr Text evidence_signers{"signed by {0}", "signées par {0}"};
inline constexpr Text evidence_exists{"{0} is there already", "{0} existe déjà"};
inline constexpr Text hint_evidence_elsewhere{
    "give a folder that does not exist yet: evidence is written once and never changed",
    "donnez un dossier qui n’existe pas encore : des preuves s’écrivent une fois et ne changent plus"};
inline constexpr Text evidence_period_empty{"--to {0} is not after --from {1}",
                                            "--to {0} n’est pas après --from {1}"};
inline constexpr Text hint_evidence_period{
    "give two days like --from 2026-01-01 --to 2026-12-31, both included",
    "donnez deux jours comme --from 2026-01-01 --to 2026-12-31, inclus l’un et l’autre"};
inline constexpr Text evidence_not_journaled{"the journal does not tell of this evidence: {0}",
                                             "le journal ne dit rien de ces preuves : {0}"};
inline constexpr Text evidence_no_folder{"there is no folder {0}", "il n’y a pas de dossier {0}"};
inline constexpr Text hint_evidence_folder{"name a folder that 'coffre evidence' wrote",
                                           "indiquez un dossier écrit par « coffre evidence »"};
inline constexpr Text evidence_changed{"{0}: changed", "{0} : modifié"};
inline constexpr Text evidence_missing{"{0}: removed", "{0} : retiré"};
inline constexpr Text evidence_added{"{0}: added, no part of this evidence",
                                     "{0} : ajouté, ne fait pas partie de ces preuves"};
inline constexpr Text evidence_unreadable{"{0}: is not what coffre wrote",
                                          "{0} : n’est pas ce que coffre a écrit"};
inline constexpr Text evidence_bad_signature{"{0}: the signature of {1} does not fit",
                                             "{0} : la signature de {1} ne correspond pas"};
inline constexpr Text evidence_bad_statement{
    "{0}: the signature of statement {1}, of {2}, does not fit",
    "{0} : la signature de la déclaration {1}, de {2}, ne correspond pas"};
inline constexpr Text evidence_not_admitted{"{0}: the key of {1} was not let into this repository",
                                            "{0} : la clé de {1} n’a pas été admise dans ce dépôt"};
inline constexpr Text evidence_removed_machine{"{0}: the key of {1} was removed from this repository",
                                               "{0} : la clé de {1} a été retirée de ce dépôt"};
inline constexpr Text evidence_no_person{
    "{0}: the key that signed for {1} is that of none of these people",
    "{0} : la clé qui a signé pour {1} n’est celle d’aucune de ces personnes"};
inline constexpr Text evidence_whole{
    "{0}, {1} to {2}: {3}, whole; statements whose signatures fit: {4}",
    "{0}, du {1} au {2} : {3}, intacts ; déclarations aux signatures conformes : {4}"};
inline constexpr Text evidence_repository{"repository {0}", "dépôt {0}"};
inline constexpr Text evidence_signed_by{"signed by {0}, key {1}", "signé par {0}, clé {1}"};
inline constexpr Text evidence_stated_by{"statements: {0} by {1}, key {2}",
                                         "déclarations : {0} de {1}, clé {2}"};
inline constexpr Text evidence_damage{"what is not as it was signed: {0}",
                                      "ce qui n’est pas tel que signé : {0}"};
inline constexpr Text hint_evidence_damage{
    "take another copy of this folder, or make the evidence anew from the repository",
    "prenez une autre copie de ce dossier, ou refaites les preuves depuis le dépôt"};

// The page.
inline constexpr Text evidence_title{"Evidence: {0}, {1} to {2}", "Preuves : {0}, du {1} au {2}"};
inline constexpr Text page_policy{"Procedure", "Procédure"};
inline constexpr Text page_contract{"Contract", "Contrat"};
inline constexpr Text page_repository{"Repository", "Dépôt"};
inline constexpr Text page_journal{"Journal until", "Journal jusqu’au"};
inline constexpr Text page_period{"Period", "Période"};
inline constexpr Text page_period_value{"{0} to {1}, both included, time of {2}",
                                        "du {0} au {1} inclus, heure de {2}"};
inline constexpr Text page_made{"Made", "Établi"};
inline constexpr Text page_made_value{"{0} by {1}, coffre {2}", "{0} par {1}, coffre {2}"};
inline constexpr Text page_signed{"Signed by", "Signé par"};
inline constexpr Text evidence_simulated{"SIMULATED REPOSITORY: for tests and training",
                                         "DÉPÔT SIMULÉ : pour essais et formation"};
inline constexpr Text page_contents{"Contents", "Sommaire"};
inline constexpr Text page_table{"table", "tableau"};
inline constexpr Text page_rows{"rows", "lignes"};
inline constexpr Text page_none{"Nothing in this period.", "Rien dans cette période."};
inline constexpr Text page_cut{"The first {0} of {1}; all of them are in {2}.",
                               "Les {0} premières sur {1} ; toutes sont dans {2}."};
inline constexpr Text page_check{
    "Check this folder with: coffre evidence verify FOLDER. It needs no key. manifest.json has the SHA-256 "
    "of each file, signatures.json who signed that, statements.json what people signed.",
    "Vérifiez ce dossier avec : coffre evidence verify DOSSIER, sans clé. manifest.json donne le SHA-256 de "
    "chaque fichier, signatures.json qui a signé cela, statements.json ce que des personnes ont signé."};
inline constexpr Text page_statements{"Statements signed by people",
                                      "Déclarations signées par des personnes"};

// What its files tell in codes.
inline constexpr Text cell_operator{"operator", "opérateur"};
inline constexpr Text cell_clock{"clock", "horloge"};
inline constexpr Text cell_absent{"not there", "absente"};
inline constexpr Text cell_sent{"sent", "envoyée"};
inline constexpr Text cell_read_back{"read back", "relue"};
inline constexpr Text cell_opened{"opened", "ouverte"};
inline constexpr Text cell_alerted{"alert sent", "alerte envoyée"};
inline constexpr Text cell_reopened{"opened again", "rouverte"};
inline constexpr Text cell_resolved{"resolved", "résolue"};
inline constexpr Text cell_removed{"taken away", "retirée"};
inline constexpr Text operation_restore{"restore", "restauration"};
inline constexpr Text operation_equipment_restore{"restore into an equipment",
                                                  "restauration dans un équipement"};
inline constexpr Text operation_export{"export", "export"};
inline constexpr Text operation_import{"import", "import"};
inline constexpr Text operation_secrets{"secrets shown", "secrets affichés"};
inline constexpr Text operation_hold{"hold", "rétention"};
inline constexpr Text operation_evidence{"evidence", "preuves"};
inline constexpr Text rule_clear_restore{"no restore in clear text", "pas de restauration en clair"};
inline constexpr Text rule_gc{"snapshots stay until all copies know",
                              "attendre que toutes les copies sachent"};
inline constexpr Text rule_pre{"a backup before each change", "une sauvegarde avant chaque modification"};
inline constexpr Text rule_post{"a backup after each change", "une sauvegarde après chaque modification"};
inline constexpr Text rule_clear_protocol{"no protocol in clear text", "pas de protocole en clair"};
inline constexpr Text rule_medium{"an encrypted medium", "un support chiffré"};

// Tables and columns.
inline constexpr Text table_captures{"Captures", "Captures"};
inline constexpr Text table_copies{"Copies of these captures", "Copies de ces captures"};
inline constexpr Text table_mirrors{"Mirror runs", "Mises en miroir"};
inline constexpr Text table_drills{"Restore tests", "Tests de restauration"};
inline constexpr Text table_reviews{"Monthly reviews", "Revues mensuelles"};
inline constexpr Text table_anomalies{"Anomalies", "Anomalies"};
inline constexpr Text table_anomaly_events{"Every event of these anomalies",
                                           "Tous les événements de ces anomalies"};
inline constexpr Text table_expiries{"Expiries, with their reason", "Expirations, avec leur motif"};
inline constexpr Text table_gc_runs{"Runs of garbage collection", "Passages du ramasse-miettes"};
inline constexpr Text table_dispensations{"Dispensations", "Dérogations"};
inline constexpr Text table_people{"People", "Personnes"};
inline constexpr Text table_responsibles{"Responsibles", "Responsables"};
inline constexpr Text table_machines{"Machines that may write", "Machines autorisées à écrire"};
inline constexpr Text table_changes{"Change windows", "Fenêtres de modification"};
inline constexpr Text table_interventions{"Interventions", "Interventions"};
inline constexpr Text table_operations{"Restores, exports and holds", "Restaurations, exports et rétentions"};
inline constexpr Text table_overrides{"Rules passed over", "Règles outrepassées"};
inline constexpr Text column_time{"time", "date"};
inline constexpr Text column_machine{"machine", "machine"};
inline constexpr Text column_batch{"journal batch", "lot du journal"};
inline constexpr Text column_commit{"commit", "commit"};
inline constexpr Text column_name{"name", "nom"};
inline constexpr Text column_equipment{"equipment", "équipement"};
inline constexpr Text column_id{"id", "identifiant"};
inline constexpr Text column_person{"signed by", "signé par"};
inline constexpr Text column_answering{"answered for by (not signed)", "répond (non signé)"};
inline constexpr Text column_message{"message", "message"};
inline constexpr Text column_reason{"reason", "motif"};
inline constexpr Text column_remote{"copy", "copie"};
inline constexpr Text column_state{"state", "état"};
inline constexpr Text column_kind{"kind", "nature"};
inline constexpr Text column_recorded{"recorded", "enregistré"};
inline constexpr Text column_bytes{"bytes", "octets"};
inline constexpr Text column_files{"files", "fichiers"};
inline constexpr Text column_removed{"removed", "retiré"};
inline constexpr Text column_by_rule{"by rule", "par règle"};
inline constexpr Text column_evidence{"evidence", "preuves"};
inline constexpr Text column_key{"key", "clé"};
inline constexpr Text column_subject{"subject", "objet"};
inline constexpr Text column_dated_by{"dated by", "daté par"};
inline constexpr Text column_type{"type", "type"};
inline constexpr Text column_kinds{"kinds", "types de sauvegarde"};
inline constexpr Text column_complete{"complete", "complet"};
inline constexpr Text column_changed{"changed", "modifié"};
inline constexpr Text column_driver{"driver", "pilote"};
inline constexpr Text column_firmware{"firmware", "micrologiciel"};
inline constexpr Text column_author{"author", "auteur"};
inline constexpr Text column_expired{"expired", "expiré"};
inline constexpr Text column_role{"role", "rôle"};
inline constexpr Text column_sent{"sent", "envoyé"};
inline constexpr Text column_verified{"read back", "relu"};
inline constexpr Text column_protected{"in both places", "aux deux emplacements"};
inline constexpr Text column_reset{"begun anew", "recommencé"};
inline constexpr Text column_ended{"ended", "fin"};
inline constexpr Text column_started{"started", "début"};
inline constexpr Text column_source{"source", "source"};
inline constexpr Text column_level{"level", "niveau"};
inline constexpr Text column_target{"target", "cible"};
inline constexpr Text column_recovery{"recovery time (ms)", "temps de restauration (ms)"};
inline constexpr Text column_success{"success", "succès"};
inline constexpr Text column_checks{"checks", "contrôles"};
inline constexpr Text column_observations{"observations", "observations"};
inline constexpr Text column_retest_of{"re-test of", "nouveau test de"};
inline constexpr Text column_scope{"scope", "portée"};
inline constexpr Text column_month{"month", "mois"};
inline constexpr Text column_accepted{"accepted", "acceptée"};
inline constexpr Text column_opened{"opened", "ouverture"};
inline constexpr Text column_severity{"severity", "gravité"};
inline constexpr Text column_due{"due", "échéance"};
inline constexpr Text column_in_time{"in time", "dans les temps"};
inline constexpr Text column_detected{"detected", "détectée"};
inline constexpr Text column_acknowledged{"acknowledged", "prise en compte"};
inline constexpr Text column_treated{"treated", "traitée"};
inline constexpr Text column_resolved{"resolved", "résolue"};
inline constexpr Text column_reopened{"times reopened", "réouvertures"};
inline constexpr Text column_snapshots{"snapshots", "sauvegardes"};
inline constexpr Text column_details{"details", "détails"};
inline constexpr Text column_event{"event", "événement"};
inline constexpr Text column_hours{"hours", "heures"};
inline constexpr Text column_generation{"generation", "génération"};
inline constexpr Text column_forced{"forced, because", "forcé, parce que"};
inline constexpr Text column_interval{"interval in days", "intervalle en jours"};
inline constexpr Text column_expires{"expires", "expire"};
inline constexpr Text column_responsible{"responsible", "responsable"};
inline constexpr Text column_deputy{"deputy", "suppléant"};
inline constexpr Text column_known{"known", "connu"};
inline constexpr Text column_rights{"rights", "droits"};
inline constexpr Text column_begun{"begun", "début de fenêtre"};
inline constexpr Text column_categories{"categories", "catégories"};
inline constexpr Text column_without_pre{"without PRE, because", "sans PRE, parce que"};
inline constexpr Text column_without_post{"without POST, because", "sans POST, parce que"};
inline constexpr Text column_pre{"PRE", "PRE"};
inline constexpr Text column_post{"POST", "POST"};
inline constexpr Text column_closed{"closed", "clôture"};
inline constexpr Text column_planned{"planned", "prévue"};
inline constexpr Text column_technician{"technician", "technicien"};
inline constexpr Text column_operation{"operation", "opération"};
inline constexpr Text column_medium{"medium", "support"};
inline constexpr Text column_override{"override, because", "passage outre, parce que"};
inline constexpr Text column_rule{"rule", "règle"};

}  // namespace coffre::texts
