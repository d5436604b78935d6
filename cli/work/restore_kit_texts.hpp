#pragma once
// The texts of a restore kit: files of their own, each in its language, and never shown by a command.

#include <string_view>

namespace coffre::cli {

// {RUN}: what runs the program; {FIRST}: the file of the kit that this begins with.
inline constexpr std::string_view kit_launcher = R"sh(#!/bin/sh
# Runs coffre from this folder. Needs nothing of the system but this shell.
here=${0%/*}
[ "$here" = "$0" ] && here=.
case $here in /*) ;; *) here=$PWD/$here ;; esac
if [ ! -x "$here/{FIRST}" ]; then
    echo "coffre: this medium does not let programs run; copy the folder restore-kit to a disk of this" \
        "machine (cp -r), then: sh restore-kit/coffre --repo FOLDER log" >&2
    echo "coffre : ce support ne permet pas de lancer des programmes ; copiez le dossier restore-kit sur un" \
        "disque de cette machine (cp -r), puis : sh restore-kit/coffre --repo DOSSIER log" >&2
    exit 126
fi
TZDIR=$here/share/zoneinfo
export TZDIR
exec {RUN} "$@"
)sh";

// {VERSION}, {MACHINE}, {KIT}: the folder's name.
inline constexpr std::string_view kit_readme = R"txt(RESTORING FROM THIS MEDIUM

The folder above this one is a copy of an encrypted repository of coffre. This folder, {KIT}, holds
what is needed to restore from it: the program (coffre {VERSION}, for Linux on {MACHINE}), its libraries, its
time zone files, and the description of the format (FORMAT.md). Nothing has to be installed, and no
network is needed. Without the passphrase, the key file or the 24 recovery words, nothing can be read.

1. Plug the medium into a machine with Linux ({MACHINE}). If the medium is encrypted, open it first.
   Become root if files are refused. Take part of no network if the reason for this is an attack.

2. Go into this folder:

       cd {KIT}

3. Check that the program is as it was written:

       sha256sum -c SHA256SUMS

   The number of SHA256SUMS itself stands in the journal, and on paper where somebody noted it:

       sha256sum SHA256SUMS

4. List the snapshots. The passphrase is asked for; the 24 recovery words can be typed in its place.
   With a key file, add --key-file FILE:

       ./coffre --repo .. log

5. Restore one, by its name in that list, into memory (/dev/shm) or onto an encrypted disk:

       ./coffre --repo .. restore NAME --to /dev/shm/restored

   The newest one of every equipment:

       ./coffre --repo .. restore --all --to /dev/shm/restored

   Every byte is compared after it was written. A folder on a disk in clear is refused; if it has to be:
   --allow-plaintext "the reason", which the journal keeps.

6. If the program may not run from the medium, copy this folder to a disk of the machine; the repository
   stays where it is:

       cp -r {KIT} /tmp
       sh /tmp/{KIT}/coffre --repo FOLDER-OF-THE-COPY log

7. When all is over: make new recovery words if the old ones were used, and put the medium back.

All commands: ./coffre help. Is the whole copy sound, without any key: ./coffre --repo .. verify --no-key
)txt";

inline constexpr std::string_view kit_lisezmoi = R"txt(RESTAURER DEPUIS CE SUPPORT

Le dossier parent est une copie d’un dépôt chiffré de coffre. Ce dossier, {KIT}, contient ce qu’il faut
pour restaurer : le programme (coffre {VERSION}, pour Linux sur {MACHINE}), ses bibliothèques, ses fichiers de
fuseaux horaires, et la description du format (FORMAT.md). Rien n’est à installer, aucun réseau n’est
nécessaire. Sans la phrase secrète, le fichier de clé ou les 24 mots de récupération, rien n’est lisible.

1. Branchez le support sur une machine Linux ({MACHINE}). S’il est chiffré, ouvrez-le d’abord.
   Passez root si l’accès aux fichiers est refusé. Après une attaque, restez hors de tout réseau.

2. Allez dans ce dossier :

       cd {KIT}

3. Vérifiez que le programme est tel qu’il a été écrit :

       sha256sum -c SHA256SUMS

   L’empreinte de SHA256SUMS lui-même est dans le journal, et sur papier si quelqu’un l’a notée :

       sha256sum SHA256SUMS

4. Listez les sauvegardes. La phrase secrète est demandée ; les 24 mots de récupération peuvent être tapés
   à sa place. Avec un fichier de clé, ajoutez --key-file FICHIER :

       ./coffre --repo .. log

5. Restaurez-en une, par son nom dans cette liste, en mémoire (/dev/shm) ou sur un disque chiffré :

       ./coffre --repo .. restore NOM --to /dev/shm/restauration

   La plus récente de chaque équipement :

       ./coffre --repo .. restore --all --to /dev/shm/restauration

   Chaque octet est comparé après écriture. Un dossier sur un disque en clair est refusé ; s’il le faut :
   --allow-plaintext "la raison", que le journal garde.

6. Si le programme ne peut pas être lancé depuis le support, copiez ce dossier sur un disque de la machine ;
   le dépôt reste où il est :

       cp -r {KIT} /tmp
       sh /tmp/{KIT}/coffre --repo DOSSIER-DE-LA-COPIE log

7. À la fin : faites de nouveaux mots de récupération si les anciens ont servi, et rangez le support.

Toutes les commandes : ./coffre help. La copie est-elle entière, sans clé : ./coffre --repo .. verify --no-key
)txt";

}  // namespace coffre::cli
