#pragma once
// What supervision says: status, dashboard.

#include "base/message.hpp"

namespace coffre::texts {

// The checks, and the same in the narrow head of a table.
inline constexpr Text check_backup{"weekly backup", "sauvegarde hebdomadaire"};
inline constexpr Text check_cloud{"cloud copy", "copie dans le cloud"};
inline constexpr Text check_physical{"physical copy", "copie sur support physique"};
inline constexpr Text check_integrity{"integrity", "intégrité"};
inline constexpr Text check_restore_test{"restore test", "test de restauration"};
inline constexpr Text check_review{"monthly reviews", "revues mensuelles"};
inline constexpr Text check_responsible{"responsible", "responsable"};
inline constexpr Text check_space{"space", "espace"};
inline constexpr Text check_keys{"keys", "clés"};
inline constexpr Text short_backup{"backup", "sauvegarde"};
inline constexpr Text short_cloud{"cloud", "cloud"};
inline constexpr Text short_physical{"physical", "physique"};
inline constexpr Text short_restore_test{"test", "test"};
inline constexpr Text short_review{"review", "revue"};
inline constexpr Text short_responsible{"respons.", "respons."};

inline constexpr Text mark_ok{"ok", "conforme"};
inline constexpr Text mark_watch{"watch", "à surveiller"};
inline constexpr Text mark_bad{"not ok", "non conforme"};
inline constexpr Text mark_unknown{"unknown", "inconnu"};
inline constexpr Text mark_stale{"too old", "trop ancien"};
inline constexpr Text mark_dispensed{"dispensation", "dérogation"};

// Why a check stands as it does.
inline constexpr Text never_seen{"never observed", "jamais observé"};
inline constexpr Text never_seen_at{"never observed: {0}", "jamais observé : {0}"};
inline constexpr Text about{"{0}: {1}", "{0} : {1}"};
inline constexpr Text no_contract{"no contract holds", "aucun contrat en cours"};
inline constexpr Text no_equipment{"no equipment in the inventory", "aucun équipement à l’inventaire"};
inline constexpr Text no_backup{"{0} has no complete backup", "{0} n’a aucune sauvegarde complète"};
inline constexpr Text backup_late{"{0}: the last complete one is {1} old",
                                  "{0} : la dernière complète a {1}"};
inline constexpr Text backup_undispensed{"{0} is captured by hand, and no dispensation says why",
                                         "{0} est sauvegardé à la main, sans dérogation"};
inline constexpr Text backup_manual{"{0} is captured by hand, by dispensation",
                                    "{0} est sauvegardé à la main, par dérogation"};
inline constexpr Text backup_grace{"{0}: due now, {1} old", "{0} : à faire maintenant, a {1}"};
inline constexpr Text backup_fresh{"the oldest is {0} old", "la plus ancienne a {0}"};
inline constexpr Text copy_no_remote{"there is no such place", "aucun emplacement de ce rôle"};
inline constexpr Text copy_no_snapshot{"nothing to copy yet", "encore rien à copier"};
inline constexpr Text copy_late{"{0}: not verified there for {1}", "{0} : non vérifié là-bas depuis {1}"};
inline constexpr Text copy_unencrypted{"{0} is not encrypted", "{0} n’est pas chiffré"};
inline constexpr Text copy_waiting{"{0} waits for its copy, within the time allowed",
                                   "{0} attend sa copie, dans le délai prévu"};
inline constexpr Text copy_verified{"all is there and was read back", "tout y est et a été relu"};
inline constexpr Text integrity_damaged{"damage was found here", "des dommages ont été trouvés ici"};
inline constexpr Text integrity_damaged_at{"damage was found at {0}", "des dommages ont été trouvés sur {0}"};
inline constexpr Text integrity_late{"a verification is overdue", "une vérification est en retard"};
inline constexpr Text integrity_verified{"all was read, {0} ago at most",
                                         "tout a été relu, il y a {0} au plus"};
inline constexpr Text test_failed{"the last test of {0} failed", "le dernier test de {0} a échoué"};
inline constexpr Text test_overdue{"overdue for {0}, next: {1}", "en retard de {0}, prochain : {1}"};
inline constexpr Text test_untested{"no test yet, due in {0}", "pas encore de test, à faire sous {0}"};
inline constexpr Text test_equipment{"{0} was not tested for too long",
                                     "{0} n’a pas été testé depuis trop longtemps"};
inline constexpr Text test_due{"the next one is due in {0}", "le prochain est à faire sous {0}"};
inline constexpr Text review_overdue{"{0} not signed in time", "{0} non signée à temps"};
inline constexpr Text review_overdue_many{"{0} not signed in time", "{0} non signées à temps"};
inline constexpr Text review_last_refuses{"the last one refuses what it saw",
                                          "la dernière refuse ce qu’elle a constaté"};
inline constexpr Text review_due{"{0} to sign within {1}", "{0} à signer sous {1}"};
inline constexpr Text review_done{"signed for {0}", "signées pour {0}"};
inline constexpr Text responsible_vacant{"nobody is named", "personne n’est désigné"};
inline constexpr Text responsible_not_enrolled{"{0} has no identity here", "{0} n’a pas d’identité ici"};
inline constexpr Text responsible_no_deputy{"{0}, without a deputy", "{0}, sans suppléant"};
inline constexpr Text responsible_named{"{0}, with a deputy", "{0}, avec suppléant"};
inline constexpr Text space_low{"{0} % free", "{0} % libre"};
inline constexpr Text space_low_days{"{0} % free, full in {1} at this pace",
                                     "{0} % libre, plein dans {1} à ce rythme"};
inline constexpr Text keys_encryption{"encryption failed its own test",
                                      "le chiffrement a échoué à son propre test"};
inline constexpr Text keys_ways{"{0} way in", "{0} accès"};
inline constexpr Text keys_ways_many{"{0} ways in", "{0} accès"};

// Durations: a number and its unit.
inline constexpr Text for_minutes{"{0} min", "{0} min"};
inline constexpr Text for_hours{"{0} h", "{0} h"};
inline constexpr Text for_days{"{0} d", "{0} j"};

// Kinds of words in rows.
inline constexpr Text severity_critical{"critical", "critique"};
inline constexpr Text severity_major{"major", "majeure"};
inline constexpr Text severity_minor{"minor", "mineure"};
inline constexpr Text anomaly_open{"open", "ouverte"};
inline constexpr Text anomaly_acknowledged{"acknowledged", "prise en compte"};
inline constexpr Text anomaly_treated{"treated", "traitée"};
inline constexpr Text time_left{"{0} left", "reste {0}"};
inline constexpr Text time_over{"{0} late", "retard {0}"};
inline constexpr Text category_cameras{"cameras", "caméras"};
inline constexpr Text category_recording{"recording", "enregistrement"};
inline constexpr Text category_firmware{"firmware", "micrologiciel"};
inline constexpr Text category_rights{"users and rights", "utilisateurs et droits"};
inline constexpr Text category_other{"other", "autre"};
inline constexpr Text mode_auto{"automatic", "automatique"};
inline constexpr Text mode_manual{"by hand", "à la main"};
inline constexpr Text contract_of_level{"{0} contract", "contrat {0}"};
inline constexpr Text contract_unknown_level{"contract of unknown level", "contrat de niveau inconnu"};
inline constexpr Text review_site{"site", "site"};
inline constexpr Text review_internal{"internal", "interne"};
inline constexpr Text from_cloud{"from the cloud", "depuis le cloud"};
inline constexpr Text from_physical{"from the physical medium", "depuis le support physique"};
inline constexpr Text from_local{"from this copy", "depuis cette copie"};

// The answer, before everything else.
inline constexpr Text verdict_ok{"all is as it must be", "tout est comme il se doit"};
inline constexpr Text verdict_watch{"nothing is wrong; some points need watching",
                                    "rien de non conforme ; des points sont à surveiller"};
inline constexpr Text verdict_unknown{"not everything is known", "tout n’est pas connu"};
inline constexpr Text verdict_bad{"action is needed", "une action est nécessaire"};
inline constexpr Text site_protected{"protected", "protégé"};
inline constexpr Text site_not_protected{"not protected", "non protégé"};
inline constexpr Text count_anomalies{"open anomalies: {0}, late: {1}",
                                      "anomalies ouvertes : {0}, en retard : {1}"};
inline constexpr Text as_of{"as of {0}", "au {0}"};

// status alone.
inline constexpr Text as_of_future{"--as-of {0} is still to come", "--as-of {0} est encore à venir"};
inline constexpr Text hint_as_of{"give a time that has passed", "indiquez un moment passé"};
inline constexpr Text as_of_before{"there was no repository yet at {0}",
                                   "le dépôt n’existait pas encore au {0}"};
inline constexpr Text more_rows{"… and {0} more", "… et {0} de plus"};
inline constexpr Text more_rows_below{"… and {0} more, each with its site",
                                      "… et {0} de plus, chacune à son site"};

// dashboard.
inline constexpr Text page_title{"backups of configurations", "sauvegardes des configurations"};
inline constexpr Text page_skip{"go to the content", "aller au contenu"};
inline constexpr Text page_fleet{"{0} sites", "{0} sites"};
inline constexpr Text page_generated{"generated", "généré le"};
inline constexpr Text page_old{
    "this page is older than {0} h: its figures are grey until it is made again",
    "cette page a plus de {0} h : ses chiffres sont grisés jusqu’à sa mise à jour"};
inline constexpr Text page_simulated{"simulated: for tests and training",
                                     "simulé : pour essais et formation"};
inline constexpr Text tile_protected{"protected sites", "sites protégés"};
inline constexpr Text tile_anomalies{"open anomalies", "anomalies ouvertes"};
inline constexpr Text tile_late{"{0} beyond their time", "dont {0} hors délai"};
inline constexpr Text tile_tests{"sites whose test is late", "sites au test en retard"};
inline constexpr Text tile_unknown{"checks without a recent figure", "contrôles sans chiffre récent"};
inline constexpr Text section_checks{"checks", "contrôles"};
inline constexpr Text section_anomalies{"anomalies", "anomalies"};
inline constexpr Text section_equipments{"equipments and twelve months", "équipements et douze mois"};
inline constexpr Text section_undeclared{"changes outside a window", "modifications non déclarées"};
inline constexpr Text section_expiries{"expiries", "expirations"};
inline constexpr Text section_space{"space", "espace"};
inline constexpr Text section_drills{"restore tests", "tests de restauration"};
inline constexpr Text section_reviews{"reviews", "revues"};
inline constexpr Text section_dispensations{"dispensations in force", "dérogations en vigueur"};
inline constexpr Text section_legend{"legend", "légende"};
inline constexpr Text section_proof{"where this comes from", "provenance"};
inline constexpr Text none_anomalies{"no open anomaly", "aucune anomalie ouverte"};
inline constexpr Text none_undeclared{"none in the last {0} days", "aucune depuis {0} jours"};
inline constexpr Text none_expiries{"none in the next {0} days", "aucune dans les {0} prochains jours"};
inline constexpr Text none_drills{"no test in twelve months", "aucun test depuis douze mois"};
inline constexpr Text none_reviews{"no month has ended yet", "aucun mois n’est encore clos"};
inline constexpr Text none_dispensations{"none", "aucune"};
inline constexpr Text none_equipments{"no equipment under contract", "aucun équipement sous contrat"};
inline constexpr Text heading_site{"site", "site"};
inline constexpr Text site_unopened{"could not be opened", "n’a pas pu être ouvert"};
inline constexpr Text heading_equipment{"equipment", "équipement"};
inline constexpr Text heading_equipments{"equipments", "équipements"};
inline constexpr Text heading_check{"check", "contrôle"};
inline constexpr Text heading_state{"state", "état"};
inline constexpr Text heading_why{"why", "pourquoi"};
inline constexpr Text heading_as_of{"figure of", "chiffre du"};
inline constexpr Text heading_what{"what", "quoi"};
inline constexpr Text opened_since{"since {0}", "depuis le {0}"};
inline constexpr Text heading_due{"to be treated", "à traiter"};
inline constexpr Text heading_severity{"severity", "gravité"};
inline constexpr Text heading_last{"last complete one", "dernière complète"};
inline constexpr Text heading_copies{"two places", "deux lieux"};
inline constexpr Text heading_size{"size", "taille"};
inline constexpr Text heading_expiry{"next expiry", "expire le"};
inline constexpr Text heading_test{"last test", "dernier test"};
inline constexpr Text heading_category{"category", "catégorie"};
inline constexpr Text heading_count{"count", "nombre"};
inline constexpr Text heading_first{"first", "première"};
inline constexpr Text heading_latest{"last", "dernière"};
inline constexpr Text heading_free{"free", "libre"};
inline constexpr Text heading_forecast{"full in", "plein dans"};
inline constexpr Text heading_date{"date", "date"};
inline constexpr Text heading_source{"from", "depuis"};
inline constexpr Text heading_level{"level", "niveau"};
inline constexpr Text heading_result{"result", "résultat"};
inline constexpr Text heading_recovery{"recovery time", "temps de reprise"};
inline constexpr Text heading_month{"month", "mois"};
inline constexpr Text heading_signed{"signed by", "signée par"};
inline constexpr Text heading_subject{"of", "objet"};
inline constexpr Text heading_until{"until", "jusqu’au"};
inline constexpr Text heading_by{"answers for it", "en répond"};
inline constexpr Text success{"success", "succès"};
inline constexpr Text failure{"failure", "échec"};
inline constexpr Text accepted{"accepted", "acceptée"};
inline constexpr Text refused{"refused", "refusée"};
inline constexpr Text overdue{"overdue", "en retard"};
inline constexpr Text to_sign{"to sign by {0}", "à signer au plus tard le {0}"};
inline constexpr Text next_test{"next: {0}, {1}, by {2}", "prochain : {0}, {1}, au plus tard le {2}"};
inline constexpr Text no_forecast{"growth not known yet", "croissance pas encore connue"};
inline constexpr Text filter_text{"filter sites", "filtrer les sites"};
inline constexpr Text filter_bad{"only what is not ok", "seulement ce qui n’est pas conforme"};
inline constexpr Text filter_count{"{0} of {1}", "{0} sur {1}"};
inline constexpr Text legend_kinds{
    "H weekly, M monthly, PRE and POST around a change; struck: expired; (H): not complete",
    "H hebdomadaire, M mensuelle, PRE et POST autour d’une modification ; barré : expirée ; (H) : "
    "incomplète"};
inline constexpr Text legend_none{"none", "aucune"};
inline constexpr Text legend_missing{"a whole month without a complete backup",
                                     "un mois entier sans sauvegarde complète"};
inline constexpr Text legend_before{"not yet in the inventory, or not over",
                                    "pas encore à l’inventaire, ou en cours"};
inline constexpr Text legend_stale{"a figure older than {0} h is grey; unknown is never green",
                                   "un chiffre de plus de {0} h est gris ; l’inconnu n’est jamais vert"};
inline constexpr Text legend_dispensed{"hatched: a named person answers for the departure",
                                       "hachuré : une personne désignée répond de l’écart"};
inline constexpr Text proof_policy{"procedure", "procédure"};
inline constexpr Text proof_profile{"retention profile", "profil de conservation"};
inline constexpr Text proof_journal{"journal", "journal"};
inline constexpr Text proof_batches{"{0} batches, the last of {1}", "{0} lots, le dernier du {1}"};
inline constexpr Text proof_head{"head", "tête"};
inline constexpr Text proof_hash{"hash of these figures", "empreinte de ces chiffres"};
inline constexpr Text month_names{"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
                                  "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc."};
inline constexpr Text count_bad{"{0} not ok", "{0} non conforme"};
inline constexpr Text count_bad_many{"{0} not ok", "{0} non conformes"};
inline constexpr Text count_unknown{"{0} unknown", "{0} inconnu"};
inline constexpr Text count_unknown_many{"{0} unknown", "{0} inconnus"};
inline constexpr Text count_stale{"{0} too old", "{0} trop ancien"};
inline constexpr Text count_stale_many{"{0} too old", "{0} trop anciens"};
inline constexpr Text count_watch{"{0} to watch", "{0} à surveiller"};
inline constexpr Text all_checks_ok{"each check is ok, from a recent figure",
                                    "chaque contrôle est conforme, d’après un chiffre récent"};
inline constexpr Text figures_of{"figures of {0}", "chiffres du {0}"};
inline constexpr Text for_years{"more than 10 years", "plus de 10 ans"};
inline constexpr Text hint_folder{"make that folder, or give another file with -o",
                                  "créez ce dossier, ou indiquez un autre fichier avec -o"};
inline constexpr Text dashboard_written{"{0} written, {1}", "{0} écrit, {1}"};

}  // namespace coffre::texts
