#pragma once
// What is said of identities and people.

#include "base/message.hpp"

namespace coffre::texts {

inline constexpr Text identity_missing{"there is no identity at {0}", "aucune identité à l’emplacement {0}"};
inline constexpr Text hint_identity_new{
    "make one with 'coffre identity new', or name its file with --identity",
    "créez-en une avec « coffre identity new », ou indiquez son fichier avec --identity"};
inline constexpr Text hint_identity_damaged{
    "bring the file back from a copy, or make another identity and have it admitted",
    "reprenez le fichier d’une copie, ou créez une autre identité et faites-la admettre"};
inline constexpr Text identity_wrong{"the passphrase does not open the identity {0}",
                                     "la phrase secrète n’ouvre pas l’identité {0}"};
inline constexpr Text identity_no_passphrase{"no passphrase was given for the identity {0}",
                                             "aucune phrase secrète n’a été donnée pour l’identité {0}"};
inline constexpr Text hint_identity_passphrase{
    "give --password-file or --password-command, or run on a terminal to be asked",
    "donnez --password-file ou --password-command, ou lancez la commande dans un terminal pour qu’elle soit "
    "demandée"};
inline constexpr Text identity_unlisted{"this repository did not admit the identity {0}",
                                        "ce dépôt n’a pas admis l’identité {0}"};
inline constexpr Text hint_identity_unlisted{
    "who can open it admits it: 'coffre identity show --card', then there 'coffre people add'",
    "qui peut l’ouvrir l’admet : « coffre identity show --card », puis là-bas « coffre people add »"};
inline constexpr Text signature_wanted{
    "a person's signature is wanted here, and no identity is at hand",
    "la signature d’une personne est requise ici, et aucune identité n’est disponible"};
inline constexpr Text not_signed_by_person{"not signed by {0}: {1}", "non signé par {0} : {1}"};
inline constexpr Text signer_unknown{
    "the identity {0} is of nobody in this site's records",
    "l’identité {0} n’est celle de personne dans les enregistrements de ce site"};
inline constexpr Text hint_signer_unknown{
    "have it admitted: 'coffre identity show --card', then 'coffre people add'",
    "faites-la admettre : « coffre identity show --card », puis « coffre people add »"};
inline constexpr Text identity_there{"there is an identity at {0} already",
                                     "il y a déjà une identité à l’emplacement {0}"};
inline constexpr Text hint_identity_there{
    "it may open sites: keep it, or name another file with --identity",
    "elle ouvre peut-être des sites : gardez-la, ou indiquez un autre fichier avec --identity"};
inline constexpr Text no_identity_place{
    "there is no place for an identity: neither HOME nor XDG_CONFIG_HOME is set",
    "aucun emplacement pour une identité : ni HOME ni XDG_CONFIG_HOME ne sont définies"};
inline constexpr Text hint_identity_place{"name a file with --identity",
                                          "indiquez un fichier avec --identity"};
inline constexpr Text identity_made{"made the identity of {0}: {1}", "identité de {0} créée : {1}"};
inline constexpr Text identity_next{
    "keep a copy of this file, and give the card to who opens the site: coffre identity show --card",
    "gardez une copie de ce fichier, et donnez la carte à qui ouvre le site : coffre identity show --card"};
inline constexpr Text identity_changed{"the identity {0} has another passphrase now",
                                       "l’identité {0} a maintenant une autre phrase secrète"};
inline constexpr Text identity_old_copies{
    "a copy of the old file still opens with the old passphrase",
    "une copie de l’ancien fichier s’ouvre encore avec l’ancienne phrase secrète"};
inline constexpr Text bad_name{"{0} is no name for a card: one line, 128 bytes at most",
                               "{0} ne convient pas comme nom sur une carte : une ligne, 128 octets au plus"};
inline constexpr Text bad_mail{
    "{0} is no mail address for a card: no space, 128 bytes at most",
    "{0} ne convient pas comme adresse sur une carte : pas d’espace, 128 octets au plus"};
inline constexpr Text bad_card{"this is no card of coffre, or it was changed",
                               "ce n’est pas une carte de coffre, ou elle a été modifiée"};
inline constexpr Text hint_card{
    "give the line that 'coffre identity show --card' prints, or a file with it",
    "donnez la ligne qu’affiche « coffre identity show --card », ou un fichier qui la contient"};
inline constexpr Text person_there{"{0} is one of this site's people already",
                                   "{0} fait déjà partie des personnes de ce site"};
inline constexpr Text hint_person_there{
    "to give them another card: 'coffre people remove', then add again",
    "pour lui donner une autre carte : « coffre people remove », puis ajoutez de nouveau"};
inline constexpr Text card_of_other{"that card is in these records already, as {0}",
                                    "cette carte est déjà dans ces enregistrements, sous le nom {0}"};
inline constexpr Text person_unknown{"{0} is none of this site's people",
                                     "{0} ne fait pas partie des personnes de ce site"};
inline constexpr Text hint_people{"'coffre people list' shows them, 'coffre people add' adds one",
                                  "« coffre people list » les affiche, « coffre people add » en ajoute une"};
inline constexpr Text person_answers{
    "{0} answers for this site: it would have no responsible, or no deputy, any more",
    "{0} répond de ce site : il n’aurait plus de responsable, ou plus de suppléant"};
inline constexpr Text hint_person_answers{
    "name others first: 'coffre people responsible NAME --deputy NAME'",
    "nommez-en d’abord d’autres : « coffre people responsible NOM --deputy NOM »"};
inline constexpr Text deputy_is_responsible{"{0} cannot be the deputy of themselves",
                                            "{0} ne peut pas être son propre suppléant"};
inline constexpr Text hint_deputy{"name two people", "nommez deux personnes"};
inline constexpr Text person_added{"added {0}: the identity {1} opens this site now",
                                   "{0} : l’identité {1} ouvre maintenant ce site"};
inline constexpr Text person_gone{"removed {0}: that identity opens this site no more",
                                  "{0} : cette identité n’ouvre plus ce site"};
inline constexpr Text responsible_now{"{0} is responsible for this site, deputy: {1}",
                                      "{0} est responsable de ce site, suppléant : {1}"};
inline constexpr Text no_people{"nobody's identity was admitted yet",
                                "aucune identité n’a encore été admise"};
inline constexpr Text mark_responsible{"responsible since {0}", "responsable depuis {0}"};
inline constexpr Text mark_deputy{"deputy since {0}", "suppléant depuis {0}"};
inline constexpr Text mark_locked_out{"no way in", "sans accès"};
inline constexpr Text responsible_not_known{
    "{0} is named {1} and is none of this site's people",
    "{0} est inscrit comme {1} et ne fait pas partie des personnes de ce site"};
inline constexpr Text nobody_responsible{"nobody is responsible for this site",
                                         "personne n’est responsable de ce site"};
inline constexpr Text hint_nobody_responsible{"name one: 'coffre people responsible NAME'",
                                              "nommez quelqu’un : « coffre people responsible NOM »"};
inline constexpr Text label_name{"name", "nom"};
inline constexpr Text label_mail{"mail", "adresse"};
inline constexpr Text label_key{"signing key", "clé de signature"};
inline constexpr Text label_recipient{"recipient", "destinataire"};
inline constexpr Text label_file{"file", "fichier"};
inline constexpr Text identity_needs_passphrase{"a new identity needs a passphrase",
                                                "une nouvelle identité a besoin d’une phrase secrète"};
inline constexpr Text hint_new_identity_passphrase{
    "give --new-password-file, or run on a terminal to be asked",
    "donnez --new-password-file, ou lancez la commande dans un terminal pour qu’elle soit demandée"};

}  // namespace coffre::texts
