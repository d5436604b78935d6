#!/usr/bin/python3
"""A simulated recorder or camera that speaks ISAPI: what is PUT, POSTed and DELETEd is what GET answers.

  hikvision.py --port 0 --cert F --key F --user admin --password-file F

prints its URL (with --count N, N URLs). Its first state are the bodies in tests/fixtures/hikvision. See
digest_device.py for the other options and for what a test may do below /__sim/; besides:

  POST /__sim/put     {"path": "/ISAPI/…", "text": "<…>"}: a section as it now is; "text": null takes it away
  POST /__sim/get     {"path": "/ISAPI/…"}: a section, without a login
  POST /__sim/change  {"path": "/ISAPI/…", "id": "3", "element": "a/b", "text": "…"}: one element of an object
  POST /__sim/remove  {"path": "/ISAPI/…", "id": "3"}: one object of a list
  POST /__sim/passwords   what it was given: {user: password}
"""

import argparse
import hashlib
import json
import os
import pathlib
import time
import xml.dom.minidom

import digest_device
from digest_device import Answer

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "hikvision"
XML = "application/xml; charset=UTF-8"

# Path below /ISAPI/, and the name of the body's file.
SECTIONS = {
    "System/deviceInfo": "device-info.xml",
    "System/time": "time.xml",
    "System/time/ntpServers": "ntp-servers.xml",
    "System/Holidays": "holidays.xml",
    "System/Network/interfaces": "network-interfaces.xml",
    "System/Network/Integrate": "integrate.xml",
    "System/Video/inputs/channels": "video-inputs.xml",
    "ContentMgmt/InputProxy/channels": "channels.xml",
    "ContentMgmt/record/tracks": "record-tracks.xml",
    "ContentMgmt/Storage": "storage.xml",
    "ContentMgmt/Storage/quota": "storage-quota.xml",
    "Streaming/channels": "streams.xml",
    "Security/users": "users.xml",
    "Security/UserPermission": "user-permissions.xml",
    "Security/ONVIF/users": "onvif-users.xml",
    "Security/adminAccesses": "admin-accesses.xml",
    "Event/triggers": "event-triggers.xml",
    "Event/notification/httpHosts": "http-hosts.xml",
}
# What a PUT does not change, whatever it says.
READ_ONLY = {
    "model", "serialNumber", "firmwareVersion", "firmwareReleasedDate", "macAddress", "MACAddress",
    "deviceID", "devIndex", "capacity", "freeSpace", "status", "hardwareVersion", "deviceType",
    "manufacturer",
}  # fmt: skip
WRITE_ONLY = {"password", "keypadPassword"}
# Elements that an object of that name must have when it is PUT: no small ones.
WHOLE = {
    "NetworkInterface": {"IPAddress", "Link"},
    "StreamingChannel": {"Video", "Transport"},
    "InputProxyChannel": {"name", "sourceInputPortDescriptor"},
    "Track": {"TrackSchedule", "CustomExtensionList", "Duration"},
    "User": {"userName", "userLevel"},
    "Time": {"timeMode", "timeZone"},
}
NEEDS_RESTART = ("System/Network/interfaces", "System/Network/Integrate", "Security/adminAccesses")
ADDS = ("ContentMgmt/InputProxy/channels", "Security/users")
CONFIGURATION_BYTES = 160_000

SUB_STATUS = {
    1: ("OK", "ok"),
    3: ("Device Error", "deviceError"),
    4: ("Invalid Operation", "invalidOperation"),
    5: ("Invalid XML Format", "badXmlFormat"),
    6: ("Invalid XML Content", "badXmlContent"),
    7: ("Reboot Required", "rebootRequired"),
}


def status(code, path="", sub=None, http=None, restart=False):
    text, default = SUB_STATUS[code]
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ResponseStatus version="1.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">\n'
        f"<requestURL>{path}</requestURL>\n<statusCode>{code}</statusCode>\n"
        f"<statusString>{text}</statusString>\n<subStatusCode>{sub or default}</subStatusCode>\n"
        "</ResponseStatus>\n"
    )
    return Answer(http or (200 if code in (1, 7) else 400), XML, body, restart)


