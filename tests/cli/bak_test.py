#!/usr/bin/python3
"""A snapshot as one file: written, identified, opened elsewhere, taken in; and files exported by hand."""

import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from coffre_cli import EXE, PASSPHRASE, plaintext_arguments, read_tree
from exit_codes_test import FilledTestCase, in_minutes

READER = pathlib.Path(__file__).resolve().parent.parent / "format" / "bak_reader.py"
EXPIRE = os.environ.get("COFFRE_EXPIRE", pathlib.Path(EXE).parent.parent / "tests/coffre_expire")
EXAMPLE = "CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_20250510_0300_HEBDO"
AT = "2025-05-10T01:00:00Z"
SECRET = b"a secret word of the configuration"
EXPORTED = {"file": str, "bytes": int, "name": str, "commit": str, "id": str}


class BakTestCase(FilledTestCase):
    """Two copies of a repository: of before the snapshot of the example, and of after."""

    def init(self, *more, **options):
        return super().init(*more, **{"client": "CLIEXEMP", "site": "SIEGEPARIS", **options})

    def fill(self):
        super().fill()
        shutil.copytree(self.repo, self.scratch / "before")
        self.write("hall/config.xml", b"<camera>" + SECRET + b"</camera>\n" * 50)
        self.write("hall/cameras/one.cfg", b"one\n").chmod(0o755)
        (self.scratch / "hall/cameras/none").mkdir()
        (self.scratch / "hall/latest").symlink_to("config.xml")
        self.write("hall/.git/config", b"a name that git refuses\n")
        self.capture("hall", "NVR-HALL", "--at", AT, "-m", "as it was")
        self.commit = self.succeed_json("log", "NVR-HALL")["snapshots"][0]["commit"]

    def setUp(self):
        super().setUp()
        self.before, self.hall = self.scratch / "before", self.scratch / "hall"
        self.bak = self.scratch / (EXAMPLE + ".bak")

    def export(self, snapshot="NVR-HALL", *more):
        return self.succeed_json("export", snapshot, *more)

    def assert_no_file(self):
        left = [name for name in os.listdir(self.scratch) if "bak" in name or "partial" in name]
        self.assertEqual(left, [])

    def elsewhere(self):
        """A machine that has nothing of this repository."""
        home = self.scratch / "elsewhere"
        home.mkdir(exist_ok=True)
        return {"HOME": home, "XDG_STATE_HOME": home / "state", "COFFRE_CACHE_DIR": home / "cache"}

    def run_elsewhere(self, *arguments, **env):
        return self.run_bare(*arguments, env={**self.elsewhere(), **env})

    def identify(self, *arguments, status=0, **env):
        result = self.run_elsewhere("identify", *arguments, "--json", **env)
        self.assertEqual(result.status, status, str(result))
        return result.json["files"]

    def import_json(self, *arguments, repo=None, status=0):
        return self.succeed_json("-r", repo or self.repo, "import", *arguments, status=status)

    def assert_import_fails(self, status, *arguments, repo=None, subject=""):
        self.assert_fails(status, "-r", repo or self.repo, "import", *arguments, subject=subject)

    def listed(self, repo=None):
        return self.succeed_json("-r", repo or self.repo, "log")["snapshots"]


