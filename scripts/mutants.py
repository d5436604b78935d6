#!/usr/bin/python3
"""Are the rules tested? Switches each rule of tests/mutants.txt off once, in a copy of the sources, and shows
a test that falls: one that is named for a sentence of the procedure where there is one.

    scripts/mutants.py            all of them
    scripts/mutants.py FILE…      those of these files of store/rules, by name

Ends with 1 where no test falls, a rule does not stand in its file, or a file of rules has no rule listed. Its
build tree stays in build/mutants, and ccache is used where it is: a second run compiles what changed.
"""

import os
import pathlib
import re
import subprocess
import sys
import time
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "build/mutants"
RULES = "store/rules"
LIST = ROOT / "tests/mutants.txt"
# Slow, and worth running only where nothing else fell.
SLOW = "RetentionOracle.*:*a_million*:*year*:*oracle*"
SECONDS = 120  # for one run of the tests; a rule switched off may make one run for ever
FELL = re.compile(r"^\[  FAILED  \] ([\w./]+)", re.M)
# Pure arithmetic of files that the rules share, where nothing is decided.
WITHOUT_RULES = {"limits.cpp"}


@dataclass
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
    for path in sorted((ROOT / RULES).glob("*.cpp")) if len(sys.argv) == 1 else ():
        if path.name not in WITHOUT_RULES and path.name not in {mutant.file for mutant in listed}:
            yield f"{RULES}/{path.name}: no rule of it is listed in tests/mutants.txt"


def copy_sources():
    """As they are here. What is there already is left, so that only what changed is compiled again."""
    source = WORK / "source"
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            check=True, stdout=subprocess.PIPE).stdout
    wanted = {name for name in os.fsdecode(listed).split("\0") if name and (ROOT / name).exists()}
    for folder, _, names in os.walk(source):
        for path in (pathlib.Path(folder, name) for name in names):
            if str(path.relative_to(source)) not in wanted:
                path.unlink()
    for name in wanted:
        content, there = (ROOT / name).read_bytes(), source / name
        if not there.is_file() or there.read_bytes() != content:
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes(content)
    return source


def build(log):
    done = subprocess.run(["ninja", "-C", WORK / "build", "rules_tests"], stdout=log, stderr=log, check=False)
    return done.returncode == 0


def fallen():
    """The tests that fall; the slow ones are asked only where no other one does."""
    for chosen in (f"-{SLOW}", SLOW):
        try:
            ran = subprocess.run([WORK / "build/tests/rules_tests", "--gtest_brief=1",
                                  f"--gtest_filter={chosen}"], stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return ["(no end)"]
        names = sorted(set(FELL.findall(ran.stdout.decode("utf-8", "replace"))))
        if names or ran.returncode:
            return names or ["(ended before its time)"]
    return []


def main():
    listed = mutants()
    wrong = list(faults(listed))
    if wrong:
        sys.exit("\n".join(wrong))
    chosen = [mutant for mutant in listed if not sys.argv[1:] or mutant.file in sys.argv[1:]]
    source = copy_sources()
    unnoticed, begun = 0, time.monotonic()
    with (WORK / "log").open("wb") as log:
        subprocess.run(["cmake", "-S", source, "-B", WORK / "build", "-G", "Ninja", "-DBUILD_TESTING=ON",
                        "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS_RELEASE=-O1"],
                       check=True, stdout=log)
        if not build(log):
            sys.exit(f"not built: see {WORK}/log")
        if fallen():
            sys.exit(f"as they are, these tests fail: {' '.join(fallen())}")
        for mutant in chosen:
            path = source / RULES / mutant.file
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(mutant.rule, mutant.instead), encoding="utf-8")
            fell = fallen() if build(log) else ["DOES NOT COMPILE"]
            path.write_text(text, encoding="utf-8")
            for_sentence = [name for name in fell if ".proc_" in name]
            shown = (for_sentence or fell or ["NO TEST FELL"])[0]
            unnoticed += not fell or fell == ["DOES NOT COMPILE"]
            print(f"{shown:<78} {mutant.file}: {mutant.rule}", flush=True)
    print(f"{len(chosen)} rules switched off, {unnoticed} unnoticed, "
          f"{time.monotonic() - begun:.0f} s")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
