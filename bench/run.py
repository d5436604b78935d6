#!/usr/bin/python3
"""Times coffre and its peers side by side on one history of a fleet, and prints a table with ratios.

See README.md beside this file for what is measured, how to read it and the traps.
"""

import argparse
import collections
import datetime
import json
import os
import platform
import shutil
import signal
import statistics
import sys
import tempfile

import history
import measure
import tools

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
REPEATS = 3  # of what is quick; the median counts
PROMISE = 0.1  # CPU seconds of `log -n 20`
Unit = collections.namedtuple("Unit", "name type whole")


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def scratch_root(weeks, cameras):
    """TMPDIR where it is set, else memory where there is room, else the system's temporary folder."""
    if "TMPDIR" in os.environ:
        return None
    needed = 500e6 + 4 * weeks * cameras * 240e3
    try:
        return "/dev/shm" if shutil.disk_usage("/dev/shm").free > 2 * needed else None
    except OSError:
        return None


class Race:
    """All tools through the same steps, taking turns within each."""

    def __init__(self, scratch, running, options):
        self.scratch, self.tools, self.options = scratch, running, options
        self.turn = 0
        self.fleet = os.path.join(scratch, "fleet")
        self.units = ([Unit("FLEET", "SITE", True)] if options.whole else
                      [Unit(name, kind, False) for name, kind, _, _ in history.FLEET])
        self.snapshots = {}  # (tool, unit, week) -> what the tool calls it
        self.captures = {tool: [] for tool in running}
        self.steps = {tool: {} for tool in running}  # tool -> step -> Cost, or the reason why there is none
        self.stored = {tool: {} for tool in running}

    def order(self):
        """A different tool begins each time, so that nobody always finds the caches warm."""
        names = list(self.tools)
        self.turn += 1
        start = self.turn % len(names)
        return [(name, self.tools[name]) for name in names[start:] + names[:start]]

    def step(self, name, repeats, action):
        """action(tool) -> Cost, for every tool, `repeats` times in turn."""
        say(name)
        taken = {tool: [] for tool in self.tools}
        for _ in range(repeats):
            for tool, driver in self.order():
                try:
                    taken[tool].append(action(driver))
                except tools.Unsupported as reason:
                    self.steps[tool][name] = str(reason)
        for tool, costs in taken.items():
            if costs:
                self.steps[tool][name] = measure.median(costs)

    def over_units(self, action):
        def summed(tool):
            return sum((action(tool, unit) for unit in self.units), measure.Cost())
        return summed

    def source(self, unit, week):
        return os.path.join(self.scratch, "history", f"week-{week:03}", "" if unit.whole else unit.name)

    def export(self, unit, week):
        """Each export is written anew, as an equipment does, so that every tool has to read all of it."""
        live = self.fleet if unit.whole else os.path.join(self.fleet, unit.name)
        shutil.rmtree(live, ignore_errors=True)
        shutil.copytree(self.source(unit, week), live, copy_function=shutil.copyfile)
        return live

    def capture_all(self):
        for week in range(self.options.weeks):
            say(f"captures of week {week + 1} of {self.options.weeks}")
            for unit in self.units:
                live = self.export(unit, week)
                for name, driver in self.order():
                    cost, snapshot = driver.capture(unit, live, history.when(week))
                    self.snapshots[name, unit.name, week] = snapshot
                    self.captures[name].append({"week": week, "equipment": unit.name, **cost.json()})

    def restored(self, week):
        """Times bringing a week back, and compares it byte by byte: a tool that loses data is not fast."""
        def action(tool, unit):
            target = os.path.join(self.scratch, "restored")
            os.mkdir(target)
            cost = tool.restore(unit, self.snapshots[tool.name(), unit.name, week], target)
            wrong = measure.differences(self.source(unit, week), target)
            if wrong:
                raise measure.Failed(f"{tool.name()} did not bring back {unit.name} of week {week + 1}:\n" +
                                     "\n".join(wrong[:10]))
            shutil.rmtree(target)
            return cost
        return self.over_units(action)

    def keep_sizes(self, key):
        for name, driver in self.tools.items():
            self.stored[name][key], self.stored[name][key + "_bytes"] = driver.stored()

    def run(self):
        last = self.options.weeks - 1
        for driver in self.tools.values():
            driver.prepare()
        self.step("init", 1, lambda tool: tool.init())
        self.step("list_empty", REPEATS, lambda tool: tool.log())
        self.capture_all()
        self.keep_sizes("files")
        self.step("list", REPEATS, lambda tool: tool.log())
        self.step("diff", 1, self.over_units(lambda tool, unit: tool.diff(
            unit, *(self.snapshots[tool.name(), unit.name, week] for week in (max(0, last - 1), last)))))
        self.step("restore_last", 1, self.restored(last))
        self.step("restore_first", 1, self.restored(0))
        self.step("verify", 1, lambda tool: tool.verify())
        self.step("gc", 1, lambda tool: tool.gc())
        self.keep_sizes("files_after_gc")
        self.step("gc_harder", 1, lambda tool: tool.gc_harder())
        self.keep_sizes("files_after_gc_harder")
        for tool, steps in self.steps.items():  # tidying up must not lose anything either
            if not isinstance(steps["gc"], str):
                self.restored(last)(self.tools[tool])
                self.restored(0)(self.tools[tool])

    def weekly(self, tool, key):
        """The cost of each week: the sum over its captures."""
        sums = [0.0] * self.options.weeks
        for capture in self.captures[tool]:
            sums[capture["week"]] += capture[key]
        return sums

    def rows(self, opaque):
        """[key, what, unit, {tool: figure or reason}] for each line of the table."""
        rows = []

        def add(key, what, unit, figure):
            rows.append([key, what, unit, {tool: figure(tool) for tool in self.tools}])

        def step(name, field):
            def figure(tool):
                cost = self.steps[tool][name]
                return cost if isinstance(cost, str) else getattr(cost, field)
            return figure

        add("stored", "stored", "MB", lambda tool: self.stored[tool]["files_bytes"] / 1e6)
        add("stored_net", "stored, net of opaque exports", "MB",
            lambda tool: (self.stored[tool]["files_bytes"] - opaque) / 1e6)
        for key, what in (("gc", "gc"), ("gc_harder", "gc --aggressive")):
            add(f"stored_{key}_net", f"the same after {what}", "MB", lambda tool, key=key: (
                self.steps[tool][key] if isinstance(self.steps[tool][key], str) else
                (self.stored[tool][f"files_after_{key}_bytes"] - opaque) / 1e6))
        add("files", "files in the repository", "", lambda tool: self.stored[tool]["files"])
        for field, name in (("cpu", "CPU"), ("wall", "wall")):
            for key, what, pick in (
                    ("first", "first week", lambda sums: sums[0]),
                    ("median", "median of later weeks", lambda sums: statistics.median(sums[1:])),
                    ("last", "last week", lambda sums: sums[-1])):
                add(f"capture_{key}_{field}", f"capture, {what}, {name}", "s",
                    lambda tool, pick=pick, field=field: pick(self.weekly(tool, field)))
        for key, what in (
                ("init", "init"), ("list_empty", "list, nothing captured yet"), ("list", "list (log -n 20)"),
                ("diff", "diff, last two weeks"), ("restore_last", "restore, last week"),
                ("restore_first", "restore, first week"), ("verify", "verify, all data"), ("gc", "gc"),
                ("gc_harder", "gc --aggressive")):
            for field, name in (("cpu", "CPU"), ("wall", "wall")):
                add(f"{key}_{field}", f"{what}, {name}", "s", step(key, field))
        add("peak_capture", "peak memory, capture", "MB",
            lambda tool: max(capture["peak"] for capture in self.captures[tool]) / 1e6)
        for key, what in (("restore_last", "restore"), ("verify", "verify"), ("gc", "gc")):
            add(f"peak_{key}", f"peak memory, {what}", "MB", lambda tool, key=key: (
                self.steps[tool][key] if isinstance(self.steps[tool][key], str) else
                self.steps[tool][key].peak / 1e6))
        return rows


