# SPDX-License-Identifier: MIT
"""What an init can be asked for beyond passing signals on: waiting, draining, maps, rights, commands before and after."""
import os
import signal
import subprocess

import pytest

from conftest import LIMIT_S, PROGRAM, run, status_field, wait_until

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="other users can be taken by root only")


def test_what_the_command_leaves_behind_gets_term_and_time(tmp_path):
    """The code is the main process's, whatever becomes of the others."""
    script = f"""
        sh -c 'trap "echo got TERM >{tmp_path}/told; exit" TERM; echo >{tmp_path}/ready; while :; do sleep 0.01; done' &
        while [ ! -e {tmp_path}/ready ]; do sleep 0.01; done
        exit 6"""
    assert run("--", "sh", "-c", script, namespace=True)[0] == 6
    assert (tmp_path / "told").read_text() == "got TERM\n"


def test_wait_all_stays_until_the_last_descendant_is_gone(reinit, tmp_path):
    gate, done = tmp_path / "gate", tmp_path / "done"
    later = f"while [ ! -e {gate} ]; do sleep 0.01; done; echo done >{done}"
    init = reinit("--wait-all", "--log-level", "info", "--", "sh", "-c", f"(setsid sh -c '{later}' &) ; exit 6")
    init.wait_event("REST_WAIT")
    assert not done.exists()
    gate.touch()
    assert init.wait() == 6
    assert done.exists() and not init.lines("REST_TERM")


def test_term_ends_the_waiting_of_wait_all(reinit, stub):
    left = stub("left")
    init = reinit("--wait-all", "--log-level", "info", "--", "sh", "-c", f"{' '.join(left.argv)} & exit 6")
    left.wait_lines(1)
    init.wait_event("REST_WAIT")
    init.signal(signal.SIGHUP)
    left.wait_lines(2)
    init.signal(signal.SIGTERM)
    assert init.wait() == 6
    assert left.lines() == ["ready", "HUP", "TERM"]


def test_drain_holds_the_stop_signal_back_and_starts_nothing(reinit, service, configmap):
    config = configmap(content={"key": "one"})
    init = reinit("--drain", "1h", "--watch", config.path, "--on-change", "signal:HUP", "--", *service.argv)
    service.wait_lines(1)
    init.signal(signal.SIGTERM)
    init.wait_event("DRAINING")
    config.update({"key": "two"})
    init.signal(signal.SIGUSR1)  # others are passed on meanwhile
    assert service.wait_lines(2) == ["ready", "USR1"]
    init.signal(signal.SIGTERM)  # cuts it short
    assert init.wait() == 0
    assert service.lines() == ["ready", "USR1", "TERM"]


def test_drain_ends_with_its_time(reinit, service):
    init = reinit("--drain", "50ms", "--", *service.argv)
    service.wait_lines(1)
    init.signal(signal.SIGTERM)
    assert init.wait() == 0
    assert service.lines() == ["ready", "TERM"]


def test_signals_are_rewritten_and_dropped(reinit, service):
    init = reinit("--map-signal", "HUP=USR2", "--map-signal", "USR1=drop", "--map-signal", "QUIT=TERM", "--",
                  *service.argv)
    service.wait_lines(1)
    for number in (signal.SIGUSR1, signal.SIGHUP):
        init.signal(number)
    assert service.wait_lines(2) == ["ready", "USR2"]
    init.signal(signal.SIGQUIT)
    assert init.wait() == 0
    assert service.lines() == ["ready", "USR2", "TERM"]


@pytest.mark.parametrize("given, maps, wanted", [
    ("exit 3", ["3=0"], 0), ("kill -TERM $$", ["TERM=0"], 0), ("kill -KILL $$", ["143=0", "SIGKILL=9"], 9),
    ("exit 0", ["0=75"], 75), ("exit 4", ["3=0"], 4)])
def test_codes_are_mapped(given, maps, wanted):
    options = [word for one in maps for word in ("--map-exit", one)]
    assert run(*options, "--", "sh", "-c", given)[0] == wanted


