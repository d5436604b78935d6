#!/usr/bin/python3
"""Change windows, as a technician meets them: PRE, the work, POST, and what it changed."""

import fcntl
import json
import os
import pty
import select
import signal
import termios
import time
import unittest

from coffre_cli import EXE, SECONDS, make_too_deep
from equipment_case import EquipmentTestCase

CHANNELS = "/ISAPI/ContentMgmt/InputProxy/channels"
USERS = "/ISAPI/Security/users"
WHY = ("--category", "cameras", "-m", "camera 7")


class WindowCase(EquipmentTestCase):
    """Two recorders whose exports are folders."""

    def fill(self):
        for name in ("NVR-HALL", "NVR-QUAI"):
            self.write(f"{name}/settings.cfg", f"name={name}\ncamera=1\n")
            self.succeed("equipment", "add", name, "--type", "NVR", "--driver", "files",
                         "--set", f"path={self.scratch / name}")

    def setUp(self):
        super().setUp()
        for name in ("NVR-HALL", "NVR-QUAI"):
            self.succeed("equipment", "edit", name, "--set", f"path={self.scratch / name}")

    def begin(self, *names, status=0, **options):
        return self.succeed_json("change", "begin", *(names or ["NVR-HALL"]), *WHY, status=status, **options)

    def end(self, *arguments, status=0, **options):
        return self.succeed_json("change", "end", *arguments, status=status, **options)

    def windows(self, *more):
        return self.succeed_json("change", "list", *more)["changes"]

    def kinds(self, name="NVR-HALL"):
        return [snapshot["kinds"][0] for snapshot in self.succeed_json("log", name)["snapshots"]]

    def lose(self, name="NVR-HALL"):
        (self.scratch / name).rename(self.scratch / f"{name}-away")

    def find_again(self, name="NVR-HALL"):
        (self.scratch / f"{name}-away").rename(self.scratch / name)


