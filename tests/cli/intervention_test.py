#!/usr/bin/python3
"""Visits of technicians, and what must be captured in them."""

import unittest

from coffre_cli import SharedRepositoryTestCase


class Interventions(SharedRepositoryTestCase):
    def fill(self):
        for name in ("NVR-OLD", "NVR-OLDER"):
            self.succeed("equipment", "add", name, "--type", "NVR", "--driver", "files",
                         "--set", "mode=manual")
        self.succeed("equipment", "add", "NVR-HALL", "--type", "NVR", "--driver", "files",
                     "--set", f"path={self.scratch / 'export'}")

    def setUp(self):
        super().setUp()
        self.export = self.write("export/a.cfg", "1\n").parent
        self.succeed("equipment", "edit", "NVR-HALL", "--set", f"path={self.export}")

    def open(self, *arguments):
        return self.succeed_json("intervention", "open", *arguments)["interventions"][0]

    def close(self, visit, *arguments, status=0):
        return self.succeed_json("intervention", "close", visit["id"], *arguments, status=status)

    def listed(self, *arguments):
        return self.succeed_json("intervention", "list", *arguments)["interventions"]

    def by_hand(self, name, *arguments, status=0):
        return self.succeed_json("capture", name, "--from", self.export, *arguments, status=status)

    def test_proc_1_2_a_visit_waits_for_what_is_captured_by_hand(self):
        visit = self.open("--technician", "A. Martin", "-m", "quarterly")
        self.assertEqual(visit["missing"], ["NVR-OLD", "NVR-OLDER"])
        self.by_hand("NVR-OLD")
        [listed] = self.listed()
        self.assertEqual((listed["technician"], listed["missing"]), ("A. Martin", ["NVR-OLDER"]))

    def test_it_is_closed_by_the_beginning_of_its_id(self):
        visit = self.open()
        closed = self.close({"id": visit["id"][:5]}, status=3)
        self.assertEqual(closed["interventions"][0]["id"], visit["id"])
        self.assertEqual(self.listed(), [])

    def test_proc_1_2_closing_without_a_capture_is_told_and_closes_all_the_same(self):
        visit = self.open()
        self.by_hand("NVR-OLD")
        closed = self.close(visit, "-m", "no key to the room", status=3)
        self.assertEqual((closed["missing"], closed["ok"]), (["NVR-OLDER"], False))
        self.assertEqual(self.listed(), [])
        [listed] = self.listed("--all")
        self.assertEqual(listed["closed"]["message"], "no key to the room")

    def test_proc_1_2_closing_with_all_captures_is_done(self):
        visit = self.open()
        self.by_hand("NVR-OLD")
        self.by_hand("NVR-OLDER")
        self.assertEqual(self.close(visit)["missing"], [])

    def test_proc_1_2_a_capture_from_before_or_one_that_is_dated_does_not_count(self):
        self.by_hand("NVR-OLD")
        visit = self.open("--equipment", "NVR-OLD")
        self.by_hand("NVR-OLD", "--at", "2026-01-01T08:00:00Z")
        self.assertEqual(self.close(visit, status=3)["missing"], ["NVR-OLD"])

    def test_proc_1_2_a_visit_may_be_for_one_equipment(self):
        visit = self.open("--equipment", "nvr-hall")
        self.assertEqual((visit["equipment"], visit["missing"]), (["NVR-HALL"], ["NVR-HALL"]))
        self.succeed("capture", "NVR-HALL")
        self.close(visit)

    def test_when_it_is_planned_is_on_the_sites_clock(self):
        self.assertEqual(self.open("--planned", "2026-07-14T10:00")["planned"], "2026-07-14T08:00:00Z")
        self.assert_error(self.run_coffre("intervention", "open", "--planned", "soon"), 2, "soon")

    def test_who_is_there_is_known_without_being_said(self):
        self.assertTrue(self.open()["technician"])

    def test_what_is_not_there_is_refused(self):
        self.assert_error(self.run_coffre("intervention", "open", "--equipment", "NVR-9"), 1, "NVR-9")
        self.assert_error(self.run_coffre("intervention", "close", "00000000"), 1, "00000000")
        visit = self.open("--equipment", "NVR-HALL")
        self.succeed("capture", "NVR-HALL")
        self.close(visit)
        self.assert_error(self.run_coffre("intervention", "close", visit["id"]), 1, visit["id"])

    def test_what_is_missing_is_told_in_words_with_a_way_out(self):
        visit = self.open()
        for lang in ("en", "fr"):
            self.assertIn(visit["id"].encode(), self.succeed("intervention", "list", "--lang", lang).out)
        result = self.succeed("intervention", "close", visit["id"], "--lang", "fr", status=3)
        self.assertIn("NVR-OLDER", result.lines[-1])
        self.assertIn("sauvegardez", result.lines[-1])


if __name__ == "__main__":
    unittest.main()
