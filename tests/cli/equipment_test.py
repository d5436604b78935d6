#!/usr/bin/python3
"""Equipments by their drivers, as a technician meets them: credentials, captures, what changed, restores."""

import hashlib
import json
import os
import pathlib
import ssl
import time
import unittest
import urllib.parse

from equipment_case import PASSWORD, EquipmentTestCase

CHANNELS = "/ISAPI/ContentMgmt/InputProxy/channels"
USERS = "/ISAPI/Security/users"
TRACKS = "/ISAPI/ContentMgmt/record/tracks"
DEVICE = "/ISAPI/System/deviceInfo"
SERIAL = "DS-TEST0000000001"


class Credentials(EquipmentTestCase):
    def fill(self):
        self.write("device-password", PASSWORD + "\n").chmod(0o600)

    def add_with(self, *more, env=None):
        return self.run_coffre("equipment", "add", "NVR-HALL", "--type", "NVR", "--driver", "hikvision",
                               "--set", "url=https://192.0.2.1", "--set", "user=coffre", *more, env=env)

    def test_a_secret_is_never_taken_as_an_argument(self):
        for more in (["--set", f"password={PASSWORD}"], ["--secret", f"password={PASSWORD}"]):
            result = self.add_with(*more)
            self.assert_error(result, 2)
            self.assertNotIn(PASSWORD.encode(), result.err)

    def test_a_secret_comes_from_a_file_or_a_variable_and_is_in_no_answer(self):
        for more, env in ((["--secret-file", f"password={self.scratch}/device-password"], None),
                          (["--secret-env", "password=DEVICE_PASSWORD"], {"DEVICE_PASSWORD": PASSWORD})):
            result = self.add_with(*more, env=env)
            self.assertEqual(result.status, 0, str(result))
            for arguments in (["list"], ["show", "NVR-HALL"]):
                for form in ([], ["--json"]):
                    shown = self.succeed("equipment", *arguments, *form)
                    self.assertNotIn(PASSWORD.encode(), shown.out + shown.err)
            self.assertEqual(self.succeed_json("equipment", "list")["equipment"][0]["secrets"], ["password"])
            self.succeed("equipment", "remove", "NVR-HALL")

    def test_what_is_no_secret_of_the_driver_is_refused(self):
        result = self.add_with("--secret-file", f"pin={self.scratch}/device-password")
        self.assert_error(result, 2, "pin")

    def test_an_empty_or_missing_secret_is_refused(self):
        self.assert_error(self.add_with("--secret-env", "password=NOT_THERE"), 2, "password")
        self.assert_error(self.add_with("--secret-file", f"password={self.scratch}/nothing"), 2, "nothing")

    def test_a_secret_can_be_taken_away_and_is_then_missed_before_anything_is_asked(self):
        self.assertEqual(self.add_with("--secret-file", f"password={self.scratch}/device-password").status, 0)
        self.succeed("equipment", "edit", "NVR-HALL", "--unset", "password")
        self.assertEqual(self.succeed_json("equipment", "list")["equipment"][0]["secrets"], [])
        self.assert_error(self.run_coffre("equipment", "test", "NVR-HALL"), 15, "password")

    def test_the_password_lies_in_no_file_of_this_machine(self):
        self.assertEqual(self.add_with("--secret-file", f"password={self.scratch}/device-password").status, 0)
        (self.scratch / "device-password").unlink()
        for folder, _, files in os.walk(self.scratch):
            for name in files:
                self.assertNotIn(PASSWORD.encode(), pathlib.Path(folder, name).read_bytes(), name)


