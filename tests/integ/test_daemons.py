# SPDX-License-Identifier: MIT
"""Real daemons: each has its own way to take a reload signal amiss, and none may die or serve what was refused."""
import os
import signal
import subprocess
import time

import pytest

import daemons
from conftest import ConfigMap, children, needs, status_field, wait_until


def words(argv):
    return "{" + ", ".join("'" + word + "'" for word in argv) + "}"


class Served:
    """A daemon as a service of reinit, its content on a mount."""

    def __init__(self, reinit, tmp_path, kind, settings="", watch="", validate=True):
        self.daemon = daemon = kind(tmp_path)
        self.config = ConfigMap(daemon.mount, daemon.content("one"))
        settings = settings.replace("%{port}", str(daemon.port)).replace("%{root}", daemon.root)
        check = f"validate = {words(daemon.validate)}" if validate else ""
        if hasattr(daemon, "etc"):
            check += f"\nstage-base = '{daemon.etc}'"
        conf = daemon.file("reinit.conf", f"""
            retry-min = 24h
            retry-max = 24h
            poll = 24h
            service "daemon" {{
                command = {words(daemon.argv)}
                {settings}
                watch "{daemon.mount}" {{
                    on-change = signal
                    validate-timeout = 60s
                    {check}
                    {watch}
                }}
            }}
            """)
        self.init = reinit("--config", conf)

    def change(self, text):
        self.config.update(self.daemon.content(text))

    def spoil(self):
        self.config.update(self.daemon.broken())

    def wait_page(self, text):
        wait_until(lambda: self.daemon.page() == text, f"{text!r} to be served; is {self.daemon.page()!r}\n"
                   f"{self.init.text}")

    def end(self, code=0):
        self.init.signal(signal.SIGTERM)
        assert self.init.wait() == code
        assert not self.init.lines("STOP_FORCED")


def good_bad_revert(served, refusal):
    """The way that every daemon has to go; the process is the same in the end."""
    served.wait_page("one")
    pid = served.init.main_pid()
    served.change("two")
    served.wait_page("two")
    served.init.wait_event("APPLIED", count=1)
    served.spoil()
    assert refusal in served.init.wait_event("REFUSED")["output"]
    served.wait_page("two")  # old workers may answer a little longer
    served.change("two")  # the revert needs nothing
    served.change("three")
    served.wait_page("three")
    served.init.wait_event("APPLIED", count=2)
    assert len(served.init.lines("APPLIED")) == 2
    assert served.init.main_pid() == pid and len(served.init.lines("STARTED")) == 1


@needs("nginx")
def test_nginx_good_bad_revert(reinit, tmp_path):
    served = Served(reinit, tmp_path, daemons.Nginx, "stop-signal = QUIT")
    good_bad_revert(served, 'unknown directive "bogus_directive"')
    served.end()


@needs("nginx")
def test_nginx_fragment_alone_would_not_pass(reinit, tmp_path):
    """What stage-base is for: conf.d by itself is no configuration, and the picture of the tree is one."""
    served = Served(reinit, tmp_path, daemons.Nginx, "stop-signal = QUIT")
    served.wait_page("one")
    alone = subprocess.run([daemons.program("nginx"), "-t", "-e", "stderr", "-c", f"{served.daemon.mount}/site.conf"],
                           capture_output=True, text=True)
    assert '"server" directive is not allowed here' in alone.stderr
    served.change("two")
    served.wait_page("two")
    served.end()


@needs("nginx")
def test_nginx_killed_comes_back_without_its_old_workers(reinit, tmp_path):
    served = Served(reinit, tmp_path, daemons.Nginx, "stop-signal = QUIT")
    served.wait_page("one")
    pid = served.init.main_pid()
    workers = wait_until(lambda: children(pid), "a worker")
    os.kill(pid, signal.SIGKILL)
    served.init.wait_event("STARTED", count=2)
    served.wait_page("one")
    assert not [worker for worker in workers if status_field(worker, "State")]
    served.change("two")
    served.wait_page("two")
    served.end()


@needs("nginx")
@pytest.mark.parametrize("hold", [False, True])
def test_nginx_killed_while_a_broken_configuration_lies_there(reinit, tmp_path, hold):
    """It cannot come back before the content is good again, and then does so at once, whatever its pause is."""
    served = Served(reinit, tmp_path, daemons.Nginx, "stop-signal = QUIT\nbackoff-min = 1h\nbackoff-max = 1h" +
                    ("\nstart-on-refused = no" if hold else ""))
    served.wait_page("one")
    served.spoil()
    served.init.wait_event("REFUSED")
    os.kill(served.init.main_pid(), signal.SIGKILL)
    if hold:
        served.init.wait_event("START_HELD")
    else:
        served.init.wait_event("START_REFUSED")
        served.init.wait_event("FAILED", count=2)  # the kill, and nginx's own refusal
    served.change("one")
    served.wait_page("one")
    served.end()
    assert len(served.init.lines("STARTED")) == (2 if hold else 3)


