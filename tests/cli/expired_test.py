#!/usr/bin/python3
"""Snapshots that expired: the journal still tells of them, their files are not to be had."""

import os
import pathlib
import subprocess
import unittest

from coffre_cli import EXE, plaintext_arguments, read_tree
from exit_codes_test import FilledTestCase

EXPIRE = os.environ.get("COFFRE_EXPIRE", pathlib.Path(EXE).parent.parent / "tests/coffre_expire")
DATES = ("2026-01-10", "2026-02-10", "2026-03-10", "2026-04-10")


class Expired(FilledTestCase):
    """Four snapshots of CAM1 beside NVR1's one; the second and the third expired."""

    def fill(self):
        super().fill()
        for number, date in enumerate(DATES):
            self.write("cam/cam.cfg", f"version {number}\n")
            self.capture("cam", "CAM1", "--at", date + "T10:00:00Z")
        self.expire(self.named(1), self.named(2))

    def named(self, number):
        return next(item for item in self.succeed_json("log", "CAM1")["snapshots"]
                    if item["time"].startswith(DATES[number]))

    def expire(self, *snapshots):
        subprocess.run([EXPIRE, self.repo, self.key, *(item["commit"] for item in snapshots)], check=True)

    def test_log_and_show_still_tell(self):
        listed = self.succeed_json("log", "CAM1", "--files")["snapshots"]
        self.assertEqual([item["expired"] for item in listed], [False, True, True, False])
        for item in listed:
            self.assertEqual(item["message"] is None, item["expired"])
            self.assertEqual(item["changes"] is None, item["expired"])
        # What changed since the last one that is kept.
        self.assertEqual([change["path"] for change in listed[0]["changes"]], ["cam.cfg"])
        self.assertEqual(self.succeed("log", "CAM1").out.count(b"(expired)"), 2)
        shown = self.succeed_json("show", listed[1]["name"])
        self.assertEqual((shown["expired"], shown["files"], shown["changes"]), (True, None, None))
        self.assertEqual(shown["files_count"], 1)
        self.assertIn(b"no longer kept", self.succeed("show", listed[1]["name"]).out)
        self.assertEqual(self.succeed_json("show", "CAM1")["before"], self.named(0)["name"])

    def assert_gone(self, nearest, *arguments, status=1):
        self.assert_fails(status, *arguments, subject=nearest["name"])
        if arguments[0] != "cat":
            error = self.run_coffre(*arguments, "--json").json["error"]
            self.assertIs(error["expired"], True)

    def test_its_files_are_not_to_be_had_and_the_nearest_kept_one_is_named(self):
        gone, later = self.named(1)["name"], self.named(2)["name"]
        first, last = self.named(0), self.named(3)
        to = self.scratch / "out"
        self.assert_gone(first, "ls", gone)
        self.assert_gone(last, "ls", later)
        self.assert_gone(first, "cat", gone + ":cam.cfg")
        self.assert_gone(first, "diff", gone)
        self.assert_gone(first, "diff", gone, "CAM1")
        self.assert_gone(last, "diff", "CAM1", later)
        self.assert_gone(last, "diff", "CAM1", later, "--exit-code", status=4)
        self.assert_gone(first, "history", gone + ":cam.cfg")
        self.assert_gone(first, "blame", gone + ":cam.cfg")
        self.assert_gone(first, "restore", gone, "--to", to, *plaintext_arguments())
        self.assert_gone(first, "hold", "add", gone, "-m", "too late")
        self.assertFalse(to.exists())
        other = self.run_coffre("ls", "NVR2", "--json").json["error"]
        self.assertNotIn("expired", other)

    def test_what_looks_back_passes_over_it(self):
        compared = self.succeed_json("diff", "CAM1")
        self.assertEqual(compared["a"], self.named(0)["name"])
        listed = self.succeed_json("history", "CAM1:cam.cfg")["snapshots"]
        self.assertEqual([item["expired"] for item in listed], [False, False])
        self.assertEqual([line["commit"] for line in self.succeed_json("blame", "CAM1:cam.cfg")["lines"]],
                         [self.named(3)["commit"]])
        # The next capture leans on what is kept.
        self.write("cam/cam.cfg", "version 9\n")
        self.capture("cam", "CAM1")
        self.assertIs(self.succeed_json("log", "CAM1", "-n", "1")["snapshots"][0]["changed"], True)

    def restore_all(self, at, **options):
        to = self.scratch / ("all" + at)
        arguments = ["restore", "--all" + at, "--to", to, *plaintext_arguments()]
        return to, self.run_coffre(*arguments, **options), self.run_coffre(*arguments, "--dry-run", "--json")

    def test_restore_all_takes_the_one_before_it_and_says_so(self):
        to, result, told = self.restore_all("@2026-03-20")
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual(read_tree(to)[b"CAM1/cam.cfg"], ("file", False, b"version 0\n"))
        self.assertIn(self.named(1)["name"], result.err.decode())
        self.assertIn(self.named(2)["name"], result.err.decode())
        self.assertEqual(told.status, 1, "what lies there is not overwritten")
        document = self.succeed_json("restore", "--all@2026-03-20", "--to", self.scratch / "other",
                                     "--dry-run", *plaintext_arguments())
        self.assertEqual([one["snapshot"] for one in document["restored"]], [self.named(0)["name"]])
        self.assertEqual([one["equipment"] for one in document["passed_over"]], ["CAM1", "CAM1"])
        document = self.succeed_json("restore", "--all", "--to", self.scratch / "other", "--dry-run",
                                     *plaintext_arguments())
        self.assertEqual(document["passed_over"], [])

    def test_where_nothing_before_it_is_kept_the_equipment_is_skipped(self):
        self.expire(self.named(0))
        document = self.run_coffre("restore", "--all@2026-03-20", "--to", self.scratch / "out", "--json",
                                   *plaintext_arguments())
        self.assertEqual(document.status, 1, str(document))
        self.expire(self.named(3))
        result = self.run_coffre("ls", "CAM1")
        self.assert_error(result, 1, "CAM1")
        self.assertIn("no snapshot of CAM1 is kept", result.lines[0])
        self.assert_restores("NVR1", self.tree)


if __name__ == "__main__":
    unittest.main()
