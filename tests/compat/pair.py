# SPDX-License-Identifier: MIT
"""The same thing done to an original and to reinit under its name, so that what can be seen may be compared.

Both are called by their bare name and have a directory of their own, in which the subject (subject.c) writes its
report: then argv is the same on both sides, and so is every message that names it.
"""
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "integ"))
import conftest  # noqa: E402
from conftest import NAMESPACE, PROGRAM, children, status_field  # noqa: E402

QUIRK = 1 << signal.SIGTSTP - 1 | 1 << signal.SIGTTIN - 1 | 1 << signal.SIGTTOU - 1
LIMIT_S = int(os.environ.get("COMPAT_LIMIT_S", conftest.LIMIT_S))
SIDES = ("original", "ours")
MODES = pytest.mark.parametrize("pid1", [True, False], ids=["pid1", "child"])


def wait_until(condition, what):
    return conftest.wait_until(condition, what, LIMIT_S)


def installed(name):
    return os.path.exists(f"/usr/bin/{name}")


def inits(*names):
    """Run a test for each of these originals; one that is not installed is skipped, which is counted and shown."""
    return pytest.mark.parametrize("name", [
        pytest.param(name, marks=pytest.mark.skipif(not installed(name), reason=f"{name} is not installed"))
        for name in names])


ALL = inits("tini", "dumb-init", "catatonit")

PIDS = re.compile(r"(tini \(|catatonit:|PID |pid '|pid: '|pid=|pid1 \(|process )-?\d+")


def plain(text):
    """Without the numbers of processes, and the parts of one side's path."""
    return PIDS.sub(r"\1N", text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else text)


def without_quirk(line, side):
    """The original catatonit leaves TSTP, TTIN and TTOU blocked in its command: asserted here, for all cases."""
    if not line.startswith("SigBlk"):
        return line
    blocked = int(line.split()[1], 16)
    assert blocked & QUIRK == QUIRK or side == "ours"
    return f"SigBlk {blocked & ~QUIRK:016x}"


class Place:
    """Where one side runs: its directory, and the programs that it finds by name."""

    def __init__(self, top, side, name, subject, with_program):
        self.side, self.name = side, name
        self.bin, self.dir = top / side / "bin", top / side / "work"
        self.bin.mkdir(parents=True)
        self.dir.mkdir()
        (self.bin / name).symlink_to(f"/usr/bin/{name}" if side == "original" else PROGRAM)
        (self.bin / "subject").symlink_to(subject)
        (self.bin / "with").symlink_to(with_program)


class Run:
    """One init, with the subject or another command."""

    def __init__(self, place, words, pid1=True, env=None, given=(), setup=(), **popen):
        self.place, self.pid1, self.main, self.known_init = place, pid1, None, None
        self.report_file = place.dir / "report"
        self.argv = [*(NAMESPACE if pid1 else []), *setup,
                     *(["with", *given, "--"] if given else []), place.name, *words]
        popen.setdefault("stdin", subprocess.DEVNULL)
        self.files = contextlib.ExitStack()
        for stream in ("stdout", "stderr"):
            if stream not in popen:  # a file: a pipe would have to be read, and processes that stay would hold it
                popen[stream] = self.files.enter_context(open(place.dir.parent / stream, "wb"))
        popen.setdefault("start_new_session", True)
        full_env = {"PATH": f"{place.bin}:/usr/bin:/bin", "LC_ALL": "C", **(env or {})}
        self.proc = subprocess.Popen(self.argv, env=full_env, cwd=place.dir, **popen)
        self.files.close()

    def lines(self, name="report"):
        try:
            return (self.place.dir / name).read_bytes().decode("ascii").splitlines()
        except FileNotFoundError:
            return []

    def report(self):
        """What the subject was given, without the place of this side."""
        lines = [line.replace(str(self.place.dir), "DIR") for line in self.lines()]
        if self.place.name == "catatonit":
            lines = [without_quirk(line, self.place.side) for line in lines]
        return lines

    def signals(self, name="report"):
        """Those that the subject (or its child) has caught."""
        lines = self.lines(name)
        return lines[lines.index("ready") + 1:] if "ready" in lines else []

    def wait_line(self, line, name="report"):
        wait_until(lambda: line in self.lines(name) or self.proc.poll() is not None, f"{line!r} in {name}")
        assert line in self.lines(name), f"{self.place.side} ended with {self.proc.poll()}: {self.ended()}"

    def ready(self):
        self.wait_line("ready")
        self.command()
        return self

    @property
    def init(self):
        if not self.known_init:
            self.known_init = self.proc.pid if not self.pid1 else wait_until(
                lambda: children(self.proc.pid), "unshare to start the init")[0]
        return self.known_init

    def command(self):
        """Its process, which is known from now on."""
        self.main = self.main or wait_until(lambda: children(self.init), "the command")[0]
        return self.main

    def send(self, number):
        os.kill(self.init, number)

    def text(self, stream):
        """What stands in stdout or stderr by now."""
        file = self.place.dir.parent / stream
        return plain(file.read_bytes()) if file.exists() else ""

    def state(self, pid):
        return (status_field(pid, "State") or "X")[0]

    def ended(self):
        """Wait for the end: (code, stdout, stderr)."""
        try:
            self.proc.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            pytest.fail(f"{self.place.side} {self.argv} did not end")
        return self.proc.returncode, self.text("stdout"), self.text("stderr")

    def end(self):
        """End what is left of it, by its numbers."""
        pids = [self.main] if self.main else []
        if not self.pid1:
            pids += [int(line[4:]) for line in self.lines("child") if line.startswith("pid ")]
        if self.proc.poll() is None:
            for pid in children(self.proc.pid) if self.pid1 else [self.proc.pid]:
                pids += [pid, *children(pid)]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                if pid == self.proc.pid or status_field(pid, "Name") in (self.place.name, "subject", "sh", "sleep"):
                    os.kill(pid, signal.SIGKILL)
        if self.proc.poll() is None:
            self.proc.wait(LIMIT_S)


class Pair:
    def __init__(self, top, name, programs):
        self.name = name
        self.places = {side: Place(top, side, name, *programs) for side in SIDES}
        self.runs = []

    def start(self, side, *words, **keywords):
        run = Run(self.places[side], [str(word) if not isinstance(word, bytes) else word for word in words], **keywords)
        self.runs.append(run)
        return run

    def seen(self, look, *words, **keywords):
        """[of the original, of ours]: what look(run) returns."""
        both = []
        for side in SIDES:
            run = self.start(side, *words, **keywords)
            both.append(look(run))
            run.end()
        return both

    def same(self, look, *words, **keywords):
        """Both show the same: returns it."""
        original, ours = self.seen(look, *words, **keywords)
        assert ours == original
        return ours

    def finish(self):
        for run in self.runs:
            run.end()


def whole(run):
    """All that a command that ends by itself leaves."""
    return (*run.ended(), run.report())


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """The subject, and tests/integ/src/with.c."""
    top = tmp_path_factory.mktemp("programs")
    for source in (os.path.join(HERE, "subject.c"), os.path.join(HERE, "../integ/src/with.c")):
        name = os.path.basename(source)[:-2]
        subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-o", top / name, source], check=True)
    return top / "subject", top / "with"


@pytest.fixture
def pair(tmp_path, name, programs):
    """The two of the test's parameter `name`."""
    one = Pair(tmp_path, name, programs)
    yield one
    one.finish()


__all__ = ["ALL", "HERE", "MODES", "NAMESPACE", "PROGRAM", "Pair", "SIDES", "children", "inits", "installed", "pair",
           "plain", "programs", "shutil", "status_field", "wait_until", "whole"]
