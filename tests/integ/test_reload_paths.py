# SPDX-License-Identifier: MIT
"""Where watched content can lie, how it can be changed, and what the kernel can refuse."""
import os
import shutil
import signal
import subprocess
import tempfile

import pytest

from conftest import preloading, wait_until
from kubelet import ConfigMap, build_c, in_mounts


def start(reinit, service, path, *options, reads=None, poll="24h", **keywords):
    """A service that reads `reads` (default: PATH/key) and is sent HUP for a change below path."""
    init = reinit("--poll", poll, "--log-level", "debug", "--settle", "20ms", "--watch", path, "--on-change",
                  "signal:HUP", *options, "--", *service.argv, "--reads", reads or f"{path}/key", **keywords)
    service.wait_lines(1)
    return init


def settled(init, service, count, expected):
    """Wait for the last of the service's lines, and for reinit to have taken it as applied."""
    assert service.wait_lines(count) == expected
    init.wait_event("APPLIED", count=count - 1)


def test_plain_directory_written_in_place(reinit, service, tmp_path):
    path = tmp_path / "plain"
    (path / "sub").mkdir(parents=True)
    (path / "key").write_text("one")
    init = start(reinit, service, path)
    (path / "key").write_text("two")
    settled(init, service, 2, ["ready one", "HUP two"])
    (path / "new").write_text("new")
    settled(init, service, 3, ["ready one", "HUP two", "HUP two"])
    (path / "sub/file").write_text("in a subdirectory")
    service.wait_lines(4)
    init.wait_event("APPLIED", count=3)
    (path / "later").mkdir()
    (path / "later/file").write_text("in a new subdirectory")
    service.wait_lines(5)
    init.wait_event("APPLIED", count=4)
    (path / "later/file").write_text("written again")
    service.wait_lines(6)
    init.wait_event("APPLIED", count=5)
    shutil.rmtree(path / "later")
    service.wait_lines(7)


def test_plain_file_replaced_by_rename(reinit, service, tmp_path):
    path = tmp_path / "plain"
    path.mkdir()
    (path / "key").write_text("one")
    init = start(reinit, service, path)
    for count, text in enumerate(("two", "three"), 2):
        (path / "key.new").write_text(text)
        (path / "key.new").rename(path / "key")
        wait_until(lambda: service.lines()[-1] == f"HUP {text}", text)
        init.wait_event("APPLIED", count=count - 1)


def test_single_file_in_all_ways(reinit, service, tmp_path):
    path = tmp_path / "file"
    path.write_text("one")
    init = start(reinit, service, path, reads=path)
    path.write_text("two")
    settled(init, service, 2, ["ready one", "HUP two"])
    for count, text in enumerate(("three", "four"), 3):
        (tmp_path / "file.new").write_text(text)
        (tmp_path / "file.new").rename(path)
        assert service.wait_lines(count)[-1] == f"HUP {text}"
        init.wait_event("APPLIED", count=count - 1)
    path.unlink()
    init.wait_event("WATCH_LOST")
    path.write_text("five")
    assert service.wait_lines(5)[-1] == "HUP five"
    init.wait_event("WATCH_BACK")


def test_single_key_of_a_mount(reinit, service, configmap):
    config = configmap(content={"key": "one", "other": "1"})
    init = start(reinit, service, f"{config.path}/key", reads=f"{config.path}/key")
    config.update({"key": "one", "other": "2"})
    init.wait_event("NO_OP")
    config.update({"key": "two", "other": "2"})
    settled(init, service, 2, ["ready one", "HUP two"])
    config.update({"key": "three", "other": "2"})
    settled(init, service, 3, ["ready one", "HUP two", "HUP three"])


@pytest.mark.parametrize("below", [".", "sub"])
def test_path_is_a_link_that_is_swapped(reinit, service, tmp_path, below):
    """As git-sync does it: every revision has a directory of its own, and a link is renamed over the last one."""
    def revision(number, text):
        (tmp_path / f"rev{number}" / below).mkdir(parents=True)
        (tmp_path / f"rev{number}" / below / "key").write_text(text)

    def point(number):
        (tmp_path / "link.new").symlink_to(f"rev{number}")
        (tmp_path / "link.new").rename(tmp_path / "link")

    revision(1, "one")
    point(1)
    init = start(reinit, service, tmp_path / "link" / below)
    revision(2, "two")
    point(2)
    settled(init, service, 2, ["ready one", "HUP two"])
    shutil.rmtree(tmp_path / "rev1")
    (tmp_path / "rev2" / below / "key").write_text("in place")
    settled(init, service, 3, ["ready one", "HUP two", "HUP in place"])
    revision(3, "three")
    point(3)
    assert service.wait_lines(4)[-1] == "HUP three"


