#!/usr/bin/python3
"""Sentences of the procedure as its users meet them, each test named for its sentence."""

import pathlib
import re
import shutil
import socket
import tempfile
import unittest

from coffre_cli import SharedRepositoryTestCase
from equipment_case import EquipmentTestCase
from remote_case import RemoteTestCase, stored_files

NAME = re.compile(r"CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_\d{8}_\d{4}_(HEBDO|PRE|POST)(~[0-9a-f]{8})?")
MARKERS = [b"camera-of-the-vault-room", b"guard:$6$not-for-others"]


class Names(SharedRepositoryTestCase):
    def init(self, *more, **options):
        return super().init(*more, **{"client": "CLIEXEMP", "site": "SIEGEPARIS", **options})

    def setUp(self):
        super().setUp()
        self.tree = self.write("tree/config.xml", b"<camera/>\n").parent

    def capture_as(self, kind, *more):
        return self.capture(self.tree, "NVR-HALL", "--kind", kind, *more)["snapshots"][0]["name"]

    def test_proc_1_4_one_before_and_one_after_bear_it_in_their_names(self):
        for kind, word in (("PRE", "pré-modification"), ("POST", "post-modification")):
            # The word of the document is the kind's name too.
            for asked in (kind, word):
                name = self.capture_as(asked)
                self.assertEqual(NAME.fullmatch(name)[1], kind)
                newest = self.succeed_json("log", "--kind", asked)["snapshots"][0]
                self.assertEqual((newest["name"], newest["kinds"][0]), (name, kind))
                listed = self.succeed("log", "--kind", kind, env={"COFFRE_LANG": "fr"}).out.decode()
                self.assertIn(name, listed)

    def test_proc_1_4_a_file_named_by_hand_with_the_words_of_the_document_is_one(self):
        for word, kind in (("PRE-MODIFICATION", "PRE"), ("post-modification", "POST")):
            path = self.write(f"CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_20250510_0300_{word}.bak", b"by hand")
            done = self.succeed_json("import", path)["imported"][0]
            self.assertTrue(done["name"].endswith("_20250510_0300_" + kind), done)

    def test_proc_4_3_every_snapshot_has_the_standard_name_in_the_time_of_its_site(self):
        for at, stamp in (("2025-05-10T01:00:00Z", "20250510_0300"),
                          ("2025-01-10T23:30:00Z", "20250111_0030")):
            name = self.capture_as("HEBDO", "--at", at)
            self.assertEqual(name, f"CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_{stamp}_HEBDO")

    def test_proc_4_3_two_captures_of_one_minute_are_both_kept_and_told_apart(self):
        at = "2025-05-10T01:00:00Z"
        first = self.capture_as("HEBDO", "--at", at)
        self.write("tree/config.xml", b"<camera name='new'/>\n")
        self.capture_as("HEBDO", "--at", at)
        names = [one["name"] for one in self.succeed_json("log")["snapshots"]]
        self.assertEqual(len(set(names)), 2)
        for name in names:
            self.assertTrue(name.startswith(first + "~"), name)
            self.assertTrue(self.succeed("cat", f"{name}:config.xml").out.startswith(b"<camera"))

    def test_proc_4_3_a_name_that_breaks_the_fields_is_refused(self):
        for name in ("NVR_HALL", "NVR HALL", "../NVR", "-NVR", "CON", "NVR\u202eHALL", ""):
            result = self.run_coffre("capture", name, "--type", "NVR", "--from", self.tree)
            self.assert_error(result, 2)


class Stored(RemoteTestCase):
    """What lies in the repository, in a cloud and on a medium, and what went over the wire."""

    def fill(self):
        for number, marker in enumerate(MARKERS):
            self.write(f"tree/part{number}.cfg", marker + b"\n")
        self.capture(self.scratch / "tree", "NVR-HALL")

    def assert_sealed(self, files, where):
        self.assertGreater(len(files), 3, where)
        words = [*MARKERS, b"NVR-HALL", b"part0.cfg", b"ACME", b"PARIS"]
        for name, body in files.items():
            for word in words:
                self.assertNotIn(word, body, f"{where}: {name}")

    def test_proc_2_1_nothing_is_stored_or_sent_that_was_not_sealed_before(self):
        server = self.bucket()
        self.add_bucket(server)
        medium = self.add_medium()
        self.mirror()
        self.assert_sealed(stored_files(self.repo), "here")
        self.assert_sealed(self.bucket_files(server), "in the cloud")
        self.assert_sealed(stored_files(medium), "on the medium")

    def test_proc_2_1_every_pack_batch_and_slot_says_that_it_is_aes_256_gcm(self):
        # The byte of the suite: 1 is AES-256-GCM, and there is no other (docs/format.md).
        self.assertIn(b'"suite":1', (self.repo / "coffre.json").read_bytes())
        for folder, place in (("packs", 9), ("journal", 8), ("keys", 10)):
            files = sorted((self.repo / folder).iterdir())
            self.assertTrue(files, folder)
            for path in files:
                self.assertEqual(path.read_bytes()[place], 1, path)

    def test_proc_2_1_another_suite_is_refused_not_followed(self):
        path = self.repo / "coffre.json"
        path.chmod(0o600)
        path.write_bytes(path.read_bytes().replace(b'"suite":1', b'"suite":2'))
        before = stored_files(self.repo)
        result = self.run_coffre("capture", "NVR-HALL", "--from", self.scratch / "tree")
        self.assert_error(result, 13, "coffre.json")
        self.assertEqual(stored_files(self.repo), before)


