#!/usr/bin/python3
"""A small S3 in one process, for what real servers do not do on demand: to fail, to lie, to break off.

It keeps one bucket (in memory, or in a folder too), checks Signature Version 4, answers ListObjectsV2 in
pages, ranges, conditional puts, checksums, multipart uploads, versions and object lock, and carries out a
plan of faults.

    fake_s3.py [--port N] [--fault TYPE:FAULT:N[:COUNT]]... [--drop-every N] [--log FILE] ...

prints its port on a line and serves until it is terminated (or until its standard input ends, --until-eof).
In Python: `with FakeS3(faults=["put:503:1"]) as server: server.port, server.objects(), server.log`.

TYPE    list, head, get, put, create-multipart, upload-part, complete, abort, delete, any
N       the n-th request of that type, from 1; COUNT times in a row (1; 0: for ever)
FAULT   500 502 503 429    with the document of an error; nothing is carried out
        403 404 409 412    the same
        skew               403 RequestTimeTooSkewed
        drop               a put or complete is acknowledged and nothing is kept
        error-200          200, and the body is the document of an error; nothing is carried out
        short              half the body, and the length of that half
        truncated          the whole length, half the body, then the end
        wrong-length       a length that is 10 too large, then the end
        reset-before       a reset before the request is carried out
        reset@OFFSET       a reset after OFFSET bytes of the answer; the request was carried out
        stale              a listing without the newest object
        repeat             a listing that says that more comes, and then comes again
        endless            a body without a length that does not end
        redirect@URL/      307 to URL (which ends with a slash)
        301@REGION         301 that names the region of the bucket
"""

import argparse
import base64
import datetime
import email.utils
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import struct
import sys
import threading
import urllib.parse
from xml.sax.saxutils import escape

ACCESS_KEY = "FAKEACCESSKEY"
SECRET_KEY = "fake/secret+key"
REGION = "test-1"
BUCKET = "bucket"
NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
ENDLESS_LIMIT = 1 << 30  # bytes: nobody reads that far


class Failure(Exception):
    def __init__(self, status, code, extra=""):
        super().__init__(code)
        self.status, self.code, self.extra = status, code, extra


class Answer:
    def __init__(self, status=200, body=b"", headers=None, kind="application/xml"):
        self.status = status
        self.body = body if isinstance(body, bytes) else body.encode()
        self.headers = dict(headers or {})
        self.kind = kind


class Version:
    def __init__(self, body, number, etag=None, checksum=None, marker=False, until=None):
        self.body, self.number, self.marker, self.until = body, number, marker, until
        self.id = f"v{number:08d}"
        self.etag = etag or hashlib.md5(body).hexdigest()
        self.checksum = checksum


class Fault:
    def __init__(self, text):
        match = re.fullmatch(r"([a-z-]+):(.+?):(\d+)(?::(\d+))?", text)
        if not match:
            raise ValueError(f"not TYPE:FAULT:N[:COUNT]: {text}")
        self.kind, self.name = match[1], match[2]
        self.first, self.count = int(match[3]), int(match[4] or 1)

    def hits(self, kind, number):
        if self.kind not in (kind, "any") or number < self.first:
            return False
        return self.count == 0 or number < self.first + self.count


def error_document(code, extra=""):
    return f"<Error><Code>{code}</Code><Message>{code}</Message>{extra}</Error>"


ERRORS = {
    "500": (500, "InternalError"),
    "502": (502, "BadGateway"),
    "503": (503, "SlowDown"),
    "429": (429, "TooManyRequests"),
    "403": (403, "AccessDenied"),
    "404": (404, "NoSuchKey"),
    "409": (409, "OperationAborted"),
    "412": (412, "PreconditionFailed"),
    "skew": (403, "RequestTimeTooSkewed"),
}


