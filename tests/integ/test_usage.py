# SPDX-License-Identifier: MIT
"""Command line and environment: what is refused and with which hint, and which value wins."""
import os
import re
import subprocess

import pytest

from conftest import PROGRAM, run, service_text


def explain(*args, env=None):
    """The plan as {"option": (value, origin)}; of a watch as "watch PATH/option"."""
    code, out, err = run("--explain", *args, env=env)
    assert (code, err) == (0, "")
    plan, watch = {}, ""
    for line in out.splitlines():
        text, _, origin = line.partition(" # ")
        found = re.match(r'  watch "(.*)" \{', line)
        if found:
            watch = f"watch {found[1]}/"
        elif line.startswith("service "):
            watch = ""
        elif " = " in text and not text.lstrip().startswith("#"):
            name, value = text.strip().split(" = ", 1)
            plan[(watch if text.startswith("    ") else "") + name] = (value, origin.strip())
    return plan


def refused(*args, code=100, env=None):
    """Refused: nothing on stdout, every line of stderr by reinit, nothing started. Returns stderr."""
    got, out, err = run(*args, env=env)
    assert (got, out) == (code, ""), err
    assert err and all(line.startswith("reinit: ") for line in err.splitlines()), err
    return err


@pytest.mark.parametrize("word, hint", [
    ("--wach", "did you mean --watch?"), ("--on-chnage=restart", "did you mean --on-change?"),
    ("--zzzzzzzz", "unknown option '--zzzzzzzz'"), ("-x", "unknown option '-x'"), ("-tV", "unknown option '-tV'"),
    ("--command", "reinit [options] -- COMMAND")])
def test_unknown_option_is_refused_with_a_hint(word, hint):
    err = refused(word, "--", "true")
    assert hint in err and "reinit --help" in err


@pytest.mark.parametrize("args, hint", [
    (["--test-config", "--explain", "--", "true"], "exclude each other"),
    (["--on-change", "restart", "--", "true"], "add --watch PATH"),
    (["--watch", "/x"], "-- COMMAND"),
    (["--watch", "/x", "--on-change", "restart", "--signal", "HUP", "--", "true"], "on-change = signal"),
    (["--watch", "/x", "--on-change", "signal:HUP", "--signal", "USR1", "--", "true"], "given twice"),
    (["--watch", "/x", "--on-change", "exec", "--", "true"], "exec:COMMAND"),
    (["--watch", "/x", "--watch", "/x", "--", "true"], "watched twice"),
    (["--watch", "/x", "--stage-base", "/x", "--", "true"], "validate"),
    (["--watch", "/x", "--stage-base", "/y", "--validate", "true", "--", "true"], "/y"),
    (["--watch", "/x", "--settle", "3s", "--settle-max", "2s", "--", "true"], "settle-max"),
    (["--backoff-min", "3s", "--backoff-max", "2s", "--", "true"], "backoff-max"),
    (["--help=yes"], "takes no value"), (["--explain=1", "--", "true"], "takes no value")])
def test_contradictory_options_are_refused_with_a_hint(args, hint):
    assert hint in refused(*args)


@pytest.mark.parametrize("args, hint", [
    (["--watch", "relative", "--", "true"], "relative"),
    (["--watch", "/x", "--on-change", "signal:HUPP", "--", "true"], "did you mean HUP?"),
    (["--watch", "/x", "--on-change", "signal:KILL", "--", "true"], "KILL"),
    (["--watch", "/x", "--on-change", "restrt", "--", "true"], "restart"),
    (["--watch", "/x", "--on-change", "exit:256", "--", "true"], "255"),
    (["--restart", "allways", "--", "true"], "always"),
    (["--stop-timeout", "10 parsecs", "--", "true"], "10 parsecs"),
    (["--stop-timeout", "-1", "--", "true"], "-1"),
    (["--stop-timeout", "99999999999999999999h", "--", "true"], "stop-timeout"),
    (["--stop-signal", "65", "--", "true"], "65"),
    (["--log-format", "xml", "--", "true"], "logfmt"),
    (["--ready", "tcp:localhost:80", "--", "true"], "127.0.0.1"),
    (["--ready", "tcp:0", "--", "true"], "not a port"),
    (["--ready", "unix:" + "/x" * 60, "--", "true"], "107"),
    (["--ready", "soon", "--", "true"], "delay:DURATION"),
    (["--dry-run=maybe", "--", "true"], "maybe"),
    (["--stop-signal"], "needs a value"), (["--stop-signal=", "--", "true"], "needs a value"),
    (["--after", "nobody", "--", "true"], "nobody")])