class Windows(WindowCase):
    def test_proc_1_3_a_change_has_a_snapshot_before_and_one_after(self):
        begun = self.begin()
        self.write("NVR-HALL/settings.cfg", "name=NVR-HALL\ncamera=2\n")
        ended = self.end("NVR-HALL")
        self.assertEqual(ended["id"], begun["id"])
        self.assertEqual([s["kinds"][0] for s in ended["pre"] + ended["post"]], ["PRE", "POST"])
        self.assertEqual([s["commit"] for s in begun["pre"]], [s["commit"] for s in ended["pre"]])
        [diff] = ended["diff"]
        self.assertEqual((diff["a"], diff["b"]), (ended["pre"][0]["name"], ended["post"][0]["name"]))
        self.assertEqual([change["path"] for change in diff["changes"]], ["settings.cfg"])
        self.assertEqual(self.kinds(), ["POST", "PRE"])

    def test_proc_1_3_pre_that_fails_blocks(self):
        self.lose()
        result = self.run_coffre("change", "begin", "NVR-HALL", "NVR-QUAI", *WHY)
        self.assert_error(result, 15, "NVR-HALL")
        self.assertIn("--despite", result.lines[0])
        self.assertEqual(self.windows("--all"), [])

    def test_proc_1_3_pre_that_is_partial_blocks(self):
        make_too_deep(self.scratch / "NVR-HALL")
        result = self.run_coffre("change", "begin", "NVR-HALL", *WHY)
        self.assertEqual(result.status, 1, str(result))
        self.assertIn("--despite", result.lines[-1])
        self.assertEqual(self.windows("--all"), [])

    def test_a_pre_that_is_partial_is_refused_with_what_is_missing_and_why(self):
        make_too_deep(self.scratch / "NVR-HALL")
        result = self.run_coffre("change", "begin", "NVR-HALL", *WHY)
        self.assertEqual(result.status, 1, str(result))
        for word in ("NVR-HALL", "d/d/d"):
            self.assertIn(word, result.lines[-1])

    def test_of_several_that_fail_each_is_told(self):
        for name in ("NVR-HALL", "NVR-QUAI"):
            self.lose(name)
        result = self.run_coffre("change", "begin", "NVR-HALL", "NVR-QUAI", *WHY)
        self.assert_error(result, 15, self.scratch / "NVR-HALL")
        self.assertIn(str(self.scratch / "NVR-QUAI"), result.lines[0])

    def test_a_reason_does_not_stand_for_an_equipment_that_is_not_there(self):
        for name in ("NVR-TYPO", "NVR-QUAI"):
            if name == "NVR-QUAI":
                self.succeed("equipment", "remove", "NVR-QUAI", "-m", "sold")
            result = self.run_coffre("change", "begin", name, *WHY, "--despite", "on fire")
            self.assert_error(result, 1, name)
        self.assertEqual(self.windows("--all"), [])

    def test_proc_1_3_a_blocked_pre_is_passed_with_a_reason_that_is_kept(self):
        self.lose()
        begun = self.begin("NVR-HALL", "NVR-QUAI", "--despite", "the alarm is on", status=3)
        self.assertEqual([s["equipment"] for s in begun["pre"]], ["NVR-QUAI"])
        self.assertEqual([f["equipment"] for f in begun["failed"]], ["NVR-HALL"])
        [window] = self.windows()
        self.assertEqual((window["without_pre"], window["open"]), ("the alarm is on", True))

    def test_proc_1_3_a_reason_is_kept_even_where_no_pre_at_all_is_there(self):
        self.lose()
        self.assertEqual(self.begin("NVR-HALL", "--despite", "on fire", status=3)["pre"], [])
        [window] = self.windows()
        self.assertEqual((window["without_pre"], window["pre"]), ("on fire", []))

    def test_proc_1_3_categories_are_those_of_the_procedure(self):
        result = self.run_coffre("change", "begin", "NVR-HALL", "--category", "paint", "-m", "x")
        self.assert_error(result, 2, "--category")
        every = ["cameras", "firmware", "other", "recording", "rights"]
        begun = self.succeed_json("change", "begin", "NVR-HALL", "--category", ",".join(every), "-m", "all")
        self.assertEqual(begun["categories"], every)

    def test_proc_1_3_why_is_asked_for_and_kept(self):
        self.assert_error(self.run_coffre("change", "begin", "NVR-HALL", "--category", "other"), 2, "-m")
        self.assert_error(self.run_coffre("change", "begin", "NVR-HALL", "--category", "other", "-m", " "), 2)
        self.begin()
        self.assertEqual(self.windows()[0]["begun"]["message"], "camera 7")

    def test_proc_1_3_a_post_that_fails_leaves_the_window_open(self):
        begun = self.begin()
        self.lose()
        self.assert_error(self.run_coffre("change", "end"), 15, "NVR-HALL")
        self.assertEqual([w["id"] for w in self.windows()], [begun["id"]])
        self.find_again()
        self.end()
        self.assertEqual(self.windows(), [])

    def test_proc_1_3_a_missing_post_is_passed_with_a_reason_that_is_kept(self):
        self.begin()
        self.lose()
        ended = self.end("--despite", "the recorder was taken away", status=3)
        self.assertEqual((ended["post"], ended["without_post"]), ([], "the recorder was taken away"))
        self.assertFalse(self.windows("--all")[0]["open"])

    def test_proc_1_4_pre_and_post_are_in_the_names(self):
        self.begin()
        ended = self.end()
        self.assertTrue(ended["pre"][0]["name"].endswith("_PRE"), ended)
        self.assertTrue(ended["post"][0]["name"].endswith("_POST"), ended)