def test_directory_that_appears_late(reinit, service, tmp_path):
    path = tmp_path / "not" / "yet"
    init = start(reinit, service, path)
    init.wait_event("WATCH_LOST")
    config = ConfigMap(path, {"key": "one"})
    assert service.wait_lines(2) == ["ready No such file or directory", "HUP one"]
    init.wait_event("WATCH_BACK")
    init.wait_event("APPLIED")
    config.update({"key": "two"})
    settled(init, service, 3, ["ready No such file or directory", "HUP one", "HUP two"])


def test_optional_mount_that_fills_late(reinit, service, configmap):
    """An optional ConfigMap that does not exist yet is an empty volume."""
    config = configmap(content={})
    init = start(reinit, service, config.path)
    config.update({"key": "one"})
    settled(init, service, 2, ["ready No such file or directory", "HUP one"])


def test_file_that_appears_late_is_told_at_once(reinit, service, tmp_path):
    path = tmp_path / "file"
    init = start(reinit, service, path, reads=path)
    init.wait_event("WATCH_LOST")
    init.signal(signal.SIGSTOP)
    path.write_text("one")  # made and closed in one batch of events
    init.signal(signal.SIGCONT)
    init.wait_event("WATCH_BACK")
    wait_until(lambda: "HUP one" in service.lines(), "the reload")


def test_mount_on_a_watched_directory_is_found_by_the_poll(reinit, service, configmap, tmp_path):
    """Mounting raises no event at all."""
    path = tmp_path / "mount-point"
    path.mkdir()
    config = configmap(content={"key": "one"})
    init = start(reinit, service, path, poll="20ms")
    subprocess.run(["nsenter", "--mount", "--target", str(init.pid), "mount", "--bind", config.path, str(path)], check=True)
    wait_until(lambda: service.lines()[-1].startswith("HUP"), "the mounted content to be applied")
    config.update({"key": "two"})
    init.wait_event("APPLIED", count=2)
    assert len(service.wait_lines(3)) == 3


def test_subpath_mount_is_named_with_what_to_change(reinit, service, configmap, tmp_path):
    config = configmap(content={"key": "one"})
    path = tmp_path / "app.conf"
    path.touch()
    init = start(reinit, service, path, reads=path,
                 prefix=in_mounts(f"mount --bind {config.path}/{config.data()}/key {path}"))
    told = init.wait_event("SUBPATH")
    assert told["watch"] == str(path) and "subPath" in told["msg"] and "volumeMounts" in told["msg"]
    assert not init.lines("SUBPATH_STALE")
    config.update({"key": "two"})
    assert init.wait_event("SUBPATH_STALE")["watch"] == str(path)  # the kernel shows it as //deleted
    assert service.lines() == ["ready one"]


def test_whole_volume_is_not_called_a_subpath(reinit, service, configmap, tmp_path):
    config = configmap(content={"key": "one"})
    path = tmp_path / "mount-point"
    path.mkdir()
    init = start(reinit, service, path, prefix=in_mounts(f"mount --bind {config.path} {path}"))
    config.update({"key": "two"})
    settled(init, service, 2, ["ready one", "HUP two"])
    assert not init.lines("SUBPATH")


def test_read_only_bind_mount(reinit, service, configmap, tmp_path):
    config = configmap(content={"key": "one"})
    path = tmp_path / "mount-point"
    path.mkdir()
    init = start(reinit, service, path,
                 prefix=in_mounts(f"mount --bind {config.path} {path}", f"mount -o remount,bind,ro {path}",
                                  f"! touch {path}/written 2>&-"))
    config.update({"key": "two"})
    settled(init, service, 2, ["ready one", "HUP two"])


@pytest.fixture
def open_dir():
    """A directory that any user can enter; tmp_path is for its owner only."""
    path = tempfile.mkdtemp(prefix="reinit-test-")
    os.chmod(path, 0o777)
    yield path
    shutil.rmtree(path)


def as_nobody():
    return ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]