class Capture(EquipmentTestCase):
    def setUp(self):
        super().setUp()
        self.device = self.simulate("hikvision", "--serial", SERIAL)

    def test_a_snapshot_bears_the_device_its_firmware_and_fingerprints(self):
        self.add(self.device)
        [name] = self.take()
        shown = self.succeed_json("show", name)
        self.assertEqual(shown["driver"].split()[0], "hikvision")
        self.assertEqual(shown["device"]["serial"], SERIAL)
        self.assertTrue(shown["device"]["model"] and shown["device"]["firmware"])
        self.assertLessEqual({"cameras", "users", "recording", "firmware", "version"},
                             set(shown["fingerprints"]))
        self.assertTrue(shown["complete"])

    def test_only_the_fingerprint_of_what_changed_changes(self):
        self.add(self.device)
        [first] = self.take()
        self.device.ask("change", {"path": USERS, "id": "2", "element": "userLevel", "text": "Administrator"})
        [second] = self.take(kind="POST")
        before, after = (self.succeed_json("show", name)["fingerprints"] for name in (first, second))
        self.assertEqual({key for key in before if before[key] != after[key]}, {"users"})

    def test_the_certificate_is_pinned_on_first_use_and_another_one_is_refused_before_any_request(self):
        self.add(self.device)
        result = self.succeed("equipment", "test", "NVR-HALL")
        self.assertIn(b"certificate-sha256", result.err)
        settings = self.succeed_json("equipment", "list")["equipment"][0]["settings"]
        self.assertEqual(len(settings["certificate-sha256"]), 64)
        other = self.simulate("hikvision")
        self.succeed("equipment", "edit", "NVR-HALL", "--set", f"url={other.url}")
        self.assert_error(self.run_coffre("capture", "NVR-HALL"), 16, "127.0.0.1")
        self.assertEqual(other.requests(), [])

    def test_a_clear_protocol_is_refused_unless_the_record_says_why(self):
        self.add(self.device, url="http://192.0.2.1")
        self.assert_error(self.run_coffre("capture", "NVR-HALL"), 16, "http://192.0.2.1")

    def test_an_equipment_that_is_off_is_unreachable_and_the_way_out_is_told(self):
        self.add(self.device, url="https://127.0.0.1:1")
        for arguments in (["capture", "NVR-HALL"], ["equipment", "test", "NVR-HALL"]):
            self.assert_error(self.run_coffre(*arguments), 15, "127.0.0.1:1")

    def test_a_wrong_password_is_tried_once(self):
        wrong = self.write("wrong", "no\n")
        wrong.chmod(0o600)
        self.add(self.device)
        self.succeed("equipment", "edit", "NVR-HALL", "--secret-file", f"password={wrong}")
        self.succeed("equipment", "edit", "NVR-HALL", "--set", "certificate-sha256=" + self.pin())
        self.assert_error(self.run_coffre("capture", "NVR-HALL"), 15, "coffre")
        self.assertLessEqual(len(self.device.requests()), 2)  # the question, and one answer to it

    def pin(self):
        place = urllib.parse.urlsplit(self.device.url)
        der = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((place.hostname, place.port)))
        return hashlib.sha256(der).hexdigest()

    def test_a_dead_equipment_fails_by_itself_and_the_others_are_stored(self):
        many = self.simulate("hikvision", "--dead", "1", count=4)
        for number, url in enumerate(many.urls):
            self.add(many, f"NVR-{number}", "hikvision", "--set", "time-limit=3", url=url)
        result = self.succeed_json("capture", "--all", status=3)
        self.assertEqual([s["equipment"] for s in result["snapshots"]], ["NVR-0", "NVR-2", "NVR-3"])
        self.assertEqual([(f["equipment"], f["path"]) for f in result["failed"]], [("NVR-1", "")])
        self.assertTrue(result["failed"][0]["error"])

    def test_test_tells_what_is_understood_and_how_far_the_driver_was_tried(self):
        self.add(self.device)
        [test] = self.succeed_json("equipment", "test", "NVR-HALL")["equipment"]
        self.assertTrue(test["ok"])
        self.assertEqual(test["device"]["serial"], SERIAL)
        self.assertGreater(test["items"]["cameras"], 0)
        self.assertIn(test["evidence"], ("real-product", "real-data", "documents"))
        self.assertTrue(test["restores"])
        self.assertEqual(self.succeed_json("log")["snapshots"], [])

    def test_learn_finds_nothing_where_nothing_changes_by_itself(self):
        self.add(self.device)
        self.assertEqual(self.succeed_json("equipment", "learn", "NVR-HALL", "--wait", "0")["volatile"], [])

    def test_learn_proposes_what_changed_and_then_it_is_no_change_any_more(self):
        self.add(self.device)
        [first] = self.take()
        whole = len(self.device.requests())
        learning = self.start("equipment", "learn", "NVR-HALL", "--wait", "3", "--apply", "--json",
                              env={"COFFRE_REPO": self.repo, "COFFRE_KEY_FILE": self.key})
        # The first of its captures is over when nothing more is asked.
        asked = 0
        while asked < whole + 5 or asked != len(self.device.requests()):
            asked = len(self.device.requests())
            time.sleep(0.3)
        self.device.ask("change", {"path": CHANNELS, "id": "1", "element": "name", "text": "Drifts"})
        out, err = learning.communicate(timeout=60)
        self.assertEqual(learning.returncode, 0, err)
        self.assertEqual(json.loads(out)["volatile"], ["cameras/1/name"])
        [second] = self.take(kind="POST")
        self.assertEqual(self.changes(first, second), [])


