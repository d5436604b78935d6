#!/usr/bin/python3
"""The exit status, the one line that explains it, and the JSON: what scripts rely on."""

import datetime
import fcntl
import json
import os
import pathlib
import pty
import shutil
import subprocess
import tempfile
import time
import unittest

from coffre_cli import (EXE, PASSPHRASE, CoffreTestCase, Result, SharedRepositoryTestCase, make_too_deep,
                        plaintext_arguments)

LANGUAGES = {"en": {"COFFRE_LANG": "en"}, "fr": {"COFFRE_LANG": "fr"}}
COMMANDS = ("init", "site", "policy", "equipment", "capture", "log", "show", "ls", "cat", "diff",
            "history", "blame", "restore", "export", "import", "identify", "verify", "stats", "key",
            "identity", "people", "fleet", "completion", "help", "version", "status", "dashboard",
            "metrics", "change", "intervention", "dispensation", "drill", "review", "evidence", "run",
            "schedule", "anomalies")
SNAPSHOT_FIELDS = {"name": str, "commit": str, "equipment": str, "kinds": list, "time": str, "files": int,
                   "bytes": int, "complete": bool}
NO_KEY = {"COFFRE_KEY_FILE": None}


def in_minutes(minutes):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class FilledTestCase(SharedRepositoryTestCase):
    def fill(self):
        self.write("tree/file.cfg", b"text\n")
        self.write("tree/folder/other.cfg", b"other\n")
        self.capture("tree", "NVR1", "-m", "first")

    def setUp(self):
        super().setUp()
        self.tree = self.scratch / "tree"

    def assert_fields(self, document, fields):
        for name, kind in fields.items():
            self.assertIn(name, document)
            self.assertIs(type(document[name]), kind, f"{name} in {document}")

    def assert_fails(self, status, *arguments, subject="", env=None, **options):
        """In English, in French, and as JSON."""
        lines = {}
        for language, spoken in LANGUAGES.items():
            with self.subTest(status=status, arguments=arguments[:3], language=language):
                given = {**(env or {}), **spoken}
                result = self.run_coffre(*arguments, env=given, **options)
                self.assert_error(result, status, subject)
                lines[language] = result.lines[0]
                if arguments[:1] != ("cat",):
                    result = self.run_coffre(*arguments, "--json", env=given, **options)
                    self.assert_error_json(result, status)
        if len(lines) == 2:
            self.assertNotEqual(lines["en"], lines["fr"], "the French line is English")


