# SPDX-License-Identifier: MIT
"""Signals: passed on to the command, and what the command starts with."""
import signal
import subprocess

import pytest

from conftest import NAMESPACE, PROGRAM, children, status_field, wait_until

IN_BOTH_MODES = pytest.mark.parametrize("namespace", [True, False], ids=["pid1", "subreaper"])
FROM_LIBC_HIDDEN = (32, 33)
NOT_PASSED_ON = {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}


def caught(path):
    return path.read_text().split() if path.exists() else []


@pytest.fixture
def catcher(tool, tmp_path, reinit):
    """catcher(**keywords): reinit with a command that writes the number of every signal; (init, file)."""
    def start(*options, **keywords):
        init = reinit(*options, "--", tool("catcher"), tmp_path / "caught", **keywords)
        wait_until(lambda: caught(tmp_path / "caught"), "the catcher")
        return init, tmp_path / "caught"

    return start


def forward_each(init, out, numbers):
    expected = ["ready"]
    for number in numbers:
        init.signal(number)
        expected.append(str(number))
        wait_until(lambda: len(caught(out)) >= len(expected), f"signal {number}, got {caught(out)[-3:]}")
    assert caught(out) == expected


@IN_BOTH_MODES
def test_every_signal_that_can_be_caught_is_passed_on(catcher, namespace):
    init, out = catcher(namespace=namespace)
    numbers = [number for number in range(1, 65) if number not in NOT_PASSED_ON and number not in FROM_LIBC_HIDDEN]
    numbers.remove(signal.SIGTERM)
    forward_each(init, out, numbers + [signal.SIGTERM])
    assert init.wait() == 0


def test_signals_that_libc_keeps_to_itself_are_passed_on(catcher):
    init, out = catcher(namespace=False)
    for number in FROM_LIBC_HIDDEN:
        init.signal(number)
        wait_until(lambda: str(number) in caught(out) or init.proc.poll() is not None, f"signal {number}")
    assert init.proc.poll() is None
    assert caught(out) == ["ready", *map(str, FROM_LIBC_HIDDEN)]


@pytest.mark.parametrize("number", [signal.SIGTTIN, signal.SIGTTOU])
def test_ttin_and_ttou_that_somebody_sent_are_passed_on(catcher, number):
    """gunicorn changes its number of workers on them; only those of the terminal's driver are not for the command."""
    init, out = catcher()
    init.signal(number)
    init.signal(signal.SIGUSR1)
    wait_until(lambda: str(int(signal.SIGUSR1)) in caught(out), "USR1")
    assert str(int(number)) in caught(out)


@IN_BOTH_MODES
def test_all_of_500_realtime_signals_arrive(catcher, namespace):
    init, out = catcher(namespace=namespace)
    for _ in range(500):
        init.signal(signal.SIGRTMIN + 3)
    init.signal(signal.SIGRTMAX)  # of those that wait, the highest number comes last
    wait_until(lambda: str(int(signal.SIGRTMAX)) in caught(out), "the last one")
    assert caught(out) == ["ready"] + ["37"] * 500 + ["64"]


def test_signal_that_waited_before_reinit_started_is_passed_on(tool, tmp_path, reinit):
    out = tmp_path / "caught"
    init = reinit("--", tool("catcher"), out, prefix=[tool("with"), "pend=15", "--"])
    assert init.wait() == 0
    assert caught(out) == ["ready", "15"]


@IN_BOTH_MODES
def test_term_before_the_command_has_been_executed_ends_it(reinit, namespace):
    for _ in range(10):
        init = reinit("--", "sleep", "1000", namespace=namespace)
        wait_until(lambda: children(init.pid), "the child")
        init.signal(signal.SIGTERM)
        assert init.wait() == 128 + signal.SIGTERM


def read_state(path):
    return dict(line.split(" ", 1) for line in path.read_text().splitlines())


