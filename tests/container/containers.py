# SPDX-License-Identifier: MIT
"""reinit in real containers, made by podman and runc without any registry.

As root on Debian 12 with podman, runc and mmdebstrap; elsewhere the tests are skipped with a reason. Images and
containers live in a store of their own, build/container, apart from the machine's. The base image
"debian:bookworm-slim" is made by mmdebstrap from the machine's own package sources and kept between runs. No
container has a network: everything is asked from inside.
"""
import json
import os
import resource
import shutil
import subprocess
import time

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
STORE = os.path.join(TOP, "build/container")
LIMIT_S = 60    # bounds how long a missing event is waited for
BUILD_S = 900   # bounds one build, with its downloads

# Nobody else's settings count. The limits are within those that are in force already, for a
# root without CAP_SYS_RESOURCE cannot set others; soft and hard must be equal, or pods do not start.
SETTINGS = """[containers]
default_ulimits = ["nofile={nofile}:{nofile}", "nproc={nproc}:{nproc}"]
netns = "none"
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
"""
STORAGE = """[storage]
driver = "overlay"
graphroot = "{store}/storage"
runroot = "/run/reinit-tests"
"""


def missing():
    if os.geteuid() != 0:
        return "real containers need root"
    absent = [name for name in ("podman", "runc", "mmdebstrap") if shutil.which(name) is None]
    return f"not installed: {' '.join(absent)}" if absent else None


def settings():
    """The text of containers.conf and of storage.conf."""
    limits = {name: min(most, resource.getrlimit(number)[1] % 2**32) for name, number, most in
              (("nofile", resource.RLIMIT_NOFILE, 20000), ("nproc", resource.RLIMIT_NPROC, 8192))}
    return SETTINGS.format(**limits), STORAGE.format(store=STORE)


def podman(*args, limit_s=LIMIT_S, check=True, **keywords):
    """Run podman to its end; the result has returncode, stdout, stderr."""
    done = subprocess.run(["podman", *map(str, args)], capture_output=True, text=True, timeout=limit_s,
                          stdin=keywords.pop("stdin", subprocess.DEVNULL), **keywords)
    if check and done.returncode != 0:
        pytest.fail(f"podman {' '.join(map(str, args))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def wait_until(condition, what):
    end = time.monotonic() + LIMIT_S
    while not (value := condition()):
        if time.monotonic() > end:
            pytest.fail(f"waited {LIMIT_S} s in vain for {what() if callable(what) else what}")
        time.sleep(0.1)
    return value


def apt_options():
    """What this machine tells apt about its clock and its mirrors, for the image to have it too."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True, timeout=LIMIT_S).stdout
    wanted = ("Acquire::Check-Valid-Until ", "Acquire::Check-Date ", "Acquire::http::Proxy ")
    return [f"--aptopt={line.rstrip(';')}" for line in dump.splitlines() if line.startswith(wanted)]


def make_base_image():
    sources = [path for path in ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list")
               if os.path.exists(path) and os.path.getsize(path)]
    tar = os.path.join(STORE, "base.tar")
    subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", "--mode=root", *apt_options(),
                    *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale")),
                    "bookworm", tar, sources[0]], check=True, timeout=BUILD_S, stdin=subprocess.DEVNULL)
    podman("import", "--quiet", "--change", 'CMD ["bash"]', tar, "debian:bookworm-slim", limit_s=BUILD_S)
    os.unlink(tar)


def build(tag, directory, *args):
    podman("build", "--quiet", "--network=host", "--pull-never", "--tag", tag, *args, directory, limit_s=BUILD_S)
    return tag


class Container:
    """A container that runs in the background."""
    count = 0

    def __init__(self):
        Container.count += 1
        self.name = f"reinit-test-{os.getpid()}-{Container.count}"

    def start(self, *args):
        podman("run", "--detach", "--name", self.name, "--network=none", *args)

    def logs(self):
        done = podman("logs", self.name)
        return done.stdout + done.stderr

    def wait_log(self, text, count=1):
        """Wait until the log holds text so many times."""
        wait_until(lambda: self.logs().count(text) >= count, lambda: f"{count} × {text!r} in:\n{self.logs()}")

    def events(self, name=None, **fields):
        """The events of a log in JSON, of this name and with these fields."""
        lines = [line for line in self.logs().splitlines() if line.startswith("{")]
        wanted = dict(fields, **({"event": name} if name else {}))
        return [event for event in map(json.loads, lines) if wanted.items() <= event.items()]

    def wait_event(self, name, **fields):
        """Wait for an event and return the newest."""
        return wait_until(lambda: self.events(name, **fields), lambda: f"{name} {fields} in:\n{self.logs()}")[-1]

    def run_inside(self, *command):
        return podman("exec", self.name, *command, check=False).stdout

    def wait_inside(self, expected, *command):
        """Run a command in the container until it prints what is expected."""
        wait_until(lambda: self.run_inside(*command) == expected,
                   lambda: f"{expected!r} of {command}, printed {self.run_inside(*command)!r}:\n{self.logs()}")

    def stop(self, limit_s=30):
        """podman stop with its time limit. Returns the container's exit code."""
        podman("stop", "--time", limit_s, self.name, limit_s=limit_s + LIMIT_S)
        return self.exit_code()

    def exit_code(self):
        """Wait for its end."""
        return int(podman("wait", self.name).stdout)

    def end(self):
        # First the process: a container that was left in the middle of a stop may go without it.
        podman("kill", "--signal", "KILL", self.name, check=False)
        podman("rm", "--force", "--time", "0", self.name, check=False)


def run(*args):
    """podman run to its end. Returns (exit code, stdout, stderr).

    In the background all the same: podman 4.3 sometimes fails to attach to a container that ends at once.
    """
    one = Container()
    try:
        one.start(*args)
        code = one.exit_code()
        logs = podman("logs", one.name)
        return code, logs.stdout, logs.stderr
    finally:
        one.end()
