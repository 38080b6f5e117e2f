/* SPDX-License-Identifier: MIT */
#include "config_util.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/oneshot.h"

static void answer_text(struct oneshot_out *out, void *arg)
{
	(void)oneshot_finish(out, 7, arg, NULL, 0);
}

static void the_answer_of_the_child_comes_back(void **state)
{
	struct oneshot_answer answer;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(oneshot_run(answer_text, "hello\n", &answer, &err), 0);
	assert_int_equal(answer.code, 7);
	assert_string_equal(answer.text, "hello\n");
	assert_null(answer.block);
	free(answer.text);
	assert_int_equal(oneshot_run(answer_text, NULL, &answer, &err), 0);
	assert_null(answer.text);
}

static void answer_block(struct oneshot_out *out, void *arg)
{
	(void)oneshot_finish(out, 0, NULL, arg, 100000);
}

static void a_block_comes_back_read_only(void **state)
{
	struct oneshot_answer answer;
	char *block = malloc(100000);

	(void)state;
	memset(block, 'b', 100000);
	assert_int_equal(oneshot_run(answer_block, block, &answer, NULL), 0);
	assert_int_equal(answer.block_bytes, 100000);
	assert_memory_equal(answer.block, block, 100000);
	assert_int_equal(munmap((void *)(uintptr_t)answer.block, answer.block_bytes), 0);
	free(block);
}

static void answer_much(struct oneshot_out *out, void *arg)
{
	char *text = malloc(2000001);

	(void)arg;
	memset(text, 'x', 2000000);
	text[2000000] = '\0';
	(void)oneshot_finish(out, 0, text, NULL, 0);
}

/* More than a pipe holds: the parent has to read while the child writes. */
static void a_long_text_does_not_block(void **state)
{
	struct oneshot_answer answer;

	(void)state;
	assert_int_equal(oneshot_run(answer_much, NULL, &answer, NULL), 0);
	assert_int_equal(strlen(answer.text), 2000000);
	free(answer.text);
}

static void die_by_signal(struct oneshot_out *out, void *arg)
{
	oneshot_stage(out, "reading first");
	oneshot_stage(out, "reading FILE");
	(void)arg;
	(void)raise(SIGKILL);
}

static void a_crash_is_an_error_that_names_the_file(void **state)
{
	struct oneshot_answer answer = { .code = 99 };
	struct err err = { 0 };

	(void)state;
	assert_true(oneshot_run(die_by_signal, NULL, &answer, &err) < 0);
	assert_string_equal(err.msg, "reading FILE failed: child ended with signal 9");
	assert_int_equal(answer.code, 99);
}

/* What flex does where it is out of memory: exit(2), in the middle. */
static void die_like_flex(struct oneshot_out *out, void *arg)
{
	(void)arg;
	oneshot_stage(out, "reading FILE");
	_exit(2);
}

static void the_exit_of_a_library_is_an_error(void **state)
{
	struct oneshot_answer answer;
	struct err err = { 0 };

	(void)state;
	assert_true(oneshot_run(die_like_flex, NULL, &answer, &err) < 0);
	assert_string_equal(err.msg, "reading FILE failed: child ended with code 2");
}

static void say_nothing(struct oneshot_out *out, void *arg)
{
	(void)out;
	(void)arg;
}

static void a_child_without_an_answer_is_an_error(void **state)
{
	struct oneshot_answer answer;
	struct err err = { 0 };

	(void)state;
	assert_true(oneshot_run(say_nothing, NULL, &answer, &err) < 0);
	assert_string_equal(err.msg, "child ended with code 0");
	assert_true(oneshot_run(say_nothing, NULL, &answer, NULL) < 0);
}

static void answer_and_die(struct oneshot_out *out, void *arg)
{
	(void)arg;
	(void)oneshot_finish(out, 0, "fine", "block", 5);
	_exit(3);
}

static void an_answer_before_a_crash_does_not_count(void **state)
{
	struct oneshot_answer answer;
	struct err err = { 0 };

	(void)state;
	assert_true(oneshot_run(answer_and_die, NULL, &answer, &err) < 0);
	assert_has(err.msg, "child ended with code 3");
}

static void write_unsealed(struct oneshot_out *out, void *arg)
{
	(void)arg;
	assert_int_equal(write(out->block_fd, "block", 5), 5);
	(void)oneshot_finish(out, 0, NULL, NULL, 0);
}

static void an_unsealed_block_is_refused(void **state)
{
	struct oneshot_answer answer;
	struct err err = { 0 };

	(void)state;
	assert_true(oneshot_run(write_unsealed, NULL, &answer, &err) < 0);
	assert_has(err.msg, "not sealed");
}

static void ignored_sigchld_loses_nothing(void **state)
{
	struct oneshot_answer answer;
	struct err err = { 0 };

	(void)state;
	(void)signal(SIGCHLD, SIG_IGN);
	assert_int_equal(oneshot_run(answer_text, "x", &answer, &err), 0);
	assert_string_equal(answer.text, "x");
	free(answer.text);
	assert_true(oneshot_run(die_like_flex, NULL, &answer, &err) < 0);
	assert_string_equal(err.msg, "reading FILE failed: child ended without an answer");
	(void)signal(SIGCHLD, SIG_DFL);
}

static int lowest_fd(void)
{
	int fd = dup(0);

	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	return fd;
}

static void no_descriptor_and_no_child_is_left(void **state)
{
	struct oneshot_answer answer;
	int before = lowest_fd();

	(void)state;
	assert_int_equal(oneshot_run(answer_text, NULL, &answer, NULL), 0);
	assert_true(oneshot_run(die_like_flex, NULL, &answer, NULL) < 0);
	assert_int_equal(lowest_fd(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* What the child sees: its channels must not be mistaken for stderr. */
static void tell_fds(struct oneshot_out *out, void *arg)
{
	(void)arg;
	(void)oneshot_finish(out, out->pipe_fd > 2 && out->block_fd > 2, NULL, NULL, 0);
}

static void closed_standard_descriptors_are_not_taken(void **state)
{
	struct oneshot_answer answer;
	int saved[3], r;

	(void)state;
	for (int i = 0; i < 3; i++) {
		saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
		assert_true(saved[i] >= 0);
	}
	for (int i = 0; i < 3; i++)
		(void)close(i);
	r = oneshot_run(tell_fds, NULL, &answer, NULL);
	for (int i = 0; i < 3; i++) {
		(void)dup2(saved[i], i);
		(void)close(saved[i]);
	}
	assert_int_equal(r, 0);
	assert_int_equal(answer.code, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_answer_of_the_child_comes_back),
		cmocka_unit_test(a_block_comes_back_read_only),
		cmocka_unit_test(a_long_text_does_not_block),
		cmocka_unit_test(a_crash_is_an_error_that_names_the_file),
		cmocka_unit_test(the_exit_of_a_library_is_an_error),
		cmocka_unit_test(a_child_without_an_answer_is_an_error),
		cmocka_unit_test(an_answer_before_a_crash_does_not_count),
		cmocka_unit_test(an_unsealed_block_is_refused),
		cmocka_unit_test(ignored_sigchld_loses_nothing),
		cmocka_unit_test(no_descriptor_and_no_child_is_left),
		cmocka_unit_test(closed_standard_descriptors_are_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
