#!/usr/bin/python3
"""The format, from outside: the golden repository and fresh ones, read by the executable and by reader.py."""

import base64
import json
import os
import pathlib
import random
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN, READER = HERE / "golden", HERE / "reader.py"
EXE = os.environ.get("COFFRE_EXE", str(HERE.parent.parent / "build" / "coffre"))
SNAPSHOTS = [
    ("NVR-HALL", "POST", "2025-05-14T15:45:00Z"),
    ("NVR-HALL", "PRE", "2025-05-14T07:00:00Z"),
    ("CAM-01", "HEBDO+MENSUEL", "2025-05-10T01:30:00Z"),
    ("NVR-HALL", "HEBDO+MENSUEL", "2025-05-10T01:00:00Z"),
]

sys.path.insert(0, str(HERE))
import reader  # noqa: E402


def snapshot_of_folder(root):
    """What a restore must give back: kind, executable bit and bytes of everything below, by name in bytes."""
    root, found = os.fsencode(root), {}
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(folder, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                value = ("link", os.readlink(path))
            elif stat.S_ISDIR(mode):
                value = ("folder",)
            else:
                value = ("file", bool(mode & stat.S_IXUSR), pathlib.Path(os.fsdecode(path)).read_bytes())
            found[os.path.relpath(path, root)] = value
    return found


def random_name(rng):
    pieces = [b".git", b"~", b"%", b"=", b"%=", b"\\", b".mailmap", b"GI", b"ma", b":", b" ", b"\n", b"\xff"]
    pieces += [bytes([rng.randrange(1, 256)]) for _ in range(3)]
    name = b"".join(rng.choices(pieces, k=rng.randint(1, 5))).replace(b"/", b"_")
    return b"dots" if name in (b".", b"..") else name


def fill(folder, rng, depth):
    for name in {random_name(rng) for _ in range(rng.randint(2, 14))}:
        path, what = os.path.join(folder, name), rng.randrange(12)
        if what < 2:
            os.symlink(random_name(rng), path)
        elif what < 5 and depth:
            os.mkdir(path)
            if what < 4:
                fill(path, rng, depth - 1)
        else:
            size = rng.choice((0, 1, 300, 5000, 70_000))
            with open(path, "wb") as file:
                file.write(rng.randbytes(size) if rng.random() < 0.5 else b"ab" * size)
            os.chmod(path, rng.choice((0o644, 0o755)))


class Golden(unittest.TestCase):
    def setUp(self):
        temp = tempfile.TemporaryDirectory(prefix="coffre-golden-", dir="/dev/shm")
        self.addCleanup(temp.cleanup)
        self.temp, self.key = pathlib.Path(temp.name), GOLDEN / "key"
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("COFFRE_")}
        self.env.update(XDG_STATE_HOME=f"{temp.name}/state", COFFRE_CACHE_DIR=f"{temp.name}/cache")
        self.repo = self.temp / "repo"

    def run_ok(self, *command):
        done = subprocess.run([str(part) for part in command], env=self.env, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, (command, done.stdout, done.stderr))
        return done.stdout

    def read(self, *rest):
        return self.run_ok("/usr/bin/python3", "-B", READER, *rest).decode()

    def coffre(self, *rest):
        return self.run_ok(EXE, "-r", self.repo, "--key-file", self.key, *rest)

    def copy_golden(self):
        shutil.copytree(GOLDEN / "repo", self.repo)

    def listed(self):
        return [line.split("\t") for line in self.read(self.repo, self.key, "list").splitlines()]

    def expected(self):
        folder = self.temp / "expected"
        with tarfile.open(GOLDEN / "expected.tar", errors="surrogateescape") as archive:
            archive.extractall(folder)
        return {path.name: snapshot_of_folder(path) for path in folder.iterdir()}

    def agree_on_listing(self, commit):
        repository = reader.Repository(self.repo, self.key)
        body = repository.read(bytes.fromhex(commit), "commit").decode()
        mine = {}
        for mode, path, oid, data in repository.files(bytes.fromhex(body[5:45])):
            if data is not None:
                mine[path] = (len(data), oid.hex(), mode == b"120000", mode == b"100755")
        theirs = {}
        for file in json.loads(self.coffre("--json", "ls", commit))["files"]:
            path = base64.b64decode(file["path_base64"]) if "path_base64" in file else file["path"].encode()
            flags = file.get("link", False), file.get("executable", False)
            theirs[path] = (file["bytes"], file["oid"], *flags)
        self.assertEqual(mine, theirs)

    def agree_on_restoring(self, commit, expected):
        target = self.temp / f"restored-{commit}"
        self.read(self.repo, self.key, "restore", commit[:12], f"{target}-reader")
        self.assertEqual(snapshot_of_folder(f"{target}-reader"), expected)
        self.coffre("restore", commit, "--to", f"{target}-coffre")
        self.assertEqual(snapshot_of_folder(f"{target}-coffre"), expected)

    def test_the_reader_is_short(self):
        self.assertLessEqual(len(READER.read_text().splitlines()), 300)

    def test_the_golden_repository_is_listed(self):
        self.copy_golden()
        listed = self.listed()
        self.assertEqual([tuple(line[1:]) for line in listed], SNAPSHOTS)
        theirs = json.loads(self.coffre("--json", "log"))["snapshots"]
        theirs = [[s["commit"], s["equipment"], "+".join(s["kinds"]), s["time"]] for s in theirs]
        self.assertEqual(listed, theirs)

    def test_the_golden_snapshots_are_restored(self):
        self.copy_golden()
        expected = self.expected()
        self.assertEqual({line[0] for line in self.listed()}, set(expected))
        for commit, files in expected.items():
            with self.subTest(commit=commit):
                self.agree_on_restoring(commit, files)
                self.agree_on_listing(commit)

    def test_the_golden_repository_is_verified(self):
        self.copy_golden()
        self.assertTrue(json.loads(self.coffre("--json", "verify", "--read-data"))["ok"])
        self.read(self.repo, "-", "names")

    def make_fresh(self):
        self.key, password = self.temp / "key", self.temp / "password"
        password.write_text("a passphrase for this test only\n")
        self.run_ok(EXE, "init", "--simulated", "--client", "CLIEXEMP", "--site", "SIEGEPARIS",
                    "--key-file-out", self.key, "--password-file", password, "-r", self.repo)

    def test_versions_of_texts_and_of_large_files_are_read(self):
        rng, source = random.Random(20250511), self.temp / "source"
        self.make_fresh()
        source.mkdir()
        lines = [b"<channel id='%d' key='%x'/>\n" % (i, rng.getrandbits(64)) for i in range(3000)]
        large = bytearray(rng.randbytes(3 << 20) + b"row;" * (1 << 20))
        snapshots = {}
        for number in range(20):  # longer than a chain of deltas grows
            lines[rng.randrange(len(lines))] = b"<channel changed='%d'/>\n" % number
            (source / "channels.xml").write_bytes(b"".join(lines))
            if number % 5 == 0:
                large[rng.randrange(len(large))] ^= 1
                (source / "large.db").write_bytes(large)
            captured = self.coffre("--json", "capture", "NVR-01", "--type", "NVR", "--from", source)
            snapshots[json.loads(captured)["snapshots"][0]["commit"]] = snapshot_of_folder(source)
        for commit in list(snapshots)[::6] + list(snapshots)[-1:]:
            with self.subTest(commit=commit):
                self.agree_on_restoring(commit, snapshots[commit])
        entries = [entry[1] for entry in reader.Repository(self.repo, self.key).objects.values()]
        self.assertEqual({codec for _, codec, _ in entries}, {0, 1, 2, 3})
        self.assertEqual(max(depth for _, codec, depth in entries if codec == 2), 16)
        self.assertGreater(max(depth for _, codec, depth in entries if codec == 3), 1)
        self.assertTrue(json.loads(self.coffre("--json", "verify", "--read-data"))["ok"])

    def test_a_fresh_repository_is_read(self):
        rng = random.Random(20250510)
        self.make_fresh()
        for number in range(4):
            source = self.temp / f"source-{number}"
            source.mkdir()
            if number == 2:  # another machine, which is admitted by certificate
                self.env["XDG_STATE_HOME"] = str(self.temp / "second")
            fill(os.fsencode(source), rng, 3 if number else 0)
            if number == 3:  # more than one chunk of plaintext, more than one segment, nothing to compress
                (source / "large").write_bytes(rng.randbytes(3 << 20))
            captured = self.coffre("--json", "capture", "NVR-01", "--type", "NVR", "--from", source)
            commit = json.loads(captured)["snapshots"][0]["commit"]
            with self.subTest(number=number):
                self.assertEqual(self.listed()[0][0], commit)
                self.agree_on_restoring(commit, snapshot_of_folder(source))
                self.agree_on_listing(commit)
        actors = {batch["actor"] for batch in reader.Repository(self.repo, self.key).batches.values()}
        self.assertEqual(len(actors), 2)

    def test_an_empty_folder_is_a_snapshot_too(self):
        self.copy_golden()
        source = self.temp / "nothing"
        source.mkdir()
        captured = self.coffre("--json", "capture", "CAM-01", "--from", source)
        self.agree_on_restoring(json.loads(captured)["snapshots"][0]["commit"], {})

    def test_every_flipped_bit_is_found(self):
        self.copy_golden()
        files = sorted(path for path in self.repo.rglob("*") if path.is_file() and path.stat().st_size)
        rng = random.Random(1)
        for number in range(208):
            path = files[number % len(files)]
            whole = path.read_bytes()
            at, bit = rng.randrange(len(whole)), 1 << rng.randrange(8)
            path.chmod(0o600)
            path.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1:])
            with self.subTest(path=path.name, at=at, bit=bit), self.assertRaises(ValueError):
                reader.check_names(self.repo)
            if number < 2 * len(files) and number % 7 == 0:
                command = ["/usr/bin/python3", "-B", READER, self.repo, "-", "names"]
                done = subprocess.run(command, env=self.env, capture_output=True, check=False)
                self.assertEqual((done.returncode, done.stdout, done.stderr.count(b"\n")), (13, b"", 1))
            path.write_bytes(whole)
        reader.check_names(self.repo)

    def test_a_flipped_bit_under_a_right_name_is_found(self):
        rng = random.Random(2)
        opened = reader.Repository(GOLDEN / "repo", self.key)
        used = [GOLDEN / "repo" / "keys" / f"{opened.slot}.slot"]
        used += [path for folder in ("journal", "packs") for path in (GOLDEN / "repo" / folder).iterdir()]
        for path in sorted(used) * 3:
            shutil.rmtree(self.repo, ignore_errors=True)
            self.copy_golden()
            damaged = bytearray(path.read_bytes())
            damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
            folder = self.repo / path.parent.name
            (folder / path.name).unlink()
            (folder / (reader.sha256(damaged).hex() + path.suffix)).write_bytes(damaged)
            reader.check_names(self.repo)
            with self.subTest(path=path.name), self.assertRaises(Exception):
                reader.Repository(self.repo, self.key)

    def test_what_is_missing_is_found(self):
        for folder in ("journal", "packs"):
            for path in sorted((GOLDEN / "repo" / folder).iterdir()):
                with self.subTest(path=path.name):
                    shutil.rmtree(self.repo, ignore_errors=True)
                    self.copy_golden()
                    (self.repo / folder / path.name).unlink()
                    if self.is_last_batch(path):
                        continue
                    with self.assertRaises(Exception):
                        reader.Repository(self.repo, self.key)

    def is_last_batch(self, path):
        """The end of a stream that is cut off leaves no gap: no reader can see it."""
        if path.suffix != ".jrn":
            return False
        repository = reader.Repository(GOLDEN / "repo", self.key)
        last = max(batch["number"] for batch in repository.batches.values())
        repository.batches = {}
        repository.read_journal(path.read_bytes())
        return last in [batch["number"] for batch in repository.batches.values()]


if __name__ == "__main__":
    unittest.main()
