#!/usr/bin/python3
"""Restore tests as a technician runs them: from where, how far, what is recorded, what a failure does."""

import datetime
import html.parser
import json
import os
import pathlib
import pty
import re
import shutil
import stat
import subprocess
import unittest

from clock_case import PRELOAD
from coffre_cli import SECONDS, memory_is_safe
from equipment_case import EquipmentTestCase
from remote_case import RemoteTestCase

SERIAL, BENCH_SERIAL = "DS-TEST0000000001", "DS-BENCH000000001"
CHANNELS = "/ISAPI/ContentMgmt/InputProxy/channels"
USERS = "/ISAPI/Security/users"
OWN = "une phrase à elle"
ALL_WELL = {"--cameras": "16/16", "--recording": "yes", "--playback": "yes", "--users": "yes",
            "--alarms": "yes", "--time": "yes"}
POLICY = 'reference = "PROC-CYB-003 v1.0"\n[months]\nHEBDO = 3\nMENSUEL = 12\nPRE = 6\nPOST = 6\n'
CHROMIUM = shutil.which("chromium")
CAT = shutil.which("cat")


def answers(**other):
    """The options of a checklist on which all is well, but for what is named."""
    given = {**ALL_WELL, **{f"--{item}": answer for item, answer in other.items()}}
    return [word for item, answer in given.items() if answer is not None for word in (item, answer)]


class DrillTestCase(EquipmentTestCase, RemoteTestCase):
    """A site whose snapshots are in a bucket and on a disk."""

    def setUp(self):
        super().setUp()
        self.s3 = self.bucket()
        self.add_bucket(self.s3, "cloud")
        self.disk = self.add_medium("disk")

    def drill(self, *more, status=0, **options):
        [drill] = self.succeed_json("drill", "run", *more, status=status, **options)["drills"]
        return drill

    def drills(self):
        return self.succeed_json("drill", "list")["drills"]

    def check(self, drill, name):
        [found] = [check for check in drill["checks"] if check["id"] == name]
        return found

    def snapshots(self, name):
        return [one for one in self.succeed_json("log", name)["snapshots"]]

    def admit(self, name):
        """A person of the site, with an identity."""
        file = self.scratch / f"{name}.identity"
        made = self.run_bare("--identity", file, "identity", "new", "--name", name,
                             env={"COFFRE_PASSWORD": OWN})
        self.assertEqual(made.status, 0, str(made))
        shown = self.run_bare("--identity", file, "identity", "show", "--card")
        self.succeed("people", "add", name, "--card", shown.out.decode().strip())

    def as_person(self, name, *arguments):
        return self.run_coffre(*arguments, env={"COFFRE_IDENTITY": self.scratch / f"{name}.identity",
                                                "COFFRE_PASSWORD": OWN, "COFFRE_KEY_FILE": None})

    def failures(self):
        return [one for one in self.succeed_json("anomalies", "list")["anomalies"]
                if one["kind"] == "drill_failed"]

    def plan(self):
        [plan] = self.succeed_json("drill", "due")["drills"]
        return plan


