#!/usr/bin/python3
"""Counts events for Prometheus' textfile collector: textfile.py FILE.prom

One series an event and site: how many came, and when the last one did. Written whole and renamed, so that the
collector never reads half of it; what is not ours in the file is not kept.

    [[hook]]
    name = "textfile"
    command = ["/usr/share/coffre/hooks/textfile.py", "/var/lib/prometheus/node-exporter/coffre_events.prom"]
"""

import datetime
import fcntl
import json
import os
import re
import sys

COUNT, LAST = "coffre_events_total", "coffre_event_last_timestamp_seconds"
HELP = {COUNT: ("counter", "Events that coffre told of."),
        LAST: ("gauge", "When the last one came, in seconds since 1970.")}
SERIES = re.compile(r'(\w+)\{event="([^"\\]*)",site="([^"\\]*)"\} ([0-9.e+]+)$')


def plain(text):
    """Within a label nothing needs to be escaped then."""
    return re.sub(r"[^A-Za-z0-9_.:-]", "_", str(text))


def read(path):
    found = {COUNT: {}, LAST: {}}
    try:
        with open(path, encoding="utf-8") as file:
            for row in file:
                match = SERIES.match(row.strip())
                if match and match[1] in found:
                    found[match[1]][match[2], match[3]] = float(match[4])
    except FileNotFoundError:
        pass
    return found


def text_of(found):
    rows = []
    for name, series in found.items():
        kind, what = HELP[name]
        rows += [f"# HELP {name} {what}", f"# TYPE {name} {kind}"]
        rows += [f'{name}{{event="{event}",site="{site}"}} {value:.0f}'
                 for (event, site), value in sorted(series.items())]
    return "\n".join(rows) + "\n"


def main():
    path = sys.argv[1]
    event = json.load(sys.stdin)
    key = plain(event["event"]), plain(event.get("site", ""))
    time = datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp()
    with open(path + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = read(path)
        found[COUNT][key] = found[COUNT].get(key, 0) + 1
        found[LAST][key] = time
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text_of(found))
        os.chmod(path + ".new", 0o644)
        os.replace(path + ".new", path)


if __name__ == "__main__":
    main()
