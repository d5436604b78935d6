#!/usr/bin/python3
"""The site, its policy, its equipments: what a technician enters, and what refuses."""

import json
import os
import pathlib
import subprocess
import unittest

from coffre_cli import PASSPHRASE
from exit_codes_test import FilledTestCase


class Site(FilledTestCase):
    def test_edit_makes_a_version_that_says_why(self):
        document = self.succeed_json("site", "edit", "--contract", "renforce", "--deputy", "B. Martin",
                                     "-m", "new contract")
        self.assertEqual(document["site"]["contract"], "renforce")
        self.assertEqual(document["site"]["deputy"], "B. Martin")
        self.assertEqual(document["site"]["set"]["message"], "new contract")
        self.assertEqual(document["site"]["versions"], 2)
        self.assertEqual(self.succeed_json("site", "show"), document)
        self.assertEqual(self.succeed_json("policy", "show"), document)

    def test_2_what_a_site_cannot_be(self):
        self.assert_fails(2, "site")
        self.assert_fails(2, "site", "edit")
        self.assert_fails(2, "site", "edit", "--contract", "gold")
        self.assert_fails(2, "site", "edit", "--timezone", "Mars/Olympus", subject="Mars/Olympus")
        self.assert_fails(2, "site", "edit", "--deputy", b"\xff")

    def test_a_name_outlives_the_time_zone_it_was_made_in(self):
        before = self.succeed_json("log")["snapshots"][0]["name"]
        self.succeed("site", "edit", "--timezone", "Pacific/Auckland")
        self.assertEqual(self.succeed_json("log")["snapshots"][0]["name"], before)
        self.succeed("ls", before)


class Policy(FilledTestCase):
    def test_profiles_and_files(self):
        months = {"HEBDO": 12, "MENSUEL": 12, "POST": 12, "PRE": 12}
        self.assertEqual(self.succeed_json("policy", "set", "strict-12")["policy"]["months"], months)
        file = self.write("policy.toml",
                          'reference = "R 1"\n[months]\nHEBDO = 4\nMENSUEL = 24\nPRE = 7\nPOST = 8\n')
        policy = self.succeed_json("policy", "set", file, "-m", "why")["policy"]
        self.assertEqual(policy["reference"], "R 1")
        self.assertEqual(policy["months"], {"HEBDO": 4, "MENSUEL": 24, "POST": 8, "PRE": 7})
        self.assertEqual(policy["set"]["message"], "why")
        self.assertEqual(policy["versions"], 3)

    def test_a_shorter_duration_leaves_what_is_there(self):
        self.capture(self.tree)  # the last one never expires: look at the first
        before = self.succeed_json("log")["snapshots"][1]["expires_at"]
        short = self.write("short.toml",
                           'reference = "R"\n[months]\nHEBDO = 1\nMENSUEL = 1\nPRE = 1\nPOST = 1\n')
        self.succeed("policy", "set", short)
        self.assertEqual(self.succeed_json("log")["snapshots"][1]["expires_at"], before)
        self.succeed("policy", "set", "strict-12")
        self.assertGreaterEqual(self.succeed_json("log")["snapshots"][1]["expires_at"], before)

    def test_2_what_is_no_policy(self):
        self.assert_fails(2, "policy", "set", "absent", subject="absent")
        self.assert_fails(2, "policy", "set")
        for text in ("", "nonsense", 'reference = "R"\n', 'reference = "R"\n[months]\nHEBDO = 3\n',
                     'reference = "R"\n[months]\nHEBDO = 0\nMENSUEL = 1\nPRE = 1\nPOST = 1\n',
                     'reference = "R"\n[months]\nHEBDO = "3"\nMENSUEL = 1\nPRE = 1\nPOST = 1\n',
                     'reference = "R"\n[months]\nDAILY = 3\nHEBDO = 3\nMENSUEL = 1\nPRE = 1\nPOST = 1\n',
                     '[months]\nHEBDO = 3\nMENSUEL = 1\nPRE = 1\nPOST = 1\n'):
            self.assert_fails(2, "policy", "set", self.write("bad.toml", text), subject="bad.toml")


