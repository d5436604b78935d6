#!/usr/bin/python3
"""The layers of docs/architecture.md, held against every #include line and a list of calls.

Arrows point down only, siblings never see each other, each third-party library has one home, and only base/
asks the system for time, chance and files. Prints each violation as file:line and fails when there is one.
Before that it is fed lines that must be refused and lines that must pass.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# A layer and the layers whose headers it may include beside its own.
STORE_BELOW_RULES = ["base", "store/codec", "store/crypto", "store/pack", "store/journal"]
STORE = [*STORE_BELOW_RULES, "store/odb", "store/rules", "store/repo"]
DRIVERS = ["drivers", "drivers/http", "drivers/model", "drivers/ssh", "drivers/equipment", "drivers/remote"]
LAYERS = {
    "base": [],
    "store/codec": ["base"],
    "store/crypto": ["base", "store/codec"],
    "store/pack": ["base", "store/codec", "store/crypto"],
    "store/odb": ["base", "store/codec", "store/crypto", "store/pack"],
    "store/journal": ["base", "store/codec", "store/crypto", "store/pack"],
    "store/rules": STORE_BELOW_RULES,
    "store/repo": STORE,
    "drivers": ["base"],
    "drivers/http": ["base"],
    "drivers/model": ["base"],
    "drivers/ssh": ["base"],
    "drivers/equipment": ["base", "drivers", "drivers/http", "drivers/model", "drivers/ssh"],
    "drivers/remote": ["base", "drivers", "drivers/http", "drivers/ssh"],
    "hooks": ["base"],
    "cli/texts": ["base"],
    "cli/work": [*STORE, *DRIVERS, "hooks", "cli", "cli/texts"],
    "cli/command": [*STORE, *DRIVERS, "hooks", "cli", "cli/texts", "cli/work"],
    "cli": [*STORE, *DRIVERS, "hooks", "cli/texts", "cli/work", "cli/command"],
}

# Third-party headers: who may include them. What no line here admits is refused.
LIBRARIES = [
    (r"sodium\.h|sodium/.*", ["store/crypto"]),
    # The sums of logins that equipments ask for (SHA-1 of ONVIF's tokens).
    (r"openssl/(crypto|evp)\.h", ["store/crypto", "drivers/http", "drivers/remote", "drivers/equipment"]),
    # Sums and signatures of a remote's protocol, and the certificate that a server shows: nothing that
    # is kept is sealed by these.
    (r"openssl/(crypto|evp|hmac|sha|x509|x509_vfy)\.h", ["store/crypto", "drivers/http", "drivers/remote"]),
    (r"openssl/.*", ["store/crypto"]),
    (r"zstd.*\.h|zdict\.h", ["store/codec"]),
    (r"git2.*", ["store/odb"]),
    (r"cctz/.*", ["store/rules"]),
    (r"CLI/.*", ["cli"]),
    (r"toml\+\+/.*", ["cli"]),
    (r"curl/.*", ["drivers/http"]),
    (r"libssh/.*", ["drivers/ssh"]),
    (r"pugixml\.hpp", ["drivers"]),
    (r"yaml\.h", ["drivers/model"]),
    (r"nlohmann/.*", ["store", "drivers", "hooks", "cli"]),
]
POSIX_HOMES = ["base", "drivers"]
POSIX = re.compile(r"(sys|linux|net|netinet|arpa|asm)/.*|[a-z_0-9]+\.h")
FILE_HEADERS = {"fstream", "filesystem"}  # of the standard library, and still a way around the seam

# What only base/ may do. A bare time() is taken for the C function by its argument: members may be so named.
CHANCE = "random bytes come from base/random.hpp"
TIME = "time comes from base/clock.hpp"
FILES = "files go through base/file_system.hpp"
CALLS = [
    (r"\bgetrandom\s*\(|\bgetentropy\s*\(|\barc4random", CHANCE),
    (r"\bstd::random_device\b|(?<![\w.>:])(?:std::)?s?rand\s*\(", CHANCE),
    (r"\bstd::time\s*\(|(?<![\w.>])time\s*\(\s*(?:nullptr|NULL|0|&\s*\w+)\s*\)", TIME),
    (r"\bclock_gettime\s*\(|\bgettimeofday\s*\(", TIME),
    (r"\b(?:system|steady|high_resolution)_clock::now\b", TIME),
    (r"\bf(?:re|d)?open\s*\(", FILES),
    (r"\bstd::(?:basic_)?[io]?fstream\b", FILES),
    (r"\bstd::rename\s*\(|\bstd::filesystem::(?!path\b)", FILES),
]
CALLS = [(re.compile(pattern), why) for pattern, why in CALLS]

TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<string>R"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)"
                  |"(?:\\.|[^"\\\n])*"
                  |(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*')
    """,
    re.DOTALL | re.VERBOSE,
)
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"(?P<own>[^"]*)"|<(?P<foreign>[^>]*)>)')


