# SPDX-License-Identifier: MIT
"""Thousands of changes, then silence: the last content is the one applied, and nothing is left behind.

With REINIT_TEST_FULL=1 the slow storms have 10,000 changes as well.
"""
import os
import pathlib
import signal
import tempfile

import pytest

from conftest import children, preloading, status_field, wait_until
from kubelet import build_c
from test_reload_paths import SHIM

FULL = os.environ.get("REINIT_TEST_FULL") == "1"

# Counts its HUPs; after each it writes "count content" over its file. TERM ends it.
READER = r"""
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void on_signal(int number)
{
	(void)number;
}

int main(int argc, char **argv)
{
	sigset_t set;
	int number = 0, count = 0;

	if (argc != 3)
		return 1;
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGHUP, on_signal);
	do {
		char text[64], content[32] = "";
		int out = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0644), in = open(argv[2], O_RDONLY);

		if (in >= 0 && read(in, content, sizeof(content) - 1) < 0)
			return 1;
		close(in);
		snprintf(text, sizeof(text), "%d %s\n", count, content);
		if (write(out, text, strlen(text)) < 0)
			return 1;
		close(out);
		sigwait(&set, &number);
		count++;
	} while (number == SIGHUP);
	return 0;
}
"""


def descriptors(pid):
    return sorted(os.readlink(f"/proc/{pid}/fd/{fd}").split(":")[0] for fd in os.listdir(f"/proc/{pid}/fd"))


def zombies(pid):
    return [child for child in children(pid) if (status_field(child, "State") or "").startswith("Z")]


@pytest.fixture
def memory():
    """A directory on tmpfs, as a Secret has it: a disk's journal would slow the storm down."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as path:
        yield pathlib.Path(path)


class Storm:
    def __init__(self, reinit, configmap, memory, tmp_path, *options, poll="24h", **keywords):
        build_c(READER, tmp_path / "reader")
        self.out = tmp_path / "out"
        self.config = configmap(memory / "config", {"key": "0"})
        self.init = reinit("--poll", poll, "--log-level", "warn", "--watch", self.config.path, *options, "--",
                           tmp_path / "reader", self.out, f"{self.config.path}/key", **keywords)
        self.wait_content("0")
        self.before = descriptors(self.init.pid)

    def seen(self):
        """[count of signals, content at the last one]"""
        return (self.out.read_text() if self.out.exists() else "").split()

    def wait_content(self, text):
        wait_until(lambda: self.seen()[1:] == [text], f"content {text} to be applied, is {self.seen()}")

    def blow(self, count, pause_us):
        self.config.storm(count, pause_us)
        self.wait_content(str(count))
        wait_until(lambda: not zombies(self.init.pid) and len(children(self.init.pid)) == 1, "helpers to be gone")
        assert descriptors(self.init.pid) == self.before
        # One more change of each kind shows that everything works as before.
        signals = int(self.seen()[0])
        self.config.update({"key": "last"})
        self.wait_content("last")
        assert int(self.seen()[0]) <= signals + 2  # the last of the storm may have been on its way still
        self.init.signal(signal.SIGTERM)
        assert self.init.wait() == 0
        return signals


@pytest.mark.parametrize("count, pause_us", [(10000, 0), (10000 if FULL else 2000, 1000)])
def test_last_of_many_changes_is_applied(reinit, configmap, memory, tmp_path, count, pause_us):
    signals = Storm(reinit, configmap, memory, tmp_path, "--on-change", "signal:HUP").blow(count, pause_us)
    assert 1 <= signals <= count


def test_last_of_many_changes_is_validated_and_applied(reinit, configmap, memory, tmp_path):
    count = 10000 if FULL else 2000
    storm = Storm(reinit, configmap, memory, tmp_path, "--on-change", "signal:HUP", "--validate",
                  f"grep -q . {memory}/config/key")
    assert 1 <= storm.blow(count, 0) <= count


def test_last_of_many_changes_is_seen_by_the_poll_alone(reinit, configmap, memory, tmp_path):
    """The poll reads whole pictures in the storm too."""
    build_c(SHIM, tmp_path / "shim.so", "-shared", "-fPIC")
    storm = Storm(reinit, configmap, memory, tmp_path, "--on-change", "signal:HUP", poll="10ms",
                  prefix=preloading(tmp_path / "shim.so") + ["FAIL=inotify_init1"])
    assert storm.init.lines("NO_INOTIFY")
    assert 1 <= storm.blow(2000, 0) <= 2000


def test_last_of_many_changes_by_restarts(reinit, configmap, memory, tmp_path):
    storm = Storm(reinit, configmap, memory, tmp_path, "--on-change", "restart")
    storm.config.storm(1000, 1000)
    storm.wait_content("1000")
    assert len(children(storm.init.pid)) == 1 and not zombies(storm.init.pid)
    assert descriptors(storm.init.pid) == storm.before
