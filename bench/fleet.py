#!/usr/bin/python3
"""Measures what a fleet costs: many small sites in one vault folder, opened by one identity.

Makes the sites (each a repository with one equipment and one snapshot, which admits one person) unless the
folder has them already, then times `fleet` commands over all of them. Making a site derives a passphrase, so
keep the folder: --folder.

fleet.py --coffre PROGRAM [--folder FOLDER] [--sites N] [--repeats N]
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import measure

PASSPHRASE = "correct horse battery staple"
COMMANDS = (("status",), ("run",), ("dashboard", "-o", "fleet.html"))


def say(text):
    print(f"fleet: {text}", file=sys.stderr, flush=True)


class Fleet:
    def __init__(self, program, folder):
        self.program = os.path.abspath(program)
        self.folder = pathlib.Path(folder).absolute()
        self.vault = self.folder / "vault"
        self.identity = self.folder / "identity"
        self.env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "COFFRE_LANG": "en",
                    "COFFRE_CACHE_DIR": str(self.folder / "cache"),
                    "XDG_STATE_HOME": str(self.folder / "state"),
                    "XDG_CONFIG_HOME": str(self.folder / "config"), "COFFRE_PASSWORD": PASSPHRASE}

    def run(self, *arguments, **env):
        return subprocess.run([self.program, *map(str, arguments)], env={**self.env, **env}, check=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout.decode()

    def make(self, count):
        self.vault.mkdir(parents=True, exist_ok=True)
        if not self.identity.exists():
            self.run("--identity", self.identity, "identity", "new", "--name", "Bench")
        card = self.run("--identity", self.identity, "identity", "show", "--card").strip()
        source = self.folder / "export"
        source.mkdir(exist_ok=True)
        for number in range(10):
            (source / f"camera{number}.json").write_text(f'{{"id": {number}, "name": "Entrance {number}"}}\n')
        for number in range(count):
            site = self.vault / f"CLIENT{number % 10}" / f"SITE{number:03}"
            if (site / "made").exists():
                continue
            shutil.rmtree(site, ignore_errors=True)
            key = self.folder / "key"
            key.unlink(missing_ok=True)
            self.run("-q", "-r", site, "init", "--client", f"CLIENT{number % 10}",
                     "--site", f"SITE{number:03}", "--key-file-out", key)
            with_key = {"COFFRE_REPO": str(site), "COFFRE_KEY_FILE": str(key)}
            self.run("-q", "capture", "NVR-HALL", "--type", "NVR", "--from", source, **with_key)
            self.run("-q", "people", "add", "Bench", "--card", card, **with_key)
            self.run("-q", "people", "responsible", "Bench", **with_key)
            (site / "made").touch()
            if number % 25 == 24:
                say(f"{number + 1} sites")

    def measure(self, name, *more):
        env = {**self.env, "COFFRE_IDENTITY": str(self.identity)}
        return measure.run([self.program, "fleet", name, str(self.vault), *more, "--json"], env, self.folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--coffre", required=True)
    parser.add_argument("--folder")
    parser.add_argument("--sites", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    folder = options.folder or tempfile.mkdtemp(prefix="coffre-fleet-")
    try:
        fleet = Fleet(options.coffre, folder)
        fleet.make(options.sites)
        print(f"{options.sites} sites; the identity's derivation alone is in each figure")
        print(f"{'command':16} {'CPU s':>8} {'wall s':>8} {'peak MB':>8}")
        for command in COMMANDS:
            fleet.measure(*command)  # fills the caches; `run` does what is due
            cost = measure.median([fleet.measure(*command) for _ in range(options.repeats)])
            print(f"fleet {command[0]:10} {cost.cpu:8.2f} {cost.wall:8.2f} {cost.peak / 1e6:8.0f}",
                  flush=True)
    finally:
        if not options.folder:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
