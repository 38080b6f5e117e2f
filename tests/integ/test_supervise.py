# SPDX-License-Identifier: MIT
"""Several services: order of start and stop, readiness, restarts, start limit, and what ends the container."""
import os
import signal
import socket
import subprocess

import pytest

from conftest import NAMESPACE, PROGRAM, children, run, service_text, wait_until


def shell(script):
    return ["sh", "-c", script]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def order_of(log, *wanted):
    """The places of these lines in a shared file, once all are there; each must be there once."""
    def lines_of():
        return log.read_text().splitlines() if log.exists() else []

    wait_until(lambda: set(wanted) <= set(lines_of()), f"{wanted} in {log.name}")
    lines = lines_of()
    assert all(lines.count(line) == 1 for line in wanted), lines
    return [lines.index(line) for line in wanted]


def start_pair(reinit, stub, conf, tmp_path, option, ready):
    """Service b comes after a, which opens its way of being ready only after it said so in a file they share."""
    log = tmp_path / "shared"
    first, second = stub("a", "--share", log, "a", *option), stub("b", "--share", log, "b")
    init = reinit("--config", conf(
        service_text("b", second.argv, 'after = {"a"}') + service_text("a", first.argv, f"ready = '{ready}'")))
    second.wait_lines(1)
    init.wait_event("STARTED", service="b")
    return init, log


@pytest.mark.parametrize("kind", ["file", "unix", "tcp", "exec"])
def test_service_starts_when_the_one_before_it_is_ready(kind, reinit, stub, conf, tmp_path):
    door = tmp_path / "door"
    port = free_port()
    option, ready = {
        "file": (["--make", door], f"file:{door}"),
        "unix": (["--listen", door], f"unix:{door}"),
        "tcp": (["--listen", port], f"tcp:{port}"),
        "exec": (["--make", door], f"exec:test -e {door}"),
    }[kind]
    init, log = start_pair(reinit, stub, conf, tmp_path, option, ready)
    places = order_of(log, "a ready", "a open", "b ready")
    assert places == sorted(places)
    assert [line["service"] for line in init.lines() if line["event"] in ("STARTED", "READY")] == ["a", "a", "b"]
    init.signal(signal.SIGTERM)
    assert init.wait() == 0


def test_probe_of_a_process_that_is_gone_does_not_stand_in_the_way_of_the_next(reinit, tmp_path):
    looks, starts = tmp_path / "looks", tmp_path / "starts"
    init = reinit("--log-level", "info", "--restart", "always", "--backoff-min", "1ms", "--ready",
                  f"exec:sh -c 'echo look >>{looks}; exec sleep 1000'", "--", "sh", "-c",
                  f"echo start >>{starts}; touch {looks}; "
                  f"while [ $(wc -l <{looks}) -lt $(wc -l <{starts}) ]; do sleep 0.01; done; exit 1")
    init.wait_event("STARTED", count=4)
    assert init.lines("HELPER_FAILED") == []


def test_delay_is_waited_for(reinit, stub, conf, tmp_path):
    init, _ = start_pair(reinit, stub, conf, tmp_path, [], "delay:300ms")
    assert int(init.lines("READY", service="a")[0]["after_ms"]) >= 300
    events = [(line["event"], line["service"]) for line in init.lines() if line["event"] in ("STARTED", "READY")]
    assert events == [("STARTED", "a"), ("READY", "a"), ("STARTED", "b")]


def test_service_after_one_that_is_never_ready_does_not_start(reinit, stub, conf, tmp_path):
    one, two, three = stub("one"), stub("two"), stub("three")
    init = reinit("--config", conf(
        service_text("one", one.argv, f'ready = "file:{tmp_path}/never"') +
        service_text("two", two.argv, "after = {one}") + service_text("three", three.argv)))
    one.wait_lines(1)
    three.wait_lines(1)
    init.signal(signal.SIGTERM)
    assert init.wait() == 0
    assert two.lines() == []
    assert init.lines("STARTED", service="two") == []


def test_service_that_is_not_ready_in_time_is_stopped_and_started_again(reinit, stub, conf, tmp_path):
    one = stub("one", "--make", tmp_path / "wrong-door")
    init = reinit("--config", conf(service_text("one", one.argv, f'ready = "file:{tmp_path}/door"',
                                                "ready-timeout = 300ms", "backoff-min = 1ms", "restart = on-failure")))
    init.wait_event("READY_LATE", service="one")
    init.wait_event("STARTED", count=2, service="one")
    (tmp_path / "door").touch()
    init.wait_event("READY", service="one")
    init.signal(signal.SIGTERM)
    assert init.wait() == 0