class Equipment(FilledTestCase):
    def add(self, name="cam-été", *more, status=0):
        return self.succeed_json("equipment", "add", name, "--type", "cam", "--driver", "files", "--set",
                                 f"path={self.tree}", *more, status=status)

    def test_what_is_added_is_folded_listed_captured_and_shown(self):
        (added,) = self.add()["equipment"]
        self.assertEqual((added["name"], added["type"], added["driver"]), ("CAM-ETE", "CAM", "files"))
        names = [item["name"] for item in self.succeed_json("equipment", "list")["equipment"]]
        self.assertEqual(names, ["CAM-ETE", "NVR1"])
        captured = self.succeed_json("capture", "cam-ete", "--kind", "pré-modification")["snapshots"]
        self.assertEqual(captured[0]["kinds"], ["PRE", "MENSUEL"])
        (shown,) = self.succeed_json("equipment", "show", "Cam-Ete")["equipment"]
        self.assertEqual(shown["last_snapshot"], captured[0]["name"])

    def test_a_relative_path_is_kept_as_an_absolute_one(self):
        self.succeed("equipment", "add", "CAM9", "--type", "CAM", "--driver", "files", "--set", "path=tree")
        self.succeed("capture", "CAM9", cwd="/")

    def test_every_change_is_in_the_history(self):
        self.add()
        self.succeed("equipment", "edit", "CAM-ETE", "--type", "NVR", "-m", "it is a recorder")
        self.succeed("equipment", "remove", "CAM-ETE", "-m", "sold")
        (shown,) = self.succeed_json("equipment", "show", "CAM-ETE")["equipment"]
        self.assertEqual([v["type"] for v in shown["history"]], ["NVR", "NVR", "CAM"])
        self.assertEqual([v["set"]["message"] for v in shown["history"]], ["sold", "it is a recorder", ""])
        self.assertIs(shown["removed"], True)
        self.assertEqual([e["name"] for e in self.succeed_json("equipment", "list")["equipment"]], ["NVR1"])
        self.assertEqual(len(self.succeed_json("equipment", "list", "--all")["equipment"]), 2)

    def test_removed_it_keeps_its_snapshots_and_can_come_back(self):
        self.succeed("equipment", "remove", "NVR1")
        self.succeed("ls", "NVR1")
        self.assert_fails(2, "capture", "NVR1", "--from", self.tree, subject="NVR1")
        self.succeed("equipment", "add", "NVR1", "--type", "NVR", "--driver", "files", "--set",
                     f"path={self.tree}")
        self.assertEqual(len(self.succeed_json("capture", "--all")["snapshots"]), 1)

    def test_refusals(self):
        self.assert_fails(1, "equipment", "show", "NVR9", subject="NVR9")
        self.assert_fails(1, "equipment", "edit", "NVR9", "--type", "CAM", subject="NVR9")
        self.assert_fails(1, "equipment", "remove", "NVR9", subject="NVR9")
        add = ("equipment", "add", "CAM9", "--type", "CAM", "--driver")
        self.assert_fails(1, "equipment", "add", "NVR1", "--type", "NVR", "--driver", "files", "--set",
                          "path=/x", subject="NVR1")
        self.assert_fails(2, *add, "telepathy", subject="telepathy")
        self.assert_fails(2, *add, "files")
        self.assert_fails(2, *add, "files", "--set", "path")
        self.assert_fails(2, *add, "files", "--set", "=x")
        self.assert_fails(2, *add, "files", "--set", "path=/x", "--set", "colour=red", subject="colour")
        self.assert_fails(2, "equipment", "add", "CAM_9", "--type", "CAM", "--driver", "files")
        self.assert_fails(2, "equipment", "add", "AUX", "--type", "CAM", "--driver", "files", subject="AUX")
        self.assert_fails(2, "equipment")
        self.assert_fails(2, "equipment", "test")
        self.assertEqual(len(self.succeed_json("equipment", "list", "--all")["equipment"]), 1)

    def test_a_secret_as_an_argument_is_refused_and_not_told_back(self):
        result = self.run_coffre("equipment", "add", "CAM9", "--type", "CAM", "--driver", "files", "--set",
                                 "password=hunter2")
        self.assert_error(result, 2)
        self.assertNotIn(b"hunter2", result.err)

    def test_test_reads_and_stores_nothing(self):
        self.add()
        before = self.succeed_json("stats")
        (tested,) = self.succeed_json("equipment", "test", "CAM-ETE")["equipment"]
        self.assertIs(tested["ok"], True)
        self.assertEqual(tested["files"], 2)
        self.assertEqual(self.succeed_json("stats"), before)
        os.rename(self.tree, self.scratch / "away")
        self.assert_fails(15, "equipment", "test", "CAM-ETE", subject=self.tree)


