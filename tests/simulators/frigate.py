#!/usr/bin/python3
"""Frigate's API on the port that asks for a login, as its sources have it.

Commands: rename-camera CAMERA NAME    record-days CAMERA N    mqtt-host HOST    role USER ROLE
    add-user USER ROLE    remove-user USER    comment TEXT    old    cut-save    forget-sessions
    limit-logins N    no-restart    lose-users    no-auth
`old`: the file is answered as it is, not as a JSON text. `cut-save`: the connection is cut instead of
the answer to the next file that is saved. `forget-sessions`: a restart makes a new secret for its
tokens. `limit-logins`: after N wrong ones each is answered by 429. `no-auth`: it lets everybody in.
"""

import json
import re
import time

import vms

CONFIG = """# Hall, first floor
mqtt:
  enabled: true
  host: 192.0.2.5
  user: frigate
  password: frigate-Mqtt-7
cameras:
  entree:
    friendly_name: ENTREE
    ffmpeg:
      inputs:
        - path: rtsp://lecture:frigate-Camera-9@192.0.2.21:554/101
          roles: [detect, record]
    detect:
      width: 1280
      height: 720
    record:
      enabled: true
      continuous:
        days: 3
  quai:
    friendly_name: QUAI
    ffmpeg:
      inputs:
        - path: rtsp://192.0.2.22/1
          roles: [detect, record]
    record:
      enabled: true
      continuous:
        days: 7
auth:
  enabled: true
version: 0.17-0
"""


class Frigate(vms.Program):
    def __init__(self, options):
        super().__init__(options)
        self.config = CONFIG
        self.users = {"admin": "admin", options.user: "admin", "garde": "viewer"}
        self.traps = set()
        self.login_limit = 0
        self.version = "0.17.0-f0d69f7"

    def command(self, words):
        name, *rest = words
        if name == "rename-camera":
            camera, new = rest
            pattern = rf"(\n  {camera}:\n    friendly_name: )[^\n]*"
            self.config, changed = re.subn(pattern, rf"\g<1>{new}", self.config)
            return changed == 1
        if name == "record-days":
            camera, days = rest
            pattern = rf"(\n  {camera}:\n(?:    .*\n)*?        days: )\d+"
            self.config, changed = re.subn(pattern, rf"\g<1>{days}", self.config)
            return changed == 1
        if name == "mqtt-host":
            self.config, changed = re.subn(r"(\n  host: )[^\n]*", rf"\g<1>{rest[0]}", self.config)
            return changed == 1
        if name == "role":
            self.users[rest[0]] = rest[1] if rest[0] in self.users else None
        elif name == "add-user":
            self.users[rest[0]] = rest[1]
        elif name == "remove-user":
            del self.users[rest[0]]
        elif name == "comment":
            self.config = f"# {' '.join(rest)}\n" + self.config
        elif name == "limit-logins":
            self.login_limit = int(rest[0])
        elif name in ("old", "cut-save", "forget-sessions", "no-restart", "lose-users", "no-auth"):
            self.traps.add(name)
        else:
            return False
        return True

    def answer(self, request):
        if request.path == "/api/login" and request.method == "POST":
            return self.login(request)
        if request.path == "/api/version":
            return vms.Answer(200, self.version, "text/plain")
        if "no-auth" not in self.traps and request.bearer() not in self.tokens:
            return vms.Answer(401, "", "text/html", [("location", "/login")])
        return self.known(request)

    def login(self, request):
        if "no-auth" in self.traps:
            return vms.as_json({"detail": "Not Found"}, 404)
        if self.login_limit and self.failed_logins >= self.login_limit:
            return vms.as_json({"error": "Rate limit exceeded: 1 per 1 second"}, 429)
        said = request.json()
        if said != {"user": self.options.user, "password": self.options.password}:
            self.failed_logins += 1
            return vms.as_json({"message": "Login failed"}, 401)
        cookie = f"frigate_token={self.new_token()}; HttpOnly; Path=/; SameSite=lax"
        return vms.Answer(200, "", "text/plain", [("Set-Cookie", cookie)])

    def known(self, request):
        if request.method == "GET":
            if request.path == "/api/config/raw":
                if "old" in self.traps:
                    return vms.Answer(200, self.config, "text/html")
                return vms.Answer(200, json.dumps(self.config), "text/plain")
            if request.path == "/api/users":
                if "lose-users" in self.traps:
                    return vms.as_json({"detail": "Access denied."}, 403)
                return vms.as_json([{"username": u, "role": r} for u, r in sorted(self.users.items())])
            if request.path == "/api/stats":
                return vms.as_json({"service": {"uptime": int(time.monotonic() - self.started)}})
        if request.method == "POST" and request.path == "/api/config/save":
            return self.save(request)
        role = re.fullmatch(r"/api/users/([^/]+)/role", request.path)
        if request.method == "PUT" and role:
            if role[1] not in self.users or role[1] == "admin":
                return vms.as_json({"message": "Cannot modify admin user's role"}, 403)
            self.users[role[1]] = request.json()["role"]
            return vms.as_json({"success": True})
        return vms.as_json({"detail": "Not Found"}, 404)

    def save(self, request):
        text = request.body.decode()
        if "cameras" not in text or "ffmpeg" not in text or "refuse-me" in text:
            quoted = text.splitlines()[:8]
            message = "Config Error: line 3: " + " ".join(quoted)
            return vms.as_json({"success": False, "message": message}, 400)
        self.config = text
        cut = "cut-save" in self.traps
        self.traps.discard("cut-save")
        if request.query.get("save_option") == "restart" and "no-restart" not in self.traps:
            self.restart(0.3)
            if "forget-sessions" in self.traps:
                self.tokens.clear()
        if cut:
            return vms.Hangup()
        return vms.as_json({"success": True, "message": "Config successfully saved, restarting..."})


if __name__ == "__main__":
    vms.serve(Frigate(vms.parsed(vms.arguments(__doc__.split("\n")[0], "frigate-Pass-12"))))
