/* SPDX-License-Identifier: MIT */
/* links: fake/sys.c */
#include "helper_util.h"

#include <sys/prctl.h>

#include "fake/sys.h"

static const struct digest none = { 0, 0 };

/* A hook that tells its pid in a file and then does not end. */
#define HANGS \
	{ \
		"sh", "-c", "echo $$ >\"%{path}/new\"; mv \"%{path}/new\" \"%{path}/pid\"; exec sleep 1000" \
	}

static pid_t wait_for_pid(void)
{
	const char *path = in_temp("pid");
	FILE *file;
	int pid = 0;

	while (!exists(path))
		(void)poll(NULL, 0, 1);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &pid), 1);
	(void)fclose(file);
	return pid;
}

/* Is it gone, or at least dead: whoever reaps it may not have done so yet? */
static bool is_dead(pid_t pid)
{
	char path[64], line[256] = "";
	const char *after;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return true;
	(void)!fgets(line, sizeof(line), file);
	(void)fclose(file);
	after = strrchr(line, ')');
	return after == NULL || after[2] == 'Z' || after[2] == 'X';
}

static void slots_are_bounded_and_used_again(void **state)
{
	pid_t pids[2], pid;
	int fd;

	(void)state;
	set_up(&(struct one_watch){ .path = temp_dir, .exec = { "true" } }, 2);
	assert_int_equal(helpers_deadline_ms(&helpers), -1);
	for (int n = 0; n < 2; n++)
		assert_int_equal(begin(HELPER_HOOK, none, &pids[n]), n);
	assert_int_equal(helper_start(&helpers, HELPER_HOOK, 0, 0, 77, none, 0, &pid, &fd), -ENOSPC);
	finish(0, pids[0]);
	assert_int_equal(begin(HELPER_HOOK, none, &pids[0]), 0);
	assert_true(helpers_deadline_ms(&helpers) > 0);
	finish(1, pids[1]);
	finish(0, pids[0]);
	assert_int_equal(helpers_deadline_ms(&helpers), -1);
	tear_down();
	assert_int_equal(helpers_init(&helpers, 0, NULL, NULL), 0);
	assert_int_equal(helper_start(&helpers, HELPER_HOOK, 0, 0, 77, none, 0, &pid, &fd), -ENOSPC);
	helpers_finish(&helpers);
}

static void what_cannot_start_keeps_no_slot(void **state)
{
	pid_t pid;
	int fd;

	(void)state;
	set_up(&(struct one_watch){ .path = temp_dir, .exec = { "true" } }, 1);
	fake_begin(FAKE_REAL);
	fake_expect("pipe", -EMFILE);
	assert_int_equal(helper_start(&helpers, HELPER_HOOK, 0, 0, 77, none, 0, &pid, &fd), -EMFILE);
	fake_expect("fork", -EAGAIN);
	assert_int_equal(helper_start(&helpers, HELPER_HOOK, 0, 0, 77, none, 0, &pid, &fd), -EAGAIN);
	fake_end();
	run(HELPER_HOOK, none);
	tear_down();
}

