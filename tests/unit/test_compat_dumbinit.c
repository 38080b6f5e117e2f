/* SPDX-License-Identifier: MIT */
#include "compat_util.h"

#include "compat/dumbinit.h"

static void a_plain_command(void **state)
{
	struct made made;
	const struct service_spec *service = expect_run(&made, dumbinit_plan, WORDS("dumb-init", "x", "--"), NO_ENV);

	(void)state;
	assert_int_equal(service->command_argv, 1);
	assert_int_equal(service->standing, STANDING_TERMINAL);
	assert_int_equal(service->signal_group, 1);
	assert_int_equal(service->code_not_found, 2);
	assert_int_equal(service->code_no_access, 2);
	assert_int_equal(service->code_not_run, 2);
	assert_int_equal(service->code_no_fork, 1);
	assert_true(made.spec->suspends && made.spec->root_dir && made.spec->clean_signals);
	assert_false(made.spec->own_orphans || made.spec->close_inherited);
	assert_int_equal(made.spec->farewell_signal, SIGTERM);
	assert_int_equal(made.spec->signal_map[SIGTSTP], SIGSTOP);
	assert_int_equal(made.spec->signal_map[SIGTTIN], SIGSTOP);
	assert_int_equal(made.spec->signal_map[SIGTTOU], SIGSTOP);
	assert_string_equal(sentence(&made, SPEECH_SIGNAL_CAME), "");
	assert_string_not_equal(sentence(&made, SPEECH_NOT_RUN), "");
	free(made.spec);
}

static void a_single_child(void **state)
{
	struct made made;
	const struct service_spec *service = expect_run(&made, dumbinit_plan, WORDS("dumb-init", "-c", "x"), NO_ENV);

	(void)state;
	assert_int_equal(service->standing, STANDING_SAME);
	assert_int_equal(service->signal_group, 0);
	assert_int_equal(made.spec->signal_map[SIGTSTP], SIGTSTP);
	free(made.spec);
	service = expect_run(&made, dumbinit_plan, WORDS("dumb-init", "x"), WORDS("DUMB_INIT_SETSID=0"));
	assert_int_equal(service->standing, STANDING_SAME);
	free(made.spec);
	service = expect_run(&made, dumbinit_plan, WORDS("dumb-init", "x"), WORDS("DUMB_INIT_SETSID=00"));
	assert_int_equal(service->standing, STANDING_TERMINAL);
	free(made.spec);
}

static void rewrites(void **state)
{
	struct made made;

	(void)state;
	(void)expect_run(&made, dumbinit_plan,
			 WORDS("dumb-init", "-r", "15:2", "--rewrite=1:0", "-r20:31", "-r", "17:3", "x"), NO_ENV);
	assert_int_equal(made.spec->signal_map[15], 2);
	assert_int_equal(made.spec->signal_map[1], 0);
	assert_int_equal(made.spec->signal_map[SIGTSTP], 31);
	assert_int_equal(made.spec->signal_map[SIGCHLD], 0);
	assert_int_equal(made.spec->signal_map[40], 40);
	free(made.spec);
}

static void wrong_rewrites(void **state)
{
	static char *const values[] = { "0:1", "32:1", "1:32", "1:-1", "1", "1:", "HUP:INT", "" };

	(void)state;
	for (size_t n = 0; n < sizeof(values) / sizeof(values[0]); n++)
		expect_text(dumbinit_plan, WORDS("dumb-init", "-r", values[n], "x"), 2, 1,
			    "Usage: -r option takes <signum>:<signum>, where <signum> is between 1 and 31.\n");
}

static void debug_mode(void **state)
{
	struct made made;

	(void)state;
	(void)expect_run(&made, dumbinit_plan, WORDS("dumb-init", "x"),
			 WORDS("DUMB_INIT_DEBUG=1", "DUMB_INIT_SETSID=0"));
	assert_int_equal(made.plan.fd, 2);
	assert_string_equal(made.plan.text,
			    "[dumb-init] Running in debug mode.\n[dumb-init] Not running in setsid mode.\n");
	assert_string_not_equal(sentence(&made, SPEECH_SIGNAL_CAME), "");
	free(made.spec);
	(void)expect_run(&made, dumbinit_plan, WORDS("dumb-init", "x"), WORDS("DUMB_INIT_DEBUG=yes"));
	assert_string_equal(made.plan.text, "");
	free(made.spec);
}

static void texts(void **state)
{
	(void)state;
	expect_text(dumbinit_plan, WORDS("dumb-init", "-V"), 2, 0, "dumb-init v1.2.5\n");
	expect_text(dumbinit_plan, WORDS("/a/dumb-init", "--help"), 2, 0, "Usage: /a/dumb-init [option] command");
	expect_text(dumbinit_plan, WORDS("dumb-init", "-v"), 2, 1, "Try dumb-init --help for full usage.\n");
	expect_text(dumbinit_plan, WORDS("dumb-init", "-x", "y"), 2, 1, "dumb-init: invalid option -- 'x'\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_command), cmocka_unit_test(a_single_child), cmocka_unit_test(rewrites),
		cmocka_unit_test(wrong_rewrites),  cmocka_unit_test(debug_mode),     cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