class FakeS3:
    def __init__(self, faults=(), drop_every=0, log_file=None, directory=None, page=1000, bucket=BUCKET,
                 access_key=ACCESS_KEY, secret_key=SECRET_KEY, region=REGION, conditional="yes",
                 checksums="check", versioned=False, object_lock=False, port=0, certificate=None, key=None):
        self.faults = [Fault(text) for text in faults]
        self.drop_every, self.log_file, self.page = drop_every, log_file, page
        self.bucket, self.access_key, self.secret_key, self.region = bucket, access_key, secret_key, region
        self.conditional, self.checksums = conditional, checksums
        self.versioned, self.object_lock = versioned or object_lock, object_lock
        self.directory = pathlib.Path(directory) if directory else None
        self.lock = threading.RLock()
        self.versions = {}  # key -> [Version], oldest first
        self.uploads = {}  # id -> (key, headers, {number: (etag, body)})
        self.counts = {}
        self.log = []
        self.number = 0
        self.total = 0
        if self.directory:
            self.directory.mkdir(parents=True, exist_ok=True)
            for file in sorted(self.directory.iterdir()):
                self.store(urllib.parse.unquote(file.name), Version(file.read_bytes(), self.next_number()))
        fake = self

        class Handler(RequestHandler):
            server_object = fake

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def start_anew(self, faults=()):
        """Empties the bucket and forgets what was counted and logged."""
        with self.lock:
            self.faults = [Fault(text) for text in faults]
            self.counts, self.total, self.log = {}, 0, []
            for key in list(self.versions):
                self.versions[key].clear()
                self.sync(key)
            self.uploads.clear()

    def add_fault(self, text):
        """`TYPE:FAULT:N` counts from now on."""
        with self.lock:
            fault = Fault(text)
            fault.first += self.total if fault.kind == "any" else self.counts.get(fault.kind, 0)
            self.faults.append(fault)

    def objects(self):
        """What a client sees: key -> bytes."""
        with self.lock:
            return {key: v[-1].body for key, v in self.versions.items() if v and not v[-1].marker}

    def next_number(self):
        self.number += 1
        return self.number

    def current(self, key):
        versions = self.versions.get(key)
        return versions[-1] if versions and not versions[-1].marker else None

    def file_of(self, key):
        return self.directory / urllib.parse.quote(key, safe="")

    def store(self, key, version):
        versions = self.versions.setdefault(key, [])
        if not self.versioned:
            versions.clear()
        versions.append(version)
        self.sync(key)

    def sync(self, key):
        if not self.versions.get(key):
            self.versions.pop(key, None)
        if self.directory:
            current = self.current(key)
            if current:
                self.file_of(key).write_bytes(current.body)
            else:
                self.file_of(key).unlink(missing_ok=True)

    # --- which request it is, and which fault it meets --------------------------------------------------

    def kind_of(self, method, key, query):
        if method == "GET" and not key:
            return "list" if "list-type" in query or "versions" in query else "bucket"
        if method == "GET" and "retention" in query or method == "PUT" and "retention" in query:
            return "retention"
        if method == "POST":
            return "create-multipart" if "uploads" in query else "complete"
        if method == "PUT" and "uploadId" in query:
            return "upload-part"
        if method == "DELETE" and "uploadId" in query:
            return "abort"
        return method.lower()

    def fault_for(self, kind):
        with self.lock:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self.total += 1
            for fault in self.faults:
                if fault.hits(kind, self.total if fault.kind == "any" else self.counts[kind]):
                    return fault.name
            if self.drop_every and self.total % self.drop_every == 0:
                return "reset@0" if self.total // self.drop_every % 2 else "reset-before"
        return None

    def note(self, kind, method, path, status, fault):
        entry = {"type": kind, "method": method, "path": path, "status": status, "fault": fault}
        with self.lock:
            entry["n"] = len(self.log) + 1
            self.log.append(entry)
            if self.log_file:
                with open(self.log_file, "a", encoding="utf-8") as out:
                    out.write(json.dumps(entry) + "\n")

    # --- signature --------------------------------------------------------------------------------------

    def check_signature(self, handler, path, query_text, body):
        match = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=(.+?)/(\d{8})/([^/]+)/s3/aws4_request, ?"
            r"SignedHeaders=([^,]+), ?Signature=(\w+)",
            handler.headers.get("Authorization", ""))
        if not match:
            raise Failure(403, "AccessDenied")
        user, day, region, names, signature = match.groups()
        if user != self.access_key:
            raise Failure(403, "InvalidAccessKeyId")
        if region != self.region:
            raise Failure(400, "AuthorizationHeaderMalformed", f"<Region>{self.region}</Region>")
        stated = handler.headers.get("x-amz-content-sha256", "")
        if stated != hashlib.sha256(body).hexdigest():
            raise Failure(400, "XAmzContentSHA256Mismatch")
        signed = names.split(";")
        sent = [name.lower() for name in handler.headers]
        missing = [name for name in sent if name.startswith("x-amz-") and name not in signed]
        if missing or "host" not in signed:
            raise Failure(403, "AccessDenied")
        pairs = urllib.parse.parse_qsl(query_text, keep_blank_values=True)
        encode = lambda text: urllib.parse.quote(text, safe="-_.~")
        query = "&".join(sorted(f"{encode(name)}={encode(value)}" for name, value in pairs))
        headers = "".join(f"{name}:{' '.join(handler.headers[name].split())}\n" for name in signed)
        canonical = "\n".join([handler.command, path, query, headers, names, stated])
        time = handler.headers["x-amz-date"]
        scope = f"{day}/{region}/s3/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", time, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + self.secret_key).encode()
        for part in (day, region, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        if not hmac.compare_digest(hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), signature):
            raise Failure(403, "SignatureDoesNotMatch")
        signed_at = datetime.datetime.strptime(time, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        if abs(signed_at - datetime.datetime.now(datetime.timezone.utc)) > datetime.timedelta(minutes=15):
            raise Failure(403, "RequestTimeTooSkewed")

    # --- operations: an Answer or a Failure -------------------------------------------------------------

    def carry_out(self, handler, kind, key, query, body, fault):
        with self.lock:
            if kind == "bucket":
                return self.bucket_facts(query)
            if key == "" and kind in ("head", "put"):  # the bucket itself: it is there, and stays as it is
                if kind == "put":
                    raise Failure(409, "BucketAlreadyOwnedByYou")
                return Answer()
            if kind == "list":
                return self.list_versions(query) if "versions" in query else self.list(query, fault)
            if kind in ("get", "head"):
                return self.get(handler, key, query, kind)
            if kind == "put":
                return self.put(handler, key, body, fault)
            if kind == "retention":
                return self.retention(handler, key, query, body)
            if kind == "create-multipart":
                upload = f"upload-{self.next_number()}"
                headers = {name.lower(): value for name, value in handler.headers.items()}
                self.uploads[upload] = (key, headers, {})
                return Answer(body=f"<InitiateMultipartUploadResult {NAMESPACE}><UploadId>{upload}</UploadId>"
                                   "</InitiateMultipartUploadResult>")
            if kind == "upload-part":
                return self.upload_part(handler, query, body)
            if kind == "complete":
                return self.complete(handler, key, query, body, fault)
            if kind == "abort":
                if self.uploads.pop(query["uploadId"], None) is None:
                    raise Failure(404, "NoSuchUpload")
                return Answer(204)
            if kind == "delete":
                return self.delete(key, query)
        raise Failure(405, "MethodNotAllowed")

    def bucket_facts(self, query):
        if "location" in query:
            return Answer(body=f"<LocationConstraint {NAMESPACE}>{self.region}</LocationConstraint>")
        if "versioning" in query:
            status = "<Status>Enabled</Status>" if self.versioned else ""
            return Answer(body=f"<VersioningConfiguration {NAMESPACE}>{status}</VersioningConfiguration>")
        if "object-lock" in query and self.object_lock:
            return Answer(body=f"<ObjectLockConfiguration {NAMESPACE}>"
                               "<ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>")
        raise Failure(404, "ObjectLockConfigurationNotFoundError")

    def list(self, query, fault):
        prefix = query.get("prefix", "")
        after = base64.urlsafe_b64decode(query.get("continuation-token", "")).decode()
        present = {key: v[-1] for key, v in self.versions.items() if v and not v[-1].marker}
        if fault == "stale" and present:
            del present[max(present, key=lambda key: present[key].number)]
        keys = sorted(key for key in present if key.startswith(prefix) and key > after)
        limit = min(int(query.get("max-keys", "1000")), self.page)
        shown, more = keys[:limit], len(keys) > limit
        token = base64.urlsafe_b64encode(shown[-1].encode()).decode() if more else ""
        if fault == "repeat":
            more, token = True, query.get("continuation-token", "") or "cg=="
            shown = sorted(key for key in present if key.startswith(prefix))[:limit]
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f"<ETag>&quot;{present[key].etag}&quot;</ETag><Size>{len(present[key].body)}</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents>" for key in shown)
        following = f"<NextContinuationToken>{token}</NextContinuationToken>" if more else ""
        return Answer(body=f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult {NAMESPACE}>'
                           f"<Name>{self.bucket}</Name><Prefix>{escape(prefix)}</Prefix>"
                           f"<KeyCount>{len(shown)}</KeyCount><MaxKeys>{limit}</MaxKeys>"
                           f"<IsTruncated>{str(more).lower()}</IsTruncated>{following}{contents}"
                           "</ListBucketResult>")

    def list_versions(self, query):
        prefix = query.get("prefix", "")
        marks = (query.get("key-marker", ""), query.get("version-id-marker", ""))
        rows = []
        for key in sorted(self.versions):
            if key.startswith(prefix):
                versions = self.versions[key]
                rows += [(key, version, version is versions[-1]) for version in reversed(versions)]
        start = 0
        for index, (key, version, _) in enumerate(rows):
            if (key, version.id) == marks or key < marks[0]:
                start = index + 1
        shown, more = rows[start : start + self.page], len(rows) > start + self.page
        text = ""
        for key, version, latest in shown:
            name = "DeleteMarker" if version.marker else "Version"
            text += (f"<{name}><Key>{escape(key)}</Key><VersionId>{version.id}</VersionId>"
                     f"<IsLatest>{str(latest).lower()}</IsLatest></{name}>")
        following = ""
        if more:
            following = (f"<NextKeyMarker>{escape(shown[-1][0])}</NextKeyMarker>"
                         f"<NextVersionIdMarker>{shown[-1][1].id}</NextVersionIdMarker>")
        return Answer(body=f"<ListVersionsResult {NAMESPACE}><IsTruncated>{str(more).lower()}</IsTruncated>"
                           f"{following}{text}</ListVersionsResult>")

    def get(self, handler, key, query, kind):
        version = self.current(key)
        if "versionId" in query:
            version = next((v for v in self.versions.get(key, []) if v.id == query["versionId"]), None)
        if version is None:
            raise Failure(404, "NoSuchKey")
        headers = {"ETag": f'"{version.etag}"', "Last-Modified": email.utils.formatdate(usegmt=True)}
        if self.versioned:
            headers["x-amz-version-id"] = version.id
        if version.until:
            headers["x-amz-object-lock-mode"] = "COMPLIANCE"
            headers["x-amz-object-lock-retain-until-date"] = version.until
        if version.checksum and handler.headers.get("x-amz-checksum-mode") == "ENABLED":
            headers["x-amz-checksum-sha256"] = version.checksum
        body, status = version.body, 200
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", handler.headers.get("Range", ""))
        if match and kind == "get":
            first, last = int(match[1]), min(int(match[2]), len(body) - 1)
            if first >= len(body):
                raise Failure(416, "InvalidRange")
            headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
            body, status = body[first : last + 1], 206
        return Answer(status, body, headers, "application/octet-stream")

    def check_condition(self, handler, key):
        if handler.headers.get("If-None-Match") is None or self.conditional == "ignore":
            return
        if self.conditional == "no":
            raise Failure(501, "NotImplemented")
        if self.current(key):
            raise Failure(412, "PreconditionFailed")

    def check_body(self, headers, body):
        stated = headers.get("x-amz-checksum-sha256")
        right = base64.b64encode(hashlib.sha256(body).digest()).decode()
        if stated and self.checksums == "check" and stated != right:
            raise Failure(400, "BadDigest")
        stated_md5 = headers.get("Content-MD5")
        if stated_md5 and stated_md5 != base64.b64encode(hashlib.md5(body).digest()).decode():
            raise Failure(400, "BadDigest")
        return stated if self.checksums in ("check", "echo") else None

    def lock_of(self, headers):
        until = headers.get("x-amz-object-lock-retain-until-date")
        if until and not self.object_lock:
            raise Failure(400, "InvalidRequest")
        return until

    def put(self, handler, key, body, fault):
        self.check_condition(handler, key)
        checksum = self.check_body(handler.headers, body)
        until = self.lock_of(handler.headers)
        version = Version(body, self.next_number(), checksum=checksum, until=until)
        if fault != "drop":
            self.store(key, version)
        return Answer(200, b"", {"ETag": f'"{version.etag}"'})

    def upload_part(self, handler, query, body):
        if query["uploadId"] not in self.uploads:
            raise Failure(404, "NoSuchUpload")
        self.check_body(handler.headers, body)
        etag = hashlib.md5(body).hexdigest()
        self.uploads[query["uploadId"]][2][int(query["partNumber"])] = (etag, body)
        return Answer(200, b"", {"ETag": f'"{etag}"'})

    def complete(self, handler, key, query, body, fault):
        if query["uploadId"] not in self.uploads:
            raise Failure(404, "NoSuchUpload")
        self.check_condition(handler, key)
        _, headers, parts = self.uploads[query["uploadId"]]
        wanted = re.findall(r"<PartNumber>(\d+)</PartNumber><ETag>(?:&quot;|\")?(\w+)", body.decode())
        if not wanted or [int(number) for number, _ in wanted] != sorted(parts):
            raise Failure(400, "InvalidPart")
        if any(parts[int(number)][0] != etag for number, etag in wanted):
            raise Failure(400, "InvalidPart")
        whole = b"".join(parts[number][1] for number in sorted(parts))
        sums = b"".join(bytes.fromhex(parts[number][0]) for number in sorted(parts))
        etag = f"{hashlib.md5(sums).hexdigest()}-{len(parts)}"
        if fault != "drop":
            self.store(key, Version(whole, self.next_number(), etag=etag, until=self.lock_of(headers)))
        del self.uploads[query["uploadId"]]
        return Answer(body=f"<CompleteMultipartUploadResult {NAMESPACE}><Key>{escape(key)}</Key>"
                           f"<ETag>&quot;{etag}&quot;</ETag></CompleteMultipartUploadResult>")

    def locked(self, version):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return version.until is not None and version.until > now

    def delete(self, key, query):
        if "versionId" in query:
            versions = self.versions.get(key, [])
            for version in versions:
                if version.id == query["versionId"]:
                    if self.locked(version):
                        raise Failure(403, "AccessDenied")
                    versions.remove(version)
                    break
            self.sync(key)
            return Answer(204)
        if self.versioned:
            self.store(key, Version(b"", self.next_number(), marker=True))
            return Answer(204, b"", {"x-amz-delete-marker": "true"})
        self.versions.pop(key, None)
        self.sync(key)
        return Answer(204)

    def retention(self, handler, key, query, body):
        version = self.current(key)
        if version is None:
            raise Failure(404, "NoSuchKey")
        if not self.object_lock:
            raise Failure(400, "InvalidRequest")
        if handler.command == "GET":
            if not version.until:
                raise Failure(404, "NoSuchObjectLockConfiguration")
            return Answer(body=f"<Retention {NAMESPACE}><Mode>COMPLIANCE</Mode>"
                               f"<RetainUntilDate>{version.until}</RetainUntilDate></Retention>")
        until = re.search(r"<RetainUntilDate>(.*?)</RetainUntilDate>", body.decode())[1]
        if version.until and until < version.until:
            raise Failure(403, "AccessDenied")
        version.until = until
        return Answer(200)


class RequestHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "FakeS3"
    sys_version = ""
    server_object = None
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def reset(self):
        """Ends the connection with a reset, not with an end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def finish(self):
        try:
            super().finish()
        except OSError:
            pass

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (ConnectionError, ssl.SSLError, OSError):
            self.close_connection = True

    def serve(self):
        fake = self.server_object
        path, _, query_text = self.path.partition("?")
        query = dict(urllib.parse.parse_qsl(query_text, keep_blank_values=True))
        parts = urllib.parse.unquote(path).split("/", 2)
        host = self.headers.get("Host", "").split(":")[0]
        key = parts[2] if len(parts) > 2 else ""
        if host.startswith(fake.bucket + "."):
            key = urllib.parse.unquote(path)[1:]
        elif len(parts) < 2 or parts[1] != fake.bucket:
            return self.send(Answer(404, error_document("NoSuchBucket")), None)
        kind = fake.kind_of(self.command, key, query)
        fault = fake.fault_for(kind)
        if fault == "reset-before":
            fake.note(kind, self.command, path, 0, fault)
            return self.reset()
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        try:
            if fault in ERRORS:
                raise Failure(*ERRORS[fault])
            if fault == "error-200":
                answer = Answer(200, error_document("InternalError"))
            elif fault and fault.startswith("redirect@"):
                where = {"Location": fault[9:].rstrip("/") + self.path}
                answer = Answer(307, error_document("TemporaryRedirect"), where)
            elif fault and fault.startswith("301@"):
                where = {"x-amz-bucket-region": fault[4:]}
                answer = Answer(301, error_document("PermanentRedirect"), where)
            else:
                fake.check_signature(self, path, query_text, body)
                answer = fake.carry_out(self, kind, key, query, body, fault)
        except Failure as failure:
            answer = Answer(failure.status, error_document(failure.code, failure.extra))
            if failure.status == 503:
                answer.headers["Retry-After"] = "0"
        fake.note(kind, self.command, path, answer.status, fault)
        return self.send(answer, fault)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = serve

    def send(self, answer, fault):
        body, length = answer.body, len(answer.body)
        if fault == "short":
            body, length = body[: length // 2], length // 2
        if fault == "wrong-length":
            length += 10
        date = email.utils.formatdate(usegmt=True)
        lines = [f"HTTP/1.1 {answer.status} Some", "Server: FakeS3", f"Date: {date}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        if answer.status != 204:
            lines.append(f"Content-Type: {answer.kind}")
            if fault != "endless":
                lines.append(f"Content-Length: {length}")
        if fault in ("endless", "truncated", "wrong-length"):
            lines.append("Connection: close")
            self.close_connection = True
        head = ("\r\n".join(lines) + "\r\n\r\n").encode()
        if self.command == "HEAD":
            body = b""
        if fault == "truncated":
            body = body[: len(body) // 2]
        whole = head + body
        if fault and fault.startswith("reset@"):
            self.wfile.write(whole[: int(fault[6:])])
            self.wfile.flush()
            return self.reset()
        self.wfile.write(whole)
        if fault == "endless":
            block = b"x" * 65536
            for _ in range(ENDLESS_LIMIT // len(block)):
                self.wfile.write(block)
        return self.wfile.flush()


def main():
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--bucket", default=BUCKET)
    parser.add_argument("--region", default=REGION)
    parser.add_argument("--access-key", default=ACCESS_KEY)
    parser.add_argument("--secret-key", default=SECRET_KEY)
    parser.add_argument("--directory", help="objects are kept here too, one file each")
    parser.add_argument("--page", type=int, default=1000, help="names in a page of a listing, at most")
    parser.add_argument("--conditional", choices=["yes", "no", "ignore"], default="yes")
    parser.add_argument("--checksums", choices=["check", "echo", "none"], default="check")
    parser.add_argument("--versioned", action="store_true")
    parser.add_argument("--object-lock", action="store_true")
    parser.add_argument("--certificate", help="PEM: serves TLS")
    parser.add_argument("--key", help="PEM, of the certificate")
    parser.add_argument("--fault", action="append", default=[], metavar="TYPE:FAULT:N[:COUNT]")
    parser.add_argument("--drop-every", type=int, default=0, metavar="N")
    parser.add_argument("--log", metavar="FILE", help="one JSON object a request")
    parser.add_argument("--until-eof", action="store_true",
                        help="ends when standard input does; a line there is a new plan of faults")
    options = parser.parse_args()
    server = FakeS3(faults=options.fault, drop_every=options.drop_every, log_file=options.log,
                    directory=options.directory, page=options.page, bucket=options.bucket,
                    access_key=options.access_key, secret_key=options.secret_key, region=options.region,
                    conditional=options.conditional, checksums=options.checksums, versioned=options.versioned,
                    object_lock=options.object_lock, port=options.port, certificate=options.certificate,
                    key=options.key)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with server:
        print(server.port, flush=True)
        if options.until_eof:
            # A line of faults, blanks in between: an empty bucket, and this plan from now on.
            for line in sys.stdin:
                server.start_anew(line.split())
                print("anew", flush=True)
        else:
            stop.wait()


if __name__ == "__main__":
    main()