class Export(BakTestCase):
    def test_proc_4_4_the_file_bears_the_standard_name(self):
        document = self.export()
        self.assert_fields(document, EXPORTED)
        self.assertEqual(document["name"], EXAMPLE)
        self.assertEqual(document["file"], EXAMPLE + ".bak")
        self.assertEqual(document["bytes"], self.bak.stat().st_size)
        self.assertEqual(document["commit"], self.listed()[-1]["commit"])

    def test_it_goes_into_a_folder_or_to_a_file_of_one_of_its_names(self):
        (self.scratch / "out").mkdir()
        self.export("NVR-HALL", "-o", "out")
        self.assertEqual(os.listdir(self.scratch / "out"), [EXAMPLE + ".bak"])
        monthly = self.scratch / "out" / (EXAMPLE.replace("HEBDO", "MENSUEL") + ".bak")
        self.assertEqual(self.export("NVR-HALL", "-o", monthly)["name"], monthly.stem)
        self.assertTrue(monthly.is_file())
        self.assertEqual(self.identify(monthly, COFFRE_KEY_FILE=self.key)[0]["claim"], "true")

    def test_another_name_is_refused(self):
        for name in ("copy.bak", EXAMPLE, EXAMPLE.replace("0300", "0301") + ".bak"):
            self.assert_fails(2, "export", "NVR-HALL", "-o", self.scratch / name, subject=EXAMPLE)
        self.assert_fails(1, "export", "NVR-HALL", "-o", self.scratch / "absent" / self.bak.name)
        self.assert_no_file()

    def test_nothing_is_overwritten(self):
        self.bak.write_bytes(b"something else")
        self.assert_fails(1, "export", "NVR-HALL", subject=self.bak.name)
        self.assertEqual(self.bak.read_bytes(), b"something else")

    def test_nothing_of_it_shows(self):
        self.export()
        data = self.bak.read_bytes()
        commit = self.listed()[-1]["commit"]
        for clear in (SECRET, b"config.xml", b"as it was", commit.encode(), bytes.fromhex(commit)):
            self.assertNotIn(clear, data)
        self.assertEqual(self.bak.stat().st_mode & 0o777, 0o600)

    def test_it_is_journaled_and_leaves_the_repository_whole(self):
        before = len(os.listdir(self.repo / "journal"))
        self.export()
        self.assertEqual(len(os.listdir(self.repo / "journal")), before + 1)
        self.assert_whole()

    def test_of_snapshots_that_share_a_name_each_bears_its_commit(self):
        self.write("hall/more.cfg", b"more\n")
        second = self.capture("hall", "NVR-HALL", "--at", AT)["snapshots"][0]
        document = self.export(second["commit"])
        self.assertEqual(document["name"], f"{EXAMPLE}~{second['commit'][:8]}")
        self.assertEqual(self.identify(self.scratch / document["file"], COFFRE_KEY_FILE=self.key)[0]["claim"],
                         "true")
        self.assert_fails(2, "export", second["commit"], "-o", self.bak)

    def test_of_a_snapshot_that_is_damaged_nothing_is_left(self):
        for pack in (self.repo / "packs").iterdir():
            if not (self.before / "packs" / pack.name).exists():
                pack.unlink()
        result = self.run_coffre("export", "NVR-HALL")
        self.assertEqual(result.status, 13, str(result))
        self.assert_no_file()

    def test_on_a_full_disk_nothing_is_left(self):
        # A limit on the size of a file is met as a full disk would be.
        limited = ("bash", "-c", 'trap "" XFSZ; ulimit -f 2; exec "$@"', "-")
        result = self.run_coffre("export", "NVR-HALL", wrap=limited)
        self.assertNotEqual(result.status, 0, str(result))
        self.assert_no_file()


