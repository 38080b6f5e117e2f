/* SPDX-License-Identifier: MIT */
/* links: fake/sys.c */
#include "state_util.h"

#include "fake/sys.h"
#include "runtime/children.h"

static int start(void **state)
{
	(void)state;
	fake_begin(FAKE_REAL);
	spec = make_services(&(struct services){ .service = { { .command = { "x" } } },
						 .count = 1,
						 .speech = {
							 [SPEECH_REAPED] = "1reaped {pid}\n",
							 [SPEECH_REAPED_EXITED] = "2exited {pid} {code}\n",
							 [SPEECH_REAPED_KILLED] = "2killed {pid} {signal}\n",
							 [SPEECH_ORPHAN] = "1orphan {pid}\n",
							 [SPEECH_MAIN_EXITED] = "1main exited {code}\n",
							 [SPEECH_MAIN_KILLED] = "1main killed {signal} {signame}\n",
						 } });
	start_runtime();
	return 0;
}

static int finish(void **state)
{
	(void)state;
	end_runtime();
	return 0;
}

static void every_end_is_told_in_its_words(void **state)
{
	(void)state;
	children_say(&rt, true, 7, 3 << 8);
	assert_string_equal(words(), "reaped 7\nexited 7 3\n");
	children_say(&rt, false, 8, SIGKILL);
	assert_string_equal(words(), "reaped 8\nkilled 8 9\norphan 8\n");
}

static void a_main_process_that_ended_is_an_event(void **state)
{
	(void)state;
	rt.running[0].pid = rt.running[0].group = 7;
	children_exited(&rt, 0, 5, 7, 3 << 8);
	assert_event(EV_EXITED, 5, 3 << 8);
	assert_int_equal(rt.running[0].pid, 0);
	assert_int_equal(rt.running[0].group, 7); /* for what it left behind */
	assert_string_equal(words(), "main exited 3\n");
	children_exited(&rt, 0, 6, 9, SIGTERM);
	assert_event(EV_EXITED, 6, SIGTERM);
	assert_string_equal(words(), "main killed 15 Terminated\n");
}

/* One that was given up as stuck dies late: its successor is alive. */
static void a_late_end_does_not_touch_the_next_incarnation(void **state)
{
	(void)state;
	rt.running[0].pid = 8;
	children_exited(&rt, 0, 5, 7, 0);
	assert_int_equal(rt.running[0].pid, 8);
	assert_event(EV_EXITED, 5, 0);
}

static void a_cleared_group_is_told_once(void **state)
{
	(void)state;
	fake_begin(FAKE_STRICT);
	children_check_cleared(&rt, 0); /* nobody waits: no call */
	rt.running[0].clearing = 7;
	rt.running[0].clearing_seq = 5;
	rt.clearing = 1;
	fake_expect("kill -7 0", 0);
	fake_expect("kill -7 0", -EPERM); /* there, but another user's */
	children_check_cleared(&rt, 0);
	children_check_cleared(&rt, 0);
	assert_no_event();
	assert_int_equal(rt.clearing, 1);
	fake_expect("kill -7 0", -ESRCH);
	children_check_cleared(&rt, 0);
	assert_event(EV_CLEARED, 5, 0);
	assert_int_equal(rt.clearing, 0);
	children_check_cleared(&rt, 0);
	assert_no_event();
	fake_end();
}

#define WITH_RUNTIME(test) cmocka_unit_test_setup_teardown(test, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RUNTIME(every_end_is_told_in_its_words),
		WITH_RUNTIME(a_main_process_that_ended_is_an_event),
		WITH_RUNTIME(a_late_end_does_not_touch_the_next_incarnation),
		WITH_RUNTIME(a_cleared_group_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