@pytest.fixture
def nobody(open_dir, service):
    """What a service of another user needs: the stub and its output in places that it can reach."""
    shutil.copy(service.argv[1], open_dir)
    service.argv[1] = os.path.join(open_dir, os.path.basename(service.argv[1]))
    service.out = type(service.out)(open_dir) / "signals"
    service.argv[2] = str(service.out)
    return service


def update_of_another_owner(config, content, mode):
    """An update whose files only their owner may read. Returns the new directory."""
    old = config.data()
    new = config.write_new(content)
    for key in content:
        os.chmod(os.path.join(config.path, new, key), mode)
    config.swap(new)
    config.remove(old)
    return os.path.join(config.path, new)


def test_file_that_becomes_readable_later_is_applied_then(reinit, nobody, open_dir):
    """A kubelet may set owners after the swap (fsGroup), and no event tells when the content can be read."""
    config = ConfigMap(os.path.join(open_dir, "config"), {"key": "one"})
    init = start(reinit, nobody, config.path, poll="20ms", prefix=as_nobody())
    new = update_of_another_owner(config, {"key": "two"}, 0o400)
    init.wait_event("CHANGED")
    os.chmod(os.path.join(new, "key"), 0o444)
    wait_until(lambda: nobody.lines()[-1] == "HUP two", "the content to be applied when it can be read")


def test_file_that_may_not_be_read_is_reported(reinit, nobody, open_dir):
    config = ConfigMap(os.path.join(open_dir, "config"), {"key": "one"})
    init = start(reinit, nobody, config.path, prefix=as_nobody())
    update_of_another_owner(config, {"key": "two"}, 0o400)
    wait_until(lambda: init.lines("UNREADABLE") or init.lines("APPLIED"), "the change to be taken or refused")
    assert init.lines("UNREADABLE") and not init.lines("APPLIED")


def test_readable_files_beside_one_that_is_not_are_followed(reinit, nobody, open_dir):
    config = ConfigMap(os.path.join(open_dir, "config"), {"key": "one", "secret": "1"})
    os.chmod(os.path.join(config.path, "secret"), 0o400)
    start(reinit, nobody, config.path, "--keys", "key", prefix=as_nobody())
    old = config.data()
    new = config.write_new({"key": "two", "secret": "2"})
    os.chmod(os.path.join(config.path, new, "secret"), 0o400)
    config.swap(new)
    config.remove(old)
    assert nobody.wait_lines(2) == ["ready one", "HUP two"]


# Fails calls as $FAIL says, and stops once at the call that $HOLD names, until the file $GATE is gone. "helper" is the
# opening of ..data in a forked child.
SHIM = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is(const char *variable, const char *value)
{
	return getenv(variable) != NULL && strcmp(getenv(variable), value) == 0;
}

static int forked;

static void hold(const char *place)
{
	static int done;
	char held[4096];

	if (done || !is("HOLD", place))
		return;
	done = 1;
	snprintf(held, sizeof(held), "%s.held", getenv("GATE"));
	close(open(held, O_CREAT | O_WRONLY, 0600));
	while (access(getenv("GATE"), F_OK) == 0)
		usleep(1000);
}

int inotify_init1(int flags)
{
	if (is("FAIL", "inotify_init1")) {
		errno = EMFILE;
		return -1;
	}
	return (int)syscall(SYS_inotify_init1, flags);
}

int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	hold("inotify_add_watch");
	if (is("FAIL", "inotify_add_watch")) {
		errno = ENOSPC;
		return -1;
	}
	return (int)syscall(SYS_inotify_add_watch, fd, path, mask);
}

int openat(int dir, const char *path, int flags, ...)
{
	int fd = (int)syscall(SYS_openat, dir, path, flags, 0);

	if (strcmp(path, "..data") == 0)
		hold(forked ? "helper" : "openat");
	return fd;
}

