#!/usr/bin/python3
"""A camera of Axis, as far as its VAPIX interface matters here. Options: see simulated_device.py, and

--no-export     an older one, without /config/rest

Known to set by /__sim/set: {"parameters": {"Image.I0.Name": "…"}} (null takes one away), {"users": {"name":
["viewer"]}} (null likewise), {"interfaces": {"time.v2": {…}}}, {"refused": ["Image.I0.Name"]} (parameters
that it refuses to have written).
"""

import json
import pathlib
import re
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from simulated_device import Answer, Device, main  # noqa: E402

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "axis" / "device"
GROUPS = ["admin", "operator", "viewer", "ptz"]
READ_ONLY = re.compile(
    r"(Brand|Properties|Network\.eth0|Network\.Routing)\..*|.*\.NbrOf\w+"
    r"|Time\.Server(Date|Time)|SNMP\.EngineBoots"
)
MASK = re.compile(r"\*+")


class Axis(Device):
    realm = "AXIS_B8A44F000001"
    error_text = "# Error: consult the system log file.\n"
    open_paths = ("/axis-cgi/systemready.cgi",)

    def __init__(self, options, number):
        super().__init__(options, number)
        text = (FIXTURES / "parameters.txt").read_text(encoding="utf-8")
        self.parameters = dict(line[5:].split("=", 1) for line in text.splitlines())
        self.serial = options.serial or f"B8A44F{number + 1:06X}"
        mac = ":".join(self.serial[i : i + 2] for i in range(0, 12, 2))
        firmware = options.firmware or self.parameters["Properties.Firmware.Version"]
        self.parameters["Properties.System.SerialNumber"] = self.serial
        self.parameters["Network.eth0.MACAddress"] = mac
        self.parameters["Properties.Firmware.Version"] = firmware
        self.secrets = {name for name, value in self.parameters.items() if MASK.fullmatch(value)}
        self.users = {}
        for line in (FIXTURES / "users.txt").read_text(encoding="utf-8").splitlines():
            group, names = line.split("=", 1)
            for name in names.strip('"').split(","):
                self.users.setdefault(name, set())
                if group in GROUPS:
                    self.users[name].add(group)
        self.users.setdefault(options.user, set(GROUPS))
        self.interfaces = json.loads((FIXTURES / "interfaces.json").read_text(encoding="utf-8"))
        self.refused = set()
        self.boot_id = str(uuid.uuid4())
        self.seconds = 0

    def start_anew(self):
        self.boot_id = str(uuid.uuid4())
        self.parameters["SNMP.EngineBoots"] = str(int(self.parameters["SNMP.EngineBoots"]) + 1)

    def state(self):
        return {
            "parameters": self.parameters,
            "users": {name: sorted(groups) for name, groups in self.users.items()},
            "interfaces": self.interfaces,
            "bootid": self.boot_id,
        }

    def set(self, values):
        for name, value in values.get("parameters", {}).items():
            if value is None:
                self.parameters.pop(name, None)
            else:
                self.parameters[name] = value
        for name, groups in values.get("users", {}).items():
            if groups is None:
                self.users.pop(name, None)
            else:
                self.users[name] = set(groups)
        self.interfaces.update(values.get("interfaces", {}))
        self.refused = set(values.get("refused", self.refused))

    def handle(self, request):
        if request.path == "/axis-cgi/basicdeviceinfo.cgi":
            return self.device_info(request)
        if request.path == "/axis-cgi/systemready.cgi":
            return self.json({"apiVersion": "1.3", "method": "systemready",
                              "data": {"systemready": "yes", "needsetup": "no", "uptime": "100",
                                       "bootid": self.boot_id}})  # fmt: skip
        if request.path == "/axis-cgi/param.cgi":
            return self.param(request.form())
        if request.path == "/axis-cgi/pwdgrp.cgi":
            return self.pwdgrp(request)
        if request.path == "/config/rest/$export" and not self.options.no_export:
            return self.json({"status": "success", "data": self.exported()})
        if request.path == "/config/rest/$import" and not self.options.no_export:
            return self.take_in(request)
        return Answer(404, "<html>Not found</html>", "text/html")

    @staticmethod
    def json(value, status=200):
        return Answer(status, json.dumps(value, ensure_ascii=False), "application/json")

    def device_info(self, request):
        if request.method != "POST":
            return Answer(405)
        asked = json.loads(request.body)
        values = self.parameters
        return self.json({
            "apiVersion": "1.3", "context": asked.get("context", ""), "method": asked.get("method"),
            "data": {"propertyList": {
                "Architecture": "aarch64", "Brand": "AXIS",
                "BuildDate": values["Properties.Firmware.BuildDate"],
                "HardwareID": values["Properties.System.HardwareID"],
                "ProdFullName": values["Brand.ProdFullName"], "ProdNbr": values["Brand.ProdNbr"],
                "ProdShortName": values["Brand.ProdShortName"], "ProdType": values["Brand.ProdType"],
                "SerialNumber": self.serial, "Soc": "Axis Artpec-8",
                "Version": values["Properties.Firmware.Version"], "WebURL": "http://www.axis.com",
            }}})  # fmt: skip

    # Parameters.

    def param(self, form):
        action = form.pop("action", "")
        if action == "list":
            return Answer(200, self.listed(form.get("group", "")))
        if action == "update":
            return self.update(form)
        if action == "add":
            return self.add(form)
        if action == "remove":
            return self.remove(form.get("group", ""))
        return Answer(200, "# Error: unknown action\n")

    def listed(self, groups):
        self.seconds += 7  # its clock runs
        self.parameters["Time.ServerTime"] = f"10:{self.seconds // 60 % 60:02}:{self.seconds % 60:02}"
        wanted = [group.removeprefix("root.") for group in groups.split(",") if group]
        lines = []
        for name, value in sorted(self.parameters.items()):
            if not wanted or any(name == group or name.startswith(group + ".") for group in wanted):
                lines.append(f"root.{name}={value}\n")
        for group in wanted:
            if not any(name.startswith(group) for name in self.parameters):
                lines.append(f"# Error: Error -1 getting param in group '{group}'!\n")
        return "".join(lines)

    def update(self, form):
        values = {name.removeprefix("root."): value for name, value in form.items()}
        for name, value in values.items():
            if name not in self.parameters or name in self.refused or READ_ONLY.fullmatch(name):
                return Answer(200, f"# Error: Error setting 'root.{name}' to '{value}'!\n")
        for name, value in values.items():
            if name in self.secrets:
                if MASK.fullmatch(value):
                    raise AssertionError(f"{name} was written back masked")
                value = "******"
            self.parameters[name] = value
            if name == "Network.IPAddress":
                self.parameters["Network.eth0.IPAddress"] = value
        return Answer(200, "OK")

    def add(self, form):
        if form.pop("template", "") != "streamprofile" or form.pop("group", "") != "StreamProfile":
            return Answer(200, "# Error: no such template\n")
        number = 0
        while f"StreamProfile.S{number}.Name" in self.parameters:
            number += 1
        group = f"StreamProfile.S{number}"
        self.parameters.update({f"{group}.Name": "", f"{group}.Description": "", f"{group}.Parameters": ""})
        for name, value in form.items():
            self.parameters[name.removeprefix("root.").replace("StreamProfile.S.", group + ".")] = value
        return Answer(200, f"S{number} OK")

    def remove(self, group):
        names = [name for name in self.parameters if name.startswith(group.removeprefix("root.") + ".")]
        if not names:
            return Answer(200, f"# Error: Error removing '{group}'\n")
        for name in names:
            del self.parameters[name]
        return Answer(200, "OK")

    # Accounts.

    def pwdgrp(self, request):
        form = request.form()
        if "pwd" in request.query:
            raise AssertionError("a password in an address")
        action, user = form.get("action"), form.get("user", "")
        if action == "get":
            lines = []
            for group in GROUPS:
                names = ",".join(name for name, groups in self.users.items() if group in groups)
                lines.append(f'{group}="{names}"\n')
            lines.append('digusers="' + ",".join(self.users) + '"\n')
            return Answer(200, "".join(lines))
        if action not in ("add", "update", "remove"):
            return Answer(200, "Error: action operation type.\n", "text/html")
        if not re.fullmatch(r"[A-Za-z0-9]{1,14}", user) or (user in self.users) == (action == "add"):
            return Answer(200, f"Error: malformed action operation, {action}.\n", "text/html")
        if action == "remove":
            del self.users[user]
            return Answer(200, f"Removed account {user}.\n", "text/html")
        groups = set(form.get("sgrp", "").split(":")) - {""}
        if not groups <= set(GROUPS) or (action == "add" and "pwd" not in form):
            return Answer(200, "Error: consult the system log file.\n", "text/html")
        if groups:
            self.users[user] = groups
        return Answer(200, f"Modified account {user}.\n", "text/html")

    # The newer interface.

    def exported(self):
        tree = {}
        for name, value in self.parameters.items():
            if name in self.secrets or READ_ONLY.fullmatch(name):
                continue
            parts = name.split(".")
            at = tree
            index = 0
            while index < len(parts) - 1:
                following = parts[index + 1]
                if index + 1 < len(parts) - 1 and re.fullmatch(r"[A-Z]\d+", following):
                    instances = at.setdefault(parts[index] + "Collection", [])
                    found = next((one for one in instances if one["groupId"] == following), None)
                    if found is None:
                        found = {"groupId": following}
                        instances.append(found)
                    at = found
                    index += 2
                else:
                    at = at.setdefault(parts[index], {})
                    index += 1
            at[parts[-1]] = value
        return {"param.v2": tree, **self.interfaces}

    def take_in(self, request):
        if request.method != "PATCH":
            return Answer(405)
        asked = json.loads(request.body)
        if asked.get("options", {}).get("importType") not in ("merge", "default"):
            return self.json({"status": "error", "error": {"code": 1, "message": "importType"}}, 400)
        for name, data in asked["data"].items():
            if name == "param.v2":
                self.take_parameters(data, "")
            elif name in self.interfaces:
                self.interfaces[name] = merged(self.interfaces[name], data)
            else:
                return self.json({"status": "error", "error": {"code": 2, "message": "no such API"}}, 404)
        return self.json({"status": "success"})

    def take_parameters(self, data, prefix):
        for name, value in data.items():
            if isinstance(value, dict):
                self.take_parameters(value, f"{prefix}{name}.")
            elif isinstance(value, list):
                for element in value:
                    group = f"{prefix}{name.removesuffix('Collection')}.{element['groupId']}."
                    self.take_parameters(element, group)
            elif name != "groupId":
                self.parameters[prefix + name] = str(value)


def merged(old, new):
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{name: merged(old.get(name), value) for name, value in new.items()}}
    if isinstance(old, list) and isinstance(new, list) and all(isinstance(one, dict) for one in old + new):
        by_id = {one.get("id"): one for one in old}
        for one in new:
            by_id[one.get("id")] = merged(by_id.get(one.get("id")), one)
        return list(by_id.values())
    return new


if __name__ == "__main__":
    main(Axis, __doc__, lambda parser: parser.add_argument("--no-export", action="store_true"))
