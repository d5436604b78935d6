#!/usr/bin/python3
"""A mirror against a server that fails, lies and breaks off, and a mirror that is killed at any moment.

Status 0 if and only if the state is really there; whatever happens, the next run without trouble ends in the
state of one that was never disturbed, and the remote shows no snapshot before all that it needs is there.
"""

import concurrent.futures
import os
import random
import shutil
import signal
import time
import unittest

from remote_case import REGION, RemoteTestCase, fake_s3, stored_files

SEED = int(os.environ.get("COFFRE_TEST_SEED", "20261126"))
WORKERS = 8  # they wait more than they work
TROUBLE = (3, 13, 14, 15, 16)
FAULTS = ("500", "502", "503", "429", "skew", "404", "409", "412", "drop", "error-200", "short", "truncated",
          "wrong-length", "reset-before", "reset@0", "reset@30", "reset@700", "stale", "repeat", "endless")
PLAIN = ("list", "head", "get", "put")
PARTS = ("create-multipart", "upload-part", "complete")


class Disturbed(RemoteTestCase):
    """Each run has a bucket of its own, and a copy of the machine's memory of it."""

    def setUp(self):
        super().setUp()
        self.server_of_memory = self.bucket()
        self.port = self.server_of_memory.port
        self.succeed("remote", "add", "cloud", self.bucket_url(self.server_of_memory), "--role", "cloud",
                     "--set", f"region={REGION}", "--set", f"credentials-file={self.credentials}", "--set",
                     "retries=2", "--set", "timeout=3")
        self.wanted = stored_files(self.repo)

    def machine(self, number, port):
        """A copy of this machine whose remote is the bucket at that port."""
        home = self.scratch / f"m{number}"
        for name in ("state", "cache", "repo"):
            shutil.copytree(self.scratch / name, home / name)
        machine = {"XDG_STATE_HOME": home / "state", "COFFRE_CACHE_DIR": home / "cache",
                   "COFFRE_REPO": home / "repo"}
        self.succeed("remote", "remove", "cloud", env=machine)
        self.succeed("remote", "add", "cloud", f"s3+http://127.0.0.1:{port}/{fake_s3.BUCKET}/site", "--role",
                     "cloud", "--set", f"region={REGION}", "--set", f"credentials-file={self.credentials}",
                     "--set", "retries=2", "--set", "timeout=3", env=machine)
        return machine, home

    def show_of(self, server):
        return self.bucket_files(server)

    def assert_no_early_snapshot(self, server, repo, context):
        """The journal there names nothing that is not there."""
        there = self.bucket_files(server)
        if any(name.startswith("journal/") for name in there):
            for name, body in stored_files(repo).items():
                if name.startswith(("packs/", "keys/", "coffre")):
                    self.assertEqual(there.get(name), body, f"{context}: {name}")

    def assert_as_undisturbed(self, server, machine, context):
        result = self.run_coffre("mirror", "--json", env=machine)
        self.assertEqual(result.status, 0, f"{context}: {result}")
        self.assertEqual(self.bucket_files(server), stored_files(machine["COFFRE_REPO"]), context)
        for snapshot in self.succeed_json("log", env=machine)["snapshots"]:
            self.assertEqual(snapshot["locations"][0]["state"], "verified", context)

    def one_fault(self, number, kind, fault, count):
        with fake_s3.FakeS3(region=REGION) as server:
            machine, home = self.machine(number, server.port)
            context = f"{kind}:{fault}:1:{count}"
            server.start_anew([context])
            result = self.run_coffre("mirror", "--json", env=machine)
            self.assertIn(result.status, (0, *TROUBLE), f"{context}: {result}")
            if result.status == 0:
                self.assertEqual(self.bucket_files(server), stored_files(home / "repo"), context)
                self.assertTrue(result.json["remotes"][0]["verified"], context)
            else:
                self.assertFalse(result.json.get("ok", False), context)
            self.assert_no_early_snapshot(server, home / "repo", context)
            server.faults = []
            self.assert_as_undisturbed(server, machine, context)
            shutil.rmtree(home)
            return context, result.status

    def matrix(self, kinds, faults=FAULTS):
        cases = [(kind, fault, count) for kind in kinds for fault in faults for count in (1, 0)]
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            jobs = [pool.submit(self.one_fault, i, *case) for i, case in enumerate(cases)]
            return dict(job.result() for job in jobs)


