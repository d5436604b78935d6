#!/usr/bin/python3
"""An equipment of no make, to test what all drivers have in common (the suite itself, its HTTP, its limits).

sample.py --port 0 [--cert FILE --key FILE] [--user coffre --password sample-Pass-1]
          [--login digest|basic|none] [--algorithm MD5|SHA-256] [--nonce-uses N]

Its URL is the first line that it prints. Lines on standard input change it, each is answered by "ok" or "no":
    rename-camera ID NAME    hostname NAME    password NEW
"""

import argparse
import base64
import hashlib
import http.server
import json
import re
import secrets
import ssl
import sys
import threading
import xml.sax.saxutils

CAMERA_PASSWORD = "sample-Camera-7"


class Equipment:
    def __init__(self, options):
        self.options = options
        self.cameras = {"1": "QUAI-1", "2": "PORTAIL"}
        self.hostname = "NVR-HALL"
        self.nonces = {}  # and how often each was used
        self.lock = threading.Lock()

    def answers(self):
        cameras = "".join(
            f"<camera><id>{i}</id><name>{xml.sax.saxutils.escape(name)}</name>"
            f"<password>{CAMERA_PASSWORD}</password></camera>"
            for i, name in self.cameras.items()
        )
        return {
            "/device": json.dumps(
                {"model": "SAMPLE-16", "serial": "S0001", "firmware": "1.2.3", "name": self.hostname}
            ),
            "/cameras": f"<?xml version='1.0'?><cameras>{cameras}</cameras>",
            "/users": json.dumps([{"name": "coffre", "level": "admin"}, {"name": "garde", "level": "view"}]),
            "/network": json.dumps({"hostname": self.hostname}),
        }

    def command(self, line):
        words = line.split()
        if len(words) == 3 and words[0] == "rename-camera" and words[1] in self.cameras:
            self.cameras[words[1]] = words[2]
        elif len(words) == 2 and words[0] == "hostname":
            self.hostname = words[1]
        elif len(words) == 2 and words[0] == "password":
            self.options.password = words[1]
        else:
            return "no"
        return "ok"


def digest_fields(header):
    fields = re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]*))', header)
    return {name.lower(): quoted or plain for name, quoted, plain in fields}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    equipment = None

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def challenge(self, stale=False):
        options = self.equipment.options
        if options.login == "basic":
            return self.answer(401, b"no", [("WWW-Authenticate", 'Basic realm="sample"')])
        nonce = secrets.token_hex(16)
        with self.equipment.lock:
            self.equipment.nonces[nonce] = 0
        value = f'Digest realm="sample", qop="auth", algorithm={options.algorithm}, nonce="{nonce}"'
        return self.answer(401, b"no", [("WWW-Authenticate", value + (", stale=true" if stale else ""))])

    def let_in(self):
        """True where the login is right; else the refusal was sent."""
        options = self.equipment.options
        header = self.headers.get("Authorization", "")
        if options.login == "none":
            return True
        if options.login == "basic":
            right = base64.b64encode(f"{options.user}:{options.password}".encode()).decode()
            if header == "Basic " + right:
                return True
            self.challenge()
            return False
        fields = digest_fields(header)
        nonce = fields.get("nonce", "")
        with self.equipment.lock:
            uses = self.equipment.nonces.get(nonce)
            if uses is not None:
                self.equipment.nonces[nonce] = uses + 1
        if uses is None:
            self.challenge()
            return False

        def digest(text):
            return hashlib.new(options.algorithm.replace("-", "").lower(), text.encode()).hexdigest()

        first = digest(f"{options.user}:sample:{options.password}")
        second = digest(f"{self.command}:{self.path}")
        parts = [first, nonce, fields.get("nc", ""), fields.get("cnonce", ""), fields.get("qop", ""), second]
        if fields.get("uri") != self.path or fields.get("response") != digest(":".join(parts)):
            self.challenge()
            return False
        if int(fields["nc"], 16) != uses + 1 or (options.nonce_uses and uses >= options.nonce_uses):
            self.challenge(stale=True)
            return False
        return True

    def do_GET(self):
        if not self.let_in():
            return
        found = self.equipment.answers().get(self.path.split("?")[0])
        if found is None:
            self.answer(404)
        else:
            self.answer(200, found.encode())

    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if not self.let_in():
            return
        camera = self.path.removeprefix("/cameras/")
        if camera in self.equipment.cameras:
            self.equipment.cameras[camera] = json.loads(body)["name"]
        elif self.path == "/network":
            self.equipment.hostname = json.loads(body)["hostname"]
        else:
            self.answer(404)
            return
        self.answer(200, b"{}")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    context = None

    def finish_request(self, request, client_address):
        if self.context:
            request.settimeout(20)
            try:
                request = self.context.wrap_socket(request, server_side=True)
            except OSError:
                return  # it does not trust the certificate
        try:
            super().finish_request(request, client_address)
        except OSError:
            pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--user", default="coffre")
    parser.add_argument("--password", default="sample-Pass-1")
    parser.add_argument("--login", default="digest", choices=["digest", "basic", "none"])
    parser.add_argument("--algorithm", default="MD5", choices=["MD5", "SHA-256"])
    parser.add_argument("--nonce-uses", type=int, default=0, help="then it is stale; 0: never")
    options = parser.parse_args()
    equipment = Equipment(options)
    Handler.equipment = equipment
    server = Server(("127.0.0.1", options.port), Handler)
    if options.cert:
        Server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        Server.context.load_cert_chain(options.cert, options.key)
    scheme = "https" if options.cert else "http"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"{scheme}://127.0.0.1:{server.server_address[1]}", flush=True)
    for line in sys.stdin:
        print(equipment.command(line), flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
