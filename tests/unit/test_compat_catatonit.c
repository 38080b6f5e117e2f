/* SPDX-License-Identifier: MIT */
#include "compat_util.h"

#include "compat/catatonit.h"

static void a_plain_command(void **state)
{
	struct made made;
	const struct service_spec *service =
		expect_run(&made, catatonit_plan, WORDS("/run/podman-init", "-g", "--", "x"), NO_ENV);

	(void)state;
	assert_int_equal(service->command_argv, 3);
	assert_int_equal(service->standing, STANDING_FOREGROUND);
	assert_int_equal(service->signal_group, 1);
	assert_int_equal(service->code_not_found, 1);
	assert_int_equal(service->code_no_access, 1);
	assert_int_equal(service->code_not_run, 1);
	assert_int_equal(service->code_no_fork, 1);
	assert_true(made.spec->own_orphans && made.spec->root_dir && made.spec->close_inherited);
	assert_true(made.spec->tty_by_name);
	assert_false(made.spec->clean_signals);
	assert_int_equal(made.spec->signal_map[SIGTSTP], 0);
	assert_int_equal(made.spec->signal_map[SIGTTIN], 0);
	assert_int_equal(made.spec->signal_map[SIGTTOU], 0);
	assert_int_equal(made.spec->signal_map[SIGCONT], SIGCONT);
	assert_string_equal(sentence(&made, SPEECH_SPAWNED), "");
	free(made.spec);
}

static void debug_mode(void **state)
{
	struct made made;

	(void)state;
	(void)expect_run(&made, catatonit_plan, WORDS("catatonit", "x"), WORDS("CATATONIT_DEBUG="));
	assert_string_not_equal(sentence(&made, SPEECH_SPAWNED), "");
	free(made.spec);
}

static void pause_mode_has_no_command(void **state)
{
	struct made made;

	(void)state;
	make_plan(&made, catatonit_plan, WORDS("catatonit", "-P", "x"), NO_ENV);
	assert_true(made.plan.run);
	assert_int_equal(made.spec->service_count, 0);
	assert_true(made.spec->several && made.spec->root_dir && made.spec->own_orphans && made.spec->close_inherited);
	assert_int_equal(made.spec->signal_map[SIGTERM], SIGTERM);
	assert_int_equal(made.spec->signal_map[SIGINT], SIGINT);
	assert_int_equal(made.spec->signal_map[SIGQUIT], 0);
	free(made.spec);
}

static void texts(void **state)
{
	(void)state;
	expect_text(catatonit_plan, WORDS("catatonit", "-V", "x"), 1, 0, "tini version 0.1.7_catatonit\n");
	expect_text(catatonit_plan, WORDS("catatonit", "--vers"), 1, 0, "tini version 0.1.7_catatonit\n");
	expect_text(catatonit_plan, WORDS("catatonit", "-h"), 2, 0, "usage: catatonit [-ghLPV]");
	expect_text(catatonit_plan, WORDS("catatonit", "-L"), 1, 0, "The MIT License");
	expect_text(catatonit_plan, WORDS("x", "-z"), 2, 1, "x: invalid option -- 'z'\nusage: catatonit");
	expect_text(catatonit_plan, WORDS("catatonit", "--"), 2, 1,
		    "ERROR (catatonit:77): missing program name\nusage: catatonit");
}

static void the_reserved_variable_ends_it(void **state)
{
	struct made made;

	(void)state;
	make_plan(&made, catatonit_plan, WORDS("catatonit", "-h"), WORDS("CATATONIT_LOG="));
	assert_false(made.plan.run);
	assert_int_equal(made.plan.exit_code, 1);
	assert_string_equal(made.plan.text, "ERROR (catatonit:77): CATATONIT_LOG is reserved for future use\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_command),
		cmocka_unit_test(debug_mode),
		cmocka_unit_test(pause_mode_has_no_command),
		cmocka_unit_test(texts),
		cmocka_unit_test(the_reserved_variable_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
