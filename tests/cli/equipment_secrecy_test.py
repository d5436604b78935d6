#!/usr/bin/python3
"""What an equipment answers shows nowhere but in the repository's ciphertext and where it was asked for."""

import unittest
import urllib.parse

import secrecy_test
from equipment_case import Simulator

SEED = 20261126
CHANNELS = "/ISAPI/ContentMgmt/InputProxy/channels"
USERS = "/ISAPI/Security/users"
DEVICE = "/ISAPI/System/deviceInfo"


class WatchedEquipment(secrecy_test.Watched):
    # Those of the class below this one are run by its own file.
    test_proc_2_2_no_planted_secret_is_ever_found_where_it_was_not_asked_for = None
    test_the_search_finds_each_sort_of_leak = None

    def setUp(self):
        super().setUp()
        self.secrets = secrecy_test.Secrets(SEED)
        self.client = self.secrets.name(12, upper=True)
        self.site = self.secrets.name(16, upper=True)
        self.equipment = self.secrets.name(24, upper=True)
        self.password = self.secrets.secret()
        self.passphrase = self.secrets.secret()
        folder = self.scratch / "simulator"
        folder.mkdir()
        self.device = Simulator("hikvision", folder, user="coffre", password=self.password)
        self.addCleanup(self.device.stop)
        self.port = urllib.parse.urlsplit(self.device.url).port

    def plant(self):
        """In names, addresses and logins that the equipment answers."""
        channels = "".join(
            f"<InputProxyChannel><id>{number}</id><name>{self.secrets.secret()}</name>"
            "<sourceInputPortDescriptor><proxyProtocol>ONVIF</proxyProtocol>"
            "<addressingFormatType>hostname</addressingFormatType>"
            f"<hostName>{self.secrets.secret()}</hostName>"
            f"<userName>{self.secrets.secret()}</userName></sourceInputPortDescriptor></InputProxyChannel>"
            for number in range(1, 17))
        users = "".join(
            f"<User><id>{number}</id><userName>{self.secrets.secret()}</userName>"
            "<userLevel>Operator</userLevel></User>" for number in range(1, 13))
        ns = 'version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema"'
        self.put(CHANNELS, f"<InputProxyChannelList {ns}>{channels}</InputProxyChannelList>")
        self.put(USERS, f"<UserList {ns}>{users}</UserList>")

    def put(self, path, text):
        self.device.ask("put", {"path": path, "text": text})

    def fault(self, path, status, body, times=1):
        self.device.ask("fault", {"path": path, "status": status, "body": body, "times": times})

    def exercise(self):
        by_word = {"COFFRE_KEY_FILE": None, "COFFRE_PASSWORD": self.passphrase}
        self.watch("init", "--client", self.client, "--site", self.site, "--key-file-out", self.key, status=0,
                   env=by_word)
        self.watch("equipment", "add", self.equipment, "--type", "NVR", "--driver", "hikvision", "--set",
                   f"url={self.device.url}", "--set", "user=coffre", "--secret-file",
                   f"password={self.device.password_file}", status=0)
        self.device.password_file.unlink()
        self.watch("equipment", "test", self.equipment, status=0)
        self.watch("capture", self.equipment, status=0)
        self.watch("capture", self.equipment, "--json", "--kind", "PRE", status=0)
        self.device.ask("change", {"path": CHANNELS, "id": "1", "element": "name",
                                   "text": self.secrets.secret()})
        self.watch("capture", self.equipment, "--kind", "POST", status=0)
        for form in ([], ["--json"]):
            self.watch("diff", self.equipment, *form, status=0, speaks=True)
            self.watch("log", "--changes", *form, status=0, speaks=True)
        self.watch("search", "cameras/*/name", status=0, speaks=True)
        self.watch("equipment", "show", self.equipment, "--json", status=0)
        # Answers that are none, each with something in it that must not be told.
        self.fault(USERS, 200, f"<ResponseStatus><statusCode>3</statusCode><x>{self.secrets.secret()}</x>")
        self.watch("capture", self.equipment, status=3)
        self.fault(CHANNELS, 200, f"{self.secrets.secret()} {{not: XML")
        self.watch("capture", self.equipment, "--json", status=3)
        self.fault(DEVICE, 500, self.secrets.secret())
        self.watch("equipment", "test", self.equipment, status=15)
        self.watch("restore", self.equipment + "@{4}", "--to-equipment", self.equipment, "--dry-run",
                   status=0, speaks=True)

    def assert_only_the_equipment_is_spoken_to(self):
        for call in self.calls:
            if call.name == "connect" and b"sin_port" in call.raw:
                self.assertIn(b"htons(%d)" % self.port, call.raw)
                self.assertIn(b"127.0.0.1", b"".join(call.strings) + call.raw)
            if call.name == "connect" and b"sin6_port" in call.raw:
                self.fail(call.raw)
            if call.name == "bind":
                self.assertNotIn(b"AF_INET", call.raw)

    def assert_no_child_was_started(self):
        self.assertEqual([call for call in self.calls if call.name == "execve" and not call.first], [])

    def assert_arguments_silent(self):
        for call in self.calls:
            if call.name == "execve":
                given = [part for part in call.strings if self.passphrase.encode() not in part]
                self.assert_silent(b"\0".join(given), self.secrets.content, "an argument or a variable")

    def test_proc_2_2_no_marker_of_an_equipment_is_found_where_it_was_not_asked_for(self):
        print(f"seed {SEED}")
        self.plant()
        self.exercise()
        self.assertGreaterEqual(self.secrets.count, 64)
        for check in (self.assert_places_silent, self.assert_terminal_silent, self.assert_writes_silent,
                      self.assert_made_names_silent, self.assert_only_the_equipment_is_spoken_to,
                      self.assert_no_child_was_started, self.assert_arguments_silent):
            with self.subTest(check.__name__):
                check()


if __name__ == "__main__":
    unittest.main()
