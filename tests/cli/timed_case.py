"""Tests that say what time it is: coffre starts at an instant of theirs (tests/support/preload.cpp)."""

import datetime
import json

from clock_case import PRELOAD
from coffre_cli import SharedRepositoryTestCase

BEGIN = datetime.datetime(2026, 3, 2, 8, tzinfo=datetime.timezone.utc)  # a Monday; 09:00 in Paris


def stamp(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


class TimedTestCase(SharedRepositoryTestCase):
    """A site that began at BEGIN with one automatic equipment; hooks that write down what they hear."""

    def setUp(self):
        self.now = BEGIN
        self.machine = {}  # of the preloaded library, beside the time
        super().setUp()
        self.now = BEGIN + datetime.timedelta(minutes=5)
        self.tree = self.write("tree/config.xml", b"<camera/>\n").parent
        self.succeed("equipment", "add", "NVR-HALL", "--type", "NVR", "--driver", "files", "--set",
                     f"path={self.tree}")
        self.later(minutes=1)

    def init(self, *more, **options):
        return super().init(*more, **{"client": "CLIEXEMP", "site": "SIEGEPARIS", **options})

    def with_environment(self, extra=None):
        # A command takes a while: what the next one looks at is over.
        self.later(seconds=20)
        given = {"LD_PRELOAD": PRELOAD, "TEST_NOW": int(self.now.timestamp()),
                 "ASAN_OPTIONS": "verify_asan_link_order=0", **self.machine, **(extra or {})}
        return super().with_environment(given)

    def later(self, **by):
        self.now += datetime.timedelta(**by)

    def settings(self, text):
        path = self.scratch / "home/.config/coffre/config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)

    def hook(self, name="notes", events=None, command=None, more=""):
        """The text of a hook that appends each event to the file of its name."""
        words = command or ["/bin/sh", "-c", f"cat >> {self.scratch / name}"]
        wanted = f"events = {json.dumps(events)}\n" if events else ""
        return f'[[hook]]\nname = "{name}"\ncommand = {json.dumps(words)}\n{wanted}{more}\n'

    def heard(self, name="notes", event=None):
        path = self.scratch / name
        rows = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [row for row in map(json.loads, rows) if event is None or row["event"] == event]

    def run_due(self, status=0, **options):
        return self.succeed_json("run", status=status, **options)

    def jobs(self, items):
        return [(item["job"], item["subject"]) for item in items]

    def anomalies(self, kind=None, *more):
        found = self.succeed_json("anomalies", *more)["anomalies"]
        return [one for one in found if kind is None or one["kind"] == kind]
