# SPDX-License-Identifier: MIT
"""Validation: what it is given, how it fails, and what makes it be tried again."""
import os
import signal

import pytest

from conftest import children, wait_until


@pytest.fixture
def script(tmp_path):
    """script(NAME, TEXT): an executable shell script; its path."""
    def write(name, text):
        path = tmp_path / name
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        return str(path)

    return write


def reads(config, key="key"):
    return ["--reads", f"{config.path}/{key}"]


def test_error_of_the_validation_is_logged_in_its_own_words(reinit, configmap, service, script):
    config = configmap(content={"key": "one"})
    validate = script("validate", "echo checking; echo 'line 7: unknown directive \"bogus\"' >&2; exit 3\n")
    init = reinit("--watch", config.path, "--validate", validate, "--on-change", "signal:HUP", "--", *service.argv)
    service.wait_lines(1)
    config.update({"key": "two"})
    refused = init.wait_event("REFUSED")
    assert refused["output"] == 'checking\nline 7: unknown directive "bogus"'
    assert (refused["code"], refused["retry_ms"]) == ("3", "5000")
    assert service.lines() == ["ready"]


def test_stage_is_the_whole_tree_with_the_new_content_in_it(reinit, configmap, service, script, tmp_path):
    """A mount of conf.d alone: what includes it, and what lies beside it, belong to the picture."""
    (tmp_path / "etc/extra").mkdir(parents=True)
    (tmp_path / "etc/main.conf").write_text("main")
    (tmp_path / "etc/extra/mime").write_text("mime")
    config = configmap("etc/conf.d", {"a.conf": "one", "sub/b.conf": "b"})
    seen = tmp_path / "seen"
    validate = script("validate", f'cd "$1" && cat main.conf extra/mime conf.d/a.conf conf.d/sub/b.conf > {seen}.new && '
                      f'echo " $1" >> {seen}.new && mv {seen}.new {seen}\n')
    init = reinit("--watch", config.path, "--stage-base", tmp_path / "etc", "--validate", f"{validate} %{{stage}}",
                  "--on-change", "signal:HUP", "--", *service.argv, *reads(config, "a.conf"))
    service.wait_lines(1)
    config.update({"a.conf": "two", "sub/b.conf": "b"})
    assert service.wait_lines(2) == ["ready one", "HUP two"]
    init.wait_event("VALID")
    content, stage = seen.read_text().split()
    assert content == "mainmimetwob"
    assert stage != str(tmp_path / "etc") and not os.path.exists(stage)


def test_validation_that_fails_for_a_name_recovers_by_itself(reinit, configmap, service, script, tmp_path):
    """`nginx -t` fails while an upstream's name does not resolve; the content never changes again."""
    config = configmap(content={"key": "one"})
    validate = script("validate", f"test -e {tmp_path}/resolves || {{ echo 'host not found in upstream'; exit 1; }}\n")
    init = reinit("--watch", config.path, "--validate", validate, "--retry-min", "10ms", "--retry-max", "40ms",
                  "--on-change", "signal:HUP", "--", *service.argv, *reads(config))
    service.wait_lines(1)
    config.update({"key": "two"})
    init.wait_event("REFUSED", count=4)
    assert [line["retry_ms"] for line in init.lines("REFUSED")][:4] == ["10", "20", "40", "40"]
    assert service.lines() == ["ready one"]
    (tmp_path / "resolves").touch()
    assert service.wait_lines(2) == ["ready one", "HUP two"]
    init.wait_event("APPLIED")
    assert len(init.lines("CHANGED")) == 1 and len(init.lines("APPLIED")) == 1


def test_configmap_that_comes_long_before_its_secret(reinit, configmap, service, script):
    """Its validation needs the certificate of the other mount: that one's arrival is a reason to try again at once."""
    config = configmap("config", {"key": "plain"})
    secret = configmap("secret", {})
    validate = script("validate", f"grep -q plain {config.path}/key || test -s {secret.path}/tls.crt\n")
    init = reinit("--poll", "24h", "--retry-min", "24h", "--retry-max", "24h", "--on-change", "signal:HUP",
                  "--watch", config.path, "--validate", validate, "--watch", secret.path, "--", *service.argv,
                  *reads(config))
    service.wait_lines(1)
    config.update({"key": "tls"})
    init.wait_event("REFUSED", watch=config.path)
    secret.update({"tls.crt": "certificate"})
    init.wait_event("APPLIED", watch=config.path)
    init.wait_event("APPLIED", watch=secret.path)
    init.signal(signal.SIGTERM)
    init.wait()
    assert service.lines() == ["ready plain", "HUP tls", "TERM tls"]  # one reload for both


def test_validation_beyond_its_time_is_a_failure_and_leaves_nothing(reinit, configmap, service, script):
    config = configmap(content={"key": "one"})
    validate = script("validate", "setsid sleep 1000 & trap '' TERM; echo still; sleep 1000; sleep 1000\n")
    init = reinit("--watch", config.path, "--validate", validate, "--validate-timeout", "50ms", "--on-change",
                  "signal:HUP", "--retry-min", "24h", "--retry-max", "24h", "--", *service.argv)
    service.wait_lines(1)
    main = init.main_pid()
    config.update({"key": "two"})
    refused = init.wait_event("REFUSED")
    assert (refused["cause"], refused["output"]) == ("time limit", "still")
    wait_until(lambda: children(init.pid) == [main], "the validation and all that it started to be gone")


def test_validation_that_cannot_be_run_is_a_failure(reinit, configmap, service):
    config = configmap(content={"key": "one"})
    init = reinit("--watch", config.path, "--validate", "/no/such/program", "--on-change", "signal:HUP", "--",
                  *service.argv)
    service.wait_lines(1)
    config.update({"key": "two"})
    refused = init.wait_event("REFUSED")
    assert refused["code"] == "127" and "/no/such/program" in refused["output"]
    assert service.lines() == ["ready"]


def test_term_ends_a_running_validation(reinit, configmap, service, script, tmp_path):
    config = configmap(content={"key": "one"})
    validate = script("validate", f"echo $$ > {tmp_path}/running; sleep 1000\n")
    init = reinit("--watch", config.path, "--validate", validate, "--validate-timeout", "1h", "--on-change",
                  "signal:HUP", "--", *service.argv)
    service.wait_lines(1)
    config.update({"key": "two"})
    wait_until(lambda: (tmp_path / "running").exists(), "the validation to run")
    init.signal(signal.SIGTERM)
    assert init.wait() == 0
    assert service.lines() == ["ready", "TERM"] and not init.lines("REST_KILL")
