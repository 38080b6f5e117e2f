# SPDX-License-Identifier: MIT
"""What all tables share: the contestants, PID namespaces, statistics, tables, and the witness of bad moments."""
import os, shutil, signal, statistics, subprocess, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = ("tini", "tini-static", "dumb-init", "catatonit")
DYNAMIC = ("tini", "dumb-init")  # what a dynamic build can be compared with, see standing
OURS = ("reinit", "reinit static")
median = statistics.median


class BenchError(Exception):
    """The measurement could not be made; nothing about the speed of anybody."""


def quantile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(part * len(values)))]


def wait_for(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise BenchError(f"timed out waiting for {what}")
        time.sleep(0.002)


def run(argv, seconds=120, text=None):
    """Run a program to its end and return its output; kill it when it takes too long."""
    try:
        done = subprocess.run(argv, input=text, stdout=subprocess.PIPE, text=True, timeout=seconds)
    except subprocess.TimeoutExpired as late:
        raise BenchError(f"{argv[0]} did not end within {seconds} s") from late
    if done.returncode != 0:
        raise BenchError(f"{' '.join(argv[:3])}...: exit code {done.returncode}")
    return done.stdout


# ---- /proc

def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def numbers(path):
    """The "key: number" lines of a file in /proc."""
    found = {}
    with open(path) as file:
        for line in file:
            words = line.split()
            if len(words) >= 2 and words[0].endswith(":") and words[1].isdigit():
                found[words[0][:-1]] = int(words[1])
    return found


def cpu_ns(pid):
    with open(f"/proc/{pid}/schedstat") as file:
        return int(file.read().split()[0])


def fd_count(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def zombies(pid):
    found = 0
    for child in children(pid):
        try:
            with open(f"/proc/{child}/stat") as file:
                found += file.read().rsplit(")", 1)[1].split()[0] == "Z"
        except OSError:
            pass
    return found


def load():
    with open("/proc/loadavg") as file:
        return float(file.read().split()[0])


def stolen_s():
    """Seconds that the machine below has given to others."""
    with open("/proc/stat") as file:
        return int(file.readline().split()[8]) / os.sysconf("SC_CLK_TCK")


# ---- processes

class Started:
    """A process of its own session that is ended, with what it started, by pid."""

    errors = None  # where stderr goes: a file that is shown when a measurement fails

    def __init__(self, argv):
        self.proc = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=Started.errors,
                                     start_new_session=True)
        self.pid = self.proc.pid

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()

    def stop(self):
        if self.proc.poll() is None:
            try:
                os.killpg(self.proc.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.proc.wait()


class Init(Started):
    """A command as PID 1 of a new PID namespace with its own /proc; pid is that of PID 1, seen from here."""

    def __init__(self, argv):
        super().__init__(["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"] + argv)
        try:
            wait_for(lambda: children(self.proc.pid) or self.proc.poll() is not None, argv[0])
            if self.proc.poll() is None:
                self.pid = children(self.proc.pid)[0]
        except BaseException:
            self.stop()
            raise

    def stop(self):
        try:
            if self.pid != self.proc.pid and self.proc.poll() is None:
                os.kill(self.pid, signal.SIGKILL)  # takes the whole namespace
                self.proc.wait(10)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
        super().stop()


# ---- the contestants

class Field:
    """Programs that were built for the benchmark, and the inits that take part."""

    def __init__(self, work, reinit, static, quick):
        self.work, self.quick = work, quick
        Started.errors = open(os.path.join(work, "errors"), "w+")
        self.parts = {}
        for name in ("floor", "launch", "orphans", "sigtimes", "updates"):
            self.build(name, name)
        self.build("pause", "pause", "-static")
        self.build("stamp", "stamp", "-static", "-nostdlib", "-fno-stack-protector", "-fno-pie", "-no-pie")
        self.inits = {"bare": [], "floor": [self.parts["floor"]]}
        if shutil.which("musl-gcc"):
            self.build("floor-musl", "floor", "-static", cc="musl-gcc")
            self.inits["floor, musl"] = [self.parts["floor-musl"]]
        for peer in PEERS:
            if shutil.which(peer):
                self.inits[peer] = [shutil.which(peer), "--"]
        self.reinits = {"reinit": reinit}
        if static:
            self.reinits["reinit static"] = static
        for name, path in self.reinits.items():
            self.inits[name] = [path, "--"]

    def build(self, name, source, *flags, cc=None):
        self.parts[name] = os.path.join(self.work, name)
        cc = [cc] if cc else os.environ.get("CC", "cc").split()
        run(cc + ["-O2", "-std=c11", "-Wall", "-o", self.parts[name], os.path.join(HERE, source + ".c"), *flags])

    def watching(self, name, paths, policy=()):
        """The command of a reinit that watches paths."""
        argv = [self.reinits[name], "--log-level", "error", *policy]
        for path in paths:
            argv += ["--watch", path]
        return argv + ["--"]

    def watched_dirs(self, count):
        paths = []
        for n in range(count):
            path = os.path.join(self.work, f"watched{n}")
            os.makedirs(path, exist_ok=True)
            with open(os.path.join(path, "key"), "w") as file:
                file.write(str(n))
            paths.append(path)
        return paths

    def size(self, name):
        """Bytes of the program without symbols, as packages have it; None for a bare command."""
        if not self.inits[name]:
            return None
        copy = os.path.join(self.work, "stripped")
        run(["strip", "-o", copy, os.path.realpath(self.inits[name][0])])
        return os.path.getsize(copy)


# ---- output

class Witness:
    """A thread that should wake every 50 ms: where it did not, the machine stood still."""

    def __init__(self):
        self.freezes = []
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        last = time.monotonic()
        while True:
            time.sleep(0.05)
            now = time.monotonic()
            if now - last > 0.25:
                self.freezes.append((last, now - last - 0.05))
            last = now

    def since(self, start):
        return [length for begin, length in self.freezes if begin >= start - 0.1]


class Report:
    """Collects markdown, and the figures for the table at the end."""

    def __init__(self, witness):
        self.witness, self.lines, self.figures = witness, [], []
        self.bad = []

    def say(self, text=""):
        print(text, flush=True)
        self.lines.append(text)

    def table(self, columns, rows):
        cells = [columns] + [[show(cell) for cell in row] for row in rows]
        widths = [max(len(row[n]) for row in cells) for n in range(len(columns))]
        for number, row in enumerate(cells):
            self.say("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")
            if number == 0:
                self.say("|" + "|".join("-" * (width + 2) for width in widths) + "|")

    def figure(self, name, unit, values):
        """values: contestant → number, less is better."""
        self.figures.append((name, unit, {who: value for who, value in values.items() if value is not None}))

    def section(self, title, measure):
        start, before, stolen = time.monotonic(), load(), stolen_s()
        self.say(f"## {title}\n")
        measure()
        freezes = self.witness.since(start)
        note = f"{time.monotonic() - start:.0f} s, load {before:.2f} to {load():.2f}, stolen {stolen_s() - stolen:.1f} s"
        if freezes:
            note += f", {len(freezes)} freezes of together {sum(freezes):.1f} s: distrust the tails"
            self.bad.append(f"{title}: freezes of {sum(freezes):.1f} s")
        self.say(f"\n({note})\n")

    def standing(self):
        """Every figure beside the best of the others, lost ones too."""
        rows = []
        for name, unit, values in self.figures:
            others = {who: value for who, value in values.items() if who not in OURS}
            dynamic = [value for who, value in others.items() if who in DYNAMIC]
            if not others:
                continue
            best = min(others, key=others.get)
            ours, static = (values.get(who) for who in OURS)
            rows.append([f"{name}, {unit}", f"{show(others[best])} ({best})", static, ratio(static, others[best]), ours,
                         ratio(ours, others[best]), ratio(ours, min(dynamic)) if dynamic else "–"])
        if rows:
            self.say("## Beside the best of the others\n")
            self.say("The last column compares the dynamic build with the dynamic ones (" + ", ".join(DYNAMIC) + ") alone.\n")
            self.table(["figure (less is better)", "best other", "reinit static", "×", "reinit", "×", "× dynamic"], rows)
            self.say()


def show(cell):
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return f"{cell:.3f}" if abs(cell) < 1 else f"{cell:.2f}" if abs(cell) < 10 else f"{cell:.0f}"
    return str(cell)


def ratio(value, other):
    if value is None or other is None:
        return "–"
    if other == 0:
        return "=" if value == 0 else "more"
    return f"{value / other:.2f}"


def peers_and_ours(values):
    return {name: values[name] for name in PEERS + OURS if name in values}


def best_peer(values):
    return min((values[peer] for peer in PEERS if values.get(peer) is not None), default=None)
