"""Shared by the tests that speak with simulated equipments: their processes, and what they are told."""

import http.client
import json
import pathlib
import ssl
import subprocess
import sys
import urllib.parse

from coffre_cli import SharedRepositoryTestCase

SIMULATORS = pathlib.Path(__file__).resolve().parent.parent / "simulators"
PASSWORD = "sim-Passw0rd-of-the-device"
START_SECONDS = 60


def make_certificate(folder, name="device"):
    """A self-signed one and its key, as appliances have them."""
    folder.mkdir(parents=True, exist_ok=True)
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", key, "-out", cert, "-days", "30", "-subj", f"/CN={name}"],
        check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return cert, key


class Simulator:
    """One process of tests/simulators; `urls` has one for each device in it."""

    def __init__(self, name, folder, *more, count=1, user="coffre", password=PASSWORD, certificate=None):
        cert, key = certificate or make_certificate(folder)
        password_file = folder / "device-password"
        password_file.write_text(password + "\n")
        password_file.chmod(0o600)
        self.password_file = password_file
        several = ["--count", str(count)] if count > 1 else []
        self.user = user
        self.process = subprocess.Popen(
            [sys.executable, "-B", SIMULATORS / f"{name}.py", "--port", "0", "--cert", cert, "--key", key,
             "--user", user, "--password-file", password_file, *several, *more],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self.urls = [self.process.stdout.readline().strip() for _ in range(count)]

    @property
    def url(self):
        return self.urls[0]

    def ask(self, path, value=None, number=0):
        """What the simulator's own side door answers."""
        place = urllib.parse.urlsplit(self.urls[number])
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(place.hostname, place.port, context=context, timeout=30)
        try:
            if value is None:
                connection.request("GET", f"/__sim/{path}")
            else:
                connection.request("POST", f"/__sim/{path}", json.dumps(value))
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise AssertionError(f"{path}: {answer.status}")
            return json.loads(body)
        finally:
            connection.close()

    def requests(self, number=0):
        return self.ask("requests", number=number)

    def stop(self):
        if self.process.stdout.closed:
            return
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait(30)
        self.process.stdout.close()


class EquipmentTestCase(SharedRepositoryTestCase):
    """A repository, and simulators that end with the test."""

    def simulate(self, name, *more, **options):
        folder = self.scratch / "simulators" / str(len(list((self.scratch / "simulators").glob("*"))))
        folder.mkdir(parents=True)
        simulator = Simulator(name, folder, *more, **options)
        self.addCleanup(simulator.stop)
        return simulator

    def add(self, simulator, name="NVR-HALL", driver="hikvision", *more, url=None, status=0, **options):
        return self.succeed("equipment", "add", name, "--type", "NVR", "--driver", driver,
                            "--set", f"url={url or simulator.url}", "--set", f"user={simulator.user}",
                            "--secret-file", f"password={simulator.password_file}", *more, status=status,
                            **options)

    def take(self, *names, kind=None, status=0, **options):
        """Snapshots' names."""
        kinds = ["--kind", kind] if kind else []
        result = self.succeed_json("capture", *(names or ["NVR-HALL"]), *kinds, status=status, **options)
        return [snapshot["name"] for snapshot in result["snapshots"]]

    def changes(self, *arguments, **options):
        return self.succeed_json("diff", *arguments, **options)["changes"]
