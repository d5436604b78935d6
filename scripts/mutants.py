#!/usr/bin/python3
"""Are the rules tested? Switches each rule of tests/mutants.txt off once and shows a test that falls: one
that is named for a sentence of the procedure where there is one.

    scripts/mutants.py BUILD            all of them
    scripts/mutants.py BUILD FILE…      those of these files of store/rules, by name

BUILD is a build tree (Ninja) with rules_tests in it, which is left as it is: of each rule one object is
compiled aside and linked before the library that holds the real one, as many at once as there are
processors. Ends with 1 where no test falls, a rule does not stand in its file, or a file of rules has no
rule listed.
"""

import concurrent.futures
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
RULES = "store/rules"
LIST = ROOT / "tests/mutants.txt"
LIBRARY = "store/libcoffre_rules.a"
# Slow, and worth running only where nothing else fell.
SLOW = "RetentionOracle.*:*a_million*:*year*:*seed*"
SECONDS = 120  # of processor, for one run of the tests: a rule switched off may make one run for ever
FELL = re.compile(r"^\[  FAILED  \] ([\w./]+)", re.M)
# Numbers that the rules share, where nothing is decided.
WITHOUT_RULES = {"limits.cpp"}


@dataclass(frozen=True)
class Mutant:
    file: str
    rule: str
    instead: str


def mutants():
    found, file, rule = [], None, None
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line.startswith("@ "):
            file = line[2:]
        elif line.startswith("- "):
            rule = line[2:]
        elif line.startswith("+"):
            found.append(Mutant(file, rule, line[1:].removeprefix(" ")))
    return found


def faults(listed):
    """What is wrong with the list itself, before anything is built."""
    for mutant in listed:
        path = ROOT / RULES / mutant.file
        count = path.read_text(encoding="utf-8").count(mutant.rule) if path.is_file() else 0
        if count != 1:
            yield f"{RULES}/{mutant.file}: stands there {count} times, not once: {mutant.rule}"
    for path in sorted((ROOT / RULES).glob("*.cpp")):
        if path.name not in WITHOUT_RULES and path.name not in {mutant.file for mutant in listed}:
            yield f"{RULES}/{path.name}: no rule of it is listed in tests/mutants.txt"


class Tree:
    """How the build tree compiles and links, with one source and one result in place of another."""

    def __init__(self, build):
        self.build = pathlib.Path(build).resolve()
        if subprocess.run(["ninja", "-C", self.build, "rules_tests"], stdout=sys.stderr,
                          check=False).returncode:
            sys.exit("rules_tests is not built")
        told = subprocess.run(["ninja", "-C", self.build, "-t", "commands", "rules_tests"], check=True,
                              stdout=subprocess.PIPE, text=True).stdout.splitlines()
        self.compile = {}
        for command in told:
            source = re.search(rf" -c (\S*/{RULES}/(\w+\.cpp))$", command)
            if source:
                self.compile[source[2]] = (shlex.split(command), source[1])
        self.link = next(shlex.split(command.removeprefix(": && ").split(" && ")[0])
                         for command in reversed(told) if " -o tests/rules_tests " in command)

    def run(self, words, to):
        words = list(words)
        words[words.index("-o") + 1] = str(to)
        return subprocess.run(words, cwd=self.build, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False).returncode == 0

    def executable(self, mutant, folder):
        """rules_tests with that rule switched off; None where it does not compile."""
        words, source = self.compile[mutant.file]
        text = pathlib.Path(source).read_text(encoding="utf-8")
        changed, made, tests = folder / mutant.file, folder / "mutant.o", folder / "rules_tests"
        changed.write_text(text.replace(mutant.rule, mutant.instead), encoding="utf-8")
        words = [str(changed) if word == source else word for word in words]
        for option in ("-MD", "-MT", "-MF"):
            if option in words:
                at = words.index(option)
                del words[at:at + (1 if option == "-MD" else 2)]
        if not self.run([*words, "-O0", "-U_FORTIFY_SOURCE", "-w"], made):
            return None
        at = self.link.index(LIBRARY)
        return tests if self.run([*self.link[:at], str(made), *self.link[at:]], tests) else None


def fallen(tests):
    """The tests that fall; the slow ones are asked only where no other one does."""
    for chosen in (f"-{SLOW}", SLOW):
        ran = subprocess.run(["prlimit", f"--cpu={SECONDS}", tests, "--gtest_brief=1",
                              f"--gtest_filter={chosen}"], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, check=False)
        if ran.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
            return ["(no end)"]
        names = sorted(set(FELL.findall(ran.stdout.decode("utf-8", "replace"))))
        if names or ran.returncode:
            return names or ["(ended before its time)"]
    return []


def try_one(tree, mutant):
    with tempfile.TemporaryDirectory(prefix="coffre-mutant-") as folder:
        tests = tree.executable(mutant, pathlib.Path(folder))
        return ["DOES NOT COMPILE"] if tests is None else fallen(tests)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    listed = mutants()
    files = sys.argv[2:]
    wrong = list(faults(listed))
    if wrong:
        sys.exit("\n".join(wrong))
    chosen = [mutant for mutant in listed if not files or mutant.file in files]
    tree = Tree(sys.argv[1])
    if fell := fallen(tree.build / "tests/rules_tests"):
        sys.exit(f"as they are, these tests fail: {' '.join(fell)}")
    unnoticed, begun = 0, time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        for mutant, fell in zip(chosen, workers.map(lambda one: try_one(tree, one), chosen)):
            noticed = bool(fell) and fell != ["DOES NOT COMPILE"]
            unnoticed += not noticed
            shown = ([name for name in fell if ".proc_" in name] or fell or ["NO TEST FELL"])[0]
            print(f"{shown:<90} {mutant.file}: {mutant.rule}", flush=True)
    print(f"{len(chosen)} rules switched off, {unnoticed} unnoticed, {time.monotonic() - begun:.0f} s")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
