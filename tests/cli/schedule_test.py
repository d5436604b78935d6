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
NEEDS_ANALYZE = unittest.skipUnless(ANALYZE or os.environ.get("CI") == "true", "systemd-analyze is not there")
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

    def credentials(self, service):
        """As the manager reads those lines: the name, a colon, and all the rest is the path."""
        return dict(re.findall("^LoadCredential=([^:]*):(.*)$", service, re.M))

    def writable(self, service):
        return re.findall('^ReadWritePaths="-(.*)"$', service, re.M)

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
        self.assertEqual(self.credentials(service), {"key": str(self.key)})
        self.assertIn('Environment="COFFRE_KEY_FILE=%d/key"', service)

    def test_a_passphrase_of_the_environment_does_not_do(self):
        given = {"COFFRE_KEY_FILE": None, "COFFRE_PASSWORD": PASSPHRASE}
        self.assert_error(self.run_coffre("schedule", "install", env=given), 2)
        self.assertFalse((self.scratch / "config").exists())

    def test_proc_1_1_due_times_are_no_hour_that_the_clocks_repeat_or_skip(self):
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

    def test_a_credential_is_a_file_that_is_there(self):
        word = self.write("a pass word", PASSPHRASE)
        given = {"COFFRE_KEY_FILE": None, "COFFRE_PASSWORD_FILE": word}
        for file in self.schedule("show", env=given)["files"][:1]:
            found = self.credentials(file["content"])
            self.assertEqual(list(found), ["password"])
            self.assertTrue(os.path.isfile(found["password"]), found)

    def test_of_another_account_the_manager_makes_the_folders_and_nobodys_home_is_opened(self):
        service = self.install_system("--run-as", "daemon")["service"]["content"]
        self.assertIn("\nUser=daemon\n", service)
        self.assertIn("\nStateDirectory=coffre\n", service)
        self.assertEqual(self.writable(service), [str(self.repo)])
        own = self.install_system()["service"]["content"]
        self.assertIn(str(self.scratch / "state/coffre"), self.writable(own))

    def test_a_password_command_of_the_users_settings_is_not_another_accounts(self):
        settings = self.write("config/coffre/config.toml", 'password-command = "echo x"\n')
        settings.chmod(0o600)
        given = {"COFFRE_KEY_FILE": None}
        self.schedule("show", "--system", env=given)
        self.assert_error(self.run_coffre("schedule", "show", "--system", "--run-as", "daemon", env=given), 2)

    def test_what_is_no_name_of_an_account_is_refused(self):
        for name in ("no such user; x", "a b", "-x"):
            for form in ((), ("--cron",)):
                result = self.run_coffre("schedule", "show", "--system", f"--run-as={name}", *form)
                self.assert_error(result, 2, name)

    def test_a_copy_that_is_only_read_is_not_scheduled(self):
        url = f"file://{self.repo}"
        self.assert_error(self.run_coffre("-r", url, "schedule", "install"), 2, url)
        self.assertFalse((self.scratch / "config").exists())

    def test_remove_takes_out_what_runs_a_repository_that_is_gone(self):
        forms = ((), ("--system", "--root", self.root), ("--system", "--cron", "--root", self.root))
        for form in forms:
            self.schedule("install", *form)
        self.repo.rename(self.scratch / "away")
        for form in forms:
            removed = self.schedule("remove", *form)["files"]
            self.assertTrue(all(file["changed"] for file in removed), removed)
            self.assertFalse(any(os.path.exists(file["path"]) for file in removed))
            self.assert_error(self.run_coffre("schedule", "remove", *form), 10, self.repo)

    def test_the_table_of_a_user_keeps_what_is_not_ours(self):
        table = self.write("table", "0 1 * * * mine\n")
        program = self.write("bin/crontab", f'#!/bin/sh\ncase $1 in -l) cat "{table}" ;; '
                                            f'-) cat > "{table}.new" && mv "{table}.new" "{table}" ;; esac\n')
        program.chmod(0o755)
        own = [] if os.geteuid() == 0 else ["--map-root-user"]
        wrap = ["unshare", "--mount", *own, "sh", "-c", 'mount --bind "$0" /usr/local/bin && exec "$@"',
                str(program.parent)]
        if subprocess.run([*wrap, "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("nothing may be mounted here, also not with unshare")
        first = self.schedule("install", "--cron", wrap=wrap)
        self.assertEqual([file["changed"] for file in first["files"]], [True])
        text = table.read_text()
        self.assertTrue(text.startswith("0 1 * * * mine\n# coffre-"), text)
        self.assertIn(f"COFFRE_REPO='{self.repo}' COFFRE_LANG=", text)
        self.schedule("install", "--cron", wrap=wrap)
        self.assertEqual(table.read_text(), text)
        self.repo.rename(self.scratch / "away")
        self.schedule("remove", "--cron", wrap=wrap)
        self.assertEqual(table.read_text(), "0 1 * * * mine\n")

    def test_a_fleet_may_write_to_each_sites_media(self):
        medium = self.scratch / "a medium"
        medium.mkdir()
        self.succeed("remote", "add", "disk", medium, "--role", "physical")
        vault = self.scratch / "vault"
        vault.mkdir()
        self.repo.rename(vault / "PARIS")
        service = self.install_system("--fleet", vault)["service"]["content"]
        self.assertEqual(self.writable(service)[:2], [str(vault), str(medium)])

    def test_fleets_in_folders_of_one_name_have_units_of_their_own(self):
        paths = set()
        for name in ("a", "b"):
            vault = self.scratch / name / "vault"
            shutil.copytree(self.repo, vault / "PARIS")
            paths |= {file["path"] for file in self.schedule("show", "--fleet", vault)["files"]}
        self.assertEqual(len(paths), 4, paths)

    def test_a_fleet_that_is_not_there_or_that_nothing_opens_is_refused(self):
        missing = self.scratch / "missing"
        self.assert_error(self.run_coffre("schedule", "install", "--fleet", missing), 1, missing)
        given = {"COFFRE_KEY_FILE": None}
        self.assert_error(self.run_coffre("schedule", "install", "--fleet", self.repo, env=given), 2)
        self.assertFalse((self.scratch / "config").exists())

    def test_names_of_the_site_are_not_in_names_of_units(self):
        for file in self.schedule("show")["files"]:
            self.assertNotIn("ACME", json.dumps(file["path"]).upper().replace("COFFRE-TEST", ""))

    @NEEDS_ANALYZE
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

    @NEEDS_ANALYZE
    def test_the_manager_finds_the_key_where_it_is(self):
        whole = self.install_system()["service"]["content"]
        path = str(self.key).lstrip("/")
        service = self.write("relative.service", whole.replace(f"key:/{path}", f"key:{path}"))
        told = self.analyze("verify", "--man=no", service).stderr
        self.assertIn(f'"{path}" not valid', told, "of a path that it must refuse it says what it read")

    @NEEDS_ANALYZE
    def test_a_service_of_the_machine_is_hardly_exposed(self):
        path = self.install_system("--run-as", "daemon")["service"]["path"]
        result = self.analyze("security", "--offline=true", path)
        exposure, = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", result.stdout)
        self.assertLessEqual(float(exposure), EXPOSURE_MAX, result.stdout)


if __name__ == "__main__":
    unittest.main()