def test_bad_value_is_refused_and_says_what_would_be_right(args, hint):
    assert hint in refused(*args)


def test_all_faults_are_reported_together():
    err = refused("--stop-signal", "HUPP", "--restart", "never", "--stop-timeout", "soon", "--", "true")
    assert all(word in err for word in ("HUPP", "never", "soon", "3 faults: nothing was started"))
    assert err.count("\n") == 4


@pytest.mark.parametrize("option", ["--validate", "--exec", "--ready"])
@pytest.mark.parametrize("command, sign", [
    ("a | b", "|"), ("a; b", ";"), ("a && b", "&"), ("a > /b", ">"), ("a < /b", "<"), ("a $(b)", "$("), ("a `b`", "`"),
    ("a \"$(b)\"", "$("), ("a $HOME", "$H"), ("a\nb", "newline")])
def test_what_needs_a_shell_is_refused_with_a_hint(option, command, sign):
    value = f"exec:{command}" if option == "--ready" else command
    args = ["--watch", "/x", option, value, *(["--on-change", "exec"] if option == "--exec" else [])]
    err = refused(*args, "--", "true")
    assert f"'{sign}" in err and "sh -c '...'" in err and option[2:] in err


@pytest.mark.parametrize("command", ["a 'b", 'a "b', "a b\\", "", "  "])
def test_unfinished_command_is_refused(command):
    assert "validate" in refused("--watch", "/x", "--validate", command, "--", "true")


def test_quoted_signs_of_a_shell_are_fine():
    plan = explain("--watch", "/x", "--validate", "sh -c 'a | b > c; $(d)' \\; \"x\\$y\"", "--", "true")
    assert plan["watch /x/validate"][1] == "command line"


@pytest.mark.parametrize("args, hint", [(["--"], "nothing to run"), ([], "nothing to run"), (["--", ""], "empty"),
                                        ([""], "empty")])
def test_no_command_is_refused(args, hint):
    script = 'mount -t tmpfs none /etc && exec "$@"'
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script, "sh", PROGRAM, *args], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 100, done.stderr
    assert hint in done.stderr


def test_help_goes_to_stdout_and_names_every_exit_code_of_its_own():
    code, out, err = run("--help")
    assert (code, err) == (0, "") and run("-h") == (code, out, err)
    assert all(word in out for word in ("Usage: reinit", "100", "78", "111", "127", "126", "128+n"))
    assert max(map(len, out.splitlines())) <= 100


@pytest.mark.parametrize("spelling", ["--version", "-V"])
def test_version_is_one_line_on_stdout(spelling):
    code, out, err = run(spelling)
    assert (code, err) == (0, "") and re.fullmatch(r"reinit \d+\.\d+\S*\n", out)


def test_help_and_version_win_over_what_follows_and_over_the_environment():
    assert run("--version", "--no-such-option")[0] == 0
    assert run("--watch", "/x", "--help", "--zzz")[0] == 0


def test_test_config_starts_nothing(tmp_path, conf):
    mark = tmp_path / "mark"
    for args in (["-t", "--", "touch", mark], ["--test-config", "--config", conf(service_text("a", ["touch", mark]))]):
        code, out, err = run(*args)
        assert (code, err) == (0, "") and out == "reinit: configuration is fine: services=1 watches=0\n"
    assert not mark.exists()
    assert "HUPP" in refused("-t", "--stop-signal", "HUPP", "--", "touch", mark)
    assert "command" in refused("-t", "--config", conf('service "a" { }\n'), code=78)


def test_explain_starts_nothing(tmp_path):
    mark = tmp_path / "mark"
    assert explain("--", "touch", mark)["command"] == (f'{{"touch", "{mark}"}}', "command line")
    assert not mark.exists()


