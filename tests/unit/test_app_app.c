/* SPDX-License-Identifier: MIT */
/* The whole program, in a fork: who reads argv, what is said where, with which code it ends, and what services find. */
#include "config_util.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/app.h"

struct ran {
	pid_t pid;
	int code;
	char out[16384], err[16384];
};

/* In the forked program alone. */
static bool without_dev, without_descriptors, writes_stutter;

/* In place of the library's: this program's symbols come first. */
int open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	if (without_dev && strncmp(path, "/dev/", 5) == 0) {
		errno = ENOENT;
		return -1;
	}
	return openat(AT_FDCWD, path, flags, mode);
}

/* A pipe stands at the beginning of reading files, an epoll at that of watching. */
int pipe2(int ends[2], int flags)
{
	errno = EMFILE;
	return without_descriptors ? -1 : (int)syscall(SYS_pipe2, ends, flags);
}

int epoll_create1(int flags)
{
	errno = EMFILE;
	return without_descriptors ? -1 : (int)syscall(SYS_epoll_create1, flags);
}

/* Every second call is interrupted, the others take seven bytes. */
ssize_t write(int fd, const void *bytes, size_t len)
{
	static unsigned int calls;
	struct iovec part = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = len };

	if (writes_stutter && calls++ % 2 == 0) {
		errno = EINTR;
		return -1;
	}
	if (writes_stutter && len > 7)
		part.iov_len = 7;
	return writev(fd, &part, 1);
}

static void read_all(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	(void)close(fd);
}

/* Run the program; prepare, when given, changes what it finds. */
static void run_with(struct ran *ran, void (*prepare)(void), char **argv, char **envp)
{
	int out[2], err[2], status;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(err, O_CLOEXEC), 0);
	ran->pid = fork();
	assert_true(ran->pid >= 0);
	if (ran->pid == 0) {
		(void)dup2(openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC), 0);
		(void)dup2(out[1], 1);
		(void)dup2(err[1], 2);
		(void)close_range(3, ~0U, 0);
		if (prepare)
			prepare();
		_exit(app_run(words_count(argv), argv, envp));
	}
	(void)close(out[1]);
	(void)close(err[1]);
	read_all(out[0], ran->out, sizeof(ran->out));
	read_all(err[0], ran->err, sizeof(ran->err));
	assert_int_equal(waitpid(ran->pid, &status, 0), ran->pid);
	if (!WIFEXITED(status))
		fail_msg("ended with signal %d: %s", WTERMSIG(status), ran->err);
	ran->code = WEXITSTATUS(status);
}

static void run(struct ran *ran, char **argv)
{
	run_with(ran, NULL, argv, NO_ENV);
}

/* It must leave with code after a text on that stream alone which begins with start. */
static void expect(const struct ran *ran, int code, int fd, const char *start)
{
	const char *said = fd == 1 ? ran->out : ran->err, *other = fd == 1 ? ran->err : ran->out;

	if (strncmp(said, start, strlen(start)) != 0)
		fail_msg("'%s' does not begin with: %s", said, start);
	assert_int_equal(said[strlen(said) - 1], '\n');
	assert_string_equal(other, "");
	assert_int_equal(ran->code, code);
}

static void of_a_plain_command_nothing_is_heard_but_its_own_words(void **state)
{
	struct ran ran;

	(void)state;
	run(&ran, WORDS("--", "sh", "-c", "echo out; echo err >&2; exit 7"));
	assert_string_equal(ran.out, "out\n");
	assert_string_equal(ran.err, "err\n");
	assert_int_equal(ran.code, 7);
}

static void texts_that_were_asked_for_go_to_stdout(void **state)
{
	struct ran ran;

	(void)state;
	run(&ran, WORDS("--version"));
	expect(&ran, 0, 1, "reinit ");
	run(&ran, WORDS("--test-config", "app"));
	expect(&ran, 0, 1, "reinit: configuration is fine: ");
}

