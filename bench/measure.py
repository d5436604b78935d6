"""Runs a process and says what it cost: wall seconds, user and system CPU seconds, peak memory."""

import dataclasses
import filecmp
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading
import time

SECONDS = 3600  # for one process; a hang must not become a lost night
# GNU time is smaller than this process. A child's peak is never below the size of whoever starts it.
TIME = shutil.which("time")


class Failed(Exception):
    """A measured process failed, or did not do what it was measured for."""


@dataclasses.dataclass
class Cost:
    """CPU and memory are those of the process and of the children that it waited for, and of nothing else."""

    wall: float = 0.0
    cpu: float = 0.0
    peak: int = 0  # bytes
    out: str = dataclasses.field(default="", repr=False)

    def __add__(self, other):
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.peak, other.peak), other.out)

    def json(self):
        return {"wall": round(self.wall, 4), "cpu": round(self.cpu, 4), "peak": self.peak}


def median(costs):
    return Cost(statistics.median(cost.wall for cost in costs), statistics.median(cost.cpu for cost in costs),
                max(cost.peak for cost in costs))


def run(argv, env, cwd=None):
    """Runs one process to its end and measures it; raises Failed with the end of its messages."""
    with (tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err,
          tempfile.NamedTemporaryFile() as peak):
        small = [TIME, "-q", "-f", "%M", "-o", peak.name] if TIME else []
        started = time.monotonic()
        # A session of its own: after a hang or an interruption that group is ended, and nothing else.
        process = subprocess.Popen([*small, *argv], env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=err, start_new_session=True)
        timer = threading.Timer(SECONDS, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        finally:
            timer.cancel()
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        if process.returncode != 0:
            err.seek(0)
            said = err.read()[-2000:] or out.read()[-2000:]
            raise Failed(f"status {process.returncode}: {' '.join(argv)}\n{said.decode(errors='replace')}")
        kilobytes = int(peak.read()) if TIME else usage.ru_maxrss
        return Cost(wall, usage.ru_utime + usage.ru_stime, kilobytes * 1024,
                    out.read().decode(errors="replace"))


def file_sizes(top, skipped=()):
    """(files, bytes) of all files below a folder; `skipped` are beginnings of names that do not count."""
    sizes = [os.lstat(os.path.join(folder, name)).st_size for folder, _, names in os.walk(top)
             for name in names if not name.startswith(tuple(skipped))]
    return len(sizes), sum(sizes)


def tree(top):
    """Path -> path below a folder, of all its files."""
    paths = (os.path.join(folder, name) for folder, _, names in os.walk(top) for name in names)
    return {os.path.relpath(path, top): path for path in paths}


def differences(expected, got):
    """What is not the same in two folders, as a list of texts; empty when they are equal byte for byte."""
    left, right = tree(expected), tree(got)
    filecmp.clear_cache()
    return ([f"missing: {path}" for path in sorted(left.keys() - right.keys())] +
            [f"not asked for: {path}" for path in sorted(right.keys() - left.keys())] +
            [f"changed: {path}" for path in sorted(left.keys() & right.keys())
             if not filecmp.cmp(left[path], right[path], shallow=False)])
