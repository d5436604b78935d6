#!/usr/bin/python3
"""Writes the history of a fleet: a folder for each week, in it a folder for each equipment with its export.

Made up, but shaped like the real thing: recorders that export XML, JSON or INI in many small files, a video
management server with one large JSON document and a database dump, a camera with its parameter list, and a
recorder whose export is encrypted by its maker, so that all of its bytes are new each time. From week to week
few values change; time stamps always do. The same seed gives the same bytes.

history.py FOLDER [--weeks N] [--cameras N] [--seed N]
"""

import argparse
import base64
import datetime
import json
import os
import random
import xml.etree.ElementTree as xml

START = datetime.datetime(2025, 1, 6, 3, 0, tzinfo=datetime.timezone.utc)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
RIGHTS = ("live", "playback", "export", "ptz", "audio", "alarms", "configure", "users")
PLACES = ("Entrance", "Car park", "Loading bay", "Corridor", "Stairs", "Server room", "Cash desk", "Fence",
          "Workshop", "Archive", "Lift", "Roof")


def when(week):
    return START + datetime.timedelta(weeks=week)


class Device:
    """What a recorder or a server knows: cameras, users, schedules, network. `step` is one week."""

    def __init__(self, name, seed, cameras):
        self.name = name
        self.rng = random.Random(f"{seed}/{name}")
        self.serial = self.token(5).upper()
        self.firmware = [4, 30, 210]
        self.next_id = 1
        self.cameras = [self.camera() for _ in range(cameras)]
        self.users = [self.user(n) for n in range(max(3, cameras // 4))]
        self.network = {"address": "192.0.2.10", "mask": "255.255.255.0", "gateway": "192.0.2.1",
                        "mac": self.mac(), "dns": ["192.0.2.53", "198.51.100.53"], "ntp": "192.0.2.123",
                        "ports": {"http": 80, "https": 443, "rtsp": 554}, "mtu": 1500}
        self.certificate = self.token(900)
        self.week = 0

    def token(self, size):
        return base64.b16encode(self.rng.randbytes(size)).decode().lower()

    def mac(self):
        return ":".join(f"{byte:02x}" for byte in self.rng.randbytes(6))

    def schedule(self):
        begin, end = self.rng.choice(((0, 24), (6, 22), (8, 18), (18, 24)))
        return [{"day": day, "blocks": [{"begin": f"{begin:02}:00:00", "end": f"{end:02}:00:00",
                                         "mode": self.rng.choice(("continuous", "motion", "alarm"))}]}
                for day in DAYS]

    def camera(self):
        number, self.next_id = self.next_id, self.next_id + 1
        rng = self.rng
        stream = {"codec": "H.265", "width": 2560, "height": 1440, "fps": rng.choice((12, 15, 25)),
                  "bitrate": rng.choice((2048, 3072, 4096)), "gop": 50, "quality": 60, "smoothing": 50}
        return {"id": number, "guid": self.token(16), "name": f"{rng.choice(PLACES)} {number}",
                "address": f"198.51.100.{number % 250 + 1}", "mac": self.mac(), "serial": self.token(6),
                "firmware": "5.7.3", "user": "recorder", "secret": self.token(32),
                "main": dict(stream), "sub": dict(stream, width=640, height=360, bitrate=512),
                "image": {key: rng.randrange(40, 60) for key in (
                    "brightness", "contrast", "saturation", "sharpness", "hue", "gain", "noise", "wdr")},
                "motion": {"enabled": True, "sensitivity": rng.randrange(20, 80),
                           "grid": [f"{rng.getrandbits(22) << 2:06x}" for _ in range(18)]},
                "schedule": self.schedule(), "retention": rng.choice((15, 30)), "events": [
                    {"type": kind, "enabled": rng.random() < .5, "actions": ["record", "notify"],
                     "schedule": [f"{day} 00:00-24:00" for day in DAYS]}
                    for kind in ("loss", "tamper", "line", "region", "input")]}

    def user(self, number):
        return {"name": f"operator{number}" if number else "admin", "hash": self.token(32),
                "salt": self.token(8), "rights": {str(camera["id"]): sorted(self.rng.sample(RIGHTS, 4))
                                                  for camera in self.cameras}}

    def step(self):
        self.week += 1
        rng = self.rng
        chance = rng.random()
        camera = rng.choice(self.cameras)
        if chance < .10:
            if rng.random() < .6 or len(self.cameras) < 3:
                self.cameras.append(self.camera())
            else:
                self.cameras.remove(camera)
        elif chance < .25:
            rights = rng.choice(self.users)["rights"]
            rights[rng.choice(list(rights))] = sorted(rng.sample(RIGHTS, rng.randrange(2, 7)))
        elif chance < .40:
            camera["schedule"] = self.schedule()
        elif chance < .55:
            camera["main"]["bitrate"] += 256
            camera["motion"]["sensitivity"] = rng.randrange(20, 80)
        elif chance < .60:
            self.firmware[2] += rng.randrange(1, 9)
            for each in self.cameras:
                each["image"]["noise"] += 1

    def stamp(self):
        return (when(self.week) + datetime.timedelta(seconds=self.rng.randrange(600))).isoformat()

    def about(self):
        return {"name": self.name, "serial": self.serial, "firmware": ".".join(map(str, self.firmware)),
                "exported": self.stamp(), "uptime": self.rng.randrange(10**7)}


def to_xml(tag, value):
    """Any value as an XML document, as recorders print it."""
    def node(tag, value):
        element = xml.Element(tag)
        if isinstance(value, dict):
            element.extend(node(key if key[0].isalpha() else f"n{key}", item) for key, item in value.items())
        elif isinstance(value, list):
            element.extend(node("item", item) for item in value)
        else:
            element.text = str(value)
        return element
    root = node(tag, value)
    root.set("version", "2.0")
    xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"


def to_lines(value, prefix):
    """Any value as key=value lines with dotted keys."""
    if isinstance(value, (dict, list)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return "".join(to_lines(item, f"{prefix}.{key}") for key, item in items)
    return f"{prefix}={value}\n"


def to_json(value):
    return json.dumps(value, indent=2) + "\n"


def xml_recorder(device):
    yield "System/deviceInfo.xml", to_xml("DeviceInfo", device.about())
    yield "System/network.xml", to_xml("NetworkInterface", device.network)
    yield "System/certificate.xml", to_xml("Certificate", {"data": device.certificate})
    for user in device.users:
        yield f"Security/users/{user['name']}.xml", to_xml("User", user)
    for camera in device.cameras:
        number = camera["id"]
        for part, tag in (("main", "StreamingChannel"), ("sub", "StreamingChannel"),
                          ("image", "ImageChannel"), ("motion", "MotionDetection"),
                          ("events", "EventTrigger"), ("schedule", "Track")):
            yield f"{tag}/{number}-{part}.xml", to_xml(tag, {"id": number, part: camera[part]})
        plain = {key: value for key, value in camera.items() if isinstance(value, (int, str))}
        yield f"InputProxy/{number}.xml", to_xml("InputProxyChannel", plain)


def json_recorder(device):
    """The awkward one: each file carries the time of the export, so that no file is ever unchanged."""
    head = device.about()
    parts = {"network": device.network, "users": device.users, "certificate": device.certificate}
    parts |= {f"cameras/{camera['id']}": camera for camera in device.cameras}
    for path, part in parts.items():
        yield path + ".json", to_json({"exported": head["exported"], "device": device.serial, "data": part})
    yield "device.json", to_json(head)


def ini_recorder(device):
    yield "device.ini", "[device]\n" + to_lines(device.about(), "device")
    yield "network.ini", "[network]\n" + to_lines(device.network, "network")
    yield "users.ini", "".join(f"[{user['name']}]\n" + to_lines(user, "user") for user in device.users)
    for camera in device.cameras:
        yield f"channel{camera['id']:03}.ini", f"[channel{camera['id']}]\n" + to_lines(camera, "table")


def camera_list(device):
    """One camera: its parameter list of some thousand lines, and its certificate."""
    head = device.about()
    values = {"Properties": head, "Network": device.network, "Stream": device.cameras}
    yield "parameters.txt", to_lines(values, "root")
    yield "certificate.pem", device.certificate + "\n"


def server(device):
    """A management server: its configuration as one document, its database as an SQL dump."""
    rng = device.rng
    seen = {camera["id"]: device.stamp() if rng.random() < .1 else when(0).isoformat()
            for camera in device.cameras}
    yield "configuration.json", to_json({"server": device.about(), "users": device.users, "devices": [
        dict(camera, lastSeen=seen[camera["id"]]) for camera in device.cameras]})
    rows = [f"-- dump of {device.name}, {device.stamp()}"]
    for camera in device.cameras:
        rows.append(f"INSERT INTO devices VALUES ({camera['id']},'{camera['guid']}','{camera['name']}',"
                    f"'{camera['address']}','{camera['mac']}','{camera['secret']}');")
        rows += [f"INSERT INTO rules VALUES ('{camera['guid']}','{event['type']}',{int(event['enabled'])},"
                 f"'{day}');" for event in camera["events"] for day in event["schedule"]]
    for user in device.users:
        rows += [f"INSERT INTO rights VALUES ('{user['name']}',{camera},'{','.join(rights)}');"
                 for camera, rights in user["rights"].items()]
    # The audit log is a window over a sequence: each week a tenth leaves at the top and comes at the end.
    size = 20 * len(device.users) * 10
    for number in range(device.week * size // 10, device.week * size // 10 + size):
        past = random.Random(f"{device.serial}/{number}")
        rows.append(f"INSERT INTO audit VALUES ({number},'2025-{past.randrange(1, 13):02}-"
                    f"{past.randrange(1, 29):02}','operator{past.randrange(9)}','{past.choice(RIGHTS)}',"
                    f"'{past.choice(PLACES)}','{past.getrandbits(64):016x}');")
    yield "database.sql", "\n".join(rows) + "\n"


def opaque_recorder(device):
    """Encrypted by its maker: nothing to compress and nothing that any other week has."""
    yield "export.bin", device.rng.randbytes(12_000 * len(device.cameras))
    yield "export.txt", to_lines(device.about(), "export")


# Name, type, how many cameras for each of --cameras, how it exports.
FLEET = (("NVR-XML", "NVR", 1, xml_recorder), ("NVR-JSON", "NVR", 1, json_recorder),
         ("NVR-INI", "NVR", 1, ini_recorder), ("NVR-OPAQUE", "NVR", 1, opaque_recorder),
         ("VMS-MAIN", "VMS", 8, server), ("CAM-GATE", "CAM", .25, camera_list))
OPAQUE = os.path.join("NVR-OPAQUE", "export.bin")


def write(folder, weeks, cameras, seed):
    devices = [(Device(name, seed, max(1, int(cameras * factor))), export)
               for name, _, factor, export in FLEET]
    for week in range(weeks):
        for device, export in devices:
            if week:
                device.step()
            for path, content in export(device):
                path = os.path.join(folder, f"week-{week:03}", device.name, path)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as file:
                    file.write(content.encode() if isinstance(content, str) else content)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--weeks", type=int, default=8)
    parser.add_argument("--cameras", type=int, default=32, help="of a recorder; the server has 8 times that")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    write(options.folder, options.weeks, options.cameras, options.seed)


if __name__ == "__main__":
    main()
