/* SPDX-License-Identifier: MIT */
#include "config_util.h"

#include <signal.h>

#include "base/line.h"

static const char *str(const struct judged *judged, uint32_t offset)
{
	return spec_str(judged->spec, offset);
}

static const char *word(const struct judged *judged, struct spec_list list, uint32_t n)
{
	return spec_str(judged->spec, spec_word(judged->spec, list, n));
}

static void a_plain_command_has_the_promised_defaults(void **state)
{
	struct judged judged;
	const struct service_spec *service;

	(void)state;
	judge(&judged, WORDS("--", "/bin/app", "x"));
	service = spec_service(judged.spec, 0);
	assert_int_equal(judged.spec->service_count, 1);
	assert_int_equal(judged.spec->watch_count, 0);
	assert_int_equal(judged.spec->main_service, 0);
	assert_int_equal(judged.spec->several, 0);
	assert_int_equal(judged.spec->log_level, LINE_WARN);
	assert_int_equal(judged.spec->log_format, LINE_LOGFMT);
	assert_int_equal(judged.spec->dry_run, 0);
	assert_int_equal(judged.spec->poll_ms, 30000);
	assert_int_equal(judged.spec->linger_ms, 5000);
	assert_int_equal(judged.spec->retry_min_ms, 5000);
	assert_int_equal(judged.spec->retry_max_ms, 60000);
	assert_string_equal(str(&judged, service->name), "app");
	assert_int_equal(service->command.count, 0);
	assert_int_equal(service->command_argv, 2);
	assert_int_equal(service->essential, 1);
	assert_int_equal(service->restart, RESTART_NO);
	assert_int_equal(service->standing, STANDING_FOREGROUND);
	assert_int_equal(service->start_on_refused, 1);
	assert_int_equal(service->stop_signal, SIGTERM);
	assert_int_equal(service->stop_timeout_ms, 0);
	assert_int_equal(service->ready_kind, READY_NONE);
	assert_int_equal(service->ready_timeout_ms, 0);
	assert_int_equal(service->backoff_min_ms, 100);
	assert_int_equal(service->backoff_max_ms, 30000);
	assert_int_equal(service->start_limit, 10);
	assert_int_equal(service->start_window_ms, 60000);
	judged_finish(&judged);
}

static void the_one_liner_of_the_manual_gives_a_watch(void **state)
{
	struct judged judged;
	const struct watch_spec *watch;

	(void)state;
	judge(&judged, WORDS("--watch", "/etc/nginx/", "--validate", "nginx -t", "--on-change", "signal:HUP", "--",
			     "nginx", "-g", "daemon off;"));
	watch = spec_watch(judged.spec, 0);
	assert_int_equal(judged.spec->log_level, LINE_INFO);
	assert_string_equal(str(&judged, watch->path), "/etc/nginx");
	assert_int_equal(watch->service, 0);
	assert_int_equal(watch->policy, POLICY_SIGNAL);
	assert_int_equal(watch->signal, SIGHUP);
	assert_int_equal(watch->validate.count, 2);
	assert_string_equal(word(&judged, watch->validate, 1), "-t");
	assert_int_equal(watch->keys.count, 0);
	assert_int_equal(watch->validate_timeout_ms, 10000);
	assert_int_equal(watch->validate_memory_bytes, 0);
	assert_int_equal(watch->exec_timeout_ms, 30000);
	assert_int_equal(watch->settle_ms, 100);
	assert_int_equal(watch->settle_max_ms, 2000);
	assert_int_equal(watch->allow_empty, 0);
	judged_finish(&judged);
}

