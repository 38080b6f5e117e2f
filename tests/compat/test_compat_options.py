# SPDX-License-Identifier: MIT
"""Options and environment variables of each, and what each says."""
import os
import re
import signal

import pytest

from pair import ALL, MODES, children, inits, pair, programs, status_field, wait_until, whole  # noqa: F401

COMMIT = " - git.de40ad0"
TRUE = ["--", "subject", "report"]


def said(run):
    return run.ended()


@inits("tini")
@pytest.mark.parametrize("words", [["--version"], ["-h"], ["-vh"], ["-g", "-h", "x"]], ids=" ".join)
def test_tini_help_and_version(pair, name, words):
    original, ours = pair.seen(said, *words)
    assert COMMIT in ours[1]
    assert (ours[0], ours[1].replace(COMMIT, "").replace(" (can be repeated)", ""), ours[2]) == original


@inits("tini")
@pytest.mark.parametrize("words", [["--version", "x"], ["--help"], ["-x"], ["-p"], ["-e"], ["-gx"], ["-v"],
                                   ["--", "-h"], ["-s", "--"]], ids=" ".join)
def test_tini_wrong_words(pair, name, words):
    original, ours = pair.seen(said, *words)
    assert (ours[0], ours[1], ours[2].replace(COMMIT, "").replace(" (can be repeated)", "")) == original


@inits("tini", "tini-static")
def test_tini_static_and_dynamic(pair, name):
    pair.same(whole, "-vv", "--", "sh", "-c", "exit 3")


@inits("tini")
@pytest.mark.parametrize("value", ["0", "255", "256", "-1", "x", "3x", "", " 3", "+3", "03", "0x3", "3 "])
def test_tini_code_option(pair, name, value):
    pair.same(whole, "-e", value, "--", "sh", "-c", "exit 3")


@inits("tini")
@pytest.mark.parametrize("words, code", [(["-e", "3"], 0), (["-e3", "-e", "143"], 0), (["-e", "4"], 3)])
def test_tini_code_is_mapped(pair, name, words, code):
    assert pair.same(whole, *words, "--", "sh", "-c", "exit 3")[0] == code


@inits("tini")
def test_tini_codes_of_death_and_of_no_program_are_mapped(pair, name):
    assert pair.same(whole, "-e", "143", "--", "subject", "report", "die=15")[0] == 0
    assert pair.same(whole, "-e", "127", "--", "no-such-program")[0] == 0


@inits("tini")
@pytest.mark.parametrize("value", ["SIGTERM", "SIGKILL", "SIGCHLD", "SIGSYS", "TERM", "sigterm", "9", "SIGRTMIN", "",
                                   "SIGPWR", "SIGSTKFLT", "SIGIO"])
def test_tini_death_signal_option(pair, name, value):
    pair.same(whole, "-p", value, *TRUE)


@inits("tini")
def test_tini_dies_with_its_parent(pair, name):
    def look(run):
        run.wait_line("ready")
        run.main = int(run.lines("pid")[0])
        os.kill(children(run.proc.pid)[0], signal.SIGKILL)  # the sh between
        wait_until(lambda: run.signals(), "the signal")
        return run.signals()

    script = "echo $$ >pid.sh; tini -p SIGUSR1 -- sh -c 'echo $$ >pid; exec subject report catch'; :"
    got = []
    for side in ("original", "ours"):
        run = pair.start(side, pid1=False, setup=["sh", "-c", f"sh -c \"$1\" & wait; :", "sh", script])
        got.append(look(run))
        run.end()
    assert got == [["10"], ["10"]]


@MODES
@inits("tini")
@pytest.mark.parametrize("words, env", [(["-s"], {}), ([], {"TINI_SUBREAPER": ""}), ([], {}), (["-v"], {}),
                                        ([], {"TINI_VERBOSITY": "0"})], ids=str)
def test_tini_reaper_and_its_warning(pair, name, pid1, words, env):
    report = pair.same(whole, *words, "--", "subject", "report", "orphan", pid1=pid1, env=env)[-1]
    assert f"orphan {'init' if pid1 or '-s' in words or 'TINI_SUBREAPER' in env else 'another'}'s" in report


@MODES
@inits("tini")
@pytest.mark.parametrize("words", [["-w"], ["-ws"], ["-s"]], ids=" ".join)
def test_tini_warning_about_orphans(pair, name, pid1, words):
    """The orphan ends before the command does, but both may be reaped in one go: then it is warned of as well."""
    err = pair.same(whole, *words, "--", "subject", "report", "orphan", pid1=pid1)[2]
    assert ("Reaped zombie process with pid=N" in err) == ("w" in words[0] and (pid1 or "s" in words[0]))