def test_services_stop_against_the_order_of_their_start(reinit, stub, conf, tmp_path):
    log = tmp_path / "shared"
    stubs = {name: stub(name, "--share", log, name) for name in "abc"}
    init = reinit("--config", conf(service_text("c", stubs["c"].argv, "after = {b}") +
                                   service_text("a", stubs["a"].argv) +
                                   service_text("b", stubs["b"].argv, "after = {a}")))
    for one in stubs.values():
        one.wait_lines(1)
    init.signal(signal.SIGTERM)
    assert init.wait() == 0
    places = order_of(log, "c TERM", "b TERM", "a TERM")
    assert places == sorted(places)
    stopping = [(line["event"], line["service"]) for line in init.lines() if line["event"] in ("STOPPING", "ENDED")]
    assert stopping == [("STOPPING", "c"), ("ENDED", "c"), ("STOPPING", "b"), ("ENDED", "b"), ("STOPPING", "a"),
                        ("ENDED", "a")], "the next is asked to stop only when the one that needs it has ended"


def test_service_that_does_not_stop_is_killed_at_its_bound_and_the_rest_follows(reinit, stub, conf, tmp_path):
    stubborn, calm = stub("stubborn", "--stay"), stub("calm")
    init = reinit("--config", conf(service_text("calm", calm.argv) +
                                   service_text("stubborn", stubborn.argv, "after = {calm}", "stop-timeout = 50ms")))
    stubborn.wait_lines(1)
    calm.wait_lines(1)
    init.signal(signal.SIGTERM)
    assert init.wait() == 0
    assert stubborn.lines() == ["ready", "TERM"] and calm.lines() == ["ready", "TERM"]
    assert init.lines("STOP_FORCED", service="stubborn") and not init.lines("STOP_FORCED", service="calm")


def test_stop_signal_of_each_service_is_its_own(reinit, stub, conf):
    one, two = stub("one", "--exit-on", "QUIT=0"), stub("two", "--exit-on", "USR1=0")
    init = reinit("--config", conf(service_text("one", one.argv, "stop-signal = QUIT") +
                                   service_text("two", two.argv, "stop-signal = SIGUSR1")))
    one.wait_lines(1)
    two.wait_lines(1)
    init.signal(signal.SIGINT)
    assert init.wait() == 0
    assert one.lines() == ["ready", "QUIT"] and two.lines() == ["ready", "USR1"]


def test_nothing_starts_after_the_first_term(reinit, stub, conf, tmp_path):
    """A service that fails while everything stops is not started again, and one that waits is never started."""
    main, waits = stub("main", "--exit-on", "TERM=9"), stub("waits")
    init = reinit("--config", conf(
        service_text("main", main.argv, "restart = always", f'ready = "file:{tmp_path}/never"') +
        service_text("waits", waits.argv, "after = {main}")))
    main.wait_lines(1)
    init.signal(signal.SIGTERM)
    assert init.wait() == 0
    assert main.lines() == ["ready", "TERM"] and waits.lines() == []
    assert len(init.lines("STARTED")) == 1


@pytest.mark.parametrize("rule, code, again", [("no", 0, False), ("no", 3, False), ("on-failure", 0, False),
                                               ("on-failure", 3, True), ("always", 0, True), ("always", 3, True)])
def test_restart_rule(rule, code, again, reinit, conf, tmp_path):
    """Its second incarnation, if there is one, stays."""
    script = f"if [ -e {tmp_path}/once ]; then exec sleep 1000; fi; : >{tmp_path}/once; exit {code}"
    init = reinit("--config", conf(service_text("one", shell(script), f"restart = {rule}")))
    if not again:
        assert init.wait() == code
        assert len(init.lines("STARTED")) == 1
        return
    assert init.wait_event("REVIVED" if code == 0 else "FAILED")["retry_ms"] == "0", "the first time at once"
    init.wait_event("STARTED", count=2)
    init.signal(signal.SIGTERM)
    assert init.wait() == 0


def test_pauses_double_up_to_their_maximum_and_the_start_limit_ends_the_container(reinit, conf):
    init = reinit("--config", conf(service_text("one", shell("exit 3"), "backoff-min = 2ms", "backoff-max = 10ms",
                                                "start-limit = 7")))
    assert init.wait() == 3, "an essential service that gives up ends the container with its code"
    assert [line["retry_ms"] for line in init.lines("FAILED")] == ["0", "2", "4", "8", "10", "10"]
    assert init.lines("GAVE_UP")[0]["failures"] == "7"
    assert len(init.lines("STARTED")) == 7


def test_giving_up_on_a_service_that_ends_with_0_ends_the_container_with_1(reinit, conf):
    init = reinit("--config", conf(service_text("one", shell("exit 0"), "restart = always", "backoff-min = 1ms",
                                                "start-limit = 3")))
    assert init.wait() == 1
    assert init.lines("GAVE_UP")