class Files(DrillTestCase):
    """An equipment that is captured from a folder, and cannot be restored into."""

    def fill(self):
        self.write("tree/config.xml", "<camera name='hall'/>\n" * 400)
        self.write("tree/users.json", '{"users": ["a", "b"]}\n')
        self.succeed("equipment", "add", "NVR-HALL", "--type", "NVR", "--driver", "files", "--set",
                     f"path={self.scratch / 'tree'}")
        self.take()

    def setUp(self):
        super().setUp()
        self.write("tree/config.xml", "<camera name='hall'/>\n" * 400)
        self.succeed("equipment", "edit", "NVR-HALL", "--set", f"path={self.scratch / 'tree'}")
        self.mirror()

    def lose_a_pack(self, folder):
        for path in (pathlib.Path(folder) / "packs").iterdir():
            path.unlink()

    def spoil(self, folder):
        for path in (pathlib.Path(folder) / "packs").iterdir():
            path.chmod(0o600)
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            path.write_bytes(data)

    def test_proc_3_1_places_take_turns(self):
        self.assertEqual((self.plan()["source"], self.plan()["source_role"]), ("cloud", "cloud"))
        self.assertEqual(self.drill()["source"], "cloud")
        self.assertEqual((self.plan()["source"], self.plan()["source_role"]), ("disk", "physical"))
        self.assertEqual(self.drill()["source"], "disk")
        self.assertEqual(self.plan()["source"], "cloud")

    def test_proc_3_1_what_is_due_says_what_from_where_and_until_when(self):
        plan = self.plan()
        self.assertEqual(plan["equipment"], "NVR-HALL")
        self.assertEqual(plan["snapshot"], self.snapshots("NVR-HALL")[0]["name"])
        self.assertFalse(plan["overdue"])
        self.assertRegex(plan["due"], r"^20\d\d-\d\d-\d\dT\d\d:00:00Z$")
        line = self.succeed("drill", "due").out.decode()
        self.assertIn("NVR-HALL", line)
        self.assertIn("cloud", line)

    def test_proc_3_2_a_test_reads_every_file_from_the_remote_alone(self):
        self.lose_a_pack(self.repo)
        for source in ("cloud", "disk"):
            drill = self.drill("--source", source)
            self.assertTrue(drill["success"], drill)
            self.assertEqual((drill["source"], drill["level"]), (source, 1))
            self.assertEqual(self.check(drill, "files")["detail"], "2/2")
        self.assertFalse(self.drill("--source", "local", status=3)["success"])

    def test_proc_3_2_less_than_an_equipment_and_a_checklist_is_said_not_to_satisfy_it(self):
        drill = self.drill("--level", "2")
        self.assertEqual((drill["success"], drill["level"], drill["restore_test"]), (True, 1, False))
        self.assertIn("3.2", self.succeed("drill", "run").out.decode())
        report = self.succeed("drill", "report", drill["id"]).out.decode()
        self.assertIn("does not satisfy the procedure (3.2)", report)
        self.assertIn("nothing was put into an equipment", report)

    @unittest.skipUnless(memory_is_safe(), "memory may be swapped to a disk in clear")
    def test_proc_3_2_files_that_no_driver_restores_are_written_to_memory_compared_and_removed(self):
        before = set(os.listdir("/dev/shm"))
        drill = self.drill("--level", "2")
        self.assertEqual((drill["target"], self.check(drill, "folder")["detail"]), ("memory", "2/2"))
        left = {name for name in set(os.listdir("/dev/shm")) - before if name.startswith("coffre-DRL")}
        self.assertEqual(left, set())
        drill = self.drill("--to", self.scratch)
        self.assertEqual(self.check(drill, "folder")["detail"], "2/2")
        self.assertEqual(list(self.scratch.glob("coffre-DRL*")), [])

    def test_proc_3_3_the_record_has_date_configuration_result_and_observations(self):
        drill = self.drill("-m", "on the bench, without incident")
        [listed] = self.drills()
        self.assertEqual({key: drill[key] for key in listed}, listed)
        self.assertRegex(listed["started"], r"^20\d\d-")
        started, ended = (datetime.datetime.fromisoformat(listed[name].replace("Z", "+00:00"))
                          for name in ("started", "ended"))
        self.assertLessEqual(started, ended)
        self.assertEqual(listed["snapshot"], self.snapshots("NVR-HALL")[0]["name"])
        self.assertIs(listed["success"], True)
        self.assertEqual(listed["observations"], "on the bench, without incident")
        # The two instants are whole seconds.
        self.assertGreater(listed["recovery_ms"], 0)
        self.assertLess(listed["recovery_ms"], (ended - started).total_seconds() * 1000 + 1000)
        self.assertTrue(self.drill()["observations"])

    def test_proc_3_3_a_partial_snapshot_is_a_failure_with_observations(self):
        deep = self.scratch / "tree" / "deep"
        deep.joinpath(*["d"] * 205).mkdir(parents=True)
        self.take(status=3)
        shutil.rmtree(deep)
        self.mirror()
        drill = self.drill("--snapshot", "NVR-HALL@latest", status=3)
        self.assertFalse(drill["success"])
        self.assertFalse(self.check(drill, "complete")["ok"])
        self.assertIn("not complete", drill["observations"])

    def test_proc_3_4_a_failure_is_recorded_and_a_new_snapshot_taken_at_once(self):
        before = len(self.snapshots("NVR-HALL"))
        self.spoil(self.disk)
        drill = self.drill("--source", "disk", "-m", "first try", status=3)
        self.assertEqual((drill["success"], drill["level"]), (False, 0))
        self.assertTrue(drill["observations"].startswith("first try — "), drill["observations"])
        after = self.snapshots("NVR-HALL")
        self.assertEqual(len(after), before + 1)
        self.assertEqual(after[0]["name"], drill["new_snapshot"])
        self.assertEqual(after[0]["kinds"][0], "HEBDO")
        self.assertIn(drill["id"], self.succeed("log", "-n", "1").out.decode())
        self.assertEqual([one["success"] for one in self.drills()], [False])

    def test_proc_3_3_the_report_of_a_failed_test_claims_no_level_and_no_recovery(self):
        self.spoil(self.disk)
        told = self.run_coffre("drill", "run", "--source", "disk")
        self.assertEqual(told.status, 3, str(told))
        self.assertNotIn("recovered in", told.out.decode())
        [failed] = self.drills()
        report = self.succeed("drill", "report", failed["id"]).out.decode()
        self.assertIn("no level was reached", report)
        self.assertIn("nothing was put into an equipment", report)
        for claim in ("every seal opened", "recovery time", "(objective"):
            self.assertNotIn(claim, report)

    def test_proc_3_4_a_failure_opens_a_critical_anomaly_that_only_proof_closes(self):
        self.spoil(self.disk)
        failed = self.drill("--source", "disk", status=3)
        [anomaly] = self.failures()
        self.assertEqual((anomaly["severity"], anomaly["equipment"]), ("critical", "NVR-HALL"))
        self.assertIn(anomaly["id"], self.succeed("drill", "report", failed["id"]).out.decode())
        close = ["anomalies", "resolve", anomaly["id"], "-m", "the disk was worn out"]
        self.assertEqual(self.run_coffre(*close).status, 16)
        again = self.drill("--source", "cloud", "--retest-of", failed["id"])
        # What shows it is looked up, and noted whole.
        for evidence in ("drill:DRL-none", "snapshot:zzzz", f"review:{again['id']}"):
            self.assert_error(self.run_coffre(*close, "--evidence", evidence), 1)
        self.succeed(*close, "--evidence", f"drill:{again['id'][4:9]}", "--evidence", "ticket:42")
        self.assertEqual(self.failures(), [])
        noted = self.succeed_json("anomalies", "show", anomaly["id"])["anomaly"]["resolved"]["evidence"]
        self.assertEqual(noted, [f"drill:{again['id']}", "ticket:42"])
        report = self.succeed("drill", "report", failed["id"]).out.decode()
        self.assertIn("the disk was worn out", report)

    def test_proc_3_4_of_what_is_captured_by_hand_somebody_is_told_to_take_the_new_snapshot(self):
        self.write("export/a.cfg", "text\n" * 100)
        self.capture(self.scratch / "export", "NVR-MAIN")
        self.mirror()
        self.spoil(self.disk)
        result = self.run_coffre("drill", "run", "NVR-MAIN", "--source", "disk", "--json")
        self.assertEqual(result.status, 3, str(result))
        [drill] = result.json["drills"]
        self.assertIsNone(drill["new_snapshot"])
        self.assertIn("NVR-MAIN", drill["task"])

    def test_proc_3_4_a_retest_names_the_failed_test_that_it_repeats(self):
        passed = self.drill()
        self.assert_error(self.run_coffre("drill", "run", "--retest-of", passed["id"]), 1, passed["id"])
        self.spoil(self.disk)
        failed = self.drill("--source", "disk", status=3)
        again = self.drill("--source", "cloud", "--retest-of", failed["id"][4:9])
        self.assertEqual(again["retest_of"], failed["id"])
        report = self.succeed("drill", "report", failed["id"]).out.decode()
        self.assertIn(again["id"], report)

    def test_a_place_that_cannot_be_reached_fails_no_test(self):
        self.disk.rename(self.scratch / "unplugged")
        self.assert_error(self.run_coffre("drill", "run", "--source", "disk"), 15)
        self.s3.down = True
        self.assertEqual(self.drills(), [])

    def test_a_snapshot_that_is_not_there_is_no_failed_test(self):
        self.write("tree/config.xml", "<camera name='new'/>\n")
        [name] = self.take()
        self.assert_error(self.run_coffre("drill", "run", "--snapshot", name), 1, name)
        self.assertNotEqual(self.drill("NVR-HALL")["snapshot"], name)

    def test_a_key_that_no_slot_of_the_place_takes_fails_the_test(self):
        for path in (self.disk / "keys").iterdir():
            path.unlink()
        drill = self.drill("--source", "disk", status=3)
        self.assertFalse(drill["success"])

    def test_wrong_usage_is_said_on_one_line(self):
        run = lambda *more: self.run_coffre("drill", "run", *more)  # noqa: E731
        self.assert_error(run("--level", "3"), 2, "drill record")
        self.assert_error(run("--level", "x"), 2, "--level")
        self.assert_error(run("NVR-NONE"), 1, "NVR-NONE")
        self.assert_error(run("--source", "nowhere"), 1, "nowhere")
        self.assert_error(run("--confirm-serial", "X"), 2, "--confirm-serial")
        self.assert_error(run("--target-equipment", "NVR-HALL", "--level", "1"), 2, "--target-equipment")
        self.assert_error(run("--target-equipment", "NVR-HALL"), 16, "NVR-HALL")
        self.assert_error(run("-m", " "), 2, "-m")
        self.assert_error(self.run_coffre("drill", "report", "DRL-none"), 1, "DRL-none")
        self.assert_error(self.run_coffre("drill", "record"), 1)
        self.assertEqual(self.drills(), [])

    def test_a_checklist_belongs_to_a_test_that_was_applied(self):
        drill = self.drill()
        self.assert_error(self.run_coffre("drill", "record", drill["id"]), 16, drill["id"])

    def test_texts_are_french_where_french_is_asked_for(self):
        self.drill()
        self.assertIn("succès", self.succeed("drill", "list", "--lang", "fr").out.decode())
        self.assertIn("échéance", self.succeed("drill", "due", "--lang", "fr").out.decode())


