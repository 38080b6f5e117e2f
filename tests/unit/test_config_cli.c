/* SPDX-License-Identifier: MIT */
#include "config_util.h"

static void expect_usage(char **argv, char **envp, const char *part)
{
	struct cli cli;
	struct err err = { 0 };

	assert_int_equal(cli_parse(words_count(argv), argv, envp, &cli, &err), -EINVAL);
	assert_has(err.msg, part);
	assert_null(cli.draft.chunks);
}

static void parse(struct cli *cli, char **argv, char **envp)
{
	struct err err = { 0 };

	if (cli_parse(words_count(argv), argv, envp, cli, &err) < 0)
		fail_msg("%s", err.msg);
}

static const char *global(const struct cli *cli, enum option_id id)
{
	const struct setting *setting = &cli->draft.globals[option_place(id)];

	return setting->count == 1 ? setting->values[0] : NULL;
}

static const char *of_watch(const struct cli *cli, uint32_t watch, enum option_id id)
{
	const struct setting *setting = &cli->draft.own.watches[watch].settings[option_place(id)];

	return setting->count == 1 ? setting->values[0] : NULL;
}

static const char *common(const struct cli *cli, enum option_id id)
{
	const struct setting *setting = &cli->draft.watch_common[option_place(id)];

	return setting->count == 1 ? setting->values[0] : NULL;
}

static void a_plain_command_takes_no_memory(void **state)
{
	struct cli cli;

	(void)state;
	parse(&cli, WORDS("app", "--poll", "3"), NO_ENV);
	assert_int_equal(cli.action, CLI_RUN);
	assert_int_equal(cli.draft.command_argv, 1);
	assert_int_equal(cli.draft.command_count, 3);
	assert_false(cli.draft.with_files);
	assert_string_equal(cli.draft.own.name, "app");
	assert_null(cli.draft.chunks);
	assert_null(cli.draft.own.watches);
	assert_null(global(&cli, OPT_POLL));
	draft_finish(&cli.draft);
}

static void options_end_at_the_first_other_word_or_two_dashes(void **state)
{
	struct cli cli;

	(void)state;
	parse(&cli, WORDS("--poll=3", "--", "--app", "--"), NO_ENV);
	assert_int_equal(cli.draft.command_argv, 3);
	assert_string_equal(global(&cli, OPT_POLL), "3");
	draft_finish(&cli.draft);
	parse(&cli, WORDS("--poll", "3", "/bin/x/app", "--help"), NO_ENV);
	assert_int_equal(cli.draft.command_argv, 3);
	assert_int_equal(cli.action, CLI_RUN);
	assert_string_equal(cli.draft.own.name, "app");
	draft_finish(&cli.draft);
	parse(&cli, WORDS("-"), NO_ENV);
	assert_string_equal(cli.draft.own.name, "-");
	draft_finish(&cli.draft);
}

static void a_bool_alone_says_yes_and_takes_no_next_word(void **state)
{
	struct cli cli;

	(void)state;
	parse(&cli, WORDS("--dry-run", "no"), NO_ENV);
	assert_string_equal(global(&cli, OPT_DRY_RUN), "yes");
	assert_string_equal(cli.draft.own.name, "no");
	draft_finish(&cli.draft);
	parse(&cli, WORDS("--dry-run=no", "--essential=no", "app"), NO_ENV);
	assert_string_equal(global(&cli, OPT_DRY_RUN), "no");
	assert_string_equal(cli.draft.own.settings[option_place(OPT_ESSENTIAL)].values[0], "no");
	draft_finish(&cli.draft);
}