class Elsewhere(BakTestCase):
    def setUp(self):
        super().setUp()
        self.export()
        shutil.move(self.repo, self.scratch / "gone")

    def restore_bak(self, *more, status=0, **env):
        target = self.scratch / "restored"
        result = self.run_elsewhere("restore", self.bak, "--to", target, *more, **env)
        self.assertEqual(result.status, status, str(result))
        return target

    def test_it_opens_with_a_key_file_and_nothing_else(self):
        target = self.restore_bak("--key-file", self.key)
        self.assertEqual(read_tree(target), read_tree(self.hall))

    def test_it_opens_with_the_passphrase(self):
        target = self.restore_bak(COFFRE_PASSWORD=PASSPHRASE)
        self.assertEqual(read_tree(target), read_tree(self.hall))

    def test_a_part_of_it_and_its_list(self):
        target = self.restore_bak("--path", "cameras/one.cfg", "--key-file", self.key)
        self.assertEqual(list(read_tree(target)), [b"cameras", b"cameras/one.cfg"])
        listed = self.run_elsewhere("ls", self.bak, "--json", "--key-file", self.key).json
        self.assertEqual(listed["snapshot"], EXAMPLE)
        self.assertEqual(sorted(item["path"] for item in listed["files"]),
                         [".git/config", "cameras/one.cfg", "config.xml", "latest"])

    def test_nothing_is_overwritten_and_a_dry_run_writes_nothing(self):
        target = self.restore_bak("--key-file", self.key, "--dry-run")
        self.assertFalse(target.exists())
        self.write("restored/config.xml", b"mine")
        self.restore_bak("--key-file", self.key, status=1)
        self.assertEqual(read_tree(self.scratch / "restored"), {b"config.xml": ("file", False, b"mine")})

    def test_another_secret_opens_nothing(self):
        self.assertEqual(self.run_elsewhere("ls", self.bak, COFFRE_PASSWORD="wrong").status, 12)
        self.assertEqual(self.run_elsewhere("ls", self.bak).status, 12)

    def test_clear_text_on_a_clear_medium_is_refused_unless_it_can_be_journaled(self):
        clear = pathlib.Path("/var/tmp") / f"coffre-bak-{os.getpid()}"
        self.addCleanup(shutil.rmtree, clear, ignore_errors=True)
        arguments = ("restore", self.bak, "--to", clear, "--key-file", self.key)
        self.assertEqual(self.run_elsewhere(*arguments).status, 16)
        self.assertEqual(self.run_elsewhere(*arguments, "--allow-plaintext", "why").status, 16)
        self.assertFalse(clear.exists())
        gone = self.scratch / "gone"
        before = len(os.listdir(gone / "journal"))
        done = self.run_elsewhere("-r", gone, *arguments, "--allow-plaintext", "why")
        self.assertEqual(done.status, 0, str(done))
        self.assertEqual(len(os.listdir(gone / "journal")), before + 1)
        self.assertEqual(read_tree(clear), read_tree(self.hall))

    def test_a_reader_that_shares_no_code_opens_it(self):
        target = self.scratch / "read"
        subprocess.run(["/usr/bin/python3", "-B", READER, self.bak, self.key, "restore", target], check=True)
        self.assertEqual(read_tree(target), read_tree(self.hall))
        header = subprocess.run(["/usr/bin/python3", "-B", READER, self.bak, "-", "header"], check=True,
                                capture_output=True).stdout
        self.assertEqual(json.loads(header)["name"], EXAMPLE)
        moved = self.bak.rename(self.scratch / "moved.bak")
        self.assertEqual(subprocess.run(["/usr/bin/python3", "-B", READER, moved, self.key, "name"],
                                        check=False, capture_output=True).returncode, 13)


