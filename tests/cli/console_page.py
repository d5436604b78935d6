"""Pages whose console blocks are run line by line, and whose output is what the page shows."""

import os
import re
import subprocess

from coffre_cli import EXE, CoffreTestCase

MARK = "--- end of this command ---"


def blocks(text):
    """[(command, [lines shown])] of all console blocks, in order. A command goes on behind a backslash."""
    steps = []
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.M | re.S):
        unfinished = False
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], []))
            elif unfinished:
                steps[-1] = (f"{steps[-1][0]}\n{line.removeprefix('>')}", [])
            else:
                steps[-1][1].append(line)
            unfinished = line.endswith("\\") and (line.startswith("$ ") or unfinished)
    return steps


def matches(shown, got):
    """`…` stands for anything within a line."""
    pattern = ".+".join(re.escape(part) for part in shown.split("…"))
    return re.fullmatch(pattern, got) is not None


class ConsolePageTestCase(CoffreTestCase):
    def assert_page_is_true(self, text, real=None, extra=None):
        """Runs it in an empty folder. `real`: what stands in the page -> what takes its place here."""
        steps = blocks(text)
        binaries, place = self.scratch / "bin", self.scratch / "page"
        for folder in (binaries, place):
            folder.mkdir()
        (binaries / "coffre").symlink_to(EXE)
        script = "".join(f"{command}\necho '{MARK}'\n" for command, _ in steps)
        for word, instead in (real or {}).items():
            self.assertIn(word, script)
            script = script.replace(word, str(instead))
        environment = {"PATH": f"{binaries}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "USER": "martin",
                       **(extra or {})}
        ran = subprocess.run(["bash"], input=script, text=True, cwd=place, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, timeout=240, check=False,
                             env=self.with_environment(environment))
        output = ran.stdout
        for word, instead in (real or {}).items():
            output = output.replace(str(instead), word)
        printed = output.split(MARK + "\n")
        self.assertEqual(len(printed), len(steps) + 1, output[-2000:])
        for (command, shown), got in zip(steps, printed):
            with self.subTest(command=command):
                lines = got.splitlines()
                self.assertEqual(len(shown), len(lines), f"{command}\n{got}")
                for one, other in zip(shown, lines):
                    self.assertTrue(matches(one, other), f"{command}\nshown: {one}\ngot:   {other}")
        return steps
