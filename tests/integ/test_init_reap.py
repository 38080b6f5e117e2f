# SPDX-License-Identifier: MIT
"""Orphans are reaped, whoever their parent was and however many end at once."""
import os
import signal

import pytest

from conftest import children, status_field, wait_until

IN_BOTH_MODES = pytest.mark.parametrize("namespace", [True, False], ids=["pid1", "subreaper"])


def wait_alone(init):
    """Wait until the main process is the only child, and return its pid."""
    wait_until(lambda: len(children(init.pid)) == 1, f"no orphan left, has {children(init.pid)[:10]}")
    return children(init.pid)[0]


def children_that_run(init, command):
    """The pids of reinit's children with this command line."""
    found = []
    for pid in children(init.pid):
        try:
            with open(f"/proc/{pid}/cmdline") as file:
                if file.read().split("\0")[:-1] == command.split():
                    found.append(pid)
        except OSError:
            pass
    return found


@IN_BOTH_MODES
def test_orphan_of_a_double_fork_is_adopted_and_reaped(reinit, namespace):
    init = reinit("--", "sh", "-c", "(sleep 1000 &); exec sleep 2000", namespace=namespace)
    orphan = wait_until(lambda: children_that_run(init, "sleep 1000"), "the orphan")[0]
    os.kill(orphan, signal.SIGKILL)
    wait_alone(init)
    assert status_field(orphan, "State") is None, "no zombie is left"


@IN_BOTH_MODES
@pytest.mark.parametrize("config", [False, True], ids=["command", "file"])
def test_storm_of_2000_orphans_leaves_no_zombie(reinit, tool, tmp_path, conf, namespace, config):
    command = [tool("orphans"), "2000", "90", str(tmp_path / "done")]
    if config:
        file = conf('service "storm" { command = {' + ", ".join(f'"{word}"' for word in command) + "} }\n")
        init = reinit("--config", file, namespace=namespace)
    else:
        init = reinit("--", *command, namespace=namespace)
    wait_until(lambda: (tmp_path / "done").exists(), "the end of the storm")
    main = wait_alone(init)
    assert status_field(main, "State")[0] == "S"
    init.signal(signal.SIGTERM)
    assert init.wait() == (0 if config else 128 + signal.SIGTERM)


def test_orphans_that_end_while_reinit_stands_still_are_all_reaped(reinit, tool, tmp_path):
    """One SIGCHLD stands for all of them, and there are more than the reaper takes at a time."""
    script = f"kill -STOP $PPID; exec {tool('orphans')} 90 90 {tmp_path}/done"
    init = reinit("--", "sh", "-c", script, namespace=False)
    wait_until((tmp_path / "done").exists, "the storm")
    assert len([pid for pid in children(init.pid) if status_field(pid, "State")[0] == "Z"]) == 90
    init.signal(signal.SIGCONT)
    wait_alone(init)


def test_end_of_an_orphan_is_not_taken_for_the_end_of_the_command(reinit, stub):
    main = stub("main")
    init = reinit("--", "sh", "-c", f"(sh -c 'exit 3' &); exec {' '.join(main.argv)}")
    main.wait_lines(1)
    wait_alone(init)
    init.signal(signal.SIGUSR2)
    assert main.wait_lines(2) == ["ready", "USR2"]
    init.signal(signal.SIGTERM)
    assert init.wait() == 0


def test_off_pid_1_what_was_adopted_is_ended_with_the_command(reinit):
    init = reinit("--", "sh", "-c", "(sleep 1000 &); exec sleep 2000", namespace=False)
    orphan = wait_until(lambda: children_that_run(init, "sleep 1000"), "the orphan")[0]
    init.signal(signal.SIGTERM)
    assert init.wait() == 128 + signal.SIGTERM
    assert status_field(orphan, "State") is None