static void no_descriptors(void)
{
	without_descriptors = true;
}

static void faults_go_to_stderr_with_the_code_of_their_kind(void **state)
{
	struct ran ran;

	(void)state;
	run(&ran, WORDS("--pol", "1s", "app"));
	expect(&ran, APP_EXIT_USAGE, 2, "reinit: ");
	run(&ran, WORDS("--poll", "1x", "app"));
	expect(&ran, APP_EXIT_USAGE, 2, "reinit: command line: poll: ");
	run(&ran, WORDS("--config", "/no/such"));
	expect(&ran, APP_EXIT_BAD_CONFIG, 2, "reinit: /no/such: No such file");
	run_with(&ran, no_descriptors, WORDS("--config", "/no/such"), NO_ENV);
	expect(&ran, APP_EXIT_SYSTEM, 2, "reinit: pipe: Too many open files\n");
	run_with(&ran, no_descriptors, WORDS("--watch", "/", "--", "true"), NO_ENV);
	expect(&ran, APP_EXIT_SYSTEM, 2, "reinit: cannot make the event loop: ");
}

/* Not a crash, and what it knows comes from the environment. */
static void there_may_be_no_argv_at_all(void **state)
{
	struct ran ran;

	(void)state;
	run_with(&ran, NULL, (char *[]){ NULL }, (char *[]){ "REINIT_CONFIG=/no/such", NULL });
	expect(&ran, APP_EXIT_BAD_CONFIG, 2, "reinit: /no/such: No such file");
}

static void the_name_it_is_called_by_decides_who_reads_argv(void **state)
{
	struct ran ran;

	(void)state;
	run(&ran, (char *[]){ "/usr/bin/tini", "--version", NULL });
	expect(&ran, 0, 1, "tini version 0.19.0");
	run(&ran, (char *[]){ "dumb-init", "--version", NULL });
	expect(&ran, 0, 2, "dumb-init v1.2.5");
	run(&ran, (char *[]){ "./catatonit", "--version", NULL });
	expect(&ran, 0, 1, "tini version 0.1.7_catatonit");
	run(&ran, (char *[]){ "tini", NULL });
	expect(&ran, 1, 2, "tini (tini version 0.19.0");
	run(&ran, (char *[]){ "/tini/my-init", "--version", NULL });
	expect(&ran, 0, 1, "reinit ");
}

static void another_name_gets_environment_and_pid(void **state)
{
	struct ran ran;
	char start[64];

	(void)state;
	run_with(&ran, NULL, (char *[]){ "catatonit", "true", NULL }, (char *[]){ "CATATONIT_LOG=x", NULL });
	(void)snprintf(start, sizeof(start), "ERROR (catatonit:%d): CATATONIT_LOG ", (int)ran.pid);
	expect(&ran, 1, 2, start);
}

static void under_another_name_commands_run(void **state)
{
	struct ran ran;

	(void)state;
	run(&ran, (char *[]){ "tini", "-s", "--", "sh", "-c", "echo out; exit 7", NULL });
	assert_string_equal(ran.out, "out\n");
	assert_string_equal(ran.err, "");
	assert_int_equal(ran.code, 7);
	/* Something to say does not keep it from running. */
	run_with(&ran, NULL, (char *[]){ "dumb-init", "sh", "-c", "echo out; exit 7", NULL },
		 (char *[]){ "DUMB_INIT_DEBUG=1", NULL });
	assert_string_equal(ran.out, "out\n");
	assert_has(ran.err, "[dumb-init] Running in debug mode.\n");
	assert_int_equal(ran.code, 7);
}

static void stutter(void)
{
	writes_stutter = true;
}

