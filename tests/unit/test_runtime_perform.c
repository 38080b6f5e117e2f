/* SPDX-License-Identifier: MIT */
/* links: fake/sys.c */
#include "state_util.h"

#include "fake/sys.h"
#include "runtime/perform.h"

#define SELF 500
#define NOBODYS_PID 99999999 /* beyond all that the kernel gives: for where the kernel may be asked */

static const struct services plain = { .service = { { .command = { "x" } } }, .count = 1 };

/* A runtime whose calls are all scripted; its service runs as pid 42. */
static void begin(const struct services *want)
{
	fake_begin(FAKE_REAL);
	spec = make_services(want);
	start_runtime();
	rt.running[0].pid = rt.running[0].group = 42;
	fake_begin(FAKE_STRICT);
	fake_pid = SELF;
}

static void end(void)
{
	assert_no_event();
	fake_end();
	end_runtime();
}

static int start(void **state)
{
	(void)state;
	begin(&plain);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	end();
	return 0;
}

static void perform(enum effect_kind kind, int32_t value)
{
	perform_effect(&rt, &(struct effect){ .kind = kind, .watch = EFFECT_NO_INDEX, .seq = 5, .value = value });
}

static void perform_wide(enum effect_kind kind, int32_t value)
{
	perform_effect(&rt, &(struct effect){
				    .kind = kind, .watch = EFFECT_NO_INDEX, .seq = 5, .value = value, .wide = true });
}

/* /proc as these calls see it: one process, 9, that is a child of parent. */
static void expect_descendant(int parent)
{
	char stat[64];

	(void)snprintf(stat, sizeof(stat), "9 (x) S %d 42 42", parent);
	fake_expect("dir_open /proc", 0);
	fake_answer_text("dir_next", "9");
	fake_expect("open /proc/9/stat", 5);
	fake_answer_text("read 5", stat);
	fake_expect("close 5", 0);
}

static void expect_end_of_proc(void)
{
	fake_expect("dir_next", 0);
	fake_expect("dir_close", 0);
}

static void a_spawned_command_is_known_before_it_is_told(void **state)
{
	(void)state;
	rt.running[0].pid = 0;
	rt.running[0].clearing = 42; /* what the last one left is not waited for any more */
	rt.clearing = 1;
	fake_expect("fork", 43);
	perform(FX_SPAWN, 0);
	assert_event(EV_SPAWNED, 5, 43);
	assert_int_equal(rt.running[0].pid, 43);
	assert_int_equal(rt.running[0].group, 43);
	assert_int_equal(rt.running[0].clearing, 0);
	assert_int_equal(rt.clearing, 0);
	assert_int_equal(rt.reap.used, 1);
}

static void a_fork_that_fails_is_an_answer(void **state)
{
	struct services want = plain;

	(void)state;
	end_runtime();
	want.speech[SPEECH_NO_FORK] = "1no fork: {error}\n";
	want.speech[SPEECH_SPAWNED] = "1spawned {pid} {command}\n";
	begin(&want);
	fake_begin(FAKE_REAL);
	rt.running[0].pid = 0;
	fake_expect("fork", -EAGAIN);
	perform(FX_SPAWN, 0);
	assert_event(EV_SPAWN_FAILED, 5, EAGAIN);
	assert_int_equal(rt.running[0].pid, 0);
	assert_int_equal(rt.reap.used, 0);
	assert_string_equal(words(), "no fork: Resource temporarily unavailable\n");
	fake_expect("fork", 43);
	perform(FX_SPAWN, 0);
	assert_event(EV_SPAWNED, 5, 43);
	assert_string_equal(words(), "spawned 43 x\n");
}

static void the_terminal_is_given_up_before_the_fork(void **state)
{
	(void)state;
	service_of(spec, 0)->standing = STANDING_TERMINAL;
	fake_expect("give_up_tty 0", -ENOTTY);
	fake_expect("fork", 43);
	perform(FX_SPAWN, 0);
	assert_event(EV_SPAWNED, 5, 43);
}

/* A directory is kept for the next start, unless there cannot be one. */
static void what_only_the_command_needs_is_closed_after_the_fork(void **state)
{
	(void)state;
	rt.dir_fd = 9;
	fake_expect("fork", 43);
	perform(FX_SPAWN, 0);
	assert_event(EV_SPAWNED, 5, 43);
	assert_int_equal(rt.dir_fd, 9);
	spec->passive = 1;
	fake_expect("fork", -EAGAIN);
	perform(FX_SPAWN, 0);
	assert_event(EV_SPAWN_FAILED, 5, EAGAIN);
	assert_int_equal(rt.dir_fd, 9);
	fake_expect("fork", 43);
	fake_expect("close 9", 0);
	perform(FX_SPAWN, 0);
	assert_event(EV_SPAWNED, 5, 43);
	assert_int_equal(rt.dir_fd, -1);
}

