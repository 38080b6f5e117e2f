# SPDX-License-Identifier: MIT
"""The tables of a watched directory: from a change to the signal, and storms of changes."""
import os, random, shutil, time

from bench import (BenchError, Init, Started, children, fd_count, median, quantile, ratio, run, wait_for, zombies)

LOOP = ("inotifywait -q -m -e moved_to --format %f {dir} | "
        "while read -r name; do [ \"$name\" = ..data ] && kill -HUP {pid}; done")
OTHERS = ("C watcher, rename", "C watcher, end", "inotifywait loop")
STAMP_FIRST = 1000  # the version of the first content


class Watched:
    """One contestant with a kubelet-like volume and a command that writes down each SIGHUP."""

    serial = 0

    def __init__(self, field, name):
        Watched.serial += 1
        self.field, self.name, self.started, self.version = field, name, [], STAMP_FIRST
        self.dir = os.path.join(field.work, f"volume{Watched.serial}")
        self.log = self.dir + ".log"
        os.mkdir(self.dir)
        self.change(1, 0)
        try:
            self.start()
            wait_for(lambda: os.path.exists(self.log) and os.path.getsize(self.log) > 0, f"{name}'s command")
            self.arm()
        except BaseException:
            self.stop()
            raise

    def start(self):
        receive = [self.field.parts["updates"], "receive", self.dir, self.log]
        if self.name in self.field.reinits:
            policy = ("--on-change", "signal:HUP")
            self.started.append(Init(self.field.watching(self.name, [self.dir], policy) + receive))
            return
        self.started.append(Started(receive))
        pid = str(self.started[0].pid)
        if self.name == "inotifywait loop":
            argv = ["sh", "-c", LOOP.format(dir=self.dir, pid=pid)]
        else:
            argv = [self.field.parts["updates"], "watch", self.dir, pid, "end" if "end" in self.name else "rename"]
        wait_for(lambda: os.path.exists(self.log), f"{self.name}'s command")
        self.started.append(Started(argv))

    def arm(self):
        """Change until it is answered: from then on nothing can be missed for a late start."""
        for _ in range(100):
            self.change(1, 0)
            end = time.monotonic() + 0.3
            while time.monotonic() < end:
                if self.stamps():
                    time.sleep(0.1)
                    return
                time.sleep(0.005)
        raise BenchError(f"{self.name} never signals")

    def change(self, count, gap_us):
        """[(version, rename_ns, end_ns)]"""
        out = run([self.field.parts["updates"], "make", "1", str(count), str(gap_us), str(self.version), self.dir], 300)
        self.version += count
        return [tuple(map(int, line.split()[1:])) for line in out.splitlines()]

    def stamps(self):
        """[(ns, version)], one for each SIGHUP"""
        with open(self.log) as file:
            rows = [line.split() for line in file.read().splitlines()]
        return [(int(row[0]), int(row[1])) for row in rows if len(row) == 2]

    def has_applied(self, version, since=0):
        return any(seen == version for _, seen in self.stamps()[since:])

    def stop(self):
        for process in reversed(self.started):
            process.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


def contestants(field):
    names = [name for name in OTHERS if name != "inotifywait loop" or shutil.which("inotifywait")]
    return names + list(field.reinits)


def latencies(updates, stamps, finish_ns):
    """From the rename and from the end, ms; and how many changes were not answered before the next one."""
    from_rename, from_end, late = [], [], 0
    for number, (version, rename_ns, end_ns) in enumerate(updates):
        next_ns = updates[number + 1][1] if number + 1 < len(updates) else finish_ns
        hit = next((ns for ns, seen in stamps if seen >= version and rename_ns <= ns < next_ns), None)
        if hit is None:
            late += 1
            continue
        from_rename.append((hit - rename_ns) / 1e6)
        from_end.append((hit - end_ns) / 1e6)
    return from_rename, from_end, late


