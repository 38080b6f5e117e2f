# SPDX-License-Identifier: MIT
"""The exit code of reinit is that of its command."""
import os
import signal
import subprocess

import pytest

from conftest import LIMIT_S, PROGRAM, run

STOP_OR_NOTHING = {signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH, signal.SIGSTOP, signal.SIGTSTP,
                   signal.SIGTTIN, signal.SIGTTOU}
IN_BOTH_MODES = pytest.mark.parametrize("namespace", [True, False], ids=["pid1", "subreaper"])


@IN_BOTH_MODES
@pytest.mark.parametrize("code", [0, 1, 7, 100, 127, 255])
def test_code_is_mirrored(code, namespace):
    assert run("--", "sh", "-c", f"exit {code}", namespace=namespace) == (code, "", "")


@pytest.mark.parametrize("number", [number for number in range(1, 65) if number not in STOP_OR_NOTHING])
def test_signal_that_ends_the_command_becomes_128_plus_its_number(number, tool):
    assert run("--", tool("with"), f"die={number}", namespace=True) == (128 + number, "", "")


def test_command_that_is_not_found_ends_with_127_and_is_named(tmp_path):
    for command in "no-such-command", tmp_path / "missing", "/etc/passwd/below-a-file":
        code, out, err = run("--", command)
        assert (code, out) == (127, "")
        assert "event=EXEC_FAILED" in err and str(command) in err and err.count("\n") == 1


def test_command_that_cannot_be_run_ends_with_126_and_is_named(tmp_path):
    plain, empty = tmp_path / "plain", tmp_path / "bad-interpreter"
    plain.write_text("#!/bin/sh\nexit 0\n")
    empty.write_text("#!/\n")
    empty.chmod(0o755)
    for command in plain, tmp_path, empty:
        code, out, err = run("--", command)
        assert (code, out) == (126, ""), command
        assert "event=EXEC_FAILED" in err and str(command) in err and err.count("\n") == 1


def test_command_is_found_on_path_and_gets_its_arguments_byte_for_byte(tmp_path):
    script = tmp_path / "my-app"
    script.write_text('#!/bin/sh\nprintf "%s." "$@"\n')
    script.chmod(0o755)
    odd = ["", " ", "a\nb", "--watch", "--", "ü\\\"'", "-t"]
    env = dict(os.environ, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert run("--", "my-app", *odd, env=env) == (0, "".join(word + "." for word in odd), "")


def test_command_without_a_dash_dash_keeps_its_own_options():
    assert run("sh", "-c", "exit 9", "--help") == (9, "", "")


def test_environment_and_working_directory_are_handed_on(tmp_path):
    code, out, _ = run("--", "sh", "-c", 'echo "$ODD $REINIT_FOREIGN"; pwd', env={"ODD": "x y", "REINIT_FOREIGN": "z"})
    assert (code, out) == (0, f"x y z\n{os.getcwd()}\n")


def test_usage_ends_with_100_configuration_with_78(conf):
    assert run("--no-such-option", "--", "true")[0] == 100
    assert run("--config", conf("service {"))[0] == 78


def test_system_failure_before_the_start_ends_with_111():
    """No descriptor is to be had for the event loop: there is room for one beside 0 to 2 (the loader needs it)."""
    done = subprocess.run(["sh", "-c", 'ulimit -n 4; exec "$@"', "sh", PROGRAM, "--watch", "/etc", "--", "true"],
                          capture_output=True, text=True, timeout=LIMIT_S,
                          env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))  # it would open files at the end
    assert (done.returncode, done.stdout) == (111, "")
    assert done.stderr.startswith("reinit: ") and done.stderr.count("\n") == 1
