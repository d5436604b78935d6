#!/usr/bin/python3
"""A simulated recorder that speaks the CGI of Dahua: what setConfig and userManager change is what it tells.

  dahua.py --port 0 --cert F --key F --user admin --password-file F

prints its URL (with --count N, N URLs). Its first state are the bodies in tests/fixtures/dahua. As devices
do, it answers "OK" whatever a value is, and "Error" with HTTP 200. See digest_device.py for the other options
and for what a test may do below /__sim/; besides:

  POST /__sim/set        {"Network.eth0.MTU": "1400"}: keys of the configuration; null takes one away
  POST /__sim/get        {"section": "Network"}
  POST /__sim/nonsense   {"Network.eth0.MTU": "0"}: what it keeps in place of whatever is set
  POST /__sim/user       {"name": "garde", "Group": "admin"}: a field of an account; "gone": true removes it
  POST /__sim/passwords  what it was given: {user: password}
"""

import argparse
import json
import pathlib
import re

import digest_device
from digest_device import Answer

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "dahua" / "nvr"
TEXT = "text/plain;charset=utf-8"
INFO = {
    "getSystemInfo": "system-info.txt",
    "getSoftwareVersion": "software-version.txt",
    "getMachineName": "machine-name.txt",
    "getDeviceType": "device-type.txt",
    "getHardwareVersion": "hardware-version.txt",
    "getVendor": "vendor.txt",
}
# What a camera's password is in the backup, in clear.
CAMERA_PASSWORD = "camera-Pass-7"


def lines_of(text):
    return [line.partition("=")[::2] for line in text.split("\r\n") if line]


def error():
    return Answer(200, TEXT, "Error\r\nBad Request!\r\n")


def section_of(key):
    return re.split(r"[.\[]", key, maxsplit=1)[0]


def typed(text):
    if text in ("true", "false"):
        return text == "true"
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else text