static void a_service_of_a_file_has_the_promised_defaults(void **state)
{
	struct judged judged;
	const struct service_spec *service;

	(void)state;
	judge_file(&judged, "service \"a\" { command = \"x -y\" }\n", WORDS("--config", "f"));
	service = spec_service(judged.spec, 0);
	assert_int_equal(judged.spec->several, 1);
	assert_int_equal(judged.spec->main_service, 1);
	assert_int_equal(judged.spec->log_level, LINE_INFO);
	assert_int_equal(service->command.count, 2);
	assert_int_equal(service->essential, 1);
	assert_int_equal(service->restart, RESTART_ON_FAILURE);
	assert_int_equal(service->stop_timeout_ms, 10000);
	assert_int_equal(service->standing, STANDING_SESSION);
	judged_finish(&judged);
}

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
	ON_CHANGE("sinal", "did you mean 'signal'?");
	ON_CHANGE("restart:now", "'restart:now' is none of");
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
	assert_string_equal(word(&judged, spec_watch(judged.spec, 1)->exec, 1), "b c");
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
	assert_string_equal(str(&judged, service->ready_target), target);
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
	judge(&judged, WORDS("--ready", "delay:1.5s", "app"));
	assert_int_equal(spec_service(judged.spec, 0)->ready_delay_ms, 1500);
	judged_finish(&judged);
	judge(&judged, WORDS("--ready", "exec:pg_isready -q", "app"));
	assert_string_equal(word(&judged, spec_service(judged.spec, 0)->ready_command, 1), "-q");
	judged_finish(&judged);
}

#define READY(text, part) assert_fault(WORDS("--ready", text, "app"), part)

static void faulty_readiness_is_named(void **state)
{
	char longer[160] = "unix:/";

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
	READY("exec:", "is an empty command");
	memset(longer + 6, 'x', 150);
	longer[156] = '\0';
	READY(longer, "the path of a socket has at most 107 bytes");
}

static void all_faults_are_reported_together(void **state)
{
	struct judged judged;

	(void)state;
	judge(&judged, WORDS("--poll", "3x", "--stop-signal", "TREM", "--watch", "etc", "--settle", "-1", "app"));
	assert_int_equal(judged.faults.count, 4);
	assert_has(judged.faults.text, "command line: poll: '3x' is not a duration: write 100ms, 30s, 10m or 2h\n");
	assert_has(judged.faults.text, "command line: stop-signal: unknown signal 'TREM'; did you mean TERM?\n");
	assert_has(judged.faults.text, "command line: watch 'etc': 'etc' is not absolute: a path begins with /\n");
	assert_has(judged.faults.text, "command line: watch 'etc': settle: '-1' is");
	judged_finish(&judged);
}

static void faults_of_a_file_carry_their_line_and_service(void **state)
{
	(void)state;
	assert_file_fault("service \"web\" {\n command = \"x\"\n stop-signal = HUPP\n}\n",
			  "f:3: service 'web': stop-signal: unknown signal 'HUPP'; did you mean HUP?\n");
	assert_file_fault("service \"web\" {\n\n watch \"/x\" {\n  settle = long\n }\n command = \"x\" }\n",
			  "f:4: service 'web': watch '/x': settle: 'long' is not a duration");
	assert_file_fault("\nservice \"web\"\n{ }\n", "f:3: service 'web': command: is missing");
	assert_file_fault("service \"web\" { command = \"x\"\n watch \"x\" { } }\n",
			  "f:2: service 'web': watch 'x': 'x' is not absolute");
}

static void faults_of_the_environment_name_the_variable(void **state)
{
	struct judged judged;

	(void)state;
	judge_env(&judged, WORDS("app"), (char *[]){ "REINIT_STOP_TIMEOUT=x", NULL });
	assert_has(judged.faults.text, "environment REINIT_STOP_TIMEOUT: stop-timeout: 'x' is not a duration");
	judged_finish(&judged);
}

static void numbers_are_held_to_their_bounds(void **state)
{
	(void)state;
	assert_fault(WORDS("--poll", "0", "app"), "poll: '0' is out of bounds: 10ms to 86400000ms");
	assert_fault(WORDS("--poll", "25h", "app"), "is out of bounds");
	assert_fault(WORDS("--start-limit", "1000001", "app"), "is out of bounds: 0 to 1000000");
	assert_fault(WORDS("--start-limit", "-1", "app"), "start-limit: '-1'");
	assert_fault(WORDS("--start-limit", "99999999999999999999", "app"), "start-limit");
	assert_fault(WORDS("--watch", "/w", "--validate-memory", "64X", "app"), "is not a size: write 512k, 64M or 1G");
	assert_fault(WORDS("--log-level", "warm", "app"),
		     "'warm' is none of error|warn|info|debug; did you mean 'warn'?");
	assert_fault(WORDS("--dry-run=maybe", "app"), "'maybe' is neither yes nor no");
	assert_fault(WORDS("--retry-min", "2m", "app"), "retry-min: is longer than retry-max");
	assert_fault(WORDS("--backoff-min", "2m", "app"), "backoff-min: is longer than backoff-max");
	assert_fault(WORDS("--watch", "/w", "--settle", "3s", "app"), "settle: is longer than settle-max");
}