class WhatMayGoWrong(WindowCase):
    def test_an_equipment_is_in_one_open_window_at_a_time(self):
        begun = self.begin()
        result = self.run_coffre("change", "begin", "NVR-HALL", "NVR-QUAI", *WHY)
        self.assert_error(result, 2, begun["id"])
        self.assertEqual(self.kinds("NVR-QUAI"), [])
        self.end()
        self.begin("NVR-HALL", "NVR-QUAI")

    def test_a_capture_in_a_window_wants_to_know_its_kind(self):
        self.begin()
        result = self.run_coffre("capture", "NVR-HALL")
        self.assert_error(result, 2, "NVR-HALL")
        self.assertIn("change end", result.lines[0])
        self.assertEqual(self.kinds(), ["PRE"])
        self.take("NVR-HALL", kind="HEBDO")
        self.assertEqual(self.kinds(), ["HEBDO", "PRE"])
        self.take("NVR-QUAI")

    def test_a_round_of_all_takes_those_that_are_in_no_window(self):
        self.begin()
        result = self.succeed_json("capture", "--all", status=3)
        self.assertEqual([s["equipment"] for s in result["snapshots"]], ["NVR-QUAI"])
        self.assertEqual([f["equipment"] for f in result["failed"]], ["NVR-HALL"])

    def test_the_window_that_is_meant_must_be_plain(self):
        self.assert_error(self.run_coffre("change", "end"), 1)
        self.assert_error(self.run_coffre("change", "end", "NVR-HALL"), 1, "NVR-HALL")
        self.assert_error(self.run_coffre("change", "end", "--id", "00000000"), 1, "00000000")
        first, second = self.begin("NVR-HALL"), self.begin("NVR-QUAI")
        result = self.run_coffre("change", "end")
        self.assert_error(result, 2, first["id"])
        self.assertIn(second["id"], result.lines[0])
        self.end("--id", second["id"])
        self.assert_error(self.run_coffre("change", "end", "--id", second["id"]), 1, second["id"])
        self.end("NVR-HALL")

    def test_an_equipment_that_left_the_inventory_does_not_keep_a_window_open_for_ever(self):
        self.begin("NVR-HALL", "NVR-QUAI")
        self.succeed("equipment", "remove", "NVR-HALL")
        self.assert_error(self.run_coffre("change", "end"), 1, "NVR-HALL")
        ended = self.end("--despite", "it was sold", status=3)
        self.assertEqual([s["equipment"] for s in ended["post"]], ["NVR-QUAI"])

    def test_one_that_is_exported_by_hand_is_given_from_a_folder(self):
        self.succeed("equipment", "add", "NVR-OLD", "--type", "NVR", "--driver", "files",
                     "--set", "mode=manual")
        self.assert_error(self.run_coffre("change", "begin", "NVR-OLD", *WHY), 2, "NVR-OLD")
        self.begin("NVR-OLD", "--from", self.write("export/a.cfg", "1\n").parent)
        self.write("export/a.cfg", "2\n")
        ended = self.end("--from", self.scratch / "export", "--remove-source")
        self.assertEqual([c["path"] for c in ended["diff"][0]["changes"]], ["a.cfg"])
        self.assertFalse((self.scratch / "export/a.cfg").exists())

    def test_what_is_open_is_told_in_words_and_in_french(self):
        begun = self.begin()
        for lang, word in (("en", b"open"), ("fr", b"ouverte")):
            listed = self.succeed("change", "list", "--lang", lang).out
            self.assertIn(begun["id"].encode(), listed)
            self.assertIn(word, listed)
        text = self.succeed("change", "end").out.decode()
        self.assertIn(begun["id"], text)


