# SPDX-License-Identifier: MIT
"""Fixtures: run the real reinit, as PID 1 of a PID namespace of its own where that may be had.

REINIT names the program (default build/debug/reinit). Tests wait for events (a log line, a file, an exit), never
for a time; LIMIT_S only bounds how long a missing event is waited for.
"""
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kubelet import ConfigMap  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.abspath(os.environ.get("REINIT", os.path.join(TOP, "build/debug/reinit")))
LIMIT_S = 60

# A shell starts its background jobs with these ignored, and what is ignored stays so in every child.
for number in (signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]


def wait_until(condition, what, limit_s=LIMIT_S):
    """Ask until condition() is true and return its value; what says what was waited for."""
    end = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            pytest.fail(f"waited {limit_s} s in vain for {what}")
        time.sleep(0.002)


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def descendants(pid):
    found = children(pid)
    for child in list(found):
        found += descendants(child)
    return found


def status_field(pid, field):
    """The text behind "field:" of /proc/PID/status, or None when the process is gone."""
    try:
        with open(f"/proc/{pid}/status") as file:
            for line in file:
                if line.startswith(field + ":"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return None


def parse_logfmt(text):
    """{"event": "APPLIED", …} of one logfmt line."""
    fields = {}
    for key, quoted, plain in re.findall(r'([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))', text):
        fields[key] = re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), quoted) or plain
    return fields


class Stub:
    """A service of tests/integ/stub.py that writes what it gets into a file of its own."""

    def __init__(self, out, options=()):
        self.out = out
        self.argv = ["/usr/bin/python3", os.path.join(TOP, "tests/integ/stub.py"), str(out),
                     *[str(option) for option in options]]

    def lines(self):
        return self.out.read_text().splitlines() if self.out.exists() else []

    def wait_lines(self, count):
        wait_until(lambda: len(self.lines()) >= count, f"{count} lines of {self.out.name}, has {self.lines()}")
        return self.lines()


class Reinit:
    """One running reinit. Its log and what its services print stand in `text`."""

    def __init__(self, args, namespace=True, env=None, prefix=(), **popen):
        self.namespaced = namespace
        self.text = ""
        self.argv = (NAMESPACE if namespace else []) + list(prefix) + [PROGRAM] + [str(arg) for arg in args]
        full_env = {key: value for key, value in os.environ.items() if not key.startswith("REINIT_")}
        full_env.update(env or {})
        self.own_output = "stderr" not in popen
        if self.own_output:
            popen.update(stdout=popen.get("stdout", subprocess.PIPE), stderr=subprocess.STDOUT)
        popen.setdefault("stdin", subprocess.DEVNULL)
        self.proc = subprocess.Popen(self.argv, env=full_env, start_new_session=popen.pop("new_session", True), **popen)
        self.reader = None
        if self.own_output and self.proc.stdout:
            self.reader = threading.Thread(target=self._read, daemon=True)
            self.reader.start()

    def _read(self):
        for chunk in iter(lambda: os.read(self.proc.stdout.fileno(), 65536), b""):
            self.text += chunk.decode(errors="replace")

    @property
    def pid(self):
        """Of reinit itself, seen from outside the namespace."""
        if not self.namespaced:
            return self.proc.pid
        return wait_until(lambda: children(self.proc.pid), "unshare to start reinit")[0]

    def lines(self, event=None, **fields):
        """The log lines (as dicts) of an event whose fields have these values."""
        found = []
        for line in self.text.splitlines():
            if " event=" not in line:
                continue
            parsed = parse_logfmt(line)
            wanted = dict(fields, **({"event": event} if event else {}))
            if all(parsed.get(key) == str(value) for key, value in wanted.items()):
                found.append(parsed)
        return found

    def wait_event(self, event, count=1, **fields):
        """Wait until there are count lines of an event, and return the newest."""
        return wait_until(lambda: len(self.lines(event, **fields)) >= count and self.lines(event, **fields),
                          f"{count} × {event} {fields} in:\n{self.text}")[-1]

    def wait_text(self, pattern):
        return wait_until(lambda: re.search(pattern, self.text), f"{pattern!r} in:\n{self.text}")

    def main_pid(self, service=None):
        """Process id (from outside) of the service started last, found by its pid inside the namespace."""
        inside = self.wait_event("STARTED", **({"service": service} if service else {}))["pid"]
        if not self.namespaced:
            return int(inside)
        return wait_until(lambda: [pid for pid in children(self.pid)
                                   if (status_field(pid, "NSpid") or "").split()[-1:] == [inside]],
                          f"process {inside}")[0]

    def signal(self, number):
        os.kill(self.pid, number)

    def wait(self, limit_s=LIMIT_S):
        """Wait for the end; returns the exit code (negative: signal). All output has been read then."""
        try:
            code = self.proc.wait(limit_s)
        except subprocess.TimeoutExpired:
            pytest.fail(f"did not end within {limit_s} s:\n{self.text}")
        if self.reader:
            self.reader.join(LIMIT_S)
        return code

    def end(self):
        """With all that it started: outside of a namespace nobody else ends what it leaves behind."""
        if self.proc.poll() is None:
            for pid in [self.proc.pid] + descendants(self.proc.pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.proc.wait()


@pytest.fixture
def reinit():
    """reinit(ARG…): start one; it is ended with the test. Keywords: see Reinit."""
    started = []

    def start(*args, **keywords):
        started.append(Reinit(args, **keywords))
        return started[-1]

    yield start
    for one in started:
        one.end()


@pytest.fixture
def configmap(tmp_path):
    """configmap(NAME, {key: text}): a mount in this test's directory."""
    return lambda name="config", content=None, **keywords: ConfigMap(tmp_path / name, content, **keywords)


@pytest.fixture
def service(tmp_path):
    """A service in Python that writes each signal it gets as a line; see stub.py. service.argv, service.lines()."""
    return Stub(tmp_path / "signals")


def run(*args, env=None, namespace=False, stdin="", limit_s=LIMIT_S):
    """Run reinit to its end: (code, stdout, stderr)."""
    full_env = {key: value for key, value in os.environ.items() if not key.startswith("REINIT_")}
    full_env.update(env or {})
    done = subprocess.run((NAMESPACE if namespace else []) + [PROGRAM] + [str(arg) for arg in args],
                          env=full_env, input=stdin, capture_output=True, text=True, timeout=limit_s)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="session")
