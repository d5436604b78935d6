"""Shared by the black-box tests: a scratch folder for each, and the executable run as a stranger would."""

import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

SCRATCH_ROOT = "/dev/shm"
PASSPHRASE = "correct horse battery staple"
DROPPED = ("COFFRE_", "XDG_", "LANG", "LC_", "DBUS_")
STRANGERS = ("NO_COLOR", "CLICOLOR", "TZ")
SECONDS = 120  # for one command; a hang must not become a lost afternoon

if "COFFRE_EXE" not in os.environ:
    sys.exit("COFFRE_EXE must name the executable to test")
EXE = os.path.abspath(os.environ["COFFRE_EXE"])


def clean_environment():
    """The caller's environment without anything that coffre listens to."""
    return {name: value for name, value in os.environ.items()
            if not name.startswith(DROPPED) and name not in STRANGERS}


def memory_is_safe():
    """A memory file system counts as safe as long as nothing of it can be swapped to a disk in clear."""
    with open("/proc/swaps", encoding="ascii") as swaps:
        return len(swaps.readlines()) <= 1


def plaintext_arguments():
    return [] if memory_is_safe() else ["--allow-plaintext", "test"]


def make_too_deep(folder):
    """A folder that no capture goes down to the end of: one part that fails, whoever runs this."""
    folder.joinpath(*["d"] * 205).mkdir(parents=True)


class Result:
    def __init__(self, arguments, status, out, err):
        self.arguments = arguments
        self.status = status
        self.out = out
        self.err = err

    @property
    def lines(self):
        return self.err.decode("utf-8", "replace").splitlines()

    @property
    def json(self):
        return json.loads(self.out.decode("utf-8"))

    def __str__(self):
        return (f"{self.arguments}: status {self.status}\n--- stdout\n{self.out[:2000]!r}\n"
                f"--- stderr\n{self.err[:2000].decode('utf-8', 'replace')}")


def read_tree(top):
    """Every entry below a folder: path in bytes -> what it is and what it holds. Links are not followed."""
    top = os.fsencode(top)
    found = {}
    for folder, folders, files in os.walk(top):
        for name in folders + files:
            path = os.path.join(folder, name)
            mode = os.lstat(path).st_mode
            key = os.path.relpath(path, top)
            if stat.S_ISLNK(mode):
                found[key] = ("link", os.readlink(path))
            elif stat.S_ISDIR(mode):
                found[key] = ("folder",)
            elif stat.S_ISREG(mode):
                with open(path, "rb") as file:
                    found[key] = ("file", bool(mode & 0o100), file.read())
            else:
                found[key] = ("other",)
    return found


