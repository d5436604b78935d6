"""coffre and its peers, each with its good settings. A capture is one equipment at one moment.

Every method that costs something returns a measure.Cost; what a tool does not have raises Unsupported.
"""

import json
import os
import re
import shutil

from measure import file_sizes, run

PASSPHRASE = "correct horse battery staple"


class Unsupported(Exception):
    """There is no figure, and why."""


class Tool:
    program = ""
    about = ""
    version_argument = "version"
    uncounted = ()  # beginnings of the names of caches that lie in the repository

    def __init__(self, folder, program=None):
        self.program = shutil.which(program or self.program)
        self.folder = os.path.join(folder, self.name())
        self.repo = os.path.join(self.folder, "repo")
        # Nothing of the caller's settings gets in.
        self.env = {"PATH": os.environ["PATH"], "HOME": self.folder, "TMPDIR": self.path("tmp"), "TZ": "UTC",
                    "LANG": "C.UTF-8", "XDG_CACHE_HOME": self.path("cache"),
                    "XDG_STATE_HOME": self.path("state"), "XDG_CONFIG_HOME": self.path("config"),
                    **self.settings()}

    @classmethod
    def name(cls):
        return cls.__name__.lower()

    def settings(self):
        return {}

    def path(self, name):
        return os.path.join(self.folder, name)

    def version(self):
        return re.search(r"\d+(\.\d+)+\S*", self.run(self.version_argument).out)[0]

    def run(self, *arguments, cwd=None, **env):
        return run([self.program, *arguments], {**self.env, **env}, cwd)

    def prepare(self):
        os.makedirs(self.path("tmp"))

    def gc(self):
        raise Unsupported("has none")

    def gc_harder(self):
        raise Unsupported("has none")

    def stored(self):
        return file_sizes(self.repo, self.uncounted)


class Coffre(Tool):
    program = "coffre"
    about = "key file; `capture --from`, `verify --read-data`"

    def settings(self):
        return {"COFFRE_REPO": self.repo, "COFFRE_KEY_FILE": self.path("key"),
                "COFFRE_CACHE_DIR": self.path("cache"), "COFFRE_LANG": "en"}

    def prepare(self):
        super().prepare()
        self.commands = set(re.findall(r"^  ([a-z]+) ", self.run("--help").out, re.MULTILINE))
        self.known = set()

    def need(self, command):
        if command not in self.commands:
            raise Unsupported("not in this version")

    def init(self):
        return self.run("init", "--simulated", "--client", "BENCH", "--site", "SITE", "--timezone", "UTC",
                        "--key-file-out", self.path("key"), COFFRE_PASSWORD=PASSPHRASE)

    def capture(self, unit, source, when):
        kind = [] if unit.name in self.known else ["--type", unit.type]
        self.known.add(unit.name)
        cost = self.run("capture", unit.name, *kind, "--from", source, "--kind", "HEBDO",
                        "--at", f"{when:%Y-%m-%dT%H:%M:%SZ}", "--json")
        return cost, json.loads(cost.out)["snapshots"][0]["commit"]

    def log(self):
        return self.run("log", "-n", "20")

    def diff(self, _unit, before, after):
        self.need("diff")
        return self.run("diff", before, after, "--stat")

    def restore(self, _unit, snapshot, target):
        return self.run("restore", snapshot, "--to", target, "--allow-plaintext", "benchmark")

    def verify(self):
        return self.run("verify", "--read-data")

    def gc(self):
        self.need("gc")
        return self.run("gc", "--no-expire")


class Restic(Tool):
    program = "restic"
    about = "`--compression auto`, cache on; passphrase, so scrypt in every process; `check --read-data`"

    def settings(self):
        return {"RESTIC_REPOSITORY": self.repo, "RESTIC_PASSWORD": PASSPHRASE,
                "RESTIC_CACHE_DIR": self.path("cache")}

    def init(self):
        return self.run("init", "--repository-version", "2")

    def capture(self, unit, source, when):
        cost = self.run("backup", "--compression", "auto", "--host", unit.name, "--tag", "HEBDO",
                        "--time", f"{when:%Y-%m-%d %H:%M:%S}", "--json", ".", cwd=source)
        return cost, re.findall(r'"snapshot_id":"([0-9a-f]+)"', cost.out)[-1]

    def log(self):
        return self.run("snapshots")

    def diff(self, _unit, before, after):
        return self.run("diff", before, after)

    def restore(self, _unit, snapshot, target):
        return self.run("restore", snapshot, "--target", target)

    def verify(self):
        return self.run("check", "--read-data")

    def gc(self):
        return self.run("prune")

    # Another repository, elsewhere, that snapshots are copied to.
    def init_at(self, there, env):
        return self.run("--repo", there, "init", "--repository-version", "2", "--from-repo", self.repo,
                        "--copy-chunker-params", RESTIC_FROM_PASSWORD=PASSPHRASE, **env)

    def copy_to(self, there, env):
        return self.run("--repo", there, "copy", "--from-repo", self.repo, RESTIC_FROM_PASSWORD=PASSPHRASE,
                        **env)