class BenchTestCase(DrillTestCase):
    """A recorder in production and one on the test bench."""

    def setUp(self):
        super().setUp()
        self.device = self.simulate("hikvision", "--serial", SERIAL)
        self.bench = self.simulate("hikvision", "--serial", BENCH_SERIAL)
        self.add(self.device)
        self.add(self.bench, "NVR-BENCH", "hikvision", "--set", "stage=test")
        [self.first] = self.take()
        self.bench.ask("change", {"path": CHANNELS, "id": "1", "element": "name", "text": "Factory"})
        self.mirror()


class Equipments(BenchTestCase):
    def test_proc_3_2_it_is_put_into_the_equipment_of_the_bench_and_read_back(self):
        self.device.ask("forget", {})
        drill = self.drill("NVR-HALL")
        self.assertEqual((drill["success"], drill["level"], drill["target"]), (True, 2, "NVR-BENCH"))
        self.assertEqual(self.check(drill, "target.serial")["detail"], BENCH_SERIAL)
        for name in ("open", "files", "complete", "sections", "round_trip", "steps", "read_back", "equal"):
            self.assertTrue(self.check(drill, name)["ok"], drill)
        self.assertEqual(self.device.requests(), [])
        kinds = [one["kinds"][0] for one in self.snapshots("NVR-BENCH")]
        self.assertEqual(kinds, ["POST", "PRE"])
        changes = self.changes(self.first, self.snapshots("NVR-BENCH")[0]["name"])
        self.assertEqual([change for change in changes if change["category"] != "identity"], [])
        # Without the checklist it is not what the procedure asks for.
        self.assertFalse(drill["restore_test"])

    def test_proc_3_2_what_is_put_into_the_equipment_comes_from_the_remote(self):
        for path in (self.repo / "packs").iterdir():
            path.rename(self.scratch / path.name)
        result = self.run_coffre("drill", "run", "NVR-HALL", "--source", "disk", "--json")
        for path in self.scratch.glob("*.pack"):
            path.rename(self.repo / "packs" / path.name)
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual(result.json["drills"][0]["level"], 2)

    def test_proc_3_2_production_is_refused_and_not_even_asked(self):
        self.device.ask("forget", {})
        for more in ([], ["--confirm-serial", SERIAL]):
            result = self.run_coffre("drill", "run", "NVR-HALL", "--target-equipment", "NVR-HALL", *more)
            self.assert_error(result, 16, "NVR-HALL")
        self.assertEqual(self.device.requests(), [])
        self.assertEqual(self.drills(), [])

    def test_proc_3_2_production_takes_a_window_a_safety_snapshot_and_its_serial_number_typed(self):
        into = ["drill", "run", "NVR-HALL", "--target-equipment", "NVR-HALL"]
        self.device.ask("change", {"path": CHANNELS, "id": "1", "element": "name", "text": "Quai Nord"})
        [first] = [one["commit"] for one in self.snapshots("NVR-HALL")]
        begun = self.succeed_json("change", "begin", "NVR-HALL", "--category", "other", "-m", "a drill")
        self.device.ask("forget", {})
        for more in ([], ["--confirm-serial", BENCH_SERIAL]):
            self.assert_error(self.run_coffre(*into, "--snapshot", first, *more), 16)
        self.assertEqual(self.drills(), [])
        self.assertEqual({method for method, *_ in self.device.requests()}, {"GET"})
        drill = self.drill(*into[2:], "--snapshot", first, "--confirm-serial", SERIAL)
        self.assertEqual((drill["success"], drill["level"], drill["target"]), (True, 2, "NVR-HALL"))
        self.assertEqual(self.check(drill, "target.stage")["detail"], "production")
        self.assertEqual(self.check(drill, "window")["detail"], begun["id"])
        # What was there is in a snapshot of its own.
        after, safety, *_ = self.snapshots("NVR-HALL")
        self.assertEqual(self.check(drill, "safety")["detail"], safety["name"])
        self.assertEqual((safety["kinds"][0], after["kinds"][0]), ("PRE", "POST"))
        [kept] = [one for one in self.changes(first, safety["commit"]) if one["path"] == "cameras/1/name"]
        self.assertEqual(kept["after"], "Quai Nord")
        self.assertEqual([one for one in self.changes(first, after["commit"])
                          if one["category"] != "identity"], [])

    def test_proc_3_2_an_equipment_that_is_so_already_proves_nothing(self):
        self.admit("anne")
        self.assertEqual(self.drill("NVR-HALL")["level"], 2)
        due = self.plan()["due"]
        self.bench.ask("forget", {})
        drill = self.drill("NVR-HALL")
        self.assertEqual((drill["success"], drill["level"], drill["restore_test"]), (True, 1, False))
        self.assertEqual(self.check(drill, "steps")["detail"], "0/0")
        self.assertIn("nothing was put into NVR-BENCH", drill["observations"])
        self.assertEqual({method for method, *_ in self.bench.requests()}, {"GET"})
        self.assertEqual([one["kinds"][0] for one in self.snapshots("NVR-BENCH")], ["POST", "PRE"])
        refused = self.as_person("anne", "drill", "record", drill["id"], *answers())
        self.assertEqual(refused.status, 16, str(refused))
        self.assertEqual(self.plan()["due"], due)
        for lang, words, gap in (("en", "factory settings", "nothing was put into an equipment"),
                                 ("fr", "réglages d’usine", "rien n’a été appliqué à un équipement")):
            self.assertIn(words, self.succeed("drill", "run", "NVR-HALL", "--lang", lang).out.decode())
            report = self.succeed("drill", "report", drill["id"], "--lang", lang).out.decode()
            self.assertIn(gap, report)

    def test_proc_3_2_another_model_on_the_bench_is_refused_but_for_a_reason(self):
        self.bench.ask("change", {"path": "/ISAPI/System/deviceInfo", "element": "model", "text": "DS-OTHER"})
        result = self.run_coffre("drill", "run", "NVR-HALL")
        self.assertEqual(result.status, 16, str(result))
        self.assertIn("DS-OTHER", result.lines[-1])
        self.assertEqual(self.drills(), [])
        drill = self.drill("NVR-HALL", "--other-model", "its successor")
        self.assertEqual(self.check(drill, "other_model")["detail"], "its successor")

    def test_proc_3_4_a_step_that_fails_is_a_failure_and_a_new_snapshot_of_the_source_is_taken(self):
        self.bench.ask("fault", {"path": f"{CHANNELS}/1", "method": "PUT", "status": 403, "times": 9,
                                 "body": "<ResponseStatus><statusCode>4</statusCode></ResponseStatus>"})
        drill = self.drill("NVR-HALL", status=3)
        self.assertEqual((drill["success"], drill["level"]), (False, 1))
        self.assertFalse(self.check(drill, "steps")["ok"])
        self.assertEqual(self.snapshots("NVR-HALL")[0]["name"], drill["new_snapshot"])

    def test_a_bench_that_cannot_be_reached_fails_no_test(self):
        self.bench.stop()
        self.bench.stop = lambda: None
        self.assertEqual(self.run_coffre("drill", "run", "NVR-HALL").status, 15)
        self.assertEqual(self.drills(), [])

    def test_several_on_the_bench_are_not_chosen_among(self):
        other = self.simulate("hikvision", "--serial", "DS-BENCH000000002")
        self.add(other, "NVR-BENCH2", "hikvision", "--set", "stage=test")
        other.ask("change", {"path": CHANNELS, "id": "1", "element": "name", "text": "Factory"})
        self.assertEqual(self.drill("NVR-HALL")["level"], 1)
        self.assert_error(self.run_coffre("drill", "run", "NVR-HALL", "--level", "2"), 2)
        self.assertEqual(self.drill("NVR-HALL", "--target-equipment", "NVR-BENCH2")["level"], 2)

    def test_proc_p1_the_time_to_recover_ends_with_the_read_back_and_is_held_against_the_objective(self):
        self.succeed("policy", "set", self.write("policy.toml", POLICY + "[limits]\nrecovery_minutes = 20\n"))
        drill = self.drill("NVR-HALL")
        times = [check["ms"] for check in drill["checks"] if "ms" in check]
        self.assertEqual(times, sorted(times))
        self.assertGreater(self.check(drill, "read_back")["ms"], self.check(drill, "open")["ms"])
        self.assertGreaterEqual(drill["recovery_ms"], times[-1])
        report = self.succeed("drill", "report", drill["id"]).out.decode()
        self.assertIn("(objective: 20\u00a0min, met)", report)

    def test_proc_3_3_no_text_of_a_configuration_is_in_the_record_or_its_report(self):
        name = "Quai-secret-de-test"
        self.device.ask("change", {"path": CHANNELS, "id": "1", "element": "name", "text": name})
        self.take()
        self.mirror()
        drill = self.drill("NVR-HALL", "--snapshot", "NVR-HALL")
        self.assertNotIn(name, str(drill))
        self.assertNotIn(name, self.succeed("drill", "report", drill["id"]).out.decode())


