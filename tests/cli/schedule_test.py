#!/usr/bin/python3
"""schedule: units that systemd takes without a word, hardened; idempotent; nothing secret in them."""

import json
import os
import re
import shutil
import subprocess
import unittest

from coffre_cli import EXE, PASSPHRASE, SharedRepositoryTestCase

ANALYZE = shutil.which("systemd-analyze")
EXPOSURE_MAX = 3.0  # of 10; systemd calls below 4 "OK"


class Schedule(SharedRepositoryTestCase):
    def setUp(self):
        super().setUp()
        self.root = self.scratch / "root"
        self.environment["XDG_CONFIG_HOME"] = str(self.scratch / "config")

    def schedule(self, *arguments, status=0, **options):
        return self.succeed_json("schedule", *arguments, status=status, **options)

    def install_system(self, *more):
        done = self.schedule("install", "--system", "--root", self.root, *more)
        return {file["path"].rsplit(".", 1)[-1]: file for file in done["files"]}

    def analyze(self, *arguments, env=None):
        return subprocess.run([ANALYZE, *map(str, arguments)], capture_output=True, text=True, check=False,
                              env={**os.environ, **(env or {})})

    def test_install_writes_once_and_remove_takes_it_back(self):
        first = self.schedule("install")
        self.assertEqual([file["changed"] for file in first["files"]], [True, True])
        for file in first["files"]:
            self.assertTrue(file["path"].startswith(str(self.scratch / "config/systemd/user/coffre-")), file)
            with open(file["path"], encoding="utf-8") as there:
                self.assertEqual(there.read(), file["content"])
        again = self.schedule("install")
        self.assertEqual([file["changed"] for file in again["files"]], [False, False])
        self.assertEqual({file["state"] for file in self.schedule("show")["files"]}, {"same"})
        removed = self.schedule("remove")
        self.assertEqual([file["changed"] for file in removed["files"]], [True, True])
        self.assertEqual(list((self.scratch / "config/systemd/user").iterdir()), [])
        self.assertEqual([file["changed"] for file in self.schedule("remove")["files"]], [False, False])

    def test_what_was_changed_by_hand_is_shown_and_put_right(self):
        path = self.schedule("install")["files"][1]["path"]
        with open(path, "a", encoding="utf-8") as file:
            file.write("# mine\n")
        self.assertEqual([file["state"] for file in self.schedule("show")["files"]], ["same", "other"])
        self.assertEqual([file["changed"] for file in self.schedule("install")["files"]], [False, True])

    def test_show_and_dry_run_write_nothing(self):
        for arguments in (("show",), ("install", "--dry-run"), ("show", "--system", "--root", self.root)):
            self.assertEqual({file["state"] for file in self.schedule(*arguments)["files"]}, {"absent"})
        self.assertFalse((self.scratch / "config").exists())
        self.assertFalse(self.root.exists())

    def test_no_secret_and_no_credential_stands_in_a_command_line(self):
        secret = self.key.read_text(encoding="ascii").strip().splitlines()[-1]
        for file in self.install_system().values():
            self.assertNotIn(secret, file["content"])
            for line in file["content"].splitlines():
                if line.startswith("ExecStart="):
                    self.assertNotIn("key", line.replace("/build/", ""))
        service = self.install_system()["service"]["content"]
        self.assertIn(f'LoadCredential="key:{self.key}"', service)
        self.assertIn('Environment="COFFRE_KEY_FILE=%d/key"', service)

    def test_a_passphrase_of_the_environment_does_not_do(self):
        given = {"COFFRE_KEY_FILE": None, "COFFRE_PASSWORD": PASSPHRASE}
        self.assert_error(self.run_coffre("schedule", "install", env=given), 2)
        self.assertFalse((self.scratch / "config").exists())

    def test_proc_1_2_due_times_are_no_hour_that_the_clocks_repeat_or_skip(self):
        for every in ("5min", "15min", "1h", "6h", "12h"):
            timer = self.install_system("--every", every)["timer"]["content"]
            calendar, = re.findall("^OnCalendar=(.*)$", timer, re.M)
            self.assertTrue(calendar.endswith(" UTC"), calendar)
            self.assertIn("\nPersistent=yes\n", timer)
            self.assertIn("\nRandomizedDelaySec=", timer)

    def test_intervals_that_divide_no_hour_and_no_day_are_refused(self):
        for every in ("7min", "5h", "soon", "0min", "15"):
            self.assert_error(self.run_coffre("schedule", "install", "--every", every), 2, every)

    def test_a_file_of_cron(self):
        line, = self.schedule("install", "--system", "--cron", "--root", self.root)["files"]
        self.assertRegex(line["path"], f"^{self.root}/etc/cron.d/coffre-[0-9a-f]{{8}}$")
        self.assertRegex(line["content"], r"(?m)^\*/15 \* \* \* \* root .*'--quiet' 'run'$")
        self.assertIn(EXE, line["content"])
        self.schedule("remove", "--system", "--cron", "--root", self.root)
        self.assertEqual(list((self.root / "etc/cron.d").iterdir()), [])

    def test_names_of_the_site_are_not_in_names_of_units(self):
        for file in self.schedule("show")["files"]:
            self.assertNotIn("ACME", json.dumps(file["path"]).upper().replace("COFFRE-TEST", ""))

    @unittest.skipUnless(ANALYZE, "systemd-analyze is not there")
    def test_systemd_has_nothing_to_say_against_the_units(self):
        for arguments in ((), ("--run-as", "daemon"), ("--every", "2h")):
            files = self.install_system(*arguments)
            for kind in ("service", "timer"):
                result = self.analyze("verify", "--man=no", files[kind]["path"])
                self.assertEqual((result.returncode, result.stderr, result.stdout), (0, "", ""), arguments)
        for file in self.schedule("install")["files"]:
            result = self.analyze("verify", "--man=no", "--user", file["path"],
                                  env={"XDG_RUNTIME_DIR": str(self.root)})
            self.assertEqual((result.returncode, result.stderr, result.stdout), (0, "", ""))

    @unittest.skipUnless(ANALYZE, "systemd-analyze is not there")
    def test_a_service_of_the_machine_is_hardly_exposed(self):
        path = self.install_system("--run-as", "daemon")["service"]["path"]
        result = self.analyze("security", "--offline=true", path)
        exposure, = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", result.stdout)
        self.assertLessEqual(float(exposure), EXPOSURE_MAX, result.stdout)


if __name__ == "__main__":
    unittest.main()
