/* SPDX-License-Identifier: MIT */
#include "config_util.h"

#include <limits.h>
#include <signal.h>

static void numbers_are_held_to_their_bounds(void **state)
{
	(void)state;
	assert_fault(WORDS("--poll", "0", "app"), "poll: '0' is out of bounds: 10ms to 86400000ms");
	assert_fault(WORDS("--poll", "25h", "app"), "is out of bounds");
	assert_fault(WORDS("--start-limit", "1000001", "app"), "is out of bounds: 0 to 1000000");
	assert_fault(WORDS("--start-limit", "-1", "app"), "start-limit: '-1'");
	assert_fault(WORDS("--start-limit", "99999999999999999999", "app"), "start-limit");
	assert_fault(WORDS("--watch", "/w", "--validate-memory", "64X", "app"), "is not a size: write 512k, 64M or 1G");
	assert_fault(WORDS("--watch", "/w", "--validate-memory", "9999999999G", "app"), "is too large or below 0");
}

static void poll_of(char *text, int64_t ms)
{
	struct judged judged;

	judge(&judged, WORDS("--poll", text, "app"));
	assert_int_equal(judged.spec->poll_ms, ms);
	judged_finish(&judged);
}

static void durations_have_units_and_mean_seconds_without(void **state)
{
	(void)state;
	poll_of("10ms", 10);
	poll_of("5", 5000);
	poll_of("1.5s", 1500);
	poll_of("2m", 120000);
	poll_of("24h", 86400000);
	assert_fault(WORDS("--poll", "9ms", "app"), "is out of bounds");
	assert_fault(WORDS("--poll", "86400001ms", "app"), "is out of bounds");
	assert_file_fault("poll = \"\"\n", "f:1: poll: '' is not a duration");
	assert_fault(WORDS("--poll", "5 s", "app"), "poll: '5 s' is not a duration");
	assert_fault(WORDS("--poll", "1d", "app"), "poll: '1d' is not a duration");
}

static void memory_of(char *text, int64_t bytes)
{
	struct judged judged;

	judge(&judged, WORDS("--watch", "/w", "--validate-memory", text, "app"));
	assert_int_equal(spec_watch(judged.spec, 0)->validate_memory_bytes, bytes);
	judged_finish(&judged);
}

static void sizes_have_units_and_mean_bytes_without(void **state)
{
	(void)state;
	memory_of("7", 7);
	memory_of("512k", 512 << 10);
	memory_of("64M", 64 << 20);
	memory_of("3G", INT64_C(3) << 30);
}

/* Else one slip would be told as two, the second one about a value that nobody wrote. */
static void after_a_fault_the_default_stands_in(void **state)
{
	struct judged judged;

	(void)state;
	judge(&judged,
	      WORDS("--watch", "/w", "--settle-max", "2x", "--backoff-max", "25h", "--log-level", "warm", "app"));
	assert_int_equal(judged.faults.count, 3);
	assert_has_not(judged.faults.text, "is longer than");
	judged_finish(&judged);
}

static void a_choice_is_one_of_its_words(void **state)
{
	static char *const words[] = { "no", "on-failure", "always" };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct judged judged;

		judge(&judged, WORDS("--restart", words[i], "app"));
		assert_int_equal(spec_service(judged.spec, 0)->restart, i);
		judged_finish(&judged);
	}
	assert_fault(WORDS("--log-level", "warm", "app"),
		     "'warm' is none of error|warn|info|debug; did you mean 'warn'?\n");
	assert_fault(WORDS("--log-level", "loudest", "app"), "'loudest' is none of error|warn|info|debug\n");
	assert_file_fault("log-level = \"\"\n", "log-level: '' is none of error|warn|info|debug\n");
	assert_fault(WORDS("--restart", "on", "app"), "'on' is none of no|on-failure|always");
}

static void signal_of(char *text, int number)
{
	struct judged judged;

	judge(&judged, WORDS("--stop-signal", text, "app"));
	assert_int_equal(spec_service(judged.spec, 0)->stop_signal, number);
	judged_finish(&judged);
}

