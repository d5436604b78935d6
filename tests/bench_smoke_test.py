#!/usr/bin/python3
"""The benchmark's own promises at its tiniest size: a complete table and JSON, absent tools named, losses
noticed. No time is asserted.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))
import measure  # noqa: E402
import run  # noqa: E402
import tools  # noqa: E402

if "COFFRE_EXE" not in os.environ:
    sys.exit("COFFRE_EXE must name the executable to test")
EXE = os.path.abspath(os.environ["COFFRE_EXE"])
ROWS = {"stored", "stored_net", "stored_gc_net", "stored_gc_harder_net", "files", "peak_capture",
        "peak_restore_last", "peak_verify", "peak_gc",
        *(f"{step}_{field}" for field in ("cpu", "wall") for step in (
            "capture_first", "capture_median", "capture_last", "init", "list_empty", "list", "diff",
            "restore_last", "restore_first", "verify", "gc", "gc_harder"))}


class Forgetful(tools.Git):
    """Loses one file of every restore."""

    @classmethod
    def name(cls):
        return "forgetful"

    def restore(self, unit, snapshot, target):
        cost = super().restore(unit, snapshot, target)
        folder, _, names = next(item for item in os.walk(target) if item[2])
        os.remove(os.path.join(folder, names[0]))
        return cost


class BenchTest(unittest.TestCase):
    def setUp(self):
        self.top = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(dir="/dev/shm")))
        (self.top / "bin").mkdir()
        (self.top / "scratch").mkdir()
        (self.top / "bin/git").symlink_to(shutil.which("git"))

    def bench(self, *options):
        return subprocess.run(
            [sys.executable, "-B", ROOT / "bench/run.py", "--coffre", EXE, "--weeks", "2", "--cameras", "1",
             "--json-out", self.top / "result.json", *options], capture_output=True, text=True, timeout=120,
            env={"PATH": str(self.top / "bin"), "TMPDIR": str(self.top / "scratch")}, check=False)

    def check(self, done):
        self.assertEqual(done.returncode, 0, done.stderr)
        result = json.loads((self.top / "result.json").read_text(encoding="utf-8"))
        self.assertEqual({row["key"] for row in result["rows"]}, ROWS)
        self.assertEqual(list(result["versions"]), ["coffre", "git"])
        for row in result["rows"]:
            self.assertEqual(list(row["figures"]), ["coffre", "git"])
            for tool, figure in row["figures"].items():
                if isinstance(figure, str):  # git alone has a second gc
                    self.assertEqual((tool, figure), ("coffre", "has none"), row)
                    self.assertIn("gc_harder", row["key"])
                else:
                    self.assertGreaterEqual(figure, 0, row)
            line = next(line for line in done.stdout.splitlines() if line.startswith(f"| {row['what']}"))
            self.assertEqual(line.count("|"), 4)
            self.assertNotIn("| |", line)
        self.assertEqual(list((self.top / "scratch").iterdir()), [])
        return result

    def test_table_and_json_are_complete_and_an_absent_tool_is_named(self):
        done = self.bench("--tools", "coffre,git,restic", "--startup", "3", "--growth", "140")
        result = self.check(done)
        self.assertEqual(result["absent"], ["restic"])
        self.assertIn("- restic: absent from this machine, not measured", done.stdout)
        self.assertIn("| coffre log -n 20 ", done.stdout)
        self.assertEqual(result["startup"]["snapshots"], 3)
        self.assertEqual(result["growth"]["snapshots"], [100, 140])
        self.assertRegex(done.stdout, r"\| coffre capture NAME, a value changed \| [\d.]+ \| [\d.]+ \| ×")
        self.assertEqual(len(result["captures"]["git"]), 2 * result["workload"]["equipments"])

    def test_the_whole_fleet_as_one_capture(self):
        result = self.check(self.bench("--tools", "coffre,git", "--startup", "0", "--whole"))
        self.assertEqual(len(result["captures"]["coffre"]), 2)

    def test_the_same_seed_gives_the_same_bytes(self):
        for name in ("one", "two"):
            subprocess.run([sys.executable, "-B", ROOT / "bench/history.py", self.top / name, "--weeks", "3",
                            "--cameras", "2"], check=True, timeout=60)
        self.assertEqual(measure.differences(self.top / "one", self.top / "two"), [])
        self.assertNotEqual(measure.differences(self.top / "one/week-000", self.top / "one/week-001"), [])

    def test_what_is_not_the_same_is_found(self):
        for name in ("one", "two"):
            (self.top / name).mkdir()
            (self.top / name / "same").write_bytes(b"a")
        (self.top / "one/changed").write_bytes(b"a")
        (self.top / "two/changed").write_bytes(b"b")
        (self.top / "one/lost").write_bytes(b"")
        (self.top / "two/new").write_bytes(b"")
        self.assertEqual(measure.differences(self.top / "one", self.top / "two"),
                         ["missing: lost", "not asked for: new", "changed: changed"])

    def test_a_tool_that_loses_a_file_gets_no_figure(self):
        options = unittest.mock.Mock(whole=False, weeks=2)
        source = self.top / "history/week-000/NVR-XML"
        source.mkdir(parents=True)
        (source / "a.xml").write_bytes(b"<a/>")
        tool = Forgetful(str(self.top))
        tool.prepare()
        tool.init()
        race = run.Race(str(self.top), {"forgetful": tool}, options)
        race.units = race.units[:1]
        live = race.export(race.units[0], 0)
        _, race.snapshots["forgetful", "NVR-XML", 0] = tool.capture(race.units[0], live, run.history.when(0))
        with self.assertRaisesRegex(measure.Failed, "did not bring back NVR-XML .*\nmissing: a.xml"):
            race.restored(0)(tool)

    def test_a_fleet_is_measured(self):
        done = subprocess.run([sys.executable, "-B", ROOT / "bench/fleet.py", "--coffre", EXE, "--folder",
                               self.top / "fleet", "--sites", "2", "--repeats", "1"],
                              capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        for command in ("status", "run", "dashboard"):
            self.assertRegex(done.stdout, rf"(?m)^fleet {command} +[\d.]+ +[\d.]+ +\d+$")

    def test_a_process_that_fails_ends_the_run(self):
        with self.assertRaisesRegex(measure.Failed, "status 3"):
            measure.run(["/bin/sh", "-c", "exit 3"], {})

    def test_the_peak_is_that_of_the_child_and_its_children_alone(self):
        busy = "import os\nif os.fork():\n os.wait()\nelse:\n bytearray(200_000_000)"
        self.assertGreater(measure.run([sys.executable, "-c", busy], {}).peak, 200_000_000)
        self.assertLess(measure.run(["/bin/true"], {}).peak, 200_000_000)


if __name__ == "__main__":
    unittest.main()
