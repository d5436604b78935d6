#!/usr/bin/python3
"""What a folder holds comes back byte for byte, whatever it is named and whatever happens meanwhile."""

import base64
import hashlib
import os
import pathlib
import random
import shutil
import socket
import stat
import subprocess
import threading
import time
import unittest

from coffre_cli import SharedRepositoryTestCase, plaintext_arguments, read_tree

SEED = 20260413
STRANGE_NAMES = [b" ", b"  two  ", b"-r", b"--json", b"a:b", b"a@b", b"~", b"*", b"$HOME", b"%41",
                 b"quote\"'`", b"back\\slash", b"new\nline", b"tab\there", b"\x1b[31mred", b"\x01",
                 b"\x7f", b".hidden", b"...",
                 "é".encode(), "e\u0301".encode(), "日本語".encode(), "🎥".encode(), b"\xff\xfe", b"\x80",
                 b"caf\xe9", b"\xed\xa0\x80", b"\xc0\xaf", b"n" * 200, b"m" * 255, "é".encode() * 127, b"con",
                 b"aux.txt", b"trailing.", b"trailing ", b"UPPER", b"upper", b"%", b"%%", b"%2e", b"=", b"@",
                 b"lone\r", b"coffre.json", b"tmp", b".empty", b".keep", b".gitkeep"]
GIT_NAMES = [b".git", b".GIT", b".Git", b".gitmodules", b".gitattributes", b".gitignore", b"git~1", b"GIT~1",
             b".git ", b".git.", b"HEAD", b"objects", ".g\u200cit".encode(), b".gitmodules ", b"gitmod~1"]