def startup(scratch, program, count):
    """What a process of coffre costs before it does anything, and `log -n 20` of many tiny snapshots."""
    say(f"startup: {count} tiny snapshots")
    tool = tools.Coffre(os.path.join(scratch, "startup"), program)
    tool.prepare()
    tool.init()
    source = tool.path("camera")
    os.mkdir(source)
    unit = Unit("CAM-GATE", "CAM", False)
    for number in range(count):
        with open(os.path.join(source, "parameters.txt"), "w", encoding="ascii") as file:
            file.write(f"root.Properties.Firmware={number}\n")
        tool.capture(unit, source, history.START + datetime.timedelta(hours=number))
    figures = {"snapshots": count, "promise_cpu": PROMISE}
    for key, action in (("nothing", lambda: measure.run(["/bin/true"], tool.env)),
                        ("version", lambda: tool.run("version")), ("log", tool.log)):
        costs = [action() for _ in range(3 * REPEATS)]
        figures[key] = measure.median(costs).json()
    return figures


def growth(scratch, program, count):
    """What commands cost after 100 snapshots and after `count`, of the same equipments."""
    say(f"growth: 100 snapshots, then {count}")
    tool = tools.Coffre(os.path.join(scratch, "growth"), program)
    tool.prepare()
    tool.init()
    names = [f"CAM-{number:02}" for number in range(20)]
    step = made = 0

    def export(name):
        os.makedirs(tool.path(name), exist_ok=True)
        for part in range(3):
            lines = (f"root.Group{part}.Value{line}={step if line == 7 else name}\n" for line in range(40))
            with open(os.path.join(tool.path(name), f"group-{part}.txt"), "w", encoding="ascii") as file:
                file.writelines(lines)

    def at():
        return f"{history.START + datetime.timedelta(hours=step):%Y-%m-%dT%H:%M:%SZ}"

    def capture(exported, *what):
        nonlocal step, made
        step += 1
        for name in exported:
            export(name)
        made += len(exported) or 1
        return tool.run("capture", *what, "--at", at())

    for name in names:
        export(name)
        tool.run("equipment", "add", name, "--type", "CAM", "--driver", "files",
                 "--set", f"path={tool.path(name)}")
    actions = {"log": tool.log, "show": lambda: tool.run("show", f"{names[0]}@latest"),
               "capture": lambda: capture(names[:1], names[0]), "unchanged": lambda: capture([], names[0])}
    result = {"snapshots": [100, count]}
    for snapshots in result["snapshots"]:
        while made < snapshots:
            capture(names, "--all")
        costs = {key: [action() for _ in range(5 * REPEATS)] for key, action in actions.items()}
        for key, some in costs.items():
            result.setdefault(key, []).append(measure.median(some).json())
    return result