class EveryMake(EquipmentTestCase):
    """The same few steps with each driver that has a simulator: what its own tests promise holds here too."""

    makes = ("axis", "dahua", "frigate", "hikvision", "milestone", "onvif")

    def test_a_capture_is_complete_the_next_one_equal_and_its_restore_has_nothing_to_do(self):
        for make in self.makes:
            with self.subTest(make):
                device = self.simulate(make)
                name = f"DEVICE-{make}"
                self.add(device, name, make, "--set", "stage=test")
                [test] = self.succeed_json("equipment", "test", name)["equipment"]
                self.assertTrue(test["ok"], test)
                self.assertLessEqual({"identity", "cameras", "users"}, set(test["items"]))
                [first] = self.take(name)
                [second] = self.take(name, kind="POST")
                self.assertEqual(self.changes(first, second), [])
                self.assertTrue(self.succeed_json("show", first)["complete"])
                result = self.succeed_json("restore", first, "--to-equipment", name)
                self.assertEqual((result["plan"]["steps"], result["verified"]), ([], True))


class WhatChanged(EquipmentTestCase):
    def setUp(self):
        super().setUp()
        self.device = self.simulate("hikvision", "--serial", SERIAL)
        self.add(self.device)
        [self.first] = self.take()

    def change_name(self, text="Quai Nord", channel="1"):
        self.device.ask("change", {"path": CHANNELS, "id": channel, "element": "name", "text": text})

    def test_a_renamed_camera_is_one_change_of_its_name(self):
        self.change_name()
        [second] = self.take(kind="POST")
        [change] = self.changes(self.first, second)
        self.assertEqual((change["kind"], change["path"], change["after"], change["significant"]),
                         ("changed", "cameras/1/name", "Quai Nord", ["cameras"]))
        text = self.succeed("diff", self.first, second).out.decode()
        self.assertIn("Quai Nord", text)
        self.assertIn("Cameras", text)
        french = self.succeed("--lang", "fr", "diff", self.first, second).out.decode()
        self.assertIn("Caméras", french)
        self.assertIn("nom", french)

    def test_an_unchanged_equipment_is_no_change_though_its_export_is_encrypted_anew(self):
        [second] = self.take(kind="POST")
        self.assertEqual(self.changes(self.first, second), [])
        self.assertEqual(self.succeed("diff", self.first, second, "--exit-code").status, 0)

    def test_a_removed_user_and_a_camera_are_told_whole(self):
        self.device.ask("remove", {"path": CHANNELS, "id": "2"})
        [second] = self.take(kind="POST")
        removed = [change for change in self.changes(self.first, second) if change["kind"] == "removed"]
        self.assertIn("cameras/2", [change["path"] for change in removed])
        self.assertEqual(self.succeed("diff", self.first, second, "--exit-code", status=1).status, 1)

    def test_paths_of_the_model_narrow_the_difference(self):
        self.change_name()
        self.device.ask("change", {"path": USERS, "id": "2", "element": "userLevel", "text": "Administrator"})
        [second] = self.take(kind="POST")
        only = self.succeed("diff", self.first, second, "--json", "--", "users").json["changes"]
        self.assertEqual({change["category"] for change in only}, {"users"})

    def test_terminal_escapes_in_a_camera_name_come_out_harmless(self):
        self.change_name("\u009b2Jevil\u202e")
        [second] = self.take(kind="POST")
        for arguments in (["diff", self.first, second], ["log", "--changes"], ["search", "cameras/*/name"]):
            out = self.succeed(*arguments).out
            self.assertNotIn("\u009b".encode(), out)
            self.assertNotIn("\u202e".encode(), out)
            self.assertIn(b"evil", out)

    def test_log_tells_in_a_line_what_each_one_changed(self):
        self.change_name()
        self.take(kind="POST")
        lines = self.succeed("log", "--changes").out.decode().splitlines()
        self.assertIn("Quai Nord", lines[1])
        newest = self.succeed_json("log", "--changes")["snapshots"][0]
        self.assertEqual([change["path"] for change in newest["model_changes"]], ["cameras/1/name"])

    def test_blame_names_the_snapshot_that_last_set_a_value(self):
        self.change_name()
        [second] = self.take(kind="POST")
        self.take(kind="PRE")
        fields = {field["path"]: field["snapshot"]
                  for field in self.succeed_json("blame", "NVR-HALL:cameras/1")["fields"]}
        self.assertEqual(fields["cameras/1/name"], second)
        self.assertEqual(fields["cameras/1/address"], self.first)
        self.assert_error(self.run_coffre("blame", "NVR-HALL:cameras/99"), 1, "cameras/99")

    def test_search_finds_by_name_and_says_when_there_is_nothing(self):
        found = self.succeed_json("search", "users/*/name=admin")["found"]
        self.assertEqual([(f["equipment"], f["value"]) for f in found], [("NVR-HALL", "admin")])
        self.succeed("search", "users/*/name=nobody", status=1)
        self.assert_error(self.run_coffre("search", "nothing"), 2, "nothing")


