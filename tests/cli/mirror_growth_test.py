#!/usr/bin/python3
"""A year of weekly gc at a remote that is never pruned: what was ever sent stays there."""

import pathlib
import sys
import unittest

from remote_case import RemoteTestCase, stored_files

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

import history  # noqa: E402

WEEKS = 52
CAMERAS = 4
MOST = 2.5


class Year(RemoteTestCase):
    def fill(self):
        pass

    def test_a_remote_that_is_never_pruned_holds_at_most_two_and_a_half_times_as_much(self):
        fleet = self.scratch / "fleet"
        history.write(str(fleet), WEEKS, CAMERAS, 1)
        medium = self.add_medium()
        for number, week in enumerate(sorted(fleet.iterdir())):
            when = history.when(number).strftime("%Y-%m-%dT%H:%M:%SZ")
            for name, kind, _, _ in history.FLEET:
                self.succeed("capture", name, "--type", kind, "--from", week / name, "--at", when)
            self.succeed("gc", "--now", when, "--force", "a year in a minute")
            self.mirror()
        here = sum(map(len, stored_files(self.repo).values()))
        there = sum(map(len, stored_files(medium).values()))
        self.assertLessEqual(there, MOST * here, f"{there} bytes there, {here} here")
        self.assert_whole()


if __name__ == "__main__":
    unittest.main()
