#!/usr/bin/python3
"""Ways in: added, listed, removed, typed in again from paper; and where settings come from."""

import os
import pathlib
import subprocess
import unittest

from coffre_cli import PASSPHRASE, CoffreTestCase
from exit_codes_test import NO_KEY, FilledTestCase

WARNING = b"only one way"


class Keys(FilledTestCase):
    def slots(self):
        return {slot["type"]: slot["id"] for slot in self.succeed_json("key", "list")["slots"]}

    def words(self):
        return self.succeed_json("key", "add", "--recovery-words")["recovery_words"]

    def test_list_says_which_one_opened(self):
        slots = self.succeed_json("key", "list")["slots"]
        self.assertEqual([(slot["type"], slot["opened"]) for slot in slots],
                         [("passphrase", False), ("key-file", True)])
        for slot in slots:
            self.assertRegex(slot["id"], "^[0-9a-f]{32}$")
            self.assertRegex(slot["created"], r"^\d{4}-\d\d-\d\dT")

    def test_added_ones_open(self):
        word = self.write("word", "une autre phrase\n")
        other = self.scratch / "other.key"
        self.succeed("key", "add", "--new-password-file", word)
        self.succeed("key", "add", "--key-file-out", other)
        self.assertEqual(other.stat().st_mode & 0o777, 0o600)
        self.succeed("log", env={**NO_KEY, "COFFRE_PASSWORD_FILE": word})
        self.succeed("log", "--key-file", other)

    def test_recovery_words_open_however_they_are_typed(self):
        words = self.words()
        self.assertEqual(len(words.split()), 24)
        self.assertRegex(words, "^[a-z ]+$")
        shortened = " ".join(word[:4] for word in words.split())
        for typed in (words, words.upper(), shortened, words.replace("e", "é")):
            self.succeed("log", env={**NO_KEY, "COFFRE_PASSWORD": typed})
        wrong = words.split()
        wrong[4] = "zzzz"
        self.assert_fails(12, "log", env={**NO_KEY, "COFFRE_PASSWORD": " ".join(wrong)}, subject="5")
        wrong = words.split()
        wrong[0], wrong[1] = wrong[1], wrong[0]
        if wrong != words.split():
            self.assert_fails(12, "log", env={**NO_KEY, "COFFRE_PASSWORD": " ".join(wrong)})

    def ask_words(self, answer, lang="en"):
        process = self.start("key", "add", "--recovery-words", "--lang", lang, stdin=subprocess.PIPE,
                             env={"COFFRE_REPO": self.repo, "COFFRE_KEY_FILE": self.key})
        sheet = []
        while not any("coffre key add" in line for line in sheet):
            line = process.stdout.readline().decode()
            self.assertTrue(line, "the sheet ended early")
            sheet.append(line.rstrip("\n"))
        words = [word for line in sheet for word in line.split() if word.isalpha() and word.islower()]
        rows = [line.split() for line in sheet[2:6]]
        words = [row[i] for row in rows for i in range(1, len(row), 2)]
        out, err = process.communicate((answer(words) + "\n").encode(), timeout=60)
        return sheet, words, process.returncode, out, err

    def test_a_sheet_is_one_page_and_counts_once_typed_back(self):
        for lang in ("en", "fr"):
            sheet, words, status, _, err = self.ask_words(" ".join, lang)
            self.assertEqual(status, 0, err)
            self.assertEqual(len(words), 24)
            self.assertLessEqual(len(sheet), 60)
            self.assertLessEqual(max(len(line) for line in sheet), 100)
            text = "\n".join(sheet)
            for needed in ("ACME", "PARIS", str(self.repo), "coffre --repo", "sha256sum"):
                self.assertIn(needed, text)
            self.succeed("log", env={**NO_KEY, "COFFRE_PASSWORD": " ".join(words)})

    def test_words_that_are_not_typed_back_count_for_nothing(self):
        before = sorted(os.listdir(self.repo / "keys"))
        for answer in (lambda words: "", lambda words: " ".join(words[:23] + ["abandon"]),
                       lambda words: " ".join(reversed(words))):
            _, words, status, _, _ = self.ask_words(answer)
            self.assertEqual(status, 2)
            given = {**NO_KEY, "COFFRE_PASSWORD": " ".join(words)}
            self.assertEqual(self.run_coffre("log", env=given).status, 12)
        self.assertEqual(sorted(os.listdir(self.repo / "keys")), before)

    def test_removed_ones_open_no_more_and_are_told_from_wrong_ones(self):
        slot = self.slots()["passphrase"]
        file = None
        for path in (self.repo / "keys").iterdir():
            if path.read_bytes()[16:32].hex() == slot:
                file = path
        kept = file.read_bytes()
        self.succeed("key", "remove", slot[:6], "--dry-run")
        self.succeed("log", env={**NO_KEY, "COFFRE_PASSWORD": PASSPHRASE})
        document = self.succeed_json("key", "remove", slot[:6])
        self.assertEqual(document["removed"], slot)
        self.assertFalse(file.exists())
        self.assert_fails(12, "log", env={**NO_KEY, "COFFRE_PASSWORD": PASSPHRASE})
        file.write_bytes(kept)
        wrong = self.run_coffre("log", env={**NO_KEY, "COFFRE_PASSWORD": "wrong"}).lines
        removed = self.run_coffre("log", env={**NO_KEY, "COFFRE_PASSWORD": PASSPHRASE})
        self.assertEqual(removed.status, 12)
        self.assertNotEqual(removed.lines, wrong)
        self.succeed("verify")

    def test_16_the_last_way_in(self):
        slots = self.slots()
        self.succeed("key", "remove", slots["passphrase"])
        self.assert_fails(16, "key", "remove", slots["key-file"])
        self.succeed("log")

    def test_a_standing_warning_while_there_is_one_way_in(self):
        self.assertNotIn(WARNING, self.succeed("log", "--lang", "en").err)
        self.succeed("key", "remove", self.slots()["passphrase"])
        self.assertIn(WARNING, self.succeed("log", "--lang", "en").err)
        self.assertIn("un seul accès".encode(), self.succeed("log", "--lang", "fr").err)
        self.assertEqual(self.succeed("log", "-q").err, b"")
        # An error stays one line.
        self.assert_fails(1, "log", "NVR9", subject="NVR9")
        self.words()
        self.assertNotIn(WARNING, self.succeed("log", "--lang", "en").err)

    def test_refusals(self):
        self.assert_fails(2, "key")
        self.assert_fails(2, "key", "add")
        self.assert_fails(2, "key", "add", "--recovery-words", "--key-file-out", self.scratch / "k")
        self.assert_fails(2, "key", "add", "--new-password-file", self.write("empty", ""))
        self.assert_fails(12, "key", "add", "--new-password-file", self.scratch / "absent", subject="absent")
        self.assert_fails(1, "key", "add", "--key-file-out", self.key, subject=self.key)
        self.assert_fails(1, "key", "remove", "00000000", subject="00000000")
        self.assert_fails(1, "key", "remove", "abc", subject="abc")
        self.assertEqual(len(self.slots()), 2)

    def test_13_an_unlisted_or_a_damaged_slot_is_damage_to_verify(self):
        stranger = self.scratch / "stranger"
        self.run_bare("-r", stranger, "init", "--client", "AC", "--site", "S1", env={"COFFRE_PASSWORD": "x"})
        for path in (stranger / "keys").iterdir():
            (self.repo / "keys" / path.name).write_bytes(path.read_bytes())
        report = self.run_coffre("verify", "--json")
        self.assertEqual(report.status, 13)
        self.assertEqual(len(report.json["errors"]), 1)

    def test_12_or_13_a_slot_that_asks_for_all_the_memory(self):
        for path in (self.repo / "keys").iterdir():
            slot = bytearray(path.read_bytes())
            if slot[8] != 1:
                continue
            slot[48:56] = (1 << 50).to_bytes(8, "little")
            path.unlink()
            import hashlib
            (path.parent / (hashlib.sha256(slot).hexdigest() + ".slot")).write_bytes(slot)
        self.assert_fails(13, "log", env={**NO_KEY, "COFFRE_PASSWORD": PASSPHRASE})


