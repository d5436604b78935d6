#!/usr/bin/python3
"""Runs every line of README.md's path from nothing, and compares what it prints with what is shown there.

What stands behind the addresses of the page is here: a simulated recorder, a bucket on loopback, folders.
"""

import datetime
import pathlib
import re
import sys
import unittest
import zoneinfo

from coffre_cli import PASSPHRASE
from console_page import ConsolePageTestCase, blocks
from equipment_case import Simulator

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "servers"))
import fake_s3  # noqa: E402

PAGE = pathlib.Path(__file__).resolve().parents[2] / "README.md"
HEADING = "## From nothing to a scheduled, mirrored, drilled site"
CHANNELS = "/ISAPI/ContentMgmt/InputProxy/channels"
COMMANDS = 10
OWN = "une phrase à lui"


def section(text):
    begin = text.index(HEADING)
    return text[begin:text.index("\n## ", begin + 1)]


def is_in_the_hour_that_comes_twice(minutes=0):
    """On the clock of the page's site, where nothing is captured then."""
    at = datetime.datetime.now(zoneinfo.ZoneInfo("Europe/Paris")) + datetime.timedelta(minutes=minutes)
    return at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()


class Newcomer(ConsolePageTestCase):
    @unittest.skipIf(is_in_the_hour_that_comes_twice() or is_in_the_hour_that_comes_twice(10),
                     "nothing is captured in the hour that comes twice")
    def test_every_line_gives_the_output_shown(self):
        recorders = {}
        for address, serial in (("https://192.0.2.10", "DS-HALL0000000001"),
                                ("https://192.0.2.99", "DS-TEST0000000002")):
            folder = self.scratch / serial
            folder.mkdir()
            recorders[address] = Simulator("hikvision", folder, "--serial", serial)
            self.addCleanup(recorders[address].stop)
        # Into one that is so already nothing would be put.
        recorders["https://192.0.2.99"].ask("change", {"path": CHANNELS, "id": "1", "element": "name",
                                                       "text": "On the bench"})
        bucket = fake_s3.FakeS3(region="fr-par")
        bucket.__enter__()
        self.addCleanup(bucket.__exit__, None, None, None)
        keys = self.scratch / "etc"
        keys.mkdir()
        for name, content in (("cloud.credentials",
                               f"user={fake_s3.ACCESS_KEY}\npassword={fake_s3.SECRET_KEY}\n"),
                              ("recorder.password", recorders["https://192.0.2.10"].password_file.read_text()),
                              ("test.password", recorders["https://192.0.2.99"].password_file.read_text()),
                              ("site.passphrase", PASSPHRASE + "\n"), ("martin.passphrase", OWN + "\n")):
            path = self.write(keys / name, content)
            path.chmod(0o600)
        (self.scratch / "medium").mkdir()
        real = {"s3://s3.fr-par.example/siegeparis":
                f"s3+http://127.0.0.1:{bucket.port}/{fake_s3.BUCKET}/siegeparis",
                "/srv/coffre/siegeparis": self.scratch / "vault", "/etc/coffre": keys,
                "/media/coffre-a": self.scratch / "medium",
                # Units are written below a folder: whoever runs this test wants no timer of it.
                "coffre schedule install": f"coffre schedule install --root {self.scratch / 'image'}",
                **{address: recorder.url for address, recorder in recorders.items()}}
        text = section(PAGE.read_text())
        self.assert_page_is_true(text, {word: to for word, to in real.items() if word in text})

    def test_there_are_ten_commands_or_fewer(self):
        steps = [command for command, _ in blocks(section(PAGE.read_text()))]
        commands = [command for command in steps if re.match(r"coffre\b", command)]
        self.assertLessEqual(len(commands), COMMANDS)
        self.assertEqual(len([one for one in steps if not one.startswith("export ")]), len(commands))


if __name__ == "__main__":
    unittest.main()
