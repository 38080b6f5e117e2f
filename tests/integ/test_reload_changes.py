# SPDX-License-Identifier: MIT
"""What becomes of one change, of several, and of none, on a mount that is updated as the kubelet does it.

The poll is set to a day wherever a change is to be seen by inotify. That nothing was done is shown by what comes after it:
the list of all that the service got is compared as a whole.
"""
import os
import signal

import pytest

from conftest import wait_until


@pytest.fixture
def started(reinit, configmap, service, tmp_path):
    """started(OPTION…) → (reinit, mount): a service that reads the mount's key and is sent HUP for a change."""
    def start(*options, content=None, on_change="signal:HUP"):
        config = configmap(content=content or {"key": "one"})
        init = reinit("--poll", "24h", "--log-level", "debug", "--watch", config.path, "--on-change", on_change,
                      *options, "--", *service.argv, "--reads", f"{config.path}/key")
        assert service.wait_lines(1)[0].startswith("ready")
        return init, config

    return start


class Held:
    """A command that writes a line into `runs` and then waits until it is released; for validations and hooks."""

    def __init__(self, tmp_path, reads):
        self.runs, self.gate = tmp_path / "runs", tmp_path / "gate"
        self.script = tmp_path / "held"
        self.script.write_text(f'#!/bin/sh\ncat {reads} >> {self.runs}; echo >> {self.runs}\n'
                               f'while [ ! -e {self.gate} ]; do sleep 0.01; done\n')
        self.script.chmod(0o755)

    def lines(self):
        return self.runs.read_text().split() if self.runs.exists() else []

    def wait_runs(self, count):
        wait_until(lambda: len(self.lines()) >= count, f"{count} runs, had {self.lines()}")

    def release(self):
        self.gate.touch()


def test_same_content_written_again_does_nothing(started, service):
    init, config = started()
    config.update({"key": "one"})
    init.wait_event("NO_OP")
    config.update({"key": "one"})
    init.wait_event("NO_OP", count=2)
    config.update({"key": "two"})
    assert service.wait_lines(2) == ["ready one", "HUP two"]


def test_two_swaps_seen_together_are_one_reload(started, service):
    init, config = started()
    init.signal(signal.SIGSTOP)
    config.update({"key": "two"})
    config.update({"key": "three"})
    init.signal(signal.SIGCONT)  # reaches the service as well, as every signal does
    wait_until(lambda: "HUP three" in service.lines(), "the newest content")
    config.update({"key": "four"})
    wait_until(lambda: "HUP four" in service.lines(), "the next content")
    assert [line for line in service.lines() if "CONT" not in line] == ["ready one", "HUP three", "HUP four"]


def test_two_swaps_in_a_row_end_with_the_newest(started, service):
    """Each update has an end of its own, and the first may have been applied before the second begins."""
    init, config = started()
    config.update({"key": "two"})
    config.update({"key": "three"})
    wait_until(lambda: service.lines()[-1] == "HUP three", "the newest content")
    config.update({"key": "four"})
    wait_until(lambda: service.lines()[-1] == "HUP four", "the next content")
    assert len(service.lines()) <= 4  # never more signals than changes


def test_swap_during_a_validation_of_the_live_path_leads_to_exactly_one_more(started, service, tmp_path):
    held = Held(tmp_path, tmp_path / "config/key")
    init, config = started("--validate", str(held.script))
    config.update({"key": "two"})
    held.wait_runs(1)
    config.update({"key": "three"})
    config.update({"key": "four"})
    held.release()
    init.wait_event("MOVED")  # the answer about moving content is thrown away
    assert service.wait_lines(2) == ["ready one", "HUP four"]
    assert held.lines() == ["two", "four"]


def test_swap_during_a_staged_validation_leads_to_exactly_one_more(started, service, tmp_path):
    held = Held(tmp_path, '"$1"/key')
    init, config = started("--validate", f"{held.script} %{{stage}}")
    config.update({"key": "two"})
    held.wait_runs(1)
    config.update({"key": "three"})
    config.update({"key": "four"})
    held.release()
    assert service.wait_lines(2) == ["ready one", "HUP four"]
    assert held.lines() == ["two", "four"]
    init.wait_event("APPLIED")
    assert len(init.lines("VALID")) == 2


def test_swap_during_a_hook_leads_to_exactly_one_more(started, tmp_path):
    held = Held(tmp_path, tmp_path / "config/key")
    init, config = started(on_change=f"exec:{held.script}")
    config.update({"key": "two"})
    held.wait_runs(1)
    config.update({"key": "three"})
    config.update({"key": "four"})
    assert held.lines() == ["two"]  # one at a time
    held.release()
    init.wait_event("APPLIED", count=2, policy="exec")
    assert held.lines() == ["two", "four"]
    config.update({"key": "five"})
    init.wait_event("APPLIED", count=3)
    assert held.lines() == ["two", "four", "five"]


def test_bad_content_is_never_applied_and_the_next_good_one_is(started, service, tmp_path):
    key = tmp_path / "config/key"
    init, config = started("--validate", f"grep good {key}", content={"key": "good-1"})
    config.update({"key": "bad"})
    assert init.wait_event("REFUSED")["code"] == "1"
    config.update({"key": "good-2"})
    assert service.wait_lines(2) == ["ready good-1", "HUP good-2"]
    init.wait_event("APPLIED")
    assert len(init.lines("APPLIED")) == 1