def test_service_whose_program_is_missing_is_given_up_and_named(reinit, conf):
    init = reinit("--config", conf(service_text("one", ["/no/such/program"], "backoff-min = 1ms", "start-limit = 2")))
    assert init.wait() == 127
    assert init.lines("EXEC_FAILED", command="/no/such/program", service="one")


def test_service_that_is_killed_is_started_again(reinit, stub, conf):
    one = stub("one")
    init = reinit("--config", conf(service_text("one", one.argv)))
    one.wait_lines(1)
    os.kill(init.main_pid("one"), signal.SIGKILL)
    assert init.wait_event("FAILED", service="one")["signal"] == "KILL"
    assert one.wait_lines(2) == ["ready", "ready"]
    init.signal(signal.SIGTERM)
    assert init.wait() == 0


@pytest.mark.parametrize("code", [0, 5])
def test_end_of_an_essential_service_ends_the_container_with_its_code(code, reinit, stub, conf):
    other, main = stub("other"), stub("main", "--exit-on", f"USR1={code}")
    init = reinit("--config", conf(service_text("other", other.argv) +
                                   service_text("main", main.argv, "essential = yes", "restart = no")))
    other.wait_lines(1)
    main.wait_lines(1)
    init.signal(signal.SIGUSR1)  # goes to the essential services
    assert init.wait() == code
    assert other.lines() == ["ready", "TERM"]
    assert init.lines("SHUTDOWN_ENDED" if code == 0 else "SHUTDOWN_FAILED", service="main")


def test_clean_end_of_an_essential_service_is_not_answered_by_a_restart(reinit, stub, conf):
    """As preStop with `nginx -s quit` makes it: code 0 although nobody asked reinit."""
    main = stub("main", "--exit-on", "QUIT=0")
    init = reinit("--config", conf(service_text("main", main.argv, "essential = yes")))
    main.wait_lines(1)
    os.kill(init.main_pid("main"), signal.SIGQUIT)
    assert init.wait() == 0
    assert len(init.lines("STARTED")) == 1


def test_end_of_another_service_does_not_end_the_container(reinit, stub, conf):
    other, main = stub("other", "--exit-on", "USR1=5"), stub("main")
    init = reinit("--config", conf(service_text("other", other.argv, "restart = no") +
                                   service_text("main", main.argv, "essential = yes")))
    other.wait_lines(1)
    main.wait_lines(1)
    os.kill(init.main_pid("other"), signal.SIGUSR1)
    init.wait_event("ENDED", service="other")
    init.signal(signal.SIGUSR2)
    assert main.wait_lines(2) == ["ready", "USR2"]
    init.signal(signal.SIGTERM)
    assert init.wait() == 0


def test_what_a_dead_service_left_behind_is_ended_before_it_starts_again(reinit, stub, conf, tmp_path):
    left = stub("left")
    script = (f"if [ -e {tmp_path}/once ]; then exec sleep 1000; fi; : >{tmp_path}/once; {' '.join(left.argv)} & "
              f"until [ -s {left.out} ]; do sleep 0.01; done; exit 3")
    init = reinit("--config", conf("linger = 1h\n" + service_text("one", shell(script))))
    init.wait_event("STARTED", count=2)
    assert left.lines() == ["ready", "TERM"]
    wait_until(lambda: len(children(init.pid)) == 1, "the new one alone")


def test_command_beside_a_file_is_the_essential_main_service(reinit, stub, conf):
    side, main = stub("side"), stub("main", "--exit-on", "USR1=6")
    init = reinit("--config", conf(service_text("side", side.argv)), "--", *main.argv)
    side.wait_lines(1)
    main.wait_lines(1)
    init.wait_event("STARTED", service="side")
    init.wait_event("STARTED", service="main")
    init.signal(signal.SIGUSR1)
    assert init.wait() == 6
    assert side.lines() == ["ready", "TERM"], "other signals go to the main service alone"


def test_code_after_term_is_that_of_the_command_beside_a_file(reinit, stub, conf):
    side, main = stub("side", "--exit-on", "TERM=4"), stub("main", "--exit-on", "TERM=3")
    init = reinit("--config", conf(service_text("side", side.argv)), "--", *main.argv)
    side.wait_lines(1)
    main.wait_lines(1)
    init.signal(signal.SIGTERM)
    assert init.wait() == 3


