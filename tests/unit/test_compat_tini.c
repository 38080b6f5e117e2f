/* SPDX-License-Identifier: MIT */
#include "compat_util.h"

#include <stdio.h>

#include "compat/tini.h"

static void a_plain_command(void **state)
{
	struct made made;
	const struct service_spec *service = expect_run(&made, tini_plan, WORDS("tini", "--", "/bin/x", "y"), NO_ENV);

	(void)state;
	assert_int_equal(service->command_argv, 2);
	assert_int_equal(service->standing, STANDING_FOREGROUND);
	assert_int_equal(service->signal_group, 0);
	assert_int_equal(service->code_not_found, 127);
	assert_int_equal(service->code_no_access, 126);
	assert_int_equal(service->code_not_run, 1);
	assert_int_equal(service->code_no_fork, 1);
	assert_true(made.spec->passive && made.spec->leave_at_once);
	assert_false(made.spec->own_orphans || made.spec->root_dir || made.spec->close_inherited);
	assert_int_equal(made.spec->signal_map[SIGTSTP], SIGTSTP);
	assert_int_equal(made.spec->signal_map[SIGTTIN], 0);
	assert_int_equal(made.spec->signal_map[SIGTTOU], 0);
	assert_int_equal(made.spec->signal_map[SIGCHLD], 0);
	assert_int_equal(made.spec->farewell_signal, 0);
	assert_string_equal(made.plan.text, "");
	assert_non_null(strstr(sentence(&made, SPEECH_NOT_REAPER), "zombie reaping won't work"));
	assert_string_equal(sentence(&made, SPEECH_ORPHAN), "");
	assert_string_equal(sentence(&made, SPEECH_SPAWNED), "");
	free(made.spec);
}

static void options(void **state)
{
	struct made made;
	const struct service_spec *service =
		expect_run(&made, tini_plan, WORDS("tini", "-gswvv", "-p", "SIGUSR1", "-e143", "-e", "0", "x"), NO_ENV);

	(void)state;
	assert_int_equal(service->signal_group, 1);
	assert_int_equal(made.spec->own_orphans, 1);
	assert_int_equal(made.spec->parent_death_signal, SIGUSR1);
	assert_int_equal(made.spec->exit_map[143], 0);
	assert_int_equal(made.spec->exit_map[142], 142);
	assert_string_not_equal(sentence(&made, SPEECH_ORPHAN), "");
	assert_string_not_equal(sentence(&made, SPEECH_PASSING), "");
	assert_string_equal(sentence(&made, SPEECH_LEAVING), "");
	free(made.spec);
}

static void environment(void **state)
{
	struct made made;
	const struct service_spec *service =
		expect_run(&made, tini_plan, WORDS("tini", "-vvvw", "x"),
			   WORDS("TINI_SUBREAPER=", "TINI_KILL_PROCESS_GROUP=", "TINI_VERBOSITY=0"));

	(void)state;
	assert_int_equal(service->signal_group, 1);
	assert_int_equal(made.spec->own_orphans, 1);
	assert_string_equal(sentence(&made, SPEECH_NOT_REAPER), "");
	assert_string_equal(sentence(&made, SPEECH_ORPHAN), "");
	assert_string_equal(sentence(&made, SPEECH_SPAWNED), "");
	assert_string_not_equal(sentence(&made, SPEECH_NOT_RUN), "");
	free(made.spec);
}

static void wrong_values(void **state)
{
	(void)state;
	expect_text(tini_plan, WORDS("tini", "-p", "TERM", "x"), 2, 1,
		    "[FATAL tini (77)] Not a valid option for -p: TERM\n");
	expect_text(tini_plan, WORDS("tini", "-e", "256", "x"), 2, 1,
		    "[FATAL tini (77)] Not a valid option for -e: 256\n");
	expect_text(tini_plan, WORDS("tini", "-e", "3x", "x"), 2, 1, "for -e: 3x\n");
	expect_text(tini_plan, WORDS("/a/tini", "-z"), 2, 1, "/a/tini: invalid option -- 'z'\ntini (tini version");
	expect_text(tini_plan, WORDS("tini", "--version", "x"), 2, 1, "invalid option -- '-'");
	expect_text(tini_plan, WORDS("tini"), 2, 1, "Usage: tini [OPTIONS] PROGRAM -- [ARGS] | --version\n");
	expect_text(tini_plan, WORDS("tini", "-h"), 1, 0, "supervision of a valid init process");
	expect_text(tini_plan, WORDS("tini", "-l"), 1, 0, "The MIT License");
}

/* As dockerd reads it: the two parts at " - ", the number behind "tini version ", seven digits behind "git.". */
static void version_is_what_dockerd_reads(void **state)
{
	struct made made;
	char version[32], commit[32], end;

	(void)state;
	make_plan(&made, tini_plan, WORDS("docker-init", "--version"), NO_ENV);
	assert_int_equal(made.plan.exit_code, 0);
	assert_int_equal(made.plan.fd, 1);
	assert_int_equal(sscanf(made.plan.text, "tini version %31[0-9.] - git.%31[0-9a-f]%c", version, commit, &end),
			 3);
	assert_int_equal(strlen(commit), 7);
	assert_int_equal(end, '\n');
	assert_ptr_equal(strchr(made.plan.text, '\n'), made.plan.text + strlen(made.plan.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_command),
		cmocka_unit_test(options),
		cmocka_unit_test(environment),
		cmocka_unit_test(wrong_values),
		cmocka_unit_test(version_is_what_dockerd_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
