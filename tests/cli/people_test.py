#!/usr/bin/python3
"""Identities and people: what opens a site and what does not, who signs, and who answers for it."""

import fcntl
import os
import pty
import shutil
import signal
import termios
import time
import unittest

from coffre_cli import EXE, PASSPHRASE, SECONDS, SharedRepositoryTestCase

OWN = "une phrase à elle"
NO_KEY = {"COFFRE_KEY_FILE": None}
BOTH = ("en", "fr")


class People(SharedRepositoryTestCase):
    def fill(self):
        for name in ("anne", "karim"):
            self.make_identity(name)
        self.write("tree/file.cfg", b"text\n")
        self.capture("tree", "NVR1")

    def file_of(self, name):
        return self.scratch / f"{name}.identity"

    def make_identity(self, name):
        self.run_done("--identity", self.file_of(name), "identity", "new", "--name", name, "--mail",
                      f"{name}@example.org", env={"COFFRE_PASSWORD": OWN})

    def run_done(self, *arguments, **options):
        result = self.run_bare(*arguments, **options)
        self.assertEqual(result.status, 0, str(result))
        return result

    def card(self, name):
        shown = self.run_done("--identity", self.file_of(name), "identity", "show", "--card")
        return shown.out.decode().strip()

    def add(self, name, *more, **options):
        return self.succeed("people", "add", name, "--card", self.card(name), *more, **options)

    def as_person(self, name, *arguments, password=OWN, env=None, **options):
        """With the identity and its passphrase, and no key file."""
        given = {"COFFRE_IDENTITY": self.file_of(name), "COFFRE_PASSWORD": password, "COFFRE_KEY_FILE": None}
        return self.run_coffre(*arguments, env={**given, **(env or {})}, **options)

    def people(self):
        return self.succeed_json("people", "list")

    def assert_refused(self, status, *arguments, subject="", run=None, **options):
        lines = set()
        for lang in BOTH:
            result = (run or self.run_coffre)(*arguments, "--lang", lang, **options)
            self.assert_error(result, status, subject)
            lines.add(result.lines[0])
        self.assertEqual(len(lines), 2, "the French line is English")

    # Identities

    def test_an_identity_shows_itself_without_its_passphrase(self):
        shown = self.run_done("--identity", self.file_of("anne"), "identity", "show", "--json").json
        self.assertEqual((shown["name"], shown["mail"]), ("anne", "anne@example.org"))
        self.assertEqual(shown["card"], self.card("anne"))
        self.assertEqual(shown["path"], str(self.file_of("anne")))
        self.assertTrue(shown["card"].startswith(f"coffre-card-1 {shown['key']} {shown['recipient']} "))
        self.assertEqual(self.file_of("anne").stat().st_mode & 0o777, 0o600)

    def test_an_identity_is_made_at_the_default_place_and_never_over_another(self):
        env = {"COFFRE_PASSWORD": OWN}
        self.run_done("identity", "new", "--name", "Zoé", env=env)
        place = self.scratch / "home/.config/coffre/identity"
        before = place.read_bytes()
        self.assert_refused(1, "identity", "new", subject=place, run=self.run_bare, env=env)
        self.assertEqual(place.read_bytes(), before)
        self.assertEqual(os.listdir(place.parent), ["identity"])

    def test_an_identity_without_a_passphrase_is_not_made(self):
        self.assert_refused(2, "identity", "new", run=self.run_bare)
        self.assert_refused(2, "identity", "new", run=self.run_bare,
                            env={"COFFRE_PASSWORD_FILE": self.write("empty")})
        self.assertFalse((self.scratch / "home/.config/coffre").exists())

    def test_names_that_no_card_can_bear_are_refused(self):
        env = {"COFFRE_PASSWORD": OWN}
        for name in ("", " x", "a\nb", "n" * 129):
            self.assert_refused(2, "identity", "new", "--name", name, run=self.run_bare, env=env)
        self.assert_refused(2, "identity", "new", "--mail", "a b", run=self.run_bare, env=env)

    def test_another_passphrase_opens_the_new_file_alone(self):
        self.add("anne")
        old = self.file_of("anne").read_bytes()
        new = self.write("new", "une autre\n")
        self.run_done("--identity", self.file_of("anne"), "identity", "passwd", "--new-password-file", new,
                      env={"COFFRE_PASSWORD": OWN})
        self.assertEqual(self.as_person("anne", "log").status, 12)
        self.assertEqual(self.as_person("anne", "log", password="une autre").status, 0)
        self.file_of("anne").write_bytes(old)
        self.assertEqual(self.as_person("anne", "log").status, 0)

    def test_a_wrong_passphrase_changes_nothing_of_an_identity(self):
        before = self.file_of("anne").read_bytes()
        new = self.write("new", "une autre\n")
        passwd = ("--identity", self.file_of("anne"), "identity", "passwd", "--new-password-file")
        self.assert_refused(12, *passwd, new, subject=self.file_of("anne"), run=self.run_bare,
                            env={"COFFRE_PASSWORD": "wrong"})
        self.assert_refused(2, *passwd, self.write("empty"), run=self.run_bare, env={"COFFRE_PASSWORD": OWN})
        self.assertEqual(self.file_of("anne").read_bytes(), before)

    def test_the_file_that_a_link_leads_to_takes_the_new_passphrase(self):
        self.add("anne")
        carried = self.scratch / "usb" / "anne.identity"
        carried.parent.mkdir()
        self.file_of("anne").rename(carried)
        self.file_of("anne").symlink_to(carried)
        self.run_done("--identity", self.file_of("anne"), "identity", "passwd", "--new-password-file",
                      self.write("new", "une autre\n"), env={"COFFRE_PASSWORD": OWN})
        self.assertTrue(self.file_of("anne").is_symlink())
        self.file_of("anne").unlink()
        carried.rename(self.file_of("anne"))
        self.assertEqual(self.as_person("anne", "log", password="une autre").status, 0)
        self.assertEqual(self.as_person("anne", "log").status, 12)

    def test_a_missing_file_of_a_new_passphrase_is_told_with_its_own_option(self):
        result = self.run_bare("--identity", self.file_of("anne"), "identity", "passwd",
                               "--new-password-file", self.scratch / "none", env={"COFFRE_PASSWORD": OWN})
        self.assert_error(result, 12, "--new-password-file")

    def test_the_terminal_echoes_again_after_an_interrupt_at_a_passphrase(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            leader, follower = pty.openpty()
            environment = self.with_environment()
            child = os.fork()
            if child == 0:
                os.setsid()
                fcntl.ioctl(follower, termios.TIOCSCTTY, 0)
                for standard in range(3):
                    os.dup2(follower, standard)
                os.execve(EXE, [EXE, "--identity", self.file_of("new"), "identity", "new", "--name", "new"],
                          environment)
            end = time.monotonic() + SECONDS
            while self.echoes(follower):
                self.assertLess(time.monotonic(), end)
                time.sleep(0.01)
            os.kill(child, number)
            _, status = os.waitpid(child, 0)
            self.assertEqual(os.waitstatus_to_exitcode(status), -number)
            self.assertTrue(self.echoes(follower))
            os.close(leader)
            os.close(follower)

    def echoes(self, terminal):
        return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)

    # Machines that were removed

    def remove_this_machine(self):
        """By another one; the environment is this one's again afterwards."""
        machine = next(one for one in self.succeed_json("actor", "list")["actors"] if one["this_machine"])
        own = self.environment["XDG_STATE_HOME"]
        self.environment["XDG_STATE_HOME"] = str(self.scratch / "state2")
        self.succeed("actor", "remove", machine["id"], "-m", "sold")
        self.environment["XDG_STATE_HOME"] = own
        return machine["name"]

    def test_a_machine_that_was_removed_writes_nothing_more(self):
        name = self.remove_this_machine()
        files = {path for path in self.repo.rglob("*") if path.is_file() and path.parent.name != "packs"}
        for command in (("people", "add", "karim", "--card", self.card("karim")), ("intervention", "open"),
                        ("equipment", "add", "NVR2", "--type", "NVR", "--driver", "files", "--set", "path=/"),
                        ("capture", "NVR1", "--from", "tree")):
            result = self.run_coffre(*command)
            self.assertEqual(result.status, 16, str(result))
            self.assertIn(name, result.lines[-1])
        left = {path for path in self.repo.rglob("*") if path.is_file() and path.parent.name != "packs"}
        self.assertEqual(left, files)
        self.assertEqual(self.as_person("karim", "log").status, 12)
        self.assertEqual(len(self.succeed_json("log")["snapshots"]), 1)

    # What opens

    def test_who_was_admitted_opens_and_who_was_not_does_not(self):
        self.add("anne")
        self.assertEqual(self.as_person("anne", "log").status, 0)
        self.assert_refused(12, "log", subject=self.file_of("karim"),
                            run=lambda *a, **o: self.as_person("karim", *a, **o))

    def test_a_wrong_passphrase_a_damaged_file_and_a_missing_one_are_told_apart(self):
        self.add("anne")
        as_anne = lambda *a, **o: self.as_person("anne", *a, **o)
        self.assert_refused(12, "log", subject=self.file_of("anne"), run=as_anne, password="wrong")
        self.assert_refused(12, "log", subject=self.file_of("anne"), run=as_anne,
                            env={"COFFRE_PASSWORD": None})
        whole = self.file_of("anne").read_bytes()
        for damaged in (whole[:100] + b"x" + whole[101:], whole[:-1], whole[:40], b"", b"coffre"):
            self.file_of("anne").write_bytes(damaged)
            self.assert_refused(13, "log", subject=self.file_of("anne"), run=as_anne)
        self.file_of("anne").unlink()
        self.assert_refused(1, "log", subject=self.file_of("anne"), run=as_anne)

    def test_a_slot_of_another_repository_does_not_open(self):
        self.add("anne")
        other = self.scratch / "other"
        self.run_done("-r", other, "init", "--client", "ACME", "--site", "LYON", "--key-file-out",
                      self.scratch / "other.key", env={"COFFRE_PASSWORD": PASSPHRASE})
        for slot in (self.repo / "keys").iterdir():
            shutil.copy(slot, other / "keys")
        self.assert_refused(13, "log", run=lambda *a, **o: self.as_person("anne", *a, **o),
                            env={"COFFRE_REPO": other})

    def test_who_was_removed_opens_no_more_even_where_the_slot_comes_back(self):
        self.add("anne")
        before = set(os.listdir(self.repo / "keys"))
        shutil.copytree(self.repo / "keys", self.scratch / "old-keys")
        self.succeed("people", "remove", "anne", "-m", "gone")
        self.assertEqual(self.as_person("anne", "log").status, 12)
        for name in before - set(os.listdir(self.repo / "keys")):
            shutil.copy(self.scratch / "old-keys" / name, self.repo / "keys")
        self.assertEqual(self.as_person("anne", "log").status, 12)
        self.assertEqual(self.people()["people"], [])

    def test_a_person_whose_slot_was_removed_is_shown_without_a_way_in_and_let_in_again(self):
        self.add("anne")
        slot = self.people()["people"][0]["slot"]
        self.succeed("key", "remove", slot)
        self.assertEqual(self.as_person("anne", "log").status, 12)
        self.assertIsNone(self.people()["people"][0]["slot"])
        self.add("anne")
        self.assertEqual(self.as_person("anne", "log").status, 0)

    def test_an_identity_captures_and_admits_its_machine(self):
        self.add("anne")
        result = self.as_person("anne", "capture", "NVR1", "--from", self.scratch / "tree",
                                env={"XDG_STATE_HOME": self.scratch / "hers"})
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual(len(self.succeed_json("log")["snapshots"]), 2)

    # Precedence

    def test_a_key_file_goes_before_an_identity_of_its_level_and_after_one_of_a_stronger_level(self):
        self.add("anne")
        opened = lambda *a, **o: [s["type"] for s in self.succeed_json(*a, "key", "list", **o)["slots"]
                                  if s["opened"]]
        identity = {"COFFRE_IDENTITY": self.file_of("anne"), "COFFRE_PASSWORD": OWN}
        self.assertEqual(opened(env=identity), ["key-file"])
        self.assertEqual(opened("--identity", self.file_of("anne"), env={"COFFRE_PASSWORD": OWN}),
                         ["recipient"])
        self.assertEqual(opened("--key-file", self.key, env={**identity, **NO_KEY}), ["key-file"])

    def test_an_identity_that_is_named_goes_before_a_passphrase(self):
        self.add("anne")
        self.assertEqual(self.as_person("karim", "log", password=PASSPHRASE).status, 12)
        # Given as an option, a passphrase is of what it opens.
        password = self.write("password", PASSPHRASE + "\n")
        self.assertEqual(self.as_person("karim", "--password-file", password, "log").status, 0)

    def test_an_identity_at_the_default_place_is_used_where_the_repository_lists_it(self):
        place = self.scratch / "home/.config/coffre/identity"
        place.parent.mkdir(parents=True)
        shutil.copy(self.file_of("anne"), place)
        opened = lambda password: self.run_coffre("key", "list", "--json",
                                                  env={"COFFRE_PASSWORD": password, **NO_KEY})
        type_of = lambda result: [s["type"] for s in result.json["slots"] if s["opened"]]
        self.assertEqual(type_of(opened(PASSPHRASE)), ["passphrase"])
        self.assertEqual(opened(OWN).status, 12)
        self.add("anne")
        self.assertEqual(type_of(opened(OWN)), ["recipient"])
        self.assertEqual(type_of(opened(PASSPHRASE)), ["passphrase"])

    def test_a_damaged_identity_that_nobody_named_is_in_nobodys_way(self):
        place = self.scratch / "home/.config/coffre/identity"
        place.parent.mkdir(parents=True)
        place.write_bytes(b"nothing")
        self.succeed("log")

    def test_a_settings_file_names_an_identity(self):
        self.add("anne")
        self.write("home/.config/coffre/config.toml",
                   f'identity = "{self.file_of("anne")}"\npassword-file = "{self.write("own", OWN)}"\n')
        self.succeed("log", env=NO_KEY)

    # People

    def test_a_person_is_recorded_with_what_the_card_says(self):
        self.add("anne", "-m", "hired")
        person, = self.people()["people"]
        self.assertEqual((person["name"], person["mail"]), ("anne", "anne@example.org"))
        self.assertIn(person["key"], self.card("anne"))
        self.assertIn(person["recipient"], self.card("anne"))
        self.assertEqual((person["responsible"], person["deputy"]), (False, False))
        slots = {s["id"]: s["type"] for s in self.succeed_json("key", "list")["slots"]}
        self.assertEqual(slots[person["slot"]], "recipient")

    def test_a_card_is_taken_from_a_file_too(self):
        self.succeed("people", "add", "anne", "--card", self.write("anne.card", self.card("anne") + "\n"))
        self.assertEqual(self.as_person("anne", "log").status, 0)

    def test_what_is_no_card_admits_nobody(self):
        card = self.card("anne")
        before = sorted(os.listdir(self.repo / "keys"))
        for bad in (card[:-1], card.replace("anne", "anna"), "coffre-card-1 x",
                    self.write("nothing", "hello"), self.scratch / "missing", self.file_of("anne")):
            self.assert_refused(2, "people", "add", "anne", "--card", bad)
        self.assertEqual(sorted(os.listdir(self.repo / "keys")), before)
        self.assertEqual(self.people()["people"], [])

    def test_nobody_is_admitted_twice(self):
        self.add("anne")
        self.assert_refused(1, "people", "add", "anne", "--card", self.card("anne"), subject="anne")
        self.assert_refused(1, "people", "add", "anne", "--card", self.card("karim"), subject="anne")
        self.assert_refused(1, "people", "add", "other", "--card", self.card("anne"), subject="anne")
        self.assertEqual(len(self.people()["people"]), 1)

    def test_who_was_removed_can_come_back_with_another_card(self):
        self.add("anne")
        self.succeed("people", "remove", "anne")
        self.succeed("people", "add", "anne", "--card", self.card("karim"))
        self.assertEqual(self.as_person("karim", "log").status, 0)
        self.assertEqual(self.as_person("anne", "log").status, 12)

    def test_who_is_not_there_is_not_removed(self):
        self.assert_refused(1, "people", "remove", "anne", subject="anne")

    def test_the_names_of_people_are_in_no_clear_byte(self):
        self.add("anne")
        recipient = bytes.fromhex(self.people()["people"][0]["recipient"])
        for path in self.repo.rglob("*"):
            if path.is_file():
                self.assertNotIn(b"anne", path.read_bytes())
                self.assertNotIn(recipient, path.read_bytes())

    # Who answers

    def test_proc_5_1_a_site_has_one_responsible_among_its_people(self):
        self.assert_refused(1, "people", "responsible", "anne", subject="anne")
        self.add("anne")
        self.add("karim")
        self.succeed("people", "responsible", "anne")
        self.succeed("people", "responsible", "karim")
        people = self.people()
        self.assertEqual([p["name"] for p in people["people"] if p["responsible"]], ["karim"])
        self.assertEqual(people["responsible"]["person"], "karim")
        self.assertTrue(people["responsible"]["known"])

    def test_proc_5_1_the_responsible_is_not_removed_before_another_is_named(self):
        self.add("anne")
        self.add("karim")
        self.succeed("people", "responsible", "anne", "--deputy", "karim")
        self.assert_refused(16, "people", "remove", "anne", subject="anne")
        self.assert_refused(16, "people", "remove", "karim", subject="karim")
        self.assertEqual(self.as_person("anne", "log").status, 0)
        self.succeed("people", "responsible", "karim")
        self.succeed("people", "remove", "anne")
        self.assertEqual(self.people()["responsible"]["person"], "karim")

    def test_proc_5_1_the_deputy_is_another_person(self):
        self.add("anne")
        self.add("karim")
        self.assert_refused(2, "people", "responsible", "anne", "--deputy", "anne", subject="anne")
        self.assert_refused(1, "people", "responsible", "anne", "--deputy", "nobody", subject="nobody")
        self.succeed("people", "responsible", "anne", "--deputy", "karim")
        self.assertEqual([p["name"] for p in self.people()["people"] if p["deputy"]], ["karim"])
        # Who comes to be responsible is the deputy no more.
        self.succeed("people", "responsible", "karim")
        self.assertEqual(self.people()["responsible"]["deputy"], "")
        self.succeed("people", "responsible", "karim", "--deputy", "anne")
        self.succeed("people", "responsible", "karim", "--deputy", "")
        self.assertEqual(self.people()["responsible"]["deputy"], "")

    def test_proc_5_1_the_history_names_exactly_one_at_any_time(self):
        self.add("anne")
        self.add("karim")
        self.succeed("people", "responsible", "anne")
        self.succeed("people", "responsible", "anne", "--deputy", "karim")
        self.succeed("people", "responsible", "karim", "-m", "handed over")
        history = self.succeed_json("people", "history")["history"]
        self.assertEqual([(e["person"], e["deputy"]) for e in history],
                         [("", ""), ("anne", ""), ("anne", "karim"), ("karim", "")])
        for entry, following in zip(history, history[1:]):
            self.assertEqual(entry["until"], following["since"])
        self.assertIsNone(history[-1]["until"])
        self.assertEqual(self.people()["responsible"]["since"], history[-1]["since"])

    def test_proc_5_1_since_when_the_responsible_is_does_not_begin_anew_with_another_deputy(self):
        self.add("anne")
        self.add("karim")
        self.succeed("people", "responsible", "anne")
        since = self.people()["responsible"]["since"]
        time.sleep(1.1)  # times are told in seconds
        self.succeed("people", "responsible", "anne", "--deputy", "karim")
        self.assertEqual(self.people()["responsible"]["since"], since)
        self.assertGreater(self.people()["responsible"]["deputy_since"], since)

    def test_proc_5_1_a_site_without_a_responsible_is_told_of(self):
        for lang, word in (("en", "responsible"), ("fr", "responsable")):
            result = self.succeed("people", "list", "--lang", lang)
            self.assertEqual(len([line for line in result.lines if word in line]), 1, str(result))
        self.succeed("site", "edit", "--responsible", "Somebody")
        self.assertIn("Somebody", self.succeed("people", "list").err.decode())


if __name__ == "__main__":
    unittest.main()
