#!/usr/bin/python3
"""Which tests prove which sentence of the procedure.

    procedure_table.py BUILD                      prints the table of that build tree
    procedure_table.py BUILD --page FILE          says whether FILE holds it; COFFRE_WRITE_TABLES=1 writes it
    procedure_table.py BUILD --results JUNIT.xml  with what `ctest --output-junit` said of each test
    procedure_table.py BUILD --run                the same of a run of these tests now

A test proves a sentence by its name: proc_1_3_… in C++, test_proc_1_3_… in Python. Ends with 1 where a
sentence has no test, a test names no sentence, the page is another one, or a test did not pass; with 77
where some tests of the tree are not built, so that nothing can be said.
"""

import argparse
import ast
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
SENTENCES = ROOT / "tests/procedure.json"
NAMED = re.compile(r"^(?:test_)?proc_(p\d|\d_\d)_(\w+)(?:/\w+)?$")
LOOKS_NAMED = re.compile(r"^(?:test_)?proc(_|\d|edure_?\d)", re.I)
NOT_BUILT, SKIPPED = "_NOT_BUILT", 77


@dataclass(frozen=True, order=True)
class Proof:
    """One test: the ctest that runs it, its group and name in there, and the sentence it is named for."""

    ctest: str
    group: str
    name: str
    sentence: str

    @property
    def promise(self):
        return NAMED.search(self.name).group(2).replace("_", " ")


class Unnamed(Exception):
    """A test that begins like one of the procedure and names no sentence."""


def proof_of(ctest, group, name):
    found = NAMED.search(name)
    if found:
        return Proof(ctest, group, name, found.group(1).replace("_", ".").upper())
    if LOOKS_NAMED.search(name):
        raise Unnamed(f"{ctest}: {name} names no sentence")
    return None