@needs_root
def test_rights_of_another_user():
    code, out, _ = run("--user", "www-data", "--umask", "027", "--workdir", "/usr", "--no-new-privs", "--", "sh", "-c",
                       "id -u; id -G; umask; pwd; echo $HOME $USER $LOGNAME; grep NoNewPrivs /proc/self/status")
    assert code == 0
    assert out.split() == ["33", "33", "0027", "/usr", "/var/www", "www-data", "www-data", "NoNewPrivs:", "1"]


@needs_root
def test_numeric_user_and_group_without_an_entry_lose_all_other_groups():
    assert run("--user", "4242:4343", "--", "sh", "-c", "id -u; id -G")[:2] == (0, "4242\n4343\n")


@needs_root
def test_user_that_may_not_be_taken_is_no_start(tmp_path):
    """Nothing runs with more rights than it was to have."""
    ran = tmp_path / "ran"
    prefix = ["setpriv", "--bounding-set", "-setuid", "--inh-caps", "-setuid"]
    done = subprocess.run(prefix + [PROGRAM, "--user", "4242:4242", "--", "touch", str(ran)], capture_output=True, text=True,
                          timeout=LIMIT_S)
    assert done.returncode == 125 and "stage=user" in done.stderr and not ran.exists()


def test_group_gets_the_signals_where_asked(reinit, stub):
    main, child = stub("main"), stub("child")
    init = reinit("--signal-group", "--", "sh", "-c", f"{' '.join(child.argv)} & exec {' '.join(main.argv)}")
    main.wait_lines(1)
    child.wait_lines(1)
    init.signal(signal.SIGUSR1)
    assert main.wait_lines(2) == child.wait_lines(2) == ["ready", "USR1"]


def test_pre_start_prepares_and_post_stop_clears_up(tmp_path):
    place = tmp_path / "place"
    code, out, _ = run("--pre-start", f"mkdir {place}", "--post-stop", f"rmdir {place}", "--", "sh", "-c",
                       f"test -d {place} && echo there; exit 5", namespace=True)
    assert (code, out) == (5, "there\n")
    assert not place.exists()


def test_pre_start_that_fails_is_a_failed_start(tmp_path):
    ran = tmp_path / "ran"
    assert run("--pre-start", "sh -c 'exit 9'", "--", "touch", ran)[0] == 9
    assert not ran.exists()


def test_term_ends_a_pre_start(reinit, tmp_path):
    init = reinit("--pre-start", f"sh -c 'touch {tmp_path}/there; sleep 1000'", "--", "true")
    wait_until((tmp_path / "there").exists, "the pre-start command")
    init.signal(signal.SIGTERM)
    assert init.wait() == 143


def test_post_stop_runs_between_two_lives(reinit, tmp_path):
    log = tmp_path / "log"
    init = reinit("--restart", "on-failure", "--log-level", "info", "--post-stop", f"sh -c 'echo stopped >>{log}'", "--",
                  "sh", "-c", f"echo started >>{log}; [ $(grep -c started {log}) = 3 ] || exit 1")
    assert init.wait() == 0
    assert log.read_text().split() == ["started", "stopped"] * 3


def test_post_stop_that_hangs_is_killed_at_its_bound(reinit):
    init = reinit("--post-stop", "sleep 1000", "--post-stop-timeout", "50ms", "--log-level", "info", "--", "true")
    assert init.wait() == 0
    init.wait_event("POST_STOP_FAILED")


def test_parent_death_signal_is_passed_on(reinit, service, tmp_path):
    """reinit is the child of a shell that ends: what it gets for that goes to the command."""
    script = f"{PROGRAM} --parent-death-signal USR1 -- {' '.join(service.argv)} & " \
             f"while ! grep -q ready {service.out}; do sleep 0.01; done"
    subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c",
                    f"sh -c '{script}' 2>/dev/null; while ! grep -q USR1 {service.out}; do sleep 0.01; done"],
                   timeout=LIMIT_S, check=True)
    assert service.lines()[:2] == ["ready", "USR1"]


def test_init_itself_keeps_its_rights_and_its_directory(reinit, service, tmp_path):
    init = reinit("--workdir", tmp_path, "--umask", "077", "--", *service.argv)
    service.wait_lines(1)
    assert os.readlink(f"/proc/{init.pid}/cwd") == os.getcwd()
    assert status_field(init.pid, "Umask") != "0077"
