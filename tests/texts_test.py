#!/usr/bin/python3
"""Texts beside their areas (cli/texts/): in both languages, with the same arguments, and said somewhere."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEXT = re.compile(r'inline\s+constexpr\s+Text\s+(\w+)\s*\{((?:[^"{}]|"(?:[^"\\]|\\.)*")*)\};')
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def cells_of(body):
    """The two texts of a definition: string literals side by side are one, a comma outside ends it."""
    cells, text, at = [], "", 0
    for literal in LITERAL.finditer(body):
        if "," in body[at:literal.start()]:
            cells.append(text)
            text = ""
        text += literal.group(1)
        at = literal.end()
    return [*cells, text]


def violations(name, cells):
    if len(cells) != 2 or not all(cells):
        yield "has not a text in each language"
        return
    english, french = (sorted(set(PLACEHOLDER.findall(cell))) for cell in cells)
    if english != french:
        yield "does not name the same arguments in both languages"
    if english != [f"{{{i}}}" for i in range(len(english))]:
        yield "does not number its arguments from 0 without a gap"
    if "'" in cells[1]:
        yield "has a straight apostrophe in French"


def check_itself():
    assert not list(violations("a", cells_of('"one {0}", "un {0}"')))
    assert not list(violations("a", cells_of('"one, " "two", "un, "\n "deux"')))
    assert list(violations("a", cells_of('"one {0}", "un"')))
    assert list(violations("a", cells_of('"one", "l\'un"')))
    assert list(violations("a", cells_of('"one {1}", "un {1}"')))
    assert list(violations("a", cells_of('"one"')))


def main():
    check_itself()
    sources = [
        path
        for top in ("store", "hooks", "cli")
        for path in sorted((ROOT / top).rglob("*"))
        if path.suffix in (".cpp", ".hpp")
    ]
    words = {}
    for path in sources:
        for word in re.findall(r"\btexts::(\w+)|\b(\w+)\b", path.read_text(encoding="utf-8")):
            for each in word:
                words[each] = words.get(each, 0) + (1 if each else 0)
    bad = total = 0
    for path in sources:
        for name, body in TEXT.findall(path.read_text(encoding="utf-8")):
            total += 1
            found = list(violations(name, cells_of(body)))
            if words.get(name, 0) < 2:
                found.append("is said nowhere")
            for what in found:
                print(f"{path.relative_to(ROOT)}: {name} {what}")
                bad += 1
    print(f"{total} texts, {bad} violations")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
