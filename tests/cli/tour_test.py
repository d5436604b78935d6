#!/usr/bin/python3
"""Runs every line of docs/tour.md and compares what it prints with what the page shows."""

import pathlib
import unittest

from console_page import ConsolePageTestCase

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/tour.md"


class Tour(ConsolePageTestCase):
    def test_every_line_gives_the_output_shown(self):
        steps = self.assert_page_is_true(PAGE.read_text())
        self.assertGreaterEqual(sum(1 + len(shown) for _, shown in steps), 100)


if __name__ == "__main__":
    unittest.main()
