#!/usr/bin/python3
"""What simulated recorders and cameras have in common: HTTP with digest login, lock-out, restarts, faults.

A simulator gives a Device with `answer(request)`; this serves it, on as many ports as are asked for. Below
/__sim/, which asks for no login, a test looks and meddles:

  GET  /__sim/requests   what was asked so far: a list of [method, path, status]
  POST /__sim/fault      {"path": "/x", "method": "PUT", "status": 200, "body": "…", "times": 1}: in place of
                         an answer; "cut": true does what was asked and drops the connection instead
  POST /__sim/…          what the simulator itself knows
"""

import argparse
import base64
import hashlib
import http.server
import json
import os
import pathlib
import re
import socket
import ssl
import sys
import threading
import time
import urllib.parse

LOCK_AFTER = 5  # wrong passwords
BODY_MAX = 64 << 20
SAID = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


class Request:
    def __init__(self, method, target, body):
        self.method = method
        self.target = target
        self.path, _, query = target.partition("?")
        self.path = urllib.parse.unquote(self.path)
        self.query = urllib.parse.parse_qsl(query, keep_blank_values=True)
        self.body = body

    def value(self, name, otherwise=""):
        for key, value in self.query:
            if key == name:
                return value
        return otherwise


class Answer:
    def __init__(self, status, content_type, body, restart=False):
        self.status = status
        self.content_type = content_type
        self.body = body.encode() if isinstance(body, str) else body
        self.restart = restart  # after it was sent


