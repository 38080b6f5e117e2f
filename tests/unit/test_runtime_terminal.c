/* SPDX-License-Identifier: MIT */
/* links: fake/sys.c */
#include "state_util.h"

#include "fake/sys.h"
#include "runtime/terminal.h"

#define STOP_OURSELVES "kill 500 19"

static int start(void **state)
{
	(void)state;
	fake_begin(FAKE_REAL);
	spec = make_services(&(struct services){ .service = { { .command = { "x" } } },
						 .count = 1,
						 .speech = {
							 [SPEECH_TTY_LEADER] = "1leader\n",
							 [SPEECH_TTY_NO_LEADER] = "1no leader\n",
							 [SPEECH_TTY_NOT_GIVEN] = "1not given: {error}\n",
							 [SPEECH_TTY_SIGNAL] = "1ours: {signal}\n",
							 [SPEECH_SUSPENDING] = "1suspending\n",
						 } });
	service_of(spec, 0)->standing = STANDING_FOREGROUND;
	start_runtime();
	rt.running[0].pid = 42;
	fake_begin(FAKE_STRICT);
	fake_pid = 500;
	return 0;
}

static int finish(void **state)
{
	(void)state;
	fake_end();
	end_runtime();
	return 0;
}

/* What is said goes to a real pipe, by a call of the script. */
static void expect_words(void)
{
	fake_expect("write_nowait *", -EAGAIN);
}

static void the_signals_of_giving_up_are_swallowed_once(void **state)
{
	(void)state;
	fake_expect("give_up_tty 0", 0);
	fake_expect("getsid", 500);
	expect_words();
	terminal_give_up(&rt);
	assert_false(terminal_sent(&rt, SIGTERM, false));
	for (int round = 0; round < 2; round++) {
		if (round == 0)
			expect_words();
		assert_int_equal(terminal_sent(&rt, SIGHUP, true), round == 0);
		if (round == 0)
			expect_words();
		assert_int_equal(terminal_sent(&rt, SIGCONT, true), round == 0);
	}
}

static void who_does_not_lead_the_session_gets_none(void **state)
{
	(void)state;
	fake_expect("give_up_tty 0", 0);
	fake_expect("getsid", 1);
	expect_words();
	terminal_give_up(&rt);
	fake_expect("give_up_tty 0", -ENOTTY);
	expect_words();
	terminal_give_up(&rt);
	assert_int_equal(rt.skipped, 0);
	assert_false(terminal_sent(&rt, SIGHUP, true));
	assert_false(terminal_sent(&rt, SIGCONT, true));
}

static void each_outcome_has_its_sentence(void **state)
{
	(void)state;
	fake_begin(FAKE_REAL);
	fake_expect("give_up_tty 0", 0);
	fake_expect("getsid", getpid());
	terminal_give_up(&rt);
	assert_string_equal(words(), "leader\n");
	assert_true(terminal_sent(&rt, SIGHUP, false));
	assert_string_equal(words(), "ours: 1\n");
	fake_expect("give_up_tty 0", 0);
	fake_expect("getsid", 1);
	terminal_give_up(&rt);
	assert_string_equal(words(), "no leader\n");
	fake_expect("give_up_tty 0", -ENOTTY);
	terminal_give_up(&rt);
	assert_string_equal(words(), "not given: Inappropriate ioctl for device\n");
}

/* By the kernel: we are in the background, and the command is not. By a process: an order. */
static void only_the_kernels_ttin_and_ttou_are_ours(void **state)
{
	(void)state;
	assert_true(terminal_sent(&rt, SIGTTIN, true));
	assert_true(terminal_sent(&rt, SIGTTOU, true));
	assert_false(terminal_sent(&rt, SIGTTIN, false));
	assert_false(terminal_sent(&rt, SIGTTOU, false));
	assert_false(terminal_sent(&rt, SIGTSTP, true));
	spec->suspends = 1;
	assert_false(terminal_sent(&rt, SIGTTIN, true));
	assert_false(terminal_sent(&rt, SIGTTOU, true));
}

static void we_stop_with_our_job_alone(void **state)
{
	(void)state;
	terminal_job_stopped(&rt, REAP_HELPER, 0);
	service_of(spec, 0)->standing = STANDING_SESSION;
	terminal_job_stopped(&rt, REAP_SERVICE, 0);
	assert_false(rt.job_stopped);
	service_of(spec, 0)->standing = STANDING_FOREGROUND;
	fake_expect(STOP_OURSELVES, 0);
	terminal_job_stopped(&rt, REAP_SERVICE, 0);
	assert_true(rt.job_stopped);
}

static void a_job_that_was_stopped_goes_on_once(void **state)
{
	(void)state;
	rt.job_stopped = true;
	fake_expect("tcgetpgrp 0", 500); /* fg: the shell gave the terminal to us, and we give it on */
	fake_expect("getpgrp", 500);
	fake_expect("tcsetpgrp 0 42", 0);
	fake_expect("kill -42 18", 0);
	terminal_job_resumed(&rt);
	fake_expect("tcgetpgrp 0", 42); /* it has the terminal and runs: nothing to do, and no second CONT */
	fake_expect("getpgrp", 500);
	terminal_job_resumed(&rt);
	rt.job_stopped = true;
	fake_expect("tcgetpgrp 0", -ENOTTY); /* bg, or no terminal */
	fake_expect("getpgrp", 500);
	fake_expect("kill -42 18", 0);
	terminal_job_resumed(&rt);
}

static void nothing_is_done_for_what_is_not_a_job(void **state)
{
	(void)state;
	rt.job_stopped = true;
	rt.running[0].pid = 0;
	terminal_job_resumed(&rt);
	rt.running[0].pid = 42;
	rt.job_stopped = true;
	service_of(spec, 0)->standing = STANDING_SESSION;
	terminal_job_resumed(&rt);
	service_of(spec, 0)->standing = STANDING_FOREGROUND;
	rt.reap.stopped_fn = NULL; /* as PID 1 */
	rt.job_stopped = true;
	terminal_job_resumed(&rt);
}

static void stop_signals_stop_us_where_the_spec_says_so(void **state)
{
	(void)state;
	terminal_suspend(&rt, SIGTSTP);
	spec->suspends = 1;
	terminal_suspend(&rt, SIGTERM);
	terminal_suspend(&rt, SIGCONT);
	for (int n = 0; n < 3; n++) {
		expect_words();
		fake_expect(STOP_OURSELVES, 0);
		terminal_suspend(&rt, n == 0 ? SIGTSTP : n == 1 ? SIGTTIN : SIGTTOU);
	}
}

#define WITH_RUNTIME(test) cmocka_unit_test_setup_teardown(test, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RUNTIME(the_signals_of_giving_up_are_swallowed_once),
		WITH_RUNTIME(who_does_not_lead_the_session_gets_none),
		WITH_RUNTIME(each_outcome_has_its_sentence),
		WITH_RUNTIME(only_the_kernels_ttin_and_ttou_are_ours),
		WITH_RUNTIME(we_stop_with_our_job_alone),
		WITH_RUNTIME(a_job_that_was_stopped_goes_on_once),
		WITH_RUNTIME(nothing_is_done_for_what_is_not_a_job),
		WITH_RUNTIME(stop_signals_stop_us_where_the_spec_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
