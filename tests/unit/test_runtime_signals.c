/* SPDX-License-Identifier: MIT */
#include "runtime_util.h"

#include "runtime/signals.h"
#include "runtime/sys.h"

static sigset_t mask_before;
static int came[64], came_count;

static int save_mask(void **state)
{
	(void)state;
	came_count = 0;
	return sigprocmask(SIG_SETMASK, NULL, &mask_before);
}

static int restore_mask(void **state)
{
	(void)state;
	(void)signal(SIGCHLD, SIG_DFL);
	return sigprocmask(SIG_SETMASK, &mask_before, NULL);
}

static void note(void *arg, int signal, bool by_kernel)
{
	(void)arg;
	(void)by_kernel;
	assert_true(came_count < 64);
	came[came_count++] = signal;
}

static void realtime_signals_come_one_for_one_in_batches(void **state)
{
	struct spawn_inherited inherited;
	int fd;

	(void)state;
	signals_take_over(&inherited);
	fd = signals_open();
	assert_true(fd >= 0);
	for (int n = 0; n < SIGNALS_BATCH + 4; n++)
		assert_int_equal(kill(getpid(), 40), 0);
	assert_int_equal(kill(getpid(), SIGTERM), 0);
	signals_read(fd, note, NULL);
	assert_int_equal(came_count, SIGNALS_BATCH);
	signals_read(fd, note, NULL);
	assert_int_equal(came_count, SIGNALS_BATCH + 4 + 1);
	signals_read(fd, note, NULL); /* nothing there: does not wait */
	assert_int_equal(came_count, SIGNALS_BATCH + 4 + 1);
	(void)close(fd);
}

static void what_came_from_outside_is_kept_for_children(void **state)
{
	struct spawn_inherited inherited;
	struct sigaction action;
	sigset_t blocked;

	(void)state;
	(void)sigemptyset(&blocked);
	(void)sigaddset(&blocked, SIGUSR2);
	assert_int_equal(sigprocmask(SIG_SETMASK, &blocked, NULL), 0);
	(void)signal(SIGCHLD, SIG_IGN);
	signals_take_over(&inherited);
	assert_true(inherited.sigchld_ignored);
	assert_true(sigismember(&inherited.mask, SIGUSR2));
	assert_false(sigismember(&inherited.mask, SIGTERM));
	assert_int_equal(sigaction(SIGCHLD, NULL, &action), 0);
	assert_true(action.sa_handler == SIG_DFL);
	assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &blocked), 0);
	assert_true(sigismember(&blocked, SIGTERM) && sigismember(&blocked, SIGSEGV) && sigismember(&blocked, 64));
	signals_take_over(&inherited);
	assert_false(inherited.sigchld_ignored);
}

/* The log's pipe has lost its reader: that is no signal for the service. One from another process is. */
static void the_answer_to_our_own_write_is_not_passed_on(void **state)
{
	struct spawn_inherited inherited;
	int fd, fds[2];
	pid_t child;

	(void)state;
	signals_take_over(&inherited);
	fd = signals_open();
	assert_int_equal(pipe(fds), 0);
	(void)close(fds[0]);
	assert_int_equal(sys_write(fds[1], "x", 1), -EPIPE);
	signals_read(fd, note, NULL);
	assert_int_equal(came_count, 0);
	child = fork();
	if (child == 0)
		_exit(kill(getppid(), SIGPIPE));
	assert_int_equal(waitpid(child, NULL, 0), child);
	signals_read(fd, note, NULL);
	assert_int_equal(came_count, 2);
	assert_true((came[0] == SIGPIPE && came[1] == SIGCHLD) || (came[0] == SIGCHLD && came[1] == SIGPIPE));
	(void)close(fds[1]);
	(void)close(fd);
}

#define WITH_MASK(test) cmocka_unit_test_setup_teardown(test, save_mask, restore_mask)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_MASK(realtime_signals_come_one_for_one_in_batches),
		WITH_MASK(what_came_from_outside_is_kept_for_children),
		WITH_MASK(the_answer_to_our_own_write_is_not_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
