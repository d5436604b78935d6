#!/usr/bin/python3
"""Texts beside their areas (cli/texts/): in both languages, with the same arguments, said somewhere, each of
a name of its own: of two inline constants of one name the linker keeps one, and the other is never shown."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEXT = re.compile(r'inline\s+constexpr\s+Text\s+(\w+)\s*\{((?:[^"{}]|"(?:[^"\\]|\\.)*")*)\};')
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
MESSAGE = re.compile(r'COFFRE_MESSAGE\(\s*(\w+)\s*,((?:[^"()]|"(?:[^"\\]|\\.)*")*)\)')
# One thing has one French name, in every text and on every page.
NAMES = [(re.compile(words, re.I), name) for words, name in (
    (r"\bdispenses?\b", "dérogation"),
    (r"\badjointe?s?\b", "suppléant"),
    (r"\bfenêtres? de changements?\b", "fenêtre de modification"),
    (r"\bphrases? de passe\b", "phrase secrète"),
    (r"\bdépôts? distants?\b|\b(?:au|aucun|ce|chaque|de|des|du|le|les|un) distants?\b", "copie distante"),
    (r"(?<!-)\bfirmwares?\b", "micrologiciel"),
    (r"\bcodes? de sortie\b", "codes de retour"),
    (r"\b(?:aucune|cette|chaque|la même|les|quelle|une) places?\b|\bplaces? (?:choisie|dont)", "emplacement"),
)]
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


def other_names(french):
    """What of it has another name here. Words between backticks and indented lines are no French."""
    text = re.sub(r"^    .*$", "", french, flags=re.M)
    text = " ".join(re.sub(r"`[^`]*`", "`", text).split())
    for words, name in NAMES:
        for found in words.finditer(text):
            yield f"says {found.group()!r}: it is {name!r} everywhere else"


def defined_twice(sources):
    """Names that two definitions bear, of (path, text) pairs: (path, name, path of the first)."""
    first = {}
    for path, text in sources:
        for name, _ in TEXT.findall(text):
            if name in first:
                yield path, name, first[name]
            first.setdefault(name, path)


def check_itself():
    assert not list(violations("a", cells_of('"one {0}", "un {0}"')))
    assert not list(violations("a", cells_of('"one, " "two", "un, "\n "deux"')))
    assert list(violations("a", cells_of('"one {0}", "un"')))
    assert list(violations("a", cells_of('"one", "l\'un"')))
    assert list(violations("a", cells_of('"one {1}", "un {1}"')))
    assert list(violations("a", cells_of('"one"')))
    assert not list(other_names("la dérogation `firmware`\n    -s firmware=1\nà la place du micrologiciel"))
    assert len(list(other_names("sans dispense,\nla phrase de\npasse, un distant"))) == 3
    one, other = 'inline constexpr Text a{"one", "un"};', 'inline constexpr Text b{"two", "deux"};'
    assert not list(defined_twice([("x", one), ("y", other)]))
    assert list(defined_twice([("x", one), ("y", other + one)])) == [("y", "a", "x")]


def main():
    check_itself()
    sources = [
        path
        for top in ("store", "hooks", "cli")
        for path in sorted((ROOT / top).rglob("*"))
        if path.suffix in (".cpp", ".hpp")
    ]
    sources = [(path.relative_to(ROOT), path.read_text(encoding="utf-8")) for path in sources]
    words = {}
    for _, text in sources:
        for word in re.findall(r"\btexts::(\w+)|\b(\w+)\b", text):
            for each in word:
                words[each] = words.get(each, 0) + (1 if each else 0)
    bad = total = 0
    for path, name, before in defined_twice(sources):
        print(f"{path}: {name} is defined in {before} too")
        bad += 1
    for path, text in sources:
        for name, body in TEXT.findall(text):
            total += 1
            found = list(violations(name, cells_of(body)))
            if words.get(name, 0) < 2:
                found.append("is said nowhere")
            found += other_names(cells_of(body)[-1])
            for what in found:
                print(f"{path}: {name} {what}")
                bad += 1
    table = "base/messages.def"
    french = [(f"{table}: {name}", cells_of(body)[-1])
              for name, body in MESSAGE.findall((ROOT / table).read_text(encoding="utf-8"))]
    french += [(path.relative_to(ROOT), path.read_text(encoding="utf-8"))
               for path in sorted((ROOT / "docs").rglob("*.fr.md"))]
    for where, text in french:
        for what in other_names(text):
            print(f"{where} {what}")
            bad += 1
    print(f"{total} texts, {len(french)} messages and pages in French, {bad} violations")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