class Restore(EquipmentTestCase):
    def setUp(self):
        super().setUp()
        self.device = self.simulate("hikvision", "--serial", SERIAL)
        self.add(self.device)
        [self.first] = self.take()

    def break_it(self):
        self.device.ask("change", {"path": CHANNELS, "id": "1", "element": "name", "text": "Broken"})
        self.device.ask("change", {"path": USERS, "id": "2", "element": "userLevel", "text": "Administrator"})

    def restore_into(self, *more, snapshot=None, equipment="NVR-HALL", status=0):
        return self.succeed_json("restore", snapshot or self.first, "--to-equipment", equipment, *more,
                                 status=status)

    def refused_into(self, *more):
        return self.run_coffre("restore", self.first, "--to-equipment", "NVR-HALL", *more)

    def test_the_plan_comes_first_and_a_dry_run_changes_nothing(self):
        self.break_it()
        self.device.ask("forget", {})
        result = self.restore_into("--dry-run")
        self.assertEqual({step["part"] for step in result["plan"]["steps"]}, {"cameras", "users"})
        self.assertEqual({method for method, _, _ in self.device.requests()}, {"GET"})
        self.assertEqual(len(self.succeed_json("log")["snapshots"]), 1)

    def test_production_needs_the_serial_number_of_that_very_device(self):
        self.break_it()
        self.device.ask("forget", {})
        for more in ([], ["--confirm-serial", "OTHER"]):
            result = self.run_coffre("restore", self.first, "--to-equipment", "NVR-HALL", *more)
            self.assertEqual(result.status, 16, str(result))
            self.assertIn(SERIAL.encode(), result.err)
        self.assertEqual({method for method, _, _ in self.device.requests()}, {"GET"})

    def test_it_comes_back_with_a_snapshot_before_and_one_after(self):
        self.break_it()
        result = self.restore_into("--confirm-serial", SERIAL)
        self.assertTrue(result["verified"], result)
        self.assertEqual(result["differences"], [])
        kinds = {s["name"]: s["kinds"][0] for s in self.succeed_json("log")["snapshots"]}
        self.assertEqual((kinds[result["pre"]], kinds[result["post"]]), ("PRE", "POST"))
        self.assertEqual(self.changes(self.first, result["post"]), [])
        self.assertNotEqual(self.changes(self.first, result["pre"]), [])
        again = self.restore_into("--confirm-serial", SERIAL)
        self.assertEqual((again["plan"]["steps"], again["verified"]), ([], True))

    def test_an_equipment_for_tests_needs_no_serial_number(self):
        self.succeed("equipment", "edit", "NVR-HALL", "--set", "stage=test")
        self.break_it()
        self.assertTrue(self.restore_into()["verified"])

    def test_only_the_parts_that_were_asked_for_come_back(self):
        self.break_it()
        result = self.restore_into("--confirm-serial", SERIAL, "--only", "users")
        self.assertTrue(result["verified"], result)
        left = self.changes(self.first, result["post"])
        self.assertEqual({change["category"] for change in left}, {"cameras"})
        self.assert_error(self.refused_into("--only", "pets"), 2, "pets")

    def test_another_model_or_firmware_is_refused_but_for_a_reason(self):
        self.break_it()
        self.device.ask("change", {"path": DEVICE, "element": "firmwareVersion", "text": "V9.9.9"})
        self.assert_error(self.refused_into("--confirm-serial", SERIAL), 16, "V9.9.9")
        result = self.restore_into("--confirm-serial", SERIAL, "--other-firmware", "same settings")
        self.assertTrue(result["verified"], result)
        self.device.ask("change", {"path": DEVICE, "element": "model", "text": "DS-OTHER"})
        self.assert_error(self.refused_into("--other-firmware", "why not", "--confirm-serial", SERIAL), 16,
                          "DS-OTHER")

    def test_a_replacement_device_with_another_serial_number_takes_its_place(self):
        self.break_it()
        spare = self.simulate("hikvision", "--serial", "DS-SPARE00000000002")
        spare.ask("change", {"path": CHANNELS, "id": "1", "element": "name", "text": "Factory"})
        self.add(spare, "NVR-SPARE")
        result = self.restore_into("--confirm-serial", "DS-SPARE00000000002", equipment="NVR-SPARE")
        self.assertEqual(result["other_serial"], SERIAL)
        self.assertLessEqual({"network", "licences"}, {gap["part"] for gap in result["plan"]["gaps"]})
        self.assertTrue(result["verified"], result)

    def test_a_step_that_is_refused_ends_it_and_what_is_there_is_read_back(self):
        self.break_it()
        self.device.ask("fault", {"path": f"{USERS}/2", "method": "PUT", "status": 403, "times": 9,
                                  "body": "<ResponseStatus><statusCode>4</statusCode></ResponseStatus>"})
        result = self.restore_into("--confirm-serial", SERIAL, status=3)
        self.assertFalse(result["verified"])
        self.assertTrue(result["stopped"])
        self.assertTrue(result["pre"] and result["post"])
        self.assertIn("users", {change["category"] for change in result["differences"]})

    def test_a_snapshot_of_another_make_is_refused(self):
        self.write("export/x.txt", b"anything")
        self.capture(self.scratch / "export", "CAM-FILES")
        self.assert_error(self.run_coffre("restore", "CAM-FILES", "--to-equipment", "NVR-HALL"), 2,
                          "hikvision")

    def test_to_and_to_equipment_exclude_each_other_and_one_is_needed(self):
        self.assert_error(self.run_coffre("restore", self.first), 2, "--to-equipment")
        self.assert_error(self.run_coffre("restore", self.first, "--to", self.scratch / "x", "--to-equipment",
                                          "NVR-HALL"), 2)
        self.assert_error(self.run_coffre("restore", self.first, "--to", self.scratch / "x",
                                          "--keep-network"), 2, "--keep-network")

    def test_the_files_themselves_still_come_back_to_a_folder(self):
        self.restore(self.first, self.scratch / "out")
        self.assertTrue((self.scratch / "out" / "device-info.xml").is_file())


if __name__ == "__main__":
    unittest.main()
