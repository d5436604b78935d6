"""Shared by black-box tests whose commands run at another time, as the system tells it to them."""

import datetime
import os
import subprocess
import tempfile
import time
import unittest

from coffre_cli import EXE, SCRATCH_ROOT, SharedRepositoryTestCase

# Moves the time of day by so many seconds. What the system's library calls itself is not seen, and not moved.
SHIM = r"""
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t id, struct timespec* out) {
    const int result = (int)syscall(SYS_clock_gettime, id, out);
    const char* moved = getenv("TEST_CLOCK_MOVED_BY");
    if (result == 0 && id == CLOCK_REALTIME && moved) out->tv_sec += atoll(moved);
    return result;
}
"""


def parse_time(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class ClockTestCase(SharedRepositoryTestCase):
    """self.now, where it is set, is the time at which the next command begins: RFC 3339 in UTC. From there on
    time goes by as ever."""

    now = None
    shim = None
    moved = (None, 0)  # self.now, and by how many seconds that moves the clock

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "asan" in subprocess.run(["ldd", EXE], capture_output=True, text=True, check=False).stdout:
            raise unittest.SkipTest("the sanitizer's library must be the first one")
        folder = tempfile.mkdtemp(prefix="coffre-clock-", dir=SCRATCH_ROOT)
        cls.shim = os.path.join(folder, "clock.so")
        source = os.path.join(folder, "clock.c")
        with open(source, "w", encoding="ascii") as file:
            file.write(SHIM)
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", cls.shim, source], check=True)

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        if cls.shim:
            for name in os.listdir(os.path.dirname(cls.shim)):
                os.remove(os.path.join(os.path.dirname(cls.shim), name))
            os.rmdir(os.path.dirname(cls.shim))

    def with_environment(self, extra=None):
        environment = super().with_environment(extra)
        if self.now is not None:
            if self.moved[0] != self.now:
                self.moved = (self.now, int(parse_time(self.now) - time.time()))
            environment["LD_PRELOAD"] = self.shim
            environment["TEST_CLOCK_MOVED_BY"] = str(self.moved[1])
        return environment
