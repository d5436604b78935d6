#!/usr/bin/python3
"""A restore from the medium alone: in a root that holds a shell and nothing else, without network."""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from coffre_cli import EXE, PASSPHRASE, SECONDS, SharedRepositoryTestCase, read_tree

WRITE_KIT = os.path.abspath(os.environ["COFFRE_WRITE_KIT"])
BUSYBOX = "/bin/busybox"
ZONE = "Europe/Paris"
WHY = "a test in a root without /proc"


def shared_objects(executable):
    """The loader, and NAME=PATH of each library, as the system's own loader resolves them."""
    loader, libraries = None, []
    told = subprocess.run(["ldd", executable], capture_output=True, check=True, text=True).stdout
    for line in told.splitlines():
        words = line.split()
        if "=>" in words:
            libraries.append(f"{words[0]}={words[2]}")
        elif words[0].startswith("/"):
            loader = words[0]
    return loader, libraries


def write_kit(folder, version="9.9.9", executable=EXE):
    loader, libraries = shared_objects(executable)
    done = subprocess.run([WRITE_KIT, executable, loader, folder, version, ZONE, *libraries],
                          capture_output=True, check=True, text=True)
    return done.stdout.split()


class RestoreKit(SharedRepositoryTestCase):
    """The medium is a copy of the repository beside its kit, below a root of its own."""

    init_options = ("--timezone", ZONE)

    def fill(self):
        tree = self.scratch / "tree"
        self.write("tree/config/nvr.xml", b"<nvr>\x00\xff" + b"x" * 100_000 + b"</nvr>")
        self.write("tree/empty")
        (tree / "link").symlink_to("config/nvr.xml")
        self.capture(tree, "NVR1")
        self.capture(tree / "config", "NVR2")

    def setUp(self):
        super().setUp()
        self.root = self.scratch / "root"
        for name in ("bin", "medium", "out"):
            (self.root / name).mkdir(parents=True)
        self.assertTrue(os.path.exists(BUSYBOX), "package busybox-static")
        shutil.copy(BUSYBOX, self.root / "bin/sh")
        self.medium = self.root / "medium"
        shutil.copytree(self.repo, self.medium, dirs_exist_ok=True)
        self.sha256, _ = write_kit(self.medium)
        # From here on the collector is lost, and so are its keys and its state.
        for lost in (self.repo, self.scratch / "state", self.scratch / "cache"):
            shutil.rmtree(lost)

    def inside(self, *arguments, password=PASSPHRASE, status=0, workdir="/medium/restore-kit"):
        """`./coffre ARGUMENTS` in the bare root, without any network."""
        script = f'cd {workdir} && exec ./coffre "$@"'
        command = ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"]),
                   "chroot", self.root, "/bin/sh", "-c", script, "sh", *arguments]
        environment = {"PATH": "/bin:" + os.defpath + ":/usr/sbin:/sbin"}
        if password:
            environment["COFFRE_PASSWORD"] = password
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False, env=environment,
                              stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, status, f"{arguments}\n{done.stdout!r}\n{done.stderr.decode()}")
        return done

    def restored(self, name):
        return read_tree(self.root / "out" / name)

    def test_with_the_passphrase(self):
        listing = self.inside("--repo", "..", "log").stdout.decode()
        name = re.search(r"\S*NVR1_\d{8}_\d{4}_\S+", listing)[0]
        self.inside("--repo", "..", "restore", name, "--to", "/out/one", "--allow-plaintext", WHY)
        self.assertEqual(self.restored("one"), read_tree(self.scratch / "tree"))
        self.inside("--repo", "..", "restore", "--all", "--to", "/out/all", "--allow-plaintext", WHY)
        self.assertEqual(read_tree(self.root / "out/all/NVR2"), read_tree(self.scratch / "tree/config"))

    def test_a_time_is_that_of_the_sites_clock(self):
        self.assertNotIn("zoneinfo", {entry.name for entry in os.scandir(self.root)})
        document = self.inside("--repo", "..", "log", "--json").stdout
        self.assertIn(b"NVR1", document)
        self.inside("--repo", "..", "log", "--since", "2026-07-01T02:30")

    def test_with_recovery_words(self):
        # Made before everything was lost, typed as the sheet has them.
        shutil.copytree(self.medium, self.repo, ignore=shutil.ignore_patterns("restore-kit"))
        words = self.succeed_json("key", "add", "--recovery-words")["recovery_words"]
        shutil.copytree(self.repo, self.medium, dirs_exist_ok=True)
        shutil.rmtree(self.repo)
        self.inside("--repo", "..", "restore", "NVR1", "--to", "/out/one", "--allow-plaintext", WHY,
                    password=words)
        self.assertEqual(self.restored("one"), read_tree(self.scratch / "tree"))
        self.inside("--repo", "..", "log", password=words.replace(words.split()[0], "zzzz", 1), status=12)

    def test_with_the_key_file_and_nothing_else(self):
        shutil.copy(self.key, self.root / "out/key")
        self.inside("--repo", "..", "--key-file", "/out/key", "restore", "NVR1", "--to", "/out/one",
                    "--allow-plaintext", WHY, password=None)
        self.assertEqual(self.restored("one"), read_tree(self.scratch / "tree"))

    def test_a_folder_of_which_nothing_is_known_is_refused_without_a_reason(self):
        self.inside("--repo", "..", "restore", "NVR1", "--to", "/out/one", status=16)
        self.assertFalse((self.root / "out/one").exists())

    def test_the_kit_is_no_part_of_the_repository_and_checks_itself(self):
        self.inside("--repo", "..", "verify", "--no-key", password=None)
        report = self.inside("--repo", "..", "verify", "--read-data", "--json").stdout
        self.assertIn(b'"ok": true', report.replace(b'":true', b'": true'))
        kit = self.medium / "restore-kit"
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=kit, check=True)
        sums = (kit / "SHA256SUMS").read_bytes()
        self.assertEqual(hashlib.sha256(sums).hexdigest(), self.sha256)
        listed = {line.split("  ", 1)[1] for line in sums.decode().splitlines()}
        found = {os.path.relpath(os.path.join(folder, name), kit)
                 for folder, _, names in os.walk(kit) for name in names}
        self.assertEqual(found - listed, {"SHA256SUMS"})
        self.assertEqual((kit / "bin/coffre").read_bytes(), pathlib.Path(EXE).read_bytes())

    def test_the_sheets_name_commands_that_work(self):
        for sheet in ("README.txt", "LISEZMOI.txt"):
            text = (self.medium / "restore-kit" / sheet).read_text(encoding="utf-8")
            commands = re.findall(r"^ {7}\./coffre (.*)$", text, re.MULTILINE)
            self.assertEqual(len(commands), 3, sheet)
            for number, command in enumerate(commands):
                arguments = re.sub(r"NAME|NOM", "NVR1", command).split()
                if "restore" in arguments:
                    arguments[arguments.index("--to") + 1] = f"/out/{sheet}{number}"
                    arguments += ["--allow-plaintext", WHY]
                self.inside(*arguments)
            for command in re.findall(r"\./coffre (--repo \.\. verify --no-key|help)", text):
                self.inside(*command.split())
        self.assertEqual(self.restored("README.txt1"), read_tree(self.scratch / "tree"))

    def test_a_copy_of_the_kit_elsewhere_works_by_any_way_of_calling_it(self):
        shutil.copytree(self.medium / "restore-kit", self.root / "out/a kit")
        for call in ("sh coffre", "./coffre", "'/out/a kit/coffre'", "sh '../a kit/coffre'"):
            done = subprocess.run(["chroot", self.root, "/bin/sh", "-c",
                                   f"cd '/out/a kit' && {call} --repo /medium log"], check=True,
                                  capture_output=True,
                                  env={"COFFRE_PASSWORD": PASSPHRASE, "PATH": "/bin:/usr/sbin"})
            self.assertIn(b"NVR1", done.stdout)

    def test_126_where_no_program_may_run_it_says_what_to_do(self):
        os.chmod(next((self.medium / "restore-kit/lib").glob("ld-*")), 0o644)
        done = self.inside("version", status=126)
        self.assertIn(b"cp -r", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 2)

    def test_a_kit_is_written_once_and_again_when_the_program_changes(self):
        self.assertEqual(write_kit(self.medium), [self.sha256, "unchanged"])
        changed = self.scratch / "coffre"
        shutil.copy(EXE, changed)
        with open(changed, "ab") as file:
            file.write(b"changed")
        sha256, word = write_kit(self.medium, executable=changed)
        self.assertEqual(word, "written")
        self.assertNotEqual(sha256, self.sha256)
        self.inside("--repo", "..", "log")
        self.assertEqual(write_kit(self.medium, version="1.0"), [sha256, "unchanged"])

    def test_run_from_a_kit_a_program_knows_its_own_file_and_its_own_libraries(self):
        # What the kernel started is the loader; a kit made of that would be none.
        write_kit(self.medium, executable=WRITE_KIT)
        kit = self.medium / "restore-kit"
        done = subprocess.run(["sh", kit / "coffre", "--self"], check=True, capture_output=True, text=True)
        executable, loader, *libraries = done.stdout.splitlines()
        self.assertEqual(executable, str(kit / "bin/coffre"))
        self.assertEqual(os.path.dirname(loader), str(kit / "lib"))
        self.assertEqual({os.path.dirname(library) for library in libraries}, {str(kit / "lib")})
        loaded = {os.path.basename(name) for name in [loader, *libraries]}
        self.assertEqual(loaded, set(os.listdir(kit / "lib")))


if __name__ == "__main__":
    unittest.main()
