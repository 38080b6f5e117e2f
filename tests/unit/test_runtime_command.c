/* SPDX-License-Identifier: MIT */
/* links: fake/sys.c */
#include "runtime_util.h"

#include "fake/sys.h"
#include "runtime/command.h"
#include "runtime/signals.h"

static struct spawn_inherited inherited;
static char output[4096 + 1];

/* Run a script of sh; output is terminated. */
static struct command run(const char *script, int64_t timeout_ms, int64_t memory_bytes)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)(uintptr_t)script, NULL };
	struct command command = { .argv = argv,
				   .timeout_ms = timeout_ms,
				   .memory_bytes = memory_bytes,
				   .name = "test",
				   .output = output,
				   .output_size = sizeof(output) - 1 };

	(void)alarm(120); /* blocked, yet the default of the child that hangs: nothing here may */
	assert_int_equal(command_run(&command, &inherited), 0);
	(void)alarm(0);
	output[command.output_len] = '\0';
	return command;
}

static void assert_no_child_is_left(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static int start(void **state)
{
	fake_begin(FAKE_REAL);
	return make_temp(state);
}

static void status_and_output_are_kept(void **state)
{
	struct command command = run("echo out; echo err >&2; exit 3", 0, 0);

	(void)state;
	assert_string_equal(output, "out\nerr\n");
	assert_int_equal(WEXITSTATUS(command.status), 3);
	assert_false(command.timed_out || command.cancelled);
	command = run("kill -9 $$", 0, 0);
	assert_true(WIFSIGNALED(command.status) && WTERMSIG(command.status) == SIGKILL);
	assert_string_equal(output, "");
	assert_no_child_is_left();
}

static void stdin_is_empty_signals_are_as_they_came_and_the_session_is_its_own(void **state)
{
	(void)state;
	(void)run("read x || echo eof; cut -d' ' -f1,6 /proc/self/stat >/dev/null; grep SigBlk /proc/self/status; "
		  "set -- $(cat /proc/$$/stat); test $1 = $6 && echo leader; cat /proc/self/oom_score_adj",
		  0, 0);
	assert_string_equal(output, "eof\nSigBlk:\t0000000000000000\nleader\n1000\n");
}

static void a_missing_program_says_so_itself(void **state)
{
	char *const argv[] = { (char *)"/does/not/exist", NULL };
	struct command command = { .argv = argv, .name = "test", .output = output, .output_size = sizeof(output) - 1 };

	(void)state;
	assert_int_equal(command_run(&command, &inherited), 0);
	assert_int_equal(WEXITSTATUS(command.status), SPAWN_EXIT_NOT_FOUND);
	output[command.output_len] = '\0';
	assert_holds(output, "/does/not/exist");
}

static void of_a_flood_the_end_is_kept(void **state)
{
	(void)state;
	(void)run("seq 1 100000; echo the end", 0, 0);
	assert_holds(output, "\n99999\n100000\nthe end\n");
}

static void its_time_ends(void **state)
{
	struct command command = run("echo begun; exec sleep 1000", 50, 0);

	(void)state;
	assert_true(command.timed_out);
	assert_int_equal(WTERMSIG(command.status), SIGTERM);
	command = run("trap '' TERM; echo begun; while :; do sleep 1; done", 300, 0);
	assert_true(command.timed_out);
	assert_int_equal(WTERMSIG(command.status), SIGKILL);
	assert_string_equal(output, "begun\n");
	assert_no_child_is_left();
}

static void a_flood_does_not_keep_it_from_its_time(void **state)
{
	struct command command = run("yes & yes & yes", 200, 0);

	(void)state;
	assert_true(command.timed_out);
	assert_holds(output, "y\ny\n");
	assert_no_child_is_left();
}

static char output_read[32];
static int reads, most_reads;

static void count_reads(const char *call)
{
	reads = strcmp(call, output_read) == 0 ? reads + 1 : 0;
	if (reads > most_reads)
		most_reads = reads;
}

/* However fast it is: between two portions there is a look at the clock. */
static void a_flood_is_taken_in_portions(void **state)
{
	static const char chunk[4096];
	int next_fd = dup(0);

	(void)state;
	assert_int_equal(close(next_fd), 0); /* what the pipe will be */
	(void)snprintf(output_read, sizeof(output_read), "read %d", next_fd);
	for (int n = 0; n < 200; n++)
		fake_answer(output_read, chunk, sizeof(chunk), sizeof(chunk));
	fake_hook = count_reads;
	(void)run("true", 0, 0);
	assert_true(most_reads > 1 && most_reads <= 64);
	fake_begin(FAKE_REAL);
}

static void what_it_leaves_behind_is_ended(void **state)
{
	char line[64];
	pid_t pid;

	(void)state;
	/* A sleeper in a session of its own, one that floods, and one that never stops forking. */
	(void)run("setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $!; (setsid yes &); "
		  "(setsid sh -c 'while :; do (sleep 0.01 &); sleep 0.01; done' >/dev/null 2>&1 &); exit 0",
		  0, 0);
	assert_no_child_is_left();
	(void)snprintf(line, sizeof(line), "%.20s", output);
	pid = atoi(line);
	if (pid > 1) /* else the flood was faster */
		assert_int_equal(kill(pid, 0), -1);
}

static void memory_is_limited(void **state)
{
	(void)state;
	(void)run("ulimit -v", 0, 256 << 20);
	assert_string_equal(output, "262144\n");
	(void)run("ulimit -v", 0, 0);
	assert_string_equal(output, "unlimited\n");
}

static void a_term_cancels(void **state)
{
	struct command command;

	(void)state;
	assert_int_equal(kill(getpid(), SIGTERM), 0); /* blocked: it waits until the command runs */
	command = run("exec sleep 1000", 0, 0);
	assert_true(command.cancelled);
	assert_false(command.timed_out);
	assert_int_equal(WTERMSIG(command.status), SIGTERM);
}

static int open_fds(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void what_cannot_start_is_told_and_nothing_stays_open(void **state)
{
	char *const argv[] = { (char *)"true", NULL };
	struct command command = { .argv = argv, .name = "test", .output = output, .output_size = sizeof(output) };
	int before = open_fds();

	(void)state;
	fake_expect("pipe", -EMFILE);
	assert_int_equal(command_run(&command, &inherited), -EMFILE);
	fake_expect("signalfd", -ENFILE);
	assert_int_equal(command_run(&command, &inherited), -ENFILE);
	fake_expect("fork", -EAGAIN);
	assert_int_equal(command_run(&command, &inherited), -EAGAIN);
	fake_end();
	assert_int_equal(command_run(&command, &inherited), 0);
	assert_int_equal(open_fds(), before);
}

#define WITH_DIR(test) cmocka_unit_test_setup_teardown(test, start, remove_temp)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DIR(status_and_output_are_kept),
		WITH_DIR(stdin_is_empty_signals_are_as_they_came_and_the_session_is_its_own),
		WITH_DIR(a_missing_program_says_so_itself),
		WITH_DIR(of_a_flood_the_end_is_kept),
		WITH_DIR(its_time_ends),
		WITH_DIR(a_flood_does_not_keep_it_from_its_time),
		WITH_DIR(a_flood_is_taken_in_portions),
		WITH_DIR(what_it_leaves_behind_is_ended),
		WITH_DIR(memory_is_limited),
		WITH_DIR(a_term_cancels),
		WITH_DIR(what_cannot_start_is_told_and_nothing_stays_open),
	};

	signals_take_over(&inherited);
	(void)sigemptyset(&inherited.mask);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
