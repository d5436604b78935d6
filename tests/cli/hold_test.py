#!/usr/bin/python3
"""Holds: added with a reason, listed with who and when, removed; and what log says of them."""

import unittest

from exit_codes_test import FilledTestCase


class Hold(FilledTestCase):
    def fill(self):
        super().fill()
        self.write("tree/file.cfg", b"changed\n")
        self.capture("tree", "NVR1", "--kind", "POST", "--at", "2026-01-10T10:00:00Z")

    def log(self):
        return {item["commit"]: item for item in self.succeed_json("log")["snapshots"]}

    def older(self):
        return self.succeed_json("log")["snapshots"][-1]

    def test_a_hold_is_listed_with_its_reason_and_who_set_it(self):
        self.assertEqual(self.succeed_json("hold", "list"), {"holds": []})
        older = self.older()
        added = self.succeed_json("hold", "add", older["name"], "-m", "claim 17")
        holds = self.succeed_json("hold", "list")["holds"]
        self.assertEqual(added, {"holds": holds, "added": older["name"]})
        self.assertEqual(len(holds), 1)
        self.assert_fields(holds[0], {"name": str, "commit": str, "message": str, "time": str, "by": str})
        self.assertEqual(holds[0]["commit"], older["commit"])
        self.assertEqual(holds[0]["name"], older["name"])
        self.assertEqual(holds[0]["message"], "claim 17")
        self.assertRegex(holds[0]["time"], r"^\d{4}-\d\d-\d\dT")
        self.assertIn("@", holds[0]["by"])
        line = self.succeed("hold", "list").out.decode()
        self.assertIn("claim 17", line)
        self.assertIn(older["name"], line)

    def test_a_held_snapshot_has_no_end(self):
        older = self.older()
        self.assertRegex(older["expires_at"], r"^\d{4}-")
        self.assertIs(older["expired"], False)
        self.succeed("hold", "add", older["commit"], "--message", "audit")
        self.assertIsNone(self.older()["expires_at"])
        self.assertIn(b"(held)", self.succeed("log").out)
        self.assertIn(b"held: audit", self.succeed("show", older["name"]).out)
        self.succeed("hold", "remove", older["commit"])
        self.assertEqual(self.older(), older)
        self.assertNotIn(b"(held)", self.succeed("log").out)

    def test_a_second_hold_replaces_the_reason_and_one_removal_ends_it(self):
        self.succeed("hold", "add", "NVR1@{1}", "-m", "one")
        self.succeed("hold", "add", "NVR1@{1}", "-m", "two")
        self.assertEqual([hold["message"] for hold in self.succeed_json("hold", "list")["holds"]], ["two"])
        removed = self.succeed_json("hold", "remove", "NVR1@{1}")
        self.assertEqual(removed, {"holds": [], "removed": self.older()["name"]})

    def test_the_newest_comes_first(self):
        for text in ("NVR1@{1}", "NVR1@{0}"):
            self.succeed("hold", "add", text, "-m", "because")
        listed = [hold["commit"] for hold in self.succeed_json("hold", "list")["holds"]]
        self.assertEqual(listed, [item["commit"] for item in self.succeed_json("log")["snapshots"]])

    def test_what_is_refused(self):
        self.assert_fails(2, "hold", "add", "NVR1")
        self.assert_fails(2, "hold", "add", "NVR1", "-m", "  ", subject="-m")
        self.assert_fails(2, "hold", "add", "-m", "why")
        self.assert_fails(2, "hold")
        self.assert_fails(1, "hold", "add", "NVR2", "-m", "why", subject="NVR2")
        self.assert_fails(1, "hold", "remove", "NVR1", subject="NVR1")
        self.assertEqual(self.succeed_json("hold", "list"), {"holds": []})

    def test_an_empty_list_says_so_and_stays_silent_on_standard_output(self):
        result = self.succeed("hold", "list")
        self.assertEqual(result.out, b"")
        self.assertIn(b"nothing is held", result.err)


if __name__ == "__main__":
    unittest.main()