static void watch_options_belong_to_the_watch_before_them(void **state)
{
	struct cli cli;

	(void)state;
	parse(&cli,
	      WORDS("--settle", "1", "--watch", "/a", "--settle", "2", "--stop-signal", "QUIT", "--watch=/b", "--keys",
		    "x", "--keys", "y", "app"),
	      NO_ENV);
	assert_int_equal(cli.draft.own.watch_count, 2);
	assert_string_equal(common(&cli, OPT_SETTLE), "1");
	assert_string_equal(of_watch(&cli, 0, OPT_SETTLE), "2");
	assert_null(of_watch(&cli, 1, OPT_SETTLE));
	assert_string_equal(cli.draft.own.watches[1].path, "/b");
	assert_int_equal(cli.draft.own.watches[1].settings[option_place(OPT_KEYS)].count, 2);
	assert_string_equal(cli.draft.own.settings[option_place(OPT_STOP_SIGNAL)].values[0], "QUIT");
	draft_finish(&cli.draft);
}

static void the_environment_speaks_for_all_watches(void **state)
{
	struct cli cli;
	char *env[] = { "PATH=/bin", "REINIT_WATCH=/a\n /b \n\n", "REINIT_ON_CHANGE=restart", "REINIT_KEYS=x\ny",
			NULL };

	(void)state;
	parse(&cli, WORDS("app"), env);
	assert_int_equal(cli.draft.own.watch_count, 2);
	assert_string_equal(cli.draft.own.watches[1].path, "/b");
	assert_string_equal(common(&cli, OPT_ON_CHANGE), "restart");
	assert_int_equal(cli.draft.watch_common[option_place(OPT_KEYS)].count, 2);
	draft_finish(&cli.draft);
}

static void the_command_line_goes_over_the_environment(void **state)
{
	struct cli cli;
	char *env[] = { "REINIT_POLL=1", "REINIT_WATCH=/a\n/b", "REINIT_SETTLE=1", "REINIT_STOP_SIGNAL=INT", NULL };

	(void)state;
	parse(&cli, WORDS("--poll", "2", "--watch", "/c", "--settle", "3", "--stop-signal=QUIT", "app"), env);
	assert_string_equal(global(&cli, OPT_POLL), "2");
	assert_int_equal(cli.draft.own.watch_count, 1);
	assert_string_equal(cli.draft.own.watches[0].path, "/c");
	assert_string_equal(of_watch(&cli, 0, OPT_SETTLE), "3");
	assert_string_equal(common(&cli, OPT_SETTLE), "1");
	assert_string_equal(cli.draft.own.settings[option_place(OPT_STOP_SIGNAL)].values[0], "QUIT");
	draft_finish(&cli.draft);
}

static void an_option_before_the_first_watch_does_not_reach_into_one_of_the_environment(void **state)
{
	struct cli cli;
	char *env[] = { "REINIT_WATCH=/a", NULL };

	(void)state;
	parse(&cli, WORDS("--settle", "3", "app"), env);
	assert_null(of_watch(&cli, 0, OPT_SETTLE));
	assert_string_equal(common(&cli, OPT_SETTLE), "3");
	draft_finish(&cli.draft);
}

static void empty_variables_are_not_given(void **state)
{
	struct cli cli;
	char *env[] = { "REINIT_POLL=", "REINIT_WATCH= \n", "REINIT_WACH=", "REINIT_=x", "REINIT_", NULL };

	(void)state;
	parse(&cli, WORDS("app"), env);
	assert_null(global(&cli, OPT_POLL));
	assert_int_equal(cli.draft.own.watch_count, 0);
	draft_finish(&cli.draft);
}

static void a_newline_at_the_end_of_a_variable_does_not_count(void **state)
{
	struct cli cli;
	char *env[] = { "REINIT_VALIDATE=nginx -t\n", NULL };

	(void)state;
	parse(&cli, WORDS("--watch", "/a", "app"), env);
	assert_string_equal(common(&cli, OPT_VALIDATE), "nginx -t");
	draft_finish(&cli.draft);
}

