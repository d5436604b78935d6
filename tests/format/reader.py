#!/usr/bin/python3
"""A second reader of repositories, written from docs/format.md alone; it shares no code with coffre.
    reader.py REPO - names                        names against contents, coffre.json; needs no key
    reader.py REPO KEYFILE list                   the snapshots, newest first
    reader.py REPO KEYFILE restore COMMIT TARGET  the files of one snapshot, into a new folder
It checks all that it reads. Anything wrong: one line on standard error, exit status 13.
"""
import contextlib, hashlib, hmac, io, itertools, json, os, re, struct, sys, time, zstandard  # noqa: E401
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
MIB, GIB = 1 << 20, 1 << 30
COFFRE_JSON = rb'\{"format":1,"id":"([0-9a-f]{64})","suite":1,"features":\[("simulated")?\]'
FOLDERS = {"keys": "slot", "journal": "jrn", "packs": "pack", "index": "idx", "retired": "json"}
KINDS = {2: "access", 3: "meta", 4: "content", 5: "admission"}
TYPES = {1: "commit", 2: "tree", 3: "blob", 4: "tag", 5: "piece"}
NEWEST = "time_ns", "recorded_ns", "commit"
GIT_LIKE = re.compile(rb"(^|\\)(\.git|\.mailmap|(gi|ma)[^\\]*~)")
FIELDS = {"genesis": "nonce site policy public_keys admission", "equipment": "name equipment_type driver",
          "actor": "key name rights", "kind": "commit kind", "slot": "id file slot_type created_ns",
          "snapshot": "commit equipment equipment_type kinds time_ns recorded_ns files bytes added_bytes"}
def need(condition, text):
    if not condition: raise ValueError(text)
@contextlib.contextmanager
def about(what):
    try: yield
    except Exception as error:  # all that damage can make a parser or a seal say
        raise ValueError(f"{what}: {error or type(error).__name__}") from None
class Cursor(io.BytesIO):
    def take(self, size):
        data = self.read(size)
        return need(len(data) == size, "cut short") or data
    def varint(self):
        raw = self.take(1)
        while raw[-1] > 127 and len(raw) < 10: raw += self.take(1)
        need(raw[-1] < (2 if len(raw) == 10 else 128) and (raw[-1] or len(raw) == 1), "varint")
        return sum((byte & 127) << 7 * i for i, byte in enumerate(raw))
def sha256(data): return hashlib.sha256(data).digest()
def hkdf(ikm, salt, info): return hmac.digest(hmac.digest(salt, ikm, "sha256"), info + b"\1", "sha256")
def signed(key, signature, message):
    with contextlib.suppress(Exception):
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(signature, message) is None
def unzstd(frame, size, base=b""):
    given = zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT) if base else None
    stated = zstandard.get_frame_parameters(frame)
    stream = zstandard.ZstdDecompressor(given, max_window_size=1 << 31).decompressobj()
    need((stated.content_size, stated.dict_id, stated.has_checksum) == (size, 0, False), "zstd frame")
    data = stream.decompress(frame)
    return need(len(data) == size and not stream.unused_data, "zstd size") or data
def open_chunks(key, header, domain, kind, pieces):
    out = []
    for i, sealed in enumerate(pieces):
        sizes = struct.pack("<QBBII", i, i == len(pieces) - 1, kind, len(sealed) - 16, len(sealed))
        out.append(AESGCM(key).decrypt(struct.pack("<QI", i, domain), sealed, sha256(header) + sizes))
    return b"".join(out)
def open_row(key, header, domain, kind, sealed):
    pieces = [sealed[at:at + MIB + 16] for at in range(0, len(sealed), MIB + 16)]
    need(len(pieces) == 1 or len(pieces[-1]) > 16, "cut short")
    return Cursor(open_chunks(key, header, domain, kind, pieces))
