#!/usr/bin/python3
"""Nothing that was entrusted to a vault shows anywhere but where it was asked for."""

import base64
import fcntl
import gzip
import hashlib
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import socket
import stat
import string
import subprocess
import time
import unittest
import zlib

from coffre_cli import EXE, CoffreTestCase, Result, make_too_deep, plaintext_arguments

SEED = 20260412
SECONDS = 60
WRITES = ("write", "pwrite64", "writev", "pwritev", "pwritev2", "sendto", "sendmsg", "sendmmsg")
NAMES = ("open", "openat", "openat2", "creat", "rename", "renameat", "renameat2", "mkdir", "mkdirat",
         "symlink", "symlinkat", "link", "linkat", "mknod", "mknodat", "setxattr", "fsetxattr",
         "memfd_create")
TRACED = ",".join("?" + call for call in (*WRITES, *NAMES, "execve", "connect", "socket", "bind", "mmap",
                                            "fsync"))
CALL = re.compile(rb"^(\w+)\((.*)\) += (-?\d+|\?|0x[0-9a-f]+)(.*)$", re.DOTALL)
QUOTED = re.compile(rb'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
DESCRIPTOR = re.compile(rb"(\d+|AT_FDCWD)<([^>]*)>")


def unhex(text):
    return bytes.fromhex(text.replace(b"\\x", b"").decode())


def spelled(descriptor_path):
    """A path as strace's -y writes it under -xx: in hex, or plain."""
    return unhex(descriptor_path) if descriptor_path.startswith(b"\\x") else descriptor_path


class Call:
    def __init__(self, pid, name, arguments, answer):
        self.pid = pid
        self.name = name
        self.answer = answer
        self.failed = answer.startswith(b"-")
        self.raw = arguments
        self.strings = [unhex(text) for text, _ in QUOTED.findall(arguments)]
        self.cut = any(rest for _, rest in QUOTED.findall(arguments))
        at = DESCRIPTOR.findall(arguments)
        self.fd, self.fd_path = (at[0][0], spelled(at[0][1])) if at else (b"", b"")
        self.folder = spelled(at[-1][1]) if at else b""

    @property
    def path(self):
        """Where a call that names something leads to."""
        return os.path.normpath(os.path.join(self.folder, self.strings[-1]))


class Needles:
    """Byte strings to look for, each with what it would give away."""

    def __init__(self):
        self.found = {}

    def add(self, needle, what):
        if len(needle) >= 7:
            self.found.setdefault(needle, what)

    def add_digest(self, digest, what):
        self.add(digest, what + " raw")
        self.add(digest.hex().encode(), what + " hex")
        self.add(digest.hex().upper().encode(), what + " HEX")
        self.add(base64.b64encode(digest).rstrip(b"="), what + " base64")

    def add_encodings(self, text, what):
        """A piece of text in every spelling that it might leak in."""
        for spelling, how in ((text, ""), (text.upper(), " upper"), (text.lower(), " lower")):
            self.add(spelling, what + how)
            self.add(spelling.hex().encode(), what + how + " hex")
            self.add(spelling.hex().upper().encode(), what + how + " HEX")
            for order in ("utf-16-le", "utf-16-be"):
                self.add(spelling.decode("latin-1").encode(order), what + how + " " + order)
            for digits in ("%%%02x", "%%%02X", "\\x%02x", "\\%03o", "%d,"):
                self.add("".join(digits % byte for byte in spelling).encode(), what + how + " escaped")
            for shift in range(3):
                # The characters that depend on nothing but the text itself.
                encoded = base64.b64encode(b"\0" * shift + spelling)
                first = (0, 2, 3)[shift]
                last = (shift + len(spelling)) * 8 // 6
                self.add(encoded[first:last], what + how + " base64")
                self.add(encoded[first:last].translate(bytes.maketrans(b"+/", b"-_")), what + how + " base64")
            self.add(base64.b32encode(spelling)[:len(spelling) * 8 // 5], what + how + " base32")
            self.add(spelling[::-1], what + how + " reversed")

    def add_hashes(self, content, what):
        blob = b"blob %d\0" % len(content) + content
        for name in ("md5", "sha1", "sha256", "sha512", "sha3_256"):
            self.add_digest(hashlib.new(name, content).digest(), f"{name} of {what}")
            self.add_digest(hashlib.new(name, blob).digest(), f"git {name} of {what}")
        for size in (16, 20, 32, 64):
            self.add_digest(hashlib.blake2b(content, digest_size=size).digest(), f"BLAKE2b of {what}")
            self.add_digest(hashlib.blake2b(blob, digest_size=size).digest(), f"git BLAKE2b of {what}")

    def add_compressed(self, content, what):
        for level in (1, 6, 9):
            self.add(zlib.compress(content, level)[4:36], f"deflate of {what}")
            loose = zlib.compress(b"blob %d\0" % len(content) + content, level)
            self.add(loose[12:44], f"loose object {what}")

    def search(self, data):
        return sorted({what for needle, what in self.found.items() if needle in data})


def zstd_frame(content):
    """A zstd frame with the content as one raw block: what a careless store would write."""
    header = (len(content) << 3) | 1
    return (b"\x28\xb5\x2f\xfd" + b"\xa0" + len(content).to_bytes(4, "little") + header.to_bytes(3, "little")
            + content)


class Secrets:
    """64 random markers in a tree, its names and everything that is said to the executable."""

    def __init__(self, seed):
        self.draw = random.Random(seed)
        self.count = 0
        self.content = Needles()   # never on any screen but the one that was asked for
        self.names = Needles()     # may stand in messages on the terminal
        self.files = {}            # path -> content
        self.links = {}

    def marker(self, length=20, upper=False):
        self.count += 1
        letters = string.ascii_uppercase if upper else string.ascii_lowercase
        first = self.draw.choice(letters)
        return first + "".join(self.draw.choice(letters + string.digits) for _ in range(length - 1))

    def secret(self, length=20):
        marker = self.marker(length)
        self.content.add_encodings(marker.encode(), f"secret {self.count}")
        self.content.add_hashes(marker.encode(), f"secret {self.count}")
        return marker

    def name(self, length=20, upper=False):
        marker = self.marker(length, upper)
        self.names.add_encodings(marker.encode(), f"name {self.count}")
        self.names.add_hashes(marker.encode(), f"name {self.count}")
        return marker

    def plant(self, path, content):
        self.files[path] = content
        self.content.add_hashes(content, path)
        self.content.add_compressed(content, path)

    def plant_tree(self):
        for number in range(14):
            text = self.secret()
            self.plant(f"raw{number}", f"{text}{'' if number % 2 else chr(10)}".encode())
        for number in range(4):
            self.plant(f"utf16-{number}", f"<name>{self.secret()}</name>".encode("utf-16-le"))
        for number in range(4):
            self.plant(f"base64-{number}", base64.b64encode(b"x" * number + self.secret().encode()))
        for number in range(4):
            self.plant(f"hex{number}", self.secret().encode().hex().encode())
        for number in range(4):
            packed = gzip.compress(f"password={self.secret()}\n".encode(), mtime=0)
            self.content.add(packed[10:-8], "gzip")
            self.plant(f"gzip{number}.gz", packed)
        for number in range(4):
            packed = zlib.compress(f"password={self.secret()}\n".encode())
            self.content.add(packed[2:-4], "zlib")
            self.plant(f"zlib{number}.z", packed)
        for number in range(4):
            self.plant(f"zstd{number}.zst", zstd_frame(self.secret().encode() * 3))
        for number in range(4):
            lines = [f"camera.{line}.password=none" for line in range(80)]
            lines[40] = f"camera.40.password={self.secret()}"
            self.plant(f"long{number}.ini", "\n".join(lines).encode())
        for number in range(4):
            folder = self.name()
            self.plant(f"{folder}/{self.name()}.cfg", b"same in all\n")
            self.links[f"{folder}/link{number}"] = f"../{self.secret()}/{number}"

    def write_to(self, top):
        for path, content in self.files.items():
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).write_bytes(content)
        for path, target in self.links.items():
            (top / path).symlink_to(target)


@unittest.skipUnless(shutil.which("strace"), "strace is not installed: what is written cannot be watched")
class Watched(CoffreTestCase):
    """Everything done with a vault, each system call of it recorded."""

    def setUp(self):
        super().setUp()
        self.secrets = Secrets(SEED)
        self.secrets.plant_tree()
        self.source = self.scratch / "source"
        self.secrets.write_to(self.source)
        self.client = self.secrets.name(12, upper=True)
        self.site = self.secrets.name(16, upper=True)
        self.type = self.secrets.name(8, upper=True)
        self.equipment = self.secrets.name(24, upper=True)
        self.responsible = self.secrets.name()
        self.messages = [self.secrets.secret(), self.secrets.secret()]
        self.passphrase = self.secrets.secret()
        self.wrong = self.secrets.secret()
        self.traces = self.scratch / "traces"
        self.runs = []
        self.calls = []

    def watch(self, *arguments, status, speaks=False, env=None, strace=()):
        """Runs it under strace. `speaks`: its standard output is the very thing that was asked for."""
        folder = self.traces / str(len(self.runs))
        folder.mkdir(parents=True)
        # A process that allows no core dump shows its memory to root only, be it of a namespace.
        own = [] if os.geteuid() == 0 else ["unshare", "--map-root-user"]
        wrap = [*own, "strace", "-f", "-ff", "--seccomp-bpf", "-qq", "-v", "-y", "-xx", "-s", "100000000",
                "-o", str(folder / "t"), "-e", "trace=" + TRACED, "-e", "signal=none", *strace]
        given = {"COFFRE_REPO": self.repo, "COFFRE_KEY_FILE": self.key, "LSAN_OPTIONS": "detect_leaks=0",
                 "ASAN_OPTIONS": "detect_leaks=0", **(env or {})}
        result = self.run_bare("-v", *arguments, env=given, wrap=wrap)
        self.assertEqual(result.status, status, str(result))
        self.runs.append((result, speaks))
        files = sorted(folder.iterdir(), key=lambda path: int(path.suffix[1:]))
        self.assertTrue(files, "strace wrote nothing")
        for path in files:
            for line in path.read_bytes().split(b"\n"):
                match = CALL.match(line)
                if match:
                    call = Call(path.suffix, match[1].decode(), match[2], match[3])
                    call.first = path == files[0]
                    call.run = len(self.runs) - 1
                    self.assertFalse(call.cut, "strace left something out")
                    self.calls.append(call)
        return result

    def exercise(self):
        """What a week holds, and what goes wrong in it."""
        key_less = {"COFFRE_KEY_FILE": None}
        by_word = {**key_less, "COFFRE_PASSWORD": self.passphrase}
        out = plaintext_arguments()
        capture = ["capture", self.equipment, "--type", self.type, "--from", self.source]
        self.watch("init", "--client", self.client, "--site", self.site, "--responsible", self.responsible,
                   "--key-file-out", self.key, status=0, env=by_word)
        self.watch("init", "--client", self.client, "--site", self.site, status=1, env=by_word)
        self.watch(*capture, "-m", self.messages[0], status=0)
        self.watch(*capture, "--at", "2026-01-05T10:00:00Z", "--kind", "PRE", status=0, env=by_word)
        os.mkfifo(self.source / self.secrets.name())
        make_too_deep(self.source / self.secrets.name())
        self.watch(*capture, "-m", self.messages[1], "--json", status=3)
        self.watch(*capture, "--lang", "fr", status=3)
        full = ("-e", "inject=fsync:error=ENOSPC")
        self.watch("capture", self.equipment, "--from", self.source / "raw1", status=14, strace=full)
        self.watch(*capture, "--kind", "MENSUEL", status=2)
        self.watch(*capture[:4], "--from", self.source / self.secrets.name(), status=15)
        for form in ([], ["--json"]):
            self.watch("log", *form, status=0, speaks=True)
            self.watch("ls", self.equipment, *form, status=0, speaks=True)
            self.watch("verify", "--read-data", *form, status=0)
            self.watch("stats", *form, status=0)
            target = self.scratch / f"out{len(form)}"
            self.watch("restore", self.equipment + "@{2}", "--to", target, *out, *form, status=0)
            self.watch("restore", self.equipment + "@{2}", "--to", target, *out, *form, status=1)
            self.watch("cat", f"{self.equipment}:{self.secrets.name()}", *form, status=2 if form else 1)
            self.watch("ls", f"{self.equipment}:{self.secrets.name()}", *form, status=1)
            self.watch("log", *form, status=12, env={**key_less, "COFFRE_PASSWORD": self.wrong})
        self.watch("cat", self.equipment + ":raw0", status=0, speaks=True)
        self.watch("verify", "--no-key", status=0)
        word = self.scratch / "word"
        word.write_text(self.passphrase + "\n")
        self.watch("log", "-n", "1", "--password-command", f"cat {word}", status=0, speaks=True,
                   env={"COFFRE_PASSWORD": self.wrong})
        word.write_text(self.wrong + "\n")
        self.watch("log", "--password-file", word, status=12)
        word.write_text(self.wrong + "\n")
        self.watch("log", "--key-file", word, status=12)
        self.watch("restore", self.equipment, "--to", "/proc/coffre-nowhere", status=16)
        kept = self.scratch / "kept"
        self.repo.rename(kept)
        self.watch("log", status=10)
        shutil.copytree(kept, self.repo)
        for folder in ("packs", "journal"):
            for path in (self.repo / folder).iterdir():
                content = bytearray(path.read_bytes())
                content[len(content) // 2] ^= 1
                path.write_bytes(content)
            if folder == "packs":
                self.watch("cat", self.equipment + ":raw0", status=13)
                self.watch("ls", self.equipment, status=13)
            self.watch("verify", "--read-data", status=13)
            self.watch("verify", "--json", status=13)
        self.watch("show", self.equipment, status=13)
        # What the cache tells needs no file's content; without it the journal is read.
        (self.scratch / "cache").rename(self.scratch / "cache-kept")
        self.watch("log", status=13)
        shutil.rmtree(self.scratch / "cache", ignore_errors=True)
        (self.scratch / "cache-kept").rename(self.scratch / "cache")
        shutil.rmtree(self.repo)
        kept.rename(self.repo)
        word.unlink()

    # What is looked at

    def assert_silent(self, data, needles, where):
        found = needles.search(data)
        self.assertEqual(found, [], f"{where} gives away {found[:8]}")

    def is_restored(self, path):
        return re.match(re.escape(os.fsencode(self.scratch)) + rb"/out\d(/|$)", path) is not None

    def assert_places_silent(self):
        data = []
        for top in (self.repo, self.scratch / "cache", self.scratch / "state", self.scratch / "home"):
            for folder, folders, files in os.walk(os.fsencode(top)):
                data += folders + files
                for name in files:
                    path = os.path.join(folder, name)
                    self.assertTrue(stat.S_ISREG(os.lstat(path).st_mode), path)
                    data.append(pathlib.Path(os.fsdecode(path)).read_bytes())
        self.assertGreater(len(data), 20)
        whole = b"\0\0".join(data)
        self.assert_silent(whole, self.secrets.content, "a file or its name")
        self.assert_silent(whole, self.secrets.names, "a file or its name")

    def assert_objects_unnamed(self):
        ids = Needles()
        for snapshot in self.succeed_json("log")["snapshots"]:
            ids.add_digest(bytes.fromhex(snapshot["commit"]), "a commit's id")
            for file in self.succeed_json("ls", snapshot["commit"])["files"]:
                ids.add_digest(bytes.fromhex(file["oid"]), "a file's id")
        self.assertGreater(len(ids.found), 100)
        tops = (self.repo, self.scratch / "cache", self.scratch / "state")
        data = b"\0\0".join(path.read_bytes() + os.fsencode(path.name)
                            for top in tops for path in top.rglob("*") if path.is_file())
        self.assert_silent(data, ids, "a file or its name")

    def assert_terminal_silent(self):
        for result, speaks in self.runs:
            self.assert_silent(result.err, self.secrets.content, f"stderr of {result.arguments}")
            if not speaks:
                self.assert_silent(result.out, self.secrets.content, f"stdout of {result.arguments}")

    def assert_writes_silent(self):
        data = []
        for call in self.calls:
            if call.name not in WRITES or call.fd in (b"1", b"2") or self.is_restored(call.fd_path):
                continue
            written = b"".join(call.strings)
            self.assertTrue(written or call.answer in (b"0", b"-1"), "strace could not read what was written")
            if call.fd_path == os.fsencode(self.key):
                self.assertTrue(written.startswith(b"coffre-key-1 "))
                continue
            data.append(written)
        self.assertGreater(len(data), 20)
        whole = b"\0\0".join(data)
        self.assert_silent(whole, self.secrets.content, "what was written")
        self.assert_silent(whole, self.secrets.names, "what was written")

    def assert_made_names_silent(self):
        data = []
        for call in self.calls:
            opening = call.name.startswith(("open", "creat"))
            if call.name not in NAMES or (opening and b"O_CREAT" not in call.raw and call.name != "creat"):
                continue
            self.assertNotIn(call.name, ("memfd_create", "setxattr", "fsetxattr"))
            if self.is_restored(call.path):
                continue
            data += call.strings
            if not call.failed and call.path not in (b"/dev/null", b"/dev/tty"):
                self.assertTrue(call.path.startswith(os.fsencode(self.scratch) + b"/"),
                                f"{call.name} outside of the scratch: {call.path}")
        self.assertGreater(len(data), 50)
        whole = b"\0\0".join(data)
        self.assert_silent(whole, self.secrets.content, "a name that was made")
        self.assert_silent(whole, self.secrets.names, "a name that was made")

    def assert_nothing_sent(self):
        for call in self.calls:
            if call.name == "socket":
                self.assertIn(b"AF_UNIX", call.raw, call.raw)
            # The C library asks the name service daemon for the login name, where there is one.
            if call.name in ("connect", "bind"):
                self.assertIn(b"/var/run/nscd/socket", b"".join(call.strings), call.raw)
            if call.name == "mmap" and not call.failed:
                shared_writing = b"PROT_WRITE" in call.raw and b"MAP_SHARED" in call.raw
                self.assertFalse(shared_writing and b"MAP_ANONYMOUS" not in call.raw, call.raw)

    def assert_children_silent(self):
        executed = [call for call in self.calls if call.name == "execve" and not call.first]
        self.assertEqual(len([c for c in executed if c.strings[0] == b"/bin/sh"]), 1)
        for call in executed:
            data = b"\0\0".join(call.strings)
            self.assert_silent(data, self.secrets.content, "a child's arguments or environment")
            self.assert_silent(data, self.secrets.names, "a child's arguments or environment")
            self.assertNotIn(b"COFFRE_", data)

    def test_proc_2_2_no_planted_secret_is_ever_found_where_it_was_not_asked_for(self):
        print(f"seed {SEED}")
        self.exercise()
        self.assertGreaterEqual(self.secrets.count, 64)
        for check in (self.assert_places_silent, self.assert_objects_unnamed, self.assert_terminal_silent,
                      self.assert_writes_silent, self.assert_made_names_silent, self.assert_nothing_sent,
                      self.assert_children_silent):
            with self.subTest(check.__name__):
                check()

    def test_the_search_finds_each_sort_of_leak(self):
        marker = self.messages[0].encode()
        for leak in (marker, marker.upper(), marker.hex().encode(), marker.hex().upper().encode(),
                     base64.b64encode(b"a" + marker + b"bc"), base64.b64encode(b"ab" + marker + b"c"),
                     base64.b64encode(marker), marker.decode().encode("utf-16-le"),
                     "".join(f"%{byte:02X}" for byte in marker).encode(), hashlib.sha1(marker).digest(),
                     hashlib.sha256(marker).hexdigest().encode(), hashlib.md5(marker).digest(),
                     hashlib.blake2b(marker, digest_size=32).hexdigest().encode(),
                     hashlib.sha1(b"blob 20\0" + marker).digest()):
            self.assertTrue(self.secrets.content.search(b"before" + leak + b"after"), leak)
        for content in self.secrets.files.values():
            self.assertTrue(self.secrets.content.search(hashlib.sha1(content).hexdigest().encode()))
        self.assertEqual(self.secrets.content.search(random.Random(1).randbytes(1 << 20)), [])


class Running(CoffreTestCase):
    """A process at work, seen from outside."""

    def setUp(self):
        super().setUp()
        self.init()
        self.source = self.write("tree/file", b"text").parent

    def wait_until(self, happened, what):
        end = time.monotonic() + SECONDS
        while not happened():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.005)

    def at_its_password_command(self, **options):
        """A process that waits for its password command, and the writing end of what the command reads."""
        pipe = self.scratch / "pipe"
        os.mkfifo(pipe)
        process = self.start("-r", self.repo, "--password-command", f"cat {pipe}", "log", **options)
        self.addCleanup(process.__exit__, None, None, None)
        self.addCleanup(process.kill)
        writer = []

        def reader_is_there():
            try:
                writer.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
            except OSError:
                return False
            return True

        self.wait_until(reader_is_there, "the password command did not start")
        return process, writer[0]

    def outside_view(self, pid):
        """What /proc shows of a process: nothing at all to those who are not root."""
        view = b""
        for name in ("environ", "cmdline"):
            try:
                view += pathlib.Path(f"/proc/{pid}/{name}").read_bytes()
            except PermissionError:
                pass
        return view

    def test_the_passphrase_is_erased_from_the_environment_before_any_child_starts(self):
        process, writer = self.at_its_password_command(env={"COFFRE_PASSWORD": "marker-of-this-test"})
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        self.assertTrue(children)
        for pid in [process.pid, *children]:
            view = self.outside_view(pid)
            self.assertNotIn(b"marker-of-this-test", view)
            if pid != process.pid:
                self.assertNotIn(b"COFFRE_", view)
        os.write(writer, b"correct horse battery staple\n")
        os.close(writer)
        out, err = process.communicate(timeout=SECONDS)
        self.assertEqual(process.returncode, 0, str(Result((), process.returncode, out, err)))

    def test_the_passphrase_is_not_in_the_environment_while_a_capture_runs(self):
        passphrase = "correct horse battery staple"
        self.capture(self.source)
        before = len(list((self.repo / "packs").iterdir()))
        self.write("tree/file", b"another text")
        with open(self.repo / "lock", "r+b") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            process = self.start("-r", self.repo, "capture", "NVR1", "--from", self.source,
                                 env={"COFFRE_PASSWORD": passphrase})
            self.addCleanup(process.__exit__, None, None, None)
            self.addCleanup(process.kill)

            def waits_for_the_lock():
                # The packs are written before the journal is, so by then the repository was opened.
                return len(list((self.repo / "packs").iterdir())) > before or process.poll() is not None

            self.wait_until(waits_for_the_lock, "no pack was written")
            self.assertIsNone(process.poll())
            self.assertNotIn(passphrase.encode(), self.outside_view(process.pid))
        process.communicate(timeout=SECONDS)
        self.assertEqual(process.returncode, 0)

    def test_no_core_is_dumped(self):
        def allow_cores():
            hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
            resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

        process, writer = self.at_its_password_command(preexec_fn=allow_cores, start_new_session=True)
        limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text()
        core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
        self.assertEqual(core.split()[4:6], ["0", "0"])
        process.send_signal(signal.SIGQUIT)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = -signal.SIGQUIT
        process.stdout.close()
        process.stderr.close()
        os.close(writer)
        self.assertTrue(os.WIFSIGNALED(status))
        self.assertFalse(os.WCOREDUMP(status))

    def test_files_of_the_repository_and_what_is_restored_are_closed_to_others(self):
        self.capture(self.source)
        self.restore("NVR1", self.scratch / "out")
        os.chmod(self.scratch / "out", os.stat(self.scratch / "out").st_mode)
        for top in (self.repo, self.scratch / "out", self.scratch / "state" / "coffre"):
            for path in [top, *top.rglob("*")]:
                self.assertEqual(path.lstat().st_mode & 0o077, 0, path)
        self.assertEqual(self.key.stat().st_mode & 0o777, 0o600)

    def test_the_executable_needs_no_network(self):
        if subprocess.run(["unshare", "-r", "-n", "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("no namespace of its own may be made here (unshare -r -n)")
        self.assertTrue(hasattr(socket, "AF_INET"))
        for command in (["capture", "NVR1", "--type", "NVR", "--from", self.source], ["verify"], ["log"]):
            self.succeed(*command, wrap=["unshare", "-r", "-n"])


if __name__ == "__main__":
    unittest.main()
