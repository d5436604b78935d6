#!/usr/bin/python3
"""Runs every line of docs/tour.md and compares what it prints with what the page shows."""

import os
import pathlib
import re
import subprocess
import unittest

from coffre_cli import EXE, CoffreTestCase

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/tour.md"
MARK = "--- end of this command ---"


def blocks(text):
    """[(command, [lines shown])] of all console blocks, in order."""
    steps = []
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.M | re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], []))
            else:
                steps[-1][1].append(line)
    return steps


def matches(shown, got):
    """`…` stands for anything within a line."""
    pattern = ".+".join(re.escape(part) for part in shown.split("…"))
    return re.fullmatch(pattern, got) is not None


class Tour(CoffreTestCase):
    def test_every_line_gives_the_output_shown(self):
        text = PAGE.read_text()
        steps = blocks(text)
        self.assertGreaterEqual(sum(1 + len(shown) for _, shown in steps), 100)
        binaries = self.scratch / "bin"
        binaries.mkdir()
        (binaries / "coffre").symlink_to(EXE)
        place = self.scratch / "tour"
        place.mkdir()
        script = "".join(f"{command}\necho '{MARK}'\n" for command, _ in steps)
        path = f"{binaries}:{os.environ['PATH']}"
        ran = subprocess.run(["bash"], input=script, text=True, cwd=place, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, timeout=120, check=False,
                             env=self.with_environment({"PATH": path, "LC_ALL": "C.UTF-8", "USER": "martin"}))
        printed = ran.stdout.split(MARK + "\n")
        self.assertEqual(len(printed), len(steps) + 1, ran.stdout[-2000:])
        for (command, shown), got in zip(steps, printed):
            with self.subTest(command=command):
                lines = got.splitlines()
                self.assertEqual(len(shown), len(lines), f"{command}\n{got}")
                for one, other in zip(shown, lines):
                    self.assertTrue(matches(one, other), f"{command}\nshown: {one}\ngot:   {other}")


if __name__ == "__main__":
    unittest.main()
