#!/usr/bin/python3
"""Evidence of a period: what is in the folder, and that nothing in it changes unseen."""

import csv
import hashlib
import html.parser
import io
import json
import os
import shutil
import stat
import unittest

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from people_case import PeopleTestCase

TABLES = ("captures", "copies", "mirrors", "drills", "reviews", "anomalies", "anomaly_events", "expiries",
          "gc_runs", "dispensations", "people", "responsibles", "machines", "changes", "interventions",
          "operations", "overrides")
BESIDE = {"index.html", "manifest.json", "signatures.json", "statements.json", "trust.json"}
FILES = BESIDE | {name + end for name in TABLES for end in (".csv", ".json")}
HOSTILE = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", 'a "quoted", name', "two\nlines",
           "<b>bold</b>", "é ✓")


class EvidenceCase(PeopleTestCase):
    period = ("--from", "2026-02-01", "--to", "2026-02-28")

    def fill(self):
        super().fill()
        self.capture_at("2026-01-31T22:59:00Z", "NVR1", "-m", "before the period")
        self.capture_at("2026-01-31T23:01:00Z", "NVR1", "-m", "its first minute")
        for number, message in enumerate(HOSTILE):
            self.capture_at(f"2026-02-{number + 7:02}T02:05:00Z", "NVR1", "-m", message)
        self.now = "2026-02-20T10:00:00Z"
        self.as_person("alice", "review", "site", "--month", "2026-01", "-m", "=HYPERLINK(0)")
        self.restore("NVR1", self.scratch / "out")
        self.succeed("export", "NVR1", "-o", self.scratch)
        self.capture_at("2026-02-28T22:59:00Z", "NVR1", "-m", "its last minute")
        self.capture_at("2026-02-28T23:01:00Z", "NVR1", "-m", "after the period")
        self.now = "2026-03-02T09:00:00Z"
        self.as_person("alice", "evidence", *self.period, "-o", self.scratch / "proofs")

    def setUp(self):
        super().setUp()
        self.now = "2026-03-02T09:00:00Z"
        self.proofs = self.scratch / "proofs"

    def rows(self, table, folder=None):
        return json.loads(((folder or self.proofs) / f"{table}.json").read_text())

    def verify(self, status=0, folder=None):
        """Without a key, without a repository, on another machine."""
        result = self.run_bare("evidence", "verify", folder or self.proofs, "--json",
                               env={"HOME": self.scratch / "elsewhere", "XDG_STATE_HOME": None,
                                    "COFFRE_CACHE_DIR": None})
        self.assertEqual(result.status, status, str(result))
        self.assertEqual(result.json["ok"], status == 0)
        return result.json

    def problems(self):
        """Which files verify names; each has its own line, and the last one says the way out."""
        result = self.run_bare("evidence", "verify", self.proofs)
        self.assertEqual(result.status, 13, str(result))
        self.assertEqual(result.out, b"")
        named = {error["path"] for error in self.verify(13)["errors"]}
        self.assertEqual(len(result.lines), len(named) + 1, str(result))
        for name in named:
            self.assertTrue(any(name in line for line in result.lines[:-1]), str(result))
        self.assertIn(" — ", result.lines[-1])
        return named