def blanked(text, strings_too):
    """The text without comments (and strings), line breaks kept."""

    def blank(match):
        if match["comment"] is None and not strings_too:
            return match[0]
        return " " + "\n" * match[0].count("\n")

    return TOKEN.sub(blank, text)


def layer_of(path):
    """The longest layer that `path` lies in; None when in none."""
    parts = path.split("/")[:-1]
    while parts:
        if "/".join(parts) in LAYERS:
            return "/".join(parts)
        # A helper folder of cli/ is cli/; elsewhere a new folder needs a line in LAYERS.
        if parts[0] != "cli" and parts[0] != "base":
            return None
        parts.pop()
    return None


def lies_in(layer, homes):
    return any(layer == home or layer.startswith(home + "/") for home in homes)


def check_own(layer, header):
    target = layer_of(header)
    if ".." in header or "/" not in header:
        return f'"{header}" is not written from the root'
    if target is None:
        return f'"{header}" lies in no layer'
    if target != layer and target not in LAYERS[layer]:
        return f"{layer} may not see {target}"
    return None


def check_foreign(layer, header):
    for pattern, homes in LIBRARIES:
        if re.fullmatch(pattern, header):
            return None if lies_in(layer, homes) else f"<{header}> belongs to {', '.join(homes)}"
    if header in FILE_HEADERS:
        return None if layer == "base" else f"<{header}> belongs to base"
    if "/" not in header and "." not in header:
        return None  # the standard library
    if POSIX.fullmatch(header):
        return None if lies_in(layer, POSIX_HOMES) else f"<{header}> belongs to {', '.join(POSIX_HOMES)}"
    return f"no rule admits <{header}>"


def violations(path, text):
    """(line, what) of each line of `text` that the file at `path` may not have."""
    layer = layer_of(path)
    if layer is None:
        return [(1, "lies in no layer")]
    found = []
    for number, line in enumerate(blanked(text, strings_too=False).split("\n"), 1):
        include = INCLUDE.match(line)
        if include is None:
            continue
        own = include["own"]
        what = check_own(layer, own) if own is not None else check_foreign(layer, include["foreign"])
        if what:
            found.append((number, what))
    if layer != "base":
        for number, line in enumerate(blanked(text, strings_too=True).split("\n"), 1):
            found += [(number, why) for pattern, why in CALLS if pattern.search(line)]
    return found