@IN_BOTH_MODES
@pytest.mark.parametrize("given", [[], ["ignore=13"], ["ignore=17"], ["block=10", "block=40"],
                                   ["ignore=1", "ignore=13", "ignore=17", "ignore=64", "block=15", "block=17"]],
                         ids=lambda given: ",".join(given) or "nothing")
def test_command_starts_with_the_mask_and_dispositions_that_were_given(given, namespace, tool, tmp_path):
    change = [tool("with"), *given, "--"]
    subprocess.run([*change, tool("state"), tmp_path / "bare", "7"], check=False)
    done = subprocess.run([*(NAMESPACE if namespace else []), *change, PROGRAM, "--", tool("state"), tmp_path / "under",
                           "7"], check=False)
    assert done.returncode == 7, "the code is known although SIGCHLD may have been ignored"
    bare, under = read_state(tmp_path / "bare"), read_state(tmp_path / "under")
    for key in "SigBlk", "SigIgn", "SigCgt", "SigPnd":
        assert under[key] == bare[key], key
    for word in given:
        action, number = word.split("=")
        assert int(under["SigIgn" if action == "ignore" else "SigBlk"], 16) >> (int(number) - 1) & 1


def test_services_of_a_file_start_with_the_mask_that_was_given(tool, tmp_path, conf, reinit):
    file = conf(f"""service "one" {{
        command = {{"{tool('state')}", "{tmp_path}/under", "7"}}
        restart = no
    }}
    """)
    init = reinit("--config", file, prefix=[tool("with"), "block=10", "ignore=13", "ignore=17", "--"])
    assert init.wait() == 7
    under = read_state(tmp_path / "under")
    assert int(under["SigBlk"], 16) == 1 << 9
    assert int(under["SigIgn"], 16) & (1 << 12 | 1 << 16) == 1 << 12 | 1 << 16


def test_reinit_itself_blocks_what_it_passes_on(reinit, stub, configmap):
    """Seen with a watch: a plain init waits in sigtimedwait, and for that time the kernel shows no mask."""
    service = stub("main")
    init = reinit("--watch", configmap().path, "--", *service.argv)
    service.wait_lines(1)
    blocked = int(status_field(init.pid, "SigBlk"), 16)
    for number in range(1, 65):
        if number not in (signal.SIGKILL, signal.SIGSTOP) and number not in FROM_LIBC_HIDDEN:
            assert blocked >> (number - 1) & 1, number


def test_signal_reaches_the_command_alone_and_not_its_children(reinit, stub):
    main, child = stub("main"), stub("child")
    script = f"{' '.join(child.argv)} & exec {' '.join(main.argv)}"
    init = reinit("--", "sh", "-c", script)
    main.wait_lines(1)
    child.wait_lines(1)
    init.signal(signal.SIGHUP)
    assert main.wait_lines(2) == ["ready", "HUP"]
    init.signal(signal.SIGTERM)
    assert init.wait() == 0
    assert child.lines() == ["ready", "TERM"], "only the end takes the children along"


def test_signals_during_a_storm_of_them_do_not_kill(catcher):
    init, out = catcher()
    for number in [signal.SIGHUP, signal.SIGUSR1, signal.SIGWINCH, signal.SIGCONT] * 500:
        init.signal(number)
    init.signal(signal.SIGTERM)
    assert init.wait() == 0
    assert caught(out)[0] == "ready" and caught(out)[-1] == "15"


def test_signal_right_after_the_fork_finds_a_group_that_is_not_made_yet(reinit):
    """The signal is there before reinit is: it is passed on while the child is still on its way to its program."""
    def raise_blocked():
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
        signal.raise_signal(signal.SIGUSR1)

    init = reinit("--signal-group", "--map-signal", "USR1=TERM", "--", "sleep", "1000", namespace=False,
                  preexec_fn=raise_blocked)
    assert init.wait() == 128 + signal.SIGTERM
