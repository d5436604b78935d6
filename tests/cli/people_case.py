"""Shared by black-box tests in which people sign: Alice answers for the site, Bruno for her; Carole is
another of its people, and Mallory none of them."""

from clock_case import ClockTestCase
from coffre_cli import PASSPHRASE

PEOPLE = ("alice", "bruno", "carole", "mallory")


class PeopleTestCase(ClockTestCase):
    began = "2026-01-05T08:00:00Z"
    now = began

    def identity_of(self, person):
        return {"COFFRE_IDENTITY": self.scratch / f"{person}.identity", "COFFRE_PASSWORD": PASSPHRASE}

    def as_person(self, person, *arguments, status=0):
        """With that person's identity at hand."""
        return self.succeed(*arguments, status=status, env=self.identity_of(person))

    def as_person_json(self, person, *arguments, status=0):
        return self.as_person(person, *arguments, "--json", status=status).json

    def fill(self):
        for person in PEOPLE:
            made = self.run_bare("identity", "new", "--name", person.capitalize(), "--json",
                                 env=self.identity_of(person))
            self.assertEqual(made.status, 0, str(made))
            if person != "mallory":
                self.succeed("people", "add", person.capitalize(), "--card", made.json["card"])
        self.succeed("people", "responsible", "Alice", "--deputy", "Bruno")

    def capture_at(self, time, name="NVR1", *more, status=0):
        self.now = time
        self.write("tree/file.cfg", f"text {time} CANARY-5f1d\n")
        return self.capture("tree", name, *more, status=status)
