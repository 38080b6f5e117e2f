# SPDX-License-Identifier: MIT
"""What the init was given, and what of it the command and the init itself have: signals, descriptors, directory."""
import os

import pytest

from pair import ALL, MODES, QUIRK, children, inits, pair, programs, status_field, wait_until, whole  # noqa: F401

GIVEN = [["block=15"], ["block=10", "block=12"], ["block=17"], ["block=20", "block=21", "block=22"], ["block=40"],
         ["ignore=1"], ["ignore=2", "ignore=13", "ignore=15"], ["ignore=20", "ignore=21", "ignore=22"],
         ["ignore=1", "block=1"]]


@MODES
@ALL
@pytest.mark.parametrize("given", GIVEN, ids=",".join)
def test_mask_and_dispositions(pair, name, pid1, given):
    """dumb-init clears both, the others hand both on."""
    report = pair.same(whole, "--", "subject", "report", given=given, pid1=pid1)[-1]
    fields = dict(line.split(" ", 1) for line in report if line.startswith("Sig"))
    for word in given:
        action, number = word.split("=")
        has = int(fields["SigIgn" if action == "ignore" else "SigBlk"], 16) >> int(number) - 1 & 1
        if name != "catatonit" or number not in ("20", "21", "22"):
            assert has == (name != "dumb-init")


@inits("catatonit")
@pytest.mark.parametrize("given, blocked", [([], 0), (["block=15"], 1 << 14), (["block=20"], 1 << 19)])
def test_signals_of_the_terminal_are_not_left_blocked(pair, name, given, blocked):
    def look(run):
        run.ended()
        return int([line for line in run.lines() if line.startswith("SigBlk")][0].split()[1], 16)

    assert pair.seen(look, "subject", "report", given=given) == [blocked | QUIRK, blocked]


@inits("dumb-init")
def test_ignored_realtime_signal_is_not_ignored_in_the_command(pair, name):
    original, ours = pair.seen(lambda run: (run.ended(), run.report()), "subject", "report", given=["ignore=40"])
    assert "SigIgn 0000008000000000" in original[1]
    assert "SigIgn 0000000000000000" in ours[1]


@inits("tini", "catatonit")
def test_ignored_sigchld_does_not_hide_the_end_of_the_command(pair, name):
    """The originals wait for a child that nobody reports; the command has it ignored with both."""
    def look(run):
        wait_until(lambda: run.report()[-1:] == ["cwd DIR"] and not children(run.init), "the end of the command")
        code = None if run.place.side == "original" else run.ended()[0]
        return code, run.proc.poll(), [line for line in run.report() if line.startswith("SigIgn")]

    original, ours = pair.seen(look, "--", "subject", "report", "exit=3", given=["ignore=17"], pid1=False)
    assert original == (None, None, ["SigIgn 0000000000010000"])
    assert ours == (3, 3, ["SigIgn 0000000000010000"])


@inits("dumb-init")
def test_ignored_sigchld_is_nothing_to_dumb_init(pair, name):
    assert pair.same(whole, "subject", "report", "exit=3", given=["ignore=17"])[0] == 3


@ALL
@pytest.mark.parametrize("closed", [[0], [1], [2], [0, 1], [0, 1, 2]], ids=str)
def test_closed_standard_descriptors(pair, name, closed):
    """The command finds closed what came closed; tini ends for want of a stdin, ours does not."""
    original, ours = pair.seen(whole, "--", "subject", "report", "exit=3", given=[f"close={fd}" for fd in closed])
    if name == "tini" and 0 in closed:
        assert original[0] == 1 and original[3] == []
        assert ours[:3] == (3, "", "")
        assert [line for line in ours[3] if line.startswith("fd")] == [
            f"fd{fd} open" for fd in (0, 1, 2) if fd not in closed]
    else:
        assert ours == original


def descriptors(pid):
    """{number: what it is} from 3 on; what they need for their own work (signals, /dev/null) does not count."""
    found = {}
    for fd in os.listdir(f"/proc/{pid}/fd"):
        target = os.readlink(f"/proc/{pid}/fd/{fd}")
        if int(fd) > 2 and target != "anon_inode:[signalfd]":
            found[int(fd)] = target.split(":")[0]
    return found


@MODES
@ALL
def test_descriptors(pair, name, pid1):
    """All are the command's; catatonit keeps none itself, so as to pin no pipe and no mount."""
    reader, writer = os.pipe()

    def look(run):
        run.ready()
        wait_until(lambda: name != "catatonit" or not descriptors(run.init), "the init to close them")
        return run.report(), descriptors(run.init)

    report, of_init = pair.same(look, "--", "subject", "report", "catch", pid1=pid1, pass_fds=(reader, writer))
    os.close(reader)
    os.close(writer)
    assert f"fd{reader} open" in report and f"fd{writer} open" in report
    assert of_init == ({} if name == "catatonit" else {reader: "pipe", writer: "pipe"})


@MODES
@ALL
def test_working_directory(pair, name, pid1):
    """That of the command is as given. dumb-init and catatonit work in / themselves."""
    def look(run):
        run.ready()
        if name == "dumb-init":  # the original goes there some time after the command began
            wait_until(lambda: os.readlink(f"/proc/{run.init}/cwd") == "/", "the init's directory")
        return run.report(), os.readlink(f"/proc/{run.init}/cwd").replace(str(run.place.dir), "DIR")

    original, ours = pair.seen(look, "--", "subject", "report", "catch", pid1=pid1)
    assert ours[0] == original[0] and "cwd DIR" in ours[0]
    assert original[1] == ("/" if name == "dumb-init" else "DIR"), "catatonit does so from 0.2 on"
    assert ours[1] == ("DIR" if name == "tini" else "/")


@MODES
@ALL
@pytest.mark.parametrize("options", [[], ["-c"]], ids=["plain", "single"])
def test_group_and_session(pair, name, pid1, options):
    if options and name != "dumb-init":
        options = ["-g"]
    report = pair.same(whole, *options, "--", "subject", "report", pid1=pid1)[-1]
    session, single = name == "dumb-init" and options == [], options == ["-c"]
    assert f"session {'own' if session else chr(105) + 'nit' + chr(39) + 's'}" in report
    assert ("group init's" if single else "group own") in report


@ALL
@pytest.mark.parametrize("value", ["own", "1", "0", "x", "-1", "999999999"])
def test_listen_pid(pair, name, value):
    """The sockets are the command's. Only catatonit says so by itself; ours does by every name."""
    if value == "own":  # unshare's child is process 1
        original, ours = pair.seen(whole, "--", "subject", "report", env={"LISTEN_PID": "1"})
        told = [[line for line in side[-1] if line.startswith("LISTEN_PID")] for side in (original, ours)]
        assert told == [["LISTEN_PID command" if name == "catatonit" else "LISTEN_PID init"], ["LISTEN_PID command"]]
    elif value != "1":
        pair.same(whole, "--", "subject", "report", env={"LISTEN_PID": value})


@ALL
def test_environment_is_handed_on(pair, name):
    code, out, _, _ = pair.same(whole, "--", "/usr/bin/env", "-u", "PATH", env={"A": "1", "REINIT_X": "y", "E": "a\nb=c", "TERM": ""})
    assert code == 0 and "REINIT_X=y" in out


@MODES
@ALL
def test_orphans(pair, name, pid1):
    """catatonit takes them in always, tini and dumb-init where they are PID 1."""
    report = pair.same(whole, "--", "subject", "report", "orphan", pid1=pid1)[-1]
    assert f"orphan {'init' if pid1 or name == 'catatonit' else 'another'}'s" in report