def machine():
    model = platform.machine()
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(),
            "date": datetime.date.today().isoformat(), "load_before": os.getloadavg()[0]}


def cell(figure, base, unit, floor):
    """A figure and its ratio to coffre's. What is not above the floor is known to be no more than that."""
    if isinstance(figure, str):
        return figure
    if figure <= floor:
        return f"≤ {floor:.0f}"
    text = {"": f"{figure}", "s": f"{figure:.3f}", "MB": f"{figure:.2f}"}[unit]
    if base is None or isinstance(base, str) or base <= 0:
        return text
    return f"{text} ({'≥ ' if base <= floor else ''}×{figure / max(base, floor):.2f})"


def markdown(result):
    """The table, as docs/benchmarks.md shows it."""
    ours, names, load = result["machine"], list(result["versions"]), result["workload"]
    floor = 1.03 * result["floor_peak"] / 1e6
    lines = [f"{ours['cpu']}, {ours['cores']} cores, {ours['date']}; load before {ours['load_before']:.1f}, "
             f"after {ours['load_after']:.1f}. Repositories on {result['medium']}.",
             "", f"{load['weeks']} weeks of {load['equipments']} equipments, {load['files']} files, "
             f"{load['bytes'] / 1e6:.1f} MB in all, of which {load['opaque_bytes'] / 1e6:.1f} MB opaque; "
             f"{load['processes']} captures a week, seed {load['seed']}.", ""]
    lines += [f"- {name} {result['versions'][name]}: {result['settings'][name]}" for name in names]
    lines += [f"- {name}: absent from this machine, not measured" for name in result["absent"]]
    lines += ["", "| | " + " | ".join(names) + " |", "| --- |" + " ---: |" * len(names)]
    for row in result["rows"]:
        base = row["figures"].get("coffre")
        least = floor if row["key"].startswith("peak") else 0
        cells = [cell(row["figures"][name], None if name == "coffre" else base, row["unit"], least)
                 for name in names]
        what = row["what"] + (f", {row['unit']}" if row["unit"] else "")
        lines.append(f"| {what} | " + " | ".join(cells) + " |")
    if result["startup"]:
        start = result["startup"]
        lines += ["", f"| startup, {start['snapshots']} tiny snapshots, key file | CPU, s | wall, s |",
                  "| --- | ---: | ---: |"]
        lines += [f"| {what} | {start[key]['cpu']:.4f} | {start[key]['wall']:.4f} |" for key, what in
                  (("nothing", "a process that does nothing"), ("version", "coffre version"),
                   ("log", f"coffre log -n 20 (promised: at most {start['promise_cpu']} s CPU)"))]
    if result["growth"]:
        grown = result["growth"]
        few, many = grown["snapshots"]
        lines += ["", f"| growth, CPU, s | {few} snapshots | {many} | ratio |",
                  "| --- | ---: | ---: | ---: |"]
        lines += [f"| {what} | {grown[key][0]['cpu']:.4f} | {grown[key][1]['cpu']:.4f} | "
                  f"×{grown[key][1]['cpu'] / max(grown[key][0]['cpu'], 1e-4):.2f} |" for key, what in
                  (("log", "coffre log -n 20"), ("show", "coffre show NAME@latest"),
                   ("capture", "coffre capture NAME, a value changed"),
                   ("unchanged", "coffre capture NAME, nothing changed"))]
    return "\n".join(lines) + "\n"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weeks", type=int, default=8, help="captures of each equipment (8)")
    parser.add_argument("--cameras", type=int, default=32, help="size of each export (32 cameras a recorder)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--whole", action="store_true", help="the fleet as one capture, one process a week")
    parser.add_argument("--tools", default=",".join(tools.ALL), help="which, in which order (all)")
    parser.add_argument("--startup", type=int, default=1000, help="snapshots of the startup section; 0: none")
    parser.add_argument("--growth", type=int, default=0, metavar="N",
                        help="after 100 snapshots and after N, which takes minutes; 0: not measured (0)")
    parser.add_argument("--coffre", default=os.path.join(ROOT, "build", "coffre"), help="(build/coffre)")
    parser.add_argument("--json-out", metavar="F", help="every figure, also those of each capture")
    options = parser.parse_args()
    options.tools = options.tools.split(",")
    if set(options.tools) - set(tools.ALL) or "coffre" not in options.tools:
        parser.error(f"--tools: coffre and any of {', '.join(tools.ALL)}")
    if options.weeks < 2 or options.cameras < 1 or options.startup < 0 or options.growth < 0:
        parser.error("at least 2 weeks and 1 camera")
    return options