def check_names(root):
    """coffre.json, and every name against its content. Gives the repository id and the files by folder."""
    line = re.fullmatch(rb'(\{.*),"checksum":"([0-9a-f]{64})"\}\n', (root / "coffre.json").read_bytes())
    need(line and sha256(line[1] + b"}\n").hex().encode() == line[2], "coffre.json: damaged")
    known, files = re.fullmatch(COFFRE_JSON, line[1]), {}
    need(known, "coffre.json: of a newer version")
    for folder, ending in FOLDERS.items():
        files[folder] = sorted((root / folder).iterdir()) if (root / folder).is_dir() else []
        need(files[folder] or folder not in ("keys", "journal"), f"{folder}: missing")
        for path in files[folder]:
            good = re.fullmatch(r"[0-9a-f]{64}\." + ending, path.name)
            need(good and sha256(path.read_bytes()).hex() == path.stem, f"{folder}/{path.name}: damaged")
    return bytes.fromhex(known[1].decode()), files
def decode_name(stored):
    name = again = stored
    if stored.startswith(b"%="):
        name = re.sub(b"%([0-9a-f]{2})", lambda m: bytes.fromhex(m[1].decode()), stored[2:])
    if name.startswith(b"%=") or GIT_LIKE.search(bytes(b for b in name if b < 128).lower()):
        again = b"%=" + b"".join(b"%%%02x" % b if b in b"%.~\\:" else bytes([b]) for b in name)
    need(name not in (b"", b".", b"..") and not {0, 47} & set(name), "a name that leads elsewhere")
    return need(again == stored, "a name escaped otherwise") or name
def strict_object(pairs):
    return need(len(dict(pairs)) == len(pairs), "a key twice in one object") or dict(pairs)