class CoffreTestCase(unittest.TestCase):
    """Each test has self.scratch, removed at its end, and an environment that points nowhere else."""

    maxDiff = 4000

    def setUp(self):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="coffre-test-", dir=SCRATCH_ROOT))
        self.addCleanup(self._remove_scratch)
        self.environment = clean_environment()
        self.environment.update(HOME=str(self.scratch / "home"), XDG_STATE_HOME=str(self.scratch / "state"),
                                COFFRE_CACHE_DIR=str(self.scratch / "cache"))
        for name in ("home", "state", "cache"):
            (self.scratch / name).mkdir()
        self.repo = self.scratch / "repo"
        self.key = self.scratch / "key"

    def _remove_scratch(self):
        for folder, folders, _ in os.walk(self.scratch):
            for name in folders:
                path = os.path.join(folder, name)
                if not os.path.islink(path):
                    os.chmod(path, 0o700)
        shutil.rmtree(self.scratch)

    # Running

    def with_environment(self, extra=None):
        environment = dict(self.environment)
        for name, value in (extra or {}).items():
            if value is None:
                environment.pop(name, None)
            else:
                environment[name] = str(value)
        return environment

    def start(self, *arguments, env=None, wrap=(), **options):
        command = [*wrap, EXE, *(os.fspath(a) for a in arguments)]
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        options.setdefault("cwd", self.scratch)
        return subprocess.Popen(command, env=self.with_environment(env), **options)

    def run_bare(self, *arguments, env=None, wrap=(), **options):
        """Exactly these arguments: neither the repository nor its key is added."""
        process = self.start(*arguments, env=env, wrap=wrap, start_new_session=True, **options)
        try:
            out, err = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.fail(f"{arguments}: no end after {SECONDS} s")
        return Result(arguments, process.returncode, out or b"", err or b"")

    def run_coffre(self, *arguments, env=None, wrap=(), **options):
        """With the test's repository and key file, given as variables."""
        given = {"COFFRE_REPO": self.repo, "COFFRE_KEY_FILE": self.key, **(env or {})}
        return self.run_bare(*arguments, env=given, wrap=wrap, **options)

    def succeed(self, *arguments, status=0, **options):
        result = self.run_coffre(*arguments, **options)
        self.assertEqual(result.status, status, str(result))
        return result

    def succeed_json(self, *arguments, status=0, **options):
        return self.succeed(*arguments, "--json", status=status, **options).json

    # What errors look like

    def assert_error(self, result, status, subject=""):
        """One line on stderr that names its subject and a way out, and nothing else anywhere."""
        self.assertEqual(result.status, status, str(result))
        self.assert_one_line(result, subject)
        self.assertEqual(result.out, b"", str(result))

    def assert_one_line(self, result, subject=""):
        self.assertEqual(len(result.lines), 1, str(result))
        line = result.lines[0]
        self.assertTrue(result.err.endswith(b"\n"), str(result))
        self.assertTrue(line.startswith("coffre: "), str(result))
        self.assertIn(str(subject), line)
        what, dash, way_out = line.partition(" — ")
        self.assertTrue(dash and len(what) > len("coffre: ") and way_out.strip(), f"no way out: {result}")
        self.assertNotIn(b"\x1b", result.err, str(result))

    def assert_error_json(self, result, status, subject=""):
        self.assertEqual(result.status, status, str(result))
        self.assert_one_line(result, subject)
        error = result.json["error"]
        self.assertEqual(error["code"], status, str(result))
        self.assertIn(str(subject), error["message"] + error["hint"])
        self.assertTrue(error["message"] and error["hint"], str(result))

    # Repositories and trees

    def init(self, *more, key_file_out=True, client="ACME", site="PARIS", status=0):
        """Makes self.repo with a passphrase and, unless told otherwise, self.key."""
        key = ["--key-file-out", self.key] if key_file_out else []
        result = self.run_bare("-r", self.repo, "init", "--client", client, "--site", site, *key, *more,
                               env={"COFFRE_PASSWORD": PASSPHRASE})
        self.assertEqual(result.status, status, str(result))
        return result

    def write(self, path, content=b""):
        path = self.scratch / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def capture(self, source, name="NVR1", *more, status=0, **options):
        """The JSON result of a capture."""
        return self.succeed_json("capture", name, "--type", "NVR", "--from", source, *more, status=status,
                                 **options)

    def restore(self, snapshot, to, *more, status=0, **options):
        return self.succeed("restore", snapshot, "--to", to, *plaintext_arguments(), *more, status=status,
                            **options)

    def assert_restores(self, snapshot, source, **options):
        target = pathlib.Path(tempfile.mkdtemp(prefix="out-", dir=self.scratch))
        self.restore(snapshot, target, **options)
        self.assertEqual(read_tree(target), read_tree(source))
        shutil.rmtree(target)

    def assert_whole(self):
        report = self.succeed_json("verify", "--read-data")
        self.assertTrue(report["ok"], report)
        self.assertEqual(report["errors"], [])


class SharedRepositoryTestCase(CoffreTestCase):
    """A class whose tests each begin with a copy of one repository: a passphrase is slow to derive."""

    init_options = ()

    @classmethod
    def setUpClass(cls):
        cls._made = None

    @classmethod
    def tearDownClass(cls):
        if cls._made:
            shutil.rmtree(cls._made)

    def fill(self):
        """What the repository holds when a test begins."""

    def setUp(self):
        super().setUp()
        cls = type(self)
        if cls._made is None:
            self.init(*self.init_options)
            self.fill()
            cls._made = tempfile.mkdtemp(prefix="coffre-made-", dir=SCRATCH_ROOT)
            shutil.copytree(self.scratch, cls._made, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copytree(cls._made, self.scratch, symlinks=True, dirs_exist_ok=True)
