# SPDX-License-Identifier: MIT
"""reinit as the init of a container: codes, signals, and the bounds that containers are put into."""
import os
import pty
import re
import subprocess

import pytest
from containers import podman, run, wait_until

# Waits for TERM as long as it takes, without a process to wait for.
TRAP = 'trap "exit 3" TERM; echo ready; while :; do sleep 60 & wait $!; done'
HARDENED = ["--read-only", "--user=65534", "--cap-drop=ALL", "--security-opt=no-new-privileges"]


@pytest.mark.parametrize("command, code", [
    (["sh", "-c", "exit 0"], 0),
    (["sh", "-c", "exit 7"], 7),
    (["sh", "-c", "kill -KILL $$"], 137),
    (["sh", "-c", "kill -TERM $$"], 143),
    (["/does/not/exist"], 127),
    (["/etc/passwd"], 126),
])
@pytest.mark.parametrize("bounds", [[], HARDENED], ids=["root", "hardened"])
def test_exit_code_is_mirrored(image, bounds, command, code):
    got, _, err = run(*bounds, image, *command)
    assert got == code, err
    assert (err == "") == (code not in (126, 127)), "says something only if something is wrong"


def test_called_by_podman_init(image, program):
    assert run("--init", "--init-path", program, "--entrypoint=", image, "sh", "-c", "exit 9") == (9, "", "")


def test_nothing_else_in_the_image(engine):
    """The image is reinit alone; its child is one more reinit, whose child is missing."""
    code, out, err = run("reinit", "--", "/sbin/reinit", "--version")
    assert (code, out[:7], err) == (0, "reinit ", "")
    assert run(*HARDENED, "reinit", "--", "/sbin/reinit", "--", "/missing")[0] == 127


def test_stop_reaches_the_command(image, container):
    one = container(*HARDENED, image, "sh", "-c", TRAP)
    one.wait_log("ready")
    assert one.stop() == 3


def test_command_that_ignores_term_is_killed_by_the_engine(image, container):
    one = container(image, "sh", "-c", 'trap "" TERM; echo ready; while :; do sleep 60; done')
    one.wait_log("ready")
    assert one.stop(limit_s=1) == 137


def test_orphans_are_reaped(image, container):
    one = container(image, "sh", "-c", 'for n in 1 2 3 4 5 6 7 8; do sh -c "sleep 0.1 & :"; done; echo ready; ' + TRAP)
    one.wait_log("ready")
    one.wait_inside("0\n", "sh", "-c", "cat /proc/[0-9]*/stat | grep -c ') Z '")
    assert one.stop() == 3


def test_signal_to_another_user_without_cap_kill(image, container):
    """The command has given up root: root without CAP_KILL may not signal it directly."""
    one = container("--cap-drop=KILL", image, "setpriv", "--reuid=1000", "--clear-groups", "sh", "-c", TRAP)
    one.wait_log("ready")
    assert one.stop() == 3


def test_two_processes_are_enough(image):
    assert run("--pids-limit=2", image, "/bin/sh", "-c", "exit 7") == (7, "", "")


def test_out_of_memory_ends_the_command_only(image):
    """dd is killed for its size; reinit and the shell go on."""
    code, _, err = run("--memory=32m", image, "sh", "-c", "dd if=/dev/zero of=/dev/null bs=100M count=1; exit 4")
    assert code == 4, err


def test_in_the_pid_namespace_of_the_host(image):
    """Not PID 1: orphans come to reinit all the same, and what the command leaves behind is ended."""
    script = """sh -c 'sleep 1000 & echo $! >/tmp/orphan'
                orphan=$(cat /tmp/orphan)
                parent=$(sed -n 's/^PPid:\\t//p' /proc/$orphan/status)
                echo orphan $orphan
                [ "$parent" = $PPID ]"""
    code, out, err = run("--pid=host", image, "sh", "-c", script)
    assert code == 0, err
    orphan = re.search(r"orphan (\d+)", out)[1]
    assert not os.path.exists(f"/proc/{orphan}")


def test_terminal_belongs_to_the_command(image):
    """The command's own group is in the foreground, and ctrl-C reaches it."""
    ours, theirs = pty.openpty()
    name = f"reinit-test-{os.getpid()}-tty"
    script = """read -r pid name state parent group session terminal foreground rest </proc/$$/stat
                [ $foreground = $$ ] || echo another group is in the foreground
                trap 'echo interrupted; exit 5' INT
                echo ready
                read -r line"""
    proc = subprocess.Popen(["podman", "run", "--rm", "--name", name, "--network=none", "-it", image, "bash", "-c", script],
                            stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.set_blocking(ours, False)
    seen = ""

    def sees(text):
        nonlocal seen
        try:
            seen += os.read(ours, 4096).decode(errors="replace")
        except OSError:
            pass  # nothing there now, or the other end is closed
        return text in seen

    try:
        wait_until(lambda: sees("ready"), lambda: f"'ready' on the terminal: {seen!r}")
        assert "another group" not in seen
        os.write(ours, b"\x03")
        wait_until(lambda: sees("interrupted"), lambda: f"'interrupted' on the terminal: {seen!r}")
        assert proc.wait(timeout=60) == 5
    finally:
        podman("rm", "--force", "--time", "0", name, check=False)
        proc.kill()
        proc.wait()
        os.close(ours)
