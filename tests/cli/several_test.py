#!/usr/bin/python3
"""Several at once: captures side by side, some killed or stopped for long, with locks and without."""

import os
import random
import shutil
import signal
import subprocess
import time
import unittest

from coffre_cli import PASSPHRASE, CoffreTestCase, SharedRepositoryTestCase

SEED = int(os.environ.get("COFFRE_TEST_SEED", "20261125"))

# Every lock is answered as a file system without locks answers.
NO_LOCKS = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

static int answer(int fd, int command, void *argument) {
    if (command == F_OFD_SETLK || command == F_OFD_SETLKW || command == F_SETLK || command == F_SETLKW) {
        errno = ENOLCK;
        return -1;
    }
    return (int)syscall(SYS_fcntl, fd, command, argument);
}
int fcntl(int fd, int command, ...) {
    va_list list;
    va_start(list, command);
    void *argument = va_arg(list, void *);
    va_end(list);
    return answer(fd, command, argument);
}
int fcntl64(int fd, int command, ...) {
    va_list list;
    va_start(list, command);
    void *argument = va_arg(list, void *);
    va_end(list);
    return answer(fd, command, argument);
}
"""


class SideBySide(SharedRepositoryTestCase):
    def fill(self):
        for number in range(8):
            self.write(f"tree{number}/config.xml", f"<n>{number}</n>\n" * 50)
            self.succeed("equipment", "add", f"CAM{number}", "--type", "CAM", "--driver", "files", "--set",
                         f"path={self.scratch}/tree{number}")

    def setUp(self):
        super().setUp()
        for number in range(8):  # the copy of the repository names the folders of where it was made
            self.succeed("equipment", "edit", f"CAM{number}", "--set", f"path={self.scratch}/tree{number}")

    def begin(self, number, message, env=None):
        (self.scratch / f"tree{number}/config.xml").write_text(f"<n>{message}</n>\n" * 50)
        return self.start("capture", f"CAM{number}", "--json", "-m", message, start_new_session=True,
                          env={"COFFRE_REPO": self.repo, "COFFRE_KEY_FILE": self.key, **(env or {})})

    def check(self, reported):
        """All that was told is there, and nothing is broken; what was killed may be there or not."""
        listed = {entry["message"] for entry in self.succeed_json("log")["snapshots"]}
        self.assertLessEqual(reported, listed)
        self.assert_whole()
        return listed

    def run_rounds(self, count, rounds, env=None):
        reported = set()
        for turn in range(rounds):
            processes = {}
            for number in range(count):
                message = f"{turn}-{number}"
                processes[message] = self.begin(number, message, env)
            for message, process in processes.items():
                out, err = process.communicate(timeout=120)
                self.assertEqual(process.returncode, 0, err)
                reported.add(message)
        self.assertEqual(self.check(reported), reported)

    def test_2_at_once(self):
        self.run_rounds(2, 6)

    def test_4_at_once(self):
        self.run_rounds(4, 4)

    def test_8_at_once(self):
        self.run_rounds(8, 3)

    def test_8_at_once_where_there_are_no_locks(self):
        source = self.write("no_locks.c", NO_LOCKS)
        library = self.scratch / "no_locks.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
        if "asan" in subprocess.run(["ldd", os.environ["COFFRE_EXE"]], capture_output=True, text=True,
                                    check=False).stdout:
            self.skipTest("the sanitizer's library must be the first one")
        self.run_rounds(8, 3, {"LD_PRELOAD": library})

    def test_8_of_one_equipment_at_once(self):
        processes = [self.begin(0, "same") for _ in range(8)]
        commits = set()
        for process in processes:
            out, err = process.communicate(timeout=120)
            # The source is written by all of them: a capture that saw it change says so.
            self.assertIn(process.returncode, (0, 3, 15), err)
            if process.returncode == 0:
                commits.add(out)
        self.assert_whole()

    def test_some_killed_and_some_stopped_for_long(self):
        dice = random.Random(SEED)
        reported = set()
        for turn in range(6):
            processes = {f"{turn}-{number}": self.begin(number, f"{turn}-{number}") for number in range(8)}
            chosen = dice.sample(sorted(processes), 5)
            time.sleep(dice.random() * 0.06)
            for message in chosen[:3]:
                os.killpg(processes[message].pid, signal.SIGSTOP)
            for message in chosen[3:]:
                os.killpg(processes[message].pid, signal.SIGKILL)
            others = [message for message in processes if message not in chosen]
            # Whoever holds the lock while it is stopped keeps the others out until they give up.
            stopped_for = 0.5 if turn % 3 else 11
            time.sleep(stopped_for)
            for message in chosen[:3]:
                os.killpg(processes[message].pid, signal.SIGCONT)
            for message in others + chosen:
                out, err = processes[message].communicate(timeout=120)
                status = processes[message].returncode
                if message in chosen[3:]:
                    self.assertIn(status, (0, -signal.SIGKILL), err)
                else:
                    self.assertIn(status, (0, 11), err)
                if status == 0:
                    reported.add(message)
        self.check(reported)
        # The next one goes on as if nothing had been.
        last = self.begin(0, "after")
        last.communicate(timeout=60)
        self.assertEqual(last.returncode, 0)


class TwoInits(CoffreTestCase):
    def test_at_one_place_one_is_made_and_the_other_is_told(self):
        for turn in range(3):
            repo = self.scratch / f"repo{turn}"
            processes = []
            for number in range(3):
                arguments = ("-r", repo, "init", "--client", "AC", "--site", f"S{number}", "--json",
                             "--key-file-out", self.scratch / f"key{turn}-{number}")
                processes.append(self.start(*arguments, env={"COFFRE_PASSWORD": PASSPHRASE}))
            made = []
            for number, process in enumerate(processes):
                _, err = process.communicate(timeout=120)
                self.assertIn(process.returncode, (0, 1), err)
                if process.returncode == 0:
                    made.append(number)
            self.assertEqual(len(made), 1)
            keys = [path.name for path in self.scratch.glob(f"key{turn}-*")]
            self.assertEqual(keys, [f"key{turn}-{made[0]}"])
            result = self.run_bare("-r", repo, "verify", "--json", "--key-file", self.scratch / keys[0])
            self.assertEqual(result.status, 0, str(result))


if __name__ == "__main__":
    unittest.main()
