#!/usr/bin/python3
"""What a vault is for, from end to end: a dead recorder, everything lost but a medium, somebody's mistake."""

import re
import shutil
import unittest

from coffre_cli import read_tree
from equipment_case import EquipmentTestCase

CHANNELS = "/ISAPI/ContentMgmt/InputProxy/channels"
USERS = "/ISAPI/Security/users"
TRACKS = "/ISAPI/ContentMgmt/record/tracks"
OLD, NEW = "DS-OLD00000000001", "DS-NEW00000000002"
LOOKED_AT = re.compile("<(name|userName|userLevel|ipAddress|Duration|PreRecordTimeSeconds)>([^<]*)<")
OBJECT_END = re.compile("</(?:InputProxyChannel|User|Track)>")
FACTORY = ({"path": CHANNELS, "id": "1", "element": "name", "text": "Camera 01"},
           {"path": CHANNELS, "id": "2", "element": "name", "text": "Camera 02"},
           {"path": USERS, "id": "2", "element": "userLevel", "text": "Administrator"})


class RecorderCase(EquipmentTestCase):
    """A recorder with one snapshot, the newest one when a test begins."""

    def setUp(self):
        super().setUp()
        self.old = self.simulate("hikvision", "--serial", OLD)
        self.add(self.old)
        self.take()
        self.snapshot = self.succeed_json("log", "-n", "1")["snapshots"][0]["commit"]
        self.was = self.seen(self.old)

    def seen(self, device):
        """What a technician would look at: cameras, users and recording rules, as the device tells them."""
        return {path: sorted(LOOKED_AT.findall(item)
                             for item in OBJECT_END.split(device.ask("get", {"path": path})["text"]))
                for path in (CHANNELS, USERS, TRACKS)}

    def assert_as_it_was(self, device, post, **options):
        self.assertEqual(self.seen(device), self.was)
        left = {change["category"] for change in self.changes(self.snapshot, post, **options)}
        self.assertEqual(left & {"cameras", "users", "rights", "recording"}, set())

    def replacement(self):
        """The same model, with another serial number and the settings of a factory."""
        device = self.simulate("hikvision", "--serial", NEW)
        for change in FACTORY:
            device.ask("change", change)
        self.assertNotEqual(self.seen(device), self.was)
        return device

    def restore_into(self, equipment, serial, *more, snapshot=None, **options):
        return self.succeed_json("restore", snapshot or self.snapshot, "--to-equipment", equipment,
                                 "--confirm-serial", serial, *more, **options)


class Recorder(RecorderCase):
    def test_proc_p2_replacement_device_with_another_serial(self):
        self.old.stop()
        self.assert_error(self.run_coffre("capture", "NVR-HALL"), 15)
        new = self.replacement()
        self.add(new, "NVR-SPARE")
        done = self.restore_into("NVR-SPARE", NEW)
        self.assertTrue(done["verified"], done)
        self.assertEqual((done["other_serial"], done["device"]["serial"]), (OLD, NEW))
        self.assertEqual(done["differences"], [])
        self.assert_as_it_was(new, done["post"])
        kinds = {one["name"]: one["kinds"][0] for one in self.succeed_json("log")["snapshots"]}
        self.assertEqual((kinds[done["pre"]], kinds[done["post"]]), ("PRE", "POST"))

    def test_proc_p1_the_time_to_recover_is_measured_and_told(self):
        self.old.ask("change", FACTORY[0])
        done = self.restore_into("NVR-HALL", OLD)
        self.assertGreater(done["seconds"], 0)
        self.assertTrue(done["verified"], done)

    def test_proc_p2_one_part_after_a_human_error(self):
        self.old.ask("remove", {"path": CHANNELS, "id": "2"})
        self.old.ask("change", {"path": USERS, "id": "2", "element": "userLevel", "text": "Administrator"})
        self.take()
        told = self.changes(self.snapshot, "NVR-HALL@latest")
        self.assertEqual({(change["kind"], change["path"]) for change in told if change["kind"] == "removed"},
                         {("removed", "cameras/2")})
        self.assertEqual({change["category"] for change in told}, {"cameras", "users"})
        before = self.seen(self.old)
        done = self.restore_into("NVR-HALL", OLD, "--only", "cameras")
        self.assertTrue(done["verified"], done)
        after = self.seen(self.old)
        self.assertEqual(after[CHANNELS], self.was[CHANNELS])
        self.assertEqual({path: after[path] for path in (USERS, TRACKS)},
                         {path: before[path] for path in (USERS, TRACKS)}, "the rest is left alone")
        left = {change["category"] for change in self.changes(self.snapshot, done["post"])}
        self.assertEqual(left, {"users"})


class MediumAlone(RecorderCase):
    """The collecting machine is lost with its keys and its state, and the cloud with it."""

    def setUp(self):
        super().setUp()
        self.words = self.succeed_json("key", "add", "--recovery-words")["recovery_words"]
        self.medium = self.scratch / "medium"
        self.medium.mkdir()
        self.succeed("remote", "add", "disk", self.medium, "--role", "physical")
        self.assertTrue(self.succeed_json("mirror")["ok"])
        self.restore(self.snapshot, self.scratch / "as-it-was")
        self.old.stop()
        for lost in (self.repo, self.scratch / "state", self.scratch / "cache", self.scratch / "home"):
            shutil.rmtree(lost)

    def machine(self, name, **secrets):
        """A new computer: nothing on it but what was brought from the safe."""
        home = self.scratch / name
        for folder in ("home", "state", "cache"):
            (home / folder).mkdir(parents=True)
        return {"HOME": home / "home", "XDG_STATE_HOME": home / "state", "COFFRE_CACHE_DIR": home / "cache",
                "COFFRE_KEY_FILE": None, "COFFRE_REPO": home / "repo", **secrets}

    def test_proc_p2_physical_medium_alone(self):
        new = self.replacement()
        by_file = self.scratch / "key-from-the-safe"
        shutil.move(self.key, by_file)
        for name, secret in (("by-words", {"COFFRE_PASSWORD": self.words}),
                             ("by-file", {"COFFRE_KEY_FILE": by_file})):
            with self.subTest(name):
                env = self.machine(name, **secret)
                listed = self.succeed_json("--repo", f"file://{self.medium}", "log", env=env)["snapshots"]
                self.assertIn(self.snapshot, [one["commit"] for one in listed])
                self.succeed("clone", self.medium, env["COFFRE_REPO"], env=env)
                self.succeed("verify", "--read-data", env=env)
                out = self.scratch / name / "out"
                self.restore(self.snapshot, out, env=env)
                self.assertEqual(read_tree(out), read_tree(self.scratch / "as-it-was"))
        env = self.machine("by-words-2", COFFRE_PASSWORD=self.words)
        self.succeed("clone", self.medium, env["COFFRE_REPO"], env=env)
        self.add(new, "NVR-SPARE", env=env)
        done = self.restore_into("NVR-SPARE", NEW, env=env)
        self.assertTrue(done["verified"], done)
        self.assert_as_it_was(new, done["post"], env=env)


if __name__ == "__main__":
    unittest.main()