static void a_probe_of_a_port_is_made_at_once(void **state)
{
	static const long answers[] = { 1, 0, -EMFILE };

	(void)state;
	end_runtime();
	begin(&(struct services){
		.service = { { .command = { "x" }, .ready_kind = READY_TCP, .ready_target = "127.0.0.1" } },
		.count = 1 });
	for (size_t n = 0; n < COUNT(answers); n++) {
		fake_expect("connect_tcp 127.0.0.1 80", answers[n]);
		perform(FX_PROBE, 0);
		assert_event(EV_PROBED, 5, answers[n] == 1);
	}
}

/* A path may hang, a command may do anything: both are for a helper. */
static void a_probe_that_may_block_is_a_helpers(void **state)
{
	static const enum ready_kind kinds[] = { READY_FILE, READY_UNIX, READY_EXEC };

	(void)state;
	for (size_t n = 0; n < COUNT(kinds); n++) {
		end_runtime();
		begin(&(struct services){ .service = { { .command = { "x" },
							 .ready_kind = kinds[n],
							 .ready = { "true" },
							 .ready_target = "/run/x" } },
					  .count = 1 });
		rt.report.sink.fd = -1;
		fake_expect("pipe", -EMFILE);
		perform(FX_PROBE, 0);
		assert_event(EV_PROBED, 5, 0);
	}
}

static void a_signal_goes_to_the_process_or_to_its_group(void **state)
{
	(void)state;
	fake_expect("kill 42 15", 0);
	perform(FX_KILL, SIGTERM);
	service_of(spec, 0)->signal_group = 1;
	fake_expect("kill -42 15", 0);
	perform(FX_KILL, SIGTERM);
	fake_expect("kill -42 15", -ESRCH); /* just forked: it has yet to make its group */
	fake_expect("kill 42 15", 0);
	perform(FX_KILL, SIGTERM);
	fake_expect("kill -42 15", -ESRCH); /* gone: its end is on the way, and is no fault */
	fake_expect("kill 42 15", -ESRCH);
	perform(FX_KILL, SIGTERM);
	rt.running[0].pid = 0; /* kill(0) would be us */
	perform(FX_KILL, SIGTERM);
	perform_wide(FX_KILL, SIGKILL);
}

static void a_wide_signal_reaches_the_whole_tree(void **state)
{
	(void)state;
	expect_descendant(42);
	fake_expect("kill 9 9", 0);
	expect_end_of_proc();
	fake_expect("kill -42 9", 0);
	fake_expect("kill 42 9", 0);
	perform_wide(FX_KILL, SIGKILL);
	fake_expect("dir_open /proc", -ENOENT);
	fake_expect("kill -42 9", -ESRCH);
	fake_expect("kill 42 9", 0);
	perform_wide(FX_KILL, SIGKILL);
}

static void what_became_of_a_signal_is_said(void **state)
{
	struct services want = plain;

	(void)state;
	end_runtime();
	want.speech[SPEECH_PASSED] = "1passed {signal}\n";
	want.speech[SPEECH_PASS_GONE] = "1gone\n";
	want.speech[SPEECH_PASS_FAILED] = "1failed {pid} {signal}: {errno}\n";
	begin(&want);
	fake_begin(FAKE_REAL);
	rt.running[0].pid = NOBODYS_PID;
	fake_expect("kill 99999999 15", 0);
	perform(FX_KILL, SIGTERM);
	assert_string_equal(words(), "passed 15\n");
	fake_expect("kill 99999999 15", -ESRCH);
	perform(FX_KILL, SIGTERM);
	assert_string_equal(words(), "gone\npassed 15\n");
	fake_expect("kill 99999999 15", -EINVAL);
	perform(FX_KILL, SIGTERM);
	assert_string_equal(words(), "failed 99999999 15: 22\npassed 15\n");
}

static void leftovers_are_told_once(void **state)
{
	(void)state;
	fake_expect("kill -42 15", 0);
	fake_expect("kill -42 0", 0);
	perform(FX_CLEAR, SIGTERM);
	assert_no_event();
	assert_int_equal(rt.clearing, 1);
	fake_expect("kill -42 9", 0); /* asked a second time, with the stronger signal */
	fake_expect("kill -42 0", -ESRCH);
	perform(FX_CLEAR, SIGKILL);
	assert_event(EV_CLEARED, 5, 0);
	assert_no_event();
	assert_int_equal(rt.clearing, 0);
}

