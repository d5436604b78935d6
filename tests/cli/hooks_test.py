#!/usr/bin/python3
"""Hooks: told of what happens, by no name unless allowed, and never in the way."""

import collections
import os
import unittest

from timed_case import TimedTestCase

NAMES = ("CLIEXEMP", "SIEGEPARIS", "NVR-HALL")


class Hooks(TimedTestCase):
    def test_a_run_tells_its_begin_its_captures_and_its_end(self):
        self.settings(self.hook())
        self.run_due()
        events = [one["event"] for one in self.heard() if not one["event"].startswith("anomaly-")]
        self.assertEqual(events, ["run-started", "before-capture", "after-capture", "run-done"])
        self.assertEqual(len({one["id"] for one in self.heard()}), len(self.heard()))

    def test_events_bear_no_names_unless_the_hook_may_have_them(self):
        self.settings(self.hook() + self.hook("ours", more="names = true"))
        self.run_due()
        theirs = (self.scratch / "notes").read_text(encoding="utf-8")
        for name in NAMES:
            self.assertNotIn(name, theirs)
            self.assertIn(name, (self.scratch / "ours").read_text(encoding="utf-8"))
        sites = {one["site"] for one in self.heard()}
        self.assertEqual(len(sites), 1, "one name, one word in its place")
        self.assertRegex(sites.pop(), "^[0-9a-f]{16}$")

    def test_a_hook_that_fails_is_told_of_and_costs_nothing(self):
        self.settings(self.hook("broken", command=["/bin/sh", "-c", "exit 7"], events=["before-capture"]))
        result = self.succeed("capture", "NVR-HALL")
        self.assertEqual(len(result.lines), 1)
        self.assertIn("broken", result.lines[0])
        self.assertIn("7", result.lines[0])
        self.assertEqual(len(self.succeed_json("log")["snapshots"]), 1)
        self.run_due()
        self.assertEqual(len(self.anomalies("hook_failed")), 1)

    def test_a_hook_that_works_again_ends_its_anomaly(self):
        self.settings(self.hook("broken", command=["/nowhere"], events=["run-started"]))
        self.run_due()
        self.assertEqual(len(self.anomalies("hook_failed")), 1)
        self.settings(self.hook("broken", events=["run-started"]))
        self.later(minutes=15)
        self.run_due()
        self.assertEqual(self.anomalies("hook_failed"), [])

    def test_a_repository_that_does_not_open_is_a_failed_run(self):
        self.settings(self.hook(events=["run-failed"]))
        other = self.write("other-key", self.key.read_bytes()[::-1])
        self.assertNotEqual(self.run_coffre("run", env={"COFFRE_KEY_FILE": other}).status, 0)
        self.assertEqual([one["event"] for one in self.heard()], ["run-failed"])

    def journal(self):
        return sorted(os.listdir(self.repo / "journal"))

    def test_one_that_fails_on_one_event_alone_is_no_news_at_each_run(self):
        self.settings(self.hook("half", command=["/bin/sh", "-c", 'test "$COFFRE_EVENT" != run-done']))
        for _ in range(3):
            self.run_due()
            self.later(minutes=15)
        before = self.journal()
        self.run_due()
        self.assertEqual(self.journal(), before)
        self.assertEqual(len(self.anomalies("hook_failed")), 1)

    def test_one_that_hangs_is_waited_for_once(self):
        words = ["/bin/sh", "-c", f"echo x >> {self.scratch / 'begun'}; sleep 60"]
        self.settings(self.hook("slow", command=words, more="time_limit = 1"))
        told = self.run_due()
        self.assertEqual((self.scratch / "begun").read_text(), "x\n")
        self.assertGreater(told["anomalies"]["alerts_failed"], 0)
        self.assertEqual(told["anomalies"]["alerts"], 0)

    def test_the_anomaly_of_one_that_is_not_there_any_more_ends(self):
        self.settings(self.hook("broken", command=["/nowhere"], events=["run-started"]))
        self.run_due()
        self.assertEqual(len(self.anomalies("hook_failed")), 1)
        self.settings("")
        self.later(minutes=15)
        self.run_due()
        self.assertEqual(self.anomalies("hook_failed"), [])

    def test_what_a_settings_file_says_wrongly_of_hooks_is_refused(self):
        for text in ('[[hook]]\nname = "a"\n', '[[hook]]\ncommand = ["true"]\n', "hook = 1\n",
                     '[[hook]]\nname = "a b"\ncommand = ["true"]\n', self.hook() + self.hook(),
                     self.hook(events=["novel"]), self.hook(more="time_limit = 0"),
                     self.hook(more="names = 1"), self.hook(more='novel = "x"'), 'hook = ["x"]\n',
                     self.hook(command=["./x.sh"]), 'dashboard = "page.html"\n', 'metrics = "m.prom"\n'):
            with self.subTest(text=text):
                self.settings(text)
                self.assert_error(self.run_coffre("log"), 2, "config.toml")