static void a_signal_is_a_name_or_a_number(void **state)
{
	(void)state;
	signal_of("QUIT", SIGQUIT);
	signal_of("SIGQUIT", SIGQUIT);
	signal_of("quit", SIGQUIT);
	signal_of("10", SIGUSR1);
	signal_of("RTMIN+3", 37);
	signal_of("64", 64);
	assert_fault(WORDS("--stop-signal", "QIUT", "app"), "stop-signal: unknown signal 'QIUT'; did you mean QUIT?\n");
	assert_fault(WORDS("--stop-signal", "65", "app"), "stop-signal: unknown signal '65'");
	assert_fault(WORDS("--stop-signal", "0", "app"), "stop-signal: unknown signal '0'");
	assert_file_fault("service a { command = x stop-signal = \"\" }\n", "stop-signal: unknown signal ''");
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
	assert_fault(WORDS("--dry-run=maybe", "app"), "'maybe' is neither yes nor no");
	assert_fault(WORDS("--dry-run=Yes", "app"), "'Yes' is neither yes nor no");
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
	assert_fault(WORDS("--watch", "/w", "--validate", "x %{stages}", "app"), "unknown placeholder '%{stages}'");
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

static void one_string_is_split_and_a_list_is_not(void **state)
{
	struct judged judged;
	const struct watch_spec *watches;

	(void)state;
	judge_file(&judged,
		   "service a { command = x\n"
		   "watch \"/s\" { validate = \" x  'a b' \\\"c d\\\" \" }\n"
		   "watch \"/l\" { validate = {\"x y\", \"\", \"a && b\"} } }\n",
		   WORDS("--config", "f"));
	watches = spec_watch(judged.spec, 0);
	assert_int_equal(watches[0].validate.count, 3);
	assert_string_equal(judged_word(&judged, watches[0].validate, 0), "x");
	assert_string_equal(judged_word(&judged, watches[0].validate, 1), "a b");
	assert_string_equal(judged_word(&judged, watches[0].validate, 2), "c d");
	assert_int_equal(watches[1].validate.count, 3);
	assert_string_equal(judged_word(&judged, watches[1].validate, 0), "x y");
	assert_string_equal(judged_word(&judged, watches[1].validate, 1), "");
	assert_string_equal(judged_word(&judged, watches[1].validate, 2), "a && b");
	judged_finish(&judged);
}

static void empty_commands_are_refused(void **state)
{
	(void)state;
	assert_file_fault("service \"a\" { command = \"\" }\n", "command: is an empty command");
	assert_file_fault("service \"a\" { command = {\"\", \"x\"} }\n", "command: is an empty command");
	assert_fault(WORDS("--", ""), "the command is empty");
	assert_fault(WORDS("--watch", "/w", "--validate", " ", "app"), "validate: is an empty command");
}

static void path_becomes(char *text, const char *tidy)
{
	struct judged judged;

	judge(&judged, WORDS("--watch", text, "--workdir", text, "app"));
	assert_string_equal(judged_text(&judged, spec_watch(judged.spec, 0)->path), tidy);
	assert_string_equal(judged_text(&judged, spec_service(judged.spec, 0)->workdir), tidy);
	judged_finish(&judged);
}

static void paths_are_absolute_and_tidy(void **state)
{
	(void)state;
	path_becomes("//etc/./nginx//", "/etc/nginx");
	path_becomes("/", "/");
	path_becomes("/.//./", "/");
	path_becomes("/..data/.x/...", "/..data/.x/...");
	assert_fault(WORDS("--watch", "/etc/../x", "app"), "'..' in a path is not followed");
	assert_fault(WORDS("--workdir", "/etc/..", "app"), "workdir: '..' in a path is not followed");
	assert_file_fault("service a { command = x workdir = \"\" }\n", "workdir: '' is not absolute");
	assert_fault(WORDS("--watch", "--validate", "app"), "'--validate' is not absolute");
}

static void a_path_is_as_long_as_the_kernel_takes_it(void **state)
{
	char path[PATH_MAX + 1];
	struct judged judged;

	(void)state;
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[PATH_MAX - 1] = '\0';
	judge(&judged, WORDS("--watch", path, "app"));
	assert_string_equal(judged_text(&judged, spec_watch(judged.spec, 0)->path), path);
	judged_finish(&judged);
	path[PATH_MAX - 1] = 'x';
	path[PATH_MAX] = '\0';
	assert_fault(WORDS("--workdir", path, "app"), "workdir: longer than 4095 bytes");
}

static void several_values_for_one_are_refused(void **state)
{
	(void)state;
	assert_file_fault("service a { command = x stop-signal = {TERM, HUP} }\n",
			  "stop-signal: takes one value, and here are 2");
	assert_file_fault("service a { command = x watch \"/w\" { keys = {a, \"\"} } }\n", "keys: an empty word");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_held_to_their_bounds),
		cmocka_unit_test(durations_have_units_and_mean_seconds_without),
		cmocka_unit_test(sizes_have_units_and_mean_bytes_without),
		cmocka_unit_test(after_a_fault_the_default_stands_in),
		cmocka_unit_test(a_choice_is_one_of_its_words),
		cmocka_unit_test(a_signal_is_a_name_or_a_number),
		cmocka_unit_test(every_way_to_say_yes_and_no_is_understood),
		cmocka_unit_test(placeholders_are_known_or_a_fault),
		cmocka_unit_test(commands_that_need_a_shell_are_refused_with_the_way_out),
		cmocka_unit_test(one_string_is_split_and_a_list_is_not),
		cmocka_unit_test(empty_commands_are_refused),
		cmocka_unit_test(paths_are_absolute_and_tidy),
		cmocka_unit_test(a_path_is_as_long_as_the_kernel_takes_it),
		cmocka_unit_test(several_values_for_one_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
