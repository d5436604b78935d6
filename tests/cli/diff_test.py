#!/usr/bin/python3
"""diff, show, history, blame: what changed, as stock git would have it, and no secret shown unasked."""

import os
import random
import resource
import shutil
import subprocess
import unittest

from coffre_cli import EXE, plaintext_arguments, read_tree
from exit_codes_test import NO_KEY, FilledTestCase

SEED = int(os.environ.get("COFFRE_TEST_SEED", "20261124"))


def random_tree(dice, top):
    names = ["a", "b.xml", "c d", "é", "users", "x\ty", "quote\"d", "back\\slash", "\udcff"]
    for _ in range(1 + dice.randrange(10)):
        path = top
        for _ in range(dice.randrange(3)):
            path = path / dice.choice(names)
        try:
            path.mkdir(parents=True, exist_ok=True)
            file = path / dice.choice(names)
            if file.is_symlink() or file.exists():
                continue
            kind = dice.randrange(8)
            if kind == 0:
                file.symlink_to(dice.choice(names))
            elif kind == 1:
                file.write_bytes(dice.randbytes(dice.randrange(3000)))
            else:
                lines = [f"line {dice.randrange(30)}\n" for _ in range(dice.randrange(40))]
                file.write_text("".join(lines) + ("no end" if kind == 2 else ""))
                if kind == 3:
                    file.chmod(0o755)
        except (FileExistsError, NotADirectoryError):
            pass


def change_tree(dice, top):
    files = [path for path in sorted(top.rglob("*")) if path.is_file() and not path.is_symlink()]
    for path in dice.sample(files, min(len(files), 3)):
        action = dice.randrange(4)
        if action == 0:
            path.unlink()
        elif action == 1:
            path.rename(path.with_name(f"renamed {dice.randrange(100)}"))
        elif action == 2:
            path.chmod(0o755)
        else:
            path.write_bytes(path.read_bytes() + b"one more\n")
    random_tree(dice, top)


