#!/usr/bin/python3
"""The pages of docs/cli are what the executable knows: commands, options, both languages, completion."""

import pathlib
import re
import shutil
import subprocess
import unittest

from coffre_cli import CoffreTestCase

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs/cli"


def page(command, lang):
    return (PAGES / (command + (".fr.md" if lang == "fr" else ".md"))).read_text()


def options_of(text):
    """Options that a page explains: '- `-m, --message TEXT`: …'."""
    return {word for item in re.findall(r"^- `(-[^`]*)`:", text, re.M)
            for word in re.findall(r"--?[a-zA-Z][a-z-]*", item)}


class Pages(CoffreTestCase):
    def completion(self, shell="bash"):
        return self.run_bare("completion", shell).out.decode()

    def table(self):
        """What the executable takes, command by command, from its own completion."""
        return {path: words.split() for path, words in re.findall(r'^ +"([a-z ]*)"\) words="([^"]*)" ;;',
                                                                  self.completion(), re.M)}

    def commands(self):
        return [word for word in self.table()[""] if not word.startswith("-")]

    def test_every_command_has_a_page_in_both_languages_and_none_is_left_over(self):
        expected = {f"{name}{end}" for name in [*self.commands(), "coffre"] for end in (".md", ".fr.md")}
        self.assertEqual({path.name for path in PAGES.iterdir()}, expected)

    def test_a_page_explains_exactly_the_options_that_its_command_takes(self):
        table = self.table()
        common = {word for word in table[""] if word.startswith("-")}
        for lang in ("en", "fr"):
            self.assertEqual(options_of(page("coffre", lang)), common)
            for command in self.commands():
                taken = {word for path, words in table.items() if path.split(" ")[0] == command
                         for word in words if word.startswith("-")} - (common - {"-n"})
                self.assertEqual(options_of(page(command, lang)), taken, f"{command} {lang}")

    def test_the_overview_lists_every_command_with_its_summary(self):
        for lang in ("en", "fr"):
            listed = dict(re.findall(r"^- `([a-z]+)`: (.*)$", page("coffre", lang), re.M))
            summaries = {command: page(command, lang).splitlines()[2] for command in self.commands()}
            self.assertEqual(listed, summaries)

    def test_help_prints_the_page_within_80_columns(self):
        for lang in ("en", "fr"):
            for command in self.commands():
                text = self.run_bare(command, "--help", "--lang", lang).out.decode()
                self.assertEqual(self.run_bare("help", command, "--lang", lang).out.decode(), text)
                self.assertTrue(text.startswith(f"coffre {command}: "))
                self.assertNotIn("`", text)
                for line in text.splitlines():
                    self.assertTrue(len(line) <= 80 or line.startswith("  "), line)
        self.assertEqual(self.run_bare("help", "nonsense").status, 2)
        self.assertEqual(self.run_bare("equipment", "add", "--help").status, 0)

    def test_completion_completes_in_bash(self):
        script = self.write("complete.bash", self.completion())
        subprocess.run(["bash", "-n", script], check=True)
        for line, expected in (("coffre cap", "capture"), ("coffre equipment sh", "show"),
                               ("coffre capture --ki", "--kind"), ("coffre capture --kind H", "HEBDO"),
                               ("coffre -r repo equipment ad", "add"), ("coffre completion z", "zsh")):
            words = line.split(" ")
            probe = (f'source {script}; COMP_WORDS=({" ".join(words)}); COMP_CWORD={len(words) - 1}; '
                     '_coffre; printf "%s\\n" "${COMPREPLY[@]}"')
            got = subprocess.run(["bash", "-c", probe], capture_output=True, text=True, check=True).stdout
            self.assertEqual(got.split(), [expected], line)

    def test_completion_is_well_formed_for_zsh_and_fish(self):
        for shell in ("zsh", "fish"):
            script = self.write(f"complete.{shell}", self.completion(shell))
            self.assertIn("capture", script.read_text())
            if shutil.which(shell):
                subprocess.run([shell, "-n", script], check=True)
        for lang in ("en", "fr"):
            self.assertEqual(self.run_bare("completion", "tcsh", "--lang", lang).status, 2)
            self.assertEqual(self.run_bare("completion", "bash", "--json", "--lang", lang).status, 2)


if __name__ == "__main__":
    unittest.main()