static void a_farewell_goes_to_the_group_alone(void **state)
{
	(void)state;
	rt.running[0].pid = 0; /* it has ended; its group is known */
	perform(FX_FAREWELL, SIGTERM);
	service_of(spec, 0)->signal_group = 1;
	fake_expect("kill -42 15", -ESRCH);
	perform(FX_FAREWELL, SIGTERM);
	rt.running[0].group = 0; /* it was never started */
	perform(FX_FAREWELL, SIGTERM);
}

static void expect_status(const char *status)
{
	fake_expect("open /proc/42/status", 5);
	fake_answer_text("read 5", status);
	fake_expect("close 5", 0);
}

#define CATCHES_HUP "State:\tR\nSigCgt:\t0000000000000001\n"
#define CATCHES_NONE "State:\tR\nSigBlk:\t0000000000000000\nSigCgt:\t0000000000000000\n"
#define TELLS_NOTHING "State:\tR\n"

static void a_reload_signal_is_sent_to_who_catches_it(void **state)
{
	(void)state;
	expect_status(CATCHES_HUP);
	fake_expect("kill 42 1", 0);
	perform(FX_NOTIFY, SIGHUP);
	assert_event(EV_SIGNALLED, 5, SIGNAL_SENT);
	expect_status(CATCHES_NONE);
	perform(FX_NOTIFY, SIGHUP);
	assert_event(EV_SIGNALLED, 5, SIGNAL_NOT_CAUGHT);
	expect_status(CATCHES_NONE); /* it would be killed, forced or not */
	perform_wide(FX_NOTIFY, SIGHUP);
	assert_event(EV_SIGNALLED, 5, SIGNAL_NOT_CAUGHT);
	expect_status(CATCHES_HUP);
	fake_expect("kill 42 1", -EINVAL);
	perform(FX_NOTIFY, SIGHUP);
	assert_event(EV_SIGNALLED, 5, SIGNAL_GONE);
}

static void where_it_cannot_be_told_force_decides(void **state)
{
	(void)state;
	expect_status(TELLS_NOTHING);
	perform(FX_NOTIFY, SIGHUP);
	assert_event(EV_SIGNALLED, 5, SIGNAL_UNKNOWN);
	expect_status(TELLS_NOTHING);
	fake_expect("kill 42 1", 0);
	perform_wide(FX_NOTIFY, SIGHUP);
	assert_event(EV_SIGNALLED, 5, SIGNAL_SENT);
}

static void who_is_gone_gets_nothing(void **state)
{
	(void)state;
	for (int wide = 0; wide < 2; wide++) {
		fake_expect("open /proc/42/status", -ENOENT);
		fake_expect("kill 42 0", -ESRCH);
		(wide ? perform_wide : perform)(FX_NOTIFY, SIGHUP);
		assert_event(EV_SIGNALLED, 5, SIGNAL_GONE);
	}
	rt.running[0].pid = 0;
	perform_wide(FX_NOTIFY, SIGHUP);
	assert_event(EV_SIGNALLED, 5, SIGNAL_GONE);
}

/* Out of descriptors or memory nothing is known of the process: no signal is forced on it, it is asked again later. */
static void who_cannot_be_asked_gets_nothing(void **state)
{
	static const int errors[] = { -EMFILE, -ENFILE, -ENOMEM };

	(void)state;
	for (size_t n = 0; n < COUNT(errors); n++) {
		fake_expect("open /proc/42/status", errors[n]);
		perform(FX_NOTIFY, SIGHUP);
		assert_event(EV_SIGNALLED, 5, SIGNAL_GONE);
		fake_expect("open /proc/42/status", errors[n]);
		perform_wide(FX_NOTIFY, SIGHUP);
		assert_event(EV_SIGNALLED, 5, SIGNAL_GONE);
	}
}

/* The first call reaps: who has no child left has nothing to end. */
static void the_rest_is_gone_or_is_ended(void **state)
{
	(void)state;
	rt.report.sink.fd = -1;
	fake_expect("wait_any", -ECHILD);
	perform(FX_END_REST, SIGTERM);
	assert_event(EV_REST_GONE, 0, 0);
	assert_true(rt.rest_wanted);
	fake_expect("wait_any", 0);
	expect_descendant(SELF);
	fake_expect("kill 9 15", 0);
	expect_end_of_proc();
	perform(FX_END_REST, SIGTERM);
	assert_no_event();
	fake_expect("wait_any", 0);
	perform(FX_END_REST, 0); /* only waited for */
}