def bench(options, scratch):
    present, absent = {}, []
    for name in options.tools:
        tool = tools.ALL[name](scratch, os.path.abspath(options.coffre) if name == "coffre" else None)
        if tool.program:
            present[name] = tool
        else:
            absent.append(name)
            say(f"{name} is absent from this machine and not measured (scripts/setup.sh bench installs it)")
    if "coffre" in absent:
        raise measure.Failed(f"there is no {options.coffre}: run 'make build' first")
    result = {"machine": machine(), "medium": "memory" if scratch.startswith("/dev/shm/") else "disk",
              "absent": absent, "settings": {name: tool.about for name, tool in present.items()}}
    # The workload is made by a process of its own: a child's peak is never below this process's size.
    result["floor_peak"] = measure.run(["/bin/true"], {}).peak
    made = os.path.join(scratch, "history")
    say("writing the history of the fleet")
    measure.run([sys.executable, "-B", os.path.join(HERE, "history.py"), made, "--weeks", str(options.weeks),
                 "--cameras", str(options.cameras), "--seed", str(options.seed)], dict(os.environ))
    files, size = measure.file_sizes(made)
    opaque = sum(os.stat(os.path.join(made, week, history.OPAQUE)).st_size for week in os.listdir(made))
    race = Race(scratch, present, options)
    result["workload"] = {"weeks": options.weeks, "cameras": options.cameras, "seed": options.seed,
                          "equipments": len(history.FLEET), "processes": len(race.units), "files": files,
                          "bytes": size, "opaque_bytes": opaque}
    race.run()
    result["versions"] = {name: tool.version() for name, tool in present.items()}
    result["floor_peak"] = max(result["floor_peak"], measure.run(["/bin/true"], {}).peak)
    result["startup"] = options.startup and startup(scratch, present["coffre"].program, options.startup)
    result["growth"] = options.growth and growth(scratch, present["coffre"].program, options.growth)
    result["machine"]["load_after"] = os.getloadavg()[0]
    result["rows"] = [dict(zip(("key", "what", "unit", "figures"), row)) for row in race.rows(opaque)]
    result["captures"] = race.captures
    return result


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    root = scratch_root(options.weeks, options.cameras)
    try:
        with tempfile.TemporaryDirectory(prefix="coffre-bench-", dir=root) as scratch:
            result = bench(options, scratch)
    except measure.Failed as error:
        say(error)
        return 1
    except KeyboardInterrupt:
        return 130
    if options.json_out:
        with open(options.json_out, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
            file.write("\n")
    print(markdown(result), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