class RunOne(WindowCase):
    def change_run(self, *command, status=0, more=(), **options):
        return self.succeed("change", "run", "NVR-HALL", *WHY, *more, "--", *command, status=status,
                            **options)

    def run_json(self, *command, status=0):
        return self.change_run(*command, status=status, more=["--json"]).json

    def test_proc_1_3_run_takes_pre_and_post_around_a_command(self):
        target = self.scratch / "NVR-HALL/settings.cfg"
        result = self.run_json("sh", "-c", f"echo camera=2 > {target}; echo said")
        self.assertEqual((result["command"]["status"], result["ok"]), (0, True))
        self.assertEqual([c["path"] for c in result["diff"][0]["changes"]], ["settings.cfg"])
        self.assertEqual(self.windows(), [])

    def test_proc_1_3_post_is_taken_though_the_command_failed(self):
        result = self.run_json("sh", "-c", "exit 5", status=1)
        self.assertEqual((result["command"]["status"], result["ok"]), (5, False))
        self.assertEqual(len(result["post"]), 1)
        self.assertEqual(self.windows(), [])
        self.assertIn("5", self.windows("--all")[0]["ended"]["message"])

    def test_a_command_that_cannot_be_started_or_is_killed_has_failed(self):
        self.assertEqual(self.run_json("/nowhere/command", status=1)["command"]["status"], 127)
        self.assertEqual(self.run_json("sh", "-c", "kill -9 $$", status=1)["command"]["status"], 137)

    def test_a_failed_post_is_told_apart_from_a_failed_command(self):
        away = self.scratch / "NVR-HALL"
        result = self.change_run("sh", "-c", f"mv {away} {away}-away; exit 5", status=15)
        self.assertIn("NVR-HALL", result.lines[-1])
        self.assertEqual(len(self.windows()), 1)

    def test_its_end_is_seen_also_where_the_caller_ignored_that_of_its_children(self):
        result = self.change_run("sh", "-c", "exit 0", more=["--json"],
                                 preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
        self.assertEqual((result.json["command"]["status"], result.json["ok"]), (0, True))

    def test_the_commands_output_is_its_own_and_json_stays_one_document(self):
        self.assertIn(b"said\n", self.change_run("sh", "-c", "echo said").out)
        result = self.change_run("sh", "-c", "echo said", more=["--json"])
        self.assertIn(b"said\n", result.err)
        self.assertIn("id", result.json)

    def test_only_run_takes_a_command_and_it_must_have_one(self):
        for arguments in (("run", "NVR-HALL", *WHY), ("run", "NVR-HALL", *WHY, "--"),
                          ("begin", "NVR-HALL", *WHY, "--", "true")):
            self.assert_error(self.run_coffre("change", *arguments), 2, "--")
        self.assertEqual(self.windows("--all"), [])

    def test_the_command_stands_on_the_terminal_and_an_interrupt_is_its_alone(self):
        leader, follower = pty.openpty()
        environment = self.with_environment({"COFFRE_REPO": self.repo, "COFFRE_KEY_FILE": self.key})
        command = [EXE, "change", "run", "NVR-HALL", *WHY, "--",
                   "sh", "-c", "tty; echo ready; while :; do sleep 0.1; done"]
        child = os.fork()
        if child == 0:
            os.setsid()
            fcntl.ioctl(follower, termios.TIOCSCTTY, 0)
            for standard in range(3):
                os.dup2(follower, standard)
            os.chdir(self.scratch)
            os.execve(EXE, command, environment)
        os.close(follower)
        said = b""
        end = time.monotonic() + SECONDS
        while b"ready" not in said:
            self.assertTrue(select.select([leader], [], [], max(0, end - time.monotonic()))[0], said)
            said += os.read(leader, 1000)
        os.write(leader, b"\x03")
        _, status = os.waitpid(child, 0)
        os.close(leader)
        self.assertIn(b"/dev/pts/", said)
        self.assertEqual(os.waitstatus_to_exitcode(status), 1)
        self.assertEqual(self.kinds(), ["POST", "PRE"])
        self.assertIn(str(128 + signal.SIGINT), self.windows("--all")[0]["ended"]["message"])

    def test_a_window_that_a_kill_left_open_is_ended_later(self):
        process = self.start("change", "run", "NVR-HALL", *WHY, "--",
                             "sh", "-c", f"echo $$ > {self.scratch}/pid; while :; do sleep 0.1; done",
                             env={"COFFRE_REPO": self.repo, "COFFRE_KEY_FILE": self.key},
                             start_new_session=True)
        pid = self.scratch / "pid"
        end = time.monotonic() + SECONDS
        while not (pid.exists() and pid.read_text().strip()):
            self.assertLess(time.monotonic(), end, "the command did not begin")
            time.sleep(0.05)
        process.kill()
        os.kill(int(pid.read_text()), signal.SIGKILL)
        process.communicate()
        [window] = self.windows()
        self.assertEqual((len(window["pre"]), window["post"]), (1, []))
        self.assertEqual(len(self.end()["post"]), 1)


class InItsWords(EquipmentTestCase):
    def setUp(self):
        super().setUp()
        self.device = self.simulate("hikvision")
        self.add(self.device)

    def test_proc_1_3_the_difference_is_told_in_the_equipments_words(self):
        self.succeed("change", "begin", "NVR-HALL", "--category", "cameras", "-m", "Quai Nord")
        self.device.ask("change", {"path": CHANNELS, "id": "1", "element": "name", "text": "Quai Nord"})
        result = self.succeed("change", "end")
        self.assertIn("Quai Nord", result.out.decode())
        self.assertIn("Cameras", result.out.decode())
        [window] = self.succeed_json("change", "list", "--all")["changes"]
        self.assertEqual(window["categories"], ["cameras"])

    def test_proc_1_3_what_was_changed_beyond_what_was_said_is_told(self):
        self.succeed("change", "begin", "NVR-HALL", "--category", "cameras", "-m", "Quai Nord")
        self.device.ask("change", {"path": CHANNELS, "id": "1", "element": "name", "text": "Quai Nord"})
        self.device.ask("change", {"path": USERS, "id": "2", "element": "userLevel", "text": "Administrator"})
        [diff] = self.succeed_json("change", "end")["diff"]
        self.assertEqual(diff["beyond"], ["rights"])
        self.assertEqual({change["category"] for change in diff["changes"]}, {"cameras", "users"})

    def test_proc_1_3_a_change_that_nobody_declared_is_an_anomaly_and_is_told_at_once(self):
        heard = self.scratch / "heard"
        settings = self.write("home/.config/coffre/config.toml",
                              '[[hook]]\nname = "notes"\nevents = ["change-detected"]\n'
                              f'command = ["/bin/sh", "-c", "cat >> {heard}"]\n')
        settings.chmod(0o600)
        self.take()
        undeclared = lambda: [one for one in self.succeed_json("anomalies", "list")["anomalies"]  # noqa: E731
                              if one["kind"] == "undeclared_change"]
        self.take()
        self.assertEqual((undeclared(), heard.exists()), ([], False), "nothing was changed")
        self.device.ask("change", {"path": CHANNELS, "id": "1", "element": "name", "text": "Quai Nord"})
        self.device.ask("change", {"path": USERS, "id": "2", "element": "userLevel", "text": "Administrator"})
        self.take()
        after, before, _ = [one["commit"] for one in self.succeed_json("log", "NVR-HALL")["snapshots"]]
        [anomaly] = undeclared()
        self.assertEqual((anomaly["equipment"], anomaly["state"]), ("NVR-HALL", "open"))
        self.assertEqual(anomaly["details"]["categories"], "cameras,rights")
        self.assertEqual(sorted(anomaly["snapshots"]), sorted([before, after]))
        for word in (b"Quai Nord", b"Administrator"):
            self.assertNotIn(word, self.succeed("anomalies", "list", "--json").out)
        [event] = map(json.loads, heard.read_text().splitlines())
        self.assertEqual((event["before"], event["after"]), (before, after))
        self.assertEqual(event["categories"], ["cameras", "rights"])
        self.take()
        self.assertEqual([one["id"] for one in undeclared()], [anomaly["id"]])
        self.assertEqual(len(heard.read_text().splitlines()), 1, "told once")


if __name__ == "__main__":
    unittest.main()