static void every_way_to_say_yes_and_no_is_understood(void **state)
{
	static char *const words[] = { "no", "yes", "false", "true", "off", "on" };

	(void)state;
	for (int i = 0; i < 6; i++) {
		char option[32];
		struct judged judged;

		(void)snprintf(option, sizeof(option), "--dry-run=%s", words[i]);
		judge(&judged, WORDS(option, "app"));
		assert_int_equal(judged.spec->dry_run, i % 2);
		judged_finish(&judged);
	}
}

static void placeholders_are_known_or_a_fault(void **state)
{
	struct judged judged;

	(void)state;
	judge(&judged, WORDS("--watch", "/w", "--validate", "x %{stage} %{path} %{service} %%{x} 100% %d %", "app"));
	assert_int_equal(spec_watch(judged.spec, 0)->validate.count, 8);
	judged_finish(&judged);
	assert_fault(WORDS("--watch", "/w", "--validate", "x %{stag}", "app"),
		     "unknown placeholder '%{stag}'; known are %{stage}");
	assert_fault(WORDS("--watch", "/w", "--validate", "x %{pid}", "app"), "unknown placeholder '%{pid}'");
	assert_fault(WORDS("--watch", "/w", "--validate", "x %{}", "app"), "unknown placeholder '%{}'");
	assert_fault(WORDS("--watch", "/w", "--validate", "x %{stage", "app"), "'%{stage' is never closed");
	assert_fault(WORDS("--watch", "/w", "--validate", "x %{", "app"), "is never closed");
	assert_fault(WORDS("--watch", "/w", "--on-change", "exec:x %{nope}", "app"), "unknown placeholder '%{nope}'");
	assert_file_fault("service \"a\" { command = x\n watch \"/w\" { validate = {\"a\", \"%{no}\"} } }\n",
			  "f:2: service 'a': watch '/w': validate: unknown placeholder '%{no}'");
}

static void commands_that_need_a_shell_are_refused_with_the_way_out(void **state)
{
	(void)state;
	assert_fault(WORDS("--watch", "/w", "--validate", "a && b", "app"), "sh -c");
	assert_fault(WORDS("--watch", "/w", "--validate", "a 'b", "app"), "validate: ");
	assert_file_fault("service \"a\" { command = \"a > b\" }\n", "f:1: service 'a': command: ");
}

static void empty_commands_are_refused(void **state)
{
	(void)state;
	assert_file_fault("service \"a\" { command = \"\" }\n", "command: is an empty command");
	assert_file_fault("service \"a\" { command = {\"\", \"x\"} }\n", "command: is an empty command");
	assert_fault(WORDS("--", ""), "the command is empty");
	assert_fault(WORDS("--watch", "/w", "--validate", " ", "app"), "validate: is an empty command");
}

static void paths_are_absolute_and_tidy(void **state)
{
	struct judged judged;

	(void)state;
	judge(&judged, WORDS("--watch", "//etc/./nginx//", "--watch", "/", "app"));
	assert_string_equal(str(&judged, spec_watch(judged.spec, 0)->path), "/etc/nginx");
	assert_string_equal(str(&judged, spec_watch(judged.spec, 1)->path), "/");
	judged_finish(&judged);
	assert_fault(WORDS("--watch", "/etc/../x", "app"), "'..' in a path is not followed");
	assert_fault(WORDS("--watch", "--validate", "app"), "'--validate' is not absolute");
}

static void a_stage_base_contains_the_watched_path(void **state)
{
	struct judged judged;

	(void)state;
	judge(&judged, WORDS("--watch", "/etc/nginx/conf.d", "--validate", "x", "--stage-base", "/etc/nginx/", "app"));
	assert_string_equal(str(&judged, spec_watch(judged.spec, 0)->stage_base), "/etc/nginx");
	judged_finish(&judged);
	judge(&judged, WORDS("--watch", "/a", "--validate", "x", "--stage-base", "/", "app"));
	judged_finish(&judged);
	assert_fault(WORDS("--watch", "/etc/nginx2", "--validate", "x", "--stage-base", "/etc/nginx", "app"),
		     "stage-base: '/etc/nginx' does not contain the watched path");
	assert_fault(WORDS("--watch", "/etc", "--validate", "x", "--stage-base", "/etc/nginx", "app"),
		     "does not contain");
	assert_fault(WORDS("--watch", "/etc", "--validate", "x", "--stage-base", "etc", "app"), "is not absolute");
	assert_fault(WORDS("--watch", "/etc", "--stage-base", "/etc", "app"), "stage-base: is for a validation");
}