class Repository:
    def __init__(self, root, key_file):
        self.root, self.batches, self.objects, self.plain, self.private = Path(root), {}, {}, {}, {}
        self.id, files = check_names(self.root)
        self.open_slot(files["keys"], Path(key_file).read_text("ascii").rstrip())
        for path in files["journal"]:
            with about(f"journal/{path.name}"): self.read_journal(path.read_bytes())
        self.fold(sorted(self.batches.values(), key=lambda b: (b["time_ns"], b["id"])))
        for name, size in sorted(self.pack_sizes.items()):
            with about(f"packs/{name}.pack"): self.read_table(name, size)
    def open_slot(self, paths, line):
        slot_id, secret, check = re.fullmatch("coffre-key-1 (.{32}) ([0-9a-f]{64}) (.{8})", line).groups()
        need(sha256(f"coffre-key-1{slot_id}{secret}".encode()).hex()[:8] == check, "the key file is damaged")
        slots, wanted = {path.stem: path.read_bytes() for path in paths}, b"\2" + bytes.fromhex(slot_id)
        fitting = [item for item in slots.items() if item[1][8:9] + item[1][16:32] == wanted]
        need(len(fitting) == 1, "no slot for this key file")
        (self.slot, slot), ikm = fitting[0], bytes.fromhex(secret)
        fixed = b"COFSLOT1\1\0" + bytes(16) + self.id  # magic, suite, reserved, no cost, repository
        need(len(slot) <= 65536 and slot[:8] + slot[10:12] + slot[48:96] == fixed, "header of the slot")
        commitment = hkdf(ikm, slot[32:48], b"coffre/1/slot/commit" + slot[:96])
        need(hmac.compare_digest(commitment, slot[96:128]), "the key is not this slot's")
        wrap, self.epoch = hkdf(ikm, slot[32:48], b"coffre/1/slot/wrap" + slot[:128]), slot[12:16]
        entries = struct.iter_unpack("<I4s32s", AESGCM(wrap).decrypt(bytes(12), slot[128:], slot[:128]))
        self.secrets = {kind: value for kind, epoch, value in entries if epoch == self.epoch}
        self.subkeys = {label: hkdf(self.secrets[1], self.id, b"coffre/1/" + label)
                        for label in (b"fingerprint", b"table", b"sealed-file")}
    def read_journal(self, data):
        need(len(data) <= 256 * MIB and data[:10] == b"COFSEAL1\1\1" and data[12:16] == self.epoch, "header")
        info, base = b"coffre/1/sealed-file/key" + data[:48] + self.id, self.subkeys[b"sealed-file"]
        body = open_row(hkdf(base, data[16:48], info), data[:48], 3, 1, data[48:])
        size, frame_size = struct.unpack("<QQ", body.take(16))
        content = Cursor(unzstd(body.take(frame_size), min(size, GIB)))
        need(size and not any(body.read()), "padding")
        while content.tell() < size:
            text = content.take(int.from_bytes(content.take(4), "little"))
            batch = {**json.loads(text.decode(), object_pairs_hook=strict_object), "id": sha256(text).hex()}
            need(batch["format"] == 1, "a batch of a newer version")
            need(signed(batch["actor"], content.take(64), b"coffre/1/batch" + self.id + text), "signature")
            need(batch.get("repository", batch["id"]) == self.id.hex(), "of another repository")
            number, when, batch["genesis"] = batch["number"], batch["time_ns"], "repository" not in batch
            need(type(number) is type(when) is int and -1 << 63 <= when < 1 << 63, "number or time")
            need(number >= 1 and (number == 1) == ("previous" not in batch), "number or previous")
            for record in batch["records"]:
                need(set(FIELDS.get(record["type"], "").split()) <= set(record), "a record lacks a field")
                need(batch["genesis"] or record["type"] != "genesis", "a genesis record elsewhere")
            self.batches[batch["id"]] = batch
    def certified(self, record, rights, admission):
        by, name = record.get("admitted_by"), record["name"].encode()
        text = b"coffre/1/admit" + self.id + bytes.fromhex(record["key"]) + struct.pack("<I", len(name))
        text += name + ",".join(record["rights"]).encode()
        trusted = by == admission or "admit" in rights.get(by, ())
        return trusted and signed(by, bytes.fromhex(record["certificate"]), text)
    def fold(self, order):
        need(self.id.hex() in self.batches, "the genesis batch is missing")
        genesis = next(r for r in self.batches[self.id.hex()]["records"] if r["type"] == "genesis")
        self.public = {**genesis["public_keys"], "admission": genesis["admission"]}
        for kind, name in ((kind, name) for kind, name in KINDS.items() if kind in self.secrets):
            maker = Ed25519PrivateKey if name == "admission" else X25519PrivateKey
            private = self.private[name] = maker.from_private_bytes(self.secrets[kind])
            public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
            need(public == self.public[name], f"the {name} key is not the one of genesis")
        rights, before = {}, -1
        while len(rights) > before:
            before = len(rights)
            for batch in order:
                heard = batch["genesis"] or batch["actor"] in rights or batch["number"] == 1
                for record in (r for r in batch["records"] if heard and r["type"] == "actor"):
                    if batch["genesis"] or self.certified(record, rights, genesis["admission"]):
                        rights[record["key"]] = record["rights"]
        counting = [batch for batch in order if batch["actor"] in rights]
        streams = {(batch["actor"], batch["number"]): batch["id"] for batch in counting}
        need(len(streams) == len(counting), "a fork: two batches of one number")
        for b in counting: need(streams.get((b["actor"], b["number"] - 1)) == b.get("previous"), "a gap")
        self.pack_sizes = {}
        for b in counting:
            gone = [r["retired"] for r in b["records"] if r["type"] == "gc" and "gc" in rights[b["actor"]]]
            for name, _ in sum(gone, []): self.pack_sizes.pop(name[6:-5], None)
            self.pack_sizes.update(b.get("packs", ()))
        records = [record for batch in counting for record in batch["records"]]
        said = {kind: [record for record in records if record["type"] == kind] for kind in FIELDS}
        for given, snapshot in itertools.product(said["kind"], said["snapshot"]):
            if snapshot["commit"] == given["commit"] and given["kind"] not in snapshot["kinds"]:
                snapshot["kinds"].append(given["kind"])
        in_force = {r["file"] for r in said["slot"]} - {r["file"] for r in said["slot"] if r.get("removed")}
        self.notes = ["the slot that opened is not in force"] * (self.slot not in in_force)
        self.notes += [f"batch {b['id']} does not count" for b in order if b["actor"] not in rights]
        self.snapshots = sorted(said["snapshot"], key=lambda s: [s[field] for field in NEWEST], reverse=True)
    def read_table(self, name, size):
        data = (self.root / "packs" / f"{name}.pack").read_bytes()
        need(len(data) == size and sha256(data).hex() == name, "not what the journal says")
        begin, kind = size - 8 - int.from_bytes(data[-8:], "little"), data[8]
        need(begin >= 160 and data[:8] == b"COFPACK1" and kind in (1, 2) and data[9] == 1, "header or footer")
        key, starts = hkdf(self.subkeys[b"table"], data[48:80], b"coffre/1/table"), [0]
        table = open_row(key, data[:160], 2, kind, data[begin:-8])
        for _ in range(table.varint()): starts.append(starts[-1] + table.varint())
        need(1 < len(starts) <= 65537 and 160 + starts[-1] + 16 * (len(starts) - 1) == begin, "segments")
        def place():
            segment, offset, record_size, size = (table.varint() for _ in range(4))
            need(segment < len(starts) - 1 and offset < starts[segment + 1] - starts[segment], "place")
            return size, (data, starts, starts[segment] + offset, record_size)
        groups, ids = [], [b""]
        for _ in range(table.varint()):
            oid, fingerprint, fixed, base = table.take(20), table.take(16), table.take(2), b""
            need(oid > ids[-1] and fixed[0] in ((1, 2, 4), (3, 5))[kind - 1], "order or type of an entry")
            if fixed[1] in (4, 5):  # in a group: these follow the entries
                number, at, size = (table.varint() for _ in range(3))
                where = groups, number, at, table.varint() if fixed[1] == 5 else size
            else:
                fixed, (size, where) = fixed + table.take(1), place()
                base = table.take(20 if fixed[2] else 0)
                need(fixed[2] <= 64 and fixed[1] in ((2, 3) if base else (0, 1, 3)), "depth or newer codec")
            known = self.objects.setdefault(oid, (fingerprint, fixed, size, where, base))
            need(known[0] == fingerprint, f"another object of id {oid.hex()}")
            ids.append(oid)
        for _ in range(table.varint() if table.tell() < len(table.getvalue()) else 0):
            depth, (size, where) = table.take(1), place()
            bases = [ids[n] or table.take(20) for n in (table.varint() for _ in range(table.varint()))]
            need(depth[0] <= 64 and bool(bases) == bool(depth[0]), "depth of a group")
            groups.append((depth, size, where, bases))
        need(not any(table.read()), "padding")
    def open_segments(self, data, starts):  # exchange() refuses an all-zero result
        head, name = data[:160], KINDS[data[8] + 2]
        need(head[12:16] == self.epoch and name in self.private, f"no {name} key of its epoch")
        shared = self.private[name].exchange(X25519PublicKey.from_public_bytes(head[16:48]))
        info = b"coffre/1/wrap" + self.id + head[12:16] + head[8:9]
        wrap = hkdf(shared, head[16:48] + bytes.fromhex(self.public[name]), info)
        secret, salt = AESGCM(wrap).decrypt(bytes(12), head[80:128], head[:80]), head[48:80]
        mine = hmac.compare_digest(hkdf(secret, salt, b"coffre/1/commit" + head[:128]), head[128:])
        need(mine, "commitment of a pack")
        pieces = [data[160 + a + 16 * i:176 + b + 16 * i] for i, (a, b) in enumerate(zip(starts, starts[1:]))]
        return open_chunks(hkdf(secret, salt, b"coffre/1/segments"), head, 1, data[8], pieces)
    def record(self, data, starts, at, size):
        if data not in self.plain: self.plain[data] = self.open_segments(data, starts)
        return Cursor(self.plain[data][at:at + size])
    def group(self, groups, number):
        if (id(groups), number) not in self.plain:
            depth, size, where, bases = groups[number]
            record, prefix = self.record(*where), b"".join(self.stored(base)[3] for base in bases)
            need(record.take(3) == b"\0\4" + depth and record.varint() == size, "record and table differ")
            self.plain[id(groups), number] = unzstd(record.read(), size, prefix)
        return self.plain[id(groups), number]
    def stored(self, oid):
        """Type, whether it is a list of pieces, size of the object, what the record holds."""
        need(oid in self.objects, f"object {oid.hex()}: missing")
        fingerprint, fixed, size, where, base = self.objects[oid]
        with about(f"object {oid.hex()}"):
            listed, below = fixed[1] in (3, 5), b""
            if fixed[1] > 3:
                (*group, at, length) = where
                body = self.group(*group)[at:at + length]
            else:
                record = self.record(*where)
                need(record.take(3) == fixed and record.varint() == size, "record and table differ")
                codec, length = (record.take(1)[0], record.varint()) if listed else (fixed[1], size)
                need(length <= GIB and codec < 3 and (codec == 2) == bool(base), "codec of a payload")
                if base:  # a chain that does not end is one too deep for the interpreter
                    *like, _, below = self.stored(base)
                    need(like == [fixed[0], listed], "a base of another type")
                body = unzstd(record.read(), length, below) if codec else record.read()
            key, head = self.subkeys[b"fingerprint"], fixed[:1] + struct.pack("<Q", length)
            text, mac_size, named = (body, 36, oid) if fixed[0] == 5 else (head + body, 16, b"")
            mac = hashlib.blake2b(text, key=key, digest_size=mac_size).digest()
            need(len(body) == length and hmac.compare_digest(mac, named + fingerprint), "fingerprint")
            return fixed[0], listed, size, body
    def read(self, oid, kind):
        number, listed, size, body = self.stored(oid)
        rows, pieces = Cursor(body if listed else b""), [] if listed else [body]
        while rows.tell() < len(rows.getvalue()):
            piece = self.stored(rows.take(20))
            need((piece[0], piece[2]) == (5, rows.varint()), "a piece")
            pieces.append(piece[3])
        body = b"".join(pieces)
        need(TYPES[number] == kind and len(body) == size, f"object {oid.hex()}: type or size")
        need(hashlib.sha1(f"{kind} {size}\0".encode() + body).digest() == oid, f"object {oid.hex()}: SHA-1")
        return body
    def files(self, oid, path=b""):
        """(mode, path, blob, its bytes) of all below a tree, each folder before what it holds."""
        body = self.read(oid, "tree")
        parts = re.findall(rb"(100644|100755|120000|40000) ([^\0]+)\0(.{20})", body, re.DOTALL)
        need(parts and b"".join(b"%s %s\0%s" % part for part in parts) == body, "a tree is malformed")
        if parts == [(b"100644", b"%=", hashlib.sha1(b"blob 0\0").digest())]: return
        order = [name + b"/" * (mode == b"40000") for mode, name, _ in parts]
        names = [os.path.join(path, decode_name(name)) for _, name, _ in parts]
        need(order == sorted(order) and len(set(names)) == len(names), "the names of a tree")
        for name, (mode, _, child) in zip(names, parts):
            yield mode, name, child, None if mode == b"40000" else self.read(child, "blob")
            if mode == b"40000": yield from self.files(child, name)
    def restore(self, commit, target):
        tree = re.match(rb"tree ([0-9a-f]{40})\n", self.read(bytes.fromhex(commit), "commit"))[1].decode()
        os.mkdir(target)
        for mode, name, _, body in self.files(bytes.fromhex(tree)):  # unique names: no link is followed
            path = os.path.join(os.fsencode(target), name)
            if mode == b"40000": os.mkdir(path)
            elif mode == b"120000": os.symlink(body, path)
            else:
                open(path, "xb").write(body)
                os.chmod(path, 0o755 if mode == b"100755" else 0o644)
def main(root, key_file, command, *rest):
    if command == "names":
        return print(sum(map(len, check_names(Path(root))[1].values())), "files are whole")
    repository = Repository(root, key_file)
    sys.stderr.writelines(f"note: {note}\n" for note in repository.notes)
    if command == "list":
        for snapshot in repository.snapshots:
            when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(snapshot["time_ns"] // 10**9))
            print(snapshot["commit"], snapshot["equipment"], "+".join(snapshot["kinds"]), when, sep="\t")
    elif command == "restore":
        found = {s["commit"] for s in repository.snapshots if s["commit"].startswith(rest[0])}
        need(len(found) == 1, f"{len(found)} snapshots of commit {rest[0]}")
        repository.restore(found.pop(), rest[1])
if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exception as error:
        print(f"reader: {error or type(error).__name__}", file=sys.stderr)
        sys.exit(13)