def put_at(tree, key, value):
    """Nests "Record[0].TimeSection[1][0]" into dictionaries and lists."""
    steps = [int(index) if index else name for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", key)]
    steps = [step for step in steps if step != ""]
    for step, following in zip(steps, steps[1:]):
        fresh = [] if isinstance(following, int) else {}
        if isinstance(step, int):
            while len(tree) <= step:
                tree.append(None)
            if tree[step] is None:
                tree[step] = fresh
            tree = tree[step]
        else:
            tree = tree.setdefault(step, fresh)
    if isinstance(steps[-1], int):
        while len(tree) <= steps[-1]:
            tree.append(None)
    tree[steps[-1]] = value


class Dahua(digest_device.Device):
    realm = "Login to 4C0048DPAZ00001"

    def __init__(self, options, number):
        super().__init__(options, number)
        self.info = {action: (FIXTURES / name).read_bytes().decode() for action, name in INFO.items()}
        if options.serial:
            serial = options.serial + (str(number) if options.count > 1 else "")
            self.info["getSystemInfo"] = re.sub(
                r"serialNumber=\S+", f"serialNumber={serial}", self.info["getSystemInfo"]
            )
        if options.firmware:
            self.info["getSoftwareVersion"] = f"version={options.firmware},Build Date:2021-06-15\r\n"
        self.config = {}
        for file in sorted((FIXTURES / "config").iterdir()):
            with open(file, encoding="utf-8", newline="") as body:
                for key, value in lines_of(body.read()):
                    self.config[key[len("table.") :]] = value
        self.users = self.accounts("users.txt")
        self.groups = (FIXTURES / "groups.txt").read_bytes().decode()
        self.passwords = {}
        self.nonsense = {}
        if options.count > 1:
            self.config["General.MachineName"] += f"-{number:03d}"
        if options.state and pathlib.Path(options.state).exists():
            kept = json.loads(pathlib.Path(options.state).read_text(encoding="utf-8"))
            self.config, self.users, self.passwords = kept["config"], kept["users"], kept["passwords"]

    def save(self):
        if self.options.state:
            kept = {"config": self.config, "users": self.users, "passwords": self.passwords}
            pathlib.Path(self.options.state).write_text(json.dumps(kept), encoding="utf-8")

    @staticmethod
    def accounts(name):
        found = {}
        with open(FIXTURES / name, encoding="utf-8", newline="") as body:
            for key, value in lines_of(body.read()):
                index, _, field = key.partition("].")
                found.setdefault(index, []).append((field, value))
        return [dict(fields) for fields in found.values()]

    # Requests ----------------------------------------------------------------------------------------------

    def answer(self, request):
        action = request.value("action")
        if request.path == "/cgi-bin/magicBox.cgi":
            if action == "reboot":
                return Answer(200, TEXT, "OK\r\n", restart=True)
            if action == "getMachineName":
                return Answer(200, TEXT, f"name={self.config['General.MachineName']}\r\n")
            return Answer(200, TEXT, self.info[action]) if action in self.info else error()
        if request.path == "/cgi-bin/global.cgi" and action == "getCurrentTime":
            return Answer(200, TEXT, f"result={self.now()}\r\n")
        if request.path == "/cgi-bin/configManager.cgi":
            return self.get_config(request) if action == "getConfig" else self.set_config(request)
        if request.path == "/cgi-bin/userManager.cgi":
            return self.user_manager(request, action)
        if request.path == "/cgi-bin/Config.backup" and not self.options.no_backup:
            return Answer(200, "application/octet-stream", json.dumps(self.backup(), indent=3))
        return Answer(404, "text/html", "<html>404</html>")

    def now(self):
        seconds = digest_device.time.time() + self.options.clock_skew
        return digest_device.time.strftime("%Y-%m-%d %H:%M:%S", digest_device.time.gmtime(seconds))

    def get_config(self, request):
        name = request.value("name")
        prefix = "table.All." if name == "All" else "table."
        found = [
            f"{prefix}{key}={value}"
            for key, value in self.config.items()
            if name == "All" or section_of(key) == name or key.startswith((name + ".", name + "["))
        ]
        if not found:
            return Answer(400, TEXT, "Error\r\nBad Request!\r\n") if self.options.bad_request else error()
        return Answer(200, TEXT, "\r\n".join(found) + "\r\n")

    def set_config(self, request):
        if request.value("action") != "setConfig":
            return error()
        given = [(key, value) for key, value in request.query if key not in ("action", "name")]
        known = {section_of(key) for key in self.config}
        if not given or any(section_of(key) not in known for key, _ in given):
            return error()
        for key, value in given:
            if key.endswith(".Password") and self.config.get(key) == "******":
                self.passwords[key] = value
                continue
            self.config[key] = self.nonsense.get(key, value)
        return Answer(200, TEXT, "OK\r\n")

    def backup(self):
        tree = {}
        for key, value in self.config.items():
            if key.startswith("RemoteDevice") and key.endswith(".Password"):
                value = self.passwords.get(key, CAMERA_PASSWORD)
            put_at(tree, key, typed(value))
        return tree

    def user_manager(self, request, action):
        if action == "getUserInfoAll":
            lines = [
                f"users[{index}].{field}={value}"
                for index, user in enumerate(self.users)
                for field, value in user.items()
            ]
            return Answer(200, TEXT, "\r\n".join(lines) + "\r\n")
        if action == "getGroupInfoAll":
            return Answer(200, TEXT, self.groups)
        name = request.value("user.Name" if action == "addUser" else "name")
        user = self.user(name)
        if action == "addUser":
            if user is not None or len(request.value("user.Password")) < 8 or not request.value("user.Group"):
                return error()
            fields = {key[len("user.") :]: value for key, value in request.query if key.startswith("user.")}
            self.passwords[name] = fields.pop("Password")
            group = "group[0].Auth" if fields["Group"] == "admin" else "group[1].Auth"
            rights = [value for key, value in lines_of(self.groups) if key.startswith(group)]
            new = {f"AuthorityList[{index}]": value for index, value in enumerate(rights)}
            self.users.append({**new, "Id": str(len(self.users) + 1), "Memo": "", **fields})
            return Answer(200, TEXT, "OK\r\n")
        if user is None:
            return error()
        if action == "modifyUser":
            for key, value in request.query:
                if key.startswith("user.") and key != "user.Password":
                    user[key[len("user.") :]] = value
            return Answer(200, TEXT, "OK\r\n")
        if action == "deleteUser" and user["Reserved"] != "true":
            self.users.remove(user)
            return Answer(200, TEXT, "OK\r\n")
        return error()

    def user(self, name):
        return next((user for user in self.users if user["Name"] == name), None)

    def control(self, what, value):
        if what == "set":
            for key, text in value.items():
                if text is None:
                    self.config.pop(key, None)
                else:
                    self.config[key] = text
            return {}
        if what == "get":
            return {key: text for key, text in self.config.items() if section_of(key) == value["section"]}
        if what == "nonsense":
            self.nonsense.update(value)
            return {}
        if what == "user":
            name = value.pop("name")
            user = self.user(name)
            if value.pop("gone", False):
                self.users.remove(user)
            elif user is None:
                self.users.append({"Name": name, "Reserved": "false", "Sharable": "true", **value})
            else:
                user.update(value)
            return {}
        if what == "passwords":
            return self.passwords
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--no-backup", action="store_true", help="has no Config.backup")
    parser.add_argument("--bad-request", action="store_true", help="400 for a section that it does not have")
    digest_device.run(Dahua, parser)


if __name__ == "__main__":
    main()
