"""Shared by black-box tests whose commands run at another time, as the system tells it to them
(tests/support/preload.cpp)."""

import datetime
import os
import sys
import time

from coffre_cli import SharedRepositoryTestCase

if "COFFRE_PRELOAD" not in os.environ:
    sys.exit("COFFRE_PRELOAD must name the library of tests/support/preload.cpp")
PRELOAD = os.path.abspath(os.environ["COFFRE_PRELOAD"])


def parse_time(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class ClockTestCase(SharedRepositoryTestCase):
    """self.now, where it is set, is the time at which the next command begins: RFC 3339 in UTC. From there on
    time goes by as ever."""

    now = None
    moved = (None, 0)  # self.now, and by how many seconds that moves the clock

    def with_environment(self, extra=None):
        environment = super().with_environment(extra)
        if self.now is not None:
            if self.moved[0] != self.now:
                self.moved = (self.now, int(parse_time(self.now) - time.time()))
            environment["LD_PRELOAD"] = PRELOAD
            environment["ASAN_OPTIONS"] = "verify_asan_link_order=0"
            environment["TEST_CLOCK_MOVED_BY"] = str(self.moved[1])
        return environment
