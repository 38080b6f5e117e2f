/* SPDX-License-Identifier: MIT */
#include "config_util.h"

#include <signal.h>

static void policy_of(char *text, enum policy policy, int signal_number, int code)
{
	struct judged judged;
	const struct watch_spec *watch;

	judge(&judged, WORDS("--watch", "/w", "--on-change", text, "app"));
	watch = spec_watch(judged.spec, 0);
	assert_int_equal(watch->policy, policy);
	assert_int_equal(watch->signal, signal_number);
	assert_int_equal(watch->exit_code, code);
	assert_int_equal(watch->exec.count, policy == POLICY_EXEC ? 2 : 0);
	judged_finish(&judged);
}

static void every_policy_is_understood(void **state)
{
	(void)state;
	policy_of("observe", POLICY_OBSERVE, 0, 0);
	policy_of("none", POLICY_OBSERVE, 0, 0);
	policy_of("signal", POLICY_SIGNAL, SIGHUP, 0);
	policy_of("signal:USR1", POLICY_SIGNAL, SIGUSR1, 0);
	policy_of("signal:SIGUSR2", POLICY_SIGNAL, SIGUSR2, 0);
	policy_of("exec:reload now", POLICY_EXEC, 0, 0);
	policy_of("restart", POLICY_RESTART, 0, 0);
	policy_of("exit", POLICY_EXIT, 0, 42);
	policy_of("exit:0", POLICY_EXIT, 0, 0);
	policy_of("exit:255", POLICY_EXIT, 0, 255);
}

#define ON_CHANGE(text, part) assert_fault(WORDS("--watch", "/w", "--on-change", text, "app"), part)

static void faulty_policies_are_named(void **state)
{
	(void)state;
	ON_CHANGE("HUP", "'HUP' is a signal, not a policy: write signal:HUP");
	ON_CHANGE("sinal", "did you mean 'signal'?");
	ON_CHANGE("restart:now",
		  "'restart:now' is none of observe, signal[:SIGNAL], exec:COMMAND, restart, exit[:CODE]\n");
	ON_CHANGE("none:x", "is none of");
	ON_CHANGE("signal:", "is none of");
	ON_CHANGE("exit:", "is none of");
	ON_CHANGE("signal:HUPP", "did you mean HUP?");
	ON_CHANGE("signal:KILL", "no process can catch KILL");
	ON_CHANGE("signal:9", "no process can catch KILL");
	ON_CHANGE("signal:STOP", "no process can catch STOP");
	ON_CHANGE("exit:256", "out of bounds: 0 to 255");
	ON_CHANGE("exit:-1", "on-change: '-1'");
	ON_CHANGE("exit:abc", "is not a whole number");
	ON_CHANGE("exec", "exec needs a command: write exec:COMMAND");
	ON_CHANGE("exec:", "is none of");
	ON_CHANGE("exec: ", "is an empty command");
	ON_CHANGE("exec:a | b", "sh -c");
}

static void parts_beside_on_change_count(void **state)
{
	struct judged judged;

	(void)state;
	judge_file(&judged,
		   "service \"a\" { command = \"x\"\n"
		   "watch \"/s\" { on-change = signal signal = USR1 }\n"
		   "watch \"/e\" { on-change = exec exec = {\"a\", \"b c\"} }\n"
		   "watch \"/x\" { on-change = exit exit-code = 7 } }\n",
		   WORDS("--config", "f"));
	assert_int_equal(spec_watch(judged.spec, 0)->signal, SIGUSR1);
	assert_string_equal(judged_word(&judged, spec_watch(judged.spec, 1)->exec, 1), "b c");
	assert_int_equal(spec_watch(judged.spec, 2)->exit_code, 7);
	judged_finish(&judged);
	judge(&judged, WORDS("--watch", "/w", "--on-change", "signal", "--signal", "USR2", "app"));
	assert_int_equal(spec_watch(judged.spec, 0)->signal, SIGUSR2);
	judged_finish(&judged);
}