NOT_SAID = re.compile(r"(?m)^.*(No child to |tcsetpgrp failed: no tty|Registered as child subreaper).*\n")


def lines_of(text):
    """Each line once, in any order: how many SIGCHLD there are is a matter of chance."""
    return sorted(set(NOT_SAID.sub("", text).splitlines()))


@inits("tini")
@pytest.mark.parametrize("words, env", [
    (["-v"], {}), (["-vv"], {}), (["-vvv"], {}), (["-v", "-v", "-v", "-v"], {}), (["-vvv"], {"TINI_VERBOSITY": "1"}),
    *[([], {"TINI_VERBOSITY": value}) for value in ("0", "1", "2", "3", "4", "x", "", "-1")]], ids=str)
@pytest.mark.parametrize("command", [["sh", "-c", "exit 3"], ["subject", "report", "die=15"], ["no-such-program"]],
                         ids=["exit", "death", "not found"])
def test_tini_verbosity(pair, name, words, env, command):
    original, ours = pair.seen(said, *words, "--", *command, env=env)
    assert ours[0] == original[0]
    assert lines_of(ours[1]) == lines_of(original[1])
    assert lines_of(ours[2]) == lines_of(original[2])


@inits("tini")
def test_tini_says_what_it_passes_on(pair, name):
    def look(run):
        run.ready()
        run.send(signal.SIGHUP)
        wait_until(lambda: run.signals(), "HUP")
        run.send(signal.SIGTERM)
        return lines_of(run.ended()[1])

    assert "[DEBUG tini (N)] Passing signal: 'Hangup'" in pair.same(look, "-vv", "--", "subject", "report", "catch")


@inits("dumb-init")
@pytest.mark.parametrize("words", [["-h"], ["--help"], ["--he"], ["-V"], ["--version"], ["--vers"], ["-vV"], ["-x"],
                                   ["--nothing"], ["--ver"], ["--ve=x"], ["--="], ["--help=x"], ["-r"], ["--rewrite"],
                                   ["-cr"], ["-v"], ["-c", "--"]], ids=" ".join)
def test_dumb_init_words(pair, name, words):
    pair.same(said, *words)


@inits("dumb-init")
@pytest.mark.parametrize("value", ["15:2", "15:0", "15:31", "15:32", "0:1", "32:1", "-1:1", "15", "15:", ":15", "x:y",
                                   "15:2x", " 15: 2", "TERM:INT", "", "15:-1", "+15:+2"])
def test_dumb_init_rewrite_option(pair, name, value):
    pair.same(whole, "-r", value, "--", "subject", "report")


@MODES
@inits("dumb-init")
@pytest.mark.parametrize("words, sent, got", [
    (["-r", "1:10"], 1, "10"), (["--rewrite", "1:12"], 1, "12"), (["--rewrite=1:15"], 1, "15"),
    (["-r1:3", "-r", "1:10"], 1, "10"), (["-r", "1:0"], 1, None), (["-r", "20:10"], 20, "10"),
    (["-c", "-r", "18:10"], 18, "10"), (["-r", "17:10"], 17, None)], ids=str)
def test_dumb_init_rewrites(pair, name, pid1, words, sent, got):
    """A signal of the terminal stops dumb-init itself, whatever it is rewritten to: CONT lets it go on."""
    def look(run):
        run.ready()
        run.send(sent)
        if sent == signal.SIGTSTP:
            wait_until(lambda: run.signals(), "its substitute")
            if not pid1:
                wait_until(lambda: run.state(run.init) == "T", "the stop")
                run.send(signal.SIGCONT)
        if got != "15":
            run.send(signal.SIGRTMAX)
            wait_until(lambda: "64" in run.signals(), "the fence")
            run.send(signal.SIGTERM)
        return run.ended()[0], run.signals()

    signals = pair.same(look, *words, "--", "subject", "report", "catch", pid1=pid1)[1]
    assert got is None or got in signals


@inits("dumb-init")
@pytest.mark.parametrize("words, env", [
    (["-v"], {}), (["-vc"], {}), (["--verbose", "--single-child"], {}), (["--verb", "--sin"], {}),
    ([], {"DUMB_INIT_DEBUG": "1"}), ([], {"DUMB_INIT_DEBUG": "0"}), ([], {"DUMB_INIT_DEBUG": "11"}),
    ([], {"DUMB_INIT_DEBUG": "1", "DUMB_INIT_SETSID": "0"}), (["-v"], {"DUMB_INIT_SETSID": "0"}),
    ([], {"DUMB_INIT_SETSID": "0"}), ([], {"DUMB_INIT_SETSID": "1"}), ([], {"DUMB_INIT_SETSID": ""}),
    (["-v", "-r", "15:0"], {}), (["-v", "-r", "15:2"], {})], ids=str)
