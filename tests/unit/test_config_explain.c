/* SPDX-License-Identifier: MIT */
#include "config_util.h"

#include "config/explain.h"

/* Is there a line that begins with what and ends in its origin? */
static void expect_line(const struct text *text, const char *what, const char *origin)
{
	const char *line = text->data;
	char end[128];

	(void)snprintf(end, sizeof(end), "# %s\n", origin);
	for (; line && *line; line = strchr(line, '\n') + 1) {
		const char *next = strchr(line, '\n') + 1;

		if (strncmp(line, what, strlen(what)) == 0 && (size_t)(next - line) > strlen(end) &&
		    strncmp(next - strlen(end), end, strlen(end)) == 0)
			return;
	}
	fail_msg("no line '%s … # %s' in:\n%s", what, origin, text->data);
}

static void every_value_carries_its_origin(void **state)
{
	struct judged judged;
	struct text text = { 0 };

	(void)state;
	judge_env(
		&judged,
		WORDS("--watch", "/w", "--validate", "x -t", "--keys", "*.crt", "--keys", "a", "--", "/bin/app", "a b"),
		(char *[]){ "REINIT_SETTLE=1s", NULL });
	explain_plan(&judged.cli.draft, &text);
	expect_line(&text, "log-level = info ", "default");
	expect_line(&text, "service \"app\" { ", "command line");
	expect_line(&text, "  command = {\"/bin/app\", \"a b\"} ", "command line");
	expect_line(&text, "  stop-timeout = 0 ", "default");
	expect_line(&text, "  essential = yes ", "default");
	expect_line(&text, "  watch \"/w\" { ", "command line");
	expect_line(&text, "    validate = \"x -t\" ", "command line");
	expect_line(&text, "    keys = {\"*.crt\", \"a\"} ", "command line");
	expect_line(&text, "    settle = 1s ", "environment REINIT_SETTLE");
	expect_line(&text, "    settle-max = 2s ", "default");
	assert_has(text.data, "\n    # not set: stage-base\n");
	text_finish(&text);
	judged_finish(&judged);
}

static void values_of_a_file_carry_their_line(void **state)
{
	struct judged judged;
	struct text text = { 0 };

	(void)state;
	judge_file(&judged, "poll = 10s\nservice a {\n command = {x, \"y z\"}\n}\n",
		   WORDS("--config", "f", "--stop-timeout", "3s"));
	explain_plan(&judged.cli.draft, &text);
	expect_line(&text, "poll = 10s ", "f:1");
	expect_line(&text, "service \"a\" { ", "f:2");
	expect_line(&text, "  command = {\"x\", \"y z\"} ", "f:3");
	expect_line(&text, "  stop-timeout = 3s ", "command line");
	expect_line(&text, "  restart = on-failure ", "default");
	assert_has(text.data, "\n  # not set: after, ");
	text_finish(&text);
	judged_finish(&judged);
}

/* A default of HUP beside signal:USR1 would be a lie. */
static void only_what_the_policy_takes_is_shown(void **state)
{
	struct judged judged;
	struct text text = { 0 };

	(void)state;
	judge_env(&judged, WORDS("--watch", "/w", "--on-change", "signal:USR1", "--", "app"),
		  (char *[]){ "REINIT_SIGNAL=HUP", NULL });
	explain_plan(&judged.cli.draft, &text);
	expect_line(&text, "    on-change = signal:USR1 ", "command line");
	assert_has_not(text.data, " signal = ");
	assert_has_not(text.data, "exec");
	assert_has_not(text.data, "exit-code");
	assert_has_not(text.data, "validate-");
	text_finish(&text);
	judged_finish(&judged);
	judge(&judged, WORDS("--watch", "/w", "--on-change", "exit", "--validate", "x", "--", "app"));
	explain_plan(&judged.cli.draft, &text);
	expect_line(&text, "    exit-code = 42 ", "default");
	expect_line(&text, "    validate-timeout = 10s ", "default");
	text_finish(&text);
	judged_finish(&judged);
}