class Opaque(DrillTestCase):
    """Equipments of whose files no driver tells anything."""

    def setUp(self):
        super().setUp()
        self.conf = self.write("conf", "conf v1\n")
        self.bench = self.write("bench", "other\n")
        self.add_tool("NVR-HALL", self.conf)
        self.take()

    def add_tool(self, name, file, restore=None, *more):
        given = ["--set", f"restore-command={json.dumps(restore)}"] if restore else []
        self.succeed("equipment", "add", name, "--type", "NVR", "--driver", "exec", "--set",
                     f"command={json.dumps([CAT, str(file)])}", *given, *more)

    def add_bench(self, script):
        self.add_tool("NVR-BENCH", self.bench, ["/bin/sh", "-c", script], "--set", "stage=test")

    def test_proc_3_2_a_restore_that_changed_nothing_is_a_failure(self):
        self.add_bench("cat > /dev/null")
        restored = self.succeed_json("restore", "NVR-HALL", "--to-equipment", "NVR-BENCH", status=3)
        self.assertIs(restored["verified"], False)
        told = [(one["path"], one["planned"]) for one in restored["differences"]]
        self.assertEqual(told, [("other/output.txt/content", False), ("other/output.txt/bytes", False)])
        drill = self.drill("NVR-HALL", "--source", "local", status=3)
        self.assertEqual((drill["success"], drill["level"]), (False, 1))
        self.assertEqual(self.check(drill, "equal")["ok"], False)

    def test_proc_3_2_one_that_reads_back_byte_for_byte_is_a_test(self):
        self.add_bench(f"cat > '{self.bench}'")
        drill = self.drill("NVR-HALL", "--source", "local")
        self.assertEqual((drill["success"], drill["level"], drill["target"]), (True, 2, "NVR-BENCH"))
        self.assertEqual(self.bench.read_text(), "conf v1\n")
        # That two models of nothing are equal proves nothing.
        report = self.succeed("drill", "report", drill["id"]).out.decode()
        for part in ("expected parts found", "parts equal to the captured ones"):
            self.assertRegex(report, re.escape(part) + r"</t[hd]><td>—</td>")


