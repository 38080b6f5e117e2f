# SPDX-License-Identifier: MIT
"""The end: stop signal, KILL at the bound, what is left behind, and processes that may not or cannot be ended."""
import os
import signal
import subprocess

import pytest

from conftest import children, needs, status_field, wait_until

IN_BOTH_MODES = pytest.mark.parametrize("namespace", [True, False], ids=["pid1", "subreaper"])
WITHOUT_KILL = ["setpriv", "--bounding-set", "-kill", "--inh-caps", "-kill"]
NOBODY = "65534"


@IN_BOTH_MODES
def test_command_gets_term_and_may_end_with_its_own_code(reinit, stub, namespace):
    main = stub("main", "--exit-on", "TERM=3")
    init = reinit("--", *main.argv, namespace=namespace)
    main.wait_lines(1)
    init.signal(signal.SIGTERM)
    assert init.wait() == 3
    assert main.lines() == ["ready", "TERM"]
    assert init.text == ""


def test_stop_signal_stands_for_term(reinit, stub):
    main = stub("main", "--exit-on", "QUIT=4")
    init = reinit("--stop-signal", "QUIT", "--", *main.argv)
    main.wait_lines(1)
    init.signal(signal.SIGTERM)
    assert init.wait() == 4
    assert main.lines() == ["ready", "QUIT"]


@IN_BOTH_MODES
def test_command_that_stays_is_killed_at_its_stop_timeout(reinit, stub, namespace):
    main = stub("main", "--stay")
    init = reinit("--stop-timeout", "50ms", "--", *main.argv, namespace=namespace)
    main.wait_lines(1)
    init.signal(signal.SIGTERM)
    assert init.wait() == 128 + signal.SIGKILL
    assert main.lines() == ["ready", "TERM"]
    assert init.lines("STOP_FORCED")


def test_second_term_is_passed_on_and_no_bound_is_set_by_default(reinit, stub):
    main = stub("main", "--stay", "--exit-on", "USR1=5")
    init = reinit("--", *main.argv)
    main.wait_lines(1)
    for count in 2, 3:
        init.signal(signal.SIGTERM)
        main.wait_lines(count)
    init.signal(signal.SIGUSR1)
    assert init.wait() == 5
    assert main.lines() == ["ready", "TERM", "TERM", "USR1"]


@IN_BOTH_MODES
@pytest.mark.parametrize("code", [0, 7])
def test_what_the_command_leaves_behind_gets_term_and_the_code_is_the_commands(reinit, stub, code, namespace):
    left = stub("left", "--exit-on", "TERM=9")
    init = reinit("--linger", "1h", "--", "sh", "-c", f"{' '.join(left.argv)} & "
                  f"until [ -s {left.out} ]; do sleep 0.01; done; exit {code}", namespace=namespace)
    assert init.wait() == code
    assert left.lines() == ["ready", "TERM"]


@IN_BOTH_MODES
def test_what_stays_after_term_is_killed_after_linger(reinit, stub, tmp_path, namespace):
    left = stub("left", "--stay")
    init = reinit("--linger", "50ms", "--", "sh", "-c", f"{' '.join(left.argv)} & echo $! >{tmp_path}/pid; "
                  f"until [ -s {left.out} ]; do sleep 0.01; done; exit 7", namespace=namespace)
    assert init.wait() == 7
    assert left.lines() == ["ready", "TERM"]
    assert init.lines("REST_KILL")
    if not namespace:
        assert status_field(int((tmp_path / "pid").read_text()), "State") is None


def test_children_that_escaped_into_their_own_session_are_ended_too(reinit, stub):
    left = stub("left")
    init = reinit("--linger", "1h", "--", "sh", "-c", f"setsid {' '.join(left.argv)} & "
                  f"until [ -s {left.out} ]; do sleep 0.01; done; exit 7", namespace=False)
    assert init.wait() == 7
    assert left.lines() == ["ready", "TERM"]


def test_only_descendants_are_ended(reinit, stub):
    """Another process of the PID namespace, as `kubectl exec` makes one, is left alone even by PID 1."""
    main, stranger = stub("main"), stub("stranger")
    init = reinit("--", *main.argv)
    main.wait_lines(1)
    inside = subprocess.Popen(["nsenter", "-t", str(init.pid), "-p", "-m", *stranger.argv], stdout=subprocess.DEVNULL)
    stranger.wait_lines(1)
    init.signal(signal.SIGTERM)
    assert init.wait() == 0
    inside.wait(60)
    assert stranger.lines() == ["ready"], "no TERM: the kernel's KILL came with the end of the namespace"


def test_child_that_stopped_itself_is_ended_at_the_bound(reinit):
    init = reinit("--stop-timeout", "50ms", "--", "sh", "-c", "kill -STOP $$; exit 7")
    child = wait_until(lambda: children(init.pid), "the child")[0]
    wait_until(lambda: status_field(child, "State")[0] == "T", "the child to stop")
    init.signal(signal.SIGTERM)
    assert init.wait() == 128 + signal.SIGKILL


def test_stopped_leftover_is_ended_after_linger(reinit, tmp_path):
    init = reinit("--linger", "50ms", "--", "sh", "-c", "sleep 1000 & kill -STOP $!; exit 7", namespace=False)
    assert init.wait() == 7