class Borg(Tool):
    program = "borg"
    version_argument = "--version"
    about = ("`-e repokey-blake2`, `-C zstd,3`, cache on; passphrase, so PBKDF2 in every process; "
             "`check --verify-data`")

    def settings(self):
        return {"BORG_REPO": self.repo, "BORG_PASSPHRASE": PASSPHRASE, "BORG_BASE_DIR": self.path("base")}

    def init(self):
        return self.run("init", "-e", "repokey-blake2")

    def capture(self, unit, source, when):
        name = f"{unit.name}-{when:%Y%m%d-%H%M}"
        return self.run("create", "-C", "zstd,3", "--timestamp", f"{when:%Y-%m-%dT%H:%M:%S}",
                        f"::{name}", ".", cwd=source), name

    def log(self):
        return self.run("list", "--last", "20")

    def diff(self, _unit, before, after):
        return self.run("diff", f"::{before}", after)

    def restore(self, _unit, snapshot, target):
        return self.run("extract", f"::{snapshot}", cwd=target)

    def verify(self):
        return self.run("check", "--verify-data")

    def gc(self):
        return self.run("compact")


class Bup(Tool):
    program = "bup"
    version_argument = "--version"
    about = "not encrypted; `index -u` and `save`; `fsck`"
    uncounted = ("bupindex",)

    def settings(self):
        return {"BUP_DIR": self.repo, "GIT_TEMPLATE_DIR": "", "GIT_CONFIG_NOSYSTEM": "1"}

    def init(self):
        return self.run("init")

    def capture(self, unit, source, when):
        cost = self.run("index", "-u", source)
        cost += self.run("save", "-n", unit.name, "--strip", "-d", str(int(when.timestamp())), source)
        return cost, f"/{unit.name}/{when:%Y-%m-%d-%H%M%S}"

    def log(self):
        # It lists by equipment only; one of them is the least that it can be asked for.
        return self.run("ls", "-l", "/")

    def diff(self, _unit, _before, _after):
        raise Unsupported("has none")

    def restore(self, _unit, snapshot, target):
        return self.run("restore", "-C", target, f"{snapshot}/.")

    def verify(self):
        return self.run("fsck")

    def gc(self):
        return self.run("gc", "--unsafe")


class Git(Tool):
    program = "git"
    version_argument = "--version"
    about = "not encrypted; `add` and `commit` of one branch; `fsck --full`"
    uncounted = ("index",)

    def settings(self):
        return {"GIT_DIR": self.repo, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
                "GIT_AUTHOR_NAME": "bench", "GIT_AUTHOR_EMAIL": "bench@example.org",
                "GIT_COMMITTER_NAME": "bench", "GIT_COMMITTER_EMAIL": "bench@example.org"}

    def init(self):
        cost = self.run("init", "-q", "--bare", "--template=", self.repo)
        for key, value in (("core.bare", "false"), ("gc.auto", "0"), ("core.autocrlf", "false")):
            self.run("config", key, value)
        # Its log refuses to list nothing.
        self.run("commit", "-q", "--allow-empty", "-m", "init", GIT_WORK_TREE=self.folder)
        return cost

    def capture(self, unit, source, when):
        # The folder of all equipments is the work tree, each capture a commit of one folder in it.
        top, path = (source, ".") if unit.whole else os.path.split(source)
        seconds = int(when.timestamp())
        day = {"GIT_AUTHOR_DATE": f"{seconds} +0000", "GIT_COMMITTER_DATE": f"{seconds} +0000",
               "GIT_WORK_TREE": top}
        cost = self.run("add", "-A", "-f", "--", path, cwd=top, **day)
        cost += self.run("commit", "-q", "--no-status", "--allow-empty", "-m", unit.name, cwd=top, **day)
        return cost, self.run("rev-parse", "HEAD").out.strip()

    def log(self):
        return self.run("log", "-n", "20", "--format=%h %cI %s")

    def diff(self, unit, before, after):
        return self.run("diff", "--stat", before, after, "--", *([] if unit.whole else [unit.name]))

    def restore(self, unit, snapshot, target):
        # A tree of its own as the index, so that the equipment's folder lands in the target without its name.
        tree = snapshot + ("^{tree}" if unit.whole else f":{unit.name}")
        env = {"GIT_WORK_TREE": target, "GIT_INDEX_FILE": self.path("index-of-restore")}
        cost = self.run("read-tree", "--reset", tree, cwd=target, **env)
        return cost + self.run("checkout-index", "-a", "-f", cwd=target, **env)

    def verify(self):
        return self.run("fsck", "--full", "--no-progress")

    def gc(self):
        return self.run("gc", "-q", "--prune=now")

    def gc_harder(self):
        return self.run("gc", "-q", "--aggressive", "--prune=now")


ALL = {tool.name(): tool for tool in (Coffre, Restic, Borg, Bup, Git)}