class Statuses(FilledTestCase):
    def test_1_what_is_not_there(self):
        self.assert_fails(1, "cat", "NVR1:absent.cfg", subject="absent.cfg")
        self.assert_fails(1, "ls", "NVR1:absent", subject="absent")
        self.assert_fails(1, "ls", "NVR9", subject="NVR9")
        self.assert_fails(1, "ls", "NVR1@{7}", subject="NVR1")
        self.assert_fails(1, "ls", "NVR1@2001-01-01", subject="2001-01-01")
        self.assert_fails(1, "ls", "0123456789abcdef", subject="0123456789abcdef")
        self.assert_fails(1, "log", "NVR9", subject="NVR9")
        self.assert_fails(1, "restore", "NVR9", "--to", self.scratch / "out", subject="NVR9")

    def test_1_init_where_a_repository_or_another_thing_is(self):
        word = {"COFFRE_PASSWORD": PASSPHRASE, **NO_KEY}
        codes = ("--client", "ACME", "--site", "PARIS")
        self.assert_fails(1, "init", *codes, subject=self.repo, env=word)
        self.assert_fails(1, "init", *codes, "-r", self.tree, subject=self.tree, env=word)
        self.assertEqual(sorted(os.listdir(self.tree)), ["file.cfg", "folder"])
        self.assert_fails(1, "init", *codes, "-r", self.tree / "file.cfg", subject="file.cfg", env=word)
        self.assert_fails(1, "init", *codes, "-r", self.scratch / "new", "--key-file-out", self.key,
                          subject=self.key, env=word)
        self.assertFalse((self.scratch / "new").exists())
        self.assert_fails(1, "init", *codes, "-r", self.scratch / "new", "--key-file-out",
                          self.scratch / "absent/key", subject="absent", env=word)

    def test_2_wrong_usage(self):
        for arguments in ((), ("nonsense",), ("log", "--nonsense"), ("--nonsense", "log"), ("ls",), ("cat",),
                          ("restore", "NVR1"), ("init",), ("init", "--client", "ACME"), ("log", "a", "b"),
                          ("log", "-n", "many"), ("log", "-n", "-1"),
                          ("capture",), ("capture", "NVR1", "NVR2", "--from", self.tree), ("cat", "NVR1"),
                          ("verify", "--no-key", "--read-data"), ("capture", "NVR7", "--from", self.tree),
                          ("capture", "nvr_7", "--type", "NVR", "--from", self.tree), ("capture", "NVR1"),
                          ("capture", "NVR1", "--type", "CAM", "--from", self.tree),
                          ("capture", "NVR1", "--from", self.tree, "--kind", "DAILY"),
                          ("capture", "NVR1", "--from", self.tree, "-m", b"\xff"),
                          ("ls", "NVR1@nonsense"), ("ls", ""), ("log", "--since", "yesterday"),
                          ("log", "--until", "2026-13-01T00:00:00Z")):
            self.assert_fails(2, *arguments)
        self.assert_error(self.run_coffre("log", "--repo"), 2, "--repo")

    def test_2_a_language_that_is_not_spoken(self):
        self.assert_error(self.run_coffre("log", "--lang", "de"), 2, "--lang")

    def test_2_no_repository_was_named(self):
        self.assert_fails(2, "log", env={"COFFRE_REPO": None})

    def test_2_codes_that_a_site_may_not_have(self):
        word = {"COFFRE_PASSWORD": PASSPHRASE, "COFFRE_REPO": self.scratch / "new", **NO_KEY}
        for client, site in (("日本", "PARIS"), ("AC_ME", "PARIS"), ("-ACME", "PARIS"), ("ACME", ""),
                             ("ACME", "PA RIS"), ("ACME", "CON"), ("../X", "PARIS")):
            self.assert_fails(2, "init", "--client", client, "--site", site, env=word)
        codes = ("--client", "ACME", "--site", "PARIS")
        self.assert_fails(2, "init", *codes, "--timezone", "Mars/Olympus", subject="Mars/Olympus", env=word)
        self.assert_fails(2, "init", *codes, "--contract", "gold", env=word)
        self.assert_fails(2, "init", *codes, env={**word, "COFFRE_PASSWORD": None})
        self.assert_fails(2, "init", *codes, env={**word, "COFFRE_PASSWORD": ""})
        self.assertFalse((self.scratch / "new").exists())

    def test_2_cat_with_json(self):
        result = self.run_coffre("cat", "NVR1:file.cfg", "--json")
        self.assert_error_json(result, 2)

    def test_2_mensuel_is_not_asked_for(self):
        self.assert_fails(2, "capture", "NVR1", "--from", self.tree, "--kind", "MENSUEL", subject="MENSUEL")

    def test_2_a_date_that_is_none_or_is_11_minutes_ahead(self):
        capture = ("capture", "NVR1", "--from", self.tree, "--at")
        for at in ("yesterday", "2026-02-30T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00",
                   "20260101T000000Z"):
            self.assert_fails(2, *capture, at, subject=at)
        ahead = in_minutes(11)
        self.assert_fails(2, *capture, ahead, subject=ahead)
        self.assertEqual(len(self.succeed_json("log")["snapshots"]), 1)
        self.succeed(*capture, in_minutes(9))

    def test_2_a_name_that_several_snapshots_share_is_refused_with_the_list(self):
        for why in ("one", "other"):
            self.capture(self.tree, "NVR1", "--at", "2026-01-05T10:00:00+01:00", "--kind", "PRE", "-m", why)
        bare = "ACME_PARIS_NVR_NVR1_20260105_1000_PRE"
        names = [entry["name"] for entry in self.succeed_json("log", "--kind", "PRE")["snapshots"]]
        self.assertEqual(len(set(names)), 2)
        for name in names:
            self.assertTrue(name.startswith(bare + "~"), name)
            self.succeed("ls", name)
            self.assert_fails(2, "ls", bare, subject=name)

    def test_10_no_repository_there(self):
        for place in (self.scratch / "absent", self.tree, self.tree / "file.cfg", self.scratch / "home"):
            for command in (("log",), ("verify",), ("verify", "--no-key"), ("stats",), ("ls", "NVR1"),
                            ("capture", "NVR1", "--from", self.tree), ("cat", "NVR1:file.cfg"),
                            ("restore", "NVR1", "--to", self.scratch / "out")):
                self.assert_fails(10, *command, "-r", place, subject=place)
        self.assertFalse((self.scratch / "absent").exists())

    def test_11_locked_by_another_process_for_longer_than_10_seconds(self):
        capture = ("capture", "NVR1", "--from", self.tree)
        with open(self.repo / "lock", "r+b") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            begin = time.monotonic()
            given = {"COFFRE_REPO": self.repo, "COFFRE_KEY_FILE": self.key}
            started = [self.start(*capture, "--lang", "en", env=given),
                       self.start(*capture, "--lang", "fr", env=given),
                       self.start(*capture, "--json", env=given)]
            # Reading waits for nobody.
            self.succeed("log")
            self.succeed("verify")
            self.assertLess(time.monotonic() - begin, 9)
            ended = []
            for process in started:
                out, err = process.communicate(timeout=60)
                ended.append(Result(capture, process.returncode, out, err))
            self.assertGreater(time.monotonic() - begin, 9.5)
        self.assert_error(ended[0], 11, self.repo)
        self.assert_error(ended[1], 11, self.repo)
        self.assertNotEqual(ended[0].lines, ended[1].lines)
        self.assert_error_json(ended[2], 11)
        self.assertEqual(len(self.succeed_json("log")["snapshots"]), 1)
        self.capture(self.tree)

    def test_12_nothing_that_opens(self):
        other = self.scratch / "other key"
        other.write_text("coffre-key-1 nonsense\n")
        self.assert_fails(12, "log", env=NO_KEY)
        self.assert_fails(12, "log", env={**NO_KEY, "COFFRE_PASSWORD": "wrong"})
        self.assert_fails(12, "log", env={**NO_KEY, "COFFRE_PASSWORD": ""})
        self.assert_fails(12, "log", "--key-file", other, subject=other)
        self.assert_fails(12, "log", "--key-file", self.scratch / "absent", subject="absent")
        self.assert_fails(12, "log", "--password-file", self.scratch / "absent", subject="absent")
        changed = self.key.read_text().replace("0", "1")
        other.write_text(changed)
        self.assert_fails(12, "log", "--key-file", other, subject=other)

    def test_13_damage(self):
        pack = max((self.repo / "packs").iterdir(), key=lambda path: path.stat().st_size)
        content = bytearray(pack.read_bytes())
        content[300] ^= 1
        pack.write_bytes(content)
        self.assert_fails(13, "cat", "NVR1:file.cfg", env={"COFFRE_CACHE_DIR": self.scratch / "c"})
        report = self.run_coffre("verify", "--json")
        self.assertEqual(report.status, 13)
        self.assertIs(report.json["ok"], False)
        self.assertNotIn("error", report.json)
        self.assertIn(pack.name, report.json["errors"][0]["path"])
        self.assertTrue(report.json["errors"][0]["what"])
        for line in report.lines:
            self.assertTrue(line.startswith("coffre: "), line)
        (self.repo / "coffre.json").write_text("{}")
        self.assert_fails(13, "log", subject="coffre.json")

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_14_no_space_left(self):
        full = ("strace", "-f", "-o", "/dev/null", "-e", "inject=fsync:error=ENOSPC")
        self.write("tree/new", b"new")
        sanitizer = {"ASAN_OPTIONS": "detect_leaks=0", "LSAN_OPTIONS": "detect_leaks=0"}
        self.assert_fails(14, "capture", "NVR1", "--from", self.tree, subject=self.repo, wrap=full,
                          env=sanitizer)

    def test_15_a_source_that_cannot_be_reached(self):
        absent = self.scratch / "absent"
        self.assert_fails(15, "capture", "NVR1", "--from", absent, subject=absent)

    def test_16_a_restore_to_a_medium_that_is_not_known_to_be_safe(self):
        nowhere = "/proc/coffre-nowhere"
        self.assert_fails(16, "restore", "NVR1", "--to", nowhere, subject=nowhere)

    def test_proc_2_2_a_restore_to_a_clear_disk_is_16_unless_a_reason_is_given(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="coffre-test-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, folder)
        def printed(*command):
            return subprocess.run(command, capture_output=True, text=True, check=False).stdout

        kinds = printed("findmnt", "-no", "FSTYPE,SOURCE", "-T", folder).split()
        device = printed("lsblk", "-sno", "TYPE", kinds[-1]) if kinds else ""
        if not kinds or kinds[0] == "tmpfs" or "crypt" in device:
            self.skipTest("/var/tmp is on no ordinary disk here")
        self.assert_fails(16, "restore", "NVR1", "--to", folder, subject=folder)
        self.assert_fails(16, "restore", "NVR1", "--to", folder / "below", subject=folder)
        self.assert_fails(16, "restore", "NVR1", "--to", folder, "--allow-plaintext", "", subject=folder)
        os.symlink(folder, self.scratch / "link")
        self.assert_fails(16, "restore", "NVR1", "--to", self.scratch / "link", subject="link")
        self.assertEqual(os.listdir(folder), [])
        self.succeed("restore", "NVR1", "--to", folder, "--allow-plaintext", "test of the refusal")
        self.assertEqual((folder / "file.cfg").read_bytes(), b"text\n")

    def test_3_a_part_that_failed_is_told_and_listed(self):
        make_too_deep(self.tree / "deep")
        for spoken in LANGUAGES.values():
            result = self.succeed("capture", "NVR1", "--from", self.tree, status=3, env=spoken)
            self.assertEqual(len(result.lines), 1, str(result))
            self.assertTrue(result.lines[0].startswith("coffre: "))
            self.assertIn("deep/d/d", result.lines[0])
        document = self.succeed_json("capture", "NVR1", "--from", self.tree, status=3)
        self.assertNotIn("error", document)
        self.assertEqual([e["equipment"] for e in document["failed"]], ["NVR1"])
        self.assertTrue(document["failed"][0]["path"].startswith("deep/d/d"))
        self.assertIs(document["snapshots"][0]["complete"], False)
        both = self.succeed_json("capture", "NVR1", "--from", self.tree / "file.cfg", status=0)
        self.assertTrue(both["snapshots"][0]["complete"])


class Json(FilledTestCase):
    def test_two_captures_within_one_second_are_two_snapshots(self):
        captured = [self.capture(self.tree, "NVR1", "--at", "2026-01-05T10:00:00Z", "--kind", "PRE")
                    for _ in range(3)]
        commits = {result["snapshots"][0]["commit"] for result in captured}
        self.assertEqual(len(commits), 3)

    def test_every_command_has_the_fields_of_the_contract(self):
        made = self.run_bare("-r", self.scratch / "new", "init", "--client", "AC", "--site", "S1", "--json",
                             env={"COFFRE_PASSWORD": PASSPHRASE}).json
        self.assert_fields(made, {"id": str, "client": str, "site": str})
        self.assertEqual((made["client"], made["site"]), ("AC", "S1"))
        captured = self.capture(self.tree)
        self.assert_fields(captured, {"snapshots": list, "failed": list})
        self.assert_fields(captured["snapshots"][0], {**SNAPSHOT_FIELDS, "added_bytes": int, "changed": bool})
        self.assertIs(captured["snapshots"][0]["changed"], False)
        listed = self.succeed_json("log")["snapshots"]
        for entry in listed:
            self.assert_fields(entry, {**SNAPSHOT_FIELDS, "author": str, "message": str, "expired": bool,
                                       "recorded_at": str, "dated_by": str, "locations": list})
            self.assertIn("expires_at", entry)
            self.assertRegex(entry["name"], r"^ACME_PARIS_NVR_NVR1_\d{8}_\d{4}_HEBDO(~[0-9a-f]{8})?$")
            self.assertRegex(entry["commit"], "^[0-9a-f]{40}$")
            self.assertRegex(entry["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$")
            self.assertEqual(entry["dated_by"], "clock")
        self.assertEqual(listed[1]["message"], "first")
        self.assertEqual(listed[1]["kinds"], ["HEBDO", "MENSUEL"])
        for file in self.succeed_json("ls", "NVR1")["files"]:
            self.assert_fields(file, {"path": str, "bytes": int, "oid": str})
        restored = self.restore("NVR1", self.scratch / "out", "--json").json
        self.assert_fields(restored, {"files": int, "bytes": int, "verified": bool})
        self.assertIs(restored["verified"], True)
        for options in ([], ["--read-data"], ["--no-key"]):
            report = self.succeed_json("verify", *options)
            self.assert_fields(report, {"ok": bool, "errors": list, "files": int, "objects": int})
        self.assert_fields(self.succeed_json("stats"), {"stored_bytes": int, "logical_bytes": int,
                                                        "snapshots": int, "objects": int, "packs": int})
        self.assertIsInstance(self.succeed_json("version"), dict)

    def test_a_date_given_by_the_operator_is_marked(self):
        self.capture(self.tree, "NVR1", "--at", "2026-01-05T10:00:00+01:00", "-m", "old export")
        entry = self.succeed_json("log", "--until", "2026-01-06T00:00:00Z")["snapshots"][0]
        self.assertEqual(entry["dated_by"], "operator")
        self.assertEqual(entry["time"], "2026-01-05T09:00:00Z")
        self.assertEqual(entry["message"], "old export")
        self.assertNotEqual(entry["recorded_at"], entry["time"])

    def test_log_is_newest_first_and_can_be_cut_down(self):
        for month in (3, 1, 2):
            self.capture(self.tree, "NVR1", "--at", f"2026-0{month}-10T10:00:00Z", "--kind", "PRE")
        self.capture(self.tree, "CAM1", "--at", "2026-01-20T10:00:00Z")
        times = [entry["time"] for entry in self.succeed_json("log")["snapshots"]]
        self.assertEqual(times, sorted(times, reverse=True))
        self.assertEqual(len(times), 5)
        for arguments, count in ((["NVR1"], 4), (["CAM1"], 1), (["--kind", "PRE"], 3), (["-n", "2"], 2),
                                 (["--since", "2026-02-10T10:00:00Z"], 3),
                                 (["--since", "2026-01-15T00:00:00Z", "--until", "2026-02-15T00:00:00Z"], 2),
                                 (["NVR1", "--kind", "PRE", "-n", "1"], 1)):
            with self.subTest(arguments=arguments):
                self.assertEqual(len(self.succeed_json("log", *arguments)["snapshots"]), count)

    def test_a_snapshot_answers_to_all_its_names(self):
        one = self.capture(self.tree, "NVR1", "--at", "2026-01-05T10:00:00+01:00", "--kind", "PRE")
        one = one["snapshots"][0]
        two = self.capture(self.tree / "file.cfg", "NVR1", "--at", "2026-02-05T10:00:00+01:00")
        two = two["snapshots"][0]
        for name, expected in ((one["name"], one), (one["commit"], one), (one["commit"][:7], one),
                               ("NVR1@{1}", two), ("NVR1@{2}", one), ("NVR1@2026-01-05", one),
                               ("NVR1@2026-01-05T10:00", one), ("NVR1@2026-02-05T10:00:00", two),
                               ("NVR1@2026-02-05T09:59:59", one), ("ACME_PARIS_NVR_NVR1_202602", two)):
            with self.subTest(name=name):
                self.assertEqual(self.succeed_json("ls", name)["snapshot"], expected["name"])
                self.assertEqual(self.succeed("cat", name + ":file.cfg").out, b"text\n")
        self.assertEqual(self.succeed_json("ls", "NVR1@latest"), self.succeed_json("ls", "NVR1"))

    def test_nothing_but_json_stands_on_stdout_and_warnings_stay_on_stderr(self):
        os.mkfifo(self.tree / "fifo")
        result = self.succeed("capture", "NVR1", "--from", self.tree, "--json", "-v")
        self.assertTrue(result.out.startswith(b"{") and result.out.endswith(b"}\n"))
        self.assertEqual(len(result.json["skipped"]), 1)

    def test_json_may_stand_before_the_command(self):
        self.assertIn("snapshots", self.succeed("--json", "log").json)


class Settings(FilledTestCase):
    def test_the_repository_may_be_named_before_or_behind_the_command_or_by_a_variable(self):
        bare = {"COFFRE_REPO": None}
        for arguments in (["-r", self.repo, "log"], ["log", "-r", self.repo], ["--repo", self.repo, "log"],
                          ["log", f"--repo={self.repo}"], ["-r", "repo", "log"]):
            self.succeed(*arguments, env=bare)
        self.succeed("-r", self.repo, "log", env={"COFFRE_REPO": self.scratch / "absent"})
        self.assert_error(self.run_coffre("log", env={"COFFRE_REPO": ""}), 2)

    def test_keys_are_taken_in_the_order_of_the_contract(self):
        good, bad = self.key, self.write("bad key", "coffre-key-1 nonsense\n")
        right, wrong = self.write("right", PASSPHRASE + "\n"), self.write("wrong", "wrong\n")
        echo = f"cat '{right}'"
        for options, variables, status in (
                (["--key-file", good], {"COFFRE_KEY_FILE": bad}, 0),
                (["--key-file", bad], {"COFFRE_KEY_FILE": good}, 12),
                (["--password-file", wrong], {"COFFRE_KEY_FILE": good}, 12),
                (["--password-file", right], {"COFFRE_KEY_FILE": bad}, 0),
                (["--password-command", echo], {"COFFRE_KEY_FILE": bad}, 0),
                (["--key-file", good], {"COFFRE_PASSWORD": "wrong", "COFFRE_PASSWORD_FILE": wrong}, 0),
                (["--key-file", good, "--password-file", wrong], {}, 0),
                (["--key-file", bad, "--password-file", right], {}, 12),
                ([], {"COFFRE_KEY_FILE": good, "COFFRE_PASSWORD": "wrong"}, 0),
                ([], {"COFFRE_KEY_FILE": bad, "COFFRE_PASSWORD": PASSPHRASE}, 12),
                ([], {"COFFRE_PASSWORD": PASSPHRASE}, 0),
                ([], {"COFFRE_PASSWORD_FILE": right}, 0),
                ([], {"COFFRE_PASSWORD_COMMAND": echo}, 0),
                (["--password-file", right], {"COFFRE_PASSWORD": "wrong"}, 0)):
            with self.subTest(options=options, variables=variables):
                self.succeed("log", *options, status=status, env={**NO_KEY, **variables})

    def test_the_passphrase_is_the_first_line_whatever_ends_it(self):
        for content in (PASSPHRASE, PASSPHRASE + "\n", PASSPHRASE + "\r\n", PASSPHRASE + "\nsecond line\n",
                        PASSPHRASE + "\r\nsecond line\r\n"):
            path = self.write("word", content)
            with self.subTest(content=content):
                self.succeed("stats", "--password-file", path, env=NO_KEY)
                self.succeed("stats", "--password-command", f"cat '{path}'", env=NO_KEY)

    def test_blanks_belong_to_the_passphrase(self):
        for content in (" " + PASSPHRASE, PASSPHRASE + " ", "\n" + PASSPHRASE):
            path = self.write("word", content + "\n")
            self.succeed("stats", "--password-file", path, status=12, env=NO_KEY)

    def test_a_passphrase_file_and_a_key_file_may_be_reached_through_a_link(self):
        os.symlink(self.key, self.scratch / "key link")
        os.symlink(self.write("word", PASSPHRASE), self.scratch / "word link")
        for options in (["--key-file", self.scratch / "key link"],
                        ["--password-file", self.scratch / "word link"]):
            with self.subTest(options=options[0]):
                self.succeed("stats", *options, env=NO_KEY)

    def test_a_password_command_that_fails_says_so_and_not_what_it_printed(self):
        for command in ("false", "true", "echo printed-word; exit 3", "absent-command-of-this-test"):
            with self.subTest(command=command):
                result = self.run_coffre("log", "--password-command", command, env=NO_KEY)
                self.assertIn(result.status, (1, 12), str(result))
                self.assertNotIn(b"printed-word", result.err + result.out)
                last = result.lines[-1]
                self.assertTrue(last.startswith("coffre: ") and " — " in last, str(result))

    def test_a_password_command_is_not_run_where_a_key_file_opens(self):
        flag = self.scratch / "flag"
        self.succeed("log", "--key-file", self.key, "--password-command", f"touch '{flag}'; echo x")
        self.assertFalse(flag.exists())

    def test_the_language_is_that_of_the_option_else_of_coffre_lang_else_of_lang(self):
        english, french = "no repository at", "pas de dépôt"
        for options, variables, expected in (
                ([], {}, english), ([], {"LANG": "C"}, english), ([], {"LANG": "de_DE.UTF-8"}, english),
                ([], {"LANG": "fr_FR.UTF-8"}, french), ([], {"LANG": "fr"}, french),
                ([], {"LANG": "fr_FR.UTF-8", "COFFRE_LANG": "en"}, english),
                ([], {"LANG": "en_GB.UTF-8", "COFFRE_LANG": "fr"}, french),
                (["--lang", "en"], {"COFFRE_LANG": "fr"}, english), (["--lang=fr"], {"LANG": "C"}, french),
                (["--lang", "fr"], {"COFFRE_LANG": "en"}, french)):
            with self.subTest(options=options, variables=variables):
                absent = {"COFFRE_REPO": self.scratch / "x"}
                result = self.run_coffre("log", *options, env={**absent, **variables})
                self.assertIn(expected, result.err.decode())

    def test_json_is_the_same_in_both_languages(self):
        self.assertEqual(*(self.succeed_json("log", env=spoken) for spoken in LANGUAGES.values()))

    def test_help_is_on_stdout_with_status_0_in_both_languages(self):
        for arguments in (["--help"], *([command, "--help"] for command in COMMANDS)):
            texts = [self.run_bare(*arguments, env=spoken) for spoken in LANGUAGES.values()]
            for result in texts:
                self.assertEqual((result.status, result.err), (0, b""), str(result))
            self.assertNotEqual(texts[0].out, texts[1].out)
        for command in COMMANDS:
            self.assertIn(command.encode(), self.run_bare("--help").out)

    def test_quiet_says_nothing_but_the_result(self):
        os.mkfifo(self.tree / "fifo")
        self.assertEqual(self.succeed("capture", "NVR1", "--from", self.tree, "-q").err, b"")


class Output(FilledTestCase):
    def test_no_escape_code_is_written_to_pipes_nor_where_no_color_is_set(self):
        for variables in ({}, {"NO_COLOR": "1"}, {"TERM": "xterm-256color", "CLICOLOR_FORCE": "1"}):
            for command in (["log"], ["ls", "NVR1"], ["verify"], ["stats"], ["--help"], ["log", "NVR9"],
                            ["capture", "NVR1", "--from", self.tree]):
                result = self.run_coffre(*command, env=variables)
                self.assertNotIn(b"\x1b", result.out + result.err, str(result))

    def test_no_colour_is_written_to_a_terminal_where_no_color_is_set(self):
        main, terminal = pty.openpty()
        try:
            self.succeed("log", env={"NO_COLOR": "1", "TERM": "xterm"}, stdout=terminal, stderr=terminal)
            os.close(terminal)
            terminal = -1
            self.assertNotIn(b"\x1b[3", os.read(main, 65536))
        finally:
            os.close(main)
            if terminal >= 0:
                os.close(terminal)

    def test_a_result_that_cannot_be_written_is_an_error(self):
        for command in (["log"], ["cat", "NVR1:file.cfg"], ["stats", "--json"], ["--help"]):
            with self.subTest(command=command), open("/dev/full", "wb") as full:
                result = self.run_coffre(*command, stdout=full)
                self.assertIn(result.status, (1, 14), str(result))
                self.assert_one_line(result)

    def test_a_reader_that_goes_away_kills_nothing(self):
        read, write = os.pipe()
        os.close(read)
        with os.fdopen(write, "wb") as closed:
            result = self.run_coffre("log", stdout=closed)
        self.assertGreaterEqual(result.status, 0, "ended by a signal")
        self.assertEqual(result.err, b"")

    def test_an_executable_without_a_home_or_any_variable_still_works(self):
        out = subprocess.run([EXE, "-r", self.repo, "--key-file", self.key, "log", "--json"], env={},
                             stdin=subprocess.DEVNULL, capture_output=True, check=False, cwd=self.scratch)
        self.assertEqual(out.returncode, 0, out.stderr)
        self.assertEqual(len(json.loads(out.stdout)["snapshots"]), 1)


class Simulated(SharedRepositoryTestCase):
    init_options = ("--simulated",)

    def test_a_date_ahead_is_accepted_and_every_screen_says_that_it_is_simulated(self):
        source = self.write("tree/file", b"text").parent
        self.capture(source, "NVR1", "--at", in_minutes(11))
        self.capture(source, "NVR1", "--at", "2031-01-01T00:00:00Z")
        for command in (["log"], ["ls", "NVR1"], ["verify"], ["stats"], ["cat", "NVR1:file"],
                        ["capture", "NVR1", "--from", source]):
            self.assertIn("SIMUL", self.succeed(*command, env={"COFFRE_LANG": "en"}).err.decode())
        self.assertIs(self.succeed_json("log")["simulated"], True)


class Medium(CoffreTestCase):
    def test_a_restore_to_memory_needs_no_reason(self):
        if plaintext_arguments():
            self.skipTest("memory may be swapped to a disk here")
        self.init()
        source = self.write("tree/file", b"text").parent
        self.capture(source)
        self.succeed("restore", "NVR1", "--to", self.scratch / "out")


if __name__ == "__main__":
    unittest.main()