@pytest.fixture
def hold(tool, tmp_path):
    """hold(PID): keep it from going away whatever happens to it, until the test ends."""
    holders = []

    def start(pid):
        held = tmp_path / f"held-{pid}"
        holders.append(subprocess.Popen([tool("holder"), str(pid), held]))
        wait_until(lambda: held.exists() or holders[-1].poll() is not None, "the tracer")
        if not held.exists():
            pytest.skip("tracing is not permitted here")

    yield start
    for one in holders:
        one.kill()
        one.wait()


def test_reinit_leaves_although_its_command_survives_kill(reinit, stub, hold):
    main = stub("main", "--stay")
    init = reinit("--stop-timeout", "50ms", "--linger", "50ms", "--", *main.argv, namespace=False)
    main.wait_lines(1)
    hold(children(init.pid)[0])
    init.signal(signal.SIGTERM)
    assert init.wait() == 128 + signal.SIGKILL
    assert init.lines("STOP_HOPELESS")


def test_reinit_leaves_although_a_leftover_survives_kill(reinit, stub, hold, tmp_path):
    left = stub("left", "--stay")
    init = reinit("--linger", "50ms", "--", "sh", "-c", f"{' '.join(left.argv)} & echo $! >{tmp_path}/pid; "
                  "trap 'exit 7' USR1; while :; do sleep 0.01; done", namespace=False)
    left.wait_lines(1)
    hold(int((tmp_path / "pid").read_text()))
    init.signal(signal.SIGUSR1)
    assert init.wait() == 7
    assert init.lines("REST_KILL")


@needs("setpriv")
@IN_BOTH_MODES
def test_without_cap_kill_every_signal_reaches_a_child_of_another_user(reinit, stub, namespace):
    main = stub("main", "--uid", NOBODY, "--exit-on", "TERM=3")
    init = reinit("--", *main.argv, namespace=namespace, prefix=WITHOUT_KILL)
    main.wait_lines(1)
    assert int(status_field(init.pid, "CapBnd"), 16) >> 5 & 1 == 0, "CAP_KILL is gone"
    for count, number in enumerate([signal.SIGHUP, signal.SIGUSR1, signal.SIGWINCH], 2):
        init.signal(number)
        main.wait_lines(count)
    init.signal(signal.SIGTERM)
    assert init.wait() == 3
    assert main.lines() == ["ready", "HUP", "USR1", "WINCH", "TERM"]


@needs("setpriv")
@IN_BOTH_MODES
def test_without_cap_kill_a_child_of_another_user_is_killed_at_its_bound(reinit, stub, namespace):
    main = stub("main", "--uid", NOBODY, "--stay")
    init = reinit("--stop-timeout", "50ms", "--", *main.argv, namespace=namespace, prefix=WITHOUT_KILL)
    main.wait_lines(1)
    init.signal(signal.SIGTERM)
    assert init.wait() == 128 + signal.SIGKILL
    assert not init.lines("STOP_HOPELESS")


@needs("setpriv")
def test_without_cap_kill_leftovers_of_another_user_are_ended(reinit, stub):
    left = stub("left", "--uid", NOBODY)
    init = reinit("--linger", "1h", "--", "sh", "-c", f"{' '.join(left.argv)} & "
                  f"until [ -s {left.out} ]; do sleep 0.01; done; exit 7", namespace=False, prefix=WITHOUT_KILL)
    assert init.wait() == 7
    assert left.lines() == ["ready", "TERM"]


@needs("setpriv")
def test_where_no_signal_may_be_sent_at_all_reinit_lives_and_leaves_at_its_bound(reinit, tool, tmp_path):
    """Neither CAP_KILL nor CAP_SETUID: the child's user came from a set-user-ID file."""
    program = tmp_path / "catcher"
    program.write_bytes(open(tool("catcher"), "rb").read())
    os.chown(program, int(NOBODY), int(NOBODY))
    program.chmod(0o4755)
    out = tmp_path / "caught"
    out.touch()
    out.chmod(0o666)
    for directory in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        directory.chmod(0o755)
    init = reinit("--stop-timeout", "50ms", "--linger", "50ms", "--", program, out, NOBODY,
                  prefix=["setpriv", "--bounding-set", "-kill,-setuid", "--inh-caps", "-kill,-setuid"])
    wait_until(lambda: out.read_text() or init.proc.poll() is not None, "the catcher")
    if init.proc.poll() is not None:
        pytest.skip("set-user-ID does not work in the temporary directory")
    init.signal(signal.SIGHUP)
    init.signal(signal.SIGUSR1)
    init.signal(signal.SIGTERM)
    assert init.wait() == 128 + signal.SIGKILL
    assert init.lines("STOP_HOPELESS")
    assert out.read_text() == "ready\n"


def test_reinit_without_any_capability_works(reinit, stub):
    main = stub("main")
    init = reinit("--", *main.argv, prefix=["setpriv", "--bounding-set", "-all", "--inh-caps", "-all",
                                            "--no-new-privs"])
    main.wait_lines(1)
    init.signal(signal.SIGHUP)
    main.wait_lines(2)
    init.signal(signal.SIGTERM)
    assert init.wait() == 0


def test_no_process_can_be_made(reinit):
    """At the limit of processes the command cannot be started: said, and a clean end."""
    init = reinit("--", "true", namespace=False, prefix=[
        "setpriv", "--bounding-set", "-all", "--inh-caps", "-all", "--reuid", "61234", "--clear-groups",
        "prlimit", "--nproc=1"])
    assert init.wait() == 111
    assert init.lines("SPAWN_FAILED")
