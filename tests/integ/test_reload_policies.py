# SPDX-License-Identifier: MIT
"""The five policies, what holds them back, and several watches and services together."""
import os
import signal
import textwrap

import pytest

from conftest import children, preloading, status_field, wait_until
from kubelet import build_c, in_mounts


@pytest.fixture
def conf(tmp_path):
    """conf(TEXT) writes a configuration file; %NAME in it stands for the path of NAME in this test's directory."""
    def write(text):
        path = tmp_path / "reinit.conf"
        path.write_text(textwrap.dedent(text).replace("%/", f"{tmp_path}/"))
        return path

    return write


def stub(out, *options):
    """The words of a stub service as the value of `command` in a configuration file."""
    words = ["/usr/bin/python3", os.path.join(os.path.dirname(os.path.abspath(__file__)), "stub.py"), str(out), *options]
    return "{" + ", ".join(f'"{word}"' for word in words) + "}"


def lines(path):
    return path.read_text().splitlines() if path.exists() else []


def wait_lines(path, count):
    wait_until(lambda: len(lines(path)) >= count, f"{count} lines in {path}, has {lines(path)}")
    return lines(path)


def script(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


def test_observe_logs_and_does_nothing(reinit, configmap, service):
    config = configmap(content={"key": "one"})
    init = reinit("--watch", config.path, "--on-change", "observe", "--", *service.argv)
    service.wait_lines(1)
    config.update({"key": "two"})
    init.wait_event("APPLIED", policy="observe")
    init.signal(signal.SIGTERM)
    assert init.wait() == 0
    assert service.lines() == ["ready", "TERM"]


def test_signal_is_the_one_that_was_asked_for(reinit, configmap, service):
    config = configmap(content={"key": "one"})
    init = reinit("--watch", config.path, "--on-change", "signal:RTMIN+3", "--", *service.argv)
    service.wait_lines(1)
    config.update({"key": "two"})
    assert service.wait_lines(2) == ["ready", "RTMIN+3"]
    init.wait_event("APPLIED", policy="signal")


def test_exec_is_told_what_changed(reinit, configmap, service, tmp_path):
    config = configmap(content={"key": "one"})
    out = tmp_path / "env"
    hook = script(tmp_path / "hook", f"env | grep ^REINIT_ > {out}.new; echo \"args=$*\" >> {out}.new; mv {out}.new {out}\n")
    init = reinit("--watch", config.path, "--on-change", f"exec:{hook} %{{path}} %{{service}}", "--", *service.argv)
    service.wait_lines(1)
    pid = init.wait_event("STARTED")["pid"]
    config.update({"key": "two"})
    digest = init.wait_event("APPLIED", policy="exec")["digest"]
    told = dict(line.split("=", 1) for line in lines(out))
    assert told.pop("REINIT_DIGEST").startswith(digest)
    assert told == {"REINIT_PATH": config.path, "REINIT_PID": pid, "REINIT_SERVICE": "python3",
                    "args": f"{config.path} python3"}


def test_exec_that_fails_is_logged_and_tried_again(reinit, configmap, service, tmp_path):
    config = configmap(content={"key": "one"})
    hook = script(tmp_path / "hook", f"echo 'no connection'; test -e {tmp_path}/up\n")
    init = reinit("--watch", config.path, "--retry-min", "10ms", "--retry-max", "20ms", "--on-change", f"exec:{hook}",
                  "--", *service.argv)
    service.wait_lines(1)
    config.update({"key": "two"})
    failed = init.wait_event("HOOK_FAILED", count=2)
    assert (failed["output"], failed["code"]) == ("no connection", "1")
    (tmp_path / "up").touch()
    init.wait_event("APPLIED", policy="exec")
    assert service.lines() == ["ready"]


def test_exec_beyond_its_time_is_ended_with_what_it_started(reinit, configmap, service, tmp_path):
    config = configmap(content={"key": "one"})
    hook = script(tmp_path / "hook", f"setsid sleep 1000 & echo started; trap '' TERM; echo $$ > {tmp_path}/pid; sleep 1001\n")
    init = reinit("--watch", config.path, "--retry-min", "24h", "--retry-max", "24h", "--exec-timeout", "100ms",
                  "--on-change", f"exec:{hook}", "--", *service.argv)
    service.wait_lines(1)
    main = init.main_pid()
    config.update({"key": "two"})
    failed = init.wait_event("HOOK_FAILED")
    assert (failed["cause"], failed["output"]) == ("time limit", "started")
    wait_until(lambda: children(init.pid) == [main], "the hook and all that it started to be gone")


def test_restart_stops_gracefully_and_starts_on_the_new_content(reinit, configmap, service):
    config = configmap(content={"key": "one"})
    init = reinit("--watch", config.path, "--on-change", "restart", "--stop-signal", "QUIT", "--", *service.argv,
                  "--exit-on", "QUIT=0", "--reads", f"{config.path}/key")
    service.wait_lines(1)
    config.update({"key": "two"})
    assert service.wait_lines(3) == ["ready one", "QUIT two", "ready two"]
    init.signal(signal.SIGTERM)
    assert init.wait() == 0
    assert not init.lines("STOP_FORCED")
    assert len(init.lines("STARTED")) == 2


def test_restart_kills_at_its_bound(reinit, configmap, service):
    config = configmap(content={"key": "one"})
    init = reinit("--watch", config.path, "--on-change", "restart", "--stop-signal", "USR1", "--stop-timeout", "50ms",
                  "--", *service.argv, "--reads", f"{config.path}/key")  # takes USR1 and stays
    service.wait_lines(1)
    config.update({"key": "two"})
    assert service.wait_lines(3) == ["ready one", "USR1 two", "ready two"]
    init.wait_event("STOP_FORCED")


def test_change_during_a_restart_is_read_by_the_new_process(reinit, configmap, service, tmp_path):
    """The second change comes while the old process still stops: one restart is enough for both."""
    config = configmap(content={"key": "one"})
    init = reinit("--watch", config.path, "--on-change", "restart", "--log-level", "debug", "--stop-signal", "USR1", "--",
                  *service.argv, "--exit-on", "USR2=0", "--reads", f"{config.path}/key")
    service.wait_lines(1)
    config.update({"key": "two"})
    service.wait_lines(2)
    config.update({"key": "three"})
    init.wait_event("CHANGED", count=2)
    os.kill(init.main_pid(), signal.SIGUSR2)
    assert service.wait_lines(4) == ["ready one", "USR1 two", "USR2 three", "ready three"]
    config.update({"key": "three"})
    init.wait_event("NO_OP")
    assert len(init.lines("STARTED")) == 2


def test_change_right_after_a_restart_leads_to_exactly_one_more(reinit, configmap, service, tmp_path):
    """The second change comes when the new process has been started but is not ready."""
    config = configmap(content={"key": "one"})
    ready = tmp_path / "ready"
    ready.touch()
    init = reinit("--watch", config.path, "--on-change", "restart", "--ready", f"file:{ready}", "--", *service.argv,
                  "--reads", f"{config.path}/key")
    init.wait_event("READY")
    service.wait_lines(1)
    ready.unlink()
    config.update({"key": "two"})
    service.wait_lines(3)
    config.update({"key": "three"})
    config.update({"key": "four"})
    ready.touch()
    wait_until(lambda: service.lines()[-1] == "ready four", "a start on the newest content")
    init.wait_event("READY", count=2)
    init.signal(signal.SIGTERM)
    init.wait()
    starts = [line for line in service.lines() if line.startswith("ready")]
    assert starts[:2] == ["ready one", "ready two"] and starts[-1] == "ready four"
    assert len(starts) <= 4  # "three" may have been seen before "four" came


TERMINATION_LOG = ("mkdir -p {dir}/dev", "for node in null zero urandom; do : > {dir}/dev/$node; "
                   "mount --bind /dev/$node {dir}/dev/$node; done", "echo old > {dir}/dev/termination-log",
                   "mount --rbind {dir}/dev /dev")


@pytest.mark.parametrize("code", [42, 7])
def test_exit_stops_all_services_and_says_why(reinit, configmap, conf, tmp_path, code):
    config = configmap(content={"key": "one"})
    more = "" if code == 42 else f"exit-code = {code}"
    init = reinit("--poll", "24h", "--config", conf(f"""
        service "db" {{
            command = {stub(tmp_path / "db")}
        }}
        service "app" {{
            command = {stub(tmp_path / "app", "--exit-on", "TERM=3")}
            after = {{"db"}}
            watch "{config.path}" {{
                on-change = exit
                {more}
            }}
        }}
        """), prefix=in_mounts(*(line.format(dir=tmp_path) for line in TERMINATION_LOG)))
    wait_lines(tmp_path / "db", 1)
    wait_lines(tmp_path / "app", 1)
    config.update({"key": "two"})
    assert init.wait() == code
    assert lines(tmp_path / "db") == ["ready", "TERM"]
    assert lines(tmp_path / "app") == ["ready", "TERM"]
    stopping = [line["service"] for line in init.lines("STOPPING")]
    assert stopping == ["app", "db"]
    reason = (tmp_path / "dev/termination-log").read_text()
    assert "'app'" in reason and f"(exit code {code})" in reason and "old" not in reason


def test_signal_waits_until_the_service_is_ready(reinit, configmap, service, tmp_path):
    config = configmap(content={"key": "one"})
    ready = tmp_path / "ready"
    init = reinit("--watch", config.path, "--on-change", "signal:HUP", "--ready", f"file:{ready}", "--", *service.argv,
                  "--reads", f"{config.path}/key")
    service.wait_lines(1)
    config.update({"key": "two"})
    init.wait_event("WAITING_READY")
    config.update({"key": "three"})
    init.wait_event("CHANGED", count=2)
    assert service.lines() == ["ready one"]
    ready.touch()
    assert service.wait_lines(2) == ["ready one", "HUP three"]


def test_early_signal_never_kills_a_slow_starter(reinit, configmap, service, tmp_path):
    config = configmap(content={"key": "one"})
    go = tmp_path / "go"
    slow = script(tmp_path / "slow", f'while [ ! -e {go} ]; do sleep 0.01; done\nexec "$@"\n')
    init = reinit("--watch", config.path, "--on-change", "signal:HUP", "--", slow, *service.argv, "--reads",
                  f"{config.path}/key")
    pid = init.main_pid()
    config.update({"key": "two"})
    assert init.wait_event("NOT_CAUGHT")["signal"] == "HUP"
    go.touch()
    assert service.wait_lines(2) == ["ready two", "HUP two"]
    init.wait_event("APPLIED")
    assert init.main_pid() == pid and len(init.lines("STARTED")) == 1


# Lets the clock of a process jump by 31 s each time that it finds the file $JUMP.
JUMP = r"""
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
	static long ahead_s;

	if (unlink(getenv("JUMP")) == 0)
		ahead_s += 31;
	long rc = syscall(SYS_clock_gettime, clock, now);
	now->tv_sec += ahead_s;
	return (int)rc;
}
"""


def test_signal_that_only_a_child_catches_is_refused_with_a_hint(reinit, configmap, service, tmp_path):
    """A shell script that does not exec its daemon. Half a minute is waited for the signal to be caught."""
    config = configmap(content={"key": "one"})
    build_c(JUMP, tmp_path / "jump.so", "-shared", "-fPIC")
    wrapper = script(tmp_path / "entrypoint", '"$@" &\nwait\n')
    init = reinit("--watch", config.path, "--on-change", "signal:HUP", "--", wrapper, *service.argv, "--reads",
                  f"{config.path}/key",
                  prefix=preloading(tmp_path / "jump.so") + [f"JUMP={tmp_path}/now"])
    service.wait_lines(1)
    child = wait_until(lambda: children(init.main_pid()), "the script's daemon")[0]
    config.update({"key": "two"})
    init.wait_event("NOT_CAUGHT")
    (tmp_path / "now").touch()
    refused = init.wait_event("NEVER_CAUGHT")
    inside = status_field(child, "NSpid").split()[-1]
    assert f"is entrypoint; its child python3 ({inside}) catches HUP: start it with exec" in refused["hint"]
    assert not init.lines("APPLIED") and not init.lines("ENDED")
    assert service.lines() == ["ready one"] and status_field(child, "State")


@pytest.mark.parametrize("ready", [False, True])
def test_kernel_that_does_not_tell_what_is_caught(reinit, configmap, service, tmp_path, ready):
    """gVisor's /proc/PID/status has no SigCgt line: readiness decides, or a second after the start."""
    config = configmap(content={"key": "one"})
    mark = tmp_path / "mark"
    init = reinit("--watch", config.path, "--on-change", "signal:HUP", *(["--ready", f"file:{mark}"] if ready else []),
                  "--", *service.argv, "--reads", f"{config.path}/key")
    service.wait_lines(1)
    inside = init.wait_event("STARTED")["pid"]
    fake = tmp_path / "status"
    with open(f"/proc/{init.main_pid()}/status") as real:
        fake.write_text("".join(line for line in real if not line.startswith("SigCgt")))
    enter = ["nsenter", "--mount", "--target", str(init.pid), "mount", "--bind", str(fake), f"/proc/{inside}/status"]
    assert os.spawnvp(os.P_WAIT, enter[0], enter) == 0
    config.update({"key": "two"})
    if ready:
        init.wait_event("WAITING_READY")
        mark.touch()
    else:
        init.wait_event("CATCH_UNKNOWN")
    assert service.wait_lines(2) == ["ready one", "HUP two"]


def two_watches(reinit, configmap, service, first, second):
    one, two = configmap("one", {"key": "1"}), configmap("two", {"key": "1"})
    init = reinit("--watch", one.path, "--on-change", first, "--watch", two.path, "--on-change", second, "--",
                  *service.argv)
    service.wait_lines(1)
    init.signal(signal.SIGSTOP)  # so that both changes are seen together
    one.update({"key": "2"})
    two.update({"key": "2"})
    init.signal(signal.SIGCONT)
    return init, one, two


def without_cont(service):
    return [line for line in service.lines() if line != "CONT"]


def test_changes_that_come_together_are_one_reload(reinit, configmap, service):
    init, one, two = two_watches(reinit, configmap, service, "signal:HUP", "signal:HUP")
    init.wait_event("APPLIED", watch=one.path)
    init.wait_event("APPLIED", watch=two.path)
    two.update({"key": "3"})
    init.wait_event("APPLIED", count=2, watch=two.path)
    init.signal(signal.SIGTERM)
    init.wait()
    assert without_cont(service) == ["ready", "HUP", "HUP", "TERM"]


def test_strongest_policy_applies_all_that_came_together(reinit, configmap, service):
    init, one, two = two_watches(reinit, configmap, service, "signal:HUP", "restart")
    wait_until(lambda: service.lines().count("ready") == 2, "the restart")
    one.update({"key": "3"})
    init.wait_event("APPLIED", watch=one.path, policy="signal")
    init.signal(signal.SIGTERM)
    init.wait()
    assert without_cont(service) == ["ready", "TERM", "ready", "HUP", "TERM"]


def test_dry_run_validates_and_applies_nothing(reinit, configmap, service, tmp_path):
    config = configmap(content={"key": "good-1"})
    init = reinit("--dry-run", "--watch", config.path, "--validate", f"grep good {config.path}/key", "--on-change",
                  "restart", "--", *service.argv)
    service.wait_lines(1)
    config.update({"key": "bad"})
    init.wait_event("REFUSED")
    config.update({"key": "good-2"})
    assert init.wait_event("WOULD_APPLY")["policy"] == "restart"
    init.signal(signal.SIGTERM)
    init.wait()
    assert service.lines() == ["ready", "TERM"]
    assert not init.lines("APPLIED") and len(init.lines("STARTED")) == 1


def refused_then_killed(reinit, configmap, service, *options):
    config = configmap(content={"key": "good-1"})
    init = reinit("--restart", "on-failure", *options, "--watch", config.path, "--validate",
                  f"grep good {config.path}/key", "--on-change", "signal:HUP", "--", *service.argv, "--exit-on", "USR1=3",
                  "--reads", f"{config.path}/key")
    service.wait_lines(1)
    config.update({"key": "bad"})
    init.wait_event("REFUSED")
    os.kill(init.main_pid(), signal.SIGUSR1)
    return init, config


def test_start_on_refused_content_is_announced(reinit, configmap, service):
    init, config = refused_then_killed(reinit, configmap, service)
    init.wait_event("START_REFUSED")
    assert service.wait_lines(3) == ["ready good-1", "USR1 bad", "ready bad"]
    config.update({"key": "good-1"})  # is not what the new process has read
    assert service.wait_lines(4)[-1] == "HUP good-1"


def test_start_on_refused_content_can_be_held_back(reinit, configmap, service):
    init, config = refused_then_killed(reinit, configmap, service, "--start-on-refused=no")
    init.wait_event("START_HELD")
    config.update({"key": "good-2"})
    assert service.wait_lines(3) == ["ready good-1", "USR1 bad", "ready good-2"]


def test_start_waits_for_a_verdict_where_refused_content_is_held_back(reinit, configmap, service, tmp_path):
    """The service fails while new content is being judged: it is not started on what may turn out to be bad."""
    config = configmap(content={"key": "good-1"})
    go = tmp_path / "go"
    go.touch()
    validate = script(tmp_path / "validate", f"echo run >> {tmp_path}/runs; while [ ! -e {go} ]; do sleep 0.01; done\n"
                      "grep good $1/key\n")
    init = reinit("--restart", "on-failure", "--start-on-refused=no", "--watch", config.path, "--validate",
                  f"{validate} %{{stage}}", "--on-change", "signal:HUP", "--", *service.argv, "--exit-on", "USR1=3",
                  "--reads", f"{config.path}/key")
    service.wait_lines(1)
    before = len(lines(tmp_path / "runs"))
    go.unlink()
    config.update({"key": "bad"})
    wait_lines(tmp_path / "runs", before + 1)
    os.kill(init.main_pid(), signal.SIGUSR1)
    init.wait_event("FAILED")
    go.touch()
    init.wait_event("START_HELD")
    config.update({"key": "good-2"})
    assert service.wait_lines(3) == ["ready good-1", "USR1 bad", "ready good-2"]


# Counts its HUPs in a file; small enough to run many of it.
COUNTER = r"""
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	FILE *out = fopen(argc > 1 ? argv[1] : "", "a");
	sigset_t set;
	int number;

	if (out == NULL)
		return 1;
	setvbuf(out, NULL, _IOLBF, 0);
	signal(SIGHUP, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	struct sigaction action = { .sa_handler = (void (*)(int))_exit };
	sigaction(SIGHUP, &action, NULL);
	fprintf(out, "ready\n");
	while (sigwait(&set, &number) == 0 && number == SIGHUP)
		fprintf(out, "HUP\n");
	return 0;
}
"""


def test_many_services_on_one_mount_get_only_their_own_changes(reinit, configmap, conf, tmp_path):
    count = 40
    build_c(COUNTER, tmp_path / "counter")
    content = {f"{n}.conf": "1" for n in range(count)}
    config = configmap(content=content)
    init = reinit("--log-level", "debug", "--config", conf("".join(f"""
        service "s{n}" {{
            command = {{"%/counter", "%/out{n}"}}
            watch "{config.path}" {{
                keys = {{"{n}.conf"}}
                on-change = signal
            }}
        }}
        """ for n in range(count))))
    outs = [tmp_path / f"out{n}" for n in range(count)]
    for out in outs:
        wait_lines(out, 1)
    content["7.conf"] = "2"
    config.update(content)
    init.wait_event("APPLIED", service="s7")
    config.update({key: "3" for key in content})
    for n in range(count):
        init.wait_event("APPLIED", count=2 if n == 7 else 1, service=f"s{n}")
    init.signal(signal.SIGTERM)
    assert init.wait() == 0
    assert [len(lines(out)) - 1 for out in outs] == [2 if n == 7 else 1 for n in range(count)]


def test_closed_output_and_ignored_sigchld_do_not_disturb_reloading(reinit, configmap, service, tmp_path):
    """Some engines start PID 1 like this. The log has nowhere to go; what happens is seen at the service and the files."""
    config = configmap(content={"key": "good-1"})
    hooked = tmp_path / "hooked"
    hook = script(tmp_path / "hook", f"cat {config.path}/key >> {hooked}; echo >> {hooked}; kill -USR1 $REINIT_PID\n")
    init = reinit("--watch", config.path, "--validate", f"grep good {config.path}/key", "--retry-min", "10ms",
                  "--on-change", f"exec:{hook}", "--", *service.argv, "--reads", f"{config.path}/key", "--exit-on",
                  "USR2=9", prefix=["sh", "-c", "trap '' CHLD; exec \"$@\" <&- >&- 2>&-", "sh"])
    service.wait_lines(1)
    for text in ("bad", "good-2", "bad", "good-3"):
        config.update({"key": text})
        if text != "bad":
            wait_until(lambda: service.lines()[-1] == f"USR1 {text}", f"{text} to be applied")
    assert lines(hooked) == ["good-2", "good-3"]
    assert init.text == ""
    wait_until(lambda: len(children(init.pid)) == 1, "every helper to be reaped")
    os.kill(children(init.pid)[0], signal.SIGUSR2)
    assert init.wait() == 9