static void foreign_variables_are_let_alone(void **state)
{
	struct cli cli;
	char *env[] = { "REINIT_PID=1",
			"REINIT_SERVICE=x",
			"REINIT_PATH=/x",
			"REINIT_DIGEST=ab",
			"REINIT_SERVICE_HOST=10.0.0.1",
			"REINIT_PORT=tcp://10.0.0.1:80",
			"REINIT_PORT_80_TCP=x",
			"REINIT_LOG_SERVICE_PORT=80",
			"REINIT_POLL_PORT=tcp://x",
			"REINIT_SOMETHING_ELSE=1",
			"REINITIAL=x",
			NULL };

	(void)state;
	parse(&cli, WORDS("app"), env);
	for (uint32_t i = 0; i < OPTION_GLOBAL_COUNT; i++)
		assert_int_equal(cli.draft.globals[i].count, 0);
	draft_finish(&cli.draft);
}

static void a_near_miss_of_a_variable_is_a_fault(void **state)
{
	(void)state;
	expect_usage(WORDS("app"), (char *[]){ "REINIT_WACH=/x", NULL }, "'REINIT_WACH'; did you mean REINIT_WATCH?");
	expect_usage(WORDS("app"), (char *[]){ "REINIT_ON_CHANG=x", NULL }, "did you mean REINIT_ON_CHANGE?");
	expect_usage(WORDS("app"), (char *[]){ "REINIT_on_change=x", NULL }, "did you mean REINIT_ON_CHANGE?");
}