@needs("nginx")
def test_nginx_that_a_hook_told_to_quit_ends_the_container(reinit, tmp_path):
    """preStop `nginx -s quit`: the clean end is not answered by a restart."""
    served = Served(reinit, tmp_path, daemons.Nginx, "stop-signal = QUIT")
    served.wait_page("one")
    os.kill(served.init.main_pid(), signal.SIGQUIT)  # what `nginx -s quit` sends
    assert served.init.wait() == 0
    assert len(served.init.lines("STARTED")) == 1


@needs("apache2")
def test_apache_lives_where_its_configuration_is_validated(reinit, tmp_path):
    served = Served(reinit, tmp_path, daemons.Apache, "stop-signal = WINCH", "signal = USR1")
    good_bad_revert(served, "Invalid command 'BogusDirective'")
    served.end()


@needs("apache2")
def test_apache_dies_of_a_broken_configuration_without_validation(reinit, tmp_path):
    """Why the test before this one means something."""
    served = Served(reinit, tmp_path, daemons.Apache, "restart = no", "signal = USR1", validate=False)
    served.wait_page("one")
    served.spoil()
    assert served.init.wait() == 1
    assert served.init.lines("APPLIED")


def end_haproxy(served, reloads):
    """The master executes itself on USR2 and loses a USR1 that comes then: wait until it is back in its loop."""
    wait_until(lambda: served.init.text.count("Former worker") >= reloads, f"{reloads} former workers to be reaped")
    served.end()


@needs("haproxy")
def test_haproxy_good_bad_revert(reinit, tmp_path):
    served = Served(reinit, tmp_path, daemons.Haproxy, "stop-signal = USR1", "signal = USR2")
    good_bad_revert(served, "unknown keyword 'bogus'")
    end_haproxy(served, reloads=2)


@needs("haproxy")
def test_haproxy_survives_a_change_right_after_its_start(reinit, tmp_path):
    """USR2 before its handler is there kills it; the signal is held back until it is caught."""
    served = Served(reinit, tmp_path, daemons.Haproxy, "stop-signal = USR1", "signal = USR2", validate=False)
    served.init.wait_event("STARTED")
    served.change("two")
    served.init.wait_event("APPLIED")
    served.wait_page("two")
    assert len(served.init.lines("STARTED")) == 1


@needs("php-fpm8.2")
def test_php_fpm_good_bad_revert(reinit, tmp_path):
    served = Served(reinit, tmp_path, daemons.PhpFpm,
                    "stop-signal = QUIT\nready = 'unix:%{root}/php.sock'", "signal = USR2")
    good_bad_revert(served, "unknown entry 'bogus'")
    served.end()


@needs("php-fpm8.2")
@pytest.mark.parametrize("ready", ["none", "unix:%{root}/php.sock"])
def test_php_fpm_second_change_right_after_the_first_lands(reinit, tmp_path, ready):
    """USR2 makes it execute itself again, and for a moment it catches nothing."""
    served = Served(reinit, tmp_path, daemons.PhpFpm, f"stop-signal = QUIT\nready = '{ready}'", "signal = USR2",
                    validate=False)
    served.wait_page("one")
    pid = served.init.main_pid()
    for n in range(5):
        loaded = served.init.text.count("ready to handle connections")
        served.change(f"first-{n}")
        while (int(status_field(pid, "SigCgt"), 16) >> (signal.SIGUSR2 - 1) & 1 and
               served.init.text.count("ready to handle connections") == loaded):
            time.sleep(0.0001)
        served.change(f"second-{n}")
        served.wait_page(f"second-{n}")
    assert served.init.main_pid() == pid and len(served.init.lines("STARTED")) == 1
    served.end()


@needs("promtool")
@needs("prometheus")
def test_prometheus_good_bad_revert(reinit, tmp_path):
    served = Served(reinit, tmp_path, daemons.Prometheus, "restart = no", "")
    good_bad_revert(served, "field bogus not found")
    served.end()


@needs("prometheus")
def test_prometheus_change_right_after_its_start_waits_for_its_port(reinit, tmp_path):
    """Programs in Go catch every signal from the beginning, so only readiness tells when HUP is understood."""
    served = Served(reinit, tmp_path, daemons.Prometheus, "ready = 'tcp:127.0.0.1:%{port}'", validate=False)
    served.init.wait_event("STARTED")
    served.change("two")
    served.init.wait_event("WAITING_READY")
    served.init.wait_event("APPLIED")
    served.wait_page("two")
    assert len(served.init.lines("STARTED")) == 1
    served.end()
