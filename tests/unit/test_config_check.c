/* SPDX-License-Identifier: MIT */
#include "config_util.h"

#include <signal.h>

#include "base/line.h"

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
	assert_string_equal(judged_text(&judged, service->name), "app");
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
	assert_string_equal(judged_text(&judged, watch->path), "/etc/nginx");
	assert_int_equal(watch->service, 0);
	assert_int_equal(watch->policy, POLICY_SIGNAL);
	assert_int_equal(watch->signal, SIGHUP);
	assert_int_equal(watch->validate.count, 2);
	assert_string_equal(judged_word(&judged, watch->validate, 1), "-t");
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

static void a_first_pause_is_not_longer_than_the_longest(void **state)
{
	(void)state;
	assert_fault(WORDS("--retry-min", "2m", "app"), "retry-min: is longer than retry-max");
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
	assert_string_equal(judged_text(&judged, spec_service(judged.spec, 0)->name), "a");
	assert_string_equal(judged_text(&judged, spec_service(judged.spec, 1)->name), "b");
	assert_string_equal(judged_text(&judged, last->name), "c");
	assert_int_equal(last->after.count, 2);
	assert_int_equal(spec_word(judged.spec, last->after, 0), 0);
	assert_int_equal(spec_word(judged.spec, last->after, 1), 1);
	assert_string_equal(judged_text(&judged, spec_watch(judged.spec, 0)->path), "/a");
	assert_int_equal(spec_watch(judged.spec, 0)->service, 0);
	assert_int_equal(spec_watch(judged.spec, 1)->service, 2);
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
	assert_string_equal(judged_text(&judged, service->name), "main");
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
	assert_string_equal(judged_text(&judged, spec_service(judged.spec, 0)->name), "s4095");
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
		cmocka_unit_test(all_faults_are_reported_together),
		cmocka_unit_test(faults_of_a_file_carry_their_line_and_service),
		cmocka_unit_test(faults_of_the_environment_name_the_variable),
		cmocka_unit_test(a_first_pause_is_not_longer_than_the_longest),
		cmocka_unit_test(services_stand_behind_those_they_wait_for),
		cmocka_unit_test(the_command_beside_a_file_is_the_service_main),
		cmocka_unit_test(essential_are_those_that_say_so_or_else_all),
		cmocka_unit_test(the_command_line_goes_over_all_services_of_a_file),
		cmocka_unit_test(files_without_a_service_are_refused),
		cmocka_unit_test(many_services_are_ordered_without_deep_recursion),
		cmocka_unit_test(too_many_faults_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