def reload(field, report):
    rounds, gap_us = (25, 6000) if field.quick else (800, 8000)
    names, watched = contestants(field), []
    try:
        for name in names:
            watched.append(Watched(field, name))
        first = max(one.version for one in watched)
        since = [len(one.stamps()) for one in watched]
        out = run([field.parts["updates"], "make", str(random.randrange(1 << 30)), str(rounds), str(gap_us), str(first)]
                  + [one.dir for one in watched], 300)
        updates = [[] for _ in watched]
        for line in out.splitlines():
            number, *update = map(int, line.split())
            updates[number].append(tuple(update))
        time.sleep(0.5)
        finish_ns = time.monotonic_ns()
        stamps = [one.stamps()[skip:] for one, skip in zip(watched, since)]
    finally:
        for one in watched:
            one.stop()
    results = {name: latencies(updates[n], stamps[n], finish_ns) for n, name in enumerate(names)}
    at_end = {name: median(result[1]) for name, result in results.items() if result[1]}
    waiting = ["C watcher, end", *field.reinits]  # for the end; the others do not, and are no measure for it
    at_rename = {name: median(result[0]) for name, result in results.items() if result[0]}
    rows = []
    for number, name in enumerate(names):
        from_rename, from_end, late = results[name]
        if not from_end:
            raise BenchError(f"{name} answered no change")
        ahead = at_end[name] <= 0 or name not in waiting
        rows.append([name, len(updates[number]), len(stamps[number]), late, at_end[name], quantile(from_end, .99),
                     "–" if ahead else ratio(at_end[name], at_end["C watcher, end"]), at_rename[name],
                     quantile(from_rename, .99), ratio(at_rename[name], at_rename["C watcher, rename"])])
    report.say(f"A kubelet-like update to SIGHUP in the command, no validation; all side by side, {rounds} changes each, one directory after the\n"
               f"other in random order, about {gap_us / 1000:g} ms apart. The end of an update is the removal of the old directory (stamped before the\n"
               "call): only then all names are in place. Who signals at the rename is ahead of the end, hence the negative times.\n")
    report.table(["watcher", "changes", "signals", "late", "from the end, ms: median", "p99", "× C watcher, end",
                  "from the rename, ms: median", "p99", "× C watcher, rename"], rows)
    report.figure("change: from the end of the update", "ms",
                  {name: value for name, value in at_end.items() if name in waiting})
    report.figure("change: from the rename", "ms", at_rename)


def storm(field, name, count, gap_us):
    one = Watched(field, name)
    try:
        pid, since = one.started[-1].pid, len(one.stamps())
        fds = fd_count(pid)
        start = time.monotonic()
        updates = one.change(count, gap_us)
        wall = time.monotonic() - start
        last, rename_ns, _ = updates[-1]
        try:
            wait_for(lambda: one.has_applied(last, since), "the last content", 40)
        except BenchError:
            pass
        time.sleep(0.3)
        stamps = one.stamps()[since:]
        hits = [ns for ns, version in stamps if version == last]
        repeated = sum(before[1] == after[1] for before, after in zip(stamps, stamps[1:]))
        torn = sum(version < 0 for _, version in stamps)
        return [name, "back to back" if gap_us == 0 else f"{gap_us / 1000:g} ms", f"{wall:.1f}", "yes" if hits else "NO",
                (hits[0] - rename_ns) / 1e6 if hits else None, len(stamps), repeated, torn, zombies(pid),
                f"{fds} → {fd_count(pid)}"]
    finally:
        one.stop()


def storms(field, report):
    count = 500 if field.quick else 10000
    rows = [storm(field, name, count, gap_us) for gap_us in (0, 1000) for name in contestants(field)]
    report.say(f"{count} changes, then silence. Was the last content signalled, and how long after the last rename? \"Again\" counts signals\n"
               "after which the command found what it had found before, having read ahead of its signal; zombies and descriptors are those of the\n"
               "watcher.\n")
    report.table(["watcher", "between changes", "storm, s", "last applied", "after, ms", "signals", "again", "unreadable", "zombies",
                  "descriptors"], rows)
    lost = [f"{row[0]} ({row[1]})" for row in rows if row[3] != "yes"]
    if lost:
        report.say("\n**The last content was never signalled:** " + ", ".join(lost))