class Checklists(BenchTestCase):
    """The signed part of a test that was applied."""

    def setUp(self):
        super().setUp()
        self.admit("anne")
        self.done = self.drill("NVR-HALL", "-m", "on the bench")

    def record(self, *more, status=0):
        result = self.as_person("anne", "drill", "record", self.done["id"], *more, "--json")
        self.assertEqual(result.status, status, str(result))
        return result.json["drills"][0]

    def test_proc_3_2_a_signed_checklist_makes_it_a_restore_test(self):
        drill = self.record(*answers())
        self.assertEqual((drill["level"], drill["signed_by"], drill["restore_test"]), (3, "anne", True))
        self.assertEqual(drill["recovery_ms"], self.done["recovery_ms"])
        self.assertEqual([one["id"] for one in self.drills()], [self.done["id"]])
        report = self.succeed("drill", "report", self.done["id"]).out.decode()
        self.assertIn("this is a restore test as the procedure asks for it (3.2)", report)
        self.assertIn("anne", report)
        self.assertRegex(report, r"signature <code>[0-9a-f]{128}</code>")

    def test_proc_3_2_without_an_identity_nothing_is_signed_and_nothing_recorded(self):
        result = self.run_coffre("drill", "record", self.done["id"], *answers())
        self.assertEqual(result.status, 12, str(result))
        self.assertEqual(self.drills()[0]["level"], 2)

    def test_proc_3_3_what_was_observed_when_it_ran_stays_beside_what_is_observed_later(self):
        drill = self.record(*answers(), "-m", "all cameras looked at")
        self.assertEqual(drill["observations"], "on the bench\nall cameras looked at")
        report = self.succeed("drill", "report", drill["id"]).out.decode()
        self.assertNotIn("yes, no, none", report)
        self.assertNotIn("(14/16)", report)

    def test_proc_3_3_what_is_not_as_it_should_be_is_a_failure_and_stays_one(self):
        drill = self.record(*answers(cameras="14/16", playback="no"), status=3)
        self.assertEqual((drill["success"], drill["restore_test"]), (False, False))
        self.assertIn("cameras, playback", drill["observations"])
        self.assertTrue(drill["new_snapshot"])
        self.assertEqual(len(self.failures()), 1)
        again = self.as_person("anne", "drill", "record", self.done["id"], *answers())
        self.assertEqual(again.status, 16, str(again))

    def begin_on_a_terminal(self, person="anne"):
        """drill record in front of its first question, and the terminal that answers it."""
        leader, follower = pty.openpty()
        self.addCleanup(os.close, leader)
        env = {"COFFRE_REPO": self.repo, "COFFRE_KEY_FILE": None, "COFFRE_PASSWORD": OWN,
               "COFFRE_IDENTITY": self.scratch / f"{person}.identity"}
        process = self.start("drill", "record", env=env, stdin=follower, start_new_session=True)
        os.close(follower)
        said = b""
        while b"cameras online" not in said:
            line = process.stderr.readline()
            self.assertTrue(line, said)
            said += line
        return process, leader, said.decode()

    def test_proc_3_3_a_second_checklist_of_one_test_is_refused_and_takes_nothing_back(self):
        process, terminal, _ = self.begin_on_a_terminal()
        signed = self.record(*answers())
        before = self.snapshots("NVR-HALL")
        os.write(terminal, b"1/4\nno\nno\nno\nno\nno\n")
        out, err = process.communicate(timeout=SECONDS)
        self.assertEqual((process.returncode, out), (16, b""), err)
        self.assertIn(self.done["id"], err.decode())
        [kept] = self.drills()
        self.assertEqual((kept["success"], kept["level"], kept["checks"]), (True, 3, signed["checks"]))
        self.assertEqual(self.snapshots("NVR-HALL"), before)

    def test_proc_3_2_a_person_is_told_what_they_sign_and_asked_again(self):
        process, terminal, said = self.begin_on_a_terminal()
        for text in (self.done["id"], self.done["snapshot"], "NVR-HALL", "NVR-BENCH"):
            self.assertIn(text, said)
        os.write(terminal, b"17/16\n16/16\nmaybe\nyes\nyes\nyes\nyes\nyes\n")
        _, err = process.communicate(timeout=SECONDS)
        self.assertEqual(process.returncode, 0, err)
        self.assertIn(b"17/16 is no answer to cameras", err)
        self.assertEqual(self.drills()[0]["level"], 3)

    def test_who_cannot_sign_is_asked_nothing(self):
        leader, follower = pty.openpty()
        self.addCleanup(os.close, leader)
        result = self.run_coffre("drill", "record", stdin=follower)
        os.close(follower)
        self.assert_error(result, 12)

    def test_answers_may_stand_in_a_file_and_what_was_not_looked_at_is_explained(self):
        file = self.write("answers.json", '{"cameras": "2/2", "alarms": "none", "time": "yes"}')
        more = ["--answers", file, "--recording", "yes", "--playback", "yes", "--users", "yes"]
        refused = self.as_person("anne", "drill", "record", *more)
        self.assertEqual(refused.status, 2, str(refused))
        self.assertIn("-m", refused.lines[-1])
        self.assertEqual(self.record(*more, "-m", "no alarm inputs")["level"], 3)

    def test_answers_that_make_no_sense_are_refused(self):
        for wrong in ({"cameras": "17/16"}, {"cameras": "0/0"}, {"cameras": "yes"}, {"recording": "maybe"},
                      {"time": None}, dict.fromkeys(item[2:] for item in ALL_WELL)):
            result = self.as_person("anne", "drill", "record", self.done["id"], *answers(**wrong))
            self.assertEqual(result.status, 2, str(result))
        nothing = {item[2:]: "none" for item in ALL_WELL}
        result = self.as_person("anne", "drill", "record", self.done["id"], *answers(**nothing), "-m", "x")
        self.assertEqual(result.status, 2, str(result))
        self.assertEqual(self.drills()[0]["level"], 2)