def options_of_help():
    """[(name, what --help calls the value)]: of all options that take one."""
    _, out, _ = run("--help")
    found = re.findall(r"^  (?:-\w,|   ) --([a-z-]+)(\[=yes\|no\]| \S+)?", out, re.MULTILINE)
    return [(name, value.strip()) for name, value in found if value]


VALUES = {"[=yes|no]": "yes", "FILE": "/nowhere", "FORMAT": "json", "LEVEL": "debug", "DURATION": "1500ms",
          "SERVICE": "main", "RULE": "always", "SIGNAL": "USR2", "HOW": "delay:3s", "COUNT": "7", "PATH": "/x",
          "PATTERN": "*.conf", "COMMAND": "true 'x y'", "SIZE": "64M", "POLICY": "restart", "CODE": "9",
          "SIGNAL=SIGNAL|drop": "USR1=drop", "CODE=CODE": "1=0", "USER[:GROUP]": "1:1", "GROUP": "1", "MASK": "027"}
ELSEWHERE = {"config", "watch", "after"}  # need a file or are no plain value: tests of their own
BESIDE = {"signal": {"REINIT_ON_CHANGE": "signal"}, "exec": {"REINIT_ON_CHANGE": "exec"},
          "exit-code": {"REINIT_ON_CHANGE": "exit"}, "exec-timeout": {"REINIT_ON_CHANGE": "exec:true"},
          "retry-max": {"REINIT_RETRY_MIN": "1s"}}
VALIDATE = {"REINIT_VALIDATE": "true"}  # without it what belongs to it is not shown


def test_every_option_has_its_form_in_the_environment():
    options = options_of_help()
    assert len(options) > 25
    for name, value in options:
        if name in ELSEWHERE:
            continue
        assert value in VALUES, f"--{name} {value}: give this test a value"
        variable = "REINIT_" + name.upper().replace("-", "_")
        env = {"REINIT_WATCH": "/x", **VALIDATE, **BESIDE.get(name, {}), variable: VALUES[value]}
        plan = explain("--", "true", env=env)
        key = name if name in plan else "watch /x/" + name
        assert plan[key][1] == f"environment {variable}", name
        plan = explain(*(["--watch", "/x"] if key != name else []), f"--{name}={VALUES[value]}", "--", "true",
                       env={key: value for key, value in env.items() if key not in (variable, "REINIT_WATCH")})
        assert plan[key][1] == "command line", name


def test_lists_of_the_environment_hold_one_entry_a_line(conf):
    plan = explain("--", "true", env={"REINIT_WATCH": " /one \n\n/two\n", "REINIT_KEYS": "*.a\n*.b\n"})
    assert "watch /one/settle" in plan and "watch /two/settle" in plan
    assert plan["watch /two/keys"] == ('{"*.a", "*.b"}', "environment REINIT_KEYS")
    file = conf(service_text("side", ["true"]))
    assert explain("--", "true", env={"REINIT_CONFIG": file, "REINIT_AFTER": "side"})["after"] == (
        '{"side"}', "environment REINIT_AFTER")


def test_command_line_over_environment_over_file_over_default(conf):
    file = conf(service_text("one", ["true"], "start-limit = 3") + "linger = 3s\n")
    cases = [([], {}, "default", "default"), (["--config", file], {}, f"{file}:3", f"{file}:5"),
             (["--config", file], {"REINIT_START_LIMIT": "4", "REINIT_LINGER": "4s"}, "environment REINIT_START_LIMIT",
              "environment REINIT_LINGER"),
             (["--config", file, "--start-limit", "5", "--linger=5s"],
              {"REINIT_START_LIMIT": "4", "REINIT_LINGER": "4s"}, "command line", "command line")]
    for args, env, limit, linger in cases:
        plan = explain(*(args or ["--", "true"]), env=env)
        assert (plan["start-limit"][1], plan["linger"][1]) == (limit, linger)


def test_the_last_of_two_equal_options_counts():
    assert explain("--linger", "1s", "--linger", "2s", "--", "true")["linger"] == ("2s", "command line")


