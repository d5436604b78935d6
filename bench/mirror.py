#!/usr/bin/python3
"""A year's fleet copied to an object store: `coffre mirror` beside `restic copy` and `rclone sync`.

One run and one real gateway (Ceph, tests/servers/ceph_rgw.sh), each tool below a prefix of its own: a first
copy, a copy after one more week, and one with nothing new. Prints wall and CPU seconds, requests and bytes.

mirror.py [--weeks N] [--cameras N] [--json FILE] [--growth]
    --growth  in place of the race: a weekly gc for a year, mirrored to a folder that is never pruned; prints
              the bytes there against the bytes here
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import history
import measure
import tools

HERE = pathlib.Path(__file__).resolve().parent
GATEWAY = HERE.parent / "tests" / "servers" / "ceph_rgw.sh"
FOLDERS = ("packs", "index", "keys", "retired", "journal")


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def repository_bytes(top):
    return sum(path.stat().st_size for name in FOLDERS for path in pathlib.Path(top, name).glob("*"))


class Gateway:
    def __init__(self, work):
        self.work = work

    def __enter__(self):
        subprocess.run([GATEWAY, "start", self.work], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        lines = pathlib.Path(self.work, "env").read_text(encoding="ascii").splitlines()
        self.told = dict(line.split("=", 1) for line in lines)
        lines = pathlib.Path(self.work, "credentials").read_text(encoding="ascii").splitlines()
        self.secret = dict(line.split("=", 1) for line in lines)
        self.endpoint = f"http://127.0.0.1:{self.told['PORT']}"
        return self

    def __exit__(self, *_):
        subprocess.run([GATEWAY, "stop", self.work], check=False)

    def requests(self):
        log = pathlib.Path(self.work, "log", "client.gateway.log")
        return log.read_text(encoding="utf-8", errors="replace").count(" beast: 0x")

    def stored(self):
        ask = ["radosgw-admin", "-c", os.path.join(self.work, "ceph.conf"), "-n", "client.gateway", "bucket",
               "stats", "--bucket=coffre"]
        done = subprocess.run(ask, check=True, capture_output=True)
        return json.loads(done.stdout)["usage"].get("rgw.main", {}).get("size", 0)

    def variables(self):
        return {"AWS_ACCESS_KEY_ID": self.secret["user"], "AWS_SECRET_ACCESS_KEY": self.secret["password"],
                "AWS_DEFAULT_REGION": self.told["REGION"]}


class Race:
    def __init__(self, scratch, options, gateway):
        self.scratch, self.options, self.gateway = scratch, options, gateway
        self.fleet = os.path.join(scratch, "fleet")
        history.write(self.fleet, options.weeks + 2, options.cameras, options.seed)
        self.rows = []

    def measure(self, tool, step, run):
        requests, stored = self.gateway.requests(), self.gateway.stored()
        cost = run()
        requests, stored = self.gateway.requests() - requests, self.gateway.stored() - stored
        self.rows.append({"tool": tool, "step": step, "requests": requests, "bytes": stored, **cost.json()})
        say(f"{tool:8} {step:12} {cost.wall:8.2f} s wall {cost.cpu:7.2f} s CPU {requests:6} requests "
            f"{stored / 1e6:9.2f} MB")

    def capture(self, tool, weeks):
        for number in weeks:
            folder = os.path.join(self.fleet, sorted(os.listdir(self.fleet))[number])
            for name, kind, _, _ in history.FLEET:
                tool.capture(Unit(name, kind), os.path.join(folder, name), history.when(number))

    def three_times(self, name, tool, copy, more):
        self.measure(name, "first", copy)
        self.capture(tool, [more])
        self.measure(name, "a week more", copy)
        self.measure(name, "nothing new", copy)

    def started(self, kind):
        tool = kind(os.path.join(self.scratch, kind.__name__.lower()))
        tool.prepare()
        tool.init()
        self.capture(tool, range(self.options.weeks))
        return tool

    def coffre(self):
        tool = self.started(tools.Coffre)
        tool.run("remote", "add", "cloud", f"{self.gateway.told['URL']}/coffre", "--role", "cloud", "--set",
                 f"region={self.gateway.told['REGION']}", "--set",
                 f"credentials-file={self.gateway.work}/credentials")
        self.three_times("coffre", tool, lambda: tool.run("mirror"), self.options.weeks)

    def restic(self):
        tool = self.started(tools.Restic)
        there = f"s3:{self.gateway.endpoint}/coffre/restic"
        tool.init_at(there, self.gateway.variables())
        self.three_times("restic", tool, lambda: tool.copy_to(there, self.gateway.variables()),
                         self.options.weeks)
        return tool

    def rclone(self, tool):
        """The files of that restic repository, as they are."""
        environment = {**tool.env, "RCLONE_CONFIG": "/dev/null", "RCLONE_CONFIG_THERE_TYPE": "s3",
                       "RCLONE_CONFIG_THERE_PROVIDER": "Ceph",
                       "RCLONE_CONFIG_THERE_ENV_AUTH": "true",
                       "RCLONE_CONFIG_THERE_ENDPOINT": self.gateway.endpoint, **self.gateway.variables()}
        command = [shutil.which("rclone"), "sync", tool.repo, "there:coffre/rclone"]
        self.three_times("rclone", tool, lambda: measure.run(command, environment), self.options.weeks + 1)


class Unit:
    def __init__(self, name, kind):
        self.name, self.type, self.whole = name, kind, False


def race(scratch, options):
    with Gateway(os.path.join(scratch, "gateway")) as gateway:
        run = Race(scratch, options, gateway)
        run.coffre()
        if shutil.which("restic") is None:
            say("restic is not there")
            return run.rows
        restic = run.restic()
        if shutil.which("rclone") is None:
            say("rclone is not there")
            return run.rows
        run.rclone(restic)
        return run.rows


def growth(scratch, options):
    """The medium is a folder: what is kept there is what was ever sent."""
    fleet = os.path.join(scratch, "fleet")
    history.write(fleet, options.weeks, options.cameras, options.seed)
    tool = tools.Coffre(os.path.join(scratch, "coffre"))
    tool.prepare()
    tool.init()
    medium = os.path.join(scratch, "medium")
    os.mkdir(medium)
    tool.run("remote", "add", "disk", medium, "--role", "physical")
    rows = []
    for number, week in enumerate(sorted(os.listdir(fleet))):
        for name, kind, _, _ in history.FLEET:
            tool.capture(Unit(name, kind), os.path.join(fleet, week, name), history.when(number))
        now = history.when(number).strftime("%Y-%m-%dT%H:%M:%SZ")
        tool.run("gc", "--now", now, "--force", "a year in an hour")
        tool.run("mirror")
        here, there = repository_bytes(tool.path("repo")), repository_bytes(medium)
        rows.append({"week": number + 1, "here": here, "there": there})
    last = rows[-1]
    say(f"after {options.weeks} weeks: here {last['here'] / 1e6:.2f} MB, there {last['there'] / 1e6:.2f} MB, "
        f"{last['there'] / last['here']:.2f} x; at most "
        f"{max(row['there'] / row['here'] for row in rows):.2f} x in any week")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--weeks", type=int, default=52)
    parser.add_argument("--cameras", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--json")
    options = parser.parse_args()
    place = os.environ.get("TMPDIR", "/dev/shm")
    with tempfile.TemporaryDirectory(prefix="coffre-mirror-", dir=place) as scratch:
        rows = growth(scratch, options) if options.growth else race(scratch, options)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
