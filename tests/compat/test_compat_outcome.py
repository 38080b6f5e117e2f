# SPDX-License-Identifier: MIT
"""Codes, words of the command, commands that cannot be run, and where options end."""
import os
import signal

import pytest

from pair import ALL, MODES, inits, pair, programs, wait_until, whole  # noqa: F401

DEADLY = [number for number in range(1, 65) if number not in (17, 18, 19, 20, 21, 22, 23, 28)]


@MODES
@ALL
@pytest.mark.parametrize("code", [0, 1, 2, 99, 126, 127, 128, 143, 254, 255])
def test_code(pair, name, pid1, code):
    assert pair.same(whole, "--", "subject", "report", f"exit={code}", pid1=pid1)[0] == code


@ALL
@pytest.mark.parametrize("number", DEADLY[::4] + [signal.SIGKILL])
def test_death_by_signal(pair, name, number):
    assert pair.same(whole, "--", "subject", "report", f"die={number}")[0] == 128 + number


WORDS = {
    "none": [],
    "empty": ["", "", "x", ""],
    "spaces": [" ", "a b", "\t", "'\"$HOME*"],
    "newlines": ["a\nb", "\n"],
    "not UTF-8": [b"\xff\xfe\x80", b"\x01\x7f"],
    "very long": ["x" * 100000],
    "many": ["word"] * 3000,
    "options": ["-h", "-v", "--version", "-g", "-P", "--help"],
    "dashes at the end": ["x", "--"],
    "dashes twice": ["--", "--"],
    "dash": ["-"],
    "braces": ["{pid}", "%s%n", "{"],
}


@ALL
@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS.keys())
def test_words(pair, name, words):
    code, _, _, report = pair.same(whole, "--", "subject", "report", *words)
    assert code == 0
    assert len([line for line in report if line.startswith("word")]) == 1 + len(words)


@ALL
@pytest.mark.parametrize("words", [["subject", "--", "report", "exit=3"], ["subject", "--", "report", "--", "exit=3"],
                                   ["--", "subject", "--", "report", "exit=3"], ["--", "--", "subject", "report"],
                                   ["--"], [], ["-"], ["--", "-"], ["--", "subject", "report", "-h"],
                                   ["subject", "report", "--", "-h"], ["", "x"]],
                         ids=" ".join)
def test_dashes(pair, name, words):
    """After -- a command may be called --; behind the command's name the tini and catatonit take one out."""
    original, ours = pair.seen(whole, *words)
    if name == "tini" and words in ([], ["--"]):
        original, ours = [(code, out, err.replace(" - git.de40ad0", "").replace(" (can be repeated)", ""), report)
                          for code, out, err, report in (original, ours)]
    if words == ["subject", "report", "--", "-h"] and name != "dumb-init":
        # They look for options behind the command as well, and -- is one; ours leaves what is not right behind it.
        assert [line for line in original[3] if line.startswith("word")] == ["word 7265706f7274", "word 2d68"]
        assert [line for line in ours[3] if line.startswith("word")] == ["word 7265706f7274", "word 2d2d", "word 2d68"]
        return
    assert ours == original


@pytest.fixture
def odd_files(pair):
    """Things that cannot be run, or only just, in the working directory of each side."""
    for place in pair.places.values():
        for file, text, mode in (("locked", "#!/bin/sh\n", 0o644), ("plain", "echo plain $1\n", 0o755),
                                 ("empty", "", 0o755), ("lost", "#!/no/such/interpreter\n", 0o755),
                                 ("broken", "\x7fELF", 0o755), ("script", "#!/bin/sh\nexit 9\n", 0o755)):
            (place.dir / file).write_text(text)
            os.chmod(place.dir / file, mode)
        (place.dir / "folder").mkdir()
        (place.dir / "loop").symlink_to("loop")
        (place.bin / "found").symlink_to(place.dir / "plain")
    return pair


COMMANDS = ["no-such-program", "/no/such/program", "./locked", "locked", "./folder", "/etc", "./plain", "found",
            "./empty", "./lost", "./broken", "./script", "./loop", "", "no\nsuch", b"\xff", "x" * 300, "./" + "x" * 400]


@ALL
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: repr(command)[:20])
def test_command_that_cannot_be_run(odd_files, name, command):
    odd_files.same(whole, "--", command, "word")


@ALL
@pytest.mark.parametrize("size", [1000, 5000])
def test_long_name_that_is_not_found(odd_files, name, size):
    """The code is the same; of the name in the message not all is said."""
    original, ours = odd_files.seen(whole, "--", "./" + "x" * size)
    assert ours[0] == original[0]
    assert original[2].rsplit(":", 1)[1] == ours[2].rsplit(":", 1)[1]
    assert "x" * 500 in ours[2] or name == "catatonit"


@ALL
def test_path_through_a_file(odd_files, name):
    """For tini it is not found (127), where the original has one of its other errors."""
    original, ours = odd_files.seen(whole, "--", "./script/x")
    if name == "tini":
        assert (original[0], ours[0]) == (1, 127)
        assert ours[1:] == original[1:]
    else:
        assert ours == original


NOBODY = ["setpriv", "--reuid=61234", "--clear-groups", "--bounding-set=-all", "prlimit", "--nproc=1"]


@ALL
def test_no_process_can_be_made(pair, name):
    """The same user has as many as he may: this one."""
    for place in pair.places.values():
        os.chmod(place.dir.parent.parent, 0o755)
    original, ours = pair.seen(lambda run: run.ended(), "true", pid1=False, setup=NOBODY)
    if original[0] != 1:
        pytest.skip(f"the limit of processes does not hold here: {original}")
    assert ours == original


@MODES
@ALL
def test_stopped_and_continued_command(pair, name, pid1):
    """A command that stops by itself leaves the init as it is; CONT through the init lets it go on."""
    def look(run):
        wait_until(lambda: run.state(run.command()) == "T", "the command to stop")
        stopped = run.state(run.init) == "T"
        run.send(signal.SIGCONT)
        return stopped, whole(run)

    stopped, (code, *_rest) = pair.same(look, "--", "subject", "report", "stop", "exit=4", pid1=pid1)
    assert (stopped, code) == (False, 4)


@inits("tini", "catatonit")
def test_options_behind_the_command_are_the_commands(pair, name):
    """Built with glibc the originals look for options there too; ours do not, as those built with musl."""
    original, ours = pair.seen(lambda run: run.ended(), "sh", "-c", "exit 3")
    assert (original[0], "invalid option -- 'c'" in original[2]) == (1, True)
    assert ours == (3, "", "")


@inits("tini", "catatonit")
def test_posixly_correct_makes_them_agree(pair, name):
    assert pair.same(whole, "sh", "-c", "exit 3", env={"POSIXLY_CORRECT": ""}) == (3, "", "", [])