class Settings(CoffreTestCase):
    """One repository, opened by what options, variables, the user's file and the machine's name."""

    def setUp(self):
        super().setUp()
        self.init()
        self.user = self.scratch / "user/coffre/config.toml"
        self.machine = self.scratch / "machine/coffre/config.toml"
        self.environment.update(XDG_CONFIG_HOME=str(self.scratch / "user"),
                                XDG_CONFIG_DIRS=f"{self.scratch / 'nothing'}:{self.scratch / 'machine'}")
        self.wrong = self.write("wrong.key", "nonsense")
        self.word = self.write("word", PASSPHRASE + "\n")

    def settings(self, path, **values):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{name.replace('_', '-')} = {value}\n" for name, value in values.items()))
        path.chmod(0o600)

    def quoted(self, value):
        return '"' + str(value) + '"'

    def status(self, *arguments, env=None):
        return self.run_bare("log", *arguments, env=env).status

    def test_an_option_before_a_variable_before_the_users_file_before_the_machines(self):
        good, wrong, repo = self.quoted(self.key), self.quoted(self.wrong), self.quoted(self.repo)
        self.assertEqual(self.status(), 2)
        self.settings(self.machine, repo=repo, key_file=good)
        self.assertEqual(self.status(), 0)
        self.settings(self.user, key_file=wrong)
        self.assertEqual(self.status(), 12)
        self.assertEqual(self.status(env={"COFFRE_KEY_FILE": self.key}), 0)
        self.assertEqual(self.status("--key-file", self.wrong, env={"COFFRE_KEY_FILE": self.key}), 12)
        self.assertEqual(self.status("--key-file", self.key, env={"COFFRE_KEY_FILE": self.wrong}), 0)
        # A passphrase as a variable beats a key file in a file; an option beats both variables.
        self.assertEqual(self.status(env={"COFFRE_PASSWORD_FILE": self.word}), 0)
        self.assertEqual(self.status("--password-file", self.word, env={"COFFRE_KEY_FILE": self.wrong}), 0)
        # At one level the key file is used.
        self.settings(self.user, key_file=good, password_file=self.quoted(self.wrong))
        self.assertEqual(self.status(), 0)
        self.assertEqual(self.status("-r", self.scratch / "absent"), 10)
        self.assertEqual(self.status(env={"COFFRE_REPO": self.scratch / "absent"}), 10)

    def test_a_command_prints_the_passphrase(self):
        self.settings(self.user, repo=self.quoted(self.repo),
                      password_command=self.quoted(f"cat {self.word}"))
        self.assertEqual(self.status(), 0)

    def test_language_quiet_and_home(self):
        home = pathlib.Path(self.environment["HOME"])
        (home / "site.key").write_bytes(self.key.read_bytes())
        self.settings(self.user, repo=self.quoted(self.repo), key_file='"~/site.key"', lang='"fr"',
                      quiet="true")
        result = self.run_bare("log")
        self.assertEqual((result.status, result.err), (0, b""))
        self.assertIn("aucune", self.run_bare("ls", "X-1").lines[0])
        self.assertIn("no snapshot", self.run_bare("ls", "X-1", env={"COFFRE_LANG": "en"}).lines[0])

    def test_2_what_is_no_settings_file(self):
        for text, line in (('repo = "x"\nnonsense', 2), ("colour = true\n", 1), ('\nrepo = 3\n', 2),
                           ('password = "secret"\n', 1), ('lang = "de"\n', 1), ('quiet = "yes"\n', 1)):
            self.settings(self.user)
            self.user.write_text(text)
            for lang in ("en", "fr"):
                result = self.run_bare("log", env={"COFFRE_LANG": lang})
                self.assert_error(result, 2, f"{self.user}:{line}")
                self.assertNotIn("secret", result.lines[0].replace("secrète", ""))
            self.assert_error_json(self.run_bare("log", "--json"), 2)
            for command in ("version", "help"):
                self.assertEqual(self.run_bare(command).status, 0)

    def test_2_a_settings_file_that_others_may_write(self):
        self.settings(self.user, repo=self.quoted(self.repo))
        self.user.chmod(0o666)
        self.assert_error(self.run_bare("log"), 2, self.user)


if __name__ == "__main__":
    unittest.main()
