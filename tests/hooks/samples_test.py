#!/usr/bin/python3
"""The ready samples of hooks/samples, each against a server of its kind on loopback."""

import email
import email.utils
import http.server
import json
import os
import pathlib
import socketserver
import subprocess
import tempfile
import threading
import unittest

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "hooks/samples"
EVENT = {"event": "anomaly-escalated", "id": "ANO-1a2b3c4d-12", "time": "2026-11-26T03:00:00Z",
         "client": "0f1e2d3c4b5a6978", "site": "8796a5b4c3d2e1f0", "kind": "backup_missing",
         "severity": "critical", "equipment": "00112233445566aa", "hours": 12, "commits": []}


class Web(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.command, self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class Mail(socketserver.StreamRequestHandler):
    """As much of SMTP as a client needs that has nothing to prove."""

    def handle(self):
        self.say("220 loopback")
        while word := self.rfile.readline().decode().strip():
            self.server.lines.append(word)
            if word.upper().startswith("EHLO"):
                self.say("250 loopback")
            elif word.upper() == "DATA":
                self.say("354 go on")
                rows = []
                while (row := self.rfile.readline()) != b".\r\n":
                    rows.append(row)
                self.server.messages.append(b"".join(rows))
                self.say("250 taken")
            elif word.upper() == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")


class SampleCase(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(dir="/dev/shm")
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)

    def serve(self, kind, handler):
        server = kind(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server

    def web(self, status=200):
        server = self.serve(http.server.ThreadingHTTPServer, Web)
        server.requests, server.status = [], status
        return server, f"http://127.0.0.1:{server.server_port}"

    def run_sample(self, name, *arguments, event=None):
        """As coffre runs it: nothing of the caller's environment, the event on standard input."""
        given = {**EVENT, **(event or {})}
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(self.scratch),
                       "COFFRE_EVENT": given["event"], "COFFRE_EVENT_ID": given["id"]}
        return subprocess.run([SAMPLES / name, *map(str, arguments)], input=json.dumps(given) + "\n",
                              text=True, capture_output=True, env=environment, cwd="/", timeout=60,
                              check=False)

    def assert_done(self, result):
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))


class Webhook(SampleCase):
    def test_it_posts_the_event_and_its_id(self):
        server, url = self.web()
        self.assert_done(self.run_sample("webhook.sh", url + "/coffre"))
        (method, path, headers, body), = server.requests
        self.assertEqual((method, path), ("POST", "/coffre"))
        self.assertEqual(json.loads(body), EVENT)
        self.assertEqual(headers["Idempotency-Key"], EVENT["id"])
        self.assertEqual(headers["Content-Type"], "application/json")

    def test_a_secret_is_a_header_out_of_a_file(self):
        server, url = self.web()
        headers = self.scratch / "headers"
        headers.write_text("Authorization: Bearer word\n", encoding="ascii")
        self.assert_done(self.run_sample("webhook.sh", url, headers))
        self.assertEqual(server.requests[0][2]["Authorization"], "Bearer word")

    def test_a_refusal_of_the_server_is_a_failure(self):
        _, url = self.web(status=403)
        self.assertNotEqual(self.run_sample("webhook.sh", url).returncode, 0)

    def test_nothing_goes_out_in_clear(self):
        for url in ("http://example.invalid/", "http://127.0.0.1.example.invalid/", "ftp://127.0.0.1/"):
            self.assertEqual(self.run_sample("webhook.sh", url).returncode, 2)


class Ping(SampleCase):
    def test_start_success_and_failure_are_asked_for_and_nothing_is_sent(self):
        server, url = self.web()
        for event in ("run-started", "run-done", "run-failed", "after-capture"):
            self.assert_done(self.run_sample("ping.sh", url + "/ping/1/", event={"event": event}))
        self.assertEqual([(method, path, body) for method, path, _, body in server.requests],
                         [("GET", f"/ping/1{end}", b"") for end in ("/start", "", "/fail")])

    def test_a_refusal_is_a_failure(self):
        _, url = self.web(status=404)
        self.assertNotEqual(self.run_sample("ping.sh", url, event={"event": "run-done"}).returncode, 0)


class MailSample(SampleCase):
    def send(self, event=None):
        server = self.serve(socketserver.ThreadingTCPServer, Mail)
        server.lines, server.messages = [], []
        result = self.run_sample("mail.py", "--server", f"127.0.0.1:{server.server_address[1]}", "--from",
                                 "coffre@example.net", "--to", "a@example.net", "--to", "b@example.net",
                                 event=event)
        self.assert_done(result)
        return server, email.message_from_bytes(server.messages[0])

    def test_one_message_to_all_under_the_id_of_the_event(self):
        server, message = self.send()
        self.assertEqual([line for line in server.lines if line.lower().startswith("rcpt")],
                         ["rcpt TO:<a@example.net>", "rcpt TO:<b@example.net>"])
        self.assertEqual(message["Message-ID"], "<ANO-1a2b3c4d-12@coffre.invalid>")
        self.assertTrue(message["Subject"].startswith("[coffre] anomaly-escalated: critical backup_missing"))
        self.assertIn("hours: 12", message.get_payload())
        self.assertEqual(email.utils.parsedate_to_datetime(message["Date"]).timestamp(), 1795662000)

    def test_an_event_cannot_add_a_header(self):
        _, message = self.send({"equipment": "NVR\r\nBcc: x@example.net"})
        self.assertIsNone(message["Bcc"])

    def test_a_user_without_a_password_is_a_wrong_use(self):
        result = self.run_sample("mail.py", "--server", "127.0.0.1:1", "--from", "a@example.net", "--to",
                                 "b@example.net", "--user", "a")
        self.assertEqual(result.returncode, 2)
        self.assertIn("--password-file", result.stderr)

    def test_a_server_that_is_not_there_is_a_failure(self):
        result = self.run_sample("mail.py", "--server", "127.0.0.1:1", "--from", "a@example.net", "--to",
                                 "b@example.net")
        self.assertNotEqual(result.returncode, 0)


class Textfile(SampleCase):
    def test_events_are_counted_by_site(self):
        path = self.scratch / "coffre.prom"
        for event in ({"event": "run-done"}, {"event": "run-done"}, {"event": "run-done", "site": "b"}):
            self.assert_done(self.run_sample("textfile.py", path, event=event))
        rows = path.read_text(encoding="ascii").splitlines()
        self.assertIn('coffre_events_total{event="run-done",site="8796a5b4c3d2e1f0"} 2', rows)
        self.assertIn('coffre_events_total{event="run-done",site="b"} 1', rows)
        self.assertIn('coffre_event_last_timestamp_seconds{event="run-done",site="b"} 1795662000', rows)
        self.assertEqual(sum(row.startswith("# TYPE") for row in rows), 2)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o644)

    def test_several_at_once_lose_none(self):
        path = self.scratch / "coffre.prom"
        threads = [threading.Thread(target=self.run_sample, args=("textfile.py", path)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertIn("} 8\n", path.read_text(encoding="ascii"))


if __name__ == "__main__":
    unittest.main()
