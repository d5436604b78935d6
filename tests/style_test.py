#!/usr/bin/python3
"""Small rules of style that no formatter holds. Prints each violation as file:line and fails."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUFFIXES = (".cpp", ".hpp", ".def", ".py", ".sh", ".cmake", ".txt")
TOPS = ("base", "store", "drivers", "hooks", "cli", "tests", "scripts", "cmake", "bench")
COLUMNS = 110
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")


def line_violations(path, number, line):
    if "\t" in line:
        yield number, "a tab"
    if line != line.rstrip():
        yield number, "blanks at the end of the line"
    # The message table keeps each text on one line, and so do addresses in comments.
    if len(line) > COLUMNS and path.suffix != ".def" and "://" not in line:
        yield number, f"{len(line)} columns, at most {COLUMNS}"
    if UNFINISHED.search(line):
        yield number, "unfinished work belongs in an issue"


def header_violations(text):
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines or lines[0] != "#pragma once":
        yield 1, "a header begins with #pragma once"
    if len(lines) < 2 or not lines[1].startswith("// "):
        yield 2, "after #pragma once a header says in a comment what it is"


def main():
    bad = 0
    for top in TOPS:
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix not in SUFFIXES or not path.is_file() or "data" in path.parts:
                continue
            text = path.read_text(encoding="utf-8")
            found = []
            for number, line in enumerate(text.split("\n"), 1):
                found += line_violations(path, number, line)
            if path.suffix == ".hpp":
                found += header_violations(text)
            if not text.endswith("\n") and text:
                found.append((text.count("\n") + 1, "no line break at the end"))
            for number, what in found:
                print(f"{path.relative_to(ROOT)}:{number}: {what}")
                bad += 1
    print(f"{bad} violations")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