static void without_proc_only_pid_1_may_kill_all(void **state)
{
	(void)state;
	rt.report.sink.fd = -1;
	fake_expect("wait_any", 0);
	fake_expect("dir_open /proc", -ENOENT);
	perform(FX_END_REST, SIGKILL);
	fake_pid = 1;
	fake_expect("wait_any", 0);
	fake_expect("dir_open /proc", -ENOENT);
	fake_expect("kill -1 9", 0);
	perform(FX_END_REST, SIGKILL);
	fake_expect("wait_any", 0); /* with /proc not even then: others' processes may be in our namespace */
	expect_descendant(1);
	fake_expect("kill 9 9", 0);
	expect_end_of_proc();
	perform(FX_END_REST, SIGKILL);
}

static void the_rest_is_logged_by_what_is_done(void **state)
{
	static const struct {
		int signal;
		const char *event;
	} cases[] = { { 0, "event=REST_WAIT" },
		      { SIGTERM, "event=REST_TERM signal=TERM limit_ms=5000" },
		      { SIGKILL, "event=REST_KILL signal=KILL" } };

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		fake_begin(FAKE_REAL);
		fake_expect("wait_any", 0);
		if (cases[n].signal != 0)
			fake_expect("dir_open /proc", -ENOENT);
		perform(FX_END_REST, cases[n].signal);
		assert_holds(words(), cases[n].event);
	}
}

/* Nothing of it has a helper here: what cannot start must be answered, each in its own way. */
static void what_a_helper_should_do_is_handed_on(void **state)
{
	(void)state;
	rt.report.sink.fd = -1;
	perform(FX_POST_STOP, 0);
	assert_event(EV_POST_STOPPED, 5, SPAWN_EXIT_NOT_RUN << 8);
	perform(FX_HOOK, 0);
	assert_event(EV_HOOKED, 5, SPAWN_EXIT_NOT_RUN << 8);
	perform(FX_VALIDATE, 0);
	assert_event(EV_VALIDATED, 5, VERDICT_REFUSED);
	perform(FX_CANCEL, 0);
}

static void the_log_names_the_service(void **state)
{
	(void)state;
	fake_begin(FAKE_REAL);
	perform_effect(
		&rt, &(struct effect){ .kind = FX_LOG, .message = MSG_STARTED, .watch = EFFECT_NO_INDEX, .value = 42 });
	assert_holds(words(), "event=STARTED service=a pid=42");
	perform_effect(&rt, &(struct effect){ .kind = FX_LOG,
					      .message = MSG_SHUTDOWN_DONE,
					      .service = EFFECT_NO_INDEX,
					      .watch = EFFECT_NO_INDEX });
	assert_holds(words(), "event=SHUTDOWN_DONE\n");
}

static void the_exit_is_the_last_call(void **state)
{
	struct services want = plain;

	(void)state;
	end_runtime();
	want.speech[SPEECH_LEAVING] = "1leaving {code}\n";
	begin(&want);
	(void)strcpy(rt.report.reason, "reinit: it failed");
	fake_expect("open /dev/termination-log", 5);
	fake_expect("write 5", 32);
	fake_expect("close 5", 0);
	fake_expect("write_nowait *", 10);
	fake_expect("exit 7", 0);
	if (setjmp(fake_exit) == 0) {
		perform(FX_EXIT, 7);
		fail();
	}
}

#define WITH_RUNTIME(test) cmocka_unit_test_setup_teardown(test, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RUNTIME(a_spawned_command_is_known_before_it_is_told),
		WITH_RUNTIME(a_fork_that_fails_is_an_answer),
		WITH_RUNTIME(the_terminal_is_given_up_before_the_fork),
		WITH_RUNTIME(what_only_the_command_needs_is_closed_after_the_fork),
		WITH_RUNTIME(a_probe_of_a_port_is_made_at_once),
		WITH_RUNTIME(a_probe_that_may_block_is_a_helpers),
		WITH_RUNTIME(a_signal_goes_to_the_process_or_to_its_group),
		WITH_RUNTIME(a_wide_signal_reaches_the_whole_tree),
		WITH_RUNTIME(what_became_of_a_signal_is_said),
		WITH_RUNTIME(leftovers_are_told_once),
		WITH_RUNTIME(a_farewell_goes_to_the_group_alone),
		WITH_RUNTIME(a_reload_signal_is_sent_to_who_catches_it),
		WITH_RUNTIME(where_it_cannot_be_told_force_decides),
		WITH_RUNTIME(who_is_gone_gets_nothing),
		WITH_RUNTIME(who_cannot_be_asked_gets_nothing),
		WITH_RUNTIME(the_rest_is_gone_or_is_ended),
		WITH_RUNTIME(without_proc_only_pid_1_may_kill_all),
		WITH_RUNTIME(the_rest_is_logged_by_what_is_done),
		WITH_RUNTIME(what_a_helper_should_do_is_handed_on),
		WITH_RUNTIME(the_log_names_the_service),
		WITH_RUNTIME(the_exit_is_the_last_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
