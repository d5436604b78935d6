#!/usr/bin/python3
"""Starts and stops the real servers of the tests of remote stores, of equipments and of databases.

servers.py start FILE [NAME…]   all of remote stores (or those named) at the same time; FILE gets lines
                                NAME_KEY=value
servers.py stop FILE            those that FILE tells of

Fails when one does not start: its log is shown, and those that did are stopped. A server that cannot run on
this machine (its script ends with 77) is left out of FILE, but not with CI=true.
"""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
START_SECONDS = 180
# Name, script, its further arguments.
SERVERS = {
    "OPENSSH": ("sshd.sh", ["openssh"]),
    "OLD_SSH": ("sshd.sh", ["old"]),
    "RCLONE_SFTP": ("sshd.sh", ["rclone"]),
    "APACHE": ("webdav.sh", ["apache"]),
    "NGINX": ("webdav.sh", ["nginx"]),
    "RCLONE_DAV": ("webdav.sh", ["rclone"]),
    "CEPH": ("ceph_rgw.sh", []),
    "POSTGRESQL": ("database.sh", ["postgresql"]),
    "MARIADB": ("database.sh", ["mariadb"]),
}
EQUIPMENTS = {
    "ZONEMINDER": ("zoneminder.sh", []),
    "ZONEMINDER_NEW": ("zoneminder.sh", []),
    "MOTION": ("motion.sh", []),
    "MOTION_DIGEST": ("motion.sh", ["digest"]),
    "MOTION_SHY": ("motion.sh", ["shy"]),
}
ALL = SERVERS | EQUIPMENTS
CANNOT_RUN = 77


def start(name, root):
    script, arguments = ALL[name]
    work = root / name.lower()
    log = root / f"{name.lower()}.start.log"
    with open(log, "wb") as out:
        done = subprocess.run(
            [HERE / script, "start", work, *arguments],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            timeout=START_SECONDS, check=False,
        )  # fmt: skip
    if done.returncode == CANNOT_RUN and os.environ.get("CI") != "true":
        return ""
    if done.returncode != 0:
        return None
    return (work / "env").read_text(encoding="utf-8")


def stop(root, names):
    def stop_one(name):
        subprocess.run([HERE / ALL[name][0], "stop", root / name.lower()], timeout=60, check=False)

    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(stop_one, names))


def show_logs(root, name):
    for log in [root / f"{name.lower()}.start.log", *sorted((root / name.lower()).rglob("*.log"))]:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
        print(f"--- {log.name}", *lines, sep="\n", file=sys.stderr)


def start_all(file, names):
    if file.exists():
        stop_all(file)
    # Apache's and nginx's workers are other users where root starts them: they must get through.
    root = pathlib.Path(tempfile.mkdtemp(prefix="coffre-servers-"))
    root.chmod(0o755)
    text = [f"ROOT={root}", "NAMES=" + ",".join(names)]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(text) + "\n", encoding="utf-8")
    failed = []
    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        jobs = {name: pool.submit(start, name, root) for name in names}
        for name, job in jobs.items():
            try:
                told = job.result()
            except (OSError, subprocess.TimeoutExpired) as error:
                print(f"{name}: {error}", file=sys.stderr)
                told = None
            if told is None:
                failed.append(name)
            else:
                text += [f"{name}_{line}" for line in told.splitlines() if line]
    if failed:
        for name in failed:
            print(f"{name} does not start", file=sys.stderr)
            show_logs(root, name)
        stop_all(file)
        return 1
    file.write_text("\n".join(text) + "\n", encoding="utf-8")
    return 0


def stop_all(file):
    if not file.exists():
        return 0
    told = dict(line.split("=", 1) for line in file.read_text(encoding="utf-8").splitlines() if line)
    root = pathlib.Path(told["ROOT"])
    stop(root, told["NAMES"].split(","))
    if root.name.startswith("coffre-servers-"):
        shutil.rmtree(root, ignore_errors=True)
    file.unlink()
    return 0


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("start", "stop"):
        print(__doc__, file=sys.stderr)
        return 2
    os.umask(0o022)
    file = pathlib.Path(sys.argv[2])
    if sys.argv[1] == "stop":
        return stop_all(file)
    return start_all(file, sys.argv[3:] or list(SERVERS))


if __name__ == "__main__":
    sys.exit(main())