pid_t _Fork(void)
{
	pid_t pid;

	hold("fork");
	pid = (pid_t)syscall(SYS_fork);
	forked = forked || pid == 0;
	return pid;
}
"""


@pytest.fixture
def shim(tmp_path):
    """shim(NAME=VALUE…): a prefix that loads the shim with these variables."""
    build_c(SHIM, tmp_path / "shim.so", "-shared", "-fPIC")
    (tmp_path / "gate").touch()
    return lambda *settings: preloading(tmp_path / "shim.so") + [f"GATE={tmp_path}/gate", *settings]


@pytest.mark.parametrize("call", ["inotify_init1", "inotify_add_watch"])
def test_without_inotify_the_poll_sees_everything(reinit, service, configmap, shim, call):
    config = configmap(content={"key": "one"})
    init = start(reinit, service, config.path, poll="20ms", prefix=shim(f"FAIL={call}"))
    told = init.wait_event("NO_INOTIFY")
    assert told["error"] == ("Too many open files" if call == "inotify_init1" else "No space left on device")
    config.update({"key": "two"})
    settled(init, service, 2, ["ready one", "HUP two"])
    config.update({"key": "three"})
    assert service.wait_lines(3)[-1] == "HUP three"


def test_queue_overflow_loses_nothing(reinit, service, configmap):
    with open("/proc/sys/fs/inotify/max_queued_events") as limit:
        count = int(limit.read())
    config = configmap(content={"key": "one"})
    init = start(reinit, service, config.path)
    init.signal(signal.SIGSTOP)
    names = [os.path.join(config.path, name) for name in ("..filler-a", "..filler-b")]
    os.mkdir(names[0])
    for _ in range(count // 2 + 1):  # two events each that cannot be merged with their neighbours
        os.rename(*names)
        names.reverse()
    config.update({"key": "two"})
    init.signal(signal.SIGCONT)
    wait_until(lambda: "HUP two" in service.lines(), "the change whose events were lost")
    init.wait_event("OVERFLOW")
    config.update({"key": "three"})
    wait_until(lambda: "HUP three" in service.lines(), "a change after the overflow")


@pytest.mark.parametrize("place", ["inotify_add_watch", "openat", "fork"])
def test_change_while_reinit_starts_is_not_lost(reinit, service, configmap, tmp_path, shim, place):
    """Before the watch is there, in the middle of the first reading, and between that and the start of the service."""
    config = configmap(content={"key": "one"})
    init = reinit("--poll", "24h", "--watch", config.path, "--on-change", "signal:HUP", "--", *service.argv, "--reads",
                  f"{config.path}/key", prefix=shim(f"HOLD={place}"))
    wait_until(lambda: (tmp_path / "gate.held").exists(), f"reinit to be at {place}")
    config.update({"key": "two"})
    (tmp_path / "gate").unlink()
    assert service.wait_lines(1) == ["ready two"]
    if place == "fork":  # what was read before is not what the process has read: it must be told
        assert service.wait_lines(2) == ["ready two", "HUP two"]
    config.update({"key": "three"})
    assert service.wait_lines(3 if place == "fork" else 2)[-1] == "HUP three"
    assert len(init.lines("STARTED")) == 1 and not init.lines("UNREADABLE")


def test_swap_while_a_copy_is_made_is_copied_again(reinit, service, configmap, tmp_path, shim):
    """The directory that was opened for the copy is removed before its files are read."""
    config = configmap(content={"key": "one"})
    init = start(reinit, service, config.path, "--validate", "grep -q . %{stage}/key", prefix=shim("HOLD=helper"))
    config.update({"key": "two"})
    wait_until(lambda: (tmp_path / "gate.held").exists(), "the helper to have opened the directory")
    config.update({"key": "three"})
    (tmp_path / "gate").unlink()
    settled(init, service, 2, ["ready one", "HUP three"])
    assert not init.lines("REFUSED")


def test_validation_never_sees_a_mix_of_two_updates(reinit, service, configmap, tmp_path):
    """Copies are made while the next update is already on its way."""
    config = configmap(content={"key": "one", "z": "one"})
    out = tmp_path / "seen"
    script = tmp_path / "validate"
    script.write_text(f'#!/bin/sh\necho $(cat "$1/key") $(cat "$1/z") >> {out}\n')
    script.chmod(0o755)
    init = reinit("--poll", "24h", "--watch", config.path, "--validate", f"{script} %{{stage}}", "--on-change",
                  "signal:HUP", "--", *service.argv, "--reads", f"{config.path}/key")
    service.wait_lines(1)
    for number in range(200):
        config.update({"key": f"{number}", "z": f"{number}"})
    wait_until(lambda: service.lines()[-1] == "HUP 199", "the last content")
    assert not init.lines("REFUSED")
    for line in out.read_text().splitlines():
        assert len(set(line.split())) == 1 and len(line.split()) == 2, f"a mix of two updates: {line}"
