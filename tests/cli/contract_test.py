#!/usr/bin/python3
"""What the procedure asks of a site's record and its policy: contract, dates, schedule, place, limits."""

import os
import pathlib
import shutil
import tempfile
import unittest

from coffre_cli import CoffreTestCase, SharedRepositoryTestCase

POLICY = """reference = "PROC-CYB-003 v1.0"
[months]
HEBDO = 3
MENSUEL = 12
PRE = 6
POST = 6
"""


class NewSites(CoffreTestCase):
    def test_proc_3_1_a_contract_that_nobody_said_is_unknown(self):
        self.init()
        self.assertEqual(self.succeed_json("site", "show")["site"]["contract"], "unknown")
        self.assertIn("renforce", self.succeed("site", "show").out.decode())
        self.succeed("site", "edit", "--contract", "standard")
        self.assertEqual(self.succeed_json("site", "show")["site"]["contract"], "standard")

    def test_a_contract_said_at_the_beginning_is_kept(self):
        self.init("--contract", "renforce")
        self.assertEqual(self.succeed_json("site", "show")["site"]["contract"], "renforce")


class Records(SharedRepositoryTestCase):
    def site(self):
        return self.succeed_json("site", "show")["site"]

    def edit(self, *arguments):
        return self.succeed_json("site", "edit", *arguments)["site"]

    def refuse(self, subject, *arguments):
        self.assert_error(self.run_coffre(*arguments), 2, subject)
        french = self.run_coffre(*arguments, "--lang", "fr")
        self.assert_error(french, 2, subject)
        self.assertNotEqual(french.lines, self.run_coffre(*arguments, "--lang", "en").lines)

    def test_proc_p3_a_contract_has_its_dates(self):
        site = self.edit("--contract-from", "2026-04-01", "--contract-until", "2027-03-31", "-m", "signed")
        self.assertEqual((site["contract_from"], site["contract_until"]), ("2026-04-01", "2027-03-31"))
        self.assertIn("2027-03-31", self.succeed("site", "show").out.decode())
        self.assertEqual(self.edit("--contract-until", "")["contract_until"], "")
        self.assertEqual(self.site()["contract_from"], "2026-04-01")

    def test_proc_p3_dates_that_are_none_or_backwards_change_nothing(self):
        before = self.site()
        self.refuse("2026-02-30", "site", "edit", "--contract-from", "2026-02-30")
        self.refuse("tomorrow", "site", "edit", "--contract-until", "tomorrow")
        self.refuse("2026-04-01", "site", "edit", "--contract-from", "2026-04-01", "--contract-until",
                    "2026-03-31")
        self.assertEqual(self.site(), before)

    def test_proc_1_1_the_week_has_its_time_on_the_sites_clock(self):
        self.assertEqual(self.site()["schedule"], "sat 03:00")
        self.assertEqual(self.edit("--schedule", "sun 02:30")["schedule"], "sun 02:30")
        for wrong in ("someday 03:00", "sun 25:00", "sun"):
            self.refuse(wrong, "site", "edit", "--schedule", wrong)

    def test_proc_2_4_a_site_has_its_place(self):
        self.assertEqual(self.edit("--place", "48.8789,2.3158")["place"], "48.8789,2.3158")
        for wrong in ("Paris", "91,0", "48.8789"):
            self.refuse(wrong, "site", "edit", "--place", wrong)

    def test_proc_2_4_a_remote_may_have_its_place(self):
        self.refuse("Lyon", "remote", "add", "cloud", "sftp://192.0.2.1/coffre", "--role", "cloud", "--set",
                    "place=Lyon")
        (self.scratch / "medium").mkdir()
        self.succeed("remote", "add", "disk", self.scratch / "medium", "--role", "physical", "--set",
                     "place=48.85,2.35")
        [shown] = self.succeed_json("remote", "show", "disk")["remotes"]
        self.assertEqual(shown["settings"]["place"], "48.85,2.35")
        self.assertIn("48.85,2.35", self.succeed("remote", "show", "disk").out.decode())

    def test_proc_1_2_an_equipment_says_how_it_is_captured_and_whether_it_counts(self):
        self.succeed("equipment", "add", "NVR-OLD", "--type", "NVR", "--driver", "files",
                     "--set", "mode=manual", "--set", "contract=no")
        for wrong in ("mode=sometimes", "contract=maybe"):
            self.refuse(wrong.split("=")[0], "equipment", "edit", "NVR-OLD", "--set", wrong)
        self.refuse("path", "equipment", "edit", "NVR-OLD", "--set", "mode=auto")

    def test_proc_1_2_a_round_of_all_passes_over_what_is_captured_by_hand(self):
        source = self.write("export/a.cfg", "1\n").parent
        self.succeed("equipment", "add", "NVR-OLD", "--type", "NVR", "--driver", "files",
                     "--set", f"path={source}", "--set", "mode=manual")
        self.succeed("equipment", "add", "NVR-HALL", "--type", "NVR", "--driver", "files",
                     "--set", f"path={source}", "--set", "contract=yes")
        result = self.succeed_json("capture", "--all")
        self.assertEqual([s["equipment"] for s in result["snapshots"]], ["NVR-HALL"])
        self.assertEqual([s["equipment"] for s in result["skipped"]], ["NVR-OLD"])

    def test_an_equipment_that_has_no_source_is_told_so(self):
        self.succeed("equipment", "add", "NVR-OLD", "--type", "NVR", "--driver", "files",
                     "--set", "mode=manual")
        self.assert_error(self.run_coffre("capture", "NVR-OLD"), 2, "NVR-OLD")

    # The policy's limits

    def limits(self):
        return self.succeed_json("policy", "show")["policy"]["limits"]

    def set_policy(self, text):
        return self.run_coffre("policy", "set", self.write("policy.toml", text))

    def test_proc_1_3_a_policy_without_limits_has_those_of_the_procedure(self):
        self.assertEqual(self.set_policy(POLICY).status, 0)
        limits = self.limits()
        self.assertEqual([limits[name] for name in ("post_hours", "complete_hours", "treat_hours")],
                         [12, 174, 24])
        self.assertEqual((limits["drill_months"], limits["drill_months_renforce"]), (12, 3))
        self.assertEqual((limits["cloud_hours"], limits["physical_days"], limits["distance_km"]), (1, 7, 50))

    def test_proc_1_3_limits_are_data_and_shown(self):
        self.assertEqual(self.set_policy(POLICY + "[limits]\npost_hours = 6\n").status, 0)
        self.assertEqual(self.limits()["post_hours"], 6)
        self.assertEqual(self.limits()["cloud_hours"], 1)
        for command in ("policy", "site"):
            self.assertRegex(self.succeed(command, "show").out.decode(), r"post_hours +6 \(.*12\)")
        self.succeed("policy", "set", "standard")
        self.assertEqual(self.limits()["post_hours"], 12)

    def test_a_limit_that_is_none_or_out_of_bounds_changes_nothing(self):
        before = self.limits()
        for line, subject in (("post_hour = 6", "post_hour"), ("post_hours = 0", "post_hours"),
                              ("post_hours = 1000", "post_hours"), ("post_hours = 'six'", "post_hours"),
                              ("post_hours = 6.5", "post_hours"), ("dispensation_months = 13",
                                                                   "dispensation_months")):
            with self.subTest(line):
                self.assert_error(self.set_policy(POLICY + f"[limits]\n{line}\n"), 2, subject)
        self.assert_error(self.set_policy("limits = 3\n" + POLICY), 2)
        self.assertEqual(self.limits(), before)