def git_blob_id(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class TreeTestCase(SharedRepositoryTestCase):
    def setUp(self):
        super().setUp()
        self.tree = self.scratch / "tree"
        self.tree.mkdir()

    def put(self, path, content=b"", executable=False):
        path = os.path.join(os.fsencode(self.tree), path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, 0o755 if executable else 0o644)

    def assert_comes_back(self, *more):
        result = self.capture(self.tree, "NVR1", *more)
        self.assertEqual(result["failed"], [])
        self.assertTrue(result["snapshots"][0]["complete"])
        self.assert_restores("NVR1", self.tree)
        return result["snapshots"][0]

    def listed(self, target="NVR1"):
        """path in bytes -> its line of `ls --json`."""
        files = self.succeed_json("ls", target)["files"]
        return {self.path_of(file): file for file in files}

    def path_of(self, entry):
        if "path_base64" in entry:
            return base64.b64decode(entry["path_base64"])
        return entry["path"].encode()


class RoundTrip(TreeTestCase):
    def test_an_empty_folder_comes_back(self):
        self.assert_comes_back()

    def test_empty_files_and_folders_come_back(self):
        self.put(b"empty")
        self.put(b"a/b/c/empty")
        (self.tree / "hollow" / "more hollow").mkdir(parents=True)
        (self.tree / "a" / "hollow").mkdir()
        self.assert_comes_back()

    def test_names_with_any_byte_come_back(self):
        for number, name in enumerate(STRANGE_NAMES):
            self.put(name, b"%d" % number)
        for number, name in enumerate(STRANGE_NAMES):
            self.put(b"folders/" + name + b"/" + name, b"folder %d" % number)
        self.assert_comes_back()

    def test_every_single_byte_that_a_name_can_hold_comes_back(self):
        for byte in set(range(1, 256)) - {ord("/"), ord(".")}:
            self.put(bytes([byte]), b"one")
            self.put(b"x" + bytes([byte]) + b"y", b"three")
        self.assert_comes_back()

    def test_names_that_mean_something_to_git_come_back(self):
        for number, name in enumerate(GIT_NAMES):
            self.put(name + b"/config" * (number % 2), b"[core] %d" % number)
            self.put(b"below/" + name, b"%d" % number)
            (self.tree / "hollow" / os.fsdecode(name)).mkdir(parents=True)
        (self.tree / "links").mkdir()
        for name in GIT_NAMES:
            os.symlink(b"../elsewhere", os.path.join(os.fsencode(self.tree), b"links", name))
        self.assert_comes_back()

    def test_a_whole_git_repository_comes_back(self):
        git = shutil.which("git")
        if not git:
            self.skipTest("git is not installed")
        self.put(b"file", b"text")
        for command in (["init", "-q"], ["add", "."],
                        ["-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "m"]):
            subprocess.run([git, *command], cwd=self.tree, check=True, env=self.with_environment())
        self.assert_comes_back()

    def test_the_order_in_which_git_sorts_names_loses_nothing(self):
        for name in (b"a", b"a.b", b"a-b", b"a0", b"b.c", b"b/c", b"b-c", b"b0", b"foo/x", b"foo.x", b"foo0"):
            self.put(name, name)
        self.assert_comes_back()

    def test_the_executable_bit_comes_back(self):
        self.put(b"run", b"#!/bin/sh\n", executable=True)
        self.put(b"read", b"#!/bin/sh\n")
        self.put(b"both", b"same content")
        self.put(b"same", b"same content", executable=True)
        self.assert_comes_back()
        files = self.listed()
        self.assertTrue(files[b"run"].get("executable"))
        self.assertNotIn("executable", files[b"read"])

    def test_contents_of_every_size_around_the_limits_come_back(self):
        draw = random.Random(SEED)
        for size in (1, 2, 15, 16, 17, 255, 256, 4095, 4096, 4097, 65535, 65536, 65537, (1 << 20) - 1,
                     1 << 20, (1 << 20) + 1, (4 << 20) + 1):
            self.put(b"random%d" % size, draw.randbytes(size))
            self.put(b"zeros%d" % size, bytes(size))
            self.put(b"text%d" % size, (b"camera.1.name=Hall\r\n" * (size // 20 + 1))[:size])
        self.assert_comes_back()

    def test_a_file_of_70_megabytes_comes_back(self):
        self.put(b"large", random.Random(SEED).randbytes(70 << 20))
        self.assert_comes_back()

    def test_deep_folders_come_back(self):
        self.put(b"/".join([b"d%d" % level for level in range(190)]) + b"/file", b"deep")
        self.assert_comes_back()

    def test_ten_thousand_small_files_come_back(self):
        for number in range(10_000):
            self.put(b"%02d/%04d.ini" % (number % 100, number), b"[camera]\nnumber=%d\n" % number)
        snapshot = self.assert_comes_back()
        self.assertEqual(snapshot["files"], 10_000)
        again = self.capture(self.tree)["snapshots"][0]
        self.assertFalse(again["changed"])
        self.assertLess(again["added_bytes"], 4096)

    def test_equal_contents_are_stored_once(self):
        content = random.Random(SEED).randbytes(1 << 20)
        self.put(b"one", content)
        self.put(b"two", content)
        self.assertLess(self.assert_comes_back()["added_bytes"], 1.2 * (1 << 20))

    def test_what_was_captured_earlier_comes_back_after_it_changed(self):
        self.put(b"file", b"one")
        self.put(b"gone", b"gone")
        first = self.capture(self.tree)["snapshots"][0]
        before = shutil.copytree(self.tree, self.scratch / "before", symlinks=True)
        self.put(b"file", b"two")
        os.unlink(self.tree / "gone")
        second = self.capture(self.tree)["snapshots"][0]
        self.assertTrue(second["changed"])
        self.assert_restores(first["commit"], before)
        self.assert_restores(second["commit"], self.tree)
        self.assert_restores("NVR1@{1}", before)

    def test_the_number_of_files_and_their_bytes_are_those_of_the_source(self):
        self.put(b"a", b"12345")
        self.put(b"b/c", b"123")
        snapshot = self.assert_comes_back()
        self.assertEqual((snapshot["files"], snapshot["bytes"]), (2, 8))

    def test_a_single_file_is_captured_under_its_own_name(self):
        self.put(b"export.cfg", b"single")
        self.put(b"beside", b"not wanted")
        result = self.capture(self.tree / "export.cfg")
        self.assertEqual(result["snapshots"][0]["files"], 1)
        self.restore("NVR1", self.scratch / "out")
        self.assertEqual(read_tree(self.scratch / "out"), {b"export.cfg": ("file", False, b"single")})

    def test_a_source_is_left_as_it_was(self):
        self.put(b"a/file", b"text")
        os.symlink("file", self.tree / "a" / "link")
        before = {path: os.lstat(path)[:9] for path in self.tree.rglob("*")}
        content = read_tree(self.tree)
        self.capture(self.tree)
        after = {path: os.lstat(path)[:9] for path in self.tree.rglob("*")}
        self.assertEqual({p: (s[0], s[1], s[6], s[8]) for p, s in before.items()},
                         {p: (s[0], s[1], s[6], s[8]) for p, s in after.items()})
        self.assertEqual(read_tree(self.tree), content)


class Links(TreeTestCase):
    def test_links_come_back_as_links(self):
        self.put(b"file", b"text")
        for name, target in (("relative", "file"), ("absolute", "/etc/hostname"), ("dangling", "nowhere"),
                             ("loop1", "loop2"), ("loop2", "loop1"), ("self", "self"), ("up", "../.."),
                             ("folder", "/"), ("dot", "."), ("long", "x" * 4000),
                             ("strange", "a\nb \x1b[1m")):
            os.symlink(target, self.tree / name)
        os.symlink(b"\xff\xfe/caf\xe9", self.tree / "bytes")
        self.assert_comes_back()
        self.assertTrue(self.listed()[b"relative"].get("link"))

    def test_a_link_to_a_secret_outside_is_not_read(self):
        secret = self.write("outside/secret", b"secret-behind-a-link")
        os.symlink(secret, self.tree / "to file")
        os.symlink(secret.parent, self.tree / "to folder")
        os.symlink("../outside/secret", self.tree / "relative")
        os.utime(secret, ns=(1, 1))
        self.assert_comes_back()
        self.assertEqual(set(self.listed()), {b"to file", b"to folder", b"relative"})
        self.assertEqual(self.succeed("cat", "NVR1:to file").out, os.fsencode(secret))
        self.assertEqual(os.stat(secret).st_atime_ns, 1, "the secret was read")

    def test_nothing_is_restored_through_a_link_that_stands_in_the_target(self):
        self.put(b"folder/file", b"text")
        self.capture(self.tree)
        outside = self.scratch / "outside"
        outside.mkdir()
        target = self.scratch / "out"
        target.mkdir()
        os.symlink(outside, target / "folder")
        result = self.run_coffre("restore", "NVR1", "--to", target, *plaintext_arguments())
        self.assert_error(result, 1, "folder")
        self.assertEqual(list(outside.iterdir()), [])


class Skipped(TreeTestCase):
    def test_sockets_fifos_and_devices_are_skipped_and_listed_with_status_0(self):
        self.put(b"file", b"text")
        os.mkfifo(self.tree / "fifo")
        with socket.socket(socket.AF_UNIX) as bound:
            os.chdir(self.tree)
            self.addCleanup(os.chdir, "/")
            bound.bind("socket")
        expected = {"fifo", "socket"}
        if os.geteuid() == 0:
            os.mknod(self.tree / "device", stat.S_IFCHR | 0o600, os.makedev(1, 3))
            expected.add("device")
        result = self.capture(self.tree)
        self.assertEqual({entry["path"] for entry in result["skipped"]}, expected)
        for entry in result["skipped"]:
            self.assertEqual(entry["equipment"], "NVR1")
            self.assertTrue(entry["error"])
        self.assertEqual(result["failed"], [])
        self.assertTrue(result["snapshots"][0]["complete"])
        self.assertEqual(set(self.listed()), {b"file"})

    def test_names_of_files_cannot_forge_lines_or_colours_on_the_terminal(self):
        os.mkfifo(os.path.join(os.fsencode(self.tree), b"f\ncoffre: forged\x1b[31m"))
        self.put(b"g\nforged\x1b[31m", b"text")
        captured = self.succeed("capture", "NVR1", "--type", "NVR", "--from", self.tree)
        self.assertEqual(len(captured.lines), 1, str(captured))
        results = [captured, self.succeed("ls", "NVR1"),
                   self.run_coffre("cat", "NVR1:x\ncoffre: forged\x1b[31m"),
                   self.run_coffre("restore", "NVR1", "--to", "out", "--path", "\x1b[31m\nforged"),
                   self.run_coffre("capture", "NVR1", "--from", self.scratch / "\x1b[31m\nforged"),
                   self.run_coffre("log", "\x1b[31m\nforged"),
                   self.run_bare("-r", self.scratch / "\x1b[31m\nforged", "log")]
        for result in results:
            with self.subTest(command=result.arguments[0]):
                self.assertNotIn(b"\x1b", result.out + result.err)
                self.assertNotIn(b"\nforged", result.out + result.err)
                self.assertNotIn(b"\ncoffre: forged", result.out + result.err)

    def without_privileges(self):
        if os.geteuid() != 0:
            return ()
        wrap = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
        if not shutil.which("setpriv"):
            self.skipTest("setpriv is not there, and root may read everything")
        if subprocess.run([*wrap, "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("root's privileges may not be dropped here")
        return wrap

    def test_an_unreadable_file_is_listed_in_failed_with_status_3_and_the_rest_is_stored(self):
        wrap = self.without_privileges()
        self.put(b"good", b"good")
        self.put(b"closed", b"closed")
        self.put(b"shut/inside", b"inside")
        os.chmod(self.tree / "closed", 0)
        os.chmod(self.tree / "shut", 0)
        result = self.capture(self.tree, status=3, wrap=wrap)
        self.assertEqual({entry["path"] for entry in result["failed"]}, {"closed", "shut"})
        self.assertFalse(result["snapshots"][0]["complete"])
        self.assertEqual(set(self.listed()), {b"good"})
        said = self.succeed("capture", "NVR1", "--from", self.tree, status=3, wrap=wrap)
        self.assertEqual(len(said.lines), 2, str(said))
        self.assertIn("closed", said.err.decode())
        self.assertFalse(self.succeed_json("log")["snapshots"][0]["complete"])
        os.chmod(self.tree / "shut", 0o700)

    def test_a_source_of_which_nothing_can_be_read_makes_no_snapshot_and_says_15(self):
        wrap = self.without_privileges()
        self.put(b"folder/closed", b"closed")
        self.put(b"file", b"closed")
        for path in ("folder/closed", "folder", "file", ""):
            os.chmod(self.tree / path, 0)
        for source in (self.tree / "file", self.tree / "folder", self.tree):
            os.chmod(self.tree, 0o700 if source != self.tree else 0)
            with self.subTest(source=source.name):
                result = self.run_coffre("capture", "NVR1", "--type", "NVR", "--from", source, wrap=wrap)
                self.assert_error(result, 15, source)
        os.chmod(self.tree, 0o700)
        self.assertEqual(self.succeed_json("log")["snapshots"], [])


class Changing(TreeTestCase):
    def while_running(self, work):
        """Calls `work` over and over in a thread while the caller's block runs."""
        stop = threading.Event()

        def loop():
            while not stop.is_set():
                work()
                time.sleep(0.0002)

        thread = threading.Thread(target=loop)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(stop.set)
        return stop

    def assert_left_out(self, name):
        result = self.capture(self.tree, status=3)
        self.assertEqual([entry["path"] for entry in result["failed"]], [name])
        self.assertFalse(result["snapshots"][0]["complete"])
        self.assertEqual(set(self.listed()), {b"calm", b"other/calm"})
        self.assertEqual(self.succeed("cat", "NVR1:calm").out, b"calm")

    def setUp(self):
        super().setUp()
        self.put(b"calm", b"calm")
        self.put(b"other/calm", b"calm too")

    def test_a_file_that_grows_while_it_is_read_is_left_out_and_the_rest_is_stored(self):
        self.put(b"growing.log", bytes(32 << 20))
        with open(self.tree / "growing.log", "ab", buffering=0) as file:
            stop = self.while_running(lambda: file.write(b"line\n"))
            self.assert_left_out("growing.log")
            stop.set()
            time.sleep(0.05)

    def test_a_file_that_is_rewritten_in_place_while_it_is_read_is_left_out(self):
        self.put(b"rewritten.db", bytes(32 << 20))
        with open(self.tree / "rewritten.db", "r+b", buffering=0) as file:
            stop = self.while_running(lambda: os.pwrite(file.fileno(), os.urandom(8), 16 << 20))
            self.assert_left_out("rewritten.db")
            stop.set()
            time.sleep(0.05)

    def test_a_file_that_came_to_rest_is_stored_by_the_next_capture(self):
        self.put(b"growing.log", bytes(32 << 20))
        with open(self.tree / "growing.log", "ab", buffering=0) as file:
            stop = self.while_running(lambda: file.write(b"line\n"))
            self.capture(self.tree, status=3)
            stop.set()
            time.sleep(0.05)
        self.assert_comes_back()


class Reading(TreeTestCase):
    def fill(self):
        tree = self.scratch / "source"
        self.write("source/top.cfg", b"top\0\xff\n")
        self.write("source/users/admin.cfg", b"admin")
        self.write("source/users/more/guest.cfg", b"guest")
        self.write("source/users2/other.cfg", b"other")
        (tree / "hollow").mkdir()
        os.symlink("top.cfg", tree / "link")
        with open(os.path.join(os.fsencode(tree), b"caf\xe9"), "wb") as file:
            file.write(b"bytes")
        self.capture(tree)

    def test_cat_writes_exactly_the_file(self):
        self.assertEqual(self.succeed("cat", "NVR1:top.cfg").out, b"top\0\xff\n")
        self.assertEqual(self.succeed("cat", "NVR1:users/more/guest.cfg").out, b"guest")
        self.assertEqual(self.succeed("cat", b"NVR1:caf\xe9").out, b"bytes")
        self.assertEqual(self.succeed("cat", "NVR1:top.cfg").err, b"")

    def test_cat_of_a_folder_or_of_nothing_says_1_and_writes_nothing(self):
        self.assert_error(self.run_coffre("cat", "NVR1:users"), 1, "users")
        self.assert_error(self.run_coffre("cat", "NVR1:hollow"), 1, "hollow")
        self.assert_error(self.run_coffre("cat", "NVR1:absent"), 1, "absent")
        self.assert_error(self.run_coffre("cat", "NVR1:top.cfg/more"), 1, "top.cfg/more")

    def test_ls_lists_every_file_with_its_size_and_the_id_that_git_gives_it(self):
        files = self.listed()
        self.assertEqual(set(files), {b"top.cfg", b"users/admin.cfg", b"users/more/guest.cfg",
                                      b"users2/other.cfg", b"link", b"caf\xe9"})
        self.assertEqual(files[b"users/admin.cfg"]["bytes"], 5)
        self.assertEqual(files[b"users/admin.cfg"]["oid"], git_blob_id(b"admin"))

    def test_ls_of_a_folder_lists_what_is_below_and_nothing_else(self):
        self.assertEqual(set(self.listed("NVR1:users")), {b"users/admin.cfg", b"users/more/guest.cfg"})
        self.assertEqual(set(self.listed("NVR1:users/more")), {b"users/more/guest.cfg"})
        self.assertEqual(set(self.listed("NVR1:top.cfg")), {b"top.cfg"})
        self.assertEqual(len(self.succeed("ls", "NVR1:users").out.splitlines()), 2)
        self.assert_error(self.run_coffre("ls", "NVR1:user"), 1, "user")

    def test_a_folder_may_be_named_with_a_slash_behind_it(self):
        self.assertEqual(set(self.listed("NVR1:users/")), {b"users/admin.cfg", b"users/more/guest.cfg"})

    def test_a_name_that_is_not_utf_8_has_its_bytes_in_path_base64(self):
        entries = self.succeed_json("ls", "NVR1")["files"]
        strange = [entry for entry in entries if "path_base64" in entry]
        self.assertEqual(len(strange), 1)
        self.assertEqual(base64.b64decode(strange[0]["path_base64"]), b"caf\xe9")
        self.assertEqual(strange[0]["path"], "caf\ufffd")

    def test_restore_of_one_file_brings_that_file_only(self):
        self.restore("NVR1", self.scratch / "out", "--path", "users/more/guest.cfg")
        self.assertEqual(read_tree(self.scratch / "out"),
                         {b"users": ("folder",), b"users/more": ("folder",),
                          b"users/more/guest.cfg": ("file", False, b"guest")})

    def test_restore_of_a_folder_and_a_file_brings_both(self):
        self.restore("NVR1", self.scratch / "out", "--path", "users", "--path", "link")
        found = {path for path, entry in read_tree(self.scratch / "out").items() if entry[0] != "folder"}
        self.assertEqual(found, {b"users/admin.cfg", b"users/more/guest.cfg", b"link"})

    def test_restore_of_a_path_that_is_not_there_says_1_and_writes_nothing(self):
        result = self.run_coffre("restore", "NVR1", "--to", self.scratch / "out", "--path", "users", "--path",
                                 "absent", *plaintext_arguments())
        self.assert_error(result, 1, "absent")
        self.assertFalse((self.scratch / "out").exists())

    def test_restore_never_overwrites_and_then_writes_nothing_at_all(self):
        def file(path):
            path.write_bytes(b"mine")

        for there, make in (("top.cfg", file), ("users/more/guest.cfg", file), ("users", file),
                            ("link", file), ("hollow", file), ("top.cfg", pathlib.Path.mkdir),
                            ("link", lambda path: path.symlink_to("nowhere")),
                            ("top.cfg", lambda path: path.symlink_to("nowhere"))):
            with self.subTest(there=there):
                target = self.scratch / "out"
                (target / there).parent.mkdir(parents=True)
                make(target / there)
                before = read_tree(target)
                result = self.run_coffre("restore", "NVR1", "--to", target, *plaintext_arguments())
                self.assert_error(result, 1, there)
                self.assertEqual(read_tree(target), before)
                shutil.rmtree(target)

    def test_restore_leaves_other_files_of_the_target_alone(self):
        self.write("out/mine", b"mine")
        self.write("out/users/mine", b"mine")
        self.restore("NVR1", self.scratch / "out")
        found = read_tree(self.scratch / "out")
        self.assertEqual(found[b"mine"], ("file", False, b"mine"))
        self.assertEqual(found[b"users/mine"], ("file", False, b"mine"))
        self.assertEqual(found[b"top.cfg"], ("file", False, b"top\0\xff\n"))

    def test_restore_says_how_much_it_wrote_and_that_it_compared_it(self):
        result = self.restore("NVR1", self.scratch / "out", "--json").json
        self.assertEqual(result["files"], 6)
        self.assertIs(result["verified"], True)
        self.assertEqual(result["bytes"], 6 + 5 + 5 + 5 + 5 + len("top.cfg"))


class Source(TreeTestCase):
    def test_a_source_that_is_a_link_to_a_folder_is_captured(self):
        self.put(b"file", b"text")
        os.symlink(self.tree, self.scratch / "link")
        self.capture(self.scratch / "link")
        self.assert_restores("NVR1", self.tree)

    def test_a_source_that_is_a_link_to_a_file_is_captured_under_the_name_of_the_link(self):
        self.put(b"file", b"text")
        os.symlink(self.tree / "file", self.scratch / "export.cfg")
        self.capture(self.scratch / "export.cfg")
        self.assertEqual(self.succeed("cat", "NVR1:export.cfg").out, b"text")

    def test_a_source_may_be_named_from_the_current_folder_and_with_slashes_behind_it(self):
        self.put(b"sub/file", b"text")
        for source in ("sub", "./sub/", "sub//", "../tree/sub"):
            with self.subTest(source=source):
                self.capture(source, cwd=self.tree)
                self.assert_restores("NVR1", self.tree / "sub")
        self.capture(".", cwd=self.tree / "sub")
        self.assert_restores("NVR1", self.tree / "sub")

    def test_a_source_that_is_neither_folder_nor_file_says_15(self):
        os.mkfifo(self.tree / "fifo")
        for source in (self.tree / "fifo", self.tree / "absent", "/dev/null"):
            with self.subTest(source=str(source)):
                result = self.run_coffre("capture", "NVR1", "--type", "NVR", "--from", source)
                self.assert_error(result, 15, source)
        self.assertEqual(self.succeed_json("log")["snapshots"], [])


if __name__ == "__main__":
    unittest.main()
