"""What the simulators of management programs have in common: HTTPS, commands, a login by tokens, latency.

A simulator makes a Program with a method `command(words)` and one `answer(request)`, and calls
serve(). Its URL is the first line that it prints; each line on standard input is a command,
answered by one line. The same commands go by HTTP: POST /__sim/command with the line as its body;
GET /__sim/requests counts what was asked.
"""

import argparse
import http.server
import json
import secrets
import ssl
import sys
import threading
import time
import urllib.parse

sys.dont_write_bytecode = True


class Request:
    def __init__(self, handler, body):
        parts = urllib.parse.urlsplit(handler.path)
        self.method = handler.command
        self.path = urllib.parse.unquote(parts.path)
        self.query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        self.headers = handler.headers
        self.body = body

    def json(self):
        return json.loads(self.body.decode())

    def bearer(self):
        value = self.headers.get("Authorization", "")
        return value.removeprefix("Bearer ") if value.startswith("Bearer ") else ""


class Answer:
    def __init__(self, status=200, body="", content_type="application/json", headers=()):
        self.status = status
        self.body = body if isinstance(body, bytes) else body.encode()
        self.content_type = content_type
        self.headers = headers


class Hangup:
    """No answer: the connection is cut. Whatever was asked may have been done."""


def as_json(value, status=200):
    return Answer(status, json.dumps(value, ensure_ascii=False))


class Program:
    """Holds its state under `lock`; is away (no connection is answered) until `back`."""

    def __init__(self, options):
        self.options = options
        self.lock = threading.RLock()
        self.tokens = set()
        self.failed_logins = 0
        self.back = 0.0
        self.started = time.monotonic() - 3600
        self.requests = {}

    def restart(self, seconds):
        self.back = time.monotonic() + seconds
        self.started = self.back

    def new_token(self):
        token = ".".join(secrets.token_urlsafe(n) for n in (12, 40, 24))
        self.tokens.add(token)
        return token

    def command(self, words):
        raise NotImplementedError

    def answer(self, request):
        raise NotImplementedError

    def tell(self, line):
        with self.lock:
            try:
                return "ok" if self.command(line.split()) else "no"
            except (KeyError, ValueError, IndexError):
                return "no"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # an answer is one write: its body does not wait for its head's acknowledgement
    program = None

    def log_message(self, *_):
        pass

    def handle_request(self):
        program = self.program
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self, body)
        if request.path == "/__sim/command":
            answer = Answer(200, program.tell(body.decode()))
        elif request.path == "/__sim/requests":
            with program.lock:
                answer = as_json(program.requests)
        elif time.monotonic() < program.back:
            answer = Hangup()
        else:
            time.sleep(program.options.latency_ms / 1000)
            with program.lock:
                counted = f"{request.method} {request.path}"
                program.requests[counted] = program.requests.get(counted, 0) + 1
                answer = program.answer(request)
        if isinstance(answer, Hangup):
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_request


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


def arguments(description, default_password):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--user", default="coffre")
    parser.add_argument("--password-file", help="default: " + default_password)
    parser.add_argument("--latency-ms", type=int, default=0)
    parser.set_defaults(password=default_password)
    return parser


def parsed(parser):
    options = parser.parse_args()
    if options.password_file:
        with open(options.password_file, encoding="utf-8") as file:
            options.password = file.read().rstrip("\n")
    return options


def serve(program):
    options = program.options
    Handler.program = program
    server = Server(("127.0.0.1", options.port), Handler)
    if options.cert:
        Server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        Server.context.load_cert_chain(options.cert, options.key)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    scheme = "https" if options.cert else "http"
    print(f"{scheme}://127.0.0.1:{server.server_address[1]}", flush=True)
    for line in sys.stdin:
        print(program.tell(line.rstrip("\n")), flush=True)
    threading.Event().wait()
