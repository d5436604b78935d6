#pragma once
// What is said by run, schedule, anomalies, and of hooks.

#include "base/message.hpp"

namespace coffre::texts {

// Hooks.
inline constexpr Text hook_twice{"{0}: there are two hooks of the name {1}",
                                 "{0} : deux scripts portent le nom {1}"};
inline constexpr Text hook_lacks{"{0}: a hook needs a {1}", "{0} : un script doit avoir « {1} »"};
inline constexpr Text hook_event{"{0}: there is no event {1}", "{0} : il n’y a pas d’événement {1}"};
inline constexpr Text settings_relative{"{0}: {1} must be a whole path, from / or from ~/",
                                        "{0} : {1} doit être un chemin entier, depuis / ou depuis ~/"};
inline constexpr Text hint_hooks{"see 'coffre help', Hooks", "voir « coffre help », Scripts"};
inline constexpr Text hook_status{"hook {0} on {1} ended with status {2}",
                                  "le script {0} sur {1} s’est terminé avec le statut {2}"};
inline constexpr Text hook_signal{"hook {0} on {1} was ended by signal {2}",
                                  "le script {0} sur {1} a été arrêté par le signal {2}"};
inline constexpr Text hook_time{"hook {0} on {1} was ended after {2} s",
                                "le script {0} sur {1} a été arrêté au bout de {2} s"};
inline constexpr Text hook_output{"hook {0} on {1} wrote too much and was ended",
                                  "le script {0} sur {1} a trop écrit et a été arrêté"};
inline constexpr Text hook_start{"hook {0} on {1} could not be started",
                                 "le script {0} sur {1} n’a pas pu être lancé"};

// Anomalies.
inline constexpr Text anomalies_none{"no anomaly is open", "aucune anomalie ouverte"};
inline constexpr Text anomaly_unknown{"there is no anomaly {0}", "il n’y a pas d’anomalie {0}"};
inline constexpr Text anomaly_ambiguous{"{0} is the beginning of several anomalies",
                                        "{0} est le début de plusieurs anomalies"};
inline constexpr Text hint_anomalies{"list them with coffre anomalies --all",
                                     "listez-les avec coffre anomalies --all"};
inline constexpr Text anomaly_over{"{0} is resolved already", "{0} est déjà résolue"};
inline constexpr Text anomaly_treated_before{"{0} is treated already", "{0} est déjà traitée"};
inline constexpr Text person_needed{"nobody’s identity is at hand to answer for it",
                                    "aucune identité n’est là pour en répondre"};
inline constexpr Text hint_person{"give --person NAME, one of the site’s people",
                                  "donnez --person NOM, une des personnes du site"};
inline constexpr Text person_not_there{"{0} is none of the site’s people",
                                       "{0} ne fait pas partie des personnes du site"};
inline constexpr Text hint_people_list{"see coffre people list", "voir coffre people list"};
inline constexpr Text not_closed{"{0} cannot be closed: {1}", "{0} ne peut être fermée : {1}"};
inline constexpr Text hint_treat{"document what makes up for it with anomalies treat",
                                 "documentez la compensation avec anomalies treat"};
inline constexpr Text hint_close{"do what is missing, then resolve it again",
                                 "faites ce qui manque, puis résolvez-la à nouveau"};
inline constexpr Text evidence_form{"evidence {0} is not of the form KIND:ID",
                                    "la preuve {0} n’a pas la forme GENRE:ID"};
inline constexpr Text hint_evidence{"for example snapshot:1a2b3c4d or drill:5e6f7a8b",
                                    "par exemple snapshot:1a2b3c4d ou drill:5e6f7a8b"};
inline constexpr Text anomaly_now_acknowledged{"{0} acknowledged: it is still to be treated by {1}",
                                               "{0} prise en compte : elle reste à traiter avant {1}"};
inline constexpr Text anomaly_late_acknowledged{
    "{0} acknowledged: it was to be treated by {1}, and is still to be",
    "{0} prise en compte : elle était à traiter avant {1}, et le reste"};
inline constexpr Text anomaly_acknowledged_before{"{0} was acknowledged already",
                                                  "{0} est déjà prise en compte"};
inline constexpr Text evidence_unknown{"nothing is known here by the name {0}",
                                       "rien n’est connu ici sous le nom {0}"};
inline constexpr Text anomaly_now_treated{"{0} treated by {1}", "{0} traitée par {1}"};
inline constexpr Text anomaly_resolved{"{0} resolved", "{0} résolue"};
inline constexpr Text state_open{"open", "ouverte"};
inline constexpr Text state_acknowledged{"acknowledged", "prise en compte"};
inline constexpr Text state_treated{"treated", "traitée"};
inline constexpr Text state_resolved{"resolved", "résolue"};
inline constexpr Text label_kind{"kind", "genre"};
inline constexpr Text label_sentence{"sentence", "phrase"};
inline constexpr Text label_severity{"severity", "gravité"};
inline constexpr Text label_state{"state", "état"};
inline constexpr Text label_opened{"opened", "ouverte"};
inline constexpr Text label_detected{"seen", "constatée"};
inline constexpr Text label_due{"due", "échéance"};
inline constexpr Text label_subject{"of", "objet"};
inline constexpr Text label_way_out{"what to do", "que faire"};
inline constexpr Text label_acknowledged{"acknowledged", "prise en compte"};
inline constexpr Text label_treated{"treated", "traitée"};
inline constexpr Text label_resolved{"resolved", "résolue"};
inline constexpr Text label_evidence{"evidence", "preuves"};
inline constexpr Text label_alerts{"alerts sent", "alertes envoyées"};
inline constexpr Text label_snapshots{"snapshots", "sauvegardes"};

// schedule.
inline constexpr Text every_form{"--every takes 5min to 12h that divide an hour or a day, not {0}",
                                 "--every va de 5min à 12h et divise l’heure ou le jour, pas {0}"};
inline constexpr Text hint_every{"for example 15min or 2h", "par exemple 15min ou 2h"};
inline constexpr Text schedule_key{"nothing would open the repository when nobody is there",
                                   "rien n’ouvrirait le dépôt quand personne n’est là"};
inline constexpr Text hint_schedule_key{
    "give --key-file or --password-file, or name one in the settings file",
    "donnez --key-file ou --password-file, ou nommez-en un dans le fichier de réglages"};
inline constexpr Text schedule_path{"{0} cannot stand in a unit or in a line of cron",
                                    "{0} ne peut figurer ni dans une unité ni dans une ligne de cron"};
inline constexpr Text hint_schedule_path{
    "use a path without control characters, and without a space or \\ at its end",
    "utilisez un chemin sans caractères de contrôle, et sans espace ni \\ à la fin"};
inline constexpr Text schedule_url{"{0} is a copy that is read where it lies: nothing can be written there",
                                   "{0} est une copie lue là où elle est : rien ne peut y être écrit"};
inline constexpr Text hint_schedule_url{"name the repository's folder on this machine",
                                        "indiquez le dossier du dépôt sur cette machine"};
inline constexpr Text run_as_name{"{0} is no name of an account", "{0} n’est pas un nom de compte"};
inline constexpr Text hint_run_as_name{"give the login name of an account of this machine",
                                       "donnez le nom de connexion d’un compte de cette machine"};
inline constexpr Text schedule_home{"the folder for units is not known: HOME is not set",
                                    "le dossier des unités n’est pas connu : HOME n’est pas défini"};
inline constexpr Text hint_schedule_home{"set HOME, or use --system",
                                         "définissez HOME, ou utilisez --system"};
inline constexpr Text crontab_unread{"the table of cron cannot be read", "la table de cron ne peut être lue"};
inline constexpr Text hint_crontab{"see crontab -l", "voir crontab -l"};
inline constexpr Text run_as_system{"--run-as goes with --system", "--run-as va avec --system"};
inline constexpr Text hint_run_as{"add --system, or leave it out", "ajoutez --system, ou ne le donnez pas"};
inline constexpr Text schedule_written{"written: {0}", "écrit : {0}"};
inline constexpr Text schedule_same{"as it is to be: {0}", "déjà en place : {0}"};
inline constexpr Text schedule_other{"there, but not as it is to be: {0}", "présent, mais différent : {0}"};
inline constexpr Text schedule_absent{"not there: {0}", "absent : {0}"};
inline constexpr Text schedule_removed{"removed: {0}", "supprimé : {0}"};
inline constexpr Text schedule_none{"nothing is scheduled", "rien n’est planifié"};
inline constexpr Text schedule_then{"then run: {0}", "lancez ensuite : {0}"};
inline constexpr Text schedule_ran{"done: {0}", "fait : {0}"};
inline constexpr Text command_failed{"{0} ended with status {1}", "{0} s’est terminé avec le statut {1}"};
inline constexpr Text run_of{"coffre run for {0}", "coffre run pour {0}"};

// run.
inline constexpr Text run_nothing{"nothing is due", "rien à faire"};
inline constexpr Text run_already{"another run is under way on this machine",
                                  "une autre exécution est en cours sur cette machine"};
inline constexpr Text run_next{"next: {0}", "prochaine échéance : {0}"};
inline constexpr Text run_done{"{0} done", "{0} fait"};
inline constexpr Text run_would{"{0} is due", "{0} à faire"};
inline constexpr Text run_failed{"{0}: {1}", "{0} : {1}"};
inline constexpr Text run_waits{"{0} waits: {1}", "{0} attend : {1}"};
inline constexpr Text run_alerts_failed{"alerts that not every hook took: {0}; they are sent again",
                                        "alertes que tous les scripts n’ont pas prises : {0} ; elles seront "
                                        "renvoyées"};
inline constexpr Text run_damage{"{0} files are damaged or missing", "{0} fichiers sont abîmés ou manquants"};
inline constexpr Text run_copy_wrong{"the copy there is not what it was",
                                     "la copie qui s’y trouve n’est plus ce qu’elle était"};
inline constexpr Text self_test_failed{"the cipher fails its own test on this machine",
                                       "le chiffrement échoue à son test sur cette machine"};
inline constexpr Text run_anomalies{"anomalies: {0} opened, {1} resolved; alerts sent: {2}",
                                    "anomalies : {0} ouvertes, {1} résolues ; alertes envoyées : {2}"};
inline constexpr Text run_clock{"this machine’s clock is behind the journal’s newest record",
                                "l’horloge de cette machine est en retard sur le journal"};
inline constexpr Text hint_clock{"set it; for a day nothing is captured or sent",
                                 "mettez-la à l’heure ; pendant un jour rien n’est capturé ni envoyé"};
inline constexpr Text due_stands_alone{"--due takes no names and no files",
                                       "--due ne prend ni noms ni fichiers"};
inline constexpr Text nothing_due{"no capture is due", "aucune sauvegarde à faire"};

}  // namespace coffre::texts
