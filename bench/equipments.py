#!/usr/bin/python3
"""A hundred simulated equipments with latency, captured by one command; and one of them alone, for the ratio.

  bench/equipments.py [--count 100] [--latency-ms 200] [--coffre PATH]

Prints the wall time of the slowest alone and of all together, and the peak memory of the latter.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "cli"))
os.environ.setdefault("COFFRE_EXE", str(ROOT / "build" / "coffre"))

from equipment_case import Simulator  # noqa: E402  (needs COFFRE_EXE)

PASSPHRASE = "bench of many equipments"


def run(coffre, arguments, environment):
    """Wall seconds, peak KiB, CPU seconds, the JSON document."""
    began = time.monotonic()
    process = subprocess.Popen([coffre, "-q", *arguments, "--json"], env=environment, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{arguments}: status {process.returncode}")
    return time.monotonic() - began, usage.ru_maxrss, usage.ru_utime + usage.ru_stime, json.loads(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--latency-ms", type=int, default=200)
    parser.add_argument("--processes", type=int, default=4, help="of simulators")
    parser.add_argument("--coffre", default=os.environ["COFFRE_EXE"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="coffre-bench-", dir="/dev/shm") as scratch:
        folder = pathlib.Path(scratch)
        environment = {"PATH": os.environ["PATH"], "HOME": scratch, "COFFRE_REPO": scratch + "/repo",
                       "XDG_STATE_HOME": scratch + "/state", "XDG_CACHE_HOME": scratch + "/cache"}
        run(options.coffre, ["init", "--client", "CLIEXEMP", "--site", "SIEGEPARIS", "--key-file-out",
                             scratch + "/key"], {**environment, "COFFRE_PASSWORD": PASSPHRASE})
        environment["COFFRE_KEY_FILE"] = scratch + "/key"
        # Several processes: one would be what is measured.
        simulators = []
        for number in range(options.processes):
            (folder / f"simulator-{number}").mkdir()
            simulators.append(Simulator("hikvision", folder / f"simulator-{number}", "--latency-ms",
                                        str(options.latency_ms), count=options.count // options.processes))
        urls = [url for simulator in simulators for url in simulator.urls]
        password_file = simulators[0].password_file
        try:
            for number, url in enumerate(urls):
                run(options.coffre, ["equipment", "add", f"NVR-{number:03}", "--type", "NVR", "--driver",
                                     "hikvision", "--set", f"url={url}", "--set", "user=coffre", "--set",
                                     "stage=test", "--secret-file", f"password={password_file}"],
                    environment)
            # The first one pins; measured are captures as they are every week.
            run(options.coffre, ["capture", "--all"], environment)
            alone = max(run(options.coffre, ["capture", f"NVR-{number:03}"], environment)[0]
                        for number in range(3))
            wall, peak, cpu, document = run(options.coffre, ["capture", "--all"], environment)
        finally:
            for simulator in simulators:
                simulator.stop()
        assert len(document["snapshots"]) == len(urls) and not document["failed"]
        print(f"alone {alone:.2f} s; {len(urls)} together {wall:.2f} s wall, {cpu:.2f} s CPU, "
              f"peak {peak / 1024:.0f} MiB; together / alone {wall / alone:.2f}")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    main()