def test_command_beside_a_file_may_wait_for_a_service(reinit, stub, conf, tmp_path):
    log, door = tmp_path / "shared", tmp_path / "door"
    side = stub("side", "--share", log, "side", "--make", door)
    main = stub("main", "--share", log, "main")
    init = reinit("--config", conf(service_text("side", side.argv, f'ready = "file:{door}"')), "--after", "side",
                  "--", *main.argv)
    main.wait_lines(1)
    places = order_of(log, "side open", "main ready")
    assert places == sorted(places)
    assert init.proc.poll() is None


def test_several_files_are_one_configuration(reinit, stub, conf):
    one, two = stub("one"), stub("two")
    init = reinit("--config", conf(service_text("one", one.argv, "after = {two}"), "a.conf"), "--config",
                  conf(service_text("two", two.argv), "b.conf"))
    one.wait_lines(1)
    two.wait_lines(1)
    init.wait_event("STARTED", count=2)
    assert [line["service"] for line in init.lines("STARTED")] == ["two", "one"]


@pytest.mark.parametrize("links", [{"a": "a"}, {"a": "b", "b": "a"}, {"a": "b", "b": "c", "c": "a"}], ids=len)
def test_circle_of_after_is_refused(links, conf):
    file = conf("".join(service_text(name, ["true"], f"after = {{{after}}}") for name, after in links.items()))
    code, out, err = run("--config", file)
    assert (code, out) == (78, "")
    assert "after" in err and file in err and all(name in err for name in links)


def test_after_an_unknown_service_is_refused_with_a_hint(conf):
    code, _, err = run("--config", conf(service_text("postgres", ["true"]) +
                                        service_text("app", ["true"], "after = {postgers}")))
    assert code == 78
    assert "postgers" in err and "postgres" in err


def in_private_etc(tmp_path, files, *args):
    """Run reinit where /etc holds these files, in a mount namespace of its own."""
    etc = tmp_path / "etc"
    for name, text in files.items():
        (etc / name).parent.mkdir(parents=True, exist_ok=True)
        (etc / name).write_text(text)
    etc.mkdir(exist_ok=True)
    script = f'mount --bind {etc} /etc && exec "$@"'
    return subprocess.run(["unshare", "--mount", *NAMESPACE[1:], "sh", "-c", script, "sh", PROGRAM, *args], check=False,
                          capture_output=True, text=True, timeout=60)


def test_reinit_alone_reads_its_default_files(tmp_path):
    out = tmp_path / "out"
    done = in_private_etc(tmp_path, {
        "reinit.conf": service_text("main", shell(f"until [ -s {out} ]; do sleep 0.01; done; exit 5"),
                                    "after = {extra}", "restart = no", "essential = yes"),
        "reinit.d/extra.conf": service_text("extra", shell(f"echo extra >>{out}"), "restart = no", "essential = no"),
        "reinit.d/ignored.txt": "this is no configuration {",
        "reinit.d/.hidden.conf": "nor is this {"})
    assert done.returncode == 5, done.stderr
    assert out.read_text() == "extra\n"


def test_reinit_alone_without_any_file_is_refused(tmp_path):
    done = in_private_etc(tmp_path, {})
    assert (done.returncode, done.stdout) == (100, "")
    assert "/etc/reinit.conf" in done.stderr and "--help" in done.stderr


def test_default_files_are_not_read_beside_a_command(tmp_path):
    done = in_private_etc(tmp_path, {"reinit.conf": "broken {"}, "--", "sh", "-c", "exit 3")
    assert (done.returncode, done.stderr) == (3, "")


@pytest.mark.parametrize("code", [0, 3])
def test_reason_of_a_failure_stands_in_the_termination_log(code, tmp_path, conf):
    """Where Kubernetes shows it: /dev/termination-log, if it is there."""
    file = conf(service_text("web", shell(f"exit {code}"), "restart = always", "start-limit = 1"))
    script = ('mount -t tmpfs none /dev && : >/dev/termination-log && "$@"; code=$?; '
              f"cat /dev/termination-log >{tmp_path}/reason; exit $code")
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script, "sh", PROGRAM, "--config", file], check=False,
                          capture_output=True, timeout=60)
    assert done.returncode == (code or 1)
    reason = (tmp_path / "reason").read_text()
    assert "'web'" in reason and f"exit code {done.returncode}" in reason and reason.count("\n") == 1


def test_many_services_start_and_stop(reinit, conf, tool):
    text = "".join(service_text(f"s{n}", ["sleep", "1000"], *([f"after = {{s{n - 1}}}"] if n else [])) for n in range(60))
    init = reinit("--config", conf(text))
    init.wait_event("STARTED", count=60)
    assert [line["service"] for line in init.lines("STARTED")] == [f"s{n}" for n in range(60)]
    init.signal(signal.SIGTERM)
    assert init.wait() == 0
    assert [line["service"] for line in init.lines("STOPPING")] == [f"s{n}" for n in reversed(range(60))]
