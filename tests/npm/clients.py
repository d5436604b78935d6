#!/usr/bin/python3
"""Public clients of equipments as independent judges of the simulators.

clients.py install FOLDER     puts the clients of package-lock.json into FOLDER
clients.py onvif FOLDER       the clients `onvif` and `node-onvif` against tests/simulators/onvif.py
clients.py hikvision FOLDER   the client `node-hikvision-api` against tests/simulators/hikvision.py

77: there is no npm here, or no way to its registry: skipped, but in CI (CI=true), where a judge that is
missing is a failure.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SIMULATORS = HERE.parent / "simulators"
PASSWORD = "juge-Pass-1"
SKIPPED = 1 if os.environ.get("CI") == "true" else 77


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
    def __init__(self, name, arguments, has_tls=True):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="coffre-npm-"))
        self.certificate = self.folder / "cert.pem"
        key = self.folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
             "-keyout", key, "-out", self.certificate],
            check=True, stderr=subprocess.DEVNULL, timeout=60)  # fmt: skip
        password = self.folder / "password"
        password.write_text(PASSWORD + "\n", encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-B", SIMULATORS / f"{name}.py", "--password-file", password, "--until-eof",
             *(["--cert", self.certificate, "--key", key] if has_tls else []), *arguments],
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


def run_client(script, arguments):
    ran = subprocess.run(["node", script, *arguments], input=PASSWORD + "\n", stdout=subprocess.PIPE,
                         text=True, timeout=120, check=False)  # fmt: skip
    expect(ran.returncode == 0, f"{script.name} fails")
    return json.loads(ran.stdout)


def judge_node_onvif(folder):
    with Simulator("onvif", ["--clock-skew", "-3600"], has_tls=False) as simulator:
        found = run_client(folder / "node-onvif.js", [simulator.url, "coffre"])
    expect(found["device"]["SerialNumber"] == "SIM0000001", "device information")
    expect(found["profiles"] == ["profil-1", "profil-2"], "profiles")
    expect(found["users"][2] == {"Username": "ronde", "UserLevel": "User"}, "users")
    expect(found["hostname"] == "cam-deux", "host name that was set")


def judge_onvif(folder, arguments):
    with Simulator("onvif", arguments) as simulator:
        found = run_client(folder / "onvif.js", [simulator.url, simulator.certificate, "coffre"])
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
    for script in ("onvif.js", "node-onvif.js"):
        shutil.copy(HERE / script, folder / script)
    for arguments in ([], ["--clock-skew", "86400"], ["--login", "digest"], ["--no-services"]):
        judge_onvif(folder, arguments)
        print("onvif", *arguments, "ok")
    judge_node_onvif(folder)
    print("node-onvif ok")
    return 0


def hear_alarms(folder, password):
    with Simulator("hikvision", ["--basic"], has_tls=False) as simulator:
        ran = subprocess.run(
            ["node", folder / "hikvision.js", simulator.url, simulator.certificate, "admin", "20"],
            input=password + "\n", stdout=subprocess.PIPE, text=True, timeout=60, check=False)  # fmt: skip
    expect(ran.returncode == 0, "the client fails")
    return json.loads(ran.stdout)["alarms"]


def hikvision(folder):
    shutil.copy(HERE / "hikvision.js", folder / "hikvision.js")
    heard = hear_alarms(folder, PASSWORD)
    expect(heard[:2] == [["VideoMotion", "Start", 1], ["LineDetection", "Start", 1]], f"alarms: {heard}")
    ended = [["VideoMotion", "Stop", 1], ["LineDetection", "Stop", 1]]
    expect(sorted(heard[2:]) == sorted(ended), f"their end: {heard}")
    expect(hear_alarms(folder, "another") == [], "another password")
    print("hikvision ok")
    return 0


def main():
    what, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    return {"install": install, "onvif": onvif, "hikvision": hikvision}[what](folder)


if __name__ == "__main__":
    sys.exit(main())