static void a_text_is_said_to_its_end(void **state)
{
	struct ran smooth, stuttered;

	(void)state;
	run(&smooth, WORDS("--help"));
	expect(&smooth, 0, 1, "Usage: reinit");
	run_with(&stuttered, stutter, WORDS("--help"), NO_ENV);
	assert_string_equal(stuttered.out, smooth.out);
	assert_int_equal(stuttered.code, 0);
	run_with(&stuttered, stutter, WORDS("--config", "/no/such"), NO_ENV);
	expect(&stuttered, APP_EXIT_BAD_CONFIG, 2, "reinit: /no/such: No such file");
}

static void nobody_listens(void)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		_exit(99);
	(void)dup2(ends[1], 1);
	(void)dup2(ends[1], 2);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void a_stream_without_a_reader_does_not_end_it(void **state)
{
	struct ran ran;

	(void)state;
	run_with(&ran, nobody_listens, WORDS("--help"), NO_ENV);
	assert_int_equal(ran.code, 0);
	run_with(&ran, nobody_listens, WORDS("--config", "/no/such"), NO_ENV);
	assert_int_equal(ran.code, APP_EXIT_BAD_CONFIG);
}

/* Which of 0 to 2 come closed, as bits. */
static unsigned int closed;

static void close_some(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (closed & 1u << fd)
			(void)close(fd);
}

static void close_some_without_dev(void)
{
	close_some();
	without_dev = true;
}

/*
 * The service tells by its code which of 0 to 2 it finds closed; 99: at one of those its parent does not hold what it
 * should, FACT: nothing in the way of tools is run, for they would need descriptors.
 */
static void expect_closed(void (*prepare)(void), const char *fact)
{
	for (closed = 0; closed < 8; closed++) {
		struct ran ran;
		char script[512];

		(void)snprintf(script, sizeof(script),
			       "n=0; for f in 0 1 2; do [ -e /proc/self/fd/$f ] && continue; n=$((n + (1 << f))); "
			       "[ %s ] || exit 99; done; exit $n",
			       fact);
		run_with(&ran, prepare, WORDS("--", "sh", "-c", script), NO_ENV);
		assert_int_equal(ran.code, closed);
	}
}

static void what_came_closed_is_held_and_services_find_it_closed(void **state)
{
	(void)state;
	expect_closed(close_some, "/proc/$PPID/fd/$f -ef /dev/null");
}

/* A file in memory takes the place. */
static void without_dev_it_is_held_as_well(void **state)
{
	(void)state;
	expect_closed(close_some_without_dev, "-f /proc/$PPID/fd/$f");
}

static void with_all_closed_faults_still_have_their_code(void **state)
{
	struct ran ran;

	(void)state;
	closed = 7;
	run_with(&ran, close_some, WORDS("--poll", "1x", "app"), NO_ENV);
	assert_int_equal(ran.code, APP_EXIT_USAGE);
	run_with(&ran, close_some, WORDS("--config", "/no/such"), NO_ENV);
	assert_int_equal(ran.code, APP_EXIT_BAD_CONFIG);
	assert_string_equal(ran.out, "");
	assert_string_equal(ran.err, "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_plain_command_nothing_is_heard_but_its_own_words),
		cmocka_unit_test(texts_that_were_asked_for_go_to_stdout),
		cmocka_unit_test(faults_go_to_stderr_with_the_code_of_their_kind),
		cmocka_unit_test(there_may_be_no_argv_at_all),
		cmocka_unit_test(the_name_it_is_called_by_decides_who_reads_argv),
		cmocka_unit_test(another_name_gets_environment_and_pid),
		cmocka_unit_test(under_another_name_commands_run),
		cmocka_unit_test(a_text_is_said_to_its_end),
		cmocka_unit_test(a_stream_without_a_reader_does_not_end_it),
		cmocka_unit_test(what_came_closed_is_held_and_services_find_it_closed),
		cmocka_unit_test(without_dev_it_is_held_as_well),
		cmocka_unit_test(with_all_closed_faults_still_have_their_code),
	};

	(void)alarm(120); /* a program that hangs would hold the pipes open for ever */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
