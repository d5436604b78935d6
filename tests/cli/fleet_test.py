#!/usr/bin/python3
"""Many sites by one command: found, opened with one identity, and none of them the end of the others."""

import json
import os
import re
import shutil
import tempfile
import unittest

from browser import CHROMIUM, Browser
from coffre_cli import PASSPHRASE, SCRATCH_ROOT, CoffreTestCase

OWN = "une phrase à elle"
SITES = {"north/LILLE": "LILLE", "north/ARRAS": "ARRAS", "PARIS": "PARIS"}


class Fleet(CoffreTestCase):
    """Each test begins with a copy of three sites that admitted Anne."""

    made = None

    @classmethod
    def tearDownClass(cls):
        if cls.made:
            shutil.rmtree(cls.made)

    def setUp(self):
        super().setUp()
        self.vault = self.scratch / "vault"
        self.identity = self.scratch / "anne.identity"
        cls = type(self)
        if cls.made is None:
            self.make()
            cls.made = tempfile.mkdtemp(prefix="coffre-made-", dir=SCRATCH_ROOT)
            shutil.copytree(self.scratch, cls.made, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copytree(cls.made, self.scratch, symlinks=True, dirs_exist_ok=True)
        self.environment.update(COFFRE_IDENTITY=str(self.identity), COFFRE_PASSWORD=OWN)

    def done(self, *arguments, **options):
        result = self.run_bare(*arguments, **options)
        self.assertEqual(result.status, 0, str(result))
        return result

    def make(self):
        anne = ("--identity", self.identity, "identity")
        self.done(*anne, "new", "--name", "Anne", env={"COFFRE_PASSWORD": OWN})
        card = self.done(*anne, "show", "--card").out.decode().strip()
        for folder, site in SITES.items():
            key = self.scratch / f"{site}.key"
            (self.vault / folder).parent.mkdir(parents=True, exist_ok=True)
            self.done("-r", self.vault / folder, "init", "--client", "ACME", "--site", site,
                      "--key-file-out", key, env={"COFFRE_PASSWORD": PASSPHRASE})
            self.done("-r", self.vault / folder, "--key-file", key, "people", "add", "Anne", "--card", card)

    def fleet(self, *arguments, status=0, **options):
        result = self.run_bare("fleet", *arguments, "--json", **options)
        self.assertEqual(result.status, status, str(result))
        return result.json

    def folders(self, document):
        return [site["folder"] for site in document["sites"]]

    def test_sites_are_found_one_and_two_levels_deep(self):
        found = self.fleet("status", self.vault)
        self.assertEqual(self.folders(found), sorted(SITES))
        self.assertEqual([site["site"] for site in found["sites"]], [SITES[name] for name in sorted(SITES)])
        self.assertEqual((found["failed"], found["ok"]), ([], True))
        self.assertEqual(sum(found["marks"].values()), 3)

    def test_deeper_hidden_and_linked_folders_are_passed_over(self):
        for place in ("a/b/c", ".hidden"):
            shutil.copytree(self.vault / "PARIS", self.vault / place)
        os.symlink(self.vault / "PARIS", self.vault / "link")
        self.assertEqual(self.folders(self.fleet("status", self.vault)), sorted(SITES))

    def test_one_repository_is_a_fleet_of_one(self):
        self.assertEqual(self.folders(self.fleet("status", self.vault / "PARIS")), ["."])

    def test_the_folder_may_stand_in_a_variable_or_in_the_settings_file(self):
        self.assertEqual(len(self.fleet("status", env={"COFFRE_FLEET": self.vault})["sites"]), 3)
        self.write("home/.config/coffre/config.toml", f'fleet = "{self.vault}"\n')
        self.assertEqual(len(self.fleet("status")["sites"]), 3)

    def test_without_a_folder_or_without_sites_it_says_so(self):
        for lang in ("en", "fr"):
            self.assert_error(self.run_bare("fleet", "status", "--lang", lang), 2)
            empty = self.scratch / "empty"
            empty.mkdir(exist_ok=True)
            self.assert_error(self.run_bare("fleet", "status", empty, "--lang", lang), 10, empty)
            missing = self.scratch / "missing"
            self.assert_error(self.run_bare("fleet", "status", missing, "--lang", lang), 1, missing)

    def test_a_site_that_did_not_admit_the_identity_is_a_line_of_the_result(self):
        self.done("-r", self.vault / "PARIS", "--key-file", self.scratch / "PARIS.key", "people", "remove",
                  "Anne")
        found = self.fleet("status", self.vault, status=3)
        self.assertEqual(self.folders(found), ["north/ARRAS", "north/LILLE"])
        failure, = found["failed"]
        self.assertEqual((failure["folder"], failure["code"]), ("PARIS", 12))
        self.assertTrue(failure["message"] and failure["hint"])
        self.assertFalse(found["ok"])
        result = self.run_bare("fleet", "status", self.vault)
        self.assertEqual(result.status, 3)
        told = [line for line in result.lines if "PARIS: " in line]
        self.assertEqual(len(told), 1, str(result))
        self.assertEqual(len(result.out.splitlines()), 2)

    def test_a_damaged_site_is_a_line_of_the_result(self):
        (self.vault / "north/LILLE/coffre.json").write_text("{}\n")
        found = self.fleet("status", self.vault, status=3)
        self.assertEqual(self.folders(found), ["PARIS", "north/ARRAS"])
        self.assertEqual([(f["folder"], f["code"]) for f in found["failed"]], [("north/LILLE", 13)])

    def test_where_all_fail_for_one_reason_that_is_the_status(self):
        found = self.fleet("status", self.vault, status=12, env={"COFFRE_PASSWORD": "wrong"})
        self.assertEqual([f["code"] for f in found["failed"]], [12, 12, 12])

    def test_a_password_command_is_asked_once_for_all_sites(self):
        counter = self.scratch / "asked"
        command = f"echo x >> {counter}; echo '{OWN}'"
        self.assertEqual(len(self.fleet("status", self.vault, env={
            "COFFRE_PASSWORD": None, "COFFRE_PASSWORD_COMMAND": command})["sites"]), 3)
        self.assertEqual(counter.read_text(), "x\n")

    def test_status_writes_nothing_into_a_repository(self):
        def files():
            return {path: path.stat().st_mtime_ns for path in self.vault.rglob("*") if path.is_file()}

        before = files()
        self.fleet("status", self.vault)
        self.assertEqual(files(), before)

    def test_run_tells_what_is_due_at_each_site_and_does_it(self):
        self.assertTrue(all(site["due"] for site in self.fleet("run", self.vault, "--dry-run")["sites"]))
        ran = self.fleet("run", self.vault)
        self.assertEqual(self.folders(ran), sorted(SITES))
        self.assertTrue(all(site["done"] and not site["failed"] for site in ran["sites"]), ran)
        self.assertTrue(all(not site["done"] for site in self.fleet("run", self.vault)["sites"]))

    def test_run_does_what_is_due_though_a_site_cannot_be_opened(self):
        (self.vault / "PARIS/coffre.json").write_text("{}\n")
        ran = self.fleet("run", self.vault, status=3)
        self.assertEqual(self.folders(ran), ["north/ARRAS", "north/LILLE"])
        self.assertTrue(all(site["done"] for site in ran["sites"]), ran)
        self.assertEqual([(f["folder"], f["code"]) for f in ran["failed"]], [("PARIS", 13)])

    def settings(self, text):
        self.write("home/.config/coffre/config.toml", text).chmod(0o600)

    def test_run_tells_hooks_of_a_site_that_cannot_be_opened(self):
        heard = self.scratch / "heard"
        self.settings('[[hook]]\nname = "notes"\nevents = ["run-done", "run-failed"]\n'
                      f'command = ["/bin/sh", "-c", "cat >> {heard}"]\n')
        (self.vault / "PARIS/coffre.json").write_text("{}\n")
        self.fleet("run", self.vault, status=3)
        events = [json.loads(line) for line in heard.read_text().splitlines()]
        self.assertEqual(sorted(one["event"] for one in events), ["run-done", "run-done", "run-failed"])
        failed, = [one for one in events if one["event"] == "run-failed"]
        self.assertEqual(failed["code"], "damaged")
        self.assertNotIn("PARIS", json.dumps(failed))

    def test_run_writes_the_files_of_the_settings_of_all_sites(self):
        page, metrics = self.scratch / "page.html", self.scratch / "m.prom"
        self.settings(f'dashboard = "{page}"\nmetrics = "{metrics}"\n')
        (self.vault / "PARIS/coffre.json").write_text("{}\n")
        self.assertEqual(self.fleet("run", self.vault, status=3)["unwritten"], [])
        text = page.read_text()
        for site in ("LILLE", "ARRAS", "PARIS"):
            self.assertIn(site, text)
        rows = metrics.read_text().splitlines()
        self.assertEqual(sum(row.startswith("coffre_site_protected{") for row in rows), 2)
        self.assertIn("coffre_sites_unopened 1", rows)

    def test_proc_p3_a_site_that_cannot_be_opened_is_a_row_of_the_dashboard_and_unknown(self):
        (self.vault / "PARIS/coffre.json").write_text("{}\n")
        page = self.scratch / "fleet.html"
        self.fleet("dashboard", self.vault, "-o", page, status=3)
        text = page.read_text()
        row, = re.findall(r'<tr class=r data-hours=0 data-site="PARIS".*', text)
        self.assertIn("data-mark=unknown", row)
        self.assertIn("damaged", row)
        self.assertNotIn('class="m ok', row)
        self.assertIn("/\u202f3", text, "of so many sites, protected ones are told")
        self.assertEqual(self.fleet("status", self.vault, status=3)["marks"]["unknown"], 1)

    def test_a_dash_is_standard_output(self):
        result = self.run_bare("fleet", "dashboard", self.vault, "-o", "-")
        self.assertEqual(result.status, 0, str(result))
        self.assertTrue(result.out.startswith(b"<!doctype html>"))
        self.assertFalse((self.scratch / "-").exists())

    @unittest.skipUnless(CHROMIUM or os.environ.get("CI") == "true", "there is no chromium here")
    def test_the_filter_of_the_dashboard_finds_a_site_as_it_is_written_and_hides_all_rows_of_others(self):
        page = self.scratch / "fleet.html"
        self.fleet("dashboard", self.vault, "-o", page)
        browser = Browser(self.scratch)
        self.addCleanup(browser.close)
        browser.open(page)
        for typed in ("lille", "ACME · LILLE", "Acmé lîlle"):
            browser.value("(() => { const q = document.getElementById('q'); q.value = %s;"
                          " q.dispatchEvent(new Event('input')); })()" % json.dumps(typed))
            shown = browser.value("[...document.querySelectorAll('[data-s]:not([hidden])')]"
                                  ".map(e => e.textContent).filter(text => !text.includes('LILLE')).length")
            self.assertEqual(shown, 0, typed)
            self.assertTrue(browser.value("document.getElementById('c').textContent").startswith("1 "), typed)

    def test_one_dashboard_shows_every_site(self):
        page = self.scratch / "fleet.html"
        told = self.fleet("dashboard", self.vault, "-o", page)
        self.assertEqual((told["sites"], told["file"], told["bytes"]), (3, str(page), page.stat().st_size))
        self.assertEqual(page.stat().st_mode & 0o777, 0o600)
        text = page.read_text()
        for site in SITES.values():
            self.assertIn(site, text)


if __name__ == "__main__":
    unittest.main()