class Raw(FilledTestCase):
    def test_applied_by_stock_git_it_gives_the_second_tree_from_the_first(self):
        for number in range(25):
            dice = random.Random(SEED + number)
            with self.subTest(seed=SEED + number):
                source = self.scratch / f"source{number}"
                source.mkdir()
                random_tree(dice, source)
                (source / "always").write_text("there\n")
                self.capture(source, "NVR1")
                if number % 3 == 0:
                    shutil.rmtree(source)
                    source.mkdir()
                    random_tree(dice, source)
                    (source / "always").write_text("other\n")
                else:
                    change_tree(dice, source)
                self.capture(source, "NVR1")
                before, after = self.scratch / f"before{number}", self.scratch / f"after{number}"
                self.restore("NVR1@{1}", before)
                self.restore("NVR1", after)
                patch = self.succeed("diff", "NVR1@{1}", "NVR1", "--raw", "--binary", "--show-secrets").out
                git = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
                subprocess.run(["git", "init", "-q", before], check=True, env={**os.environ, **git})
                if patch:
                    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=before, input=patch,
                                   check=True, env={**os.environ, **git})
                shutil.rmtree(before / ".git")
                # git keeps no empty folders and umask decides the rest of a mode
                def files(top):
                    return {path: entry for path, entry in read_tree(top).items() if entry[0] != "folder"}

                self.assertEqual(files(before), files(after))

    def test_binary_files_are_told_apart_from_text(self):
        self.write("tree/x.bin", b"\0\1")
        self.capture(self.tree)
        self.write("tree/x.bin", b"\0\2")
        self.capture(self.tree)
        self.assertIn(b"Binary files a/x.bin and b/x.bin differ", self.succeed("diff", "NVR1", "--raw").out)
        (change,) = self.succeed_json("diff", "NVR1")["changes"]
        self.assertIs(change["binary"], True)

    def test_a_binary_of_300_mb_is_never_loaded(self):
        big = self.tree / "big.bin"
        with open(big, "wb") as file:
            file.write(b"\0\1\2")
            file.truncate(300 << 20)
        self.capture(self.tree)
        with open(big, "r+b") as file:
            file.seek(100 << 20)
            file.write(b"changed")
        self.capture(self.tree)
        os.unlink(big)
        for options in ([], ["--raw"], ["--raw", "--binary"], ["--stat"]):
            process = self.start("diff", "NVR1@{1}", "NVR1", *options,
                                 env={"COFFRE_REPO": self.repo, "COFFRE_KEY_FILE": self.key},
                                 stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            process.stderr.close()
            self.assertEqual(process.returncode, 0)
            self.assertLess(usage.ru_maxrss, 150 << 10, options)  # kB

    def test_unified_lines_of_context(self):
        lines = [f"{n}\n" for n in range(20)]
        self.write("tree/file.cfg", "".join(lines))
        self.capture(self.tree)
        lines[10] = "changed\n"
        self.write("tree/file.cfg", "".join(lines))
        self.capture(self.tree)
        for context, count in ((0, 1), (3, 7), (5, 11)):
            out = self.succeed("diff", "NVR1", "--raw", "-U", str(context)).out
            self.assertIn(f",{count} +".encode(), out)
        self.assert_fails(2, "diff", "NVR1", "--raw", "-U", "-1")


class Words(FilledTestCase):
    def setUp(self):
        super().setUp()
        self.write("tree/file.cfg", b"text\nmore\n")
        self.write("tree/new.cfg", b"new\n")
        self.capture(self.tree, "NVR1", "--kind", "PRE")

    def test_json_has_the_fields_of_the_contract(self):
        names = [entry["name"] for entry in self.succeed_json("log")["snapshots"]]
        document = self.succeed_json("diff", names[1], names[0])
        self.assertEqual((document["a"], document["b"]), (names[1], names[0]))
        kinds = {change["path"]: change["kind"] for change in document["changes"]}
        self.assertEqual(kinds, {"file.cfg": "modified", "new.cfg": "added"})
        (added,) = [change for change in document["changes"] if change["kind"] == "added"]
        self.assertIsNone(added["before"])
        self.assertEqual(added["after"]["bytes"], 4)
        self.assertEqual(document["stat"]["lines_added"], 2)
        # B left out: the snapshot before is before.
        self.assertEqual(self.succeed_json("diff", names[0]), document)
        self.assertIsNone(self.succeed_json("diff", names[1])["a"])

    def test_only_the_paths_behind_two_dashes(self):
        for options in ([], ["NVR1@{1}", "NVR1"]):
            arguments = ["diff", *(options or ["NVR1"]), "--json", "--", "new.cfg"]
            document = self.succeed(*arguments).json
            self.assertEqual([change["path"] for change in document["changes"]], ["new.cfg"])

    def test_exit_code_tells_differences_from_trouble(self):
        self.succeed("diff", "NVR1", "--exit-code", status=1)
        self.succeed("diff", "NVR1", "NVR1", "--exit-code", status=0)
        self.succeed("diff", "NVR1", status=0)
        self.assert_fails(4, "diff", "NVR9", "--exit-code", subject="NVR9")
        self.assert_fails(1, "diff", "NVR9", subject="NVR9")
        self.assert_fails(12, "diff", "NVR1", "--exit-code", env=NO_KEY)
        self.assert_fails(2, "diff", "--exit-code")
        self.assert_fails(2, "diff", "NVR1", "--raw", "--stat")

    def test_colour_is_for_terminals(self):
        for options in ([], ["--raw"], ["--stat"]):
            self.assertNotIn(b"\x1b", self.succeed("diff", "NVR1", *options).out)
        seen = subprocess.run(["script", "-qec", f"{EXE} diff NVR1 --raw", "/dev/null"], capture_output=True,
                              env=self.with_environment({"COFFRE_REPO": self.repo,
                                                         "COFFRE_KEY_FILE": self.key}), check=True).stdout
        self.assertIn(b"\x1b[32m+more", seen)
        seen = subprocess.run(["script", "-qec", f"{EXE} diff NVR1 --raw", "/dev/null"], capture_output=True,
                              env=self.with_environment({"COFFRE_REPO": self.repo, "NO_COLOR": "1",
                                                         "COFFRE_KEY_FILE": self.key}), check=True).stdout
        self.assertNotIn(b"\x1b[32m", seen)

    def test_show_says_everything_of_one_snapshot(self):
        document = self.succeed_json("show", "NVR1")
        self.assertEqual(document["kinds"], ["PRE"])
        self.assertEqual([file["path"] for file in document["files"]],
                         ["file.cfg", "folder/other.cfg", "new.cfg"])
        self.assertEqual(document["stat"]["files"], 2)
        self.assertEqual(document["before"], self.succeed_json("log")["snapshots"][1]["name"])
        for spoken in ("en", "fr"):
            self.assertIn(document["commit"].encode(), self.succeed("show", "NVR1", "--lang", spoken).out)
        self.assert_fails(1, "show", "NVR9", subject="NVR9")
        self.assert_fails(2, "show")

    def test_log_files_lists_what_each_changed(self):
        newest = self.succeed_json("log", "--files", "-n", "1")["snapshots"][0]
        self.assertEqual([change["path"] for change in newest["changes"]], ["file.cfg", "new.cfg"])
        self.assertIn(b"M  file.cfg", self.succeed("log", "--files").out)

    def test_history_is_of_the_snapshots_that_changed_a_file(self):
        self.capture(self.tree)
        os.unlink(self.tree / "file.cfg")
        self.capture(self.tree, "NVR1", "--kind", "POST")
        changes = self.succeed_json("history", "NVR1:file.cfg")["snapshots"]
        self.assertEqual([entry["change"]["kind"] for entry in changes], ["removed", "modified", "added"])
        upto = self.succeed_json("history", "NVR1@{3}:file.cfg")["snapshots"]
        self.assertEqual([entry["change"]["kind"] for entry in upto], ["added"])
        self.assert_fails(1, "history", "NVR1:absent", subject="absent")
        self.assert_fails(2, "history", "NVR1")

    def test_blame_says_who_set_each_line(self):
        lines = self.succeed_json("blame", "NVR1:file.cfg")["lines"]
        names = [entry["name"] for entry in self.succeed_json("log")["snapshots"]]
        self.assertEqual([(line["text"], line["snapshot"]) for line in lines],
                         [("text", names[1]), ("more", names[0])])
        self.assert_fails(1, "blame", "NVR1:absent", subject="absent")
        self.assert_fails(1, "blame", "NVR1:folder", subject="folder")
        self.assert_fails(2, "blame", "NVR1")
        self.write("tree/x.bin", b"\0")
        self.capture(self.tree)
        self.assert_fails(1, "blame", "NVR1:x.bin", subject="x.bin")


class Secrets(FilledTestCase):
    def setUp(self):
        super().setUp()
        self.write("tree/users.xml", b"<user>\n<password>hunter1</password>\n</user>\n")
        self.capture(self.tree)
        self.write("tree/users.xml", b"<user>\n<password>hunter2</password>\n</user>\n")
        self.capture(self.tree)

    def journal(self):
        return len(os.listdir(self.repo / "journal"))

    def test_are_masked_unless_asked_for_and_that_is_journaled(self):
        before = self.journal()
        for command in (["diff", "NVR1", "--raw"], ["diff", "NVR1", "--raw", "--json"],
                        ["blame", "NVR1:users.xml"], ["blame", "NVR1:users.xml", "--json"]):
            out = self.succeed(*command).out
            self.assertNotIn(b"hunter", out, command)
            self.assertIn("••••••".encode(), out)
        self.assertEqual(self.journal(), before)
        self.assertIn(b"+<password>hunter2", self.succeed("diff", "NVR1", "--raw", "--show-secrets").out)
        self.assertEqual(self.journal(), before + 1)
        self.assertIn(b"hunter2", self.succeed("blame", "NVR1:users.xml", "--show-secrets").out)
        self.assertEqual(self.journal(), before + 2)


if __name__ == "__main__":
    unittest.main()