static void the_same_path_twice_needs_keys(void **state)
{
	struct judged judged;

	(void)state;
	assert_fault(WORDS("--watch", "/a", "--watch", "/a", "app"), "watch '/a': is watched twice");
	assert_fault(WORDS("--watch", "/a", "--keys", "x", "--watch", "/a", "app"), "is watched twice");
	judge(&judged, WORDS("--watch", "/a", "--keys", "x", "--watch", "/a", "--keys", "y", "app"));
	assert_int_equal(judged.spec->watch_count, 2);
	judged_finish(&judged);
}

static void services_stand_behind_those_they_wait_for(void **state)
{
	struct judged judged;
	const struct service_spec *last;

	(void)state;
	judge_file(&judged,
		   "service \"c\" { command = x after = {\"a\", \"b\", \"a\"} watch \"/c\" { } }\n"
		   "service \"b\" { command = x after = {\"a\"} }\n"
		   "service \"a\" { command = x watch \"/a\" { } }\n",
		   WORDS("--config", "f"));
	last = spec_service(judged.spec, 2);
	assert_string_equal(str(&judged, spec_service(judged.spec, 0)->name), "a");
	assert_string_equal(str(&judged, spec_service(judged.spec, 1)->name), "b");
	assert_string_equal(str(&judged, last->name), "c");
	assert_int_equal(last->after.count, 2);
	assert_int_equal(spec_word(judged.spec, last->after, 0), 0);
	assert_int_equal(spec_word(judged.spec, last->after, 1), 1);
	assert_string_equal(str(&judged, spec_watch(judged.spec, 0)->path), "/a");
	assert_int_equal(spec_watch(judged.spec, 0)->service, 0);
	assert_int_equal(spec_watch(judged.spec, 1)->service, 2);
	judged_finish(&judged);
}

static void without_after_the_order_of_the_file_stays(void **state)
{
	struct judged judged;

	(void)state;
	judge_file(&judged, "service z { command = x }\nservice b { command = x }\nservice m { command = x }\n",
		   WORDS("--config", "f"));
	assert_string_equal(str(&judged, spec_service(judged.spec, 0)->name), "z");
	assert_string_equal(str(&judged, spec_service(judged.spec, 2)->name), "m");
	judged_finish(&judged);
}

static void circles_are_shown_with_their_path(void **state)
{
	(void)state;
	assert_file_fault("service a { command = x after = {b} }\nservice b { command = x after = {c} }\n"
			  "service c { command = x after = {a} }\n",
			  "f:1: service 'a': after: the services wait for each other: a -> b -> c -> a");
	assert_file_fault("service a { command = x after = {a} }\n", "a -> a");
	assert_file_fault("service o { command = x after = {a} }\nservice a { command = x after = {b} }\n"
			  "service b { command = x after = {a} }\n",
			  "each other: a -> b -> a");
}

static void unknown_and_doubled_services_are_named(void **state)
{
	(void)state;
	assert_file_fault("service php { command = x }\nservice nginx { command = x after = {phpp} }\n",
			  "f:2: service 'nginx': after: unknown service 'phpp'; did you mean 'php'?");
	assert_file_fault("service nginx { command = x after = {zzzzz} }\n", "unknown service 'zzzzz'");
	assert_fault(WORDS("--after", "php", "app"), "after: unknown service 'php'");
}

static void a_name_may_not_come_from_two_files(void **state)
{
	struct judged judged;
	struct err err = { 0 };
	static const char text[] = "\nservice web { command = x }\n";
	char **argv = WORDS("--config", "x");

	(void)state;
	assert_int_equal(cli_parse(3, argv, NO_ENV, &judged.cli, &err), 0);
	assert_int_equal(file_parse("one", text, sizeof(text) - 1, &judged.cli.draft, &err), 0);
	assert_int_equal(file_parse("two", text, sizeof(text) - 1, &judged.cli.draft, &err), 0);
	judge_draft(&judged);
	assert_has(judged.faults.text, "two:2: service 'web': the name is taken already, in one:2");
	judged_finish(&judged);
}

