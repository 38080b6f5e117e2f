# SPDX-License-Identifier: MIT
"""On a real terminal a single command is in the foreground; services of a file have sessions of their own."""
import fcntl
import os
import pty
import signal
import struct
import termios

import pytest

from conftest import children, status_field, wait_until, words

IN_BOTH_MODES = pytest.mark.parametrize("namespace", [True, False], ids=["pid1", "subreaper"])


class Terminal:
    def __init__(self):
        self.master, self.slave = pty.openpty()

    def popen(self):
        """Keywords for Popen: a session whose controlling terminal this is."""
        return {"stdin": self.slave, "stdout": self.slave, "stderr": self.slave,
                "preexec_fn": lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)}

    def press(self, keys):
        os.write(self.master, keys)

    def foreground(self):
        return os.tcgetpgrp(self.master)

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def close(self):
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def terminal():
    one = Terminal()
    yield one
    one.close()


def main_of(init):
    return wait_until(lambda: children(init.pid), "the command")[0]


@IN_BOTH_MODES
def test_command_is_the_foreground_process_group(reinit, stub, terminal, namespace):
    main = stub("main")
    init = reinit("--", *main.argv, namespace=namespace, **terminal.popen())
    main.wait_lines(1)
    assert terminal.foreground() == os.getpgid(main_of(init)) == main_of(init)
    assert os.getsid(main_of(init)) == os.getsid(init.pid), "it keeps the session, or it would lose the terminal"
    init.signal(signal.SIGTERM)
    assert init.wait() == 0


@IN_BOTH_MODES
def test_keys_reach_the_command_once(reinit, stub, terminal, namespace):
    main = stub("main")
    init = reinit("--", *main.argv, namespace=namespace, **terminal.popen())
    main.wait_lines(1)
    for count, key in enumerate([b"\x03", b"\x1c", b"\x1a"], 2):
        terminal.press(key)
        main.wait_lines(count)
    init.signal(signal.SIGTERM)
    assert init.wait() == 0
    assert main.lines() == ["ready", "INT", "QUIT", "TSTP", "TERM"]


@IN_BOTH_MODES
def test_ctrl_c_ends_a_command_that_does_not_catch_it(reinit, terminal, namespace):
    init = reinit("--", "sleep", "1000", namespace=namespace, **terminal.popen())
    wait_until(lambda: terminal.foreground() == main_of(init), "the foreground")
    wait_until(lambda: status_field(main_of(init), "Name") == "sleep", "sleep")
    terminal.press(b"\x03")
    assert init.wait() == 128 + signal.SIGINT


@IN_BOTH_MODES
def test_resize_reaches_the_command(reinit, stub, terminal, namespace):
    main = stub("main")
    init = reinit("--", *main.argv, namespace=namespace, **terminal.popen())
    main.wait_lines(1)
    terminal.resize(33, 99)
    assert main.wait_lines(2) == ["ready", "WINCH"]
    init.signal(signal.SIGTERM)
    assert init.wait() == 0


@IN_BOTH_MODES
def test_ctrl_z_stops_the_command_and_cont_through_reinit_goes_on(reinit, terminal, namespace):
    """Off PID 1 reinit stops too, or the shell that started it would not get its prompt back."""
    init = reinit("--", "sleep", "1000", namespace=namespace, **terminal.popen())
    wait_until(lambda: terminal.foreground() == main_of(init), "the foreground")
    wait_until(lambda: status_field(main_of(init), "Name") == "sleep", "sleep")
    terminal.press(b"\x1a")
    wait_until(lambda: status_field(main_of(init), "State")[0] == "T", "the command to stop")
    if not namespace:
        wait_until(lambda: status_field(init.pid, "State")[0] == "T", "reinit to stop")
    init.signal(signal.SIGCONT)
    wait_until(lambda: status_field(main_of(init), "State")[0] in "RS", "the command to go on")
    init.signal(signal.SIGTERM)
    assert init.wait() == 128 + signal.SIGTERM


def test_interactive_shell_has_job_control(reinit, terminal):
    """`docker run -it … sh`: the shell finds itself in the foreground and can run jobs there."""
    init = reinit("--", "sh", "-i", env={"PS1": "", "ENV": ""}, **terminal.popen())
    wait_until(lambda: terminal.foreground() == main_of(init), "the foreground")
    terminal.press(b"sleep 1000\n")
    job = wait_until(lambda: children(main_of(init)), "the job")[0]
    wait_until(lambda: terminal.foreground() == job, "the job in the foreground")
    wait_until(lambda: status_field(job, "Name") == "sleep", "sleep")
    terminal.press(b"\x1a")
    wait_until(lambda: terminal.foreground() == main_of(init), "the shell in the foreground again")
    terminal.press(b"fg\n")
    wait_until(lambda: terminal.foreground() == job, "the job in the foreground once more")
    terminal.press(b"\x03")
    wait_until(lambda: terminal.foreground() == main_of(init), "the shell")
    terminal.press(b"exit 6\n")
    assert init.wait() == 6


def test_hangup_of_the_terminal_reaches_the_command(reinit, stub):
    terminal = Terminal()
    main = stub("main")
    init = reinit("--", *main.argv, namespace=False, **terminal.popen())
    main.wait_lines(1)
    terminal.close()
    main.wait_lines(2)
    init.signal(signal.SIGTERM)
    assert init.wait() == 0
    assert "HUP" in main.lines()


def test_command_off_a_terminal_has_a_process_group_of_its_own(reinit, stub):
    main = stub("main")
    init = reinit("--", *main.argv)
    main.wait_lines(1)
    assert os.getpgid(main_of(init)) == main_of(init)
    assert os.getpgid(init.pid) != main_of(init)


@pytest.mark.parametrize("on_terminal", [False, True], ids=["off", "on"])
def test_each_service_of_a_file_has_a_session_of_its_own(reinit, stub, terminal, conf, on_terminal):
    one, two = stub("one"), stub("two")
    file = conf(f'service "one" {{ command = {words(one.argv)} }}\nservice "two" {{ command = {words(two.argv)} }}\n')
    init = reinit("--config", file, **(terminal.popen() if on_terminal else {}))
    one.wait_lines(1)
    two.wait_lines(1)
    pids = children(init.pid)
    assert len(pids) == 2
    for pid in pids:
        assert os.getsid(pid) == pid
    init.signal(signal.SIGTERM)
    assert init.wait() == 0