class Folder(EvidenceCase):
    def test_the_folder_holds_its_files_for_their_owner_alone(self):
        self.assertEqual(set(os.listdir(self.proofs)), FILES)
        self.assertEqual(stat.S_IMODE(os.stat(self.proofs).st_mode) & 0o077, 0)
        for name in FILES:
            self.assertEqual(stat.S_IMODE(os.stat(self.proofs / name).st_mode), 0o600, name)

    def test_the_manifest_names_every_file_with_its_hash(self):
        manifest = json.loads((self.proofs / "manifest.json").read_text())
        listed = {file["name"]: file for file in manifest["files"]}
        self.assertEqual(set(listed), FILES - {"manifest.json", "signatures.json"})
        for name, file in listed.items():
            content = (self.proofs / name).read_bytes()
            self.assertEqual(file["sha256"], hashlib.sha256(content).hexdigest(), name)
            self.assertEqual(file["bytes"], len(content))
        self.assertEqual(manifest["period"],
                         {"from": "2026-02-01", "to": "2026-02-28", "timezone": "Europe/Paris"})
        self.assertEqual((manifest["client"], manifest["site"]), ("ACME", "PARIS"))
        self.assertEqual(manifest["policy"]["reference"], "PROC-CYB-003 v1.0")
        self.assertEqual([signer["role"] for signer in manifest["signers"]], ["machine", "person"])
        self.assertEqual(manifest["signers"][1]["name"], "Alice")
        head = manifest["journal"]["heads"][0]
        self.assertEqual(len(head["batch"]), 64)
        self.assertGreater(head["number"], 10)

    def test_both_days_of_the_period_are_in_it_on_the_clock_of_the_site(self):
        messages = [row["message"] for row in self.rows("captures")]
        self.assertEqual(messages, ["its first minute", *HOSTILE, "its last minute"])

    def test_proc_5_2_a_statement_stands_word_for_word_with_its_batch(self):
        statements = self.rows("statements")
        self.assertEqual(len(statements), 1)
        record = statements[0]["record"]
        self.assertEqual((record["type"], record["scope"], record["month"]), ("review", "site", "2026-01"))
        self.assertEqual(record["signed"]["person"], "Alice")
        self.assertEqual(len(statements[0]["batch"]), 64)
        self.assertEqual(self.rows("reviews")[0]["figures"], record["figures"])

    def test_what_was_given_out_is_told(self):
        told = [row["operation"] for row in self.rows("operations")]
        self.assertEqual(told, ["restore", "export"])
        self.now = "2026-03-03T09:00:00Z"
        second = self.scratch / "second"
        self.succeed("evidence", "--from", "2026-03-01", "--to", "2026-03-31", "-o", second)
        rows = self.rows("operations", second)
        self.assertEqual([row["operation"] for row in rows], ["evidence", "evidence"])

    def test_proc_5_4_what_is_missing_is_in_it_also_where_no_run_saw_it(self):
        self.now = "2026-03-20T09:00:00Z"
        self.succeed("evidence", "--from", "2026-03-01", "--to", "2026-03-31", "-o", self.scratch / "march")
        told = {row["id"] for row in self.rows("anomalies", self.scratch / "march")}
        known = {one["id"] for one in self.succeed_json("anomalies", "list")["anomalies"]}
        self.assertTrue(known)
        self.assertLessEqual(known, told)

    def test_an_identity_that_nobody_named_does_not_stand_in_the_way(self):
        place = self.scratch / "config/coffre/identity"
        place.parent.mkdir(parents=True)
        shutil.copy(self.identity_of("alice")["COFFRE_IDENTITY"], place)
        result = self.succeed("evidence", *self.period, "-o", self.scratch / "two",
                              env={"XDG_CONFIG_HOME": self.scratch / "config"})
        self.assertIn(b"Alice", result.err)
        self.assertEqual([one["role"] for one in self.verify(folder=self.scratch / "two")["signers"]],
                         ["machine"])

    def test_what_was_not_given_out_is_not_journaled(self):
        wrong = {**self.identity_of("alice"), "COFFRE_PASSWORD": "another one"}
        for _ in range(2):
            result = self.run_coffre("evidence", *self.period, "-o", self.scratch / "two", env=wrong)
            self.assert_error(result, 12)
        self.succeed("evidence", "--from", "2026-03-01", "--to", "2026-03-31", "-o", self.scratch / "march")
        rows = self.rows("operations", self.scratch / "march")
        self.assertEqual([row["operation"] for row in rows], ["evidence", "evidence"])

    def test_proc_1_2_a_dispensation_that_ended_before_the_first_day_is_not_in_it(self):
        self.as_person("alice", "dispensation", "add", "--kind", "copy", "--until", "2026-03-10", "-m",
                       "moving")
        self.now = "2026-03-20T09:00:00Z"
        for first, count in (("2026-03-10", 1), ("2026-03-11", 0)):
            folder = self.scratch / first
            self.succeed("evidence", "--from", first, "--to", "2026-03-19", "-o", folder)
            self.assertEqual(len(self.rows("dispensations", folder)), count)
            self.assertEqual(len(self.rows("statements", folder)), count)

    def test_no_text_of_a_configuration_is_in_it(self):
        for name in FILES:
            content = (self.proofs / name).read_bytes()
            self.assertNotIn(b"CANARY", content, name)
            self.assertNotIn(b"coffre-test-", content, name)

    def test_a_folder_that_is_there_is_never_written_to(self):
        before = {name: (self.proofs / name).read_bytes() for name in os.listdir(self.proofs)}
        (self.scratch / "empty").mkdir()
        for place in (self.proofs, self.scratch / "empty", self.proofs / "index.html"):
            result = self.run_coffre("evidence", *self.period, "-o", place)
            self.assert_error(result, 1, place)
        after = {name: (self.proofs / name).read_bytes() for name in os.listdir(self.proofs)}
        self.assertEqual(after, before)
        self.assertEqual(os.listdir(self.scratch / "empty"), [])

    def test_what_is_refused_leaves_no_folder(self):
        place = self.scratch / "none"
        for arguments in (("--from", "2026-02-02", "--to", "2026-02-01"), ("--to", "2026-02-01"), (),
                          ("--from", "soon", "--to", "2026-02-01"),
                          ("--from", "2026-02-30", "--to", "2026-03-01")):
            for language in ("en", "fr"):
                result = self.run_coffre("evidence", *arguments, "-o", place, "--lang", language)
                self.assert_error(result, 2)
        self.assert_error(self.run_coffre("evidence", *self.period), 2, "-o")
        wrong = {**self.identity_of("alice"), "COFFRE_PASSWORD": "another one"}
        self.assert_error(self.run_coffre("evidence", *self.period, "-o", place, env=wrong), 12)
        self.assertFalse(place.exists())

    def test_a_day_is_a_period(self):
        self.succeed("evidence", "--from", "2026-02-07", "--to", "2026-02-07", "-o", self.scratch / "day")
        self.assertEqual(len(self.rows("captures", self.scratch / "day")), 1)
        self.assertEqual(self.rows("statements", self.scratch / "day"), [])
        signers = self.verify(folder=self.scratch / "day")["signers"]
        self.assertEqual([signer["role"] for signer in signers], ["machine"])


