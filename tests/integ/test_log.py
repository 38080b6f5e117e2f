# SPDX-License-Identifier: MIT
"""The log: one line per event that can be parsed, and a reader that is slow, gone or full never holds reinit up."""
import fcntl
import json
import os
import re
import signal
import subprocess

import pytest

from conftest import PROGRAM, children, parse_logfmt, run, service_text, wait_until

LOGFMT_LINE = re.compile(r'(?:[a-z_]+=(?:"(?:[^"\\\x00-\x1f]|\\.)*"|[^\s"=]+)(?: |$))+')
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def failing(conf, *lines):
    """A configuration that brings events of each level: restarts, giving up, a program that is missing."""
    rule = ["backoff-min = 1ms", "start-limit = 3", "restart = always"]
    return conf("\n".join([*lines, "log-level = debug", service_text("odd-näme", ["sh", "-c", "exit 3"], *rule),
                           service_text("gone", ["/no/such \\ program", "x"], *rule, "essential = yes")]))


def test_each_line_is_logfmt_with_time_level_message_and_event(conf):
    _, out, err = run("--config", failing(conf))
    assert out == ""
    lines = err.splitlines()
    assert len(lines) > 8
    for line in lines:
        assert LOGFMT_LINE.fullmatch(line), line
        fields = parse_logfmt(line)
        assert list(fields)[:4] == ["time", "level", "msg", "event"]
        assert TIME.fullmatch(fields["time"]) and fields["level"] in ("error", "warn", "info", "debug")
    assert {"STARTED", "FAILED", "GAVE_UP", "EXEC_FAILED"} <= {parse_logfmt(line)["event"] for line in lines}


def test_each_line_is_json_where_asked_for_and_says_the_same(conf):
    _, _, err = run("--config", failing(conf, "log-format = json"))
    lines = [json.loads(line) for line in err.splitlines()]
    assert len(lines) > 8
    for fields in lines:
        assert list(fields)[:4] == ["time", "level", "msg", "event"]
        assert TIME.fullmatch(fields["time"])
    assert {"STARTED", "FAILED", "GAVE_UP", "EXEC_FAILED"} <= {fields["event"] for fields in lines}
    assert {"odd-näme", "gone"} == {fields["service"] for fields in lines if "service" in fields}
    assert [fields["command"] for fields in lines if fields["event"] == "EXEC_FAILED"][0] == "/no/such \\ program"
    assert all(isinstance(fields["retry_ms"], int) for fields in lines if fields["event"] == "FAILED")


@pytest.mark.parametrize("form", ["logfmt", "json"])
def test_odd_bytes_of_a_command_cannot_forge_a_line(form):
    name = b'/x\n time=0 "event"=FORGED \x1b[31m\xff\x01' + "é".encode()
    done = subprocess.run([PROGRAM, "--log-format", form, "--", name], capture_output=True, check=False)
    assert done.returncode == 127
    line = done.stderr.decode()  # valid UTF-8 whatever the bytes were
    assert line.endswith("\n") and line.count("\n") == 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", line)
    fields = json.loads(line) if form == "json" else parse_logfmt(line)
    assert fields["event"] == "EXEC_FAILED" and "FORGED" in fields["command"]


def test_very_long_words_are_cut_and_the_line_stays_whole():
    code, _, err = run("--log-format", "json", "--", "/" + "x" * 5000)
    assert code == 126 or code == 127
    assert len(err) <= 2048
    assert json.loads(err)["event"] == "EXEC_FAILED"


@pytest.mark.parametrize("level, expected", [("error", {"GAVE_UP", "SHUTDOWN_FAILED"}),
                                             ("warn", {"GAVE_UP", "SHUTDOWN_FAILED", "FAILED"})])
def test_level_bounds_what_is_written(level, expected, conf):
    file = conf(f"log-level = {level}\n" + service_text("a", ["sh", "-c", "exit 3"], "backoff-min = 1ms",
                                                        "start-limit = 3"))
    _, _, err = run("--config", file)
    assert {parse_logfmt(line)["event"] for line in err.splitlines()} == expected


class Pipe:
    """A stderr that holds one page, and is full from the start if wanted."""

    def __init__(self, full):
        self.reader, self.writer = os.pipe()
        size = fcntl.fcntl(self.writer, fcntl.F_SETPIPE_SZ, 4096)
        if full:
            os.write(self.writer, b"\n" * size)

    def drain(self):
        """All that stands in it now."""
        os.set_blocking(self.reader, False)
        try:
            return os.read(self.reader, 1 << 20).decode()
        except BlockingIOError:
            return ""
        finally:
            os.set_blocking(self.reader, True)

    def close(self):
        for fd in (self.reader, self.writer):
            if fd is not None:
                os.close(fd)
        self.reader = self.writer = None


@pytest.fixture
def pipe():
    made = []

    def make(full=False):
        made.append(Pipe(full))
        return made[-1]

    yield make
    for one in made:
        one.close()


