#!/usr/bin/python3
"""A capture of a real ZoneMinder by coffre, beside the same by hand with curl and mariadb-dump.

Starts a ZoneMinder of its own (tests/servers/zoneminder.sh, as root), with cameras in it, and prints wall and
CPU seconds of the clients for each round: the first capture, one of the same again, one after a change. By
hand: a login, one curl for each part of the API and a dump, into plain files; what coffre does beside that is
to parse, compress, encrypt, sign and store. What the server takes is in the wall time of both.

zoneminder.py [--cameras N] [--json FILE]      COFFRE_EXE: the program, else build/coffre
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import measure

HERE = pathlib.Path(__file__).resolve().parent
SERVER = HERE.parent / "tests" / "servers" / "zoneminder.sh"
PARTS = ("host/getVersion", "monitors", "zones", "groups", "storage", "servers", "controls", "zonePresets",
         "states", "configs", "users/index/limit:100/page:1")  # fmt: skip
TABLES = ("Config Servers Storage Manufacturers Models Controls MonitorPresets ZonePresets Monitors Zones"
          " ControlPresets TriggersX10 Devices Groups Groups_Monitors Users States Filters Maps"
          " MontageLayouts").split()  # fmt: skip
BY_HAND = r"""set -eu
cd "$OUT"
curl() { command curl -sS --fail --noproxy '*' --cacert "$CA" "$@"; }
token=$(curl -d "user=$LOGIN&pass=$PASSWORD" "$URL/api/host/login.json" |
    sed 's/.*"access_token":"\([^"]*\)".*/\1/')
for part in $PARTS; do curl -o "$(echo "$part" | tr / -).json" "$URL/api/$part.json?token=$token"; done
printf '[client]\nuser=%s\npassword="%s"\nsocket=%s\n' "$DATABASE_USER" "$DATABASE_PASSWORD" \
    "$DATABASE_SOCKET" >my.cnf
mariadb-dump --defaults-file=my.cnf --single-transaction --skip-dump-date --order-by-primary \
    --skip-extended-insert --complete-insert --no-create-info --no-tablespaces zm $TABLES >database.sql
"""


def sql(server, text):
    subprocess.run(["mariadb", "--no-defaults", f"--socket={server['DATABASE_SOCKET']}", "zm"], input=text,
                   text=True, check=True)  # fmt: skip


def fill(server, cameras):
    rows = ",".join(
        f"({i},'CAM-{i:03}','Ffmpeg','Modect','rtsp://u:p@192.0.2.{i % 250 + 1}/live',1920,1080,4)"
        for i in range(1, cameras + 1)
    )
    sql(server,
        "INSERT INTO Monitors (Id, Name, Type, Function, Path, Width, Height, Colours) VALUES " + rows)


class ByHand:
    name = "by hand"

    def __init__(self, scratch, server):
        self.top = scratch / "by-hand"
        self.server = server
        self.round = 0

    def capture(self):
        self.round += 1
        folder = self.top / str(self.round)
        folder.mkdir(parents=True)
        env = {**os.environ, **self.server, "OUT": str(folder), "PARTS": " ".join(PARTS),
               "TABLES": " ".join(TABLES)}  # fmt: skip
        return measure.run(["bash", "-c", BY_HAND], env)


class Coffre:
    name = "coffre"

    def __init__(self, scratch, server):
        self.program = os.environ.get("COFFRE_EXE", str(HERE.parent / "build" / "coffre"))
        self.env = {**os.environ, "COFFRE_REPO": str(scratch / "repository"),
                    "COFFRE_KEY_FILE": str(scratch / "key"), "COFFRE_CACHE_DIR": str(scratch / "cache"),
                    "COFFRE_LANG": "en"}  # fmt: skip
        measure.run([self.program, "init", "--client", "CLIEXEMP", "--site", "SIEGEPARIS", "--key-file-out",
                     str(scratch / "key")], {**self.env, "COFFRE_PASSWORD": "not a secret"})  # fmt: skip
        secrets = []
        for secret in ("PASSWORD", "DATABASE_PASSWORD"):
            file = scratch / secret
            file.write_text(server[secret] + "\n", encoding="utf-8")
            file.chmod(0o600)
            secrets += ["--secret-file", f"{secret.lower().replace('_', '-')}={file}"]
        settings = {"url": server["URL"], "user": server["LOGIN"], "ca-file": server["CA"], "stage": "test",
                    "database-socket": server["DATABASE_SOCKET"],
                    "database-user": server["DATABASE_USER"]}  # fmt: skip
        pairs = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
        self.run("equipment", "add", "VMS", "--type", "VMS", "--driver", "zoneminder", *pairs, *secrets)

    def run(self, *arguments):
        return measure.run([self.program, *arguments], self.env)

    def capture(self):
        return self.run("capture", "VMS")


def race(scratch, server, cameras):
    fill(server, cameras)
    tools = [ByHand(scratch, server), Coffre(scratch, server)]
    rounds = (("first", ""), ("again", ""),
              ("after a change", "UPDATE Monitors SET Function = 'Mocord' WHERE Id = 1"))  # fmt: skip
    result = {}
    for name, change in rounds:
        if change:
            sql(server, change)
        costs = {tool.name: tool.capture().json() for tool in tools}
        ratio = costs["coffre"]["wall"] / costs["by hand"]["wall"]
        result[name] = {**costs, "wall_ratio": round(ratio, 2)}
        for tool, cost in costs.items():
            print(f"{name:15} {tool:8} {cost['wall']:7.3f} s wall {cost['cpu']:7.3f} s CPU")
        print(f"{name:15} coffre / by hand: {ratio:.2f}")
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--cameras", type=int, default=40)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="coffre-zoneminder-") as folder:
        scratch = pathlib.Path(folder)
        scratch.chmod(0o755)  # the server's processes are other users
        work = scratch / "server"
        try:
            done = subprocess.run([SERVER, "start", work], stdout=subprocess.PIPE, text=True, check=False)
            if done.returncode != 0:
                print("zoneminder.py: ZoneMinder cannot run here", file=sys.stderr)
                return done.returncode
            server = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
            result = race(scratch, server, options.cameras)
        finally:
            subprocess.run([SERVER, "stop", work], check=False)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
