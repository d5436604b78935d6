#!/usr/bin/python3
"""Public clients of equipments as independent judges of the simulators.

clients.py install FOLDER     puts the clients of package-lock.json into FOLDER
clients.py onvif FOLDER       the client `onvif` against tests/simulators/onvif.py

77: there is no npm here, or no way to its registry (skipped).
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SIMULATORS = HERE.parent / "simulators"
PASSWORD = "juge-Pass-1"
SKIPPED = 77


def install(folder):
    if shutil.which("npm") is None or shutil.which("node") is None:
        print("no npm here")
        return SKIPPED
    folder.mkdir(parents=True, exist_ok=True)
    lock = (HERE / "package-lock.json").read_bytes()
    done = folder / "installed.json"
    if done.exists() and done.read_bytes() == lock:
        return 0
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, folder / name)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    ran = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, timeout=120, check=False)  # fmt: skip
    if ran.returncode != 0:
        output = ran.stdout.decode("utf-8", "replace")
        print(output)
        offline = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH")
        return SKIPPED if any(word in output for word in offline) else 1
    done.write_bytes(lock)
    return 0


class Simulator:
    def __init__(self, name, arguments):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="coffre-npm-"))
        self.certificate = self.folder / "cert.pem"
        key = self.folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
             "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out",
             self.certificate], check=True, stderr=subprocess.DEVNULL, timeout=60)  # fmt: skip
        password = self.folder / "password"
        password.write_text(PASSWORD + "\n", encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-B", SIMULATORS / f"{name}.py", "--cert", self.certificate, "--key", key,
             "--password-file", password, "--until-eof", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
        self.url = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process.stdout.close()
        shutil.rmtree(self.folder)


def expect(good, what):
    if not good:
        raise AssertionError(what)


def judge_onvif(folder, arguments):
    with Simulator("onvif", arguments) as simulator:
        ran = subprocess.run(
            ["node", folder / "onvif.js", simulator.url, simulator.certificate, "coffre"], input=PASSWORD + "\n",
            stdout=subprocess.PIPE, text=True, timeout=120, check=False)  # fmt: skip
        expect(ran.returncode == 0, f"the client fails: {arguments}")
    found = json.loads(ran.stdout)
    expect(found["device"]["model"] == "SIM-DOME-2", "device information")
    expect({user["username"]: user["userLevel"] for user in found["users"]}["ronde"] == "User", "users")
    expect(found["profiles"] == ["profil-1", "profil-2"], "profiles")
    expect(found["sources"] == 1, "video sources")
    expect(found["hostname"]["name"] == "cam-hall-nord", "host name")
    expect(found["hostname_after"]["name"] == "cam-juge", "host name that was set")
    expect(found["ntp"]["NTPManual"]["IPv4Address"] == "192.0.2.123", "time servers")
    expect(found["ntp_after"]["NTPManual"]["IPv4Address"] == "192.0.2.200", "time server that was set")
    expect(found["interfaces"][0]["IPv4"]["config"]["manual"]["address"] == "192.0.2.20", "interfaces")
    expect(str(found["encoders"][0]["quality"]) == "4", "encoders")
    expect(str(found["encoders_after"][0]["quality"]) == "2", "encoder that was set")
    expect(found["encoders_after"][1] | {"useCount": 0} == found["encoders"][1] | {"useCount": 0}, "others")
    expect(found["refused"], "another password")


def onvif(folder):
    shutil.copy(HERE / "onvif.js", folder / "onvif.js")
    for arguments in ([], ["--clock-skew", "86400"], ["--login", "digest"], ["--no-services"]):
        judge_onvif(folder, arguments)
        print("onvif", *arguments, "ok")
    return 0


def main():
    what, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    return {"install": install, "onvif": onvif}[what](folder)


if __name__ == "__main__":
    sys.exit(main())