def test_dumb_init_debug(pair, name, words, env):
    def look(run):
        code, out, err = run.ended()
        return code, out, sorted(set(err.splitlines())), run.report()

    if "-r" in words:  # of the TERM at the end ours says only what it became
        original, ours = pair.seen(look, *words, "--", "subject", "report", "exit=3", env=env)
        become = words[-1][3:]
        told = [f"[dumb-init] Translating signal 15 to {become}."]
        told += ["[dumb-init] Not forwarding signal 0 to children (ignored)."] if become == "0" else []
        assert set(original[2]) - set(ours[2]) == set(told) and set(ours[2]) <= set(original[2])
        return
    pair.same(look, *words, "--", "subject", "report", "exit=3", env=env)


@inits("dumb-init")
def test_dumb_init_says_what_it_passes_on(pair, name):
    def look(run):
        run.ready()
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
            run.send(number)
            wait_until(lambda: f"[dumb-init] Received signal {int(number)}.\n" in run.text("stderr"), "its message")
        run.send(signal.SIGTERM)
        return sorted(run.ended()[2].splitlines())

    said_lines = pair.same(look, "-v", "-r", "10:12", "-r", "12:0", "--", "subject", "report", "catch")
    assert "[dumb-init] Not forwarding signal 0 to children (ignored)." in said_lines


@inits("catatonit")
@pytest.mark.parametrize("words", [["-V"], ["--version"], ["--ver"], ["--v", "x"], ["-gV"], ["-x"], ["--help"], ["-g"],
                                   ["--version=1"], ["--=1"], [], ["--"]], ids=" ".join)
def test_catatonit_words(pair, name, words):
    pair.same(said, *words)


@inits("catatonit")
def test_catatonit_help(pair, name):
    original, ours = pair.seen(said, "-h")
    assert original[2].startswith(ours[2]) and "bug reporting" in original[2]
    assert original[:2] == ours[:2] == (0, "")


@inits("tini", "catatonit")
def test_licence(pair, name):
    original, ours = pair.seen(said, "-l" if name == "tini" else "-L")
    assert original[0] == ours[0] == 0 and original[2] == ours[2] == ""
    assert original[1] and "The MIT License" in ours[1] and "reinit" in ours[1]


@inits("catatonit")
@pytest.mark.parametrize("value", ["", "1"])
def test_catatonit_reserved_variable(pair, name, value):
    assert pair.same(said, *TRUE, env={"CATATONIT_LOG": value})[0] == 1


NOT_SAID_BY_OURS = re.compile(r"using stdin as tty|setting foreground process failed|got ECHILD|problem occurred|closing")


@inits("catatonit")
@pytest.mark.parametrize("value", ["", "1"])
def test_catatonit_debug(pair, name, value):
    """Ours tells of the end of the command too, the original only of that of the others."""
    def look(run):
        return {line for line in run.ended()[2].splitlines() if not NOT_SAID_BY_OURS.search(line)}

    original, ours = pair.seen(look, "--", "subject", "report", "orphan", "exit=3", env={"CATATONIT_DEBUG": value})
    assert ours - original == {"DEBUG (catatonit:N): child process N exited with code 3"}
    assert original - ours == set()


@MODES
@inits("catatonit")
@pytest.mark.parametrize("words", [["-P"], ["-gP"], ["-P", "--"], ["-P", "ignored", "words"]], ids=" ".join)
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM], ids=["INT", "TERM"])
def test_catatonit_pause(pair, name, pid1, words, end):
    """INT and TERM end it with 0, no other signal does."""
    def look(run):
        wait_until(lambda: "anon_inode:[signalfd]" in targets(run.init) or
                   int(status_field(run.init, "SigBlk") or "0", 16) >> 9 & 1 or run.place.side == "ours" and
                   not int(status_field(run.init, "SigCgt"), 16) and run.state(run.init) == "S", "its start")
        for number in (1, 3, 10, 12, 13, 14, 18, 20, 21, 22, 28, 40, 64):
            run.send(number)
        run.send(end)
        return run.ended()

    assert pair.same(look, *words, pid1=pid1) == (0, "", "")


def targets(pid):
    try:
        return [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
    except OSError:
        return []