class Device:
    """One simulated equipment: a simulator's own class is derived from it."""

    realm = "device"

    def __init__(self, options, number):
        self.options = options
        self.number = number
        self.lock = threading.RLock()
        self.requests = []
        self.faults = []
        self.failures = 0
        self.nonces = set()
        self.serving = None

    def answer(self, request):
        raise NotImplementedError

    def refusal(self):
        return Answer(401, "text/html", "<html>401</html>")

    def control(self, what, value):
        """POST /__sim/WHAT with its JSON; None where it is not known."""
        return None

    def save(self):
        pass

    # Login -------------------------------------------------------------------------------------------------

    def challenges(self):
        nonce = os.urandom(16).hex()
        self.nonces.add(nonce)
        found = [f'Digest realm="{self.realm}", qop="auth", nonce="{nonce}", opaque="", algorithm="MD5"']
        if self.options.basic:
            found.append(f'Basic realm="{self.realm}"')
        return found

    def admits(self, method, target, header):
        """True, or False where nothing or the wrong thing was said."""
        if not header:
            return False
        with self.lock:
            if self.failures >= LOCK_AFTER:
                return False
            good = self.is_right(method, target, header)
            self.failures = 0 if good else self.failures + 1
            return good

    def is_right(self, method, target, header):
        user, password = self.options.user, self.options.password
        kind, _, rest = header.partition(" ")
        if kind.lower() == "basic":
            return self.options.basic and rest.strip() == base64.b64encode(
                f"{user}:{password}".encode()
            ).decode()
        if kind.lower() != "digest":
            return False
        said = {name: quoted or plain for name, quoted, plain in SAID.findall(rest)}
        if said.get("nonce") not in self.nonces or said.get("username") != user:
            return False
        one = hashlib.md5(f"{user}:{self.realm}:{password}".encode()).hexdigest()
        two = hashlib.md5(f"{method}:{target}".encode()).hexdigest()
        parts = [one, said["nonce"], said.get("nc", ""), said.get("cnonce", ""), "auth", two]
        right = hashlib.md5(":".join(parts).encode()).hexdigest()
        return said.get("uri") == target and said.get("response") == right

    # Faults ------------------------------------------------------------------------------------------------

    def fault_for(self, request):
        with self.lock:
            for fault in self.faults:
                if fault["path"] != request.path or fault.get("method", request.method) != request.method:
                    continue
                fault["times"] = fault.get("times", 1) - 1
                if fault["times"] <= 0:
                    self.faults.remove(fault)
                return fault
        return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer in one piece: small ones would wait for each other
    device = None

    def log_message(self, *_):
        pass

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def serve(self):
        device = self.device
        if len(self.path) > device.options.url_limit:
            self.reply(Answer(414, "text/html", "<html>414</html>"))
            return
        length = int(self.headers.get("Content-Length") or 0)
        if length > BODY_MAX:
            self.reply(Answer(413, "text/html", "<html>413</html>"))
            self.close_connection = True
            return
        request = Request(self.command, self.path, self.rfile.read(length))
        if request.path.startswith("/__sim/"):
            self.reply(self.controlled(request))
            return
        if device.options.latency_ms:
            time.sleep(device.options.latency_ms / 1000)
        if device.number in device.options.dead:
            time.sleep(600)
        open_to_all = getattr(device, "open_paths", ())
        if request.path not in open_to_all and not device.admits(
            self.command, self.path, self.headers.get("Authorization")
        ):
            answer = device.refusal()
            device.requests.append([request.method, self.path, 401])
            self.reply(answer, device.challenges())
            return
        stream = getattr(device, "stream", None)
        if stream is not None and stream(self, request):
            self.close_connection = True
            return
        fault = device.fault_for(request)
        if fault is not None and not fault.get("cut"):
            answer = Answer(fault.get("status", 200), fault.get("type", "application/xml"), fault["body"])
        else:
            with device.lock:
                answer = device.answer(request)
                if request.method != "GET" or answer.restart:
                    device.save()
        device.requests.append([request.method, self.path, answer.status])
        if fault is not None and fault.get("cut"):
            self.close_connection = True
            self.connection.close()
        else:
            self.reply(answer)
        if answer.restart:
            self.close_connection = True
            device.serving.restart()

    def controlled(self, request):
        device = self.device
        what = request.path[len("/__sim/") :]
        if request.method == "GET" and what == "requests":
            return Answer(200, "application/json", json.dumps(device.requests))
        value = json.loads(request.body or b"null")
        with device.lock:
            if what == "fault":
                device.faults.append(value)
                return Answer(200, "application/json", "{}")
            if what == "forget":
                device.requests.clear()
                return Answer(200, "application/json", "{}")
            told = device.control(what, value)
        if told is None:
            return Answer(404, "application/json", "{}")
        return Answer(200, "application/json", json.dumps(told))

    def reply(self, answer, challenges=()):
        self.send_response(answer.status)
        for challenge in challenges:
            self.send_header("WWW-Authenticate", challenge)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.open_connections = set()

    def process_request(self, request, client_address):
        self.open_connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self.open_connections.discard(request)
        super().shutdown_request(request)

    def drop_connections(self):
        for connection in list(self.open_connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it ended by itself

    def handle_error(self, request, client_address):
        pass  # a client that went away


class Serving:
    """One device on one port, which can go away and come back."""

    def __init__(self, device, port, context):
        self.device = device
        self.context = context
        self.handler = type("DeviceHandler", (Handler,), {"device": device})
        device.serving = self
        self.server = self.open(port)
        self.port = self.server.server_address[1]

    def open(self, port):
        server = Server(("127.0.0.1", port), self.handler)
        if self.context is not None:
            # Hands are shaken in the connection's own thread.
            server.socket = self.context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        return server

    def restart(self):
        """Goes away once its last answer is on its way; connections that are open end."""
        threading.Thread(target=self.away, daemon=True).start()

    def away(self):
        old = self.server
        old.shutdown()
        old.server_close()
        old.drop_connections()
        time.sleep(self.device.options.reboot_seconds)
        for _ in range(100):
            try:
                self.server = self.open(self.port)
                return
            except OSError:
                time.sleep(0.05)

    def url(self):
        return f"{'https' if self.context else 'http'}://127.0.0.1:{self.port}"


def options_of(parser):
    parser.add_argument("--port", type=int, default=0, help="0: any; the first of --count")
    parser.add_argument("--count", type=int, default=1, help="so many devices, each on its own port")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--user", default="admin")
    parser.add_argument("--password-file")
    parser.add_argument("--basic", action="store_true", help="digest/basic in place of digest")
    parser.add_argument("--serial", default="", help="with --count its end is the device's number")
    parser.add_argument("--firmware", default="")
    parser.add_argument("--latency-ms", type=int, default=0)
    parser.add_argument("--reboot-seconds", type=float, default=1.0)
    parser.add_argument("--clock-skew", type=int, default=0, help="seconds")
    parser.add_argument("--url-limit", type=int, default=2048)
    parser.add_argument("--state", help="a file that keeps what was changed (one device)")
    parser.add_argument("--dead", type=int, action="append", default=[], help="that device never answers")
    parser.add_argument("--until-eof", action="store_true", help="ends when its input ends")


def run(make, parser=None):
    parser = parser or argparse.ArgumentParser()
    options_of(parser)
    options = parser.parse_args()
    options.password = "sim-Passw0rd"
    if options.password_file:
        options.password = pathlib.Path(options.password_file).read_text(encoding="utf-8").strip("\r\n")
    context = None
    if options.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key)
    socket.setdefaulttimeout(None)
    for number in range(options.count):
        port = options.port + number if options.port else 0
        print(Serving(make(options, number), port, context).url(), flush=True)
    try:
        if options.until_eof:
            sys.stdin.buffer.read()
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
