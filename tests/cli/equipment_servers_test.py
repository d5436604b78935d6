#!/usr/bin/python3
"""The real products by the command line: captured, changed by their own means, told apart, and put back."""

import json
import os
import pathlib
import subprocess
import unittest

from equipment_case import EquipmentTestCase

HERE = pathlib.Path(__file__).resolve().parent
SERVERS = dict(
    line.split("=", 1)
    for line in pathlib.Path(os.environ["COFFRE_EQUIPMENTS_FILE"]).read_text(encoding="utf-8").splitlines()
    if "=" in line)


def curl(ca, *arguments, given=""):
    """A person or another program at the product's own interface."""
    done = subprocess.run(["curl", "-sS", "--noproxy", "*", "--cacert", ca, *arguments], input=given,
                          capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


@unittest.skipUnless("ZONEMINDER_URL" in SERVERS, "ZoneMinder cannot run here")
class ZoneMinder(EquipmentTestCase):
    def setUp(self):
        super().setUp()
        for server in ("ZONEMINDER", "ZONEMINDER_NEW"):
            subprocess.run([HERE.parent / "servers/zoneminder.sh", "empty", SERVERS[server + "_WORK"]],
                           stdout=subprocess.DEVNULL, timeout=120, check=True)

    def add_server(self, name, server):
        for secret in ("PASSWORD", "DATABASE_PASSWORD"):
            self.write(f"{name}-{secret}", SERVERS[f"{server}_{secret}"] + "\n").chmod(0o600)
        self.succeed("equipment", "add", name, "--type", "VMS", "--driver", "zoneminder",
                     *self.settings(url=SERVERS[server + "_URL"], user=SERVERS[server + "_LOGIN"],
                                    stage="test", **{"ca-file": SERVERS[server + "_CA"],
                                                     "database-socket": SERVERS[server + "_DATABASE_SOCKET"],
                                                     "database-name": SERVERS[server + "_DATABASE_NAME"],
                                                     "database-user": SERVERS[server + "_DATABASE_USER"]}),
                     "--secret-file", f"password={self.scratch}/{name}-PASSWORD",
                     "--secret-file", f"database-password={self.scratch}/{name}-DATABASE_PASSWORD")

    @staticmethod
    def settings(**values):
        return [part for key, value in values.items() for part in ("--set", f"{key}={value}")]

    def call(self, method, path, form):
        ca, url = SERVERS["ZONEMINDER_CA"], SERVERS["ZONEMINDER_URL"]
        login = json.loads(curl(ca, "-d", "user=admin&pass=admin", url + "/api/host/login.json"))
        token = login["access_token"]
        curl(ca, "-X", method, "--data-binary", "@-", url + "/api" + path, given=f"token={token}&{form}")

    def furnish(self):
        self.call("POST", "/monitors.json", "Monitor[Id]=7&Monitor[Name]=QUAI-NORD&Monitor[Type]=Ffmpeg"
                  "&Monitor[Function]=Modect&Monitor[Path]=rtsp%3A%2F%2F192.0.2.7%2Flive&Monitor[Width]=1920"
                  "&Monitor[Height]=1080&Monitor[Colours]=4")
        self.call("POST", "/users.json", "User[Id]=9&User[Username]=gardien&User[Password]=ronde"
                  "&User[Stream]=View&User[Events]=View&User[Monitors]=View&User[System]=None")

    def change(self):
        """A camera more, another function, another right, another setting."""
        self.call("POST", "/monitors.json", "Monitor[Id]=9&Monitor[Name]=QUAI-SUD&Monitor[Type]=Ffmpeg"
                  "&Monitor[Function]=None&Monitor[Path]=rtsp%3A%2F%2F192.0.2.9%2Flive&Monitor[Width]=640"
                  "&Monitor[Height]=480&Monitor[Colours]=4")
        self.call("PUT", "/monitors/7.json", "Monitor[Function]=Mocord")
        self.call("PUT", "/users/9.json", "User[Monitors]=Edit")
        self.call("PUT", "/configs/edit/ZM_MIN_RTP_PORT.json", "Config[Value]=41200")

    def test_four_changes_are_named_the_first_state_comes_back_and_goes_into_an_emptied_server(self):
        self.furnish()
        self.add_server("VMS-SIEGE", "ZONEMINDER")
        self.add_server("VMS-SPARE", "ZONEMINDER_NEW")
        [first] = self.take("VMS-SIEGE")
        self.change()
        [second] = self.take("VMS-SIEGE", kind="POST")
        changes = self.changes(first, second)
        told = {(change["kind"], change["path"]) for change in changes}
        # A camera that comes brings its recording rule; nothing else may be told.
        self.assertLessEqual({("added", "cameras/9"), ("changed", "users/gardien/Monitors")}, told, told)
        self.assertEqual({path for _, path in told if path.startswith("cameras/")}, {"cameras/9"})
        self.assertEqual({path.split("/")[1] for _, path in told if path.startswith("recording/")} - {"9"},
                         {"7"})
        self.assertEqual({path for _, path in told if path.startswith("users/")}, {"users/gardien/Monitors"})
        rest = [path for _, path in told if path.split("/")[0] not in ("cameras", "recording", "users")]
        self.assertEqual(len(rest), 1, rest)
        self.assertIn("ZM_MIN_RTP_PORT", rest[0])

        back = self.succeed_json("restore", first, "--to-equipment", "VMS-SIEGE")
        self.assertTrue(back["verified"], back)
        self.assertEqual(self.changes(first, back["post"]), [])

        spare = self.succeed_json("restore", first, "--to-equipment", "VMS-SPARE")
        self.assertTrue(spare["verified"], spare)
        # What is that machine's own (where its database and its folders are), as the plan said.
        left = {change["path"] for change in self.changes(first, spare["post"])
                if change["category"] != "identity"}
        self.assertEqual(left, {change["path"] for change in spare["differences"] if change["planned"]})
        self.assertTrue(all(path.startswith("other/ZM_") for path in left), left)
        self.assert_whole()


@unittest.skipUnless("MOTION_URL" in SERVERS, "Motion cannot run here")
class Motion(EquipmentTestCase):
    def test_a_renamed_camera_and_another_rule_are_named_and_come_back(self):
        url, ca = SERVERS["MOTION_URL"], SERVERS["MOTION_CA"]
        login = f"{SERVERS['MOTION_LOGIN']}:{SERVERS['MOTION_PASSWORD']}"
        self.write("password", SERVERS["MOTION_PASSWORD"] + "\n").chmod(0o600)
        self.succeed("equipment", "add", "VMS-MOTION", "--type", "VMS", "--driver", "motion", "--set",
                     f"url={url}", "--set", f"user={SERVERS['MOTION_LOGIN']}", "--set", f"ca-file={ca}",
                     "--set", "stage=test", "--secret-file", f"password={self.scratch}/password")
        [first] = self.take("VMS-MOTION")
        camera = next(change["item"] for change in self.changes(first) if change["category"] == "cameras")
        curl(ca, "-u", login, f"{url}/{camera}/config/set?camera_name=Quai-Est")
        curl(ca, "-u", login, f"{url}/{camera}/config/set?event_gap=77")
        [second] = self.take("VMS-MOTION", kind="POST")
        after = {change["after"] for change in self.changes(first, second)}
        self.assertEqual(after, {"Quai-Est", "77"})
        back = self.succeed_json("restore", first, "--to-equipment", "VMS-MOTION")
        self.assertTrue(back["verified"], back)
        self.assertEqual(self.changes(first, back["post"]), [])


if __name__ == "__main__":
    unittest.main()
