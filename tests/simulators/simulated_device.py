#!/usr/bin/python3
"""What the simulated equipments of tests share: HTTPS, digest, lock-out, faults on demand, counts.

A simulator is a subclass of Device and a call of main(). Options:

--port N            0 (default): a free one; with --count, the first of them
--cert F --key F    TLS; without, plain HTTP
--user U            the account (default: coffre); its password is the first line of
                    --password-file (without: coffre-Pass-1)
--serial S --firmware F
--latency-ms N      before each answer
--count N           that many equipments, each with a state of its own
--until-eof         ends when its standard input ends

Each equipment's URL is printed on a line, then it serves until it is terminated. The control path takes no
login:

GET  /__sim/state          {"counts": {"GET /path": n}, "logins": n, "failed_logins": n, …}
POST /__sim/set            {…}: what the simulator knows to set
POST /__sim/fault          {"path": "/x", "kind": KIND, "count": 1}: for the next requests of that path
                           KIND: a status ("503"), "cut" (carried out, then the connection ends),
                           "cut-before", "truncated" (half the body), "redirect", "error-200" (the
                           simulator's error text)
POST /__sim/reboot         {"seconds": 1}: connections end for that long, and it starts anew
POST /__sim/stale          nonces that were given become stale
"""

import argparse
import hashlib
import http.server
import json
import pathlib
import re
import secrets
import signal
import socket
import ssl
import sys
import threading
import time
import urllib.parse

FAILURES_MAX = 5  # then it locks
TARGET_MAX = 2048  # characters of a request's target: more is 414


def md5(text):
    return hashlib.md5(text.encode("utf-8"), usedforsecurity=False).hexdigest()


class Answer(Exception):
    """An answer that ends the handling of a request."""

    def __init__(self, status, body=b"", kind="text/plain", headers=()):
        super().__init__(status)
        self.status = status
        self.body = body.encode("utf-8") if isinstance(body, str) else body
        self.kind = kind
        self.headers = list(headers)


class Request:
    def __init__(self, handler, body):
        self.method = handler.command
        self.target = handler.path
        parts = urllib.parse.urlsplit(handler.path)
        self.path = urllib.parse.unquote(parts.path)
        self.query = urllib.parse.parse_qs(parts.query, keep_blank_values=True)
        self.headers = handler.headers
        self.body = body
        self.host = handler.headers.get("Host", "")

    def form(self):
        """The body's fields over the target's."""
        fields = dict(self.query)
        if "form" in self.headers.get("Content-Type", ""):
            text = self.body.decode("utf-8", "replace")
            fields.update(urllib.parse.parse_qs(text, keep_blank_values=True))
        return {name: values[0] for name, values in fields.items()}


class Device:
    """One equipment. Subclasses give handle(request), which returns or raises an Answer."""

    realm = "device"
    error_text = "Error"
    # Paths that ask for no login.
    open_paths = ()

    def __init__(self, options, number):
        self.options = options
        self.number = number
        self.lock = threading.RLock()
        self.counts = {}
        self.faults = []
        self.logins = 0
        self.failed_logins = 0
        self.failures_in_a_row = 0
        self.locked = False
        self.down_until = 0.0
        self.nonce = secrets.token_hex(16)
        self.stale = set()
        self.boot = 0
        self.requests = []

    # What simulators give.

    def handle(self, request):
        raise NotImplementedError

    def state(self):
        return {}

    def set(self, values):
        raise Answer(400, f"cannot set {sorted(values)}")

    def start_anew(self):
        """After a reboot."""

    def check_login(self, request):
        """Raises the answer of a login that is not good."""
        self.check_digest(request)

    # What they use.

    def password_of(self, user):
        return self.options.password if user == self.options.user else None

    def challenge(self, stale=False):
        value = f'Digest realm="{self.realm}", nonce="{self.nonce}", algorithm=MD5, qop="auth"'
        if stale:
            value += ", stale=true"
        return Answer(401, "", headers=[("WWW-Authenticate", value)])

    def count_failure(self):
        self.failed_logins += 1
        self.failures_in_a_row += 1
        if self.failures_in_a_row >= FAILURES_MAX:
            self.locked = True

    def count_success(self):
        self.failures_in_a_row = 0

    def check_digest(self, request):
        header = request.headers.get("Authorization", "")
        if not header.startswith("Digest "):
            if header:
                self.logins += 1
                self.count_failure()
            raise self.challenge()
        fields = dict(re.findall(r'(\w+)="?((?<=")[^"]*|[^",\s]*)"?', header[7:]))
        if fields.get("nonce") in self.stale:
            raise self.challenge(stale=True)
        self.logins += 1
        password = self.password_of(fields.get("username", ""))
        ha1 = md5(f"{fields.get('username')}:{self.realm}:{password}")
        ha2 = md5(f"{request.method}:{fields.get('uri')}")
        expected = md5(":".join([ha1, self.nonce, fields.get("nc", ""), fields.get("cnonce", ""),
                                 fields.get("qop", ""), ha2]))
        good = (
            not self.locked
            and password is not None
            and fields.get("nonce") == self.nonce
            and fields.get("uri") == request.target
            and secrets.compare_digest(fields.get("response", ""), expected)
        )
        if not good:
            self.count_failure()
            raise self.challenge()
        self.count_success()

    def fault_of(self, path):
        for fault in self.faults:
            if fault["count"] > 0 and re.fullmatch(fault["path"], path):
                fault["count"] -= 1
                return fault["kind"]
        return ""

    def control(self, request):
        values = json.loads(request.body or b"{}")
        if request.path == "/__sim/state":
            state = {
                "counts": self.counts,
                "logins": self.logins,
                "failed_logins": self.failed_logins,
                "locked": self.locked,
                "boot": self.boot,
                "requests": self.requests,
            }
            state.update(self.state())
            return Answer(200, json.dumps(state), "application/json")
        if request.path == "/__sim/set":
            self.set(values)
        elif request.path == "/__sim/fault":
            self.faults.append({"path": values["path"], "kind": str(values["kind"]),
                                "count": int(values.get("count", 1))})
        elif request.path == "/__sim/reboot":
            self.reboot(float(values.get("seconds", 1)))
        elif request.path == "/__sim/stale":
            self.stale.add(self.nonce)
            self.nonce = secrets.token_hex(16)
        else:
            return Answer(404)
        return Answer(200, "{}", "application/json")

    def reboot(self, seconds):
        self.down_until = time.monotonic() + seconds
        self.boot += 1
        self.stale.add(self.nonce)
        self.nonce = secrets.token_hex(16)
        self.start_anew()