def methods(path):
    """(class, method) of the tests of a Python file, as unittest finds them."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            for item in node.body:
                if isinstance(item, ast.FunctionDef) and item.name.startswith("test"):
                    yield node.name, item.name


def gtests(executable, filtered):
    """(group, name) of the tests that one ctest runs in one process."""
    shown = subprocess.run([executable, "--gtest_list_tests", filtered], check=True, text=True,
                           stdout=subprocess.PIPE)
    group = ""
    for line in shown.stdout.splitlines():
        name = line.split("#")[0].strip()
        if line.startswith("  "):
            yield group, name
        elif name.endswith("."):
            group = name[:-1]


def proofs_of(build):
    """[Proof], and the names of what is not built."""
    shown = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], check=True,
                           stdout=subprocess.PIPE)
    found, missing = [], []
    for test in json.loads(shown.stdout)["tests"]:
        name = test["name"]
        if name.endswith(NOT_BUILT):
            missing.append(name.removesuffix(NOT_BUILT))
            continue
        command = test.get("command", [])
        scripts = [pathlib.Path(word) for word in command if word.endswith("_test.py")]
        # Of those that are found by themselves each has a ctest of its own, and names no other.
        several = [word for word in command[1:] if word.startswith("--gtest_filter=") and "*" in word]
        if scripts:
            found += [proof_of(name, group, method) for group, method in methods(scripts[0])]
        elif several and not pathlib.Path(command[0]).is_file():
            missing.append(name)
        elif several:
            found += [proof_of(name, group, case) for group, case in gtests(command[0], several[0])]
        else:
            group, _, case = name.rpartition(".")
            found.append(proof_of(name, group, case))
    return sorted({proof for proof in found if proof}), sorted(missing)


def results_of(junit):
    """ctest name -> (passed, failed, skipped…, what it printed)."""
    words = {"run": "passed", "fail": "failed"}
    found = {}
    for case in xml.etree.ElementTree.parse(junit).getroot().iter("testcase"):
        status = words.get(case.get("status"), "skipped")
        found[case.get("name")] = (status, case.findtext("system-out") or "")
    return found


def result_of(proof, results):
    """Its own line, where one ctest runs several: of a Python test that of a file that was run with -v."""
    if proof.ctest not in results:
        return "not run"
    status, printed = results[proof.ctest]
    own = re.search(rf"^{proof.name} \([^)]*\).*?\.\.\. (ok|FAIL|ERROR|skipped)", printed, re.M | re.S)
    own = own or re.search(rf"^\[ +(OK|FAILED|SKIPPED) +\] {re.escape(f'{proof.group}.{proof.name}')}\b",
                           printed, re.M)
    if own:
        return {"ok": "passed", "skipped": "skipped"}.get(own.group(1).lower(), "failed")
    return status


def run_now(build, proofs):
    """The results of these tests. What they need is started and stopped by CTest itself."""
    names = "|".join(sorted({re.escape(proof.ctest) for proof in proofs}))
    with tempfile.TemporaryDirectory() as folder:
        junit = pathlib.Path(folder, "junit.xml")
        subprocess.run(["ctest", "--test-dir", build, "-R", f"^({names})$", "--output-junit", junit,
                        "--test-output-size-passed", "1000000", "-j2"],
                       check=False, stdout=sys.stderr)
        return results_of(junit)


def table(sentences, proofs, results):
    text = ("# The procedure, sentence by sentence\n\n"
            f"What {sentences['reference']} demands, in our words, and the tests that prove it: each bears "
            "the sentence's number in\nits name. A sentence without a test fails the build. Written by "
            "`COFFRE_WRITE_TABLES=1 ctest -R '^procedure$'`;\n`make procedure` runs them and says what "
            "passed.\n\n"
            "| sentence | what it demands | tests |" + (" result |" if results is not None else "") + "\n"
            "|---|---|---|" + ("---|" if results is not None else "") + "\n")
    of = {one["id"]: [proof for proof in proofs if proof.sentence == one["id"]]
          for one in sentences["sentences"]}
    for one in sentences["sentences"]:
        text += f"| {one['id']} | {one['title']} | {len(of[one['id']]) or '**none**'} |"
        if results is not None:
            said = [result_of(proof, results) for proof in of[one["id"]]]
            text += " " + ", ".join(f"{said.count(word)} {word}" for word in sorted(set(said))) + " |"
        text += "\n"
    for one in sentences["sentences"]:
        if not of[one["id"]]:
            continue
        text += f"\n## {one['id']}: {one['title']}\n\n"
        for proof in of[one["id"]]:
            text += f"- {proof.promise} (`{proof.group}` of `{proof.ctest}`)" if proof.ctest.startswith(
                "cli.") else f"- {proof.promise} (`{proof.group}`)"
            text += f": {result_of(proof, results)}\n" if results is not None else "\n"
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--page", type=pathlib.Path)
    parser.add_argument("--results", type=pathlib.Path)
    parser.add_argument("--run", action="store_true")
    options = parser.parse_args()

    sentences = json.loads(SENTENCES.read_text(encoding="utf-8"))
    known = [one["id"] for one in sentences["sentences"]]
    try:
        proofs, missing = proofs_of(options.build)
    except Unnamed as e:
        sys.exit(str(e))
    if missing and (options.page or options.run):
        print(f"not built: {', '.join(missing)}")
        return 1 if os.environ.get("CI") == "true" else SKIPPED
    wrong = [f"{proof.ctest} {proof.name}: there is no sentence {proof.sentence}"
             for proof in proofs if proof.sentence not in known]
    wrong += [f"no test proves {one}" for one in known if one not in {proof.sentence for proof in proofs}]

    if options.page:
        now = table(sentences, proofs, None)
        if "COFFRE_WRITE_TABLES" in os.environ:
            options.page.write_text(now, encoding="utf-8")
        if not options.page.is_file() or options.page.read_text(encoding="utf-8") != now:
            wrong.append(f"{options.page} is another one: COFFRE_WRITE_TABLES=1 writes it")
    else:
        results = None
        if options.run:
            results = run_now(options.build, proofs)
        elif options.results:
            results = results_of(options.results)
        print(table(sentences, proofs, results), end="")
        if results is not None:
            wrong += [f"{proof.ctest} {proof.name}: {result_of(proof, results)}" for proof in proofs
                      if result_of(proof, results) != "passed"]
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{len(known)} sentences, {len(proofs)} tests, {len(wrong)} faults", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
