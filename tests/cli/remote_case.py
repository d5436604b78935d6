"""What the tests of remotes share: a bucket that fails on demand, media, and a second machine."""

import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "servers"))

import fake_s3  # noqa: E402
from coffre_cli import SharedRepositoryTestCase  # noqa: E402

REGION = "fr-par"
HASHED = ("packs", "index", "keys", "retired", "journal")


def stored_files(folder):
    """Name -> bytes of what a repository in a folder holds."""
    folder = pathlib.Path(folder)
    found = {}
    if (folder / "coffre.json").exists():
        found["coffre.json"] = (folder / "coffre.json").read_bytes()
    for name in HASHED:
        for path in sorted((folder / name).glob("*")):
            found[f"{name}/{path.name}"] = path.read_bytes()
    return found


class RemoteTestCase(SharedRepositoryTestCase):
    """A repository with two captures, and what a test adds as remotes."""

    init_options = ("--simulated",)

    def fill(self):
        self.write("tree/config.xml", "<camera name='hall'/>\n" * 40)
        self.write("tree/users.json", '{"users": ["a", "b"]}\n')
        self.capture(self.scratch / "tree")
        self.write("tree/config.xml", "<camera name='hall'/>\n" * 39 + "<camera name='quai'/>\n")
        self.capture(self.scratch / "tree")

    def setUp(self):
        super().setUp()
        self.credentials = self.write(
            "credentials", f"user={fake_s3.ACCESS_KEY}\npassword={fake_s3.SECRET_KEY}\n")
        self.credentials.chmod(0o600)
        # Waiting is simulated nowhere here: retries are few, so that a dead server is not waited for.
        self.quick = ["--set", "retries=2", "--set", "timeout=5"]

    def assert_one_line(self, result, subject=""):
        """Beside the line that every command of a simulated repository says."""
        lines = [line for line in result.err.splitlines(keepends=True) if b"SIMULATED" not in line]
        super().assert_one_line(type(result)(result.arguments, result.status, result.out, b"".join(lines)),
                                subject)

    def collect(self, **options):
        return self.succeed_json("gc", "--force", "test", **options)

    def bucket(self, **options):
        server = fake_s3.FakeS3(region=REGION, **options)
        server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)
        return server

    def bucket_url(self, server, prefix="site"):
        return f"s3+http://127.0.0.1:{server.port}/{fake_s3.BUCKET}/{prefix}"

    def direct_url(self, server, prefix="site"):
        """The same with its settings, for where no record tells of it."""
        return f"{self.bucket_url(server, prefix)}?region={REGION}&credentials-file={self.credentials}"

    def add_bucket(self, server, name="cloud", **options):
        return self.succeed("remote", "add", name, self.bucket_url(server), "--role", "cloud", "--set",
                            f"region={REGION}", "--set", f"credentials-file={self.credentials}", *self.quick,
                            **options)

    def bucket_files(self, server, prefix="site"):
        return {name[len(prefix) + 1:]: body for name, body in server.objects().items()
                if name.startswith(prefix + "/")}

    def add_medium(self, name="disk"):
        folder = self.scratch / f"medium-{name}"
        folder.mkdir()
        self.succeed("remote", "add", name, folder, "--role", "physical")
        return folder

    def mirror(self, *more, status=0, **options):
        return self.succeed_json("mirror", *more, status=status, **options)

    def another_machine(self, name="other"):
        """Variables of a machine that has never seen this repository, and its own copy's folder."""
        home = self.scratch / name
        for folder in ("home", "state", "cache"):
            (home / folder).mkdir(parents=True)
        copy = home / "repo"
        return {"HOME": home / "home", "XDG_STATE_HOME": home / "state", "COFFRE_CACHE_DIR": home / "cache",
                "COFFRE_REPO": copy}, copy

    def copy_for(self, name, source=None):
        """The same, with a copy of the repository made by hand."""
        machine, copy = self.another_machine(name)
        shutil.copytree(source or self.repo, copy)
        return machine, copy

    def names(self, **options):
        return [one["commit"] for one in self.succeed_json("log", **options)["snapshots"]]

    def newest_state(self):
        return self.succeed_json("log", "-n", "1")["snapshots"][0]["locations"][0]["state"]

    def only(self, folder, pattern):
        found = sorted(pathlib.Path(folder).glob(pattern))
        self.assertTrue(found, f"nothing like {pattern} in {os.listdir(folder)}")
        return found[0]
