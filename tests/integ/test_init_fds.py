# SPDX-License-Identifier: MIT
"""Descriptors: closed ones stay closed, those given pass through, and a plain init opens and writes nothing."""
import os
import re
import signal
import subprocess

import pytest

from conftest import NAMESPACE, PROGRAM, children, needs, run, sanitized, wait_until, words

CLOSED = [[0], [1], [2], [0, 1, 2]]


def read_state(path):
    return dict(line.split(" ", 1) for line in path.read_text().splitlines())


def descriptors(path):
    """{number: flags} of what stood open in a state report."""
    return {key: value for key, value in read_state(path).items() if key.startswith("fd")}


@pytest.fixture
def closed(tool):
    """closed(FDS): a prefix that starts a program without these descriptors."""
    return lambda fds: [tool("with"), *[f"close={fd}" for fd in fds], "--"]


@pytest.mark.parametrize("fds", CLOSED, ids=str)
def test_closed_descriptors_are_closed_for_the_command_too(fds, closed, tool, tmp_path):
    subprocess.run([*closed(fds), tool("state"), tmp_path / "bare", "7"], check=False, close_fds=True)
    done = subprocess.run([*NAMESPACE, *closed(fds), PROGRAM, "--", tool("state"), tmp_path / "under", "7"], check=False)
    assert done.returncode == 7
    assert descriptors(tmp_path / "under") == descriptors(tmp_path / "bare")
    assert not [fd for fd in fds if f"fd{fd}" in descriptors(tmp_path / "under")]


@pytest.mark.parametrize("way", ["command", "watch", "file"])
@pytest.mark.parametrize("fds", CLOSED, ids=str)
def test_descriptors_of_reinit_never_take_the_place_of_closed_ones(way, fds, closed, tool, tmp_path, conf, reinit):
    command = [tool("state"), str(tmp_path / "under")]
    args = {"command": ["--", *command], "watch": ["--watch", tmp_path, "--log-level", "error", "--", *command],
            "file": ["--config", conf(f'log-level = error\nservice "a" {{ command = {words(command)} }}\n')]}[way]
    init = reinit(*args, prefix=closed(fds))
    wait_until((tmp_path / "under").exists, "the command")
    assert not [fd for fd in fds if f"fd{fd}" in descriptors(tmp_path / "under")]
    for fd in fds:
        assert os.readlink(f"/proc/{init.pid}/fd/{fd}") == "/dev/null"
    init.signal(signal.SIGTERM)
    assert init.wait() == (0 if way == "file" else 143)


@pytest.mark.parametrize("fds", CLOSED, ids=str)
def test_faults_with_closed_descriptors_end_with_the_right_code(fds, closed):
    assert subprocess.run([*closed(fds), PROGRAM, "--bad-option"], check=False, capture_output=True).returncode == 100
    assert subprocess.run([*closed(fds), PROGRAM, "--", "not-there"], check=False, capture_output=True).returncode == 127
    assert subprocess.run([*closed(fds), PROGRAM, "--help"], check=False, capture_output=True).returncode == 0


def given_descriptors(args, tool, tmp_path):
    """Run reinit with a descriptor more than 0 to 2, above and beside its own; what the command got of it."""
    high = os.open("/dev/null", os.O_RDONLY)
    try:
        os.dup2(high, 77, inheritable=True)
        subprocess.run([PROGRAM, *args], check=False, pass_fds=(high, 77), timeout=60)
        return set(descriptors(tmp_path / "under")) - {"fd0", "fd1", "fd2"}, high
    finally:
        os.close(high)
        os.close(77)


def test_descriptors_above_2_pass_through_to_one_command_and_none_besides(tool, tmp_path):
    got, high = given_descriptors(["--", tool("state"), tmp_path / "under", "0"], tool, tmp_path)
    assert got == {f"fd{high}", "fd77"}


def test_watches_of_one_command_add_no_descriptor(tool, tmp_path):
    got, high = given_descriptors(["--watch", tmp_path, "--ready", "exec:true", "--log-level=error", "--",
                                   tool("state"), tmp_path / "under", "0"], tool, tmp_path)
    assert got == {f"fd{high}", "fd77"}


