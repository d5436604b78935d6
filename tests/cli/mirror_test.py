#!/usr/bin/python3
"""Copies at other places: what a mirror brings where, and what it does not."""

import hashlib
import json
import shutil
import subprocess
import unittest


from coffre_cli import EXE, PASSPHRASE, read_tree
from remote_case import REGION, RemoteTestCase, fake_s3, stored_files


class Mirror(RemoteTestCase):
    def test_a_mirror_holds_the_same_files(self):
        server = self.bucket()
        self.add_bucket(server)
        report = self.mirror()
        self.assertTrue(report["ok"])
        self.assertTrue(report["recorded"])
        self.assertEqual(self.bucket_files(server), stored_files(self.repo))

    def test_nothing_new_costs_one_listing_and_records_nothing(self):
        server = self.bucket()
        self.add_bucket(server)
        self.mirror()
        before = len(server.log)
        report = self.mirror()
        self.assertEqual([entry["type"] for entry in server.log[before:]], ["list"])
        self.assertEqual((report["uploaded_files"], report["downloaded_files"], report["recorded"]),
                         (0, 0, False))

    def test_without_a_key_it_copies_checks_and_says_that_nothing_is_recorded(self):
        server = self.bucket()
        self.add_bucket(server)
        result = self.succeed("mirror", env={"COFFRE_KEY_FILE": None})
        self.assertIn("not recorded", result.out.decode())
        self.assertEqual(self.bucket_files(server), stored_files(self.repo))
        self.assertEqual(self.succeed_json("log")["snapshots"][0]["locations"][0]["state"], "absent")

    def test_a_remote_without_a_key_is_known_to_this_machine_alone(self):
        server = self.bucket()
        result = self.add_bucket(server, env={"COFFRE_KEY_FILE": None})
        self.assertIn("this machine alone", result.err.decode())
        self.assertTrue(self.mirror(env={"COFFRE_KEY_FILE": None})["ok"])
        self.assertEqual(self.bucket_files(server), stored_files(self.repo))

    def test_each_snapshot_is_absent_then_sent_then_verified(self):
        server = self.bucket()
        self.add_bucket(server)
        state = lambda: self.succeed_json("log", "-n", "1")["snapshots"][0]["locations"]  # noqa: E731
        self.assertEqual(state(), [{"remote": "cloud", "role": "cloud", "state": "absent"}])
        self.mirror("--no-read-back")
        self.assertEqual(state()[0]["state"], "sent")
        self.mirror()
        self.assertEqual(state()[0]["state"], "verified")

    def test_proc_2_3_protected_is_verified_at_a_cloud_and_at_a_medium(self):
        server = self.bucket()
        self.add_bucket(server)
        self.mirror()
        self.assertFalse(self.succeed_json("log", "-n", "1")["snapshots"][0]["protected"])
        self.add_medium()
        self.mirror()
        snapshots = self.succeed_json("log")["snapshots"]
        self.assertEqual([one["protected"] for one in snapshots], [True, True])
        self.assertIn("protected", self.succeed("log").out.decode())
        self.capture(self.scratch / "tree")
        self.assertFalse(self.succeed_json("log", "-n", "1")["snapshots"][0]["protected"])

    def test_what_is_damaged_here_is_not_copied_and_no_snapshot_of_it_is_shown_there(self):
        server = self.bucket()
        self.add_bucket(server)
        pack = self.only(self.repo / "packs", "*.pack")
        body = bytearray(pack.read_bytes())
        body[len(body) // 2] ^= 1
        pack.chmod(0o600)
        pack.write_bytes(body)
        report = self.mirror(status=13)
        self.assertEqual([one["path"] for one in report["remotes"][0]["damaged"]], [f"packs/{pack.name}"])
        there = self.bucket_files(server)
        self.assertNotIn(f"packs/{pack.name}", there)
        self.assertFalse([name for name in there if name.startswith("journal/")])

    def test_what_is_damaged_there_is_not_brought_here(self):
        server = self.bucket()
        self.add_bucket(server)
        self.mirror()
        machine, copy = self.another_machine()
        name = next(name for name in server.objects() if "/packs/" in name)
        server.current(name).body = b"x" * len(server.current(name).body)
        result = self.run_bare("clone", self.direct_url(server), copy, env=machine)
        self.assert_error(result, 13, "packs/")
        self.assertFalse((copy / "coffre.json").exists())
        for path, body in stored_files(copy).items():
            self.assertEqual(body, stored_files(self.repo)[path])

    def test_what_is_damaged_there_is_found_and_put_right_from_here(self):
        server = self.bucket()
        self.add_bucket(server)
        self.mirror()
        name = next(name for name in server.objects() if "/packs/" in name)
        server.current(name).body = b"x" * len(server.current(name).body)
        self.assertEqual(self.succeed_json("verify", "--remote", "cloud", status=13)["ok"], False)
        self.assertEqual(self.newest_state(), "absent")
        self.mirror("--read-all")
        self.assertEqual(self.bucket_files(server), stored_files(self.repo))
        self.assertTrue(self.succeed_json("verify", "--remote", "cloud")["ok"])
        self.assertEqual(self.newest_state(), "verified")

    def test_another_sites_place_is_refused(self):
        server = self.bucket()
        self.add_bucket(server)
        self.mirror()
        self.repo, self.key = self.scratch / "repo2", self.scratch / "key2"
        self.init(site="LYON")
        before = self.bucket_files(server)
        result = self.run_coffre("remote", "add", "cloud", self.bucket_url(server), "--role", "cloud",
                                 "--set", f"region={REGION}", "--set",
                                 f"credentials-file={self.credentials}")
        self.assert_error(result, 16, "another repository")
        self.assertEqual(self.bucket_files(server), before)

    def test_one_dead_remote_does_not_stop_the_other(self):
        server = self.bucket()
        self.add_bucket(server)
        medium = self.add_medium()
        shutil.rmtree(medium)
        report = self.mirror(status=3)
        self.assertEqual([one["remote"] for one in report["failed"]], ["disk"])
        self.assertEqual(self.bucket_files(server), stored_files(self.repo))

    def test_no_remote_and_an_unknown_one_are_told(self):
        self.assert_error(self.run_coffre("mirror"), 2, "no remote")
        self.add_medium()
        self.assert_error(self.run_coffre("mirror", "cloud"), 1, "cloud")


class Retired(RemoteTestCase):
    def expire_much(self):
        for number in range(12):
            self.write("tree/config.xml", f"<camera number='{number}'/>\n" * 60)
            self.capture(self.scratch / "tree", "NVR1", "--at", f"2024-{number + 1:02}-10T03:00:00Z")

    def test_ten_mirrors_in_both_directions_bring_no_retired_file_back(self):
        server = self.bucket()
        self.add_bucket(server)
        self.expire_much()
        self.mirror()
        machine, copy = self.another_machine()
        self.run_bare("clone", self.direct_url(server), copy, env={**machine, "COFFRE_KEY_FILE": self.key})
        self.assertGreater(len(self.collect()["expired"]), 3)
        kept = {name for name in stored_files(self.repo) if name.startswith(("packs/", "journal/"))}
        retired = {name for name in stored_files(copy) if name.startswith(("packs/", "journal/"))} - kept
        self.assertTrue(retired)
        other = {**machine, "COFFRE_KEY_FILE": self.key}
        for turn in range(10):
            self.mirror()
            self.mirror(env=other if turn % 2 else {**machine, "COFFRE_KEY_FILE": None})
            here = set(stored_files(self.repo))
            self.assertFalse(here & retired, f"turn {turn}")
        self.assertEqual(self.names(), self.names(env=other))
        self.assert_whole()

    def test_only_prune_removes_there_what_gc_removed_here(self):
        server = self.bucket()
        self.add_bucket(server)
        self.expire_much()
        self.mirror()
        self.collect()
        report = self.mirror()
        self.assertEqual(report["deleted_files"], 0)
        extra = set(self.bucket_files(server)) - set(stored_files(self.repo))
        self.assertTrue(extra)
        self.assert_error(self.run_coffre("mirror", "--prune", env={"COFFRE_KEY_FILE": None}), 12, "key")
        self.assertEqual(set(self.bucket_files(server)) - set(stored_files(self.repo)), extra)
        report = self.mirror("--prune")
        self.assertEqual(report["deleted_files"], len(extra))
        self.assertEqual(self.bucket_files(server), stored_files(self.repo))

    def test_one_without_the_right_to_collect_removes_nothing(self):
        server = self.bucket()
        self.add_bucket(server)
        self.mirror()
        actor = next(one for one in self.succeed_json("actor", "list")["actors"] if one["this_machine"])
        self.succeed("actor", "admit", actor["id"], "--name", "clerk", "--right", "write")
        self.assert_error(self.run_coffre("mirror", "--prune"), 16, "right")

    def test_a_removed_key_slot_does_not_come_back(self):
        server = self.bucket()
        self.add_bucket(server)
        self.write("second", "another good passphrase\n")
        slot = self.succeed_json("key", "add", "--new-password-file", self.scratch / "second")["added"]
        self.mirror()
        before = set(stored_files(self.repo))
        self.succeed("key", "remove", slot)
        gone = before - set(stored_files(self.repo))
        self.assertEqual(len(gone), 1)
        for env in ({}, {"COFFRE_KEY_FILE": None}):
            self.mirror(env=env)
            self.assertFalse(gone & set(stored_files(self.repo)))

    def test_a_forged_retired_list_retires_nothing(self):
        server = self.bucket()
        self.add_bucket(server)
        self.mirror()
        victim = next(name for name in stored_files(self.repo) if name.startswith("packs/"))
        forged = json.dumps({"list": json.dumps({"format": 1, "generation": 9, "names": [victim]}),
                             "actor": "ab" * 32, "signature": "cd" * 64}).encode()
        name = f"site/retired/{hashlib.sha256(forged).hexdigest()}.json"
        server.store(name, fake_s3.Version(forged, server.next_number()))
        self.mirror(status=13)
        machine, copy = self.another_machine()
        self.run_bare("clone", self.direct_url(server), copy, "--despite-damage", env=machine)
        self.assertIn(victim, stored_files(copy))

    def test_an_object_lock_is_understood_and_extended(self):
        server = self.bucket(object_lock=True, versioned=True)
        self.succeed("remote", "add", "cloud", self.bucket_url(server), "--role", "cloud", "--set",
                     f"region={REGION}", "--set", f"credentials-file={self.credentials}", "--set",
                     "lock-days=40", *self.quick)
        self.expire_much()
        self.mirror()
        self.assertEqual([name for name in server.objects() if not server.current(name).until], [])
        self.collect()
        self.mirror()
        result = self.succeed("mirror", "--prune")
        self.assertIn("protected", result.err.decode())
        self.assertTrue(set(self.bucket_files(server)) - set(stored_files(self.repo)))


class Several(RemoteTestCase):
    """Two technicians, each with a copy, who capture apart."""

    def apart(self, first_of):
        server = self.bucket()
        self.add_bucket(server)
        self.mirror()
        machines = {}
        for name in ("anna", "bruno"):
            machine, copy = self.another_machine(name)
            machines[name] = {**machine, "COFFRE_KEY_FILE": self.key}
            done = self.run_bare("clone", self.direct_url(server), copy, env=machines[name])
            self.assertEqual(done.status, 0, str(done))
            self.write(f"{name}-tree/config.xml", f"<by>{name}</by>\n" * 30)
            self.succeed("capture", "NVR1", "--from", self.scratch / f"{name}-tree", env=machines[name])
            self.succeed("capture", f"CAM-{name.upper()}", "--type", "CAM", "--from",
                         self.scratch / f"{name}-tree", env=machines[name])
        order = list(machines) if first_of == "anna" else list(machines)[::-1]
        for name in [*order, *order]:
            self.mirror(env=machines[name])
        return server, machines

    def test_in_either_order_both_lines_are_there(self):
        for first in ("anna", "bruno"):
            server, machines = self.apart(first)
            logs = [self.succeed_json("log", env=machine)["snapshots"] for machine in machines.values()]
            self.assertEqual([one["commit"] for one in logs[0]], [one["commit"] for one in logs[1]])
            self.assertEqual(len([one for one in logs[0] if one["equipment"] == "NVR1"]), 4)
            files = [stored_files(machine["COFFRE_REPO"]) for machine in machines.values()]
            self.assertEqual(files[0], files[1])
            self.assertEqual(self.bucket_files(server), files[0])
            for name, machine in machines.items():
                for one in logs[0]:
                    self.succeed("ls", one["commit"], env=machine)
                report = self.succeed_json("verify", "--read-data", env=machine)
                self.assertTrue(report["ok"], report)
            for name in machines:
                shutil.rmtree(self.scratch / name)
            self.succeed("remote", "remove", "cloud")


class SetBack(RemoteTestCase):
    def newest_batch(self, server, before):
        return next(name for name in server.objects() if "/journal/" in name and name not in before)

    def test_a_remote_that_lost_what_was_seen_there_is_told_and_filled_again(self):
        server = self.bucket()
        self.add_bucket(server)
        self.mirror()
        victim = next(name for name in server.objects() if "/packs/" in name)
        server.delete(victim, {})
        report = self.mirror(status=13)
        self.assertEqual(report["remotes"][0]["missing"], [victim[len("site/"):]])
        self.assertEqual(self.bucket_files(server), stored_files(self.repo))
        self.mirror()

    def test_an_old_state_put_back_is_told_by_whoever_saw_the_new_one(self):
        server = self.bucket()
        self.add_bucket(server)
        self.mirror()
        old = dict(server.objects())
        self.capture(self.scratch / "tree")
        self.mirror()
        for name in set(server.objects()) - set(old):
            server.delete(name, {})
        result = self.run_bare("--repo", self.direct_url(server), "log", env={"COFFRE_KEY_FILE": self.key})
        self.assert_error(result, 13, "saw there before")
        read = self.run_bare("--repo", self.direct_url(server), "log", "--despite-damage",
                             env={"COFFRE_KEY_FILE": self.key})
        self.assertIn(b"saw there before", read.err)
        self.assertTrue(read.out)

    def test_without_a_key_it_is_told_as_well(self):
        server = self.bucket()
        self.add_bucket(server)
        self.mirror(env={"COFFRE_KEY_FILE": None})
        victim = next(name for name in server.objects() if "/journal/" in name)
        server.delete(victim, {})
        self.mirror(status=13, env={"COFFRE_KEY_FILE": None})

    def test_a_copy_that_was_set_back_here_writes_nothing_until_a_mirror_brings_it_up(self):
        server = self.bucket()
        self.add_bucket(server)
        self.mirror()
        shutil.copytree(self.repo, self.scratch / "old")
        self.capture(self.scratch / "tree")
        self.mirror()
        shutil.rmtree(self.repo)
        shutil.move(self.scratch / "old", self.repo)
        result = self.run_coffre("capture", "NVR1", "--from", self.scratch / "tree")
        self.assert_error(result, 13, "older than what this machine wrote")
        self.mirror()
        self.capture(self.scratch / "tree")
        self.assert_whole()

    def test_a_fork_of_a_stream_is_told(self):
        server = self.bucket()
        self.add_bucket(server)
        self.mirror()
        # The whole machine, copied as a virtual one may be: both go on with the same key.
        for name in ("state", "cache", "repo"):
            shutil.copytree(self.scratch / name, self.scratch / "twin" / name)
        twin = {"XDG_STATE_HOME": self.scratch / "twin/state",
                "COFFRE_CACHE_DIR": self.scratch / "twin/cache", "COFFRE_REPO": self.scratch / "twin/repo"}
        self.capture(self.scratch / "tree")
        self.mirror()
        self.write("tree/users.json", "{}")
        self.capture(self.scratch / "tree", env=twin)
        self.assertEqual(self.run_coffre("mirror", env=twin).status, 13)


class Clone(RemoteTestCase):
    def test_a_clone_restores_byte_for_byte_with_the_passphrase_alone(self):
        server = self.bucket()
        self.add_bucket(server)
        self.mirror()
        machine, copy = self.another_machine()
        empty = {**machine, "COFFRE_PASSWORD": PASSPHRASE}
        done = self.run_bare("clone", self.direct_url(server), copy, env=empty)
        self.assertEqual(done.status, 0, str(done))
        self.assertIn(b"NVR1", done.out)
        self.assertIn(b"0 days old", done.out)
        self.assert_restores("NVR1", self.scratch / "tree", env={**empty, "COFFRE_KEY_FILE": None})

    def test_a_clone_needs_no_key(self):
        server = self.bucket()
        self.add_bucket(server)
        self.mirror()
        machine, copy = self.another_machine()
        self.assertEqual(self.run_bare("clone", self.direct_url(server), copy, env=machine).status, 0)
        self.assertEqual(stored_files(copy), self.bucket_files(server))
        self.assertTrue(self.mirror(env={**machine, "COFFRE_KEY_FILE": None})["ok"])

    def test_a_folder_that_holds_something_else_is_left_alone(self):
        server = self.bucket()
        self.add_bucket(server)
        self.mirror()
        self.write("taken/file", "mine")
        result = self.run_bare("clone", self.direct_url(server), self.scratch / "taken")
        self.assert_error(result, 1, "not empty")
        self.assertEqual(read_tree(self.scratch / "taken"), {b"file": ("file", False, b"mine")})

    def test_an_older_copy_than_expected_is_refused(self):
        server = self.bucket()
        self.add_bucket(server)
        self.mirror()
        actor = next(one for one in self.succeed_json("actor", "list")["actors"] if one["this_machine"])
        for number, status in ((1, 0), (actor["batches"], 0), (actor["batches"] + 1, 13)):
            machine, copy = self.another_machine(f"m{number}")
            env = {**machine, "COFFRE_KEY_FILE": self.key}
            done = self.run_bare("clone", self.direct_url(server), copy, "--expect",
                                 f"{actor['id'][:16]}:{number}", env=env)
            self.assertEqual(done.status, status, str(done))

    def test_a_repository_is_read_where_it_lies_and_never_written_there(self):
        server = self.bucket()
        self.add_bucket(server)
        self.mirror()
        before = self.bucket_files(server)
        machine, _ = self.another_machine()
        there = {**machine, "COFFRE_REPO": self.direct_url(server), "COFFRE_KEY_FILE": self.key}
        self.assertEqual(self.names(env=there), self.names())
        self.succeed("ls", "NVR1", env=there)
        self.assertTrue(self.succeed_json("verify", "--read-data", env=there)["ok"])
        self.assert_restores("NVR1", self.scratch / "tree", env=there)
        self.assert_error(self.run_bare("capture", "NVR1", "--from", self.scratch / "tree", env=there), 16,
                          "only read")
        self.assertEqual(self.bucket_files(server), before)


class Residency(RemoteTestCase):
    def add(self, url, *settings):
        return self.run_coffre("remote", "add", "cloud", url, "--role", "cloud",
                               *[word for one in settings for word in ("--set", one)])

    def test_proc_2_3_a_region_outside_the_policy_is_refused_before_a_byte_is_sent(self):
        server = self.bucket()
        for region in ("us-east-1", "nl-ams"):
            result = self.add(self.bucket_url(server), f"region={region}",
                              f"credentials-file={self.credentials}")
            self.assert_error(result, 16, region)
        self.assertEqual(server.log, [])

    def test_proc_2_3_a_host_of_which_nothing_is_known_is_refused(self):
        result = self.add("sftp://vault.example.net/site")
        self.assert_error(result, 16, "vault.example.net")
        self.assert_error(self.add("sftp://vault.example.net/site", "country=US"), 16, "US")

    def test_the_place_is_judged_before_credentials_are_asked_for(self):
        result = self.add("s3://s3.example.net/bucket", "region=us-east-1")
        self.assert_error(result, 16, "us-east-1")

    def test_a_redirect_elsewhere_is_not_followed(self):
        elsewhere = self.bucket()
        for fault in (f"any:redirect@http://127.0.0.1:{elsewhere.port}/:1:0", "any:301@us-east-1:1:0"):
            server = self.bucket(faults=[fault])
            self.run_coffre("remote", "remove", "cloud")
            result = self.add(self.bucket_url(server), f"region={REGION}",
                              f"credentials-file={self.credentials}", "retries=0")
            if "301" in fault:
                self.assert_error(result, 16, "us-east-1")
        self.assertEqual([one for one in elsewhere.log if one.get("status") == 200 and "us-" in str(one)], [])

    def test_the_policy_says_what_is_allowed(self):
        server = self.bucket()
        self.write("policy.toml", 'reference = "TEST-1"\nresidency = ["nl-ams"]\n[months]\n'
                                  "HEBDO = 3\nMENSUEL = 12\nPRE = 6\nPOST = 6\n")
        self.succeed("policy", "set", self.scratch / "policy.toml")
        self.assert_error(self.add(self.bucket_url(server), f"region={REGION}",
                                   f"credentials-file={self.credentials}"), 16, REGION)
        self.assertEqual(server.log, [])


class Secrets(RemoteTestCase):
    def test_credentials_are_nowhere_but_where_they_were(self):
        server = self.bucket()
        self.add_bucket(server)
        self.mirror("-v")
        result = self.run_coffre("mirror", "-v", env={"COFFRE_LANG": "fr"})
        self.assertNotIn(fake_s3.SECRET_KEY.encode(), result.out + result.err)
        done = subprocess.run(["grep", "-rl", fake_s3.SECRET_KEY, str(self.scratch)], capture_output=True,
                              check=False)
        self.assertEqual(done.stdout.decode().split(), [str(self.credentials)])

    def test_a_password_in_an_address_is_refused_and_not_told_back(self):
        result = self.run_coffre("remote", "add", "cloud", "sftp://me:hunter2@127.0.0.1/x", "--role",
                                 "cloud")
        self.assert_error(result, 2)
        self.assertNotIn(b"hunter2", result.err)


class Media(RemoteTestCase):
    def test_a_medium_that_is_away_is_told_from_an_empty_one(self):
        medium = self.add_medium()
        self.mirror()
        medium.rename(self.scratch / "away")
        result = self.run_coffre("mirror")
        self.assert_error(result, 15, "medium-disk")
        medium.mkdir()  # where it is mounted, and nothing is
        self.assert_error(self.run_coffre("mirror"), 15, "medium-disk")
        self.assertEqual(list(medium.iterdir()), [])
        medium.rmdir()
        (self.scratch / "away").rename(medium)
        self.assertTrue(self.mirror()["ok"])

    def test_two_disks_rotate_at_one_place(self):
        place = self.scratch / "usb"
        drawers = {}
        for name in ("disk-a", "disk-b"):
            place.mkdir()
            self.succeed("remote", "add", name, place, "--role", "physical")
            drawers[name] = self.scratch / f"drawer-{name}"
            place.rename(drawers[name])
        for name in ("disk-a", "disk-b", "disk-a"):
            drawers[name].rename(place)
            self.assertEqual(self.mirror(name)["remotes"][0]["verified"], True)
            other = "disk-b" if name == "disk-a" else "disk-a"
            self.assert_error(self.run_coffre("mirror", other), 15, other)
            place.rename(drawers[name])
            self.capture(self.scratch / "tree")

    def test_another_sites_medium_is_refused(self):
        medium = self.add_medium()
        self.mirror()
        self.repo, self.key = self.scratch / "repo2", self.scratch / "key2"
        self.init(site="LYON")
        result = self.run_coffre("remote", "add", "disk", medium, "--role", "physical")
        self.assert_error(result, 16)

    def test_custody_is_a_log_of_where_a_medium_was(self):
        self.add_medium()
        self.succeed("remote", "move", "disk", "safe of the agency", "-m", "weekly rotation")
        self.succeed("remote", "move", "disk", "technician's van")
        custody = self.succeed_json("remote", "show", "disk")["remotes"][0]["custody"]
        self.assertEqual([one["place"] for one in custody], ["technician's van", "safe of the agency", ""])
        self.assertEqual(custody[1]["message"], "weekly rotation")
        self.assertIn("safe of the agency", self.succeed("remote", "show", "disk").out.decode())

    def test_the_medium_carries_what_restores_from_it(self):
        medium = self.add_medium()
        self.mirror()
        kit = medium / "restore-kit"
        done = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=kit, check=False)
        self.assertEqual(done.returncode, 0)
        done = subprocess.run([kit / "coffre", "--repo", medium, "log"], capture_output=True, check=False,
                              env=self.with_environment({"COFFRE_KEY_FILE": self.key}))
        self.assertIn(b"NVR1", done.stdout, done.stderr)


