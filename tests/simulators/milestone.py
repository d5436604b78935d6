#!/usr/bin/python3
"""The API Gateway of Milestone XProtect: its token, and the configuration resources that its samples show.

Commands: rename-camera N NAME    recording N on|off    role N mobile on|off    rename-hardware N NAME
    remove-rule N    remove-hardware N    add-group NAME    add-cameras N    version TEXT    no-pages
    no-uris    cut-patch    lose RESOURCE    lock    expire    handshake
`no-pages`: page and size are not known to it. `cut-patch`: the connection is cut instead of the answer
to the next PATCH. `lock`: every login is refused. `expire`: tokens are known no more. `handshake`: what
changes by itself does.
"""

import re
import urllib.parse
import uuid

import vms


def guid(n):
    return f"00000000-0000-4000-8000-{n:012d}"


class Milestone(vms.Program):
    def __init__(self, options):
        super().__init__(options)
        self.version = "24.1.11965.1"
        self.traps = set()
        self.lost = set()
        self.tick = 0
        self.objects = {}
        add = self.add
        add("sites", 1, name="SIEGEPARIS", version="24.1.11965.1", timeZone="Romance Standard Time",
            lastStatusHandshake="2026-11-23T02:00:00Z")  # fmt: skip
        add("recordingServers", 41, name="REC-1", hostName="rec1.example", portNumber=7563, enabled=True,
            state="Connected")  # fmt: skip
        add("storages", 31, ("recordingServers", 41), name="Stock", diskPath="D:\\MediaDatabase",
            retainMinutes=43200, usedSpace=777)  # fmt: skip
        for n, name in ((1, "HALL"), (2, "QUAI"), (3, "PORTAIL")):
            add("hardware", 20 + n, ("recordingServers", 41), name=f"NVR-{name}", enabled=True,
                address=f"http://192.0.2.{20 + n}/", userName="lecture", model="Modele 1",
                passwordLastModified="2026-01-02T10:00:00Z")  # fmt: skip
            add("cameras", 10 + n, ("hardware", 20 + n), name=name, shortName=name, enabled=True, channel=0,
                recordingEnabled=True, prebufferSeconds=3)  # fmt: skip
        add("cameraGroups", 61, name="Dehors", description="")
        add("userDefinedEvents", 71, name="Alarme portail", subtype="")
        add("timeProfiles", 72, name="Nuit", description="")
        add("rules", 81, name="Enregistrer la nuit", enabled=True, startRuleType="TimeInterval",
            startActions=[{"action": "StartRecording"}])  # fmt: skip
        add("rules", 82, name="Alarme", enabled=False, startRuleType="Event", startActions=[])
        add("basicUsers", 91, name=options.user, description="", canChangePassword=False)
        add("basicUsers", 92, name="garde", description="", canChangePassword=True)
        add("roles", 51, name="Administrateurs", allowMobileClientLogOn=True, description="")
        add("roles", 52, name="Gardes", allowMobileClientLogOn=False, description="")
        add("users", 95, ("roles", 51), name=options.user, accountName=options.user, identityType="BasicUser")
        add("users", 96, ("roles", 52), name="garde", accountName="garde", identityType="BasicUser")
        add("licenseInformations", 99, name="XProtect", slc="M01-C02-000-00-AAAA", camerasUsed=3)

    def add(self, resource, n, parent=None, **members):
        one = {"id": guid(n), **members}
        one.setdefault("displayName", one["name"])
        one["lastModified"] = "2026-11-23T02:00:00.0000000Z"
        one["relations"] = {"self": {"type": resource, "id": guid(n)}}
        if parent:
            one["relations"]["parent"] = {"type": parent[0], "id": guid(parent[1])}
        self.objects.setdefault(resource, {})[guid(n)] = one

    def command(self, words):
        name, *rest = words
        if name == "rename-camera":
            camera = self.objects["cameras"][guid(10 + int(rest[0]))]
            camera["name"] = camera["displayName"] = rest[1]
        elif name == "recording":
            self.objects["cameras"][guid(10 + int(rest[0]))]["recordingEnabled"] = rest[1] == "on"
        elif name == "role":
            self.objects["roles"][guid(50 + int(rest[0]))]["allowMobileClientLogOn"] = rest[2] == "on"
        elif name == "rename-hardware":
            self.objects["hardware"][guid(20 + int(rest[0]))]["name"] = rest[1]
        elif name == "remove-rule":
            del self.objects["rules"][guid(80 + int(rest[0]))]
        elif name == "remove-hardware":
            del self.objects["hardware"][guid(20 + int(rest[0]))]
            del self.objects["cameras"][guid(10 + int(rest[0]))]
        elif name == "add-group":
            self.add("cameraGroups", 62, name=rest[0], description="")
        elif name == "add-cameras":
            for n in range(int(rest[0])):
                self.add("cameras", 1000 + n, ("hardware", 21), name=f"CAM-{n}", enabled=True)
        elif name == "version":
            self.version = rest[0]
        elif name == "lose":
            self.lost.add(rest[0])
        elif name == "expire":
            self.tokens.clear()
        elif name == "handshake":
            self.tick += 1
            for objects in self.objects.values():
                for one in objects.values():
                    one["lastModified"] = f"2026-11-24T02:00:{self.tick:02d}.0000000Z"
            self.objects["recordingServers"][guid(41)]["state"] = "Disconnected"
            self.objects["storages"][guid(31)]["usedSpace"] += 12
        elif name in ("no-pages", "no-uris", "cut-patch", "lock"):
            self.traps.add(name)
        else:
            return False
        return True

    def answer(self, request):
        path = request.path
        if path == "/api/.well-known/uris":
            if "no-uris" in self.traps:
                return vms.Answer(404, "", "text/plain")
            return vms.as_json({"ProductVersion": self.version, "ApiGateways": ["https://vms.example/api/"]})
        if path == "/API/IDP/connect/token":
            return self.token(request)
        if request.bearer() not in self.tokens:
            return vms.Answer(401, "", "text/plain", [("WWW-Authenticate", "Bearer")])
        found = re.fullmatch(r"/api/rest/v1/([A-Za-z]+)(?:/([^/]+))?(?:/([A-Za-z]+))?", path)
        if not found or found[1] in self.lost or found[3] in self.lost:
            return error(404, "Not found")
        resource, one, child = found.groups()
        if child:
            return self.children(request, one, child)
        if resource == "users" or resource == "storages" or resource not in self.objects:
            return error(404, "Not found")
        return self.one(request, resource, one) if one else self.many(request, resource)

    def token(self, request):
        said = dict(urllib.parse.parse_qsl(request.body.decode()))
        expected = {
            "grant_type": "password", "client_id": "GrantValidatorClient",
            "username": self.options.user, "password": self.options.password,
        }  # fmt: skip
        if said != expected or "lock" in self.traps:
            self.failed_logins += 1
            return vms.as_json({"error": "invalid_grant", "error_description": "LockedOut"}, 400)
        return vms.as_json({"access_token": self.new_token(), "expires_in": 3600, "token_type": "Bearer"})

    def page(self, request, objects):
        if "no-pages" in self.traps:
            return vms.as_json({"array": objects})
        size = int(request.query.get("size", 100))
        start = int(request.query.get("page", 0)) * size
        return vms.as_json({"array": objects[start : start + size]})

    def children(self, request, parent, child):
        if request.method != "GET":
            return error(405, "Not allowed")
        objects = [
            one for one in self.objects.get(child, {}).values()
            if one["relations"].get("parent", {}).get("id") == parent
        ]  # fmt: skip
        return self.page(request, objects)

    def many(self, request, resource):
        if request.method == "GET":
            return self.page(request, list(self.objects[resource].values()))
        if request.method == "POST" and resource in ("rules", "userDefinedEvents"):
            made = request.json()
            if "id" in made or not made.get("name"):
                return error(400, "Validation failed: " + str(made))
            made["id"] = str(uuid.uuid4())
            made["displayName"] = made["name"]
            made["relations"] = {"self": {"type": resource, "id": made["id"]}}
            self.objects[resource][made["id"]] = made
            return vms.as_json({"result": made}, 201)
        return error(405, "Not allowed")

    def one(self, request, resource, key):
        if key not in self.objects[resource]:
            return error(404, "Not found")
        one = self.objects[resource][key]
        if request.method == "PATCH":
            change = request.json()
            if not set(change) <= set(one) - {"id", "relations", "lastModified", "displayName"}:
                return error(400, "Read-only: " + str(change))
            one.update(change)
            one["displayName"] = one["name"]
            if "cut-patch" in self.traps:
                self.traps.discard("cut-patch")
                return vms.Hangup()
        elif request.method != "GET":
            return error(405, "Not allowed")
        return vms.as_json({"data": one})


def error(status, text):
    return vms.as_json({"error": {"httpCode": status, "details": [{"errorText": text}]}}, status)


if __name__ == "__main__":
    vms.serve(Milestone(vms.parsed(vms.arguments(__doc__.split("\n")[0], "milestone-Pass-3"))))