static void parts_that_would_be_ignored_are_faults(void **state)
{
	(void)state;
	assert_fault(WORDS("--watch", "/w", "--on-change", "exec:x", "--signal", "HUP", "app"),
		     "signal: is for on-change = signal, and on-change is exec");
	assert_fault(WORDS("--watch", "/w", "--on-change", "restart", "--exit-code", "3", "app"),
		     "exit-code: is for on-change = exit, and on-change is restart");
	assert_fault(WORDS("--watch", "/w", "--signal", "HUP", "app"),
		     "signal: is for on-change = signal, and on-change is not given");
	assert_fault(WORDS("--watch", "/w", "--on-change", "signal:HUP", "--signal", "USR1", "app"),
		     "is given twice: here and as on-change = signal:HUP");
	assert_fault(WORDS("--watch", "/w", "--on-change", "exec:x", "--exec", "y", "app"), "is given twice");
}

static void a_default_for_all_gives_way_to_the_policy_of_a_watch(void **state)
{
	struct judged judged;

	(void)state;
	judge(&judged, WORDS("--on-change", "signal", "--signal", "USR1", "--watch", "/a", "--watch", "/b",
			     "--on-change", "restart", "app"));
	assert_int_equal(spec_watch(judged.spec, 0)->signal, SIGUSR1);
	assert_int_equal(spec_watch(judged.spec, 1)->policy, POLICY_RESTART);
	judged_finish(&judged);
	judge_env(&judged, WORDS("--watch", "/a", "--on-change", "restart", "app"),
		  (char *[]){ "REINIT_ON_CHANGE=signal", "REINIT_SIGNAL=USR1", NULL });
	assert_int_equal(spec_watch(judged.spec, 0)->policy, POLICY_RESTART);
	judged_finish(&judged);
}

static void ready_of(char *text, enum ready_kind kind, const char *target, int port)
{
	struct judged judged;
	const struct service_spec *service;

	judge(&judged, WORDS("--ready", text, "app"));
	service = spec_service(judged.spec, 0);
	assert_int_equal(service->ready_kind, kind);
	assert_string_equal(judged_text(&judged, service->ready_target), target);
	assert_int_equal(service->ready_port, port);
	judged_finish(&judged);
}

static void every_kind_of_readiness_is_understood(void **state)
{
	struct judged judged;

	(void)state;
	ready_of("none", READY_NONE, "", 0);
	ready_of("file:/run//x", READY_FILE, "/run/x", 0);
	ready_of("unix:/run/x.sock", READY_UNIX, "/run/x.sock", 0);
	ready_of("tcp:8080", READY_TCP, "127.0.0.1", 8080);
	ready_of("tcp:10.0.0.1:1", READY_TCP, "10.0.0.1", 1);
	ready_of("tcp:[::1]:65535", READY_TCP, "::1", 65535);
	ready_of("tcp:::1:80", READY_TCP, "::1", 80);
	judge(&judged, WORDS("--ready", "delay:1.5s", "app"));
	assert_int_equal(spec_service(judged.spec, 0)->ready_delay_ms, 1500);
	judged_finish(&judged);
	judge(&judged, WORDS("--ready", "exec:pg_isready -q", "app"));
	assert_string_equal(judged_word(&judged, spec_service(judged.spec, 0)->ready_command, 1), "-q");
	judged_finish(&judged);
}

#define READY(text, part) assert_fault(WORDS("--ready", text, "app"), part)

static void faulty_readiness_is_named(void **state)
{
	char path[160] = "unix:/";
	struct judged judged;

	(void)state;
	READY("tpc:80", "did you mean 'tcp'?");
	READY("delay", "is none of");
	READY("none:x", "is none of");
	READY("delay:", "is not a duration");
	READY("delay:soon", "ready: 'soon' is not a duration");
	READY("file:run/x", "'run/x' is not absolute");
	READY("tcp:0", "is not a port");
	READY("tcp:65536", "is not a port");
	READY("tcp:http", "is not a port");
	READY("tcp:localhost:80", "'localhost' is not an address: names are not looked up");
	READY("tcp::80", "is not an address");
	READY("tcp:[::1:80", "is not an address");
	READY("tcp:[]:80", "is not an address");
	READY("tcp:127.0.0.1", "is not a port");
	READY("tcp:1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:80", "is not an address");
	READY("delay:25h", "is out of bounds");
	READY("exec:", "is an empty command");
	memset(path + 6, 'x', 107);
	READY(path, "the path of a socket has at most 107 bytes");
	path[5 + 107] = '\0';
	judge(&judged, WORDS("--ready", path, "app"));
	assert_string_equal(judged_text(&judged, spec_service(judged.spec, 0)->ready_target), path + 5);
	judged_finish(&judged);
}

