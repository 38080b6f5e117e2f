# SPDX-License-Identifier: MIT
"""On a terminal: who is in the foreground, keys, resize, hang-up."""
import fcntl
import os
import pty
import signal
import struct
import termios

import pytest

from pair import ALL, children, inits, pair, programs, status_field, wait_until  # noqa: F401


class Terminal:
    """Of one side: its master end, and how the init comes to it."""

    def __init__(self, pid1, leader):
        self.master, self.slave = pty.openpty()
        self.keywords = {"stdin": self.slave, "stdout": self.slave, "stderr": self.slave, "pid1": pid1}
        if leader and pid1:
            self.keywords["setup"] = ["setsid", "--ctty"]
        elif leader or pid1:
            self.keywords["preexec_fn"] = lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def close(self):
        for fd in (self.master, self.slave):
            if fd >= 0:
                os.close(fd)


PLACES = pytest.mark.parametrize("pid1, leader", [(True, True), (True, False), (False, True)],
                                 ids=["pid1-leader", "pid1", "child-leader"])


def on_terminal(pair, look, *words, pid1=True, leader=True, **keywords):
    """[of the original, of ours]: look(run, terminal)."""
    both = []
    for side in ("original", "ours"):
        terminal = Terminal(pid1, leader)
        run = pair.start(side, *words, **terminal.keywords, **keywords)
        try:
            both.append(look(run, terminal))
        finally:
            run.end()
            terminal.close()
    return both


def same(*args, **keywords):
    original, ours = on_terminal(*args, **keywords)
    assert ours == original
    return ours


CATCH = ["--", "subject", "report", "catch"]


@PLACES
@ALL
def test_foreground(pair, name, pid1, leader):
    report = same(pair, lambda run, terminal: run.ready().report(), *CATCH, pid1=pid1, leader=leader)
    if leader or name != "dumb-init":
        assert "foreground yes" in report


@inits("dumb-init")
def test_foreground_of_a_single_child(pair, name):
    assert "group init's" in same(pair, lambda run, terminal: run.ready().report(), "-c", *CATCH)


@PLACES
@ALL
@pytest.mark.parametrize("key, number", [(b"\x03", 2), (b"\x1c", 3), (b"\x1a", 20), ("resize", 28)],
                         ids=["ctrl-C", "ctrl-\\", "ctrl-Z", "resize"])
def test_keys(pair, name, pid1, leader, key, number):
    if name == "dumb-init" and not leader and key != "resize":
        pytest.skip("without the terminal they reach the group of unshare, and the command only through the init")

    def look(run, terminal):
        run.ready()
        if key == "resize":
            fcntl.ioctl(terminal.master, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 99, 0, 0))
        else:
            os.write(terminal.master, key)
        if leader or name != "dumb-init":
            wait_until(lambda: run.signals(), "the key")
        run.send(signal.SIGRTMAX)
        wait_until(lambda: "64" in run.signals(), "the fence")
        return run.signals()

    got = same(pair, look, *CATCH, pid1=pid1, leader=leader)
    if leader or name != "dumb-init":
        assert str(number) in got


@PLACES
@inits("tini", "catatonit", "dumb-init")
def test_ctrl_c_ends_a_plain_command(pair, name, pid1, leader):
    if name == "dumb-init" and not leader:
        pytest.skip("it cannot take the terminal from the leader of the session")

    def look(run, terminal):
        wait_until(lambda: run.state(run.command()) == "S" and "ready" in run.lines("there"), "sleep")
        os.write(terminal.master, b"\x03")
        return run.ended()[0]

    assert same(pair, look, "--", "sh", "-c", "echo ready >there; exec sleep 1000", pid1=pid1, leader=leader) == 130


@PLACES
@ALL
def test_ctrl_z_stops_a_plain_command(pair, name, pid1, leader):
    """The init goes on. Under the original catatonit the command has the signal blocked."""
    if name == "dumb-init":
        pytest.skip("a session of its own is an orphaned group, which the terminal does not stop")

    def look(run, terminal):
        wait_until(lambda: run.lines("there") and os.readlink(f"/proc/{run.command()}/exe").endswith("sleep"), "sleep")
        os.write(terminal.master, b"\x1a")
        blocked = name == "catatonit" and run.place.side == "original"
        wait_until(lambda: int(status_field(run.command(), "ShdPnd"), 16) >> 19 if blocked else
                   run.state(run.command()) == "T", "the key")
        return run.state(run.command()) == "T", run.state(run.init) == "T"

    original, ours = on_terminal(pair, look, "--", "sh", "-c", "echo ready >there; exec sleep 1000", pid1=pid1,
                                 leader=leader)
    assert original == (name != "catatonit", False)
    assert ours == (True, False)


@PLACES
@ALL
def test_hang_up(pair, name, pid1, leader):
    def look(run, terminal):
        run.ready()
        os.close(terminal.slave)
        os.close(terminal.master)
        terminal.slave = terminal.master = -1
        if leader:
            wait_until(lambda: {"1", "18"} <= set(run.signals()), "HUP and CONT")
        return sorted(set(run.signals())) if leader else None

    same(pair, look, *CATCH, pid1=pid1, leader=leader)


IN_BACKGROUND = """
import os, signal, sys
if os.fork() == 0:
    os.setpgid(0, 0)
    os.execvp(sys.argv[1], sys.argv[1:])
signal.pause()
"""


@inits("dumb-init")
def test_background_job_that_reads_stops_with_its_init(pair, name):
    """A single child is in the group of its init: the shell sees the job stop only if both do."""
    def look(run, terminal):
        run.known_init = wait_until(lambda: children(run.proc.pid), "the init")[0]
        wait_until(lambda: run.state(run.command()) == "T", "the command to stop")
        os.kill(run.init, signal.SIGURG)  # of a higher number than TTIN: taken after it, or by nobody
        wait_until(lambda: run.state(run.init) == "T" or not int(status_field(run.init, "ShdPnd"), 16), "what it does")
        stopped = run.state(run.init) == "T"
        os.kill(run.init, signal.SIGKILL)
        return stopped

    assert same(pair, look, "-c", "sh", "-c", "read line", pid1=False,
                setup=["/usr/bin/python3", "-c", IN_BACKGROUND]) is True
