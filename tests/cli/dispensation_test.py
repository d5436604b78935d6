#!/usr/bin/python3
"""Signed departures from the procedure that end by themselves."""

import datetime
import unittest
import zoneinfo

from coffre_cli import SharedRepositoryTestCase

OWN = "une phrase à elle"


def in_days(days):
    return (datetime.date.today() + datetime.timedelta(days=days)).isoformat()


class Dispensations(SharedRepositoryTestCase):
    def fill(self):
        for name in ("anne", "stranger"):
            made = self.run_bare("--identity", self.file_of(name), "identity", "new", "--name", name,
                                 env={"COFFRE_PASSWORD": OWN})
            self.assertEqual(made.status, 0, str(made))
        card = self.run_bare("--identity", self.file_of("anne"), "identity", "show", "--card")
        self.succeed("people", "add", "anne", "--card", card.out.decode().strip())
        self.succeed("equipment", "add", "NVR-OLD", "--type", "NVR", "--driver", "files",
                     "--set", "mode=manual")

    def file_of(self, name):
        return self.scratch / f"{name}.identity"

    def as_person(self, name, *arguments, **options):
        given = {"COFFRE_IDENTITY": self.file_of(name), "COFFRE_PASSWORD": OWN}
        return self.run_coffre(*arguments, env=given, **options)

    def add(self, *more, kind="manual", subject="NVR-OLD", until=None, person="anne"):
        subjects = ["--subject", subject] if subject else []
        return self.as_person(person, "dispensation", "add", "--kind", kind, *subjects, "--until",
                              until or in_days(30), "-m", "no interface", *more)

    def added(self, *more, **options):
        result = self.add(*more, "--json", **options)
        self.assertEqual(result.status, 0, str(result))
        return result.json["dispensations"][0]

    def listed(self, *more):
        return self.succeed_json("dispensation", "list", *more)["dispensations"]

    def test_proc_1_2_a_dispensation_is_signed_by_a_person_and_ends(self):
        made = self.added("--interval", "30", subject="nvr-old")
        self.assertEqual((made["person"], made["subject"], made["interval_days"], made["holds"]),
                         ("anne", "NVR-OLD", 30, True))
        [listed] = self.listed()
        self.assertEqual((listed["id"], listed["set"]["message"]), (made["id"], "no interface"))

    def test_it_is_taken_back_by_the_beginning_of_its_id(self):
        made = self.added()
        self.succeed("dispensation", "remove", made["id"][:5], "-m", "replaced")
        self.assertEqual(self.listed(), [])

    def test_a_day_that_is_over_is_told_from_one_too_far_ahead(self):
        self.assert_error(self.add(until=in_days(-3)), 2, "later day")
        self.assert_error(self.add(until=in_days(2000)), 2, "earlier day")

    def test_proc_1_2_without_an_identity_or_with_a_strangers_nothing_is_written(self):
        result = self.run_coffre("dispensation", "add", "--kind", "manual", "--subject", "NVR-OLD",
                                 "--until", in_days(30), "-m", "x")
        self.assert_error(result, 12)
        self.assert_error(self.add(person="stranger"), 16)
        self.assertEqual(self.listed("--all"), [])

    def test_proc_1_2_it_ends_within_twelve_months_and_after_today(self):
        for wrong in (in_days(400), in_days(-1)):
            self.assert_error(self.add(until=wrong), 2)
        self.assert_error(self.add(until="some day"), 2, "some day")
        self.added(until=in_days(360))

    def test_proc_1_2_it_can_be_taken_back_and_is_still_told_of(self):
        made = self.added()
        self.succeed("dispensation", "remove", made["id"], "-m", "replaced")
        self.assertEqual(self.listed(), [])
        [listed] = self.listed("--all")
        self.assertEqual((listed["holds"], listed["ended"]["message"]), (False, "replaced"))
        self.assert_error(self.run_coffre("dispensation", "remove", made["id"], "-m", "x"), 1, made["id"])
        self.assert_error(self.run_coffre("dispensation", "remove", "00000000", "-m", "x"), 1, "00000000")

    def test_kinds_and_subjects_go_together(self):
        self.assert_error(self.add(kind="holiday"), 2, "--kind")
        self.assert_error(self.add(subject=""), 2, "manual")
        self.assert_error(self.add(kind="distance"), 2, "distance")
        self.assert_error(self.add(subject="NVR-9"), 1, "NVR-9")
        self.assert_error(self.add(kind="medium", subject="disk"), 1, "disk")
        self.added(kind="distance", subject="")
        self.added(kind="drill", subject="")
        self.added(kind="retest")

    def test_the_day_that_is_told_is_the_last_on_which_it_holds(self):
        self.added()
        [listed] = self.listed()
        expires = datetime.datetime.fromisoformat(listed["expires"].replace("Z", "+00:00"))
        last = (expires - datetime.timedelta(seconds=1)).astimezone(zoneinfo.ZoneInfo("Europe/Paris"))
        for command in (["dispensation", "list"], ["status"]):
            self.assertIn(f"until {last:%Y-%m-%d}", self.succeed(*command).out.decode(), command)

    def test_what_holds_is_told_in_both_languages(self):
        made = self.added()
        for lang, word in (("en", "until"), ("fr", "jusqu’au")):
            shown = self.succeed("dispensation", "list", "--lang", lang).out.decode()
            self.assertIn(made["id"], shown)
            self.assertIn(word, shown)
            self.assertIn("anne", shown)


if __name__ == "__main__":
    unittest.main()