def tool(tmp_path_factory):
    """tool(NAME): the path of the program that tests/integ/src/NAME.c makes, compiled once."""
    made = {}
    directory = tmp_path_factory.mktemp("tools")
    os.chmod(directory.parent, 0o755)  # a service may run as another user
    os.chmod(directory, 0o755)

    def make(name):
        if name not in made:
            made[name] = str(directory / name)
            subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-o", made[name],
                            os.path.join(TOP, "tests/integ/src", name + ".c")], check=True)
        return made[name]

    return make


@pytest.fixture
def stub(tmp_path):
    """stub(NAME, OPTION…): one of several stub services; has .argv, .lines() and .wait_lines(count)."""
    return lambda name="stub", *options: Stub(tmp_path / f"{name}.signals", options)


@pytest.fixture
def conf(tmp_path):
    """conf(TEXT, name="reinit.conf"): the path of a configuration file with this text."""
    def write(text, name="reinit.conf"):
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return write


def words(argv):
    """A command as a list of a configuration file."""
    return "{" + ", ".join("'" + str(word) + "'" for word in argv) + "}"


def service_text(name, argv, *lines):
    """A service of a configuration file."""
    settings = "\n".join(f"    {line}" for line in (f"command = {words(argv)}", *lines))
    return f'service "{name}" {{\n{settings}\n}}\n'


def preloading(library):
    """A prefix that loads a library before all others; settings NAME=VALUE may follow."""
    # AddressSanitizer wants to be the first one, and need not be: nothing of it is replaced.
    asan = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))
    return ["env", f"LD_PRELOAD={library}", f"ASAN_OPTIONS={asan}"]


def sanitized():
    """Is the program built with a sanitizer? That opens files and maps memory of its own."""
    with open(PROGRAM, "rb") as file:
        return b"__asan_init" in file.read()


def needs(program):
    """Skip a test when a real daemon is missing: `@needs("nginx")`. Skips are counted and printed at the end."""
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    return pytest.mark.skipif(path is None, reason=f"{program} is not installed")


__all__ = ["ConfigMap", "NAMESPACE", "PROGRAM", "Reinit", "Stub", "children", "needs", "parse_logfmt", "preloading", "run",
           "sanitized", "service_text", "shlex", "status_field", "wait_until", "words"]