static void a_killed_helper_has_died(void **state)
{
	pid_t pid;
	int slot;

	(void)state;
	set_up(&(struct one_watch){ .path = temp_dir, .exec = HANGS }, 1);
	slot = begin(HELPER_HOOK, none, &pid);
	assert_true(wait_for_pid() > 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	finish(slot, pid);
	assert_true(result.died);
	assert_int_equal(result.output_len, 0);
	assert_string_equal(result.note, "");
	tear_down();
	assert_int_equal(kill(wait_for_pid(), SIGKILL), 0); /* what nobody ended */
	assert_true(waitpid(-1, NULL, 0) > 0);
}

/* It does not even react any more: at its bound it is ended from outside, and its command with it. */
static void a_helper_that_hangs_ends_with_all_it_has(void **state)
{
	struct helper_result lost;
	pid_t pid, command;
	int64_t bound_ms;
	int slot;

	(void)state;
	set_up(&(struct one_watch){ .path = temp_dir, .exec = HANGS }, 1);
	slot = begin(HELPER_HOOK, none, &pid);
	command = wait_for_pid();
	assert_int_equal(kill(pid, SIGSTOP), 0);
	helpers_expire(&helpers, helpers_deadline_ms(&helpers) - 1);
	assert_int_equal(kill(pid, 0), 0);
	assert_true(helpers_deadline_ms(&helpers) > 0);
	bound_ms = helpers_deadline_ms(&helpers);
	helpers_expire(&helpers, bound_ms);
	/* Should it be stuck in the kernel, nobody waits for it much longer, and it is told once. */
	assert_int_equal(helpers_deadline_ms(&helpers), bound_ms + HELPER_MARGIN_MS);
	assert_int_equal(helpers_lost(&helpers, bound_ms + HELPER_MARGIN_MS - 1, &lost), -1);
	assert_int_equal(helpers_lost(&helpers, bound_ms + HELPER_MARGIN_MS, &lost), slot);
	assert_true(lost.died && lost.job == HELPER_HOOK && lost.seq == 77 && lost.watch == 0 && lost.service == 0);
	assert_int_equal(helpers_lost(&helpers, bound_ms + HELPER_MARGIN_MS, &lost), -1);
	assert_int_equal(helpers_deadline_ms(&helpers), -1);
	assert_true(helpers_have(&helpers, HELPER_HOOK, 0));
	assert_false(helpers_have(&helpers, HELPER_DIGEST, 0) || helpers_have(&helpers, HELPER_HOOK, 1));
	finish(slot, pid);
	assert_true(result.died);
	assert_false(helpers_have(&helpers, HELPER_HOOK, 0));
	while (!is_dead(command))
		(void)poll(NULL, 0, 1);
	(void)waitpid(command, NULL, 0);
	tear_down();
}

static void a_cancelled_helper_ends_its_command_and_answers(void **state)
{
	pid_t pid, command;
	int slot;

	(void)state;
	set_up(&(struct one_watch){ .path = temp_dir, .exec = HANGS }, 1);
	slot = begin(HELPER_HOOK, none, &pid);
	command = wait_for_pid();
	helpers_cancel(&helpers, 1); /* of another service */
	assert_int_equal(kill(command, 0), 0);
	helpers_cancel(&helpers, 0);
	finish(slot, pid);
	assert_false(result.died);
	assert_int_equal(WTERMSIG(result.status), SIGTERM);
	assert_int_equal(kill(command, 0), -1);
	tear_down();
}

static void a_torn_answer_is_a_death(void **state)
{
	pid_t pid;
	int slot;

	(void)state;
	set_up(&(struct one_watch){ .path = temp_dir, .exec = { "true" } }, 1);
	fake_begin(FAKE_REAL);
	slot = begin(HELPER_HOOK, none, &pid);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	fake_answer("read *", "torn", 4, 4);
	fake_expect("read *", 0);
	helper_ended(&helpers, (uint32_t)slot, &result);
	assert_true(result.died);
	assert_int_equal(result.job, HELPER_HOOK);
	fake_end();
	tear_down();
}

/* The bound outside is never reached by one that keeps the bound inside. */
static void the_outer_bound_leaves_room_for_the_inner_one(void **state)
{
	pid_t pid;
	int slot;

	(void)state;
	write_file("a", "1");
	set_up(&(struct one_watch){ .path = temp_dir,
				    .validate = { "true" },
				    .validate_timeout_ms = 10000,
				    .exec = { "true" },
				    .exec_timeout_ms = 10000 },
	       1);
	fake_begin(FAKE_REAL);
	fake_now_ms = 1000000;
	slot = begin(HELPER_VALIDATE, none, &pid);
	/* It digests twice and may lay out a stage besides. */
	assert_true(helpers_deadline_ms(&helpers) >= 1000000 + 10000 + 30000);
	finish(slot, pid);
	slot = begin(HELPER_HOOK, none, &pid);
	assert_int_equal(helpers_deadline_ms(&helpers), 1000000 + 10000 + HELPER_MARGIN_MS);
	finish(slot, pid);
	fake_begin(FAKE_REAL);
	tear_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TEMP(slots_are_bounded_and_used_again),
		WITH_TEMP(what_cannot_start_keeps_no_slot),
		WITH_TEMP(a_killed_helper_has_died),
		WITH_TEMP(a_helper_that_hangs_ends_with_all_it_has),
		WITH_TEMP(a_cancelled_helper_ends_its_command_and_answers),
		WITH_TEMP(a_torn_answer_is_a_death),
		WITH_TEMP(the_outer_bound_leaves_room_for_the_inner_one),
	};

	fake_begin(FAKE_REAL);
	signals_take_over(&inherited);
	(void)sigemptyset(&inherited.mask);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1ul, 0ul, 0ul, 0ul); /* what a killed helper leaves comes to us */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