class ClearSources(SharedRepositoryTestCase):
    """An export by hand that lies on an ordinary disk."""

    def setUp(self):
        super().setUp()
        self.disk = pathlib.Path(tempfile.mkdtemp(prefix="coffre-test-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, self.disk, ignore_errors=True)
        (self.disk / "export.xml").write_text("<x/>")
        self.capture(self.disk, "NVR1")

    def open_anomalies(self):
        self.succeed("capture", "NVR2", "--type", "NVR", "--from", self.write("safe/a.cfg", "1\n").parent)
        found = self.succeed_json("anomalies", "list")["anomalies"]
        return [item for item in found if item["kind"] == "clear_text"]

    def test_proc_2_2_a_source_left_in_clear_is_an_anomaly_until_it_is_gone(self):
        [anomaly] = self.open_anomalies()
        self.assertEqual((anomaly["equipment"], anomaly["severity"]), ("NVR1", "critical"))
        (self.disk / "export.xml").unlink()
        self.assertEqual(self.open_anomalies(), [])

    def test_proc_2_2_what_else_lies_there_is_not_the_source(self):
        (self.disk / "notes.txt").write_text("unrelated")
        (self.disk / "export.xml").unlink()
        self.assertEqual(self.open_anomalies(), [])

    def test_proc_2_2_removing_the_source_with_the_next_capture_ends_it(self):
        self.assertEqual(len(self.open_anomalies()), 1)
        self.capture(self.disk, "NVR1", "--remove-source")
        self.assertEqual(self.open_anomalies(), [])

    def test_proc_2_2_where_it_lies_is_in_no_answer_and_no_file_of_the_repository(self):
        self.open_anomalies()
        shown = self.succeed("anomalies", "list", "--json").out
        self.assertNotIn(self.disk.name.encode(), shown)
        for folder, _, files in os.walk(self.repo):
            for name in files:
                self.assertNotIn(self.disk.name.encode(), pathlib.Path(folder, name).read_bytes(), name)


if __name__ == "__main__":
    unittest.main()
