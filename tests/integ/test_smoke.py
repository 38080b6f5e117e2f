# SPDX-License-Identifier: MIT
"""The shortest way through the whole program."""
import signal

from conftest import run


def test_exit_code_is_mirrored():
    assert run("--", "sh", "-c", "exit 7") == (7, "", "")


def test_change_reaches_the_service_as_a_signal(reinit, configmap, service):
    config = configmap(content={"key": "one"})
    init = reinit("--watch", config.path, "--on-change", "signal:HUP", "--",
                  *service.argv, "--reads", f"{config.path}/key")
    assert service.wait_lines(1) == ["ready one"]
    config.update({"key": "two"})
    assert service.wait_lines(2) == ["ready one", "HUP two"]
    init.wait_event("APPLIED", policy="signal")
    init.signal(signal.SIGTERM)
    assert init.wait() == 0