class Alerts(TimedTestCase):
    def journal(self):
        return sorted(os.listdir(self.repo / "journal"))

    def open_ids(self):
        return sorted(one["id"] for one in self.anomalies())

    def heard_ids(self, name="notes"):
        return sorted(one["id"] for one in self.heard(name))

    def test_proc_5_4_an_alert_that_nobody_can_hear_is_not_sent(self):
        told = self.run_due()
        self.assertGreater(told["anomalies"]["opened"], 0)
        self.assertEqual((told["anomalies"]["alerts"], told["anomalies"]["alerts_failed"]), (0, 0))
        self.assertEqual([one["alerts"] for one in self.anomalies()], [[]] * len(self.open_ids()))
        before = self.journal()
        self.later(minutes=15)
        self.assertEqual(self.run_due()["anomalies"]["alerts"], 0)
        self.assertEqual(self.journal(), before)

    def test_proc_5_4_a_hook_that_comes_later_hears_of_what_is_open(self):
        self.run_due()
        for hours, events in ((1, ["anomaly-opened", "anomaly-escalated"]), (13, ["anomaly-opened"])):
            with self.subTest(hours=hours):
                name = f"after-{hours}"
                self.settings("")
                self.later(hours=hours)
                self.settings(self.hook(name, events=events))
                told = self.run_due()
                known = {one["anomaly"] for one in self.heard(name)}
                if hours == 1:
                    self.assertEqual(sorted(known), self.open_ids())
                    self.assertEqual(told["anomalies"]["alerts"], len(known))
                self.later(minutes=15)
                count = len(self.heard(name))
                self.run_due()
                self.assertEqual(len(self.heard(name)), count, "once each")

    def test_proc_5_4_one_that_wants_only_the_opening_hears_it_also_after_twelve_hours(self):
        self.run_due()
        self.later(hours=13)
        self.settings(self.hook(events=["anomaly-opened"]))
        self.run_due()
        self.assertEqual(self.heard_ids(), [one + "-0" for one in self.open_ids()])
        before = self.journal()
        self.later(minutes=15)
        self.run_due()
        self.assertEqual(self.journal(), before)

    def test_proc_5_4_one_hook_that_fails_makes_no_other_hear_an_alert_again(self):
        works = self.scratch / "works"
        words = ["/bin/sh", "-c", f"cat >> {self.scratch / 'bad'}; test -e {works}"]
        events = ["anomaly-opened"]
        self.settings(self.hook("good", events=events) + self.hook("bad", events=events, command=words))
        for _ in range(3):
            told = self.run_due()["anomalies"]
            self.later(minutes=15)
        self.assertGreater(told["alerts_failed"], 0)
        tried = collections.Counter(one["id"] for one in self.heard("bad"))
        self.assertGreaterEqual(min(tried.values()), 2, "tried again by each run")
        self.assertLessEqual(max(tried.values()), 3, "and once by each")
        self.write("works")
        self.run_due()
        self.assertEqual(set(collections.Counter(self.heard_ids("good")).values()), {1})
        self.assertEqual(set(self.heard_ids("bad")), set(self.heard_ids("good")))
        self.assertTrue(all([alert["hours"] for alert in one["alerts"]] == [0] for one in self.anomalies()))


if __name__ == "__main__":
    unittest.main()