def test_bad_content_reverted_to_what_is_applied_needs_nothing(started, service, tmp_path):
    runs = tmp_path / "runs"
    init, config = started("--retry-min", "24h", "--retry-max", "24h", "--validate",
                           f"sh -c 'echo run >> {runs}; grep good {tmp_path}/config/key'", content={"key": "good-1"})
    config.update({"key": "bad"})
    init.wait_event("REFUSED")
    config.update({"key": "good-1"})
    init.wait_event("CHANGED", count=2)
    config.update({"key": "good-2"})
    assert service.wait_lines(2) == ["ready good-1", "HUP good-2"]
    assert runs.read_text().split() == ["run", "run"]  # "bad" and "good-2"; the reverted content needs none


def test_revert_to_older_content_after_a_failure_is_applied(started, service, tmp_path):
    init, config = started("--validate", f"grep good {tmp_path}/config/key", content={"key": "good-1"})
    config.update({"key": "good-2"})
    service.wait_lines(2)
    config.update({"key": "bad"})
    init.wait_event("REFUSED")
    config.update({"key": "good-1"})
    assert service.wait_lines(3) == ["ready good-1", "HUP good-2", "HUP good-1"]


def test_key_that_is_added_or_removed_is_a_change(started, reinit, configmap, service):
    config = configmap(content={"key": "one"})
    reinit("--poll", "24h", "--watch", config.path, "--on-change", "signal:HUP", "--", *service.argv, "--reads",
           f"{config.path}/extra")
    service.wait_lines(1)
    config.update({"key": "one", "extra": "there"})
    service.wait_lines(2)
    config.update({"key": "one"})
    gone = "No such file or directory"
    assert service.wait_lines(3) == [f"ready {gone}", "HUP there", f"HUP {gone}"]


def test_mount_that_empties_is_reported_and_not_applied(started, service):
    init, config = started()
    config.update({})
    init.wait_event("EMPTY")
    config.update({"key": "one"})  # back at what is applied
    init.wait_event("REVERTED")
    config.update({"key": "two"})
    assert service.wait_lines(2) == ["ready one", "HUP two"]


def test_mount_that_empties_is_applied_with_allow_empty(started, service):
    init, config = started("--allow-empty")
    config.update({})
    assert service.wait_lines(2) == ["ready one", "HUP No such file or directory"]
    assert not init.lines("EMPTY")


def test_only_names_that_match_a_key_count(started, service):
    init, config = started("--keys", "*.conf", "--keys", "key", content={"key": "one", "a.conf": "1", "token": "1"})
    config.update({"key": "one", "a.conf": "1", "token": "2"})  # a service account's token beside it rotates
    init.wait_event("NO_OP")
    config.update({"key": "two", "a.conf": "1", "token": "2"})
    service.wait_lines(2)
    config.update({"key": "two", "a.conf": "2", "token": "2"})
    assert service.wait_lines(3) == ["ready one", "HUP two", "HUP two"]


def test_update_that_died_before_its_commit_does_not_hide_the_next(started, service):
    """A kubelet that was killed between making ..data_tmp and renaming it leaves it, and its next tries fail."""
    init, config = started()
    new = config.write_new({"key": "two"})
    left_over = os.path.join(config.path, "..data_tmp")
    os.symlink(new, left_over)
    for text in ("three", "four"):
        failed = config.write_new({"key": text})
        with pytest.raises(FileExistsError):
            config.swap(failed)
        config.remove(failed)
    init.wait_event("NO_OP")
    os.unlink(left_over)
    config.remove(new)
    config.update({"key": "five"})
    assert service.wait_lines(2) == ["ready one", "HUP five"]


def test_content_is_read_at_the_end_of_an_update_not_at_its_commit(reinit, configmap, service, tmp_path):
    """Links of new keys follow the swap: whoever reads at the swap sees a directory that is not whole.

    A second service's file is written after the swap; when that is applied, the swap's events have been seen.
    """
    config = configmap(content={"key": "one"})
    (tmp_path / "second").write_text("1")
    (tmp_path / "conf").write_text(f"""
        poll = 24h
        service "first" {{
            command = {{"{'", "'.join(service.argv)}", "--reads", "{config.path}/new"}}
            watch "{config.path}" {{
                settle = 1h
                settle-max = 1h
                on-change = signal
            }}
        }}
        service "second" {{
            command = {{"sleep", "infinity"}}
            watch "{tmp_path}/second" {{
                settle = 0
            }}
        }}
        """)
    init = reinit("--config", tmp_path / "conf")
    service.wait_lines(1)
    old = config.data()
    config.swap(config.write_new({"new": "two"}))
    (tmp_path / "second").write_text("2")
    init.wait_event("APPLIED", service="second")
    config.link_new()
    config.unlink_gone()
    (tmp_path / "second").write_text("3")
    init.wait_event("APPLIED", count=2, service="second")
    assert not init.lines("CHANGED", service="first")
    config.remove(old)
    assert service.wait_lines(2) == ["ready No such file or directory", "HUP two"]
