#!/usr/bin/python3
"""A full disk costs the work under way and nothing else."""

import os
import random
import shutil
import subprocess
import sys
import unittest

from coffre_cli import PASSPHRASE, CoffreTestCase, plaintext_arguments, read_tree

SEED = 20260415
INSIDE = "DISK_FULL_TEST_HAS_MOUNTS_OF_ITS_OWN"
PAGE = 4096
NAMESPACES = (["unshare", "--mount"], ["unshare", "--mount", "--map-root-user"])


def enter_namespace():
    """Starts this file again where it may mount, so that no mount outlives it. Returns where it may not."""
    if INSIDE in os.environ or not shutil.which("unshare"):
        return
    for command in NAMESPACES:
        trial = [*command, "sh", "-c", "mount -t tmpfs -o size=64k none /mnt"]
        if subprocess.run(trial, capture_output=True, check=False).returncode == 0:
            again = [*command, sys.executable, "-B", os.path.abspath(__file__), *sys.argv[1:]]
            os.execvpe(command[0], again, {**os.environ, INSIDE: "yes"})


@unittest.skipUnless(INSIDE in os.environ, "no file system may be mounted here, also not with unshare")
class DiskTestCase(CoffreTestCase):
    def mount(self, name, size):
        folder = self.scratch / name
        folder.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", folder], check=True)
        return folder

    def remount(self, folder, options):
        subprocess.run(["mount", "-o", f"remount,bind,{options}", folder], check=True)

    def fill(self, folder, pages_left=0):
        """Leaves so many pages free. Returns what to remove to have the space back."""
        ballast = folder / "ballast"
        with open(ballast, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(PAGE))
            except OSError:
                pass
            file.truncate(max(0, file.tell() // PAGE - pages_left) * PAGE)
        return ballast

    def setUp(self):
        super().setUp()
        draw = random.Random(SEED)
        self.tree = self.scratch / "tree"
        for number in range(10):
            self.write(f"tree/{number}/file", draw.randbytes(9000))

    def names_of(self, folder):
        return {name for name in read_tree(folder) if name != b"ballast"}


class RepositoryFull(DiskTestCase):
    def setUp(self):
        super().setUp()
        self.disk = self.mount("disk", "2m")
        self.repo = self.disk / "repo"

    def test_a_capture_says_14_at_whatever_write_the_space_ends_and_leaves_nothing_half_done(self):
        self.init()
        self.capture(self.tree)
        draw = random.Random(SEED)
        refused = 0
        for pages in [*range(0, 14), 16, 20, 24, 28, 32, 40]:
            with self.subTest(pages_left=pages):
                self.write("tree/new", draw.randbytes(60_000))
                snapshots = self.succeed_json("log")["snapshots"]
                scratch = self.names_of(self.repo / "tmp")
                ballast = self.fill(self.disk, pages)
                result = self.run_coffre("capture", "NVR1", "--from", self.tree)
                if result.status != 0:
                    refused += 1
                    self.assert_error(result, 14, self.repo)
                    self.assertEqual(self.succeed_json("log")["snapshots"], snapshots)
                    self.assertEqual(self.names_of(self.repo / "tmp"), scratch)
                self.assertTrue(self.succeed_json("verify", "--read-data")["ok"])
                ballast.unlink()
                self.capture(self.tree)
                self.assert_restores("NVR1", self.tree)
                self.assert_whole()
        self.assertGreaterEqual(refused, 14)

    def test_a_capture_on_a_full_disk_says_so_in_json_and_in_french(self):
        self.init()
        self.capture(self.tree)
        self.write("tree/new", random.Random(SEED).randbytes(60_000))
        self.fill(self.disk)
        result = self.run_coffre("capture", "NVR1", "--from", self.tree, "--json")
        self.assert_error_json(result, 14, self.repo)
        french = self.run_coffre("capture", "NVR1", "--from", self.tree, "--lang", "fr")
        self.assert_error(french, 14, "plus d’espace")

    def test_gc_on_a_full_disk_lets_go_of_what_expired_and_frees_its_space(self):
        self.init("--simulated")
        draw = random.Random(SEED)
        for month in range(1, 13):
            self.write("tree/new", draw.randbytes(60_000))
            self.capture(self.tree, "NVR1", "--at", f"2024-{month:02}-01T10:00:00Z")
        self.fill(self.disk)
        result = self.run_coffre("capture", "NVR1", "--from", self.tree, "--at", "2025-06-01T10:00:00Z")
        self.assertEqual(result.status, 14, str(result))
        done = self.succeed_json("gc", "--now", "2025-06-02T00:00:00Z")
        self.assertEqual(len(done["expired"]), 6)
        self.assertGreater(done["freed_bytes"], 4 * 60_000)
        self.assertEqual(len(done["kept"]), 6)
        self.assert_restores("NVR1", self.tree)
        self.assert_whole()
        self.write("tree/new", draw.randbytes(60_000))
        self.capture(self.tree, "NVR1", "--at", "2025-06-02T10:00:00Z")
        self.assert_restores("NVR1", self.tree)

    def test_what_is_stored_can_be_read_on_a_full_disk(self):
        self.init()
        self.capture(self.tree)
        self.fill(self.disk)
        self.assertEqual(len(self.succeed_json("log")["snapshots"]), 1)
        self.assertEqual(self.succeed("cat", "NVR1:3/file").out, (self.tree / "3/file").read_bytes())
        self.assert_restores("NVR1", self.tree)
        self.assert_whole()

    def test_an_init_says_14_and_can_be_run_again_once_there_is_space(self):
        for pages in range(0, 14):
            with self.subTest(pages_left=pages):
                ballast = self.fill(self.disk, pages)
                result = self.run_bare("-r", self.repo, "init", "--client", "ACME", "--site", "PARIS",
                                       "--key-file-out", self.key, env={"COFFRE_PASSWORD": PASSPHRASE})
                ballast.unlink()
                if result.status != 0:
                    self.assert_error(result, 14, self.disk)
                    self.assertFalse(self.key.exists(), "a key file that opens nothing stayed")
                    self.init()
                self.capture(self.tree)
                self.assert_restores("NVR1", self.tree)
                self.key.unlink()
                shutil.rmtree(self.repo)

    def test_a_key_file_that_finds_no_space_makes_no_repository(self):
        keys = self.mount("keys", "64k")
        self.fill(keys)
        result = self.run_bare("-r", self.repo, "init", "--client", "ACME", "--site", "PARIS",
                               "--key-file-out", keys / "key", env={"COFFRE_PASSWORD": PASSPHRASE})
        self.assert_error(result, 14, keys / "key")
        self.assertFalse((keys / "key").exists())
        self.assertFalse((self.repo / "coffre.json").exists())
        self.init()
        self.assert_whole()

    def test_a_read_only_repository_can_be_read_and_refuses_captures_with_one_clear_line(self):
        self.init()
        self.capture(self.tree)
        self.remount(self.disk, "ro")
        self.assertEqual(len(self.succeed_json("log")["snapshots"]), 1)
        self.assertEqual(self.succeed("cat", "NVR1:3/file").out, (self.tree / "3/file").read_bytes())
        self.assert_restores("NVR1", self.tree)
        self.assert_whole()
        self.assert_error(self.run_coffre("capture", "NVR1", "--from", self.tree), 1, self.repo)
        self.remount(self.disk, "rw")
        self.capture(self.tree)


class OtherDisksFull(DiskTestCase):
    def setUp(self):
        super().setUp()
        self.init()
        self.capture(self.tree)

    def test_a_restore_to_a_full_disk_says_14(self):
        for pages in (0, 1, 2, 3, 5, 9):
            with self.subTest(pages_left=pages):
                disk = self.mount(f"disk{pages}", "256k")
                self.fill(disk, pages)
                result = self.run_coffre("restore", "NVR1", "--to", disk / "out", *plaintext_arguments())
                self.assert_error(result, 14, disk)
        self.assert_whole()

    def test_a_restore_to_a_full_disk_leaves_no_file_shorter_than_it_was(self):
        disk = self.mount("disk", "256k")
        self.fill(disk, 16)
        result = self.run_coffre("restore", "NVR1", "--to", disk / "out", *plaintext_arguments())
        self.assert_error(result, 14, disk)
        expected = read_tree(self.tree)
        for path, entry in read_tree(disk / "out").items():
            self.assertEqual(entry, expected[path], f"{path} was left cut short")

    def work(self, env):
        self.write("tree/new", os.urandom(5000))
        self.capture(self.tree, env=env)
        self.assertTrue(self.succeed_json("log", env=env)["snapshots"])
        self.assert_restores("NVR1", self.tree, env=env)
        result = self.succeed("verify", "--read-data", env=env)
        self.assertEqual(result.err, b"", str(result))

    def test_a_cache_folder_that_is_full_read_only_or_no_folder_harms_nothing(self):
        disk = self.mount("caches", "64k")
        before = self.succeed_json("log")["snapshots"]
        for pages in (0, 1, 2):
            with self.subTest(pages_left=pages):
                ballast = self.fill(disk, pages)
                self.work({"COFFRE_CACHE_DIR": disk})
                ballast.unlink()
                self.work({"COFFRE_CACHE_DIR": disk})
        self.remount(disk, "ro")
        for folder in (disk, disk / "below", self.write("a file", b""), "/proc/coffre", "relative"):
            with self.subTest(folder=str(folder)):
                self.work({"COFFRE_CACHE_DIR": folder})
        self.assertEqual(len(self.succeed_json("log")["snapshots"]), len(before) + 11)

    def test_a_full_state_folder_harms_nothing(self):
        disk = self.mount("states", "64k")
        self.fill(disk)
        for _ in range(2):
            self.work({"XDG_STATE_HOME": disk})
        self.assert_whole()


if __name__ == "__main__":
    enter_namespace()
    unittest.main()