class Actors(RemoteTestCase):
    def test_one_that_was_removed_counts_no_more_and_what_it_wrote_before_stays(self):
        machine, copy = self.copy_for("old-laptop")
        laptop = {**machine, "COFFRE_KEY_FILE": self.key}
        self.succeed("capture", "CAM1", "--type", "CAM", "--from", self.scratch / "tree", env=laptop)
        medium = self.add_medium()
        shutil.copytree(copy, self.repo, dirs_exist_ok=True)
        actors = self.succeed_json("actor", "list")["actors"]
        gone = next(one for one in actors if not one["this_machine"])
        self.succeed("actor", "remove", gone["id"][:12], "-m", "stolen")
        self.succeed("capture", "CAM1", "--from", self.scratch / "tree", env=laptop)
        shutil.copytree(copy, self.repo, dirs_exist_ok=True)
        log = self.succeed_json("log", "CAM1")["snapshots"]
        self.assertEqual(len(log), 1)
        self.assertIn("after it was removed", self.run_coffre("log").err.decode())
        self.assertTrue(medium.exists())

    def test_an_actor_is_admitted_with_the_rights_that_are_named(self):
        self.succeed("actor", "admit", "ab" * 32, "--name", "collector", "--right", "write")
        actor = next(one for one in self.succeed_json("actor", "list")["actors"] if one["id"] == "ab" * 32)
        self.assertEqual((actor["name"], actor["rights"]), ("collector", ["write"]))
        self.assert_error(self.run_coffre("actor", "admit", "xy", "--name", "n"), 2, "xy")
        self.assert_error(self.run_coffre("actor", "remove", "cdcdcdcd"), 1, "cdcdcdcd")


