# SPDX-License-Identifier: MIT
"""Each signal from 1 to 64, as PID 1 and not: what the command gets, and what becomes of the init."""
import contextlib
import signal

import pytest

from pair import ALL, MODES, SIDES, Pair, inits, pair, programs, wait_until  # noqa: F401

FENCE = signal.SIGRTMAX  # of the signals that wait, the highest number is taken last
SYNCHRONOUS = {signal.SIGFPE, signal.SIGILL, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGTRAP,
               signal.SIGSYS}
TERMINALS = {signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
OF_LIBC = {32, 33}


@pytest.fixture(scope="module")
def standing(tmp_path_factory, programs):
    """standing(name, pid1, side): one that runs the catching subject; a new one when the last has ended."""
    pairs, runs = {}, {}

    def get(name, pid1, side, *options):
        key = (name, pid1, *options)
        if key not in pairs:
            pairs[key] = Pair(tmp_path_factory.mktemp("standing"), name, programs)
        run = runs.get((key, side))
        if run is None or run.proc.poll() is not None:
            pairs[key].places[side].dir.joinpath("report").unlink(missing_ok=True)
            run = runs[key, side] = pairs[key].start(side, *options, "--", "subject", "report", "catch", pid1=pid1)
            run.ready()
        return run

    yield get
    for one in pairs.values():
        one.finish()


def after(run, number):
    """Send number and the fence: ([signals that the command got], [who stopped], code of the init or None)."""
    before, stopped = len(run.signals()), set()
    run.send(number)
    if number not in (signal.SIGKILL, signal.SIGTERM, FENCE):
        with contextlib.suppress(ProcessLookupError):
            run.send(FENCE)

    def got():
        return run.signals()[before:]

    wait_until(lambda: run.proc.poll() is not None or str(int(FENCE)) in got()
               or "T" in (run.state(run.main), run.state(run.init)), f"an effect of {number}")
    if run.proc.poll() is None and str(int(FENCE)) not in got():
        if number in TERMINALS and "-c" not in run.argv:
            wait_until(lambda: run.state(run.main) == "T", "the command to stop")
            stopped.add("command")
        elif number in TERMINALS:  # CONT would take it back
            wait_until(lambda: str(int(number)) in got(), f"{number}")
        # dumb-init stops itself after the command. PID 1 cannot, but trying takes a CONT back that came too early.
        # STOP from outside stops PID 1 as well.
        if not run.pid1 or number == signal.SIGSTOP:
            wait_until(lambda: run.state(run.init) == "T", "the init to stop")
            stopped.add("init")
        else:
            wait_until(lambda: run.state(run.init) == "S", "the init to wait")
        run.send(signal.SIGCONT)
        wait_until(lambda: str(int(FENCE)) in got() or run.proc.poll() is not None, "the fence after CONT")
    if number == signal.SIGTERM:
        wait_until(lambda: run.proc.poll() is not None, "the end")
    return [int(word) for word in got() if int(word) != FENCE or number == FENCE], sorted(stopped), run.proc.poll()


def expected_difference(name, number, pid1):
    """(of the original, of ours) for what reinit-compat(7) lists; None: both are to be the same."""
    if number in OF_LIBC or (number in SYNCHRONOUS and name != "dumb-init"):
        return ([], [], None if pid1 else -number), ([int(number)], [], None)
    return None


@MODES
@ALL
@pytest.mark.parametrize("number", range(1, 65))
def test_signal(standing, name, pid1, number):
    original, ours = (after(standing(name, pid1, side), number) for side in SIDES)
    difference = expected_difference(name, number, pid1)
    if difference:
        assert (original, ours) == difference
    else:
        assert ours == original


@MODES
@inits("dumb-init")
@pytest.mark.parametrize("number", [signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU])
def test_stop_signals_of_a_single_child(standing, name, pid1, number):
    """They come as they are, and dumb-init stops where it is not PID 1."""
    original, ours = (after(standing(name, pid1, side, "-c"), number) for side in SIDES)
    assert ours == original
    assert int(number) in ours[0]


GROUP = {"tini": ["-g"], "catatonit": ["-g"], "dumb-init": []}
ALONE = {"tini": [], "catatonit": [], "dumb-init": ["--single-child"]}


@ALL
@pytest.mark.parametrize("options", [GROUP, ALONE], ids=["group", "alone"])
def test_group_or_command_alone(pair, name, options):
    def look(run):
        run.ready()
        run.wait_line("ready", "child")
        run.send(signal.SIGUSR1)
        run.send(FENCE)
        wait_until(lambda: str(int(FENCE)) in run.signals(), "the fence")
        if options is GROUP:
            wait_until(lambda: str(int(FENCE)) in run.signals("child"), "the child's fence")
        return run.signals(), run.signals("child")

    command, child = pair.same(look, *options[name], "--", "subject", "report", "child=child", "catch")
    assert child == (command if options is GROUP else [])


@inits("tini")
def test_group_by_environment(pair, name):
    def look(run):
        run.ready()
        run.send(signal.SIGUSR1)
        wait_until(lambda: run.signals("child") and run.signals(), "both")
        return run.signals("child")

    assert pair.same(look, "subject", "report", "child=child", "catch", env={"TINI_KILL_PROCESS_GROUP": ""}) == ["10"]


@MODES
@ALL
def test_child_that_outlives_the_command(pair, name, pid1):
    """dumb-init says goodbye to the group with TERM, the others leave; of PID 1 the kernel ends what is left."""
    def look(run):
        run.wait_line("ready", "child")
        code = run.ended()[0]
        if not pid1 and name == "dumb-init":
            wait_until(lambda: run.signals("child"), "TERM")
        return code, run.signals("child") if not pid1 else []

    words = ["subject", "report", "child=child", "exit=5"]
    code, got = pair.same(look, "--", *words, pid1=pid1)
    assert code == 5
    if not pid1:
        assert got == (["15"] if name == "dumb-init" else [])
