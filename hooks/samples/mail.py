#!/usr/bin/python3
"""Sends an event of coffre by mail: mail.py --server HOST[:PORT] --from ADDRESS --to ADDRESS...

The connection is encrypted (STARTTLS, or --tls from the start) and the certificate is checked; in clear only
to this machine. A password is read from a file, never taken as an argument. The message's id is the event's,
so that one sent twice is shown once.

    [[hook]]
    name = "mail"
    command = ["/usr/share/coffre/hooks/mail.py", "--server", "smtp.example.net:587", "--user", "coffre",
               "--password-file", "/etc/coffre/smtp.password", "--from", "coffre@example.net",
               "--to", "exploitation@example.net"]
    events = ["anomaly-opened", "anomaly-escalated", "anomaly-resolved", "run-failed"]
"""

import argparse
import datetime
import email.message
import email.policy
import email.utils
import json
import pathlib
import smtplib
import ssl
import sys

HERE = ("localhost", "127.0.0.1", "::1")
SECONDS = 20


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--from", dest="sender", required=True)
    parser.add_argument("--to", action="append", required=True)
    parser.add_argument("--user")
    parser.add_argument("--password-file")
    parser.add_argument("--tls", action="store_true", help="encrypted from the start (port 465)")
    given = parser.parse_args()
    if given.user and not given.password_file:
        parser.error("--user needs --password-file")
    return given


def host_and_port(text, tls):
    host, colon, port = text.rpartition(":")
    if colon and port.isdigit() and not host.endswith(":"):
        return host.strip("[]"), int(port)
    return text.strip("[]"), 465 if tls else 587


def line(value):
    """One line of a header, whatever is in it."""
    return "".join(c if c.isprintable() else " " for c in str(value))[:200]


def message_of(event, sender, to):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    words = [event.get("severity"), event.get("kind"), event.get("equipment"), event.get("remote")]
    subject = " ".join(line(word) for word in words if word and isinstance(word, str))
    message["Subject"] = f"[coffre] {line(event['event'])}{': ' + subject if subject else ''}"
    at = datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00"))
    message["Date"] = email.utils.format_datetime(at)
    message["From"] = sender
    message["To"] = ", ".join(to)
    message["Message-ID"] = f"<{line(event['id']).replace(' ', '-')}@coffre.invalid>"
    message["Auto-Submitted"] = "auto-generated"
    rows = [f"{name}: {value if isinstance(value, str) else json.dumps(value)}"
            for name, value in event.items() if value not in ("", None, [])]
    message.set_content("\n".join(rows) + "\n")
    return message


def main():
    given = arguments()
    event = json.load(sys.stdin)
    host, port = host_and_port(given.server, given.tls)
    safe = ssl.create_default_context()
    if given.tls:
        connection = smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=safe)
    else:
        connection = smtplib.SMTP(host, port, timeout=SECONDS)
    with connection:
        if not given.tls and host not in HERE:
            connection.starttls(context=safe)
        if given.user:
            password = pathlib.Path(given.password_file).read_text(encoding="utf-8").splitlines()[0]
            connection.login(given.user, password)
        connection.send_message(message_of(event, given.sender, given.to), given.sender, given.to)


if __name__ == "__main__":
    main()
