#!/usr/bin/python3
"""Equipments that mean harm: each costs bounded time and memory, a clear line, and nobody else anything."""

import json
import os
import pathlib
import subprocess
import sys
import unittest

from equipment_case import SIMULATORS, EquipmentTestCase, make_certificate

USERS = "/ISAPI/Security/users"
CHANNELS = "/ISAPI/ContentMgmt/InputProxy/channels"
MEMORY_MAX = 256 << 10  # KiB
TIME_LIMIT = 4          # seconds, of the hostile equipment


class Hostile:
    def __init__(self, mode, behind, folder, *more):
        cert, key = make_certificate(folder, "hostile")
        other_cert, other_key = make_certificate(folder, "other")
        self.process = subprocess.Popen(
            [sys.executable, "-B", SIMULATORS / "hostile.py", mode, "--behind", behind, "--cert", cert,
             "--key", key, "--other-cert", other_cert, "--other-key", other_key, *more],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self.url = self.process.stdout.readline().strip()

    def count(self):
        self.process.stdin.write("count\n")
        self.process.stdin.flush()
        _, requests, _, logins = self.process.stdout.readline().split()
        return int(requests), int(logins)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.process.stdin.close()
        self.process.stdout.close()


class HostileEquipment(EquipmentTestCase):
    def setUp(self):
        super().setUp()
        self.good = self.simulate("hikvision")
        self.add(self.good, "NVR-GOOD")
        self.victim = self.simulate("hikvision", "--serial", "VICTIM0000001")

    def start_hostile(self, mode, *more):
        hostile = Hostile(mode, self.victim.url, self.scratch / "hostile", *more)
        self.addCleanup(hostile.stop)
        self.add(self.victim, "NVR-BAD", "hikvision", "--set", f"time-limit={TIME_LIMIT}", "--set",
                 "size-limit=8", url=hostile.url)
        return hostile

    def capture_all(self):
        """Status, standard output and error, seconds of nobody's business, and the peak memory in KiB."""
        process = self.start("capture", "--all", "--json",
                             env={"COFFRE_REPO": self.repo, "COFFRE_KEY_FILE": self.key})
        out, err = process.stdout.read(), process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        process.stderr.close()
        self.assertLess(usage.ru_maxrss, MEMORY_MAX)
        self.assertNotIn(b"\x1b", out + err)
        return process.returncode, out, err

    def suffer(self, mode, *more):
        """The bad one fails, wholly or in part, and says so in a line each; the good one is stored."""
        hostile = self.start_hostile(mode, *more)
        status, out, err = self.capture_all()
        self.assertEqual(status, 3, err)
        result = json.loads(out)
        good = [s for s in result["snapshots"] if s["equipment"] == "NVR-GOOD"]
        self.assertEqual([s["complete"] for s in good], [True])
        self.assertEqual({f["equipment"] for f in result["failed"]}, {"NVR-BAD"})
        for failed in result["failed"]:
            self.assertTrue(failed["error"] and "\n" not in failed["error"])
        for snapshot in result["snapshots"]:
            if snapshot["equipment"] == "NVR-BAD":
                self.assertFalse(snapshot["complete"])
        return hostile, result

    def test_a_body_without_end(self):
        self.suffer("endless", "--at", USERS)

    def test_one_byte_a_second(self):
        self.suffer("slow", "--at", USERS)

    def test_ten_gigabytes_of_compressed_zeros(self):
        self.suffer("zeros", "--at", USERS)

    def test_entities_that_expand_to_gigabytes(self):
        self.suffer("entities", "--at", USERS)

    def test_nesting_a_hundred_thousand_deep(self):
        self.suffer("nested", "--at", USERS)

    def test_headers_without_end(self):
        self.suffer("headers", "--at", USERS)

    def test_silence_after_the_first_question(self):
        self.suffer("silent", "--at", USERS)

    def test_a_page_for_people(self):
        self.suffer("html", "--at", USERS)

    def test_a_redirect_to_another_host_is_not_followed(self):
        elsewhere = self.simulate("hikvision")
        self.suffer("redirect", "--at", USERS, "--text", elsewhere.url + USERS)
        self.assertEqual(elsewhere.requests(), [])

    def test_another_certificate_in_the_middle(self):
        _, result = self.suffer("swap", "--good", "3")
        self.assertEqual([s["equipment"] for s in result["snapshots"]], ["NVR-GOOD"])

    def test_401_for_ever_gets_one_login(self):
        hostile, result = self.suffer("refuse")
        self.assertEqual([s["equipment"] for s in result["snapshots"]], ["NVR-GOOD"])
        self.assertLessEqual(hostile.count()[1], 1)

    def test_401_that_is_stale_for_ever_ends(self):
        hostile, _ = self.suffer("stale")
        self.assertLessEqual(hostile.count()[1], 3)

    def test_a_name_that_climbs_out_is_a_name(self):
        self.climb("traversal")

    def test_a_name_that_drives_a_terminal_comes_out_harmless(self):
        self.climb("escapes")

    def climb(self, mode):
        self.victim.ask("change", {"path": CHANNELS, "id": "1", "element": "name", "text": "NAMED-HERE"})
        self.start_hostile(mode, "--text", "NAMED-HERE")
        # It answers like any other: nothing here is about time.
        self.succeed("equipment", "edit", "NVR-BAD", "--set", "time-limit=60")
        before = {path for path in pathlib.Path("/etc").rglob("x")}
        status, out, err = self.capture_all()
        self.assertIn(status, (0, 3), err)
        for arguments in (["diff", "NVR-BAD"], ["search", "cameras/*/name"], ["log", "--changes"],
                          ["ls", "NVR-BAD"], ["show", "NVR-BAD"]):
            shown = self.run_coffre(*arguments)
            self.assertNotIn(b"\x1b", shown.out + shown.err)
            self.assertNotIn(b"\xc2\x9b", shown.out + shown.err)
        target = self.scratch / "out"
        self.restore("NVR-BAD", target)
        self.assertTrue(all(path.is_relative_to(target) for path in target.rglob("*")))
        self.assertEqual({path for path in pathlib.Path("/etc").rglob("x")}, before)


if __name__ == "__main__":
    unittest.main()