static void a_stage_base_contains_the_watched_path(void **state)
{
	struct judged judged;

	(void)state;
	judge(&judged, WORDS("--watch", "/etc/nginx/conf.d", "--validate", "x", "--stage-base", "/etc/nginx/", "app"));
	assert_string_equal(judged_text(&judged, spec_watch(judged.spec, 0)->stage_base), "/etc/nginx");
	judged_finish(&judged);
	judge(&judged, WORDS("--watch", "/a", "--validate", "x", "--stage-base", "/", "app"));
	judged_finish(&judged);
	assert_fault(WORDS("--watch", "/etc/nginx2", "--validate", "x", "--stage-base", "/etc/nginx", "app"),
		     "stage-base: '/etc/nginx' does not contain the watched path");
	assert_fault(WORDS("--watch", "/etc", "--validate", "x", "--stage-base", "/etc/nginx", "app"),
		     "does not contain");
	assert_fault(WORDS("--watch", "/etc", "--validate", "x", "--stage-base", "etc", "app"), "is not absolute");
	assert_fault(WORDS("--watch", "/etc", "--stage-base", "/etc", "app"), "stage-base: is for a validation");
	/* For all watches it may stand for those that have a validation. */
	judge(&judged, WORDS("--stage-base", "/", "--watch", "/a", "--validate", "x", "--watch", "/b", "app"));
	assert_string_equal(judged_text(&judged, spec_watch(judged.spec, 0)->stage_base), "/");
	assert_string_equal(judged_text(&judged, spec_watch(judged.spec, 1)->stage_base), "");
	judged_finish(&judged);
}

static void the_same_path_twice_needs_keys(void **state)
{
	struct judged judged;

	(void)state;
	assert_fault(WORDS("--watch", "/a", "--watch", "/a", "app"), "watch '/a': is watched twice");
	assert_fault(WORDS("--watch", "/a", "--keys", "x", "--watch", "/a", "app"), "is watched twice");
	assert_fault(WORDS("--watch", "/a//b/", "--watch", "//a/b", "app"), "watch '//a/b': is watched twice");
	judge(&judged, WORDS("--watch", "/a", "--watch", "/a/b", "--watch", "/ab", "app"));
	assert_int_equal(judged.spec->watch_count, 3);
	judged_finish(&judged);
	judge(&judged, WORDS("--watch", "/a", "--keys", "x", "--watch", "/a", "--keys", "y", "app"));
	assert_int_equal(judged.spec->watch_count, 2);
	judged_finish(&judged);
}

static void names_are_short_and_plain(void **state)
{
	struct judged judged;

	(void)state;
	assert_file_fault("service \"a=b\" { command = x }\n", "a name holds no blanks");
	assert_file_fault("service \"a'b\" { command = x }\n", "a name holds no blanks");
	assert_file_fault("service \"\" { command = x }\n", "a name has 1 to 64 bytes");
	assert_file_fault("service \"a b\" { command = x }\n", "service 'a b': a name holds no blanks");
	assert_file_fault("service \"a/b\" { command = x }\n", "a name holds no blanks");
	assert_file_fault("service \"a\\nb\" { command = x }\n", "service 'a?b': a name holds no blanks");
	assert_file_fault("service aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa { command = x }\n",
			  "a name has 1 to 64 bytes");
	judge_file(&judged,
		   "service aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa { command = x }\n"
		   "service \"w\xc3\xb6rter-1.2_@:%+\" { command = x }\n",
		   WORDS("--config", "f"));
	assert_string_equal(judged_text(&judged, spec_service(judged.spec, 1)->name), "w\xc3\xb6rter-1.2_@:%+");
	judged_finish(&judged);
}