class Capture(FilledTestCase):
    def test_all_takes_what_says_where_it_is_and_lists_the_rest(self):
        for name in ("CAM1", "CAM2"):
            self.succeed("equipment", "add", name, "--type", "CAM", "--driver", "files", "--set",
                         f"path={self.tree}")
        document = self.succeed_json("capture", "--all", "--kind", "pre")
        self.assertEqual([s["equipment"] for s in document["snapshots"]], ["CAM1", "CAM2"])
        self.assertEqual([s["equipment"] for s in document["skipped"]], ["NVR1"])

    def test_one_that_fails_does_not_stop_the_others(self):
        for name, path in (("CAM1", self.tree), ("CAM2", self.scratch / "absent")):
            self.succeed("equipment", "add", name, "--type", "CAM", "--driver", "files", "--set",
                         f"path={path}")
        document = self.succeed_json("capture", "--all", status=3)
        self.assertEqual([s["equipment"] for s in document["snapshots"]], ["CAM1"])
        self.assertEqual([f["equipment"] for f in document["failed"]], ["CAM2"])

    def test_2_all_stands_alone(self):
        self.assert_fails(2, "capture", "--all", "NVR1")
        self.assert_fails(2, "capture", "--all", "--from", self.tree)
        self.assert_fails(2, "capture", "NVR1", "--remove-source")

    def test_dry_run_stores_and_removes_nothing(self):
        before = sorted(os.listdir(self.repo / "journal"))
        document = self.succeed_json("capture", "NVR1", "--from", self.tree, "--remove-source", "--dry-run")
        self.assertEqual(document["would_capture"], [{"equipment": "NVR1", "files": 2, "bytes": 11}])
        self.assertEqual(document["snapshots"], [])
        self.assertEqual(sorted(os.listdir(self.repo / "journal")), before)
        self.assertTrue((self.tree / "file.cfg").exists())

    def test_remove_source_takes_files_links_and_emptied_folders(self):
        os.symlink("file.cfg", self.tree / "link")
        os.mkdir(self.tree / "empty")
        os.mkfifo(self.tree / "folder/fifo")
        document = self.succeed_json("capture", "NVR1", "--from", self.tree, "--remove-source")
        self.assertEqual(document["removed_source_files"], 3)
        self.assertIs(document["clear_copy_left"], False)
        self.assertEqual(sorted(os.listdir(self.tree)), ["empty", "folder"])
        self.assertEqual(os.listdir(self.tree / "folder"), ["fifo"])
        self.assertEqual(self.succeed("cat", "NVR1:file.cfg").out, b"text\n")

    def test_remove_source_of_one_file(self):
        self.succeed("capture", "NVR1", "--from", self.tree / "file.cfg", "--remove-source")
        self.assertEqual(os.listdir(self.tree), ["folder"])

    def test_a_clear_copy_on_an_ordinary_disk_is_warned_of(self):
        place = pathlib.Path(subprocess.run(["mktemp", "-d", "/var/tmp/coffre-test-XXXXXX"], check=True,
                                            capture_output=True, text=True).stdout.strip())
        self.addCleanup(lambda: subprocess.run(["rm", "-rf", str(place)], check=True))
        (place / "export.xml").write_text("<x/>")
        for spoken in ("en", "fr"):
            result = self.succeed("capture", "NVR1", "--from", place, "--lang", spoken)
            self.assertIn(b"--remove-source", result.err)
        self.assertIs(self.succeed_json("capture", "NVR1", "--from", place)["clear_copy_left"], True)
        self.assertNotIn(b"--remove-source",
                         self.succeed("capture", "NVR1", "--from", place, "--remove-source").err)


if __name__ == "__main__":
    unittest.main()
