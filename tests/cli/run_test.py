#!/usr/bin/python3
"""run: what is due, once; caught up once after a downtime; two at once are safe."""

import fcntl
import os
import unittest

from timed_case import TimedTestCase, stamp


class Run(TimedTestCase):
    def snapshots(self):
        return self.succeed_json("log")["snapshots"]

    def test_what_is_due_is_done_once(self):
        done = self.run_due()
        self.assertEqual(self.jobs(done["done"]), [("capture", "NVR-HALL"), ("space", "")])
        self.assertEqual(done["failed"], [])
        self.later(minutes=1)
        again = self.run_due()
        self.assertEqual(again["done"], [])
        self.assertEqual(len(self.snapshots()), 1)
        self.assertEqual(self.snapshots()[0]["kinds"], ["HEBDO", "MENSUEL"])

    def test_a_second_run_with_nothing_due_writes_nothing(self):
        self.run_due()
        self.later(minutes=5)
        self.run_due()
        before = sorted(os.listdir(self.repo / "journal"))
        self.later(minutes=5)
        self.run_due()
        self.assertEqual(sorted(os.listdir(self.repo / "journal")), before)

    def test_the_next_week_comes_by_the_calendar_of_the_site(self):
        self.run_due()
        self.later(days=1)
        self.assertNotIn(("capture", "NVR-HALL"), self.jobs(self.run_due()["done"]))
        self.later(days=4)  # the slot of Saturday 03:00 has passed
        self.assertIn(("capture", "NVR-HALL"), self.jobs(self.run_due()["done"]))

    def test_proc_1_1_a_downtime_of_weeks_is_caught_up_exactly_once(self):
        self.run_due()
        self.later(days=24)
        self.assertIn(("capture", "NVR-HALL"), self.jobs(self.run_due()["done"]))
        self.later(hours=1)
        self.assertEqual(self.run_due()["done"], [])
        self.assertEqual(len(self.snapshots()), 2)

    def test_dry_run_says_what_is_due_and_does_nothing(self):
        before = sorted(os.listdir(self.repo / "journal"))
        told = self.succeed_json("run", "--dry-run")
        self.assertEqual([(job["job"], job["subject"]) for job in told["due"]],
                         [("capture", "NVR-HALL"), ("space", "")])
        self.assertEqual(told["done"], [])
        self.assertEqual(sorted(os.listdir(self.repo / "journal")), before)

    def test_what_failed_is_3_and_is_tried_again_after_an_hour(self):
        self.succeed("equipment", "add", "NVR-CAVE", "--type", "NVR", "--driver", "files", "--set",
                     f"path={self.scratch / 'absent'}")
        first = self.run_due(status=3)
        self.assertIn(("capture", "NVR-HALL"), self.jobs(first["done"]))
        self.assertEqual(self.jobs(first["failed"]), [("capture", "NVR-CAVE")])
        self.later(minutes=30)
        self.assertEqual(self.run_due()["failed"], [])
        self.later(minutes=31)
        self.assertEqual(self.jobs(self.run_due(status=3)["failed"]), [("capture", "NVR-CAVE")])
        self.write("absent/config.xml", b"<camera/>\n")
        self.later(minutes=61)
        self.assertIn(("capture", "NVR-CAVE"), self.jobs(self.run_due()["done"]))

    def test_a_second_one_at_the_same_time_says_so_and_ends_well(self):
        self.run_due()
        lock, = (self.scratch / "state").rglob("run.lock")
        with open(lock, "r+b") as held:
            fcntl.lockf(held, fcntl.LOCK_EX)
            # Locks of open files are what the executable takes: they see those of processes, too.
            told = self.run_due()
        self.assertEqual(told["done"], [])
        self.assertIs(told["already_running"], True)
        self.assertNotIn("already_running", self.run_due())

    def test_many_at_once_make_one_snapshot(self):
        given = {"COFFRE_REPO": self.repo, "COFFRE_KEY_FILE": self.key}
        started = [self.start("run", "--json", env=given) for _ in range(4)]
        for process in started:
            process.communicate()
            self.assertEqual(process.returncode, 0)
        self.assertEqual(len(self.snapshots()), 1)

    def test_proc_5_4_a_clock_that_went_back_captures_nothing_and_is_an_anomaly(self):
        self.run_due()
        self.later(days=-400)
        told = self.run_due(status=3)
        self.assertEqual(told["done"], [])
        self.assertEqual(self.jobs(told["failed"]), [("clock", "")])
        self.later(days=400, hours=1)
        self.run_due()
        self.assertEqual(len(self.snapshots()), 1)

    def test_capture_due_takes_those_alone_and_nothing_due_is_no_failure(self):
        self.assertEqual([one["equipment"] for one in self.succeed_json("capture", "--due")["snapshots"]],
                         ["NVR-HALL"])
        self.assertEqual(self.succeed_json("capture", "--due")["snapshots"], [])
        self.assert_error(self.run_coffre("capture", "--due", "NVR-HALL"), 2, "--due")

    def test_remotes_are_mirrored_and_read_back(self):
        for role in ("cloud", "physical"):
            (self.scratch / role).mkdir()
            self.succeed("remote", "add", role, f"file://{self.scratch / role}", "--role", role)
        done = self.run_due()["done"]
        self.assertIn(("mirror", "physical"), self.jobs(done))
        self.assertIn(("mirror", "cloud"), self.jobs(done))
        self.assertTrue(self.snapshots()[0]["protected"])
        self.later(minutes=10)
        self.assertEqual(self.run_due()["done"], [])

    def test_next_due_is_a_time_that_is_to_come(self):
        self.assertGreater(self.run_due()["next_due"], stamp(self.now))


if __name__ == "__main__":
    unittest.main()
