#!/usr/bin/python3
"""status and metrics: how a site stands, on a terminal and for programs."""

import datetime
import re
import time
import unittest
import zoneinfo

from clock_case import ClockTestCase
from exit_codes_test import FilledTestCase

MARKS = ("ok", "watch", "bad", "unknown")
CHECKS = ["backup", "cloud", "physical", "integrity", "restore-test", "review", "responsible", "space",
          "keys"]
SAMPLE = re.compile(r'^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)*)\})? (\S+)$')


def read_metrics(text):
    """{family: {labels: value}}; holds the text against OpenMetrics on the way."""
    lines = text.split("\n")
    assert lines[-2:] == ["# EOF", ""], lines[-2:]
    families, current = {}, None
    for line in lines[:-2]:
        if line.startswith("# TYPE "):
            current = line.split(" ")[2]
            assert current not in families, f"{current} comes twice"
            families[current] = {}
        elif line.startswith("#"):
            assert line.split(" ")[1] in ("HELP", "UNIT") and line.split(" ")[2] == current, line
        else:
            name, labels, value = SAMPLE.match(line).groups()
            assert name == current, line
            pairs = tuple(sorted(re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', labels or "")))
            assert pairs not in families[name], line
            families[name][pairs] = float(value)
    return families


class Document(ClockTestCase, FilledTestCase):
    now = "2026-03-14T09:00:00Z"  # no month ends meanwhile

    def test_the_document_has_what_the_page_says(self):
        document = self.succeed_json("status")
        self.assert_fields(document, {
            "client": str, "site": str, "repository": str, "time": str, "mark": str, "protected": bool,
            "contract": dict, "responsible": str, "deputy": str, "policy": dict, "journal": dict,
            "checks": list, "equipments": list, "anomalies_open": int, "anomalies_late": int,
            "tests_late": bool, "anomalies": list, "undeclared": list, "expiries": list,
            "dispensations": list, "drills": list, "reviews": list, "sha256": str})
        self.assertEqual([one["check"] for one in document["checks"]], CHECKS)
        self.assertEqual((document["client"], document["site"]), ("ACME", "PARIS"))
        self.assertEqual([one["name"] for one in document["equipments"]], ["NVR1"])
        self.assertEqual(len(document["equipments"][0]["months"]), 12)
        self.assertEqual(document["equipments"][0]["months"][-1]["HEBDO"]["kept"], 1)


class Status(FilledTestCase):
    def checks(self, *arguments):
        return {one["check"]: one for one in self.succeed_json("status", *arguments)["checks"]}

    def test_proc_5_3_what_was_never_observed_is_unknown_and_nothing_else(self):
        checks = self.checks()
        for one in checks.values():
            self.assertIn(one["mark"], MARKS)
            if one["as_of"] is None:
                self.assertEqual((one["mark"], one["stale"]), ("unknown", True), one)
            if one["code"] in ("never", "untested"):
                self.assertEqual(one["mark"], "unknown", one)
        self.assertEqual(checks["restore-test"]["mark"], "unknown")
        self.assertNotEqual(self.succeed_json("status")["mark"], "ok")

    def test_proc_p3_an_equipment_without_a_snapshot_is_a_row_that_is_not_ok(self):
        self.succeed("equipment", "add", "NVR2", "--type", "NVR", "--driver", "files", "--set",
                     f"path={self.tree}")
        document = self.succeed_json("status")
        rows = {one["name"]: one for one in document["equipments"]}
        self.assertEqual((rows["NVR2"]["mark"], rows["NVR2"]["captured"]), ("bad", None))
        self.assertIs(rows["NVR2"]["protected"], False)
        self.assertEqual(self.checks()["backup"]["mark"], "bad")
        self.assertIn(b"NVR2", self.succeed("status").out)

    def test_as_of_tells_it_as_the_journal_did_then(self):
        time.sleep(1.1)
        before = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        time.sleep(1.1)
        then = self.succeed_json("status", "--as-of", before)
        self.succeed("site", "edit", "--contract", "renforce")
        self.capture("tree", "NVR9")
        self.assertEqual(self.succeed_json("status", "--as-of", before), then)
        self.assertEqual([one["name"] for one in self.succeed_json("status")["equipments"]],
                         ["NVR1", "NVR9"])
        self.assertEqual(then["contract"]["level"], "unknown")
        today = datetime.datetime.now(zoneinfo.ZoneInfo("Europe/Paris")).strftime("%Y-%m-%d")  # the site's
        self.assertEqual(self.succeed_json("status", "--as-of", today)["contract"]["level"], "renforce")

    def test_as_of_a_time_to_come_or_before_the_repository_is_an_error(self):
        self.assert_error(self.run_coffre("status", "--as-of", "2124-01-01"), 2, "2124")
        self.assert_error(self.run_coffre("status", "--as-of", "yesterday"), 2, "yesterday")
        self.assert_error(self.run_coffre("status", "--as-of", "2001-01-01"), 1, "2001")

    def test_check_ends_with_three_where_something_is_not_ok(self):
        self.assertEqual(self.succeed_json("status")["mark"], "bad")
        self.assertEqual(self.run_coffre("status", "--check").status, 3)
        self.assertEqual(self.run_coffre("status").status, 0)

    def test_it_fits_a_terminal_in_both_languages_and_says_each_state_in_words(self):
        texts = [self.succeed("--lang", lang, "status").out.decode() for lang in ("en", "fr")]
        self.assertNotEqual(*texts)
        for text, unknown, bad in zip(texts, ("unknown", "inconnu"), ("not ok", "non conforme")):
            self.assertLessEqual(max(len(line) for line in text.splitlines()), 80)
            self.assertNotIn("\x1b", text)
            self.assertIn(unknown, text)
            self.assertIn(bad, text)

    def test_two_askings_tell_the_same_figures(self):
        def figures():
            document = self.succeed_json("status")
            for name in ("time", "sha256"):
                del document[name]
            return document
        self.assertEqual(figures(), figures())


class Metrics(FilledTestCase):
    def test_the_text_is_openmetrics_and_each_state_set_has_one_state(self):
        families = read_metrics(self.succeed("metrics").out.decode())
        for name, count in (("coffre_site", 1), ("coffre_check", len(CHECKS)), ("coffre_backup", 1)):
            self.assertEqual(len(families[name]), count * len(MARKS))
            self.assertEqual(sum(families[name].values()), count)
        self.assertEqual(len(families["coffre_check_green"]), len(CHECKS))

    def test_proc_5_3_status_and_metrics_tell_the_same(self):
        document = self.succeed_json("status")
        families = read_metrics(self.succeed("metrics").out.decode())
        labels = (("client", "ACME"), ("site", "PARIS"))
        def value(family, *more):
            return families[family][tuple(sorted((*labels, *more)))]
        for one in document["checks"]:
            check = ("check", one["check"])
            for mark in MARKS:
                self.assertEqual(value("coffre_check", check, ("coffre_check", mark)), one["mark"] == mark)
            self.assertEqual(value("coffre_check_stale", check), one["stale"])
            self.assertEqual(value("coffre_check_dispensed", check), one["dispensed"])
            green = one["mark"] == "ok" and not one["stale"] and not one["dispensed"]
            self.assertEqual(value("coffre_check_green", check), green)
        self.assertEqual(value("coffre_site_protected"), document["protected"])
        self.assertEqual(value("coffre_journal_batches"), document["journal"]["batches"])
        self.assertEqual(value("coffre_anomalies_late"), document["anomalies_late"])
        self.assertEqual(sum(number for pairs, number in families["coffre_anomalies_open"].items()),
                         document["anomalies_open"])

    def test_without_names_nobody_is_named_and_hashes_stay(self):
        text = self.succeed("metrics", "--no-names").out.decode()
        for name in ("ACME", "PARIS", "NVR1"):
            self.assertNotIn(name, text)
        def drop_time(text):
            return re.sub(r"coffre_generated_seconds \d+", "", text)
        self.assertEqual(drop_time(self.succeed("metrics", "--no-names").out.decode()), drop_time(text))
        self.assertIn('site="PARIS"', self.succeed("metrics").out.decode())


if __name__ == "__main__":
    unittest.main()
