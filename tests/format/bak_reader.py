#!/usr/bin/python3
"""A second reader of exported snapshots, written from docs/format.md alone; it shares no code with coffre.
    bak_reader.py FILE.bak - header                  what the file claims; needs no key
    bak_reader.py FILE.bak KEYFILE name              the same, once it is known to be true
    bak_reader.py FILE.bak KEYFILE restore TARGET    its files, into a new folder
Anything wrong: one line on standard error, exit status 13.
"""
import datetime, json, re, struct, sys, types, zoneinfo  # noqa: E401
from pathlib import Path

import reader
from reader import Cursor, about, hkdf, need, open_row, sha256, signed, unzstd
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SLOT, PACK, DESCRIPTION, SIGNATURE = 1, 2, 3, 4


class Parts:
    """The packs, as reader.py looks for files: root / "packs" / name."""

    def __init__(self, packs):
        self.packs = packs

    def __truediv__(self, name):
        if name == "packs":
            return self
        return types.SimpleNamespace(read_bytes=lambda: self.packs[name.removesuffix(".pack")])


class Bak(reader.Repository):
    def __init__(self, path):  # not the base's: there is no folder and no journal
        data = Path(path).read_bytes()
        whole = Cursor(data)
        need(whole.take(8) == b"COFSBAK1", "magic")
        size, = struct.unpack("<I", whole.take(4))
        need(size <= 65536, "header")
        self.header = json.loads(whole.take(size), object_pairs_hook=reader.strict_object)
        sections, last = {kind: [] for kind in (SLOT, PACK, DESCRIPTION, SIGNATURE)}, SLOT
        while last != SIGNATURE:
            at = whole.tell()
            kind, size = struct.unpack("<BQ", whole.take(9))
            need(last <= kind <= SIGNATURE and 0 < size <= len(data), "a section")
            sections[kind].append(whole.take(size))
            last = kind
        self.id = bytes.fromhex(self.header["repository"])
        need(whole.tell() == len(data), "something behind the end")
        need(1 <= len(sections[SLOT]) <= 1024 and sections[PACK], "sections")
        need(len(sections[DESCRIPTION]) == 1 and len(sections[SIGNATURE][0]) == 64, "sections")
        message = b"coffre/1/bak" + self.id + sha256(data[:at])
        need(signed(self.header["signer"], sections[SIGNATURE][0], message), "signature")
        need((self.header["format"], self.header["suite"]) == (1, 1), "of a newer version")
        need(set(self.header["features"]) <= {"simulated"}, "of a newer version")
        need(Path(path).name == self.header["name"] + ".bak", "a renamed file")
        named = [{sha256(part).hex(): part for part in sections[kind]} for kind in (SLOT, PACK)]
        need([len(part) for part in named] == [len(sections[SLOT]), len(sections[PACK])], "sections alike")
        self.slots, self.packs, self.sealed = *named, sections[DESCRIPTION][0]

    def open(self, key_file):
        self.objects, self.plain, self.private, self.root = {}, {}, {}, Parts(self.packs)
        paths = [types.SimpleNamespace(stem=name, read_bytes=lambda part=part: part)
                 for name, part in self.slots.items()]
        self.open_slot(paths, Path(key_file).read_text("ascii").rstrip())
        self.public = {}
        for kind, name in reader.KINDS.items():
            maker = Ed25519PrivateKey if name == "admission" else X25519PrivateKey
            self.private[name] = maker.from_private_bytes(self.secrets[kind])
            public = self.private[name].public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            self.public[name] = public.hex()
        with about("description"):
            self.read_description()
        for name, part in sorted(self.packs.items()):
            with about(f"pack {name}"):
                self.read_table(name, len(part))
        self.check_claim()

    def read_description(self):
        data, base = self.sealed, self.subkeys[b"sealed-file"]
        need(data[:10] == b"COFSEAL1\1\6" and data[12:16] == self.epoch, "header")
        key = hkdf(base, data[16:48], b"coffre/1/sealed-file/key" + data[:48] + self.id)
        body = open_row(key, data[:48], 3, 6, data[48:])
        size, frame_size = struct.unpack("<QQ", body.take(16))
        self.said = json.loads(unzstd(body.take(frame_size), size), object_pairs_hook=reader.strict_object)
        need(not any(body.read()), "padding")
        need((self.said["format"], self.said["name"]) == (1, self.header["name"]), "format or name")
        by = self.said["signer"]
        text = b"coffre/1/bak-signer" + self.id + bytes.fromhex(self.header["signer"]) + by["name"].encode()
        need(by["admitted_by"] == self.public["admission"], "the admission key")
        need(signed(by["admitted_by"], bytes.fromhex(by["certificate"]), text), "the signer's certificate")

    def check_claim(self):
        site, snapshot = self.said["site"], self.said["snapshot"]
        seconds = snapshot["time_ns"] // 10**9
        zone = zoneinfo.ZoneInfo(self.said["timezone"])
        when = datetime.datetime.fromtimestamp(seconds, zone).strftime("%Y%m%d_%H%M")
        begin = f'{site["client"]}_{site["site"]}_{snapshot["equipment_type"]}_{snapshot["equipment"]}_'
        names = [f"{begin}{when}_{kind}" for kind in snapshot["kinds"]]
        names += [f'{name}~{snapshot["commit"][:8]}' for name in names]
        need(self.header["name"] in names, "the name is not the snapshot's")
        equipment = self.said["equipment"]
        need((equipment["name"], equipment["equipment_type"]) ==
             (snapshot["equipment"], snapshot["equipment_type"]), "the equipment is another")
        commit = self.read(bytes.fromhex(snapshot["commit"]), "commit").decode()
        author = re.search(r"^author .* (-?\d+) [+-]\d{4}$", commit, re.MULTILINE)
        first = commit.partition("\n\n")[2].partition("\n")[0]
        need(int(author[1]) == seconds, "the commit's time is another")
        need(first.startswith(begin) and first.endswith("_" + snapshot["kinds"][0]), "the commit's name")
        tree = re.match(r"tree ([0-9a-f]{40})\n", commit)[1]
        bodies = [body for mode, _, _, body in self.files(bytes.fromhex(tree)) if mode != b"40000"]
        need((len(bodies), sum(map(len, bodies))) == (snapshot["files"], snapshot["bytes"]), "files or bytes")


def main(path, key_file, command, *rest):
    bak = Bak(path)
    if command == "header":
        return print(json.dumps(bak.header))
    bak.open(key_file)
    if command == "restore":
        bak.restore(bak.said["snapshot"]["commit"], rest[0])
    else:
        print(bak.header["name"])


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exception as error:
        print(f"bak_reader: {error or type(error).__name__}", file=sys.stderr)
        sys.exit(13)