class Matrix(Disturbed):
    def test_every_fault_at_every_request(self):
        statuses = self.matrix(PLAIN)
        # One that passes is survived where it may be asked again, one that lasts is told.
        self.assertEqual([statuses[f"{kind}:503:1:1"] for kind in PLAIN], [0, 0, 0, 0])
        self.assertNotIn(0, [statuses[f"{kind}:503:1:0"] for kind in ("list", "get", "put")])
        self.assertNotEqual(statuses["put:drop:1:0"], 0)

    def test_every_fault_of_a_file_that_goes_in_parts(self):
        self.write("large/video.bin", random.Random(SEED).randbytes(18 << 20))
        self.capture(self.scratch / "large", "NVR2")
        statuses = self.matrix(PARTS, ("500", "503", "404", "412", "drop", "error-200", "short", "truncated",
                                       "wrong-length", "reset-before", "reset@30", "endless"))
        self.assertEqual([statuses[f"{kind}:503:1:1"] for kind in PARTS], [0, 0, 0])
        self.assertNotIn(0, [statuses[f"{kind}:500:1:0"] for kind in PARTS])


class Liars(RemoteTestCase):
    def many_files(self):
        for number in range(30):
            self.write("tree/config.xml", f"<camera number='{number}'/>\n")
            self.capture(self.scratch / "tree")

    def test_one_object_in_fifty_that_is_acknowledged_and_dropped_is_caught_in_every_run(self):
        self.many_files()
        for turn in range(5):
            server = self.bucket(faults=[f"put:drop:{number}" for number in range(1 + turn, 500, 50)])
            self.run_coffre("remote", "remove", "cloud")
            self.add_bucket(server)
            self.succeed("mirror", "--json")
            self.assertEqual(self.bucket_files(server), stored_files(self.repo), f"turn {turn}")
            self.assertTrue([one for one in server.log if one["fault"] == "drop"], f"turn {turn}")

    def test_what_is_cut_on_its_way_is_found_by_reading_it_back(self):
        server = self.bucket(checksums="none")
        self.add_bucket(server)
        kept, cut = server.store, []

        def store(key, version):
            if "/packs/" in key and not cut:
                cut.append(key)
                version.body = version.body[:len(version.body) // 2] + bytes(len(version.body) // 2)
            kept(key, version)

        server.store = store
        result = self.succeed("mirror", "--json")
        self.assertTrue(cut)
        self.assertIn(b"written there again", result.err)
        self.assertEqual(self.bucket_files(server), stored_files(self.repo))

    def test_a_full_remote_is_told_and_nothing_is_lost(self):
        server = self.bucket(faults=["put:error-200:4:0"])
        self.add_bucket(server)
        before = stored_files(self.repo)
        self.assertIn(self.run_coffre("mirror").status, TROUBLE)
        after = stored_files(self.repo)
        self.assertEqual({name: after.get(name) for name in before}, before)
        # What is new tells of the failure.
        self.assertTrue(all(name.startswith("journal/") for name in set(after) - set(before)))


class Killed(Disturbed):
    def test_killed_at_any_moment_and_run_again_it_ends_as_if_never_disturbed(self):
        draw = random.Random(SEED)
        with fake_s3.FakeS3(region=REGION) as server:
            machine, home = self.machine(0, server.port)
            start = time.monotonic()
            self.assertEqual(self.run_coffre("mirror", env=machine).status, 0)
            whole = time.monotonic() - start
            shutil.rmtree(home)
        moments = [draw.uniform(0, 1.1 * whole) for _ in range(100)]

        def run(number):
            with fake_s3.FakeS3(region=REGION) as server:
                machine, home = self.machine(1 + number, server.port)
                environment = {"COFFRE_KEY_FILE": self.key, **machine}
                process = self.start("mirror", env=environment)
                time.sleep(moments[number])
                process.send_signal(signal.SIGKILL)
                process.communicate()
                self.assert_no_early_snapshot(server, home / "repo", f"killed {number}")
                self.assert_as_undisturbed(server, machine, f"killed {number} after {moments[number]:.3f} s")
                shutil.rmtree(home)
                return process.returncode

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            ends = list(pool.map(run, range(len(moments))))
        self.assertGreater(ends.count(-signal.SIGKILL), 30)

    def test_connections_cut_at_any_point_are_survived_or_told(self):
        draw = random.Random(SEED + 1)

        def cut():
            how = draw.choice(["reset-before", f"reset@{draw.randrange(900)}"])
            return f"any:{how}:{draw.randrange(1, 45)}"

        cuts = [[cut() for _ in range(draw.randrange(1, 6))] for _ in range(100)]

        def run(number):
            with fake_s3.FakeS3(region=REGION) as server:
                machine, home = self.machine(number, server.port)
                server.start_anew(cuts[number])
                result = self.run_coffre("mirror", "--json", env=machine)
                self.assertIn(result.status, (0, *TROUBLE), str(result))
                if result.status == 0:
                    self.assertEqual(self.bucket_files(server), stored_files(home / "repo"), cuts[number])
                self.assert_no_early_snapshot(server, home / "repo", cuts[number])
                server.faults = []
                self.assert_as_undisturbed(server, machine, cuts[number])
                shutil.rmtree(home)

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(run, range(len(cuts))))


if __name__ == "__main__":
    unittest.main()