class Cut(Exception):
    """The connection ends without an answer."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "simulated"
    sys_version = ""
    timeout = 60

    def log_message(self, *_):
        pass

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def serve(self):
        device = self.server.device
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        request = Request(self, body)
        try:
            self.reply(self.answer_of(device, request))
        except Cut:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

    def answer_of(self, device, request):
        if request.path.startswith("/__sim/"):
            with device.lock:
                try:
                    return device.control(request)
                except Answer as answer:
                    return answer
        if device.options.latency_ms:
            time.sleep(device.options.latency_ms / 1000)
        with device.lock:
            if time.monotonic() < device.down_until:
                raise Cut()
            if len(request.target) > TARGET_MAX:
                return Answer(414)
            try:
                if request.path not in device.open_paths:
                    device.check_login(request)
                key = f"{request.method} {request.path}"
                device.counts[key] = device.counts.get(key, 0) + 1
                fault = device.fault_of(request.path)
                if fault == "cut-before":
                    raise Cut()
                if fault.isdigit():
                    return Answer(int(fault))
                if fault == "redirect":
                    return Answer(302, headers=[("Location", "https://192.0.2.66/")])
                if fault == "error-200":
                    return Answer(200, device.error_text)
                answer = device.handle(request)
            except Answer as raised:
                answer = raised
                fault = ""
            if fault == "cut" or time.monotonic() < device.down_until:
                raise Cut()
            if fault == "truncated":
                answer.headers.append(("X-Whole", str(len(answer.body))))
            return answer

    def reply(self, answer):
        self.send_response(answer.status)
        whole = len(answer.body)
        truncated = any(name == "X-Whole" for name, _ in answer.headers)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(whole))
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body[: whole // 2] if truncated else answer.body)
        if truncated:
            self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port, device, tls):
        super().__init__(("127.0.0.1", port), Handler)
        self.device = device
        self.tls = tls

    def finish_request(self, request, client_address):
        if self.tls is not None:
            request.settimeout(10)
            request = self.tls.wrap_socket(request, server_side=True)
        # The wrapped one is another socket than the one that the caller closes.
        with request:
            super().finish_request(request, client_address)

    def handle_error(self, *_):
        pass  # clients go away as they like


def options_of(description, more=None):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--user", default="coffre")
    parser.add_argument("--password-file")
    parser.add_argument("--serial", default="")
    parser.add_argument("--firmware", default="")
    parser.add_argument("--latency-ms", type=int, default=0)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--until-eof", action="store_true")
    if more is not None:
        more(parser)
    options = parser.parse_args()
    options.password = "coffre-Pass-1"
    if options.password_file:
        options.password = pathlib.Path(options.password_file).read_text(encoding="utf-8").split("\n")[0]
    return options


def main(make, description, more=None):
    options = options_of(description.split("\n")[0], more)
    tls = None
    if options.cert:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(options.cert, options.key)
    servers = []
    for number in range(options.count):
        device = make(options, number)
        server = Server(options.port + number if options.port else 0, device, tls)
        device.port = server.server_address[1]
        device.url = f"{'https' if tls else 'http'}://127.0.0.1:{device.port}"
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    for server in servers:
        print(server.device.url, flush=True)
    if options.until_eof:
        sys.stdin.read()
    else:
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
    for server in servers:
        server.shutdown()
