#!/usr/bin/python3
"""Killed at any moment, the executable loses nothing that it had said was stored."""

import json
import os
import random
import shutil
import signal
import time
import unittest

from coffre_cli import PASSPHRASE, CoffreTestCase

SEED = int(os.environ.get("CRASH_SEED", "20260414"))
CAPTURE_KILLS = 125
INIT_KILLS = 25


class Killed(CoffreTestCase):
    def setUp(self):
        super().setUp()
        print(f"seed {SEED}")
        self.draw = random.Random(SEED)

    def killed_after(self, seconds, *arguments, env):
        """The result's standard output when the command ended well before the kill, else None."""
        process = self.start(*arguments, env=env)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        out, err = process.communicate()
        if process.returncode == -signal.SIGKILL:
            return None
        self.assertEqual(process.returncode, 0, err)
        return out

    def seconds_for(self, *arguments, env):
        begin = time.monotonic()
        process = self.start(*arguments, env=env)
        process.communicate()
        self.assertEqual(process.returncode, 0)
        return time.monotonic() - begin


class CaptureKilled(Killed):
    def write_version(self, version):
        """A tree that follows from its version alone: some files old, some new."""
        tree = self.scratch / "tree"
        shutil.rmtree(tree, ignore_errors=True)
        content = random.Random(SEED + version)
        self.write("tree/version", str(version))
        for number in range(30):
            kept = random.Random(number + (version // 5) * 1000)
            self.write(f"tree/{number % 4}/old{number}", kept.randbytes(kept.randrange(20_000)))
        for number in range(6):
            self.write(f"tree/new{number}", content.randbytes(content.randrange(60_000)))
        return tree

    def test_every_snapshot_whose_capture_had_ended_is_there_and_whole_after_125_kills(self):
        self.init()
        env = {"COFFRE_REPO": self.repo, "COFFRE_KEY_FILE": self.key}
        capture = ["capture", "NVR1", "--type", "NVR", "--from", self.scratch / "tree", "--json", "-m"]
        self.write_version(0)
        whole = self.seconds_for(*capture, "version 0", env=env)
        stored = {}
        killed = 0
        version = 0
        while killed < CAPTURE_KILLS:
            version += 1
            self.assertLess(version, 5 * CAPTURE_KILLS, "hardly any kill came in time")
            self.write_version(version)
            delay = self.draw.uniform(0, 1.2 * whole)
            out = self.killed_after(delay, *capture, f"version {version}", env=env)
            if out is None:
                killed += 1
            else:
                stored[json.loads(out)["snapshots"][0]["commit"]] = version
            listed = {entry["commit"] for entry in self.succeed_json("log")["snapshots"]}
            self.assertLessEqual(set(stored), listed, f"version {version}: a stored snapshot is gone")
            if version % 10 == 0:
                self.assert_whole()
        self.assert_whole()
        print(f"{killed} kills, {len(stored)} captures ended before theirs")

        versions = set()
        for entry in self.succeed_json("log")["snapshots"]:
            # Whatever is listed was captured whole, also where the kill came after its last write.
            name, _, of_message = entry["message"].partition(" ")
            self.assertEqual(name, "version")
            versions.add(int(of_message))
            self.assertTrue(entry["complete"])
            self.assertEqual(stored.get(entry["commit"], int(of_message)), int(of_message))
            tree = self.write_version(int(of_message))
            self.assert_restores(entry["commit"], tree)
        self.assertLessEqual(set(stored.values()), versions)

        tree = self.write_version(version + 1)
        after = self.capture(tree, "NVR1", "-m", f"version {version + 1}")
        self.assertTrue(after["snapshots"][0]["complete"])
        self.assert_restores("NVR1", tree)
        self.assert_whole()

    def test_a_restore_that_was_killed_harms_nothing_and_works_elsewhere(self):
        self.init()
        tree = self.write_version(1)
        self.capture(tree)
        env = {"COFFRE_REPO": self.repo, "COFFRE_KEY_FILE": self.key}
        for number in range(10):
            delay = self.draw.uniform(0, 0.05)
            self.killed_after(delay, "restore", "NVR1", "--to", self.scratch / f"o{number}",
                              "--allow-plaintext", "test", env=env)
        self.assert_whole()
        self.assert_restores("NVR1", tree)

    def test_two_captures_at_once_are_both_stored_also_when_one_of_them_is_killed(self):
        self.init()
        tree = self.write_version(1)
        self.capture(tree)
        env = {"COFFRE_REPO": self.repo, "COFFRE_KEY_FILE": self.key}
        stored = set()
        for number in range(8):
            self.write("tree/version", f"{number} {self.draw.random()}")
            started = [self.start("capture", "NVR1", "--from", tree, "--json", "-m", f"{number} {which}",
                                  env=env) for which in range(3)]
            time.sleep(self.draw.uniform(0, 0.05))
            started[0].send_signal(signal.SIGKILL)
            for process in started:
                out, err = process.communicate()
                if process.returncode == 0:
                    stored.add(json.loads(out)["snapshots"][0]["commit"])
                else:
                    self.assertEqual((process.returncode, process), (-signal.SIGKILL, started[0]), err)
        listed = {entry["commit"] for entry in self.succeed_json("log")["snapshots"]}
        self.assertLessEqual(stored, listed)
        self.assertGreaterEqual(len(listed), 17)
        self.assert_whole()
        self.assert_restores("NVR1", tree)


class InitKilled(Killed):
    def test_an_init_that_was_killed_can_simply_be_run_again(self):
        env = {"COFFRE_REPO": self.repo, "COFFRE_PASSWORD": PASSPHRASE}
        init = ["init", "--client", "ACME", "--site", "PARIS"]
        whole = self.seconds_for(*init, env=env)
        source = self.write("tree/file", b"text").parent
        made = again = 0
        for number in range(INIT_KILLS):
            # Half of the kills near the end, where the files are written.
            least = 0 if number % 2 else 0.6
            shutil.rmtree(self.repo)
            self.killed_after(self.draw.uniform(least, 1) * whole, *init, env=env)
            result = self.run_bare(*init, env=env)
            if (self.repo / "coffre.json").exists() and result.status == 1:
                made += 1
                self.assertIn("already", result.err.decode())
            else:
                again += 1
                self.assertEqual(result.status, 0, str(result))
            if number % 5 == 0:
                self.assert_usable(source)
        self.assert_usable(source)
        print(f"{again} run again, {made} were there already")

    def assert_usable(self, source):
        env = {"COFFRE_KEY_FILE": None, "COFFRE_PASSWORD": PASSPHRASE}
        self.capture(source, env=env)
        self.assertEqual(self.succeed("cat", "NVR1:file", env=env).out, b"text")
        self.assertTrue(self.succeed_json("verify", "--read-data", env=env)["ok"])

    def test_an_init_that_was_killed_can_be_run_again_with_another_passphrase_and_key_file(self):
        env = {"COFFRE_REPO": self.repo, "COFFRE_PASSWORD": "the first one"}
        init = ["init", "--client", "ACME", "--site", "PARIS", "--key-file-out"]
        for number in range(6):
            shutil.rmtree(self.repo, ignore_errors=True)
            self.killed_after(self.draw.uniform(0, 0.5), *init, self.scratch / f"k{number}", env=env)
            if (self.repo / "coffre.json").exists():
                continue
            self.key.unlink(missing_ok=True)
            self.init()
            self.assertEqual(self.succeed_json("log")["snapshots"], [])
            self.assert_whole()


if __name__ == "__main__":
    unittest.main()
