#!/usr/bin/python3
"""An equipment that means harm, to see that nobody comes to any.

hostile.py MODE --port 0 [--cert FILE --key FILE] [--behind URL] [--at REGEX] [--good N] [--text TEXT]

Its URL is the first line that it prints. It is hostile for paths (with their query) that match REGEX (all, by
default) from the N-th request on (the first, by default); anything else is passed on to the equipment at URL
(a simulator of a real make), or answered by 404. Modes:

    endless       a body that does not end
    slow          one byte a second
    zeros         ten gigabytes of zeros, compressed
    entities      XML that expands to gigabytes
    nested        JSON nested 100,000 deep
    headers       headers that do not end
    redirect      to TEXT (a URL)
    refuse        401 for ever, a new nonce each time
    stale         401 for ever, each saying that the nonce before was stale
    swap          from then on another certificate: --other-cert FILE --other-key FILE
    silent        takes the request and says nothing
    break         takes the request and goes away
    html          200 with a page for people
    traversal     what the equipment behind says, with TEXT replaced by ../../../../etc/cron.d/x
    escapes       likewise by sequences that drive a terminal

A line on standard input: "count", answered by "requests N logins N".
"""

import argparse
import itertools
import json
import re
import socket
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request
import xml.sax.saxutils
import zlib

NAMES = {
    "traversal": "../../../../etc/cron.d/x",
    "escapes": "\x1b]0;owned\x07\x1b[2J\x1b[31mQUAI\r\n\u202egpj.exe\x9b2J",
}


class Hostile:
    def __init__(self, options):
        self.options = options
        self.requests = 0
        self.logins = 0
        self.lock = threading.Lock()

    def serve(self, connection):
        reader = connection.makefile("rb")
        while True:
            first = reader.readline(65536).decode("latin1").split(" ")
            if len(first) != 3:
                return
            headers = []
            while (line := reader.readline(65536).decode("latin1").rstrip("\r\n")) != "":
                name, _, value = line.partition(":")
                headers.append((name.strip(), value.strip()))
            told = {name.lower(): value for name, value in headers}
            if told.get("expect", "").lower() == "100-continue":
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = reader.read(int(told.get("content-length", 0)))
            with self.lock:
                self.requests += 1
                self.logins += "authorization" in told
                number = self.requests
            hostile = number >= self.options.good and re.search(self.options.at, first[1])
            if hostile and self.options.mode not in NAMES and self.options.mode != "swap":
                getattr(self, self.options.mode)(connection)
                return
            text = self.options.text if hostile and self.options.mode in NAMES else None
            connection.sendall(self.behind(first[0], first[1], headers, body, text))
            if self.options.mode == "swap":
                return

    def behind(self, method, path, headers, body, replaced):
        status, passed, answer = 404, [], b""
        if self.options.behind:
            request = urllib.request.Request(self.options.behind + path, body or None, method=method)
            for name, value in headers:
                if name.lower() not in ("host", "connection", "content-length", "expect"):
                    request.add_header(name, value)
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
            try:
                with opener.open(request, timeout=20) as got:
                    status, passed, answer = got.status, got.headers.items(), got.read()
            except urllib.error.HTTPError as got:
                status, passed, answer = got.code, got.headers.items(), got.read()
        if replaced:
            name = NAMES[self.options.mode]
            if answer.lstrip()[:1] in (b"{", b"["):
                name = json.dumps(name)[1:-1]
            elif answer.lstrip()[:1] == b"<":
                name = xml.sax.saxutils.escape(name)
            answer = answer.replace(replaced.encode(), name.encode())
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(answer)}\r\n"
        for name, value in passed:
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                head += f"{name}: {value}\r\n"
        if self.options.mode == "swap":
            head += "Connection: close\r\n"
        return head.encode("latin1") + b"\r\n" + answer

    @staticmethod
    def page(connection, content_type, body, status="200 OK", more=""):
        head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{more}"
        connection.sendall((head + "\r\n" + body).encode())

    def endless(self, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n\r\n<a>")
        while True:
            connection.sendall(b"<b>more</b>" * 5000)

    def slow(self, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            connection.sendall(b"<")
            time.sleep(1)

    def zeros(self, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
        packed = zlib.compressobj(9, wbits=31)
        block = bytes(1 << 20)
        for _ in range(10 * 1024):
            connection.sendall(packed.compress(block))
        connection.sendall(packed.flush())

    def entities(self, connection):
        text = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e0 "lol">'
        for i in range(1, 10):
            text += f'<!ENTITY e{i} "' + f"&e{i - 1};" * 10 + '">'
        self.page(connection, "application/xml", text + "]><a>&e9;</a>")

    def nested(self, connection):
        self.page(connection, "application/json", '{"a":[' * 50_000 + "]}" * 50_000)

    def headers(self, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for i in itertools.count():
            connection.sendall(f"X-Header-{i}: {'x' * 1000}\r\n".encode())

    def redirect(self, connection):
        self.page(connection, "text/html", "moved", "302 Found", f"Location: {self.options.text}\r\n")

    def refuse(self, connection, more=""):
        value = f'WWW-Authenticate: Digest realm="r", qop="auth", nonce="{time.time_ns()}"{more}\r\n'
        self.page(connection, "text/html", "no", "401 Unauthorized", value + "Connection: close\r\n")

    def stale(self, connection):
        self.refuse(connection, ", stale=true")

    @staticmethod
    def silent(connection):
        while connection.recv(65536):
            pass

    def html(self, connection):
        self.page(connection, "text/html", "<html><script>location='/login'</script><br></html>")


def accept(listener, hostile, contexts):
    def run(connection):
        try:
            connection.settimeout(120)
            if contexts:
                swapped = hostile.options.mode == "swap" and hostile.requests >= hostile.options.good
                connection = contexts[swapped].wrap_socket(connection, server_side=True)
            hostile.serve(connection)
        except (OSError, ValueError):
            pass
        finally:
            connection.close()

    while True:
        threading.Thread(target=run, args=[listener.accept()[0]], daemon=True).start()


def main():
    # A mode may be any method that takes a connection alone.
    setattr(Hostile, "break", lambda self, connection: None)
    modes = ["endless", "slow", "zeros", "entities", "nested", "headers", "redirect", "refuse", "stale",
             "swap", "silent", "break", "html", *NAMES]  # fmt: skip
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("mode", choices=modes)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--other-cert")
    parser.add_argument("--other-key")
    parser.add_argument("--behind", default="")
    parser.add_argument("--at", default="")
    parser.add_argument("--good", type=int, default=1)
    parser.add_argument("--text", default="")
    options = parser.parse_args()
    contexts = {}
    for swapped, cert, key in (
        (False, options.cert, options.key),
        (True, options.other_cert, options.other_key),
    ):
        if cert:
            contexts[swapped] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            contexts[swapped].load_cert_chain(cert, key)
    hostile = Hostile(options)
    listener = socket.create_server(("127.0.0.1", options.port))
    threading.Thread(target=accept, args=[listener, hostile, contexts], daemon=True).start()
    print(f"{'https' if contexts else 'http'}://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    for line in sys.stdin:
        known = line.strip() == "count"
        print(f"requests {hostile.requests} logins {hostile.logins}" if known else "no", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
