#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Change to signal: how long from a kubelet-like update until the service has its SIGHUP.

    reload.py --reinit PATH [--changes 300] [--gap-ms 30] [--runs 3]

All contestants take turns in one run (their order changes from turn to turn), so that a slow
moment of the machine meets all of them. Two figures for each change: from just before the rename of ..data, and from the
end of the update (the removal of the old directory), which is when the content has settled. A contestant that reacts
to the rename has its signal before the end: its second figure is then negative.
"""
import argparse, os, shlex, shutil, signal, statistics, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))


def build(work):
    parts = os.path.join(work, "reload_parts")
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", parts, os.path.join(HERE, "reload_parts.c")], check=True)
    return parts


def contestants(args, parts):
    init = [args.reinit, "--log-level", "error", "--on-change", "signal:HUP", "--watch", "{dir}", "--"]
    table = {
        "C watcher (least code)": ("beside", [parts, "watch", "{dir}", "{pid}"]),
        "reinit": ("init", init),
    }
    if shutil.which("inotifywait"):
        loop = ("inotifywait -q -m -e moved_to --format %f {dir} | "
                "while read -r f; do [ \"$f\" = ..data ] && kill -HUP {pid}; done")
        table["inotifywait -m | sh"] = ("beside", ["sh", "-c", loop])
    return table


def wait_for(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"reload.py: timed out waiting for {what}")
        time.sleep(0.002)


class Turn:
    """One contestant over one series of changes."""

    def __init__(self, kind, command, parts, work):
        self.dir = tempfile.mkdtemp(dir=work)
        self.out = os.path.join(work, os.path.basename(self.dir) + ".out")
        self.parts, self.procs = parts, []
        subprocess.run([parts, "update", self.dir, "1", "0", "1"], check=True, stdout=subprocess.DEVNULL)
        receive = [parts, "receive", self.dir, self.out]
        if kind == "init":
            argv = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
            self.start(argv + [w.replace("{dir}", self.dir) for w in command] + receive)
        else:
            receiver = self.start(receive)
            self.wait_ready()
            self.start([w.replace("{dir}", self.dir).replace("{pid}", str(receiver.pid)) for w in command])
        self.wait_ready()
        self.settle()

    def start(self, argv):
        proc = subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True)
        self.procs.append(proc)
        return proc

    def wait_ready(self):
        wait_for(lambda: os.path.exists(self.out) and os.path.getsize(self.out) > 0, "the receiver")

    def settle(self):
        """Change until one is answered: the watch is armed then."""
        for version in range(1000000, 1000200):
            before = len(self.stamps())
            subprocess.run([self.parts, "update", self.dir, "1", "0", str(version)], check=True,
                           stdout=subprocess.DEVNULL)
            end = time.monotonic() + 0.2
            while time.monotonic() < end:
                if len(self.stamps()) > before:
                    time.sleep(0.2)
                    return
                time.sleep(0.005)
        raise SystemExit("reload.py: the contestant never signals")

    def stamps(self):
        rows = [line.split() for line in open(self.out).read().splitlines()[1:]]
        return [(int(r[0]), int(r[1])) for r in rows if len(r) == 2]

    def run(self, changes, gap_ms):
        skip = len(self.stamps())
        done = subprocess.run([self.parts, "update", self.dir, str(changes), str(int(gap_ms * 1000)), "2"],
                              check=True, stdout=subprocess.PIPE, text=True).stdout
        updates = [tuple(map(int, line.split())) for line in done.splitlines()]
        wait_for(lambda: any(v == updates[-1][0] for _, v in self.stamps()[skip:]), "the last change")
        return updates, self.stamps()[skip:]

    def stop(self):
        for proc in reversed(self.procs):
            try:
                os.killpg(proc.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            proc.wait()


def latencies(updates, stamps):
    from_rename, from_end, missed = [], [], 0
    for n, (version, rename_ns, last_ns) in enumerate(updates):
        hits = [ns for ns, v in stamps if v >= version and ns >= rename_ns]
        following = updates[n + 1][1] if n + 1 < len(updates) else None
        if not hits or (following is not None and hits[0] > following):
            missed += 1
            continue
        from_rename.append((hits[0] - rename_ns) / 1e6)
        from_end.append((hits[0] - last_ns) / 1e6)
    return from_rename, from_end, missed


def quantile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(part * len(values)))] if values else float("nan")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--reinit", required=True)
    parser.add_argument("--changes", type=int, default=300)
    parser.add_argument("--gap-ms", type=float, default=30)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    work = tempfile.mkdtemp(prefix="reload-bench.")
    try:
        parts = build(work)
        table = contestants(args, parts)
        results = {name: ([], [], 0, 0, 0) for name in table}
        for run in range(args.runs):
            names = list(table)
            for name in names[run % len(names):] + names[:run % len(names)]:
                turn = Turn(*table[name], parts, work)
                try:
                    updates, stamps = turn.run(args.changes // args.runs, args.gap_ms)
                finally:
                    turn.stop()
                a, b, missed = latencies(updates, stamps)
                old = results[name]
                results[name] = (old[0] + a, old[1] + b, old[2] + missed, old[3] + len(stamps), old[4] + len(updates))
        print(f"change to signal: {args.changes} changes, {args.gap_ms:g} ms apart, no validation, "
              f"{time.strftime('%F')}, load {open('/proc/loadavg').read().split()[0]}")
        print("| contestant | changes | signals | median ms from rename | p95 | median ms from the update's end | p95 | late or missed |")
        print("|---|---|---|---|---|---|---|---|")
        floor = None
        for name, (a, b, missed, signals, changes) in results.items():
            print(f"| {name} | {changes} | {signals} | {statistics.median(a):.3f} | {quantile(a, .95):.3f} | "
                  f"{statistics.median(b):.3f} | {quantile(b, .95):.3f} | {missed} |")
            if floor is None:
                floor = statistics.median(a)
        print(f"ratio reinit / C watcher, median from rename: {statistics.median(results['reinit'][0]) / floor:.2f}")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