REFUSED = [
    ("base/a.cpp", '#include "store/codec/codec.hpp"'),
    ("base/a.cpp", "#include <nlohmann/json.hpp>"),
    ("store/codec/a.cpp", '#include "store/crypto/seal.hpp"'),
    ("store/crypto/a.cpp", "#include <zstd.h>"),
    ("store/pack/a.cpp", '#include "store/odb/git.hpp"'),
    ("store/pack/a.cpp", "#include <sodium.h>"),
    ("store/pack/a.cpp", "#  include  <openssl/evp.h>"),
    ("store/odb/a.cpp", '#include "store/journal/state.hpp"'),
    ("store/journal/a.cpp", '#include "store/odb/git.hpp"'),
    ("store/journal/a.cpp", "#include <unistd.h>"),
    ("store/rules/a.cpp", '#include "store/odb/names.hpp"'),
    ("store/repo/a.cpp", '#include "cli/work/capture.hpp"'),
    ("store/repo/a.cpp", '#include "drivers/equipment/files.hpp"'),
    ("store/repo/a.cpp", "#include <cctz/time_zone.h>"),
    ("store/repo/a.cpp", "#include <git2/sys/odb_backend.h>"),
    ("store/repo/a.cpp", "#include <sys/stat.h>"),
    ("store/repo/a.cpp", '#include "repository.hpp"'),
    ("store/repo/a.cpp", '#include "store/repo/../odb/git.hpp"'),
    ("store/repo/a.cpp", "#include <CLI/CLI.hpp>"),
    ("store/repo/a.cpp", "#include <boost/asio.hpp>"),
    ("store/repo/a.cpp", "#include <fstream>"),
    ("store/novel/a.cpp", "int x;"),
    ("drivers/equipment/a.cpp", '#include "store/repo/repository.hpp"'),
    ("drivers/equipment/a.cpp", '#include "drivers/remote/s3.hpp"'),
    ("drivers/equipment/a.cpp", "#include <curl/curl.h>"),
    ("drivers/remote/a.cpp", '#include "drivers/equipment/files.hpp"'),
    ("drivers/remote/a.cpp", "#include <openssl/kdf.h>"),
    ("drivers/equipment/a.cpp", "#include <openssl/hmac.h>"),
    ("store/pack/a.cpp", "#include <openssl/sha.h>"),
    ("drivers/http/a.cpp", '#include "drivers/remote/s3.hpp"'),
    ("drivers/ssh/a.cpp", '#include "drivers/remote/credentials.hpp"'),
    ("drivers/remote/a.cpp", "#include <libssh/sftp.h>"),
    ("hooks/a.cpp", '#include "store/journal/journal.hpp"'),
    ("hooks/a.cpp", '#include "drivers/http/client.hpp"'),
    ("cli/work/a.cpp", '#include "cli/command/capture.hpp"'),
    ("cli/work/a.cpp", "#include <fcntl.h>"),
    ("cli/command/a.cpp", "#include <dirent.h>"),
    ("cli/command/a.cpp", '#include "tests/support/fake_clock.hpp"'),
    ("cli/work/a.cpp", "getrandom(out, size, 0);"),
    ("cli/work/a.cpp", "const auto now = time(nullptr);"),
    ("cli/work/a.cpp", "const auto now = std::time(&t);"),
    ("cli/work/a.cpp", "clock_gettime(CLOCK_REALTIME, &t);"),
    ("cli/work/a.cpp", "auto now = std::chrono::system_clock::now();"),
    ("cli/work/a.cpp", "std::random_device device;"),
    ("cli/work/a.cpp", 'FILE* file = fopen("x", "r");'),
    ("cli/work/a.cpp", 'std::ofstream out("x");'),
    ("drivers/equipment/a.cpp", 'auto in = std::ifstream("x");'),
    ("store/pack/a.cpp", "/* two\nlines */ std::ifstream in(path);"),
]
ADMITTED = [
    ("base/a.cpp", "#include <sys/random.h>\n#include <fstream>\nstd::ifstream in(path);"),
    ("base/a.cpp", "getrandom(out, size, 0); time(nullptr);"),
    ("store/crypto/a.cpp", '#include "store/codec/codec.hpp"\n#include <sodium.h>\n#include <openssl/kdf.h>'),
    ("store/codec/a.cpp", "#include <zstd.h>\n#include <vector>"),
    ("store/odb/a.cpp", '#include <git2/sys/commit.h>\n#include "store/pack/object_store.hpp"'),
    ("store/rules/a.cpp", '#include "store/journal/state.hpp"\n#include <cctz/time_zone.h>'),
    ("store/repo/a.cpp", '#include "store/odb/git.hpp"\n#include "store/rules/names.hpp"'),
    ("drivers/equipment/a.cpp", '#include "drivers/http/client.hpp"\n#include "base/error.hpp"'),
    ("drivers/http/a.cpp", "#include <curl/curl.h>\n#include <unistd.h>"),
    ("drivers/equipment/a.cpp", "#include <openssl/evp.h>"),
    ("drivers/remote/a.cpp", '#include <openssl/hmac.h>\n#include "drivers/http/curl_client.hpp"'),
    ("cli/work/a.cpp", '#include "store/repo/repository.hpp"\n#include "cli/settings.hpp"'),
    ("cli/command/a.cpp", '#include "cli/work/capture.hpp"\n#include <CLI/CLI.hpp>'),
    ("cli/text/a.cpp", '#include "cli/text/table.hpp"'),
    ("cli/work/a.cpp", '// std::ifstream in(path);\n/* time(nullptr) */ say("fopen(x)");'),
    ("cli/work/a.cpp", '// #include "cli/command/capture.hpp"'),
    ("cli/work/a.cpp", "snapshot.time(0); Timestamp time() const; expiry_time(nullptr); operand(0);"),
    ("cli/work/a.cpp", 'const auto t = R"(\nstd::ofstream out("x");\n)"; long n = 1\'000\'000;'),
]


def self_test():
    wrong = [f"not refused: {path}: {text!r}" for path, text in REFUSED if not violations(path, text)]
    wrong += [f"refused: {path}: {text!r}" for path, text in ADMITTED if violations(path, text)]
    for line in wrong:
        print("self-test:", line)
    return not wrong


def main():
    if not self_test():
        return 1
    count = 0
    bad = 0
    for top in ("base", "store", "drivers", "hooks", "cli"):
        for file in sorted((ROOT / top).rglob("*")):
            if file.suffix not in (".cpp", ".hpp", ".h", ".c", ".cc", ".def"):
                continue
            count += 1
            path = file.relative_to(ROOT).as_posix()
            for line, what in violations(path, file.read_text(encoding="utf-8")):
                print(f"{path}:{line}: {what}")
                bad += 1
    print(f"{count} files, {bad} violations")
    return 1 if bad or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
