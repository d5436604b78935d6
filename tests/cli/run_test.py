#!/usr/bin/python3
"""run: what is due, once; caught up once after a downtime; two at once are safe."""

import fcntl
import json
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

    def test_each_of_several_that_fail_is_told_by_its_own_reason(self):
        for name in ("A-ONE", "B-TWO"):
            self.succeed("equipment", "add", name, "--type", "NVR", "--driver", "files", "--set",
                         f"path={self.scratch / 'absent' / name}")
        for removed in ((), ("equipment", "remove", "NVR-HALL", "-m", "sold")):
            if removed:
                self.succeed(*removed)
                self.later(hours=2)
            failed = self.run_due(status=3)["failed"]
            self.assertEqual(self.jobs(failed), [("capture", "A-ONE"), ("capture", "B-TWO")])
            for item in failed:
                self.assertIn(str(self.scratch / "absent" / item["subject"]), item["error"])
                self.assertNotEqual(item["code"], "partial", "nothing of it was stored")

    def test_a_medium_that_is_not_plugged_in_is_waited_for_and_is_no_failure(self):
        medium = self.scratch / "medium"
        medium.mkdir()
        self.succeed("remote", "add", "disk-a", medium, "--role", "physical")
        self.settings(self.hook(events=["run-done", "run-failed", "mirror-done"]))
        self.run_due()
        medium.rename(self.scratch / "safe")
        self.later(days=5)
        told = self.run_due()
        self.assertEqual(told["failed"], [])
        self.assertIn(("mirror", "disk-a"), self.jobs(told["waiting"]))
        self.assertEqual({item["code"] for item in told["waiting"]}, {"not-plugged-in"})
        self.assertEqual({one["event"] for one in self.heard()}, {"run-done", "mirror-done"})
        self.assertEqual(self.heard(event="mirror-done")[-1]["code"], "not-plugged-in")

    def test_what_its_jobs_opened_is_counted_too(self):
        self.run_due()
        medium = self.scratch / "medium"
        medium.mkdir()
        self.succeed("remote", "add", "disk-a", medium, "--role", "physical")
        before = {one["id"] for one in self.anomalies(None, "--all")}
        self.later(minutes=15)
        told = self.run_due()
        after = {one["id"] for one in self.anomalies(None, "--all")}
        self.assertEqual(len(self.anomalies("medium_unencrypted")), 1)
        self.assertEqual(told["anomalies"]["opened"], len(after - before))

    def test_the_metrics_are_for_a_collector_of_another_account(self):
        metrics = self.scratch / "m.prom"
        self.settings(f'metrics = "{metrics}"\n')
        self.run_due(preexec_fn=lambda: os.umask(0o077))
        self.assertEqual(metrics.stat().st_mode & 0o777, 0o644)
        text = metrics.read_text(encoding="utf-8")
        types = {line.split(" ")[3] for line in text.splitlines() if line.startswith("# TYPE ")}
        self.assertEqual(types, {"gauge"}, "node exporter's collector refuses a file with another one")
        self.assertNotIn("SIEGEPARIS", text)

    def test_without_a_folder_of_its_own_it_goes_on(self):
        self.settings(self.hook(events=["run-done", "run-failed"]))
        self.run_coffre("run", env={"XDG_STATE_HOME": "/proc/nowhere"})
        self.assertEqual(len(self.snapshots()), 1)
        self.assertEqual(len(self.heard()), 1)

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
        self.settings(self.hook(events=["anomaly-opened"]))
        self.run_due()
        self.later(days=-2)
        told = self.run_due(status=3)
        self.assertEqual(told["done"], [])
        self.assertEqual(self.jobs(told["failed"]), [("clock", "")])
        self.assertEqual(len(self.anomalies("clock")), 1)
        self.assertEqual([one["kind"] for one in self.heard()].count("clock"), 1)
        self.later(days=2, hours=1)
        self.run_due()
        self.assertEqual(self.anomalies("clock"), [])
        self.assertEqual(len(self.snapshots()), 1)

    def ahead(self, days=40):
        """Everything is done once by a clock that is so far ahead; then it is right again."""
        self.run_due()
        self.later(days=days)
        self.run_due()
        self.later(days=-days, hours=1)

    def test_proc_1_1_after_a_clock_that_was_ahead_nothing_is_captured_for_a_day_and_then_it_is(self):
        self.ahead()
        self.assertEqual(self.run_due(status=3)["done"], [])
        before = len(self.snapshots())
        self.later(hours=23)
        self.assertEqual(self.run_due(status=3)["done"], [])
        self.later(days=7)
        done = self.run_due(status=3)["done"]
        self.assertIn(("capture", "NVR-HALL"), self.jobs(done), "a doubtful name is better than no backup")
        self.assertEqual(len(self.snapshots()), before + 1)

    def test_proc_5_4_after_a_clock_that_was_ahead_each_anomaly_is_told_once_and_shown(self):
        self.settings(self.hook(events=["anomaly-opened"]))
        self.ahead()
        self.tree.rename(self.scratch / "gone")
        heard = len(self.heard())
        self.later(days=9)
        self.run_due(status=3)
        self.run_due(status=3)
        files = len(list((self.repo / "journal").iterdir()))
        told = self.run_due(status=3)
        self.assertEqual(told["anomalies"]["opened"], 0)
        self.assertEqual(len(list((self.repo / "journal").iterdir())), files, "nothing is said again")
        missing, = self.anomalies("backup_missing")
        kinds = [one["kind"] for one in self.heard()[heard:]]
        self.assertEqual(kinds.count("backup_missing"), 1)
        self.assertEqual(kinds.count("clock"), 1)
        self.succeed("anomalies", "ack", missing["id"], "-m", "seen")
        self.assertEqual(self.anomalies("backup_missing")[0]["state"], "acknowledged")

    def test_as_of_a_day_after_a_clock_that_was_ahead_tells_what_was_written_by_then(self):
        self.ahead()
        add = ("--type", "NVR", "--driver", "files", "--set", f"path={self.tree}")
        self.succeed("equipment", "add", "NVR-CAVE", *add)
        self.later(hours=1)
        then = self.now
        self.later(days=3)
        self.succeed("equipment", "add", "NVR-TOIT", *add)
        site = self.succeed_json("status", "--as-of", stamp(then))
        self.assertIn("NVR-CAVE", json.dumps(site))
        self.assertNotIn("NVR-TOIT", json.dumps(site))

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