class Identify(BakTestCase):
    def test_proc_4_5_without_a_key_it_says_what_it_claims(self):
        self.export()
        found = self.identify(self.bak)[0]
        expected = {"format": "coffre-bak", "valid_name": True, "name": EXAMPLE, "client": "CLIEXEMP",
                    "site": "SIEGEPARIS", "type": "NVR", "equipment": "NVR-HALL", "time": "2025-05-10T03:00",
                    "kind": "HEBDO", "legacy": [], "claim": "unchecked", "renamed": False}
        self.assertEqual({name: found[name] for name in expected}, expected)
        self.assertEqual(found["repository"], json.loads((self.repo / "coffre.json").read_text())["id"])
        self.assertEqual(sorted(slot["type"] for slot in found["slots"]), ["key-file", "passphrase"])
        self.assertNotIn("commit", found)
        for lang in ("en", "fr"):
            text = self.run_elsewhere("identify", self.bak, "--lang", lang).out.decode()
            self.assertIn("NVR-HALL", text)

    def test_proc_4_5_with_a_key_the_claim_is_held_against_the_content(self):
        document = self.export()
        found = self.identify(self.bak, COFFRE_KEY_FILE=self.key)[0]
        self.assertEqual((found["claim"], found["commit"]), ("true", document["commit"]))
        self.assertEqual((found["instant"], found["kinds"]), (AT, ["HEBDO", "MENSUEL"]))
        self.assertEqual(found["id"], document["id"])
        self.assertIsNone(found["signer_admitted"])
        found = self.identify("-r", self.repo, self.bak, COFFRE_KEY_FILE=self.key)[0]
        self.assertEqual((found["claim"], found["same_repository"], found["signer_admitted"]),
                         ("true", True, True))

    def test_a_key_that_opens_no_slot(self):
        self.export()
        found = self.identify(self.bak, status=12, COFFRE_PASSWORD="wrong")[0]
        self.assertEqual((found["claim"], found["code"]), ("unchecked", 12))

    def test_proc_4_5_a_renamed_file_is_refused_by_every_command(self):
        self.export()
        other = self.bak.rename(self.scratch / (EXAMPLE.replace("20250510", "20250511") + ".bak"))
        found = self.identify(other, status=13)[0]
        self.assertEqual((found["claim"], found["renamed"], found["name"]), ("false", True, EXAMPLE))
        self.assertEqual(self.identify(other, status=13, COFFRE_KEY_FILE=self.key)[0]["claim"], "false")
        self.assert_fails(13, "ls", other, subject=EXAMPLE)
        self.assert_fails(13, "restore", other, "--to", self.scratch / "out", subject=EXAMPLE)
        self.assert_import_fails(13, other, repo=self.before, subject=EXAMPLE)

    def test_a_damaged_file_is_refused_by_every_command(self):
        self.export()
        whole = self.bak.read_bytes()
        step = max(1, len(whole) // 40)
        damaged = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:]
                   for at in [*range(0, 12), *range(12, len(whole), step), len(whole) - 1]]
        damaged += [whole[:size] for size in (1, 7, 8, 12, 100, len(whole) // 2, len(whole) - 1)]
        damaged += [whole + b"\0", whole + whole]
        for number, data in enumerate(damaged):
            self.bak.write_bytes(data)
            with self.subTest(number=number):
                self.assertEqual(self.identify(self.bak, status=13)[0]["claim"], "false")
                self.assertEqual(self.run_coffre("-r", self.before, "import", self.bak).status, 13)
        self.assert_fails(13, "ls", self.bak, subject=self.bak.name)
        self.assert_fails(13, "restore", self.bak, "--to", self.scratch / "out", subject=self.bak.name)
        self.assert_import_fails(13, self.bak, repo=self.before, subject=self.bak.name)
        self.assertEqual(len(self.listed(self.before)), 1)

    def test_proc_4_5_any_other_file_is_told_by_its_name(self):
        self.write(EXAMPLE + ".bak", b"what a recorder gave")
        found = self.identify(self.bak)[0]
        self.assertEqual((found["format"], found["valid_name"], found["claim"]), ("other", True, "unchecked"))
        self.assertEqual((found["equipment"], found["kind"]), ("NVR-HALL", "HEBDO"))
        old = self.write("cliexemp_siegeparis_nvr_nvr_hall_202505_0300_pré-modification.bak", b"x")
        found = self.identify(old)[0]
        self.assertEqual((found["month"], found["kind"], found["equipment"]), ("2025-05", "PRE", "NVR-HALL"))
        self.assertEqual(set(found["legacy"]), {"folded", "kind_word", "equipment_field", "month_only"})
        self.assertNotIn("time", found)

    def test_a_name_that_is_none_is_told_with_the_reason(self):
        for name in ("export.bak", "A_B.bak", EXAMPLE.replace("20250510", "20251310") + ".bak",
                     EXAMPLE.replace("HEBDO", "DAILY") + ".bak", EXAMPLE + ".zip"):
            found = self.identify(self.write(name, b"x"), status=1)[0]
            self.assertEqual((found["valid_name"], found["claim"]), (False, "unchecked"))
            self.assertTrue(found["why"])
        self.assertEqual(self.identify(self.scratch / "absent.bak", status=1)[0]["valid_name"], False)

    def test_several_files(self):
        self.export()
        found = self.identify(self.bak, self.write("export.bak", b"x"), status=3)
        self.assertEqual([item["valid_name"] for item in found], [True, False])


class Import(BakTestCase):
    """Exports of coffre."""

    def test_into_a_copy_that_lacks_it(self):
        document = self.export()
        done = self.import_json(self.bak, repo=self.before)["imported"][0]
        self.assertEqual((done["name"], done["commit"]), (EXAMPLE, document["commit"]))
        self.assertIs(done["already"], False)
        self.assertEqual((done["format"], done["dated_by"]), ("coffre-bak", "operator"))
        there = self.listed(self.before)[-1]
        for field in ("commit", "name", "kinds", "time", "files", "bytes", "message", "author"):
            self.assertEqual(there.get(field), self.listed()[-1].get(field), field)
        self.assertEqual(there["dated_by"], "operator")
        self.assertGreaterEqual(there["recorded_at"], self.listed()[-1]["recorded_at"])
        target = self.scratch / "out"
        self.succeed("-r", self.before, "restore", EXAMPLE, "--to", target, *plaintext_arguments())
        self.assertEqual(read_tree(target), read_tree(self.hall))
        self.assertTrue(self.succeed_json("-r", self.before, "verify", "--read-data")["ok"])
        equipment = self.succeed_json("-r", self.before, "equipment", "list")["equipment"]
        self.assertIn(("NVR-HALL", "NVR", "files"),
                      [(item["name"], item["type"], item["driver"]) for item in equipment])
        # A capture after it goes on from it.
        self.succeed_json("-r", self.before, "capture", "NVR-HALL", "--from", self.hall)
        self.assertFalse(self.listed(self.before)[0]["changed"])

    def test_one_that_is_there_is_left(self):
        self.export()
        before = len(os.listdir(self.repo / "journal"))
        done = self.import_json(self.bak)["imported"][0]
        self.assertEqual((done["already"], done["name"]), (True, EXAMPLE))
        self.assertEqual(len(os.listdir(self.repo / "journal")), before)
        self.import_json(self.bak, repo=self.before)
        self.assertTrue(self.import_json(self.bak, repo=self.before)["imported"][0]["already"])

    def test_a_dry_run_stores_nothing(self):
        self.export()
        done = self.import_json(self.bak, "--dry-run", repo=self.before)["imported"][0]
        self.assertEqual(done["name"], EXAMPLE)
        self.assertEqual(len(self.listed(self.before)), 1)

    def test_one_that_expired_here_is_refused(self):
        document = self.export()
        subprocess.run([EXPIRE, self.repo, self.key, document["commit"]], check=True)
        self.assert_import_fails(16, self.bak, subject=EXAMPLE)

    def other_repository(self, site="SIEGEPARIS", *more):
        repo, key = self.scratch / "other", self.scratch / "other-key"
        made = self.run_bare("-r", repo, "init", "--client", "CLIEXEMP", "--site", site,
                             "--key-file-out", key, *more, env={"COFFRE_PASSWORD": "another one"})
        self.assertEqual(made.status, 0, str(made))
        return repo, {"COFFRE_REPO": repo, "COFFRE_KEY_FILE": key}

    def test_of_another_repository_only_of_the_same_site_and_with_its_secret(self):
        document = self.export()
        repo, env = self.other_repository()
        self.assert_fails(16, "import", self.bak, env=env, subject=self.bak.name)
        wrong = self.write("wrong", b"wrong\n")
        self.assert_fails(12, "import", self.bak, "--bak-password-file", wrong, env=env)
        done = self.succeed("import", self.bak, "--bak-key-file", self.key, "--json", env=env)
        self.assertIn(b"another repository", done.err)
        one = done.json["imported"][0]
        self.assertEqual((one["other_repository"], one["commit"]), (True, document["commit"]))
        there = self.succeed_json("log", env=env)["snapshots"][0]
        self.assertEqual((there["name"], there["time"], there["dated_by"]), (EXAMPLE, AT, "operator"))
        self.assertTrue(self.succeed_json("verify", "--read-data", env=env)["ok"])
        target = self.scratch / "out"
        self.succeed("restore", EXAMPLE, "--to", target, *plaintext_arguments(), env=env)
        self.assertEqual(read_tree(target), read_tree(self.hall))
        # And out again, under the keys of the new one.
        shutil.rmtree(target)
        self.bak.unlink()
        self.succeed("export", "NVR-HALL", env=env)
        self.assertEqual(self.identify(self.bak, COFFRE_KEY_FILE=env["COFFRE_KEY_FILE"])[0]["claim"], "true")

    def test_of_another_site_never(self):
        self.export()
        _, env = self.other_repository("SIEGELYON")
        self.assert_fails(16, "import", self.bak, "--bak-key-file", self.key, env=env, subject="SIEGELYON")

    def test_a_simulation_and_the_real_thing_never_mix(self):
        self.export()
        _, env = self.other_repository("SIEGEPARIS", "--simulated")
        result = self.run_coffre("import", self.bak, "--bak-key-file", self.key, "-q", env=env)
        self.assertEqual(result.status, 16, str(result))

    def test_a_large_file(self):
        source = self.scratch / "large"
        source.mkdir()
        (source / "video.db").write_bytes(os.urandom(9 << 20) + b"text " * (1 << 20))
        self.capture(source, "NVR1", "--kind", "PRE")
        document = self.export("NVR1")
        found = self.identify(self.scratch / document["file"], COFFRE_KEY_FILE=self.key)[0]
        self.assertEqual(found["claim"], "true")
        self.import_json(self.scratch / document["file"], repo=self.before)
        target = self.scratch / "out"
        self.succeed("-r", self.before, "restore", document["name"], "--to", target, *plaintext_arguments())
        self.assertEqual(read_tree(target), read_tree(source))
        read = self.scratch / "read"
        subprocess.run(["/usr/bin/python3", "-B", READER, self.scratch / document["file"], self.key,
                        "restore", read], check=True)
        self.assertEqual(read_tree(read), read_tree(source))


class ByHand(BakTestCase):
    """What equipments gave, under the procedure's names."""

    def setUp(self):
        super().setUp()
        shutil.rmtree(self.repo)
        self.before.rename(self.repo)

    def vendor(self, name, content=b"what a recorder gave", modified=None):
        path = self.write(f"by-hand/{name}.bak", content)
        if modified:
            at = datetime.datetime.fromisoformat(modified).timestamp()
            os.utime(path, (at, at))
        return path

    def import_one(self, path, *more):
        return self.import_json(path, *more)["imported"][0]

    def test_proc_4_4_example_of_the_document(self):
        done = self.import_one(self.vendor(EXAMPLE))
        self.assertEqual((done["name"], done["already"], done["format"]), (EXAMPLE, False, "other"))
        there = self.listed()[-1]
        self.assertEqual((there["time"], there["equipment"], there["kinds"][0]), (AT, "NVR-HALL", "HEBDO"))
        self.assertEqual((there["dated_by"], there["commit"]), ("operator", done["commit"]))
        self.assertEqual(self.succeed("cat", f"{EXAMPLE}:{EXAMPLE}.bak").out, b"what a recorder gave")
        self.assert_whole()

    def test_proc_4_3_each_kind_is_kept_and_so_are_older_words(self):
        for number, (word, kind) in enumerate((("MENSUEL", "MENSUEL"), ("PRE", "PRE"), ("POST", "POST"),
                                               ("PREMODIF", "PRE"), ("POST-MODIFICATION", "POST"))):
            name = f"CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_202505{number + 11}_0300_{word}"
            done = self.import_one(self.vendor(name))
            self.assertTrue(done["name"].endswith("_0300_" + kind), done)
            self.assertEqual(done["legacy"], [] if word == kind else ["kind_word"])
            kinds = {item["name"]: item["kinds"] for item in self.listed()}
            self.assertEqual(kinds[done["name"]], [kind])

    def test_proc_4_4_a_date_of_six_digits_takes_the_day_of_the_file(self):
        old = self.vendor(EXAMPLE.replace("20250510", "202505"), modified="2025-05-17T12:00:00+00:00")
        result = self.succeed("import", old, "--json")
        done = result.json["imported"][0]
        self.assertEqual(done["name"], EXAMPLE.replace("20250510", "20250517"))
        self.assertEqual((done["legacy"], done["day_of_file"]), (["month_only"], True))
        self.assertIn(b"no day", result.err)

    def test_proc_4_4_the_day_is_never_invented(self):
        old = self.vendor(EXAMPLE.replace("20250510", "202505"), modified="2025-06-17T12:00:00+00:00")
        self.assert_import_fails(2, old, subject="--at")
        self.assert_import_fails(2, old, "--at", "2025-06-17T01:00:00Z")
        done = self.import_one(old, "--at", "2025-05-20T01:00:00Z")
        self.assertEqual(done["name"], EXAMPLE.replace("20250510", "20250520"))
        self.assertIs(done["day_of_file"], False)

    def test_what_the_name_gives_stays(self):
        path = self.vendor(EXAMPLE)
        self.assert_import_fails(2, path, "--at", "2025-05-11T01:00:00Z")
        self.assertFalse(self.import_one(path, "--at", AT)["already"])

    def test_an_older_name_is_read_and_flagged(self):
        path = self.vendor("cliexemp_siegeparis_nvr_nvr_hall_20250510_0300_hebdo")
        result = self.succeed("import", path, "--json")
        done = result.json["imported"][0]
        self.assertEqual(done["name"], EXAMPLE)
        self.assertEqual(set(done["legacy"]), {"folded", "kind_word", "equipment_field"})
        self.assertIn(b"'_'", result.err)

    def test_the_same_file_again_is_left(self):
        path = self.vendor(EXAMPLE)
        first = self.import_one(path)
        again = self.import_one(path)
        self.assertEqual((again["already"], again["commit"]), (True, first["commit"]))
        self.vendor(EXAMPLE, b"other bytes")
        other = self.import_one(path)
        self.assertEqual((other["already"], other["name"]), (False, f"{EXAMPLE}~{other['commit'][:8]}"))

    def test_of_another_site_it_is_refused(self):
        for name in (EXAMPLE.replace("SIEGEPARIS", "SIEGELYON"), EXAMPLE.replace("CLIEXEMP", "AUTRE")):
            self.assert_import_fails(16, self.vendor(name), subject=name)
        self.assertEqual(len(self.listed()), 1)

    def test_a_time_that_is_to_come_is_refused(self):
        ahead = in_minutes(60 * 24 * 3)
        name = EXAMPLE.replace("20250510", ahead[:10].replace("-", ""))
        self.assert_import_fails(2, self.vendor(name))

    def test_an_equipment_of_another_type_is_not_taken_for_it(self):
        self.import_one(self.vendor(EXAMPLE))
        self.assert_import_fails(2, self.vendor(EXAMPLE.replace("_NVR_", "_CAM_")), subject="NVR-HALL")

    def test_what_is_no_name_or_no_file_is_refused(self):
        self.assert_import_fails(2, self.vendor("export of the recorder"))
        self.assert_import_fails(13, self.vendor(EXAMPLE, b""), subject=EXAMPLE)
        self.assert_import_fails(1, self.scratch / (EXAMPLE + ".bak"), subject=EXAMPLE)

    def test_several_files_each_on_its_own(self):
        good = self.vendor(EXAMPLE)
        bad = self.vendor(EXAMPLE.replace("HEBDO", "DAILY"))
        document = self.import_json(good, bad, status=3)
        self.assertEqual([item["name"] for item in document["imported"]], [EXAMPLE])
        self.assertEqual([item["file"] for item in document["failed"]], [str(bad)])
        self.assertTrue(document["failed"][0]["error"])

    def test_the_source_goes_once_it_is_stored(self):
        path = self.vendor(EXAMPLE)
        document = self.import_json(path, "--remove-source")
        self.assertEqual(document["removed_source_files"], 1)
        self.assertFalse(path.exists())

    def test_a_dry_run_stores_and_removes_nothing(self):
        path = self.vendor(EXAMPLE)
        done = self.import_one(path, "--dry-run", "--remove-source")
        self.assertEqual((done["name"], done["commit"]), (EXAMPLE, None))
        self.assertEqual(len(self.listed()), 1)
        self.assertTrue(path.exists())


if __name__ == "__main__":
    sys.exit(unittest.main())