def elements(node):
    return [child for child in node.childNodes if child.nodeType == child.ELEMENT_NODE]


def local(node):
    return node.tagName.split(":")[-1]


def child(node, name):
    for found in elements(node):
        if local(found) == name:
            return found
    return None


def text_of(node, name):
    found = child(node, name)
    if found is None:
        return ""
    return "".join(part.data for part in found.childNodes if part.nodeType != part.ELEMENT_NODE).strip()


def set_text(document, node, name, text):
    found = child(node, name)
    if found is None:
        found = node.appendChild(document.createElement(name))
    while found.firstChild:
        found.removeChild(found.firstChild)
    found.appendChild(document.createTextNode(text))


def walk(node):
    yield node
    for found in elements(node):
        yield from walk(found)


def parse(text):
    return xml.dom.minidom.parseString(text if isinstance(text, bytes) else text.encode())


def key_stream(seed, size):
    out = bytearray()
    number = 0
    while len(out) < size:
        out += hashlib.sha256(seed + number.to_bytes(8, "big")).digest()
        number += 1
    return bytes(out[:size])


def crypt(seed, data):
    return bytes(a ^ b for a, b in zip(data, key_stream(seed, len(data))))


class Hikvision(digest_device.Device):
    realm = "IP Camera(C1234)"

    def __init__(self, options, number):
        super().__init__(options, number)
        self.sections = {}
        self.passwords = {}
        for path, name in SECTIONS.items():
            file = FIXTURES / options.kind / name
            if file.exists():
                self.sections[path] = file.read_text(encoding="utf-8")
        if options.state and os.path.exists(options.state):
            kept = json.loads(pathlib.Path(options.state).read_text(encoding="utf-8"))
            self.sections, self.passwords = kept["sections"], kept["passwords"]
        self.change_device(options, number)

    def change_device(self, options, number):
        document = parse(self.sections["System/deviceInfo"])
        info = document.documentElement
        if options.serial:
            number_of_it = str(number) if options.count > 1 else ""
            set_text(document, info, "serialNumber", options.serial + number_of_it)
        if options.firmware:
            set_text(document, info, "firmwareVersion", options.firmware)
        if options.model:
            set_text(document, info, "model", options.model)
        if options.count > 1:
            set_text(document, info, "deviceName", f"{text_of(info, 'deviceName')}-{number:03d}")
        self.sections["System/deviceInfo"] = self.serialised(document)

    @staticmethod
    def serialised(document):
        body = document.documentElement.toxml()
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + body + "\n"

    def save(self):
        if self.options.state:
            kept = {"sections": self.sections, "passwords": self.passwords}
            pathlib.Path(self.options.state).write_text(json.dumps(kept), encoding="utf-8")

    def refusal(self):
        locked = self.failures >= digest_device.LOCK_AFTER
        return Answer(
            401, XML,
            '<?xml version="1.0" encoding="UTF-8"?>\n<userCheck>\n<statusValue>401</statusValue>\n'
            "<statusString>Unauthorized</statusString>\n"
            f"<lockStatus>{'lock' if locked else 'unlock'}</lockStatus>\n"
            f"<retryLoginTime>{max(0, digest_device.LOCK_AFTER - self.failures)}</retryLoginTime>\n"
            "</userCheck>\n",
        )  # fmt: skip

    # Requests ----------------------------------------------------------------------------------------------

    def answer(self, request):
        if not request.path.startswith("/ISAPI/"):
            return Answer(404, "text/html", "<html>404</html>")
        path = request.path[len("/ISAPI/") :].strip("/")
        if path == "System/reboot" and request.method == "PUT":
            return status(1, request.path, restart=True)
        if path == "System/configurationData":
            return self.configuration(request)
        if path == "System/time/localTime" and request.method == "GET":
            return Answer(200, "text/plain", self.local_time())
        section, item = self.found(path)
        if section is None:
            if path in SECTIONS and self.options.kind == "nvr" and path.startswith("System/Video"):
                return status(4, request.path, "notSupport", 403)
            if path == "System/Network/Integrate":
                return status(4, request.path, "notSupport")
            return status(4, request.path, "notSupport", 404)
        if request.method == "GET":
            return self.get(section, item)
        if request.method == "PUT":
            return self.put(request, section, item)
        if request.method == "POST" and item == "" and section in ADDS:
            return self.post(request, section)
        if request.method == "DELETE" and item != "" and section in ADDS:
            return self.delete(request, section, item)
        return status(4, request.path, "methodNotAllowed", 405)

    def found(self, path):
        if path in self.sections:
            return path, ""
        above, _, last = path.rpartition("/")
        if path in SECTIONS:
            return None, ""
        return (above, last) if above in self.sections else (None, "")

    def item_of(self, document, item):
        for found in elements(document.documentElement):
            if text_of(found, "id") == item:
                return found
        return None

    def local_time(self):
        now = time.time() + self.options.clock_skew
        return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(now))

    def get(self, section, item):
        document = parse(self.sections[section])
        if section == "System/time":
            set_text(document, document.documentElement, "localTime", self.local_time())
            return Answer(200, XML, self.serialised(document))
        if item == "":
            return Answer(200, XML, self.sections[section])
        found = self.item_of(document, item)
        if found is None:
            return status(4, section, "notSupport", 404)
        if not found.hasAttribute("xmlns"):
            found.setAttribute("xmlns", document.documentElement.getAttribute("xmlns"))
        return Answer(200, XML, '<?xml version="1.0" encoding="UTF-8"?>\n' + found.toxml() + "\n")

    def put(self, request, section, item):
        try:
            given = parse(request.body).documentElement
        except Exception:  # whatever expat says
            return status(5, request.path)
        document = parse(self.sections[section])
        old = document.documentElement if item == "" else self.item_of(document, item)
        if old is None:
            return status(4, request.path, "notSupport", 404)
        why = self.refused(given, old)
        if why:
            return status(6, request.path, why)
        if section == "Security/users" and text_of(old, "userName") == self.options.user:
            set_text(given.ownerDocument, given, "userLevel", "Administrator")
        new = document.importNode(given, True)
        self.keep_read_only(new, old)
        self.keep_passwords(new, old)
        self.take_passwords(new)
        old.parentNode.replaceChild(new, old)
        self.sections[section] = self.serialised(document)
        return status(7 if section in NEEDS_RESTART else 1, request.path)

    @staticmethod
    def refused(given, old):
        if local(given) != local(old):
            return "badXmlContent"
        if not given.getAttribute("xmlns"):
            return "badXmlContent"
        names = {local(found) for found in elements(given)}
        if not WHOLE.get(local(given), set()) <= names:
            return "badXmlContent"
        for node in walk(given):
            if any(node.hasAttribute(name) for name in ("opt", "min", "max")):
                return "badParameters"
            empty = not elements(node) and not "".join(part.data for part in node.childNodes).strip()
            if empty and not local(node).endswith("List"):
                return "badParameters"
        return None

    def keep_read_only(self, new, old):
        kept = {}
        for node in walk(old):
            if local(node) in READ_ONLY:
                kept.setdefault(local(node), node)
        for node in list(walk(new)):
            if local(node) in READ_ONLY:
                node.parentNode.removeChild(node)
        for name, node in kept.items():
            above = local(node.parentNode)
            places = [found for found in walk(new) if local(found) == above]
            if places:
                places[0].appendChild(node.cloneNode(True))

    @staticmethod
    def keep_passwords(new, old):
        """One that is not given stays, and is masked as before."""
        hosts = zip(
            (node for node in walk(old) if local(node) == "HttpHostNotification"),
            (node for node in walk(new) if local(node) == "HttpHostNotification"),
        )
        for before, after in hosts:
            if child(after, "password") is None and child(before, "password") is not None:
                after.appendChild(child(before, "password").cloneNode(True))

    def take_passwords(self, new):
        for node in list(walk(new)):
            if local(node) not in WRITE_ONLY:
                continue
            value = "".join(part.data for part in node.childNodes)
            if value == "******":
                continue
            above = node.parentNode
            who = text_of(above, "userName") or text_of(new, "id")
            self.passwords[who] = value
            if local(new).startswith("HttpHost"):
                node.firstChild.data = "******"
            else:
                above.removeChild(node)

    def post(self, request, section):
        try:
            given = parse(request.body).documentElement
        except Exception:  # whatever expat says
            return status(5, request.path)
        document = parse(self.sections[section])
        ids = [int(text_of(found, "id") or 0) for found in elements(document.documentElement)]
        if section == "Security/users" and len(text_of(given, "password")) < 8:
            return status(6, request.path, "badParameters")
        if section == "Security/users" and any(
            text_of(found, "userName") == text_of(given, "userName")
            for found in elements(document.documentElement)
        ):
            return status(6, request.path, "userNameExist")
        new = document.importNode(given, True)
        wanted = text_of(new, "id")
        number = int(wanted) if wanted.isdigit() and int(wanted) not in ids else max(ids, default=0) + 1
        old = child(new, "id")
        if old is None:
            old = document.createElement("id")
            new.insertBefore(old, new.firstChild)
        set_text(document, new, "id", str(number))
        for node in list(walk(new)):
            if local(node) in READ_ONLY and node is not new:
                node.parentNode.removeChild(node)
        self.take_passwords(new)
        self.add_own(document, new)
        document.documentElement.appendChild(new)
        self.sections[section] = self.serialised(document)
        if section == "Security/users" and "Security/UserPermission" in self.sections:
            self.add_permission(number)
        return status(1, request.path)

    @staticmethod
    def add_own(document, new):
        """What it knows by itself: of a camera that it reaches, and of an account that is none of its own."""
        source = child(new, "sourceInputPortDescriptor")
        if source is not None:
            set_text(document, source, "model", "DS-2CD2387G2-LSU/SL")
        elif local(new) == "User":
            set_text(document, new.appendChild(document.createElement("attribute")), "inherent", "false")

    def add_permission(self, number):
        document = parse(self.sections["Security/UserPermission"])
        root = document.documentElement
        new = parse(
            f'<UserPermission version="1.0" xmlns="{root.getAttribute("xmlns")}"><id>{number}</id>'
            f"<userID>{number}</userID><userType>viewer</userType><remotePermission><preview>true</preview>"
            "</remotePermission></UserPermission>"
        )
        root.appendChild(document.importNode(new.documentElement, True))
        self.sections["Security/UserPermission"] = self.serialised(document)

    def delete(self, request, section, item):
        document = parse(self.sections[section])
        found = self.item_of(document, item)
        if found is None:
            return status(4, request.path, "notSupport", 404)
        if section == "Security/users" and item == "1":
            return status(4, request.path)
        found.parentNode.removeChild(found)
        self.sections[section] = self.serialised(document)
        if section == "Security/users" and "Security/UserPermission" in self.sections:
            rights = parse(self.sections["Security/UserPermission"])
            right = self.item_of(rights, item)
            if right is not None:
                right.parentNode.removeChild(right)
                self.sections["Security/UserPermission"] = self.serialised(rights)
        return status(1, request.path)

    # The whole configuration as one sealed file, sealed anew each time --------------------------------------

    def configuration(self, request):
        if self.options.no_export:
            return status(4, request.path, "notSupport", 403)
        if self.options.secret_key and not request.value("secretkey"):
            return status(4, request.path)
        if request.method == "GET":
            seed = os.urandom(16)
            state = json.dumps({"sections": self.sections, "passwords": self.passwords}).encode()
            head = len(state).to_bytes(8, "big")
            filler = bytes(max(0, CONFIGURATION_BYTES - len(state)))
            sealed = b"HKCF" + seed + crypt(seed, head + state + filler)
            return Answer(200, "application/octet-stream", sealed)
        if request.method != "PUT":
            return status(4, request.path, "methodNotAllowed", 405)
        body = request.body
        if not body.startswith(b"HKCF"):
            return status(6, request.path)
        plain = crypt(body[4:20], body[20:])
        size = int.from_bytes(plain[:8], "big")
        try:
            state = json.loads(plain[8 : 8 + size])
        except ValueError:
            return status(6, request.path)
        now = parse(self.sections["System/deviceInfo"]).documentElement
        then = parse(state["sections"]["System/deviceInfo"]).documentElement
        if any(text_of(now, name) != text_of(then, name) for name in ("model", "firmwareVersion")):
            return status(6, request.path)
        serial = text_of(now, "serialNumber")
        self.sections, self.passwords = state["sections"], state["passwords"]
        document = parse(self.sections["System/deviceInfo"])
        set_text(document, document.documentElement, "serialNumber", serial)
        self.sections["System/deviceInfo"] = self.serialised(document)
        return status(1, request.path, restart=True)

    # Alarms ------------------------------------------------------------------------------------------------

    def stream(self, handler, request):
        """GET /ISAPI/Event/notification/alertStream: motion on channel 1, then heartbeats."""
        if request.path != "/ISAPI/Event/notification/alertStream" or request.method != "GET":
            return False
        self.requests.append([request.method, request.path, 200])
        handler.send_response(200)
        handler.send_header("Content-Type", "multipart/mixed; boundary=boundary")
        handler.end_headers()
        handler.wfile.flush()
        for event, state, count in self.options.alarms:
            time.sleep(0.2)  # each part in a packet of its own, as recorders send them
            handler.wfile.write(alarm(event, state, count).encode())
            handler.wfile.flush()
        time.sleep(0.2)
        return True

    def control(self, what, value):
        if what == "put":
            path = value["path"][len("/ISAPI/") :]
            if value["text"] is None:
                self.sections.pop(path, None)
            else:
                self.sections[path] = value["text"]
            return {}
        if what == "get":
            return {"text": self.sections.get(value["path"][len("/ISAPI/") :])}
        if what in ("change", "remove"):
            path = value["path"][len("/ISAPI/") :]
            document = parse(self.sections[path])
            node = self.item_of(document, value["id"]) if value.get("id") else document.documentElement
            if what == "remove":
                node.parentNode.removeChild(node)
            else:
                *above, last = value["element"].split("/")
                for name in above:
                    node = child(node, name)
                set_text(document, node, last, value["text"])
            self.sections[path] = self.serialised(document)
            return {}
        if what == "passwords":
            return self.passwords
        return None



def alarm(event, state, count):
    return (
        '<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">\n'
        "<ipAddress>192.0.2.10</ipAddress>\n<portNo>80</portNo>\n<protocol>HTTP</protocol>\n"
        "<channelID>1</channelID>\n<dateTime>2026-11-20T10:00:00+01:00</dateTime>\n"
        f"<activePostCount>{count}</activePostCount>\n<eventType>{event}</eventType>\n"
        f"<eventState>{state}</eventState>\n<eventDescription>{event} alarm</eventDescription>\n"
        "</EventNotificationAlert>\n"
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", choices=["nvr", "camera"], default="nvr")
    parser.add_argument("--model", default="")
    parser.add_argument("--no-export", action="store_true", help="has no configuration file")
    parser.add_argument("--secret-key", action="store_true", help="exports with a secret key alone")
    alarms = [("VMD", "active", 1), ("linedetection", "active", 1), ("videoloss", "inactive", 0)]
    parser.set_defaults(alarms=alarms)
    digest_device.run(Hikvision, parser)


if __name__ == "__main__":
    main()