static void the_command_beside_a_file_is_the_service_main(void **state)
{
	struct judged judged;
	const struct service_spec *service;

	(void)state;
	judge_file(
		&judged, "service side { command = x }\nservice tail { command = x after = {main} }\n",
		WORDS("--config", "f", "--stop-signal", "QUIT", "--after", "side", "--watch", "/w", "--", "/bin/app"));
	assert_int_equal(judged.spec->main_service, 1);
	service = spec_service(judged.spec, 1);
	assert_string_equal(str(&judged, service->name), "main");
	assert_int_equal(service->command_argv, 10);
	assert_int_equal(service->command.count, 0);
	assert_int_equal(service->essential, 1);
	assert_int_equal(service->standing, STANDING_SESSION);
	assert_int_equal(service->restart, RESTART_NO);
	assert_int_equal(service->stop_timeout_ms, 10000);
	assert_int_equal(service->stop_signal, SIGQUIT);
	assert_int_equal(service->after.count, 1);
	assert_int_equal(spec_service(judged.spec, 0)->essential, 0);
	assert_int_equal(spec_service(judged.spec, 0)->stop_signal, SIGTERM);
	assert_int_equal(spec_watch(judged.spec, 0)->service, 1);
	assert_int_equal(judged.spec->several, 1);
	judged_finish(&judged);
}

static void a_file_may_not_take_the_name_main_beside_a_command(void **state)
{
	struct judged judged;

	(void)state;
	judge_file(&judged, "service main { command = x }\n", WORDS("--config", "f", "app"));
	assert_has(judged.faults.text, "f:1: service 'main': the name belongs to the command");
	judged_finish(&judged);
}

static void essential_are_those_that_say_so_or_else_all(void **state)
{
	struct judged judged;

	(void)state;
	judge_file(&judged, "service a { command = x }\nservice b { command = x }\n", WORDS("--config", "f"));
	assert_int_equal(spec_service(judged.spec, 0)->essential, 1);
	assert_int_equal(spec_service(judged.spec, 1)->essential, 1);
	judged_finish(&judged);
	judge_file(&judged, "service a { command = x }\nservice b { command = x essential = yes }\n",
		   WORDS("--config", "f"));
	assert_int_equal(spec_service(judged.spec, 0)->essential, 0);
	assert_int_equal(spec_service(judged.spec, 1)->essential, 1);
	judged_finish(&judged);
	judge_file(&judged, "service a { command = x }\nservice b { command = x essential = no }\n",
		   WORDS("--config", "f"));
	assert_int_equal(spec_service(judged.spec, 0)->essential, 1);
	assert_int_equal(spec_service(judged.spec, 1)->essential, 0);
	judged_finish(&judged);
	judge_file(&judged, "service a { command = x }\n", WORDS("--config", "f", "--essential=no", "app"));
	assert_int_equal(spec_service(judged.spec, 0)->essential, 1);
	assert_int_equal(spec_service(judged.spec, 1)->essential, 0);
	judged_finish(&judged);
}

static void the_command_line_goes_over_all_services_of_a_file(void **state)
{
	struct judged judged;

	(void)state;
	judge_file(&judged, "service a { command = x stop-timeout = 5 }\nlog-level = debug\n",
		   WORDS("--config", "f", "--stop-timeout", "7s", "--log-level", "error"));
	assert_int_equal(spec_service(judged.spec, 0)->stop_timeout_ms, 7000);
	assert_int_equal(judged.spec->log_level, LINE_ERROR);
	judged_finish(&judged);
}

static void names_are_short_and_plain(void **state)
{
	(void)state;
	assert_file_fault("service \"\" { command = x }\n", "a name has 1 to 64 bytes");
	assert_file_fault("service \"a b\" { command = x }\n", "service 'a b': a name holds no blanks");
	assert_file_fault("service \"a/b\" { command = x }\n", "a name holds no blanks");
	assert_file_fault("service \"a\\nb\" { command = x }\n", "service 'a?b': a name holds no blanks");
	assert_file_fault("service aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa { command = x }\n",
			  "a name has 1 to 64 bytes");
}