class Checker(html.parser.HTMLParser):
    """Elements that are open, all that were met, and every attribute that leads elsewhere."""

    def __init__(self):
        super().__init__()
        self.open, self.met, self.links, self.texts = [], set(), [], []

    def handle_starttag(self, tag, attributes):
        self.met.add(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)
        leading = ("src", "href", "action", "data", "srcset", "style")
        self.links += [value for name, value in attributes if name in leading or name.startswith("on")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.texts.append(data)


class Report(DrillTestCase):
    def fill(self):
        self.write("tree/config.xml", "<camera name='hall'/>\n" * 40)
        self.capture(self.scratch / "tree", "NVR-HALL")

    def setUp(self):
        super().setUp()
        self.mirror()
        self.done = self.drill("-m", "<script>alert('x')</script> & \"more\"\nsecond line")

    def report(self, *more):
        return self.succeed("drill", "report", self.done["id"], *more).out.decode()

    def test_proc_3_3_the_report_tells_date_configuration_result_and_observations_in_both_languages(self):
        for lang, title, result in (("en", "Report of a restore test", "SUCCESS"),
                                    ("fr", "Procès-verbal de test de restauration", "SUCCÈS")):
            text = self.report("--lang", lang)
            self.assertIn(f'<html lang="{lang}">', text)
            for part in (title, result, self.done["id"], self.done["snapshot"], self.done["commit"],
                         self.done["started"][:10], "second line", "PROC-CYB-003", "ACME", "PARIS"):
                self.assertIn(part, text)

    def test_proc_3_3_the_report_is_the_same_whenever_it_is_made(self):
        first = self.report()
        self.write("tree/config.xml", "<camera name='quai'/>\n" * 40)
        self.capture(self.scratch / "tree", "NVR-HALL")
        self.mirror()
        self.drill()
        self.assertEqual(self.report(), first)
        late = {"LD_PRELOAD": PRELOAD, "ASAN_OPTIONS": "verify_asan_link_order=0",
                "TEST_CLOCK_MOVED_BY": str(400 * 24 * 3600)}
        text = self.run_coffre("drill", "report", self.done["id"], env=late).out.decode()
        self.assertEqual(text, first)
        other, _ = self.copy_for("other")
        self.assertEqual(self.run_coffre("drill", "report", self.done["id"], env=other).out.decode(), first)

    def test_a_report_of_a_simulated_repository_says_so(self):
        self.assertIn('<p class="alarm">SIMULATED REPOSITORY', self.report())
        self.assertIn("DÉPÔT SIMULÉ", self.report("--lang", "fr"))

    def test_proc_3_3_that_there_was_nothing_to_say_is_said_in_the_readers_language(self):
        drill = self.drill()
        self.assertEqual(drill["observations"], "nothing to report")
        text = self.succeed("drill", "report", drill["id"], "--lang", "fr").out.decode()
        self.assertIn("rien à signaler", text)
        self.assertNotIn("nothing to report", text)

    def test_what_a_person_wrote_is_text_and_never_markup(self):
        text = self.report()
        self.assertNotIn("<script", text)
        self.assertIn("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;more&quot;", text)

    def test_the_report_needs_no_script_and_nothing_from_elsewhere(self):
        checker = Checker()
        checker.feed(self.report())
        self.assertEqual(checker.open, [])
        self.assertEqual(checker.links, [])
        self.assertFalse(checker.met & {"script", "link", "img", "iframe", "object", "form"}, checker.met)
        self.assertNotRegex(self.report(), r"url\(|@import|https?://")

    def test_its_file_is_for_its_owner_alone_and_written_over_whole(self):
        path = self.scratch / "report.html"
        self.succeed("drill", "report", self.done["id"], "-o", path)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(path.read_text(), self.report())
        self.succeed("drill", "report", "NVR-HALL", "-o", path)
        self.assertEqual(path.read_text(), self.report())
        self.assertEqual([name for name in os.listdir(self.scratch) if name.startswith(".coffre")], [])
        self.assert_error(self.run_coffre("drill", "report", self.done["id"], "-o", "no/where/r.html"), 1)

    @unittest.skipUnless(CHROMIUM or os.environ.get("CI") == "true", "no browser here")
    def test_proc_3_3_the_report_is_a_pdf_of_a4_from_any_browser(self):
        page, pdf = self.scratch / "report.html", self.scratch / "report.pdf"
        self.succeed("drill", "report", self.done["id"], "-o", page)
        profile = f"--user-data-dir={self.scratch / 'browser'}"
        silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
                        profile, f"--print-to-pdf={pdf}", page.as_uri()], check=True, timeout=120, **silent)
        data = pdf.read_bytes()
        self.assertTrue(data.startswith(b"%PDF-"))
        sizes = re.findall(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", data)
        self.assertTrue(sizes)
        for width, height in sizes:
            self.assertAlmostEqual(float(width), 595.3, delta=2)
            self.assertAlmostEqual(float(height), 841.9, delta=2)
        self.assertLessEqual(len(sizes), 3)


if __name__ == "__main__":
    unittest.main()
