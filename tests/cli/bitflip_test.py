#!/usr/bin/python3
"""Whatever is done to a file of a repository is found, and never believed."""

import os
import pathlib
import random
import shutil
import unittest

from coffre_cli import CoffreTestCase, SharedRepositoryTestCase, plaintext_arguments, read_tree

SEED = 20260411


def flipped(content, offset):
    return content[:offset] + bytes([content[offset] ^ 0x10]) + content[offset + 1:]


def damages(content, draw):
    """(what was done, the bytes that are then there)."""
    size = len(content)
    for offset in sorted({0, size // 2, size - 1, draw.randrange(size), draw.randrange(size)}):
        yield f"bit flipped at {offset} of {size}", flipped(content, offset)
    for kept in sorted({0, 1, size // 2, size - 1}):
        yield f"cut to {kept} of {size}", content[:kept]
    yield "a byte appended", content + b"\0"


class Damage(SharedRepositoryTestCase):
    def fill(self):
        draw = random.Random(SEED)
        for number in range(6):
            self.write(f"tree/folder {number}/file", draw.randbytes(3000) + b"configuration\n" * 50)
        self.capture("tree", "NVR1", "-m", "before")
        self.write("tree/folder 0/file", b"changed")
        self.capture("tree", "NVR1", "-m", "after")

    def setUp(self):
        super().setUp()
        self.draw = random.Random(SEED)
        self.tree = self.scratch / "tree"

    def repository_files(self):
        files = [p for p in sorted(self.repo.rglob("*"))
                 if p.is_file() and p.suffix != ".lock" and p.name not in ("lock", "reserve")]
        self.assertGreaterEqual(len(files), 9, "coffre.json, 2 slots, journal, packs")
        return files

    def for_each_damage(self, check):
        for path in self.repository_files():
            name = str(path.relative_to(self.repo))
            content = path.read_bytes()
            for what, damaged in damages(content, self.draw):
                path.write_bytes(damaged)
                with self.subTest(file=name, damage=what):
                    check(name)
            path.write_bytes(content)

    def test_verify_with_a_key_says_13_and_names_the_damaged_file(self):
        def check(name):
            result = self.run_coffre("verify", "--json")
            self.assertEqual(result.status, 13, str(result))
            self.assertFalse(result.json["ok"])
            self.assertIn(name, [error["path"] for error in result.json["errors"]], str(result))
            self.assertIn(os.path.basename(name), result.err.decode())

        self.for_each_damage(check)
        self.assert_whole()

    def test_verify_without_a_key_says_13_and_names_the_damaged_file(self):
        def check(name):
            result = self.run_bare("-r", self.repo, "verify", "--no-key", "--json")
            self.assertEqual(result.status, 13, str(result))
            self.assertIn(name, [error["path"] for error in result.json["errors"]], str(result))

        self.for_each_damage(check)

    def test_restore_gives_the_exact_bytes_or_says_13(self):
        expected = read_tree(self.tree)
        turns = iter(range(10**6))

        def check(_):
            turn = next(turns)
            target = self.scratch / f"out{turn}"
            # Every other time as a machine that has never seen this repository.
            env = {"COFFRE_CACHE_DIR": self.scratch / f"cache{turn}"} if turn % 2 else {}
            result = self.run_coffre("restore", "NVR1@{0}", "--to", target, *plaintext_arguments(), env=env)
            self.assertIn(result.status, (0, 13), str(result))
            if result.status == 0:
                self.assertEqual(read_tree(target), expected)
                return
            written = read_tree(target) if target.exists() else {}
            for path, entry in written.items():
                self.assertEqual(entry, expected.get(path), path)
            self.assert_one_line(result)

        self.for_each_damage(check)

    def test_a_missing_pack_is_named_by_verify_as_13(self):
        for path in sorted((self.repo / "packs").iterdir()):
            name = str(path.relative_to(self.repo))
            path.rename(self.scratch / "away")
            for read_data in ([], ["--read-data"]):
                with self.subTest(missing=name, read_data=bool(read_data)):
                    result = self.run_coffre("verify", "--json", *read_data)
                    self.assertEqual(result.status, 13, str(result))
                    self.assertIn(name, [error["path"] for error in result.json["errors"]])
            (self.scratch / "away").rename(path)
        self.assert_whole()

    def test_a_missing_batch_of_the_journal_is_13_unless_it_was_the_newest(self):
        batches = sorted((self.repo / "journal").iterdir(), key=lambda path: path.stat().st_mtime_ns)
        for path in batches[:-1]:
            path.rename(self.scratch / "away")
            with self.subTest(missing=path.name):
                result = self.run_coffre("verify", "--json")
                self.assertEqual(result.status, 13, str(result))
                self.assertFalse(result.json["ok"])
            (self.scratch / "away").rename(path)
        self.assert_whole()

    def test_a_file_swapped_for_another_of_the_same_sort_is_named_by_verify_as_13(self):
        for folder in ("packs", "journal", "keys"):
            first, second = sorted((self.repo / folder).iterdir())[:2]
            before = first.read_bytes()
            first.write_bytes(second.read_bytes())
            with self.subTest(folder=folder):
                result = self.run_coffre("verify", "--json")
                self.assertEqual(result.status, 13, str(result))
                self.assertIn(str(first.relative_to(self.repo)), [e["path"] for e in result.json["errors"]])
            first.write_bytes(before)

    def test_a_capture_after_damage_stores_again_what_was_lost(self):
        for path in (self.repo / "packs").iterdir():
            path.unlink()
        self.capture("tree", "NVR1", "-m", "again")
        self.assert_restores("NVR1@{0}", self.tree)


class Rollback(CoffreTestCase):
    def test_an_older_copy_of_the_repository_put_back_is_still_readable(self):
        self.init()
        source = self.write("tree/file", b"one").parent
        self.capture(source)
        older = pathlib.Path(shutil.copytree(self.repo, self.scratch / "older"))
        self.write("tree/file", b"two")
        self.capture(source)
        shutil.rmtree(self.repo)
        older.rename(self.repo)
        result = self.run_coffre("cat", "NVR1:file")
        self.assertIn(result.status, (0, 13), str(result))
        if result.status == 0:
            self.assertEqual(result.out, b"one")


if __name__ == "__main__":
    unittest.main()