class Places(RemoteTestCase):
    def clear_folder(self):
        """On the disk of this machine, which says of itself that it is not encrypted or nothing at all."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="coffre-test-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, folder)
        if self.run_coffre("restore", "NVR1", "--to", folder / "probe").status != 16:
            self.skipTest("/var/tmp is on no ordinary disk here")
        return folder

    def test_proc_2_3_a_snapshot_is_protected_once_cloud_and_medium_were_read_back(self):
        server = self.bucket()
        self.add_bucket(server)
        self.add_medium()
        self.mirror("--no-read-back")
        protected = lambda: self.succeed_json("log", "-n", "1")["snapshots"][0]["protected"]  # noqa: E731
        self.assertFalse(protected(), "sent, and not read back")
        self.mirror("disk")
        self.assertFalse(protected(), "read back at one of two")
        self.mirror()
        self.assertTrue(protected())

    def test_proc_2_3_the_collecting_machine_is_no_place(self):
        self.add_medium()
        self.mirror()
        self.assertFalse(self.succeed_json("log", "-n", "1")["snapshots"][0]["protected"])

    def test_proc_2_3_of_a_medium_that_is_not_known_to_be_encrypted_it_is_said_and_the_reason_kept(self):
        folder = self.clear_folder()
        told = self.succeed("remote", "add", "disk", folder, "--role", "physical").err
        self.assertIn(b"encrypted", told)
        self.succeed("remote", "add", "disk-b", self.clear_folder(), "--role", "physical",
                     "--set", "unencrypted-reason=new one is ordered")
        shown = self.succeed_json("remote", "show", "disk-b")["remotes"][0]
        self.assertEqual(shown["settings"]["unencrypted-reason"], "new one is ordered")


class Clear(EquipmentTestCase):
    def test_proc_2_2_a_clear_protocol_is_refused_before_a_byte_is_sent(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.add(self.simulate("hikvision"), url=url)
        for command in (("capture", "NVR-HALL"), ("equipment", "test", "NVR-HALL")):
            self.assert_error(self.run_coffre(*command), 16, url)
        # Whoever had connected would wait to be accepted.
        listener.setblocking(False)
        with self.assertRaises(BlockingIOError):
            listener.accept()
        self.assertEqual(self.succeed_json("log")["snapshots"], [])

    def test_proc_2_2_why_clear_text_is_safe_at_an_equipment_is_kept_with_it(self):
        device = self.simulate("hikvision")
        self.add(device, "NVR-HALL", "hikvision", "--set", "clear-reason=direct cable",
                 url="http://127.0.0.1:1")
        self.assertEqual(self.run_coffre("capture", "NVR-HALL").status, 15)
        settings = self.succeed_json("equipment", "list")["equipment"][0]["settings"]
        self.assertEqual(settings["clear-reason"], "direct cable")

    def test_proc_2_2_a_clear_place_of_copies_is_refused(self):
        for url in ("s3+http://vault.example.org/bucket", "webdav+http://vault.example.org/site"):
            result = self.run_coffre("remote", "add", "cloud", url, "--role", "cloud", "--set", "country=FR")
            self.assert_error(result, 16, "vault.example.org")

    def test_proc_2_2_another_certificate_than_the_pinned_one_is_sent_nothing(self):
        device = self.simulate("hikvision")
        self.add(device)
        self.take()
        other = self.simulate("hikvision")
        self.succeed("equipment", "edit", "NVR-HALL", "--set", f"url={other.url}")
        self.assert_error(self.run_coffre("capture", "NVR-HALL"), 16, "127.0.0.1")
        self.assertEqual(other.requests(), [])


if __name__ == "__main__":
    unittest.main()
