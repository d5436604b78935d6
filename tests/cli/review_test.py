#!/usr/bin/python3
"""Monthly reviews: shown, signed by who answers for the site, frozen, due five days after the month."""

import unittest

from clock_case import ClockTestCase
from people_case import PeopleTestCase

LANGUAGES = ("en", "fr")


class Reviews(PeopleTestCase):
    def fill(self):
        super().fill()
        # Saturdays from 7 February on at 03:00 in Paris; the third one is late.
        for time in ("2026-02-07T02:05:00Z", "2026-02-14T02:05:00Z", "2026-02-21T20:00:00Z"):
            self.capture_at(time)

    def setUp(self):
        super().setUp()
        self.now = "2026-03-02T09:00:00Z"

    def due(self, scope="site", month="2026-02"):
        return next(item for item in self.succeed_json("review", "due")["reviews"]
                    if (item["scope"], item["month"]) == (scope, month))

    def refuses(self, status, *arguments, env=None, subject=""):
        for language in LANGUAGES:
            given = {**(env or {}), "COFFRE_LANG": language}
            self.assert_error(self.run_coffre(*arguments, env=given), status, subject)
            self.assert_error_json(self.run_coffre(*arguments, "--json", env=given), status)

    def test_proc_5_2_review_is_due_five_days_after_the_month(self):
        self.assertEqual(self.due()["state"], "due")
        self.assertEqual(self.due()["due"], "2026-03-05T23:00:00Z")
        self.now = "2026-03-05T22:59:00Z"
        self.assertEqual(self.due()["state"], "due")
        self.now = "2026-03-05T23:00:01Z"
        self.assertEqual(self.due()["state"], "overdue")
        self.assertIn(b"OVERDUE", self.succeed("review", "due").out)
        signed = self.as_person_json("alice", "review", "site")["review"]
        self.assertEqual(self.due(), {**self.due(), "state": "done", "review": signed["id"]})

    def test_proc_5_2_only_the_responsible_or_deputy_signs(self):
        self.refuses(16, "review", "site", env=self.identity_of("carole"), subject="Carole")
        self.refuses(16, "review", "site", env=self.identity_of("mallory"))
        self.refuses(12, "review", "site")
        self.assertEqual(self.succeed_json("review", "list"), {"reviews": []})
        signed = self.as_person_json("bruno", "review", "site", "-m", "all is well")["review"]
        self.assertEqual((signed["person"], signed["scope"], signed["month"], signed["accepted"]),
                         ("Bruno", "site", "2026-02", True))
        self.assertEqual(signed["message"], "all is well")
        listed = self.succeed_json("review", "list")["reviews"]
        self.assertEqual(listed, [{key: value for key, value in signed.items() if key != "figures"}])

    def test_proc_5_2_what_is_missing_is_in_the_figures_also_where_no_run_saw_it(self):
        signed = self.as_person_json("alice", "review", "site")["review"]
        frozen = {item["id"] for item in signed["figures"]["anomalies"]["open"]}
        known = {item["id"] for item in self.succeed_json("anomalies", "list")["anomalies"]}
        self.assertTrue(frozen)
        self.assertEqual(frozen, known)

    def test_a_refusal_says_all_in_its_reason(self):
        alice = self.identity_of("alice")
        self.refuses(2, "review", "site", "--refuse", "weeks missed", "-m", "seen on site", env=alice,
                     subject="--refuse")
        self.assertEqual(self.succeed_json("review", "list"), {"reviews": []})

    def test_no_line_of_it_has_a_place_that_nothing_was_put_into(self):
        self.as_person("alice", "intervention", "open", "-m", "visit")
        self.as_person("alice", "review", "site", "--refuse", "weeks missed")
        for language in LANGUAGES:
            for command in (["review", "site", "--dry-run"], ["status"], ["review", "list"]):
                out = self.succeed(*command, "--lang", language).out.decode()
                self.assertNotRegex(out, r"\{\d\}")

    def test_proc_5_2_responsible_is_who_is_so_now(self):
        self.succeed("people", "responsible", "Carole", "--deputy", "")
        self.refuses(16, "review", "site", env=self.identity_of("alice"), subject="Alice")
        self.assertEqual(self.as_person_json("carole", "review", "site")["review"]["person"], "Carole")

    def test_proc_5_2_the_review_shows_the_month_week_by_week(self):
        figures = self.succeed_json("review", "site", "--dry-run")["review"]["figures"]
        weeks = {week["week"]: week["state"] for week in figures["equipment"][0]["weeks"]}
        self.assertEqual(weeks, {"2026-W05": "not-expected", "2026-W06": "done", "2026-W07": "done",
                                 "2026-W08": "late"})
        item = figures["equipment"][0]
        self.assertEqual((item["expected"], item["done"], item["late"], item["missed"]), (3, 2, 1, 0))
        self.assertEqual(item["captures"], {"complete": 3, "partial": 0, "imported": 0})
        self.assertTrue(item["monthly"])
        self.assertEqual(item["manual"], {"in_intervention": 0, "by_itself": 3})
        self.assertEqual((figures["responsible"], figures["deputy"]), ("Alice", "Bruno"))
        for language in LANGUAGES:
            text = self.succeed("review", "site", "--dry-run", "--lang", language).out.decode()
            self.assertIn("NVR1", text)
            self.assertIn("W08", text)
            self.assertIn("Alice", text)

    def test_proc_5_3_internal_review_freezes_its_figures(self):
        signed = self.as_person_json("carole", "review", "internal", "--participants", "Alice", "Carole",
                                     "--decision", "a second disk", "--decision", "=1+1")["review"]
        self.assertEqual(signed["figures"]["participants"], ["Alice", "Carole"])
        self.assertEqual(signed["figures"]["decisions"], ["a second disk", "=1+1"])
        self.assertIn("checks", signed["figures"]["overview"])
        self.capture_at("2026-03-07T02:05:00Z", "NVR2")
        self.succeed("people", "responsible", "Bruno", "--deputy", "")
        self.now = "2026-06-01T09:00:00Z"
        shown = self.succeed_json("review", "show", signed["id"])["review"]
        self.assertEqual(shown, signed)
        self.assertIn(b"a second disk", self.succeed("review", "show", signed["id"]).out)
        self.assertEqual(self.due("internal")["state"], "done")
        self.assertEqual(self.due("site")["state"], "overdue")

    def test_an_internal_review_names_who_took_part(self):
        self.refuses(2, "review", "internal", env=self.identity_of("alice"), subject="--participants")
        self.succeed("review", "internal", "--dry-run")

    def test_one_that_is_refused_says_why_and_may_be_followed(self):
        refused = self.as_person_json("alice", "review", "site", "--refuse", "week 8 was late")["review"]
        self.assertEqual((refused["accepted"], refused["message"]), (False, "week 8 was late"))
        self.assertEqual(self.due()["state"], "refused")
        self.as_person("alice", "review", "site", "-m", "looked into")
        self.refuses(1, "review", "site", env=self.identity_of("bruno"), subject="2026-02")
        self.assertEqual([item["accepted"] for item in self.succeed_json("review", "list")["reviews"]],
                         [True, False])
        self.refuses(2, "review", "site", "--month", "2026-01", "--refuse", " ", subject="--refuse",
                     env=self.identity_of("alice"))

    def test_a_month_that_is_not_over_is_looked_at_and_not_signed(self):
        figures = self.succeed_json("review", "site", "--month", "2026-03", "--dry-run")["review"]["figures"]
        self.assertIs(figures["over"], False)
        self.refuses(2, "review", "site", "--month", "2026-03", env=self.identity_of("alice"),
                     subject="2026-03")
        self.refuses(2, "review", "site", "--month", "2026-04", "--dry-run", subject="2026-04")
        self.refuses(2, "review", "site", "--month", "2025-12", "--dry-run", subject="2025-12")
        for month in ("2026", "2026-13", "february", "2026-2"):
            self.refuses(2, "review", "site", "--month", month, "--dry-run", subject=month)

    def test_what_is_not_there(self):
        self.refuses(1, "review", "show", "0badc0de", subject="0badc0de")
        self.refuses(2, "review", "show")
        self.refuses(2, "review")
        self.assertIn(b"no review", self.succeed("review", "list").err)

    def test_a_dry_run_signs_nothing(self):
        shown = self.succeed_json("review", "site", "--dry-run", "-m", "x")["review"]
        self.assertIsNone(shown["id"])
        self.assertIsNone(shown["person"])
        self.assertEqual(self.succeed_json("review", "list"), {"reviews": []})

    def test_no_text_of_a_configuration_is_in_it(self):
        self.assertNotIn(b"CANARY", self.succeed("review", "site", "--dry-run", "--json").out)


class NoMonth(ClockTestCase):
    now = "2026-03-02T09:00:00Z"

    def test_a_site_that_began_this_month_has_nothing_due(self):
        self.assertEqual(self.succeed_json("review", "due"), {"reviews": []})
        self.assertIn(b"no month", self.succeed("review", "due").err)


if __name__ == "__main__":
    unittest.main()