class Tables(EvidenceCase):
    def read_csv(self, table):
        text = (self.proofs / f"{table}.csv").read_bytes().decode()
        return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))

    def test_every_table_says_the_same_in_csv_and_in_json(self):
        for table in TABLES:
            rows, cells = self.rows(table), self.read_csv(table)
            self.assertEqual(len(rows), len(cells), table)
            for row, line in zip(rows, cells):
                for name, cell in line.items():
                    value = row[name]
                    if isinstance(value, str):
                        self.assertIn(cell, (value, "'" + value), name)
                    elif value is None:
                        self.assertEqual(cell, "")
                    elif isinstance(value, (bool, int)):
                        self.assertEqual(cell, json.dumps(value))

    def test_no_cell_is_a_formula(self):
        for table in TABLES:
            for line in self.read_csv(table):
                for name, cell in line.items():
                    self.assertNotIn(cell[:1], set("=+-@\t\r"), f"{table} {name}")
        messages = [line["message"] for line in self.read_csv("captures")][1:-1]
        self.assertEqual([message[1:] if message.startswith("'") else message for message in messages],
                         list(HOSTILE))
        self.assertEqual(sum(message.startswith("'") for message in messages), 4)

    def test_the_page_is_one_file_without_script_that_shows_names_as_they_are(self):
        page = (self.proofs / "index.html").read_text()
        texts, tags, links = [], set(), []

        class Reader(html.parser.HTMLParser):
            def handle_starttag(self, tag, attrs):
                tags.add(tag)
                links.extend(value for name, value in attrs if name in ("href", "src"))

            def handle_data(self, data):
                texts.append(data)

        Reader().feed(page)
        self.assertTrue(tags.isdisjoint({"script", "link", "img", "iframe", "object", "b"}), tags)
        for link in links:
            self.assertTrue(link.startswith("#") or (self.proofs / link).is_file(), link)
        for text in ("<b>bold</b>", 'a "quoted", name', "=cmd|' /C calc'!A0", "é ✓", "Alice"):
            self.assertIn(text, texts)
        self.assertNotIn("http", page.replace("http-equiv", ""))
        self.assertIn("<title>Evidence: ACME_PARIS, 2026-02-01 to 2026-02-28</title>", page)
        self.assertIn('<html lang="en">', page)
        self.assertIn("@media print", page)

    def test_the_page_speaks_french_too(self):
        self.succeed("evidence", *self.period, "-o", self.scratch / "preuves", "--lang", "fr")
        page = (self.scratch / "preuves/index.html").read_text()
        self.assertIn('<html lang="fr">', page)
        self.assertIn("Tests de restauration", page)
        self.assertNotIn("Restore tests", page)
        # What programs read is the same in every language.
        for table in TABLES:
            if table != "operations":
                self.assertEqual(self.rows(table, self.scratch / "preuves"), self.rows(table), table)

    def test_people_and_responsibles_are_in_it(self):
        self.assertEqual([row["person"] for row in self.rows("people")], ["Alice", "Bruno", "Carole"])
        last = self.rows("responsibles")[-1]
        self.assertEqual((last["responsible"], last["deputy"], last["known"]), ("Alice", "Bruno", True))

    def overrides_of_the_day(self):
        self.succeed("evidence", "--from", "2026-03-04", "--to", "2026-03-04", "-o", self.scratch / "two")
        return [(row["rule"], row["subject"], row["reason"])
                for row in self.rows("overrides", self.scratch / "two")]

    def test_a_rule_that_was_passed_over_is_told_with_its_reason(self):
        self.now = "2026-03-04T09:00:00Z"
        self.succeed("gc", "--force", "the old collector is gone")
        self.assertEqual(self.overrides_of_the_day(), [("gc", None, "the old collector is gone")])

    def test_proc_2_2_why_clear_text_is_safe_is_told(self):
        self.now = "2026-03-04T09:00:00Z"
        self.succeed("equipment", "add", "NVR2", "--type", "NVR", "--driver", "hikvision", "--set",
                     "url=http://192.0.2.1", "--set", "user=coffre", "--set", "clear-reason=direct cable",
                     "--secret-file", f"password={self.write('device-password', 'x')}")
        medium = self.scratch / "medium"
        medium.mkdir()
        self.succeed("remote", "add", "disk", medium, "--role", "physical", "--set",
                     "unencrypted-reason=new one is ordered")
        self.assertEqual(self.overrides_of_the_day(),
                         [("clear-protocol", "equipment NVR2", "direct cable"),
                          ("unencrypted-medium", "remote disk", "new one is ordered")])

    def test_proc_1_3_why_a_change_has_no_snapshot_before_or_after_is_told(self):
        self.now = "2026-03-04T09:00:00Z"
        self.succeed("equipment", "add", "NVR2", "--type", "NVR", "--driver", "files", "--set",
                     f"path={self.scratch / 'gone'}")
        window = self.succeed_json("change", "begin", "NVR2", "--category", "other", "-m", "its disk",
                                   "--despite", "on fire", status=3)["id"]
        self.succeed("change", "end", "NVR2", "--despite", "burnt down", status=3)
        self.assertEqual(self.overrides_of_the_day(), [("without-pre", window, "on fire"),
                                                       ("without-post", window, "burnt down")])


