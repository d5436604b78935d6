#!/usr/bin/python3
"""A year's fleet copied to an object store: `coffre mirror` beside `restic copy` and `rclone sync`.

One run, a server and a bucket each: a first copy, a copy after one more week, and one with nothing new.
Prints wall and CPU seconds, requests and bytes. The server is the small one of the tests, which counts
requests, and is slow for everybody alike.

mirror.py [--weeks N] [--cameras N] [--json FILE] [--growth]
    --growth  in place of the race: a weekly gc for a year, mirrored to a folder that is never pruned; prints
              the bytes there against the bytes here
"""

import argparse
import json
import os
import pathlib
import shutil
import sys
import tempfile

import history
import measure
import tools

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "servers"))
import fake_s3  # noqa: E402

REGION = "fr-par"
FOLDERS = ("packs", "index", "keys", "retired", "journal")


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def repository_bytes(top):
    return sum(path.stat().st_size for name in FOLDERS for path in pathlib.Path(top, name).glob("*"))


class Race:
    def __init__(self, scratch, options):
        self.scratch, self.options = scratch, options
        self.fleet = os.path.join(scratch, "fleet")
        history.write(self.fleet, options.weeks + 1, options.cameras, options.seed)
        self.rows = []

    def week(self, number):
        return os.path.join(self.fleet, sorted(os.listdir(self.fleet))[number])

    def measure(self, tool, step, server, run):
        with server.lock:
            server.log = []
        cost = run()
        requests = len(server.log)
        sent = sum(len(version[-1].body) for version in server.versions.values() if version)
        self.rows.append({"tool": tool, "step": step, "requests": requests, "bytes_there": sent,
                          **cost.json()})
        say(f"{tool:8} {step:12} {cost.wall:8.2f} s wall {cost.cpu:7.2f} s CPU {requests:6} requests "
            f"{sent / 1e6:9.2f} MB there")

    def coffre(self, server):
        tool = tools.Coffre(os.path.join(self.scratch, "coffre"))
        tool.prepare()
        tool.init()
        credentials = os.path.join(self.scratch, "credentials")
        pathlib.Path(credentials).write_text(
            f"user={fake_s3.ACCESS_KEY}\npassword={fake_s3.SECRET_KEY}\n", encoding="ascii")
        os.chmod(credentials, 0o600)
        self.capture(tool, range(self.options.weeks))
        tool.run("remote", "add", "cloud", f"s3+http://127.0.0.1:{server.port}/{fake_s3.BUCKET}/site", "--role",
                 "cloud", "--set", f"region={REGION}", "--set", f"credentials-file={credentials}")
        mirror = lambda: tool.run("mirror")  # noqa: E731
        self.measure("coffre", "first", server, mirror)
        self.capture(tool, [self.options.weeks])
        self.measure("coffre", "a week more", server, mirror)
        self.measure("coffre", "nothing new", server, mirror)

    def capture(self, tool, weeks):
        for number in weeks:
            for name, kind, _, _ in history.FLEET:
                tool.capture(Unit(name, kind), os.path.join(self.week(number), name), history.when(number))

    def restic(self, server):
        tool = tools.Restic(os.path.join(self.scratch, "restic"))
        tool.prepare()
        tool.init()
        self.capture(tool, range(self.options.weeks))
        remote = {"AWS_ACCESS_KEY_ID": fake_s3.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": fake_s3.SECRET_KEY,
                  "AWS_DEFAULT_REGION": REGION}
        there = f"s3:http://127.0.0.1:{server.port}/{fake_s3.BUCKET}/site"
        copy = lambda: tool.copy_to(there, remote)  # noqa: E731
        tool.init_at(there, remote)
        self.measure("restic", "first", server, copy)
        self.capture(tool, [self.options.weeks])
        self.measure("restic", "a week more", server, copy)
        self.measure("restic", "nothing new", server, copy)
        return tool

    def rclone(self, server, restic):
        environment = {**os.environ, "RCLONE_CONFIG_THERE_TYPE": "s3",
                       "RCLONE_CONFIG_THERE_PROVIDER": "Other",
                       "RCLONE_CONFIG_THERE_ACCESS_KEY_ID": fake_s3.ACCESS_KEY,
                       "RCLONE_CONFIG_THERE_SECRET_ACCESS_KEY": fake_s3.SECRET_KEY,
                       "RCLONE_CONFIG_THERE_ENDPOINT": f"http://127.0.0.1:{server.port}",
                       "RCLONE_CONFIG_THERE_REGION": REGION, "RCLONE_CONFIG": "/dev/null"}
        command = ["rclone", "sync", restic.path("repo"), f"there:{fake_s3.BUCKET}/site"]
        sync = lambda: measure.run(command, environment)  # noqa: E731
        self.measure("rclone", "first", server, sync)
        self.measure("rclone", "nothing new", server, sync)


class Unit:
    def __init__(self, name, kind):
        self.name, self.type, self.whole = name, kind, False


def race(scratch, options):
    run = Race(scratch, options)
    restic = None
    for name in ("coffre", "restic", "rclone"):
        if name != "coffre" and shutil.which(name) is None:
            say(f"{name} is not there")
            continue
        if name == "rclone" and restic is None:
            continue
        with fake_s3.FakeS3(region=REGION) as server:
            if name == "coffre":
                run.coffre(server)
            elif name == "restic":
                restic = run.restic(server)
            else:
                run.rclone(server, restic)
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
