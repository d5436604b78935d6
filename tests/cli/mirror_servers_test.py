#!/usr/bin/python3
"""From each real remote alone, on an empty machine: clone, and restore byte for byte.

The servers are those of tests/servers/servers.py; COFFRE_SERVERS_FILE names the file that tells of them.
"""

import os
import pathlib
import secrets
import sys
import unittest

from coffre_cli import PASSPHRASE
from remote_case import RemoteTestCase, stored_files

if "COFFRE_SERVERS_FILE" not in os.environ:
    sys.exit("COFFRE_SERVERS_FILE must name the file of tests/servers/servers.py")
SERVERS_FILE = pathlib.Path(os.environ["COFFRE_SERVERS_FILE"])
SERVERS = dict(line.split("=", 1) for line in SERVERS_FILE.read_text(encoding="utf-8").splitlines())


def place(name):
    return f"{name}-{secrets.token_hex(6)}"


class EachRemoteAlone(RemoteTestCase):
    def whole_way(self, url, *settings, role="cloud", secret=None):
        """Adds it, mirrors, then with nothing but the address and the secret brings everything back."""
        words = [word for one in settings for word in ("--set", one)]
        self.succeed("remote", "add", "there", url, "--role", role, *words)
        recorded = self.succeed_json("remote", "show", "there")["remotes"][0]["settings"]
        report = self.mirror("there")
        self.assertTrue(report["remotes"][0]["verified"], report)
        again = self.mirror("there")
        self.assertEqual((again["uploaded_files"], again["downloaded_files"], again["recorded"]),
                         (0, 0, False))
        self.assertTrue(self.succeed_json("verify", "--remote", "there", "--read-data")["ok"])
        self.mirror("there")  # what the check recorded
        machine, copy = self.another_machine("empty")
        # What an operator would type: the settings, and for a host's key the one that was recorded.
        typed = {key: value for key, value in recorded.items() if key != "medium"}
        direct = url + ("?" + "&".join(f"{key}={value}" for key, value in typed.items()) if typed else "")
        empty = {**machine, "COFFRE_PASSWORD": secret or PASSPHRASE}
        done = self.run_bare("clone", direct, copy, env=empty)
        self.assertEqual(done.status, 0, str(done))
        self.assertEqual(stored_files(copy), stored_files(self.repo))
        self.assert_restores("NVR1", self.scratch / "tree", env={**empty, "COFFRE_KEY_FILE": None})
        self.assert_restores("NVR1", self.scratch / "tree",
                             env={**empty, "COFFRE_KEY_FILE": None, "COFFRE_REPO": direct})

    def test_object_store(self):
        root = pathlib.Path(SERVERS["CEPH_WORK"])
        url = f"s3://127.0.0.1:{SERVERS['CEPH_TLS_PORT']}/{place('bucket')}/site"
        self.whole_way(url, f"region={SERVERS['CEPH_REGION']}", f"ca-file={SERVERS['CEPH_CA']}",
                       f"credentials-file={root / 'credentials'}")

    def test_sftp(self):
        root = pathlib.Path(SERVERS["OPENSSH_WORK"])
        self.whole_way(f"{SERVERS['OPENSSH_URL']}/{place('site')}", f"identity={root / 'id'}",
                       f"host-key={SERVERS['OPENSSH_HOST_KEY']}")

    def webdav(self, name):
        root = pathlib.Path(SERVERS[f"{name}_WORK"])
        self.whole_way(f"{SERVERS[f'{name}_URL']}/{place('site')}", f"ca-file={SERVERS[f'{name}_CA']}",
                       "country=FR", f"credentials-file={root / 'credentials'}")

    def test_webdav(self):
        self.webdav("APACHE")

    def test_webdav_of_another_dialect(self):
        self.webdav("NGINX")

    def test_medium(self):
        folder = self.scratch / "usb"
        folder.mkdir()
        self.whole_way(str(folder), role="physical")

    def test_with_the_recovery_words_in_place_of_the_passphrase(self):
        words = self.succeed_json("key", "add", "--recovery-words")["recovery_words"]
        folder = self.scratch / "usb"
        folder.mkdir()
        self.whole_way(f"file://{folder}", role="physical", secret=words)

    def test_an_object_lock_of_the_real_gateway_refuses_and_is_told(self):
        root = pathlib.Path(SERVERS["CEPH_WORK"])
        url = f"s3://127.0.0.1:{SERVERS['CEPH_TLS_PORT']}/{place('locked')}/site"
        self.succeed("remote", "add", "cloud", url, "--role", "cloud", *[
            word for one in (f"region={SERVERS['CEPH_REGION']}", f"ca-file={SERVERS['CEPH_CA']}",
                             f"credentials-file={root / 'credentials'}", "lock-days=2")
            for word in ("--set", one)])
        for number in range(12):
            self.write("tree/config.xml", f"<camera number='{number}'/>\n" * 60)
            self.capture(self.scratch / "tree", "NVR1", "--at", f"2024-{number + 1:02}-10T03:00:00Z")
        self.assertTrue(self.mirror()["ok"])
        self.collect()
        result = self.succeed("mirror", "--prune", "--json")
        self.assertEqual(result.json["deleted_files"], 0)
        self.assertIn(b"protected there", result.err)


if __name__ == "__main__":
    unittest.main()