/* What is explained is a file of the same meaning: the plan that is read from it is the same, byte for byte. */
static void explained_files_read_back_the_same(void **state)
{
	static const char text[] =
		"log-format = json\npoll = 1.5s\n"
		"service \"b|c$\" { command = {'a \"b\" \\x', \"\\$ \\${X} '\", \"\"} after = {a} essential = yes\n"
		" ready = 'exec:x -y \"z z\"' stop-signal = \"RTMIN+3\"\n"
		" watch \"/w x\" { keys = {\"*.crt\", 'k'} on-change = signal signal = USR1 }\n"
		" watch \"//w\" { on-change = exec exec = \"r %{path}\" stage-base = / validate = {v, \"%{stage}\"} } }\n"
		"service a { command = 'x \"y z\"' start-limit = 0\n"
		" watch \"/\\t\\x7f\\xff\" { on-change = exit exit-code = 7 } watch /k { keys = k on-change = 'exec:r s' } }\n";
	struct judged judged, again;
	struct text explained = { 0 };

	(void)state;
	judge_file(&judged, text, WORDS("--config", "f", "--stop-timeout", "3s"));
	assert_non_null(judged.spec);
	explain_plan(&judged.cli.draft, &explained);
	judge_file(&again, explained.data, WORDS("--config", "f"));
	if (!again.spec)
		fail_msg("%s\n%s", again.faults.text, explained.data);
	assert_int_equal(again.size, judged.size);
	assert_memory_equal(again.spec, judged.spec, (size_t)judged.size);
	text_finish(&explained);
	judged_finish(&again);
	judged_finish(&judged);
}

/* A command line as a file: the same but for where the command lies. */
static void an_explained_command_line_is_a_file(void **state)
{
	static char *const commands[] = { "app", "it's me", "a\"b", "a\\b", "$x" };
	struct judged judged, again;
	struct text text = { 0 };
	const struct service_spec *service;

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		/* Behind a slash, for not every word can be a name. */
		char path[32];

		(void)snprintf(path, sizeof(path), "%s/app", commands[i]);
		judge(&judged, WORDS("--watch", "/w", "--on-change", "restart", "--", path));
		explain_plan(&judged.cli.draft, &text);
		judge_file(&again, text.data, WORDS("--config", "f"));
		if (!again.spec)
			fail_msg("%s\n%s", again.faults.text, text.data);
		service = spec_service(again.spec, 0);
		assert_int_equal(service->command.count, 1);
		assert_string_equal(spec_str(again.spec, spec_word(again.spec, service->command, 0)), path);
		assert_int_equal(service->restart, RESTART_NO);
		assert_int_equal(service->stop_timeout_ms, 0);
		assert_int_equal(spec_watch(again.spec, 0)->policy, POLICY_RESTART);
		text_finish(&text);
		judged_finish(&again);
		judged_finish(&judged);
	}
}

static void help_names_every_option_of_the_command_line(void **state)
{
	struct text text = { 0 };

	(void)state;
	explain_help(&text);
	for (uint32_t i = 0; i < OPTION_COUNT; i++) {
		char option[64];

		(void)snprintf(option, sizeof(option), "--%s", option_forms[i].name);
		if (option_forms[i].where & OPTION_CLI)
			assert_has(text.data, option);
		else
			assert_has_not(text.data, option);
	}
	assert_has(text.data, "  -t, --test-config");
	assert_has(text.data, "--dry-run[=yes|no]");
	text_finish(&text);
}

static void help_fits_a_terminal_of_100_columns(void **state)
{
	struct text text = { 0 };

	(void)state;
	explain_help(&text);
	for (char *line = text.data, *end; (end = strchr(line, '\n')); line = end + 1)
		assert_true(end - line <= 100);
	assert_int_equal(text.data[text.len - 1], '\n');
	text_finish(&text);
}

static void version_is_one_line(void **state)
{
	struct text text = { 0 };

	(void)state;
	explain_version(&text);
	assert_int_equal(strncmp(text.data, "reinit ", 7), 0);
	assert_ptr_equal(strchr(text.data, '\n'), text.data + text.len - 1);
	text_finish(&text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_carries_its_origin),
		cmocka_unit_test(values_of_a_file_carry_their_line),
		cmocka_unit_test(only_what_the_policy_takes_is_shown),
		cmocka_unit_test(explained_files_read_back_the_same),
		cmocka_unit_test(an_explained_command_line_is_a_file),
		cmocka_unit_test(help_names_every_option_of_the_command_line),
		cmocka_unit_test(help_fits_a_terminal_of_100_columns),
		cmocka_unit_test(version_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
