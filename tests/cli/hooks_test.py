#!/usr/bin/python3
"""Hooks: told of what happens, by no name unless allowed, and never in the way."""

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

    def test_what_a_settings_file_says_wrongly_of_hooks_is_refused(self):
        for text in ('[[hook]]\nname = "a"\n', '[[hook]]\ncommand = ["true"]\n', "hook = 1\n",
                     '[[hook]]\nname = "a b"\ncommand = ["true"]\n', self.hook() + self.hook(),
                     self.hook(events=["novel"]), self.hook(more="time_limit = 0"),
                     self.hook(more="names = 1"), self.hook(more='novel = "x"'), 'hook = ["x"]\n'):
            with self.subTest(text=text):
                self.settings(text)
                self.assert_error(self.run_coffre("log"), 2, "config.toml")


if __name__ == "__main__":
    unittest.main()