def test_descriptors_above_2_are_closed_for_services_of_a_file(tool, tmp_path, conf):
    file = conf(f'log-level = error\nservice "a" {{\n command = {words([tool("state"), tmp_path / "under", "0"])}\n'
                "restart = no\n}\n")
    assert given_descriptors(["--config", file], tool, tmp_path)[0] == set()


@pytest.mark.parametrize("nonblocking", [False, True], ids=["blocking", "nonblocking"])
def test_flags_of_stderr_stay_as_they_were(nonblocking, tool, tmp_path):
    reader, writer = os.pipe()
    os.set_blocking(writer, not nonblocking)
    subprocess.run([PROGRAM, "--log-level", "debug", "--", tool("state"), tmp_path / "under", "0"], check=True,
                   stderr=writer)
    assert os.get_blocking(writer) is not nonblocking
    assert b"event=STARTED" in os.read(reader, 65536)
    assert bool(int(descriptors(tmp_path / "under")["fd2"], 8) & os.O_NONBLOCK) is nonblocking
    os.close(reader)
    os.close(writer)


@needs("strace")
@pytest.mark.skipif(sanitized(), reason="a sanitizer opens and writes files of its own")
def test_plain_init_opens_and_writes_nothing(tmp_path):
    trace = tmp_path / "trace"
    subprocess.run(["strace", "-f", "-qq", "-o", trace, "-e", "signal=none", PROGRAM, "--", "sleep", "0"], check=True)
    lines = trace.read_text().splitlines()
    init = lines[0].split()[0]
    calls = [re.sub(r"^\d+ +(<\.\.\. )?", "", line) for line in lines if line.startswith(init)]
    begin = next(n for n, call in enumerate(calls) if call.startswith("rt_sigprocmask(SIG_SETMASK, ~["))
    names = [call.split("(")[0].split()[0] for call in calls[begin:]]
    assert "clone" in names or "fork" in names
    touching = {"open", "openat", "openat2", "creat", "write", "writev", "pwrite64", "pwritev", "pwritev2", "socket",
                "inotify_init", "inotify_init1", "memfd_create", "timerfd_create", "pipe", "pipe2", "mkdir", "unlink",
                "rename", "fcntl64", "sendmsg", "sendto"}
    assert not touching & set(names), [call for call in calls[begin:] if call.split("(")[0] in touching]


def own_descriptors(init):
    directory = f"/proc/{init.pid}/fd"
    return sorted(os.readlink(f"{directory}/{fd}") for fd in os.listdir(directory) if int(fd) > 2)


def test_plain_init_holds_no_descriptor(reinit, tool, tmp_path):
    init = reinit("--", tool("state"), tmp_path / "under")
    wait_until((tmp_path / "under").exists, "the command")
    assert own_descriptors(init) == []
    assert init.text == ""
    assert len(children(init.pid)) == 1


def test_init_with_watches_holds_its_loop_its_signals_and_one_inotify(reinit, tool, tmp_path, configmap):
    init = reinit("--watch", configmap("a").path, "--watch", configmap("b").path, "--", tool("state"), tmp_path / "under")
    wait_until((tmp_path / "under").exists, "the command")
    assert own_descriptors(init) == ["anon_inode:[eventpoll]", "anon_inode:[signalfd]", "anon_inode:inotify"]


def test_plain_init_prints_nothing_but_what_the_command_prints():
    assert run("--", "sh", "-c", "read line; echo out $line; echo err >&2", stdin="in\n") == (0, "out in\n", "err\n")


def test_plain_init_works_without_a_writable_directory_and_without_dev(tmp_path):
    """A root that is read-only and has no /dev/null: closed descriptors are held by something else."""
    script = 'mount -t tmpfs -o ro none /dev && exec 0<&- && exec "$@"'
    done = subprocess.run(["unshare", "--mount", "--pid", "--fork", "--mount-proc", "sh", "-c", script, "sh", PROGRAM,
                           "--", "sh", "-c", "[ ! -e /dev/null ] && [ ! -e /proc/self/fd/0 ] && exit 7"],
                          check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (7, "", "")