def noisy(conf, main, script="true"):
    """A service that is started again and again, beside one that shows whether signals still arrive."""
    return conf(service_text("noisy", ["sh", "-c", script], "restart = always", "backoff-min = 1ms",
                             "backoff-max = 1ms", "start-limit = 0", "essential = no") +
                service_text("main", main.argv, "essential = yes"))


def test_full_stderr_never_blocks_and_what_was_dropped_is_counted(reinit, stub, conf, pipe, tmp_path):
    stderr = pipe(full=True)
    main, counter = stub("main"), tmp_path / "counter"
    counter.touch()
    init = reinit("--config", noisy(conf, main, f"echo >>{counter}"), stdout=subprocess.DEVNULL, stderr=stderr.writer)
    main.wait_lines(1)
    wait_until(lambda: counter.stat().st_size > 50, "50 rounds of the noisy service, each with several lines")
    init.signal(signal.SIGHUP)
    assert main.wait_lines(2) == ["ready", "HUP"]
    stderr.drain()
    seen = []
    wait_until(lambda: seen.append(stderr.drain()) or "event=LOG_DROPPED" in "".join(seen), "the count")
    first = next(line for line in "".join(seen).splitlines() if line)
    assert parse_logfmt(first)["event"] == "LOG_DROPPED"
    assert int(parse_logfmt(first)["count"]) > 100
    assert not [line for line in "".join(seen).splitlines() if line and not LOGFMT_LINE.fullmatch(line)]
    init.signal(signal.SIGTERM)
    assert init.wait() == 0


def test_term_works_on_a_stderr_that_stays_full(reinit, stub, conf, pipe):
    stderr = pipe(full=True)
    main = stub("main")
    init = reinit("--config", noisy(conf, main), stdout=subprocess.DEVNULL, stderr=stderr.writer)
    main.wait_lines(1)
    init.signal(signal.SIGTERM)
    assert init.wait() == 0
    assert main.lines() == ["ready", "TERM"]


def test_reader_that_goes_away_kills_neither_reinit_nor_its_command(reinit, stub, pipe):
    """Each line raises SIGPIPE in reinit; that is nobody's signal but its own."""
    stderr = pipe()
    main = stub("main", "--exit-on", "PIPE=77")
    init = reinit("--log-level", "debug", "--restart", "on-failure", "--backoff-min", "1ms", "--", *main.argv,
                  stdout=subprocess.DEVNULL, stderr=stderr.writer)
    main.wait_lines(1)
    stderr.close()
    os.kill(children(init.pid)[0], signal.SIGKILL)
    main.wait_lines(2)
    init.signal(signal.SIGUSR1)
    main.wait_lines(3)
    assert main.lines() == ["ready", "ready", "USR1"]
    init.signal(signal.SIGTERM)
    assert init.wait() == 0


def test_sigpipe_of_somebody_else_is_passed_on(reinit, stub):
    main = stub("main", "--exit-on", "PIPE=77")
    init = reinit("--", *main.argv)
    main.wait_lines(1)
    init.signal(signal.SIGPIPE)
    assert init.wait() == 77


def test_device_without_room_as_stderr(reinit, stub):
    main = stub("main")
    with open("/dev/full", "wb") as full:
        init = reinit("--log-level", "debug", "--", *main.argv, stdout=subprocess.DEVNULL, stderr=full)
    main.wait_lines(1)
    init.signal(signal.SIGHUP)
    assert main.wait_lines(2) == ["ready", "HUP"]
    init.signal(signal.SIGTERM)
    assert init.wait() == 0


def test_stderr_that_is_closed_is_no_fault(reinit, stub, tool):
    main = stub("main")
    init = reinit("--log-level", "debug", "--", *main.argv, prefix=[tool("with"), "close=2", "--"])
    main.wait_lines(1)
    init.signal(signal.SIGTERM)
    assert init.wait() == 0
    assert init.text == ""


def test_file_as_stderr_is_appended_to_whole(tmp_path, conf):
    with open(tmp_path / "log", "ab") as log:
        subprocess.run([PROGRAM, "--config", failing(conf)], stderr=log, check=False)
    lines = (tmp_path / "log").read_text().splitlines()
    assert len(lines) > 8 and all(LOGFMT_LINE.fullmatch(line) for line in lines)


def test_file_size_limit_on_the_log_kills_neither_reinit_nor_its_command(reinit, stub, tmp_path):
    """A write beyond RLIMIT_FSIZE raises SIGXFSZ in reinit."""
    main = stub("main", "--exit-on", "XFSZ=77")
    with open(tmp_path / "log", "wb") as log:
        log.write(b"\n" * 65536)
        log.flush()
        init = reinit("--log-level", "debug", "--", *main.argv, stdout=subprocess.DEVNULL, stderr=log,
                      prefix=["prlimit", "--fsize=65536"])
    main.wait_lines(1)
    init.signal(signal.SIGHUP)
    assert main.wait_lines(2) == ["ready", "HUP"]
    init.signal(signal.SIGTERM)
    assert init.wait() == 0