class Verify(EvidenceCase):
    def test_it_needs_no_key_and_no_repository(self):
        shutil.rmtree(self.repo)
        os.remove(self.key)
        moved = self.scratch / "elsewhere/proofs"
        shutil.move(self.proofs, moved)
        found = self.verify(folder=moved)
        self.assertEqual(found["files"], len(FILES))
        self.assertEqual(found["statements"], 1)
        self.assertEqual((found["site"], found["from"], found["to"]),
                         ("ACME_PARIS", "2026-02-01", "2026-02-28"))
        self.assertEqual([(s["role"], s["name"]) for s in found["signers"]][1], ("person", "Alice"))
        alice = next(row for row in self.rows("people", moved) if row["person"] == "Alice")
        self.assertEqual(found["people"], [{"name": "Alice", "key": alice["key"], "statements": 1}])
        self.assertIn(alice["key"].encode(), self.run_bare("evidence", "verify", moved).out)
        self.assertEqual(len(found["repository"]), 64)

    def test_a_changed_byte_is_found_wherever_it_is(self):
        for number, name in enumerate(sorted(FILES)):
            path = self.proofs / name
            whole = path.read_bytes()
            for at in {0, len(whole) // 2, len(whole) - 1, (number * 7919) % len(whole)}:
                changed = bytearray(whole)
                changed[at] ^= 1 << (at % 7)
                path.write_bytes(changed)
                told = {error["path"] for error in self.verify(13)["errors"]}
                # Of a manifest and its signature that do not fit, nothing says which of them was changed.
                either = {name, "signatures.json"} if name == "manifest.json" else {name}
                self.assertTrue(told & either, f"{name} at {at}: {told}")
                path.write_bytes(whole)
        self.verify()

    def test_every_byte_of_the_signatures_counts(self):
        path = self.proofs / "signatures.json"
        whole = path.read_bytes()
        for at in range(0, len(whole), 9):
            changed = bytearray(whole)
            changed[at] ^= 0x20 if whole[at:at + 1].isalpha() else 1
            path.write_bytes(changed)
            self.assertEqual({error["path"] for error in self.verify(13)["errors"]}, {"signatures.json"}, at)

    def test_a_byte_more_or_less_is_found(self):
        for name in ("captures.csv", "manifest.json", "signatures.json", "index.html"):
            whole = (self.proofs / name).read_bytes()
            for changed in (whole + b"\n", whole[:-1], b""):
                (self.proofs / name).write_bytes(changed)
                self.assertIn(name, self.problems())
            (self.proofs / name).write_bytes(whole)

    def test_a_removed_an_added_and_a_renamed_file_are_found(self):
        for name in sorted(FILES):
            os.rename(self.proofs / name, self.scratch / name)
            self.assertIn(name, self.problems())
            os.rename(self.scratch / name, self.proofs / name)
        (self.proofs / "more.csv").write_text("a\r\n")
        self.assertEqual(self.problems(), {"more.csv"})
        os.remove(self.proofs / "more.csv")
        os.rename(self.proofs / "captures.csv", self.proofs / "captures2.csv")
        self.assertEqual(self.problems(), {"captures.csv", "captures2.csv"})
        os.rename(self.proofs / "captures2.csv", self.proofs / "captures.csv")
        (self.proofs / "folder").mkdir()
        self.assertEqual(self.problems(), {"folder"})
        os.rmdir(self.proofs / "folder")
        os.rename(self.proofs / "captures.csv", self.scratch / "captures.csv")
        os.symlink(self.scratch / "captures.csv", self.proofs / "captures.csv")
        self.assertEqual(self.problems(), {"captures.csv"})

    def rewrite(self, name, change):
        """As one who has no key could: with the manifest made to fit."""
        path = self.proofs / name
        document = json.loads(path.read_text())
        change(document)
        path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        manifest = json.loads((self.proofs / "manifest.json").read_text())
        for file in manifest["files"]:
            if file["name"] == name:
                content = path.read_bytes()
                file.update(sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
        (self.proofs / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")

    def test_a_manifest_made_to_fit_is_not_signed(self):
        self.rewrite("captures.json", lambda rows: rows.pop())
        self.assertEqual(self.problems(), {"signatures.json"})

    def test_proc_5_2_a_statement_changed_after_it_was_signed_is_found(self):
        def refuse(statements):
            statements[0]["record"]["month"] = "2025-12"
        self.rewrite("statements.json", refuse)
        self.assertEqual(self.problems(), {"signatures.json", "statements.json"})
        self.assertEqual(self.verify(13)["statements"], 0)

    def test_a_signature_cannot_be_left_out_or_given_to_another(self):
        path = self.proofs / "signatures.json"
        whole = path.read_text()
        records = json.loads(whole)
        for changed in (records[:1], records[1:], [], records[::-1], [records[0], records[0]],
                        [records[0], {**records[1], "by": "Bruno"}],
                        [records[0], {**records[1], "signed": {**records[1]["signed"], "person": "Bruno"}}],
                        [records[0], {**records[1], "signed": {**records[1]["signed"], "note": "x"}}],
                        {}, [1, 2]):
            path.write_text(json.dumps(changed, indent=2, ensure_ascii=False) + "\n")
            self.assertEqual(self.problems(), {"signatures.json"}, changed)
        path.write_text(whole)
        self.verify()

    def test_what_was_never_evidence(self):
        self.assert_error(self.run_bare("evidence", "verify", self.scratch / "absent"), 1, "absent")
        self.assert_error(self.run_bare("evidence", "verify", self.proofs / "index.html"), 1, "index.html")
        self.assert_error(self.run_bare("evidence", "verify"), 2)
        (self.scratch / "nothing").mkdir()
        self.assertEqual([error["path"] for error in self.verify(13, self.scratch / "nothing")["errors"]],
                         ["manifest.json"])
        deep = ("[" * 50000 + "]" * 50000, "[" * 200000 + "]" * 200000, '{"a":' * 50000 + "1" + "}" * 50000)
        for text in ("null\n", "[]\n", "{}\n", '{\n  "files": 1\n}\n', "\x00", "[" * 5000, *deep):
            (self.scratch / "nothing/manifest.json").write_text(text)
            self.assertEqual(self.verify(13, self.scratch / "nothing")["errors"][0]["path"], "manifest.json")

    def test_both_languages(self):
        for language, word in (("en", b"whole"), ("fr", "intacts".encode())):
            self.assertIn(word, self.run_bare("evidence", "verify", self.proofs, "--lang", language).out)
        os.remove(self.proofs / "copies.csv")
        for language, word in (("en", b"removed"), ("fr", "retiré".encode())):
            result = self.run_bare("evidence", "verify", self.proofs, "--lang", language)
            self.assertIn(word, result.err)


class Machines(EvidenceCase):
    def test_another_machine_that_the_repository_let_in_signs_too(self):
        self.environment["XDG_STATE_HOME"] = str(self.scratch / "state2")
        self.succeed("evidence", *self.period, "-o", self.scratch / "two")
        found = self.verify(folder=self.scratch / "two")
        first = self.verify()
        self.assertNotEqual(found["signers"][0]["key"], first["signers"][0]["key"])
        self.assertEqual(found["repository"], first["repository"])

    def test_one_that_was_removed_makes_no_evidence(self):
        machine = next(one for one in self.succeed_json("actor", "list")["actors"] if one["this_machine"])
        own = self.environment["XDG_STATE_HOME"]
        self.environment["XDG_STATE_HOME"] = str(self.scratch / "state2")
        self.succeed("actor", "remove", machine["id"], "-m", "sold")
        self.environment["XDG_STATE_HOME"] = own
        self.assertEqual(self.run_coffre("evidence", *self.period, "-o", self.scratch / "two").status, 16)
        self.assertFalse((self.scratch / "two").exists())


class Forged(EvidenceCase):
    """By whom the site's key let in: every signature fits, and what is signed is not so."""

    def setUp(self):
        super().setUp()
        self.machine, self.person = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
        self.succeed("actor", "admit", self.public(self.machine), "--name", "clerk@hq")
        shutil.rmtree(self.proofs)
        self.as_person("alice", "evidence", *self.period, "-o", self.proofs)
        self.repository = json.loads((self.proofs / "manifest.json").read_text())["repository"]

    def public(self, key):
        return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def signed(self, record, name, key):
        record = {name: value for name, value in record.items() if name != "signed"}
        text = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()
        message = b"coffre/1/statement\0" + bytes.fromhex(self.repository) + b"\0" + text
        with_key = {"person": name, "key": self.public(key), "signature": key.sign(message).hex()}
        return {**record, "signed": with_key}

    def write_json(self, name, document):
        (self.proofs / name).write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")

    def forge(self, *signers):
        """The folder as it is now, signed anew by each (role, name, key)."""
        manifest = json.loads((self.proofs / "manifest.json").read_text())
        for file in manifest["files"]:
            content = (self.proofs / file["name"]).read_bytes()
            file.update(sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
        manifest["signers"] = [{"role": role, "name": name, "key": self.public(key)}
                               for role, name, key in signers]
        self.write_json("manifest.json", manifest)
        digest = hashlib.sha256((self.proofs / "manifest.json").read_bytes()).hexdigest()
        record = {"type": "evidence", "manifest": digest, "from": "2026-02-01", "to": "2026-02-28",
                  "time": "2026-03-02T09:00:00Z"}
        self.write_json("signatures.json", [self.signed({**record, "by": name}, name, key)
                                            for _, name, key in signers])

    def test_one_who_was_let_in_signs(self):
        self.forge(("machine", "clerk@hq", self.machine))
        self.verify()

    def test_a_machine_has_the_name_by_which_it_was_let_in(self):
        self.forge(("machine", "collector@hq", self.machine))
        self.assertEqual(self.problems(), {"trust.json"})

    def test_a_second_machine_must_have_been_let_in_too(self):
        self.forge(("machine", "clerk@hq", self.machine), ("machine", "auditor@elsewhere", self.person))
        self.assertEqual(self.problems(), {"trust.json"})

    def test_a_person_has_the_key_that_people_have(self):
        for role in ("person", "auditor"):
            self.forge(("machine", "clerk@hq", self.machine), (role, "Alice", self.person))
            self.assertEqual(self.problems(), {"people.json"})

    def test_the_first_signer_is_a_machine(self):
        self.forge(("person", "clerk@hq", self.machine))
        self.assertEqual(self.problems(), {"signatures.json"})

    def test_proc_5_2_a_statement_under_a_key_that_is_nobodys_is_found(self):
        statements = json.loads((self.proofs / "statements.json").read_text())
        record = {**statements[0]["record"], "month": "2025-12"}
        statements.append({**statements[0], "record": self.signed(record, "Alice", self.person)})
        self.write_json("statements.json", statements)
        self.forge(("machine", "clerk@hq", self.machine))
        self.assertEqual(self.problems(), {"people.json"})
        self.assertEqual(self.verify(13)["statements"], 1)


if __name__ == "__main__":
    unittest.main()