static void several_values_for_one_are_refused(void **state)
{
	(void)state;
	assert_file_fault("service a { command = x stop-signal = {TERM, HUP} }\n",
			  "stop-signal: takes one value, and here are 2");
	assert_file_fault("service a { command = x watch \"/w\" { keys = {a, \"\"} } }\n", "keys: an empty word");
}

static void files_without_a_service_are_refused(void **state)
{
	(void)state;
	assert_file_fault("", "no service: the files hold none");
	assert_file_fault("# nothing\nlog-level = info\n", "no service");
}

static void many_services_are_ordered_without_deep_recursion(void **state)
{
	struct judged judged;
	char *text = malloc(4096 * 64), *at = text;

	(void)state;
	/* Each waits for the next: the longest way there can be. */
	for (int i = 0; i < 4096; i++) {
		at += sprintf(at, "service s%d { command = x", i);
		if (i < 4095)
			at += sprintf(at, " after = {s%d}", i + 1);
		at += sprintf(at, " }\n");
	}
	judge_file(&judged, text, WORDS("--config", "f"));
	assert_int_equal(judged.spec->service_count, 4096);
	assert_string_equal(str(&judged, spec_service(judged.spec, 0)->name), "s4095");
	judged_finish(&judged);
	at += sprintf(at, "service one-more { command = x }\n");
	assert_file_fault(text, "4097 services are more than the limit of 4096");
	free(text);
}

static void too_many_faults_are_counted(void **state)
{
	struct judged judged;
	char *text = malloc(200 * 64), *at = text;

	(void)state;
	for (int i = 0; i < 150; i++)
		at += sprintf(at, "service s%d { command = x backoff-min = z }\n", i);
	judge_file(&judged, text, WORDS("--config", "f"));
	assert_int_equal(judged.faults.count, 150);
	assert_has(judged.faults.text, "and 50 more\n");
	judged_finish(&judged);
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_command_has_the_promised_defaults),
		cmocka_unit_test(the_one_liner_of_the_manual_gives_a_watch),
		cmocka_unit_test(a_service_of_a_file_has_the_promised_defaults),
		cmocka_unit_test(every_policy_is_understood),
		cmocka_unit_test(faulty_policies_are_named),
		cmocka_unit_test(parts_beside_on_change_count),
		cmocka_unit_test(parts_that_would_be_ignored_are_faults),
		cmocka_unit_test(a_default_for_all_gives_way_to_the_policy_of_a_watch),
		cmocka_unit_test(every_kind_of_readiness_is_understood),
		cmocka_unit_test(faulty_readiness_is_named),
		cmocka_unit_test(all_faults_are_reported_together),
		cmocka_unit_test(faults_of_a_file_carry_their_line_and_service),
		cmocka_unit_test(faults_of_the_environment_name_the_variable),
		cmocka_unit_test(numbers_are_held_to_their_bounds),
		cmocka_unit_test(every_way_to_say_yes_and_no_is_understood),
		cmocka_unit_test(placeholders_are_known_or_a_fault),
		cmocka_unit_test(commands_that_need_a_shell_are_refused_with_the_way_out),
		cmocka_unit_test(empty_commands_are_refused),
		cmocka_unit_test(paths_are_absolute_and_tidy),
		cmocka_unit_test(a_stage_base_contains_the_watched_path),
		cmocka_unit_test(the_same_path_twice_needs_keys),
		cmocka_unit_test(services_stand_behind_those_they_wait_for),
		cmocka_unit_test(without_after_the_order_of_the_file_stays),
		cmocka_unit_test(circles_are_shown_with_their_path),
		cmocka_unit_test(unknown_and_doubled_services_are_named),
		cmocka_unit_test(a_name_may_not_come_from_two_files),
		cmocka_unit_test(the_command_beside_a_file_is_the_service_main),
		cmocka_unit_test(a_file_may_not_take_the_name_main_beside_a_command),
		cmocka_unit_test(essential_are_those_that_say_so_or_else_all),
		cmocka_unit_test(the_command_line_goes_over_all_services_of_a_file),
		cmocka_unit_test(names_are_short_and_plain),
		cmocka_unit_test(several_values_for_one_are_refused),
		cmocka_unit_test(files_without_a_service_are_refused),
		cmocka_unit_test(many_services_are_ordered_without_deep_recursion),
		cmocka_unit_test(too_many_faults_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
