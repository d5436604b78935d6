#pragma once
// What each kind of anomaly is called, and what is to be done about it.

#include <string_view>

#include "base/message.hpp"

namespace coffre::texts {

struct AnomalyText {
    std::string_view kind;  // of rules::anomaly_kinds()
    Text title, way_out;
};

inline constexpr AnomalyText anomaly_texts[] = {
    {"backup_missing",
     {"no complete backup within the time allowed", "aucune sauvegarde complète dans le délai prévu"},
     {"capture it, or treat with a reason", "capturez-le, ou traitez avec un motif"}},
    {"hebdo_missing",
     {"no weekly backup in the last whole week", "aucune sauvegarde hebdomadaire la semaine dernière"},
     {"capture it, and look at why the schedule did not", "capturez-le, et voyez pourquoi rien n’a tourné"}},
    {"backup_partial",
     {"the newest backup is not complete", "la dernière sauvegarde n’est pas complète"},
     {"see what could not be read with equipment test, then capture again",
      "voyez ce qui n’a pas été lu avec equipment test, puis capturez à nouveau"}},
    {"monthly_missing",
     {"no monthly backup yet this month", "pas encore de sauvegarde mensuelle ce mois-ci"},
     {"capture it: the first complete one is the month’s",
      "capturez-le : la première complète sera la mensuelle"}},
    {"manual_undispensed",
     {"captured by hand without a dispensation", "sauvegardé à la main sans dérogation"},
     {"sign a dispensation, or give it a driver", "signez une dérogation, ou donnez-lui un pilote"}},
    {"intervention_incomplete",
     {"an intervention was closed without its captures", "une intervention close sans ses sauvegardes"},
     {"capture what it was to capture", "capturez ce qu’elle devait sauvegarder"}},
    {"pre_missing",
     {"a change was begun without its backup before", "une modification commencée sans sauvegarde préalable"},
     {"end the change, and say why", "terminez la modification, et dites pourquoi"}},
    {"post_missing",
     {"the backup after a change is missing", "la sauvegarde après modification manque"},
     {"end the change with change end", "terminez la modification avec change end"}},
    {"undeclared_change",
     {"changed outside any change window", "modifié hors de toute fenêtre de modification"},
     {"compare the two snapshots with diff, then resolve with the cause",
      "comparez les deux sauvegardes avec diff, puis résolvez avec la cause"}},
    {"copy_missing",
     {"not verified in time at both places", "non vérifié à temps aux deux emplacements"},
     {"mirror to that place, or plug in the medium", "copiez vers cet emplacement, ou branchez le support"}},
    {"encryption_error",
     {"encryption failed its own test", "le chiffrement a échoué à son propre test"},
     {"do not use this machine; run verify elsewhere",
      "n’utilisez plus cette machine ; lancez verify ailleurs"}},
    {"integrity",
     {"stored data is damaged or missing", "des données stockées sont abîmées ou manquantes"},
     {"repair from another copy, then verify again",
      "réparez depuis une autre copie, puis vérifiez à nouveau"}},
    {"clear_text",
     {"a configuration is left in clear on a disk", "une configuration reste en clair sur un disque"},
     {"delete the exported files, or capture with --remove-source",
      "supprimez les fichiers exportés, ou capturez avec --remove-source"}},
    {"medium_unencrypted",
     {"the physical medium is not encrypted", "le support physique n’est pas chiffré"},
     {"encrypt it, or sign a dispensation", "chiffrez-le, ou signez une dérogation"}},
    {"redundancy_weak",
     {"the two places are too near each other", "les deux emplacements sont trop proches"},
     {"move one of them, or sign a dispensation", "déplacez l’un d’eux, ou signez une dérogation"}},
    {"drill_overdue",
     {"a restore test is overdue", "un test de restauration est en retard"},
     {"run the one that drill due names", "faites celui que nomme drill due"}},
    {"drill_failed",
     {"a restore test failed", "un test de restauration a échoué"},
     {"capture anew, pass the test again, then resolve with the cause",
      "sauvegardez à nouveau, réussissez le test, puis résolvez avec la cause"}},
    {"equipment_drill_overdue",
     {"its own yearly restore test is overdue", "son propre test de restauration annuel est en retard"},
     {"test it next", "testez-le au prochain test"}},
    {"review_missing",
     {"a monthly review is not signed", "une revue mensuelle n’est pas signée"},
     {"sign it with review", "signez-la avec review"}},
    {"responsible_missing",
     {"nobody is responsible for the site", "personne n’est responsable du site"},
     {"admit them with people add, then people responsible NAME",
      "admettez la personne avec people add, puis people responsible NOM"}},
    {"contract_unknown",
     {"the contract’s level is not known", "le niveau du contrat n’est pas connu"},
     {"say it with site edit --contract", "indiquez-le avec site edit --contract"}},
    {"dispensation_expired",
     {"a dispensation has expired", "une dérogation a expiré"},
     {"sign a new one, or end its reason", "signez-en une nouvelle, ou mettez fin à sa cause"}},
    {"space_low",
     {"space runs out", "l’espace vient à manquer"},
     {"make room or enlarge the disk; gc frees what the policy lets go",
      "faites de la place ou agrandissez le disque ; gc libère ce que la politique laisse partir"}},
    {"certificate_changed",
     {"an equipment shows another certificate", "un équipement présente un autre certificat"},
     {"find out why on the spot, then pin the new one with equipment edit",
      "cherchez pourquoi sur place, puis fixez le nouveau avec equipment edit"}},
    {"rollback",
     {"a copy went back to an older state", "une copie est revenue à un état antérieur"},
     {"keep both copies and find out who had access", "gardez les deux copies et cherchez qui y a eu accès"}},
    {"clock",
     {"this machine’s clock is wrong", "l’horloge de cette machine est fausse"},
     {"set the clock, then run again", "mettez l’horloge à l’heure, puis relancez run"}},
    {"keys",
     {"there is one way in alone", "il n’y a qu’un seul accès"},
     {"add recovery words or a second key with key add",
      "ajoutez des mots de secours ou une seconde clé avec key add"}},
    {"hook_failed",
     {"a hook fails", "un script de notification échoue"},
     {"run its command by hand and read its errors", "lancez sa commande à la main et lisez ses erreurs"}},
    {"dashboard_stale",
     {"the dashboard cannot be written", "le tableau de bord ne peut pas être écrit"},
     {"run coffre run and read its error", "lancez coffre run et lisez son erreur"}},
};

inline constexpr Text unknown_anomaly{"of a kind that this version does not know",
                                      "d’un genre que cette version ne connaît pas"};
inline constexpr Text unknown_anomaly_way_out{"use a newer coffre",
                                              "utilisez une version plus récente de coffre"};

inline const AnomalyText* find_anomaly_text(std::string_view kind) {
    for (const auto& one : anomaly_texts)
        if (one.kind == kind) return &one;
    return nullptr;
}

inline Message anomaly_title(std::string_view kind) {
    const auto* found = find_anomaly_text(kind);
    return {Msg::none, {}, found == nullptr ? &unknown_anomaly : &found->title};
}
inline Message anomaly_way_out(std::string_view kind) {
    const auto* found = find_anomaly_text(kind);
    return {Msg::none, {}, found == nullptr ? &unknown_anomaly_way_out : &found->way_out};
}

}  // namespace coffre::texts
