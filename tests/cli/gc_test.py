#!/usr/bin/python3
"""Garbage collection: what goes, what stays and why, and what it refuses."""

import datetime
import unittest

from coffre_cli import CoffreTestCase, SharedRepositoryTestCase, plaintext_arguments, read_tree

YEAR = ("2025-01-06", "2025-01-13", "2025-02-03", "2025-03-03", "2025-06-02", "2025-09-01", "2025-11-03")


def file_names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*")
                  if path.is_file() and path.suffix != ".lock")


class Simulated(SharedRepositoryTestCase):
    init_options = ("--simulated",)

    def fill(self):
        for number, date in enumerate(YEAR):
            self.write("tree/config.xml", f"<n>{number}</n>\n" * 100)
            self.capture("tree", "NVR1", "--at", date + "T10:00:00Z")

    def names(self):
        return [item["name"] for item in reversed(self.succeed_json("log")["snapshots"])]

    def test_the_plan_names_each_snapshot_once_with_a_reason_for_what_stays(self):
        names = self.names()
        self.succeed("hold", "add", names[1], "-m", "claim 17")
        before = file_names(self.repo)
        plan = self.succeed_json("gc", "--dry-run", "--now", "2026-02-10T00:00:00Z")
        self.assertEqual(file_names(self.repo), before)
        kept = {item["name"]: item["why"] for item in plan["kept"]}
        self.assertEqual(sorted(plan["expired"] + list(kept)), sorted(names))
        # Monthly ones live twelve months: the first of January and of February 2025 are over.
        self.assertEqual(sorted(plan["expired"]), sorted([names[0], names[2]]))
        self.assertIn("claim 17", kept[names[1]])
        self.assertIn("MENSUEL", kept[names[3]])
        self.assertIn("last complete", kept[names[-1]])
        self.assertGreater(plan["freed_bytes"], 0)
        done = self.succeed_json("gc", "--now", "2026-02-10T00:00:00Z")
        self.assertEqual((done["expired"], done["kept"]), (plan["expired"], plan["kept"]))
        again = self.succeed_json("gc", "--now", "2026-02-10T00:00:00Z")
        self.assertEqual((again["expired"], again["kept"]), ([], plan["kept"]))

    def test_what_is_kept_restores_and_what_expired_says_so(self):
        names = self.names()
        self.succeed("gc", "--now", "2026-02-10T00:00:00Z")
        for name in names[3:]:
            to = self.scratch / ("out-" + name.replace("/", ""))
            self.restore(name, to)
            content = f"<n>{names.index(name)}</n>\n".encode() * 100
            self.assertEqual(read_tree(to)[b"config.xml"], ("file", False, content))
        error = self.run_coffre("restore", names[0], "--to", self.scratch / "gone", "--json",
                                *plaintext_arguments())
        self.assertEqual(error.status, 1, str(error))
        self.assertIn("nearest kept snapshot is " + names[3], error.json["error"]["message"])
        self.assertIs(error.json["error"]["expired"], True)
        self.assert_whole()
        self.assertEqual(len(self.names()), len(names))

    def test_no_expire_expires_nothing(self):
        names = self.names()
        done = self.succeed_json("gc", "--no-expire", "--now", "2030-01-01T00:00:00Z")
        self.assertEqual(done["expired"], [])
        self.assertEqual(sorted(item["name"] for item in done["kept"]), sorted(names))
        self.assert_restores(names[-1], self.scratch / "tree")
        self.assert_whole()

    def test_the_last_complete_one_stays_whatever_the_date(self):
        names = self.names()
        done = self.succeed_json("gc", "--now", "2050-01-01T00:00:00Z", "--force", "test")
        self.assertEqual([item["name"] for item in done["kept"]], names[-1:])
        self.assert_restores("NVR1", self.scratch / "tree")
        self.assert_whole()

    def test_most_going_on_the_word_of_one_clock_is_refused_unless_forced(self):
        before = file_names(self.repo)
        for dry in ([], ["--dry-run"]):
            result = self.run_coffre("gc", "--now", "2050-01-01T00:00:00Z", *dry)
            self.assertEqual(result.status, 16, str(result))
            self.assertIn("6 of the 7 snapshots of NVR1", result.lines[-1])
        self.assertEqual(file_names(self.repo), before)
        self.succeed("gc", "--now", "2050-01-01T00:00:00Z", "--force", "the machine stood in a store room")
        self.assertEqual(self.succeed_json("log")["snapshots"][-1]["expired"], True)

    def test_wrong_usage(self):
        self.assert_error(self.run_coffre("gc", "--now", "yesterday"), 2, "--now")
        self.assert_error(self.run_coffre("gc", "--force", "  "), 2, "--force")

    def test_people_read_what_went(self):
        names = self.names()
        out = self.succeed("gc", "--dry-run", "--now", "2026-02-10T00:00:00Z").out.decode()
        self.assertIn("would expire: " + names[0], out)
        self.assertIn("keeps: " + names[-1], out)
        french = self.succeed("gc", "--now", "2026-02-10T00:00:00Z", "--lang", "fr").out.decode()
        self.assertIn("expirée : " + names[0], french)

    def test_the_number_of_files_stays_bounded(self):
        for round_ in range(3):
            for number in range(15):
                self.write("tree/config.xml", f"<n>{round_} {number}</n>\n" * 100)
                self.capture("tree")
            self.succeed("gc", "--no-expire")
            self.assertLess(len(file_names(self.repo)), 40)
        self.assert_whole()


class NotSimulated(CoffreTestCase):
    def test_a_time_to_come_is_refused_but_for_a_dry_run(self):
        self.init()
        self.write("tree/config.xml", "one")
        self.capture("tree")
        later = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=40)).strftime(
            "%Y-%m-%dT%H:%M:%SZ")
        self.assert_error(self.run_coffre("gc", "--now", later), 16, "clock")
        self.succeed("gc", "--now", later, "--dry-run")
        self.succeed("gc", "--now", later, "--force", "test")
        # What was recorded less than 30 days ago stays.
        self.write("tree/config.xml", "two")
        self.capture("tree")
        done = self.succeed_json("gc")
        self.assertEqual(done["expired"], [])
        self.assertIn("last complete", done["kept"][0]["why"])
        self.assert_whole()


if __name__ == "__main__":
    unittest.main()