class Repair(RemoteTestCase):
    def damage(self, path):
        body = bytearray(path.read_bytes())
        body[len(body) // 2] ^= 1
        path.chmod(0o600)
        path.write_bytes(body)

    def test_what_is_damaged_or_missing_comes_back_from_a_remote(self):
        server = self.bucket()
        self.add_bucket(server)
        self.mirror()
        whole = stored_files(self.repo)
        self.damage(self.only(self.repo / "packs", "*.pack"))
        self.only(self.repo / "keys", "*.slot").unlink()
        for path in sorted((self.repo / "journal").glob("*.jrn"))[:2]:
            self.damage(path)
        report = self.succeed_json("repair")
        self.assertTrue(report["ok"], report)
        self.assertEqual({one["remote"] for one in report["repaired"]}, {"cloud"})
        self.assertEqual(stored_files(self.repo), whole)
        self.assert_whole()
        self.assertIn("nothing is damaged", self.succeed("repair").out.decode())

    def test_even_coffre_json_and_without_a_key(self):
        medium = self.add_medium()
        self.mirror()
        whole = stored_files(self.repo)
        self.damage(self.repo / "coffre.json")
        self.damage(self.only(self.repo / "packs", "*.pack"))
        self.succeed("repair", "--from", f"file://{medium}", env={"COFFRE_KEY_FILE": None})
        self.assertEqual(stored_files(self.repo), whole)

    def test_each_file_comes_from_whoever_holds_it_whole(self):
        server = self.bucket()
        self.add_bucket(server)
        medium = self.add_medium()
        self.mirror()
        packs = sorted((self.repo / "packs").glob("*.pack"))[:2]
        for pack in packs:
            self.damage(pack)
        server.current(f"site/packs/{packs[0].name}").body = b"?"
        self.damage(medium / "packs" / packs[1].name)
        report = self.succeed_json("repair")
        self.assertEqual({one["path"]: one["remote"] for one in report["repaired"]},
                         {f"packs/{packs[0].name}": "disk", f"packs/{packs[1].name}": "cloud"})
        self.assert_whole()

    def test_what_no_copy_holds_is_listed_with_its_snapshots(self):
        medium = self.add_medium()
        self.mirror()
        self.capture(self.scratch / "tree")
        before = set(stored_files(medium))
        newest = self.succeed_json("log", "-n", "1")["snapshots"][0]["name"]
        pack = next(name for name in stored_files(self.repo)
                    if name.startswith("packs/") and name not in before)
        self.damage(self.repo / pack)
        report = self.succeed_json("repair", status=13)
        self.assertEqual(report["left"], [pack])
        self.assertEqual(report["touched"], [newest])

    def test_a_dry_run_changes_nothing(self):
        self.add_medium()
        self.mirror()
        self.damage(self.only(self.repo / "packs", "*.pack"))
        damaged = stored_files(self.repo)
        self.assertEqual(len(self.succeed_json("repair", "--dry-run")["repaired"]), 1)
        self.assertEqual(stored_files(self.repo), damaged)


class Verify(RemoteTestCase):
    def test_without_a_key_names_are_held_against_content(self):
        server = self.bucket()
        self.add_bucket(server)
        self.mirror()
        self.assertTrue(self.succeed_json("verify", "--remote", "cloud", "--no-key")["ok"])
        name = next(name for name in server.objects() if "/journal/" in name)
        server.current(name).body = b"x" + server.current(name).body[1:]
        report = self.succeed_json("verify", "--remote", "cloud", "--no-key", status=13)
        self.assertEqual([one["path"] for one in report["errors"]], [name[len("site/"):]])

    def test_a_sample_looks_at_so_many(self):
        self.add_medium()
        self.mirror()
        self.assertEqual(self.succeed_json("verify", "--remote", "disk", "--sample", "3")["files"], 3)
        whole = self.succeed_json("verify", "--remote", "disk")["files"]
        self.assertEqual(self.succeed_json("verify", "--remote", "disk", "--sample", "50%")["files"],
                         (whole + 1) // 2)
        self.assert_error(self.run_coffre("verify", "--remote", "disk", "--sample", "much"), 2, "--sample")

    def test_with_a_key_everything_is_read_there(self):
        self.add_medium()
        self.mirror()
        report = self.succeed_json("verify", "--remote", "disk", "--read-data")
        self.assertTrue(report["ok"])
        self.assertGreater(report["objects"], 3)


assert EXE

if __name__ == "__main__":
    unittest.main()