def test_options_of_a_watch_before_the_first_are_defaults_and_belong_to_the_last_one_after(tmp_path):
    plan = explain("--settle", "1s", "--on-change", "restart", "--watch", "/one", "--settle", "2s", "--stop-signal",
                   "QUIT", "--watch", "/two", "--on-change", "exit:3", "--", "true")
    assert plan["watch /one/settle"][0] == "2s" and plan["watch /one/on-change"][0] == "restart"
    assert plan["watch /two/settle"][0] == "1s" and plan["watch /two/on-change"][0] == "exit:3"
    assert plan["stop-signal"] == ("QUIT", "command line"), "options of the service hold wherever they stand"


def test_watches_of_the_command_line_replace_those_of_the_environment():
    env = {"REINIT_WATCH": "/env", "REINIT_ON_CHANGE": "exit:7"}
    plan = explain("--watch", "/own", "--", "true", env=env)
    assert "watch /env/on-change" not in plan
    assert plan["watch /own/on-change"] == ("exit:7", "environment REINIT_ON_CHANGE")


def test_default_for_watches_in_the_environment_needs_no_watch():
    """An image may set a policy that waits for a pod that names a watch."""
    assert run("--", "sh", "-c", "exit 3", env={"REINIT_ON_CHANGE": "restart"}) == (3, "", "")


def test_empty_variable_counts_as_not_set():
    assert run("--", "sh", "-c", "exit 3", env={"REINIT_WATCH": "", "REINIT_STOP_SIGNAL": " \n"}) == (3, "", "")


@pytest.mark.parametrize("env, hint", [
    ({"REINIT_WACH": "/x"}, "did you mean REINIT_WATCH?"), ({"REINIT_STOP_SIGNAL": "HUPP"}, "did you mean HUP?"),
    ({"REINIT_DRY_RUN": "perhaps"}, "REINIT_DRY_RUN"), ({"REINIT_WATCH": "relative"}, "relative"),
    ({"REINIT_WATCH": "/x", "REINIT_VALIDATE": "a | b"}, "sh -c"), ({"REINIT_LINGER": "1 fortnight"}, "REINIT_LINGER")])
def test_bad_environment_is_refused_and_named(env, hint):
    assert hint in refused("--", "true", env=env)


def test_variables_of_a_service_of_kubernetes_called_reinit_do_no_harm():
    env = {"REINIT_SERVICE_HOST": "10.0.0.1", "REINIT_SERVICE_PORT": "80", "REINIT_PORT": "tcp://10.0.0.1:80",
           "REINIT_PORT_80_TCP_ADDR": "10.0.0.1", "REINIT_WATCH_SERVICE_PORT_HTTP": "80"}
    assert run("--", "sh", "-c", "exit 3", env=env) == (3, "", "")


def test_dry_run_starts_the_command_and_applies_nothing(reinit, configmap, stub):
    import signal
    config, main = configmap(content={"key": "one"}), stub("main")
    init = reinit("--dry-run", "--watch", config.path, "--on-change", "signal:HUP", "--validate", "true", "--",
                  *main.argv)
    main.wait_lines(1)
    config.update({"key": "two"})
    init.wait_event("WOULD_APPLY", policy="signal")
    init.signal(signal.SIGTERM)
    assert init.wait() == 0
    assert main.lines() == ["ready", "TERM"]


def test_output_that_nobody_can_take_is_no_reason_to_hang():
    with open("/dev/full", "wb") as full:
        done = subprocess.run([PROGRAM, "--help"], stdout=full, stderr=full, check=False, timeout=60)
    assert done.returncode == 0
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([PROGRAM, "--help"], stdout=writer, check=False, timeout=60)
    os.close(writer)
    assert done.returncode in (0, -13)


@pytest.mark.parametrize("args", [["--watch", "/" + "x" * 5000], ["--" + "x" * 70000],
                                  ["--stop-signal", "x" * 100000]])
def test_very_long_words_are_refused_in_good_order(args):
    code, out, err = run(*args, "--", "true")
    assert code == 100 and out == "" and err.startswith("reinit: ")
    assert len(err) < 300000