static void every_setting_of_a_service_reaches_the_spec(void **state)
{
	struct judged judged;
	const struct service_spec *service;

	(void)state;
	judge_file(&judged,
		   "service a { command = {run, \"-x\"} restart = always start-on-refused = no stop-signal = QUIT\n"
		   "signal-group = yes pre-start = {mkdir, p} post-stop = \"rm %{service} p\" post-stop-timeout = 11\n"
		   "stop-timeout = 12 ready = \"delay:13s\" ready-timeout = 14 backoff-min = 15 backoff-max = 16\n"
		   "start-limit = 17 start-window = 18 workdir = \"/srv/\" no-new-privs = yes umask = 027 }\n",
		   WORDS("--config", "f"));
	service = spec_service(judged.spec, 0);
	assert_int_equal(service->command.count, 2);
	assert_string_equal(judged_word(&judged, service->command, 1), "-x");
	assert_int_equal(service->restart, RESTART_ALWAYS);
	assert_int_equal(service->start_on_refused, 0);
	assert_int_equal(service->stop_signal, SIGQUIT);
	assert_int_equal(service->signal_group, 1);
	assert_int_equal(service->pre_start.count, 2);
	assert_string_equal(judged_word(&judged, service->pre_start, 0), "mkdir");
	assert_int_equal(service->post_stop.count, 3);
	assert_string_equal(judged_word(&judged, service->post_stop, 0), "rm");
	assert_int_equal(service->post_stop_timeout_ms, 11000);
	assert_int_equal(service->stop_timeout_ms, 12000);
	assert_int_equal(service->ready_delay_ms, 13000);
	assert_int_equal(service->ready_timeout_ms, 14000);
	assert_int_equal(service->backoff_min_ms, 15000);
	assert_int_equal(service->backoff_max_ms, 16000);
	assert_int_equal(service->start_limit, 17);
	assert_int_equal(service->start_window_ms, 18000);
	assert_string_equal(judged_text(&judged, service->workdir), "/srv");
	assert_int_equal(service->no_new_privs, 1);
	assert_int_equal(service->umask, 027);
	judged_finish(&judged);
}

static void every_setting_of_a_watch_reaches_the_spec(void **state)
{
	struct judged judged;
	const struct watch_spec *watch;

	(void)state;
	judge(&judged, WORDS("--watch", "/w", "--keys", "a*", "--keys", "b", "--validate", "t %{stage}",
			     "--validate-timeout", "1", "--validate-memory", "2k", "--exec-timeout", "3", "--settle",
			     "4", "--settle-max", "5", "--allow-empty", "app"));
	watch = spec_watch(judged.spec, 0);
	assert_int_equal(watch->keys.count, 2);
	assert_string_equal(judged_word(&judged, watch->keys, 0), "a*");
	assert_string_equal(judged_word(&judged, watch->validate, 1), "%{stage}");
	assert_int_equal(watch->validate_timeout_ms, 1000);
	assert_int_equal(watch->validate_memory_bytes, 2048);
	assert_int_equal(watch->exec_timeout_ms, 3000);
	assert_int_equal(watch->settle_ms, 4000);
	assert_int_equal(watch->settle_max_ms, 5000);
	assert_int_equal(watch->allow_empty, 1);
	judged_finish(&judged);
}

static void a_first_pause_is_not_longer_than_the_longest(void **state)
{
	(void)state;
	assert_fault(WORDS("--backoff-min", "2m", "app"), "backoff-min: is longer than backoff-max");
	assert_fault(WORDS("--watch", "/w", "--settle", "3s", "app"), "settle: is longer than settle-max");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_policy_is_understood),
		cmocka_unit_test(faulty_policies_are_named),
		cmocka_unit_test(parts_beside_on_change_count),
		cmocka_unit_test(parts_that_would_be_ignored_are_faults),
		cmocka_unit_test(a_default_for_all_gives_way_to_the_policy_of_a_watch),
		cmocka_unit_test(every_kind_of_readiness_is_understood),
		cmocka_unit_test(faulty_readiness_is_named),
		cmocka_unit_test(a_stage_base_contains_the_watched_path),
		cmocka_unit_test(the_same_path_twice_needs_keys),
		cmocka_unit_test(names_are_short_and_plain),
		cmocka_unit_test(every_setting_of_a_service_reaches_the_spec),
		cmocka_unit_test(every_setting_of_a_watch_reaches_the_spec),
		cmocka_unit_test(a_first_pause_is_not_longer_than_the_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