static void unknown_options_are_named_with_their_neighbour(void **state)
{
	(void)state;
	expect_usage(WORDS("--wach", "x"), NO_ENV, "unknown option '--wach'; did you mean --watch?");
	expect_usage(WORDS("--on-chang=x", "app"), NO_ENV, "unknown option '--on-chang'; did you mean --on-change?");
	expect_usage(WORDS("--zzzzzzzz"), NO_ENV, "unknown option '--zzzzzzzz'");
	expect_usage(WORDS("-g", "app"), NO_ENV, "unknown option '-g'");
	expect_usage(WORDS("-tx", "app"), NO_ENV, "unknown option '-tx'");
	expect_usage(WORDS("--command", "app"), NO_ENV, "the command stands after the options");
	expect_usage(WORDS("--=x", "app"), NO_ENV, "unknown option '--'");
	expect_usage(
		WORDS("--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
		NO_ENV, "unknown option");
}

static void a_missing_value_is_asked_for(void **state)
{
	(void)state;
	expect_usage(WORDS("--poll"), NO_ENV, "option '--poll' needs a value: --poll DURATION");
	expect_usage(WORDS("--poll="), NO_ENV, "needs a value");
	expect_usage(WORDS("--poll", ""), NO_ENV, "needs a value");
	expect_usage(WORDS("--dry-run=", "app"), NO_ENV, "--dry-run yes|no");
	expect_usage(WORDS("--help=x"), NO_ENV, "takes no value");
}

static void help_and_version_win(void **state)
{
	struct cli cli;

	(void)state;
	parse(&cli, WORDS("--help", "--nonsense"), NO_ENV);
	assert_int_equal(cli.action, CLI_HELP);
	parse(&cli, WORDS("--validate", "x", "-V"), NO_ENV);
	assert_int_equal(cli.action, CLI_VERSION);
	draft_finish(&cli.draft);
	parse(&cli, WORDS("-t", "app"), NO_ENV);
	assert_int_equal(cli.action, CLI_TEST_CONFIG);
	parse(&cli, WORDS("--explain", "app"), NO_ENV);
	assert_int_equal(cli.action, CLI_EXPLAIN);
}

static void contradictions_are_refused_with_a_way_out(void **state)
{
	(void)state;
	expect_usage(WORDS("--validate", "x", "app"), NO_ENV,
		     "--validate belongs to a watch, and there is none: add --watch PATH");
	expect_usage(WORDS("--on-change", "restart", "app"), NO_ENV, "--on-change belongs to a watch");
	expect_usage(WORDS("--test-config", "--explain", "app"), NO_ENV, "exclude each other");
	expect_usage(WORDS("--explain", "-t", "app"), NO_ENV, "exclude each other");
	expect_usage(WORDS("--watch", "/x"), NO_ENV, "--watch belongs to a command: reinit --watch PATH -- COMMAND");
	expect_usage(WORDS("--watch", "/x", "--"), NO_ENV, "--watch belongs to a command");
	expect_usage(WORDS("--config", "f", "--watch", "/x"), NO_ENV, "in a file write watch \"PATH\"");
	expect_usage(WORDS("--config", "f"), (char *[]){ "REINIT_WATCH=/x", NULL },
		     "REINIT_WATCH belongs to a command");
	expect_usage(WORDS("--config", "f", "--ready", "none"), NO_ENV, "--ready belongs to one service");
	expect_usage(WORDS("--config", "f"), (char *[]){ "REINIT_AFTER=x", NULL },
		     "REINIT_AFTER belongs to one service");
}

static void watch_options_of_the_environment_may_wait_for_a_watch(void **state)
{
	struct cli cli;

	(void)state;
	parse(&cli, WORDS("app"), (char *[]){ "REINIT_VALIDATE=x", NULL });
	draft_finish(&cli.draft);
}

static void without_a_command_files_are_read(void **state)
{
	struct cli cli;

	(void)state;
	parse(&cli, (char *[]){ "reinit", NULL }, NO_ENV);
	assert_true(cli.draft.with_files);
	assert_int_equal(cli.draft.command_argv, 0);
	draft_finish(&cli.draft);
	parse(&cli, WORDS("--config", "a", "--config=b", "--", "app"), (char *[]){ "REINIT_CONFIG=c", NULL });
	assert_true(cli.draft.with_files);
	assert_int_equal(cli.draft.globals[OPT_CONFIG].count, 2);
	assert_string_equal(cli.draft.own.name, "main");
	draft_finish(&cli.draft);
	parse(&cli, WORDS("app"), (char *[]){ "REINIT_CONFIG=c\nd", NULL });
	assert_true(cli.draft.with_files);
	assert_int_equal(cli.draft.globals[OPT_CONFIG].count, 2);
	draft_finish(&cli.draft);
}

static void no_argument_vector_at_all_is_survived(void **state)
{
	struct cli cli;
	char *nothing[] = { NULL };

	(void)state;
	assert_int_equal(cli_parse(0, nothing, NULL, &cli, NULL), 0);
	assert_true(cli.draft.with_files);
	draft_finish(&cli.draft);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_command_takes_no_memory),
		cmocka_unit_test(options_end_at_the_first_other_word_or_two_dashes),
		cmocka_unit_test(a_bool_alone_says_yes_and_takes_no_next_word),
		cmocka_unit_test(watch_options_belong_to_the_watch_before_them),
		cmocka_unit_test(the_environment_speaks_for_all_watches),
		cmocka_unit_test(the_command_line_goes_over_the_environment),
		cmocka_unit_test(an_option_before_the_first_watch_does_not_reach_into_one_of_the_environment),
		cmocka_unit_test(empty_variables_are_not_given),
		cmocka_unit_test(a_newline_at_the_end_of_a_variable_does_not_count),
		cmocka_unit_test(foreign_variables_are_let_alone),
		cmocka_unit_test(a_near_miss_of_a_variable_is_a_fault),
		cmocka_unit_test(unknown_options_are_named_with_their_neighbour),
		cmocka_unit_test(a_missing_value_is_asked_for),
		cmocka_unit_test(help_and_version_win),
		cmocka_unit_test(contradictions_are_refused_with_a_way_out),
		cmocka_unit_test(watch_options_of_the_environment_may_wait_for_a_watch),
		cmocka_unit_test(without_a_command_files_are_read),
		cmocka_unit_test(no_argument_vector_at_all_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
