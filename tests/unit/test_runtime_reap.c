/* SPDX-License-Identifier: MIT */
/* links: fake/sys.c */
#include "base_util.h"

#include "fake/sys.h"
#include "runtime/reap.h"

struct told {
	int count, status;
	enum reap_role role;
	uint32_t index, seq;
	pid_t pid;
	struct reap *expect_again; /* announce the same pid anew from within the report */
};

static void note(void *arg, enum reap_role role, uint32_t index, uint32_t seq, pid_t pid, int status)
{
	struct told *told = arg;

	told->count++;
	told->role = role;
	told->index = index;
	told->seq = seq;
	told->pid = pid;
	told->status = status;
	if (told->expect_again != NULL)
		assert_int_equal(reap_expect(told->expect_again, pid, REAP_SERVICE, index, seq + 1), 0);
}

static void ends(pid_t pid, int status)
{
	fake_answer("wait_any", &status, sizeof(status), pid);
}

static void known_children_are_reported_and_others_counted(void **state)
{
	struct told told = { 0 };
	struct reap reap;

	(void)state;
	fake_begin(FAKE_STRICT);
	assert_int_equal(reap_init(&reap, 4, note, &told), 0);
	assert_int_equal(reap_expect(&reap, 10, REAP_HELPER, 3, 77), 0);
	ends(9, 0);
	ends(10, 0x0100);
	ends(11, 9);
	fake_expect("wait_any", 0);
	assert_int_equal(reap_collect(&reap), REAP_IDLE);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.role, REAP_HELPER);
	assert_int_equal(told.index, 3);
	assert_int_equal(told.seq, 77);
	assert_int_equal(told.pid, 10);
	assert_int_equal(told.status, 0x0100);
	assert_int_equal(reap.orphans, 2);
	ends(10, 0); /* the number was used again by an orphan */
	fake_expect("wait_any", -ECHILD);
	assert_int_equal(reap_collect(&reap), REAP_CHILDLESS);
	assert_int_equal(told.count, 1);
	reap_finish(&reap);
	fake_end();
}

static void a_storm_is_taken_in_batches(void **state)
{
	struct told told = { 0 };
	struct reap reap;

	(void)state;
	fake_begin(FAKE_STRICT);
	assert_int_equal(reap_init(&reap, 1, note, &told), 0);
	for (int n = 0; n < REAP_BATCH + 1; n++)
		ends(100 + n, 0);
	fake_expect("wait_any", -ECHILD);
	assert_int_equal(reap_collect(&reap), REAP_MORE);
	assert_int_equal(reap.orphans, REAP_BATCH);
	assert_int_equal(reap_collect(&reap), REAP_CHILDLESS);
	reap_finish(&reap);
	fake_end();
}

static void a_report_may_announce_the_same_pid_again(void **state)
{
	struct reap reap;
	struct told told = { .expect_again = &reap };

	(void)state;
	fake_begin(FAKE_STRICT);
	assert_int_equal(reap_init(&reap, 1, note, &told), 0);
	assert_int_equal(reap_expect(&reap, 10, REAP_SERVICE, 0, 1), 0);
	for (int n = 0; n < 50; n++) {
		ends(10, n);
		fake_expect("wait_any", 0);
		assert_int_equal(reap_collect(&reap), REAP_IDLE);
		assert_int_equal(told.count, n + 1);
		assert_int_equal(told.seq, n + 1);
	}
	reap_finish(&reap);
	fake_end();
}

static void a_full_table_refuses(void **state)
{
	struct told told = { 0 };
	struct reap reap;
	int rc = 0;

	(void)state;
	assert_int_equal(reap_init(&reap, 4, note, &told), 0);
	for (pid_t pid = 1; rc == 0; pid++) {
		assert_true(pid < 100);
		rc = reap_expect(&reap, pid, REAP_SERVICE, 0, 0);
	}
	assert_int_equal(rc, -ENOSPC);
	reap_finish(&reap);
}

static uint32_t seed = 7;

static pid_t any_pid(void)
{
	seed = seed * 1664525u + 1013904223u;
	/* Every second one wants the same place, near the table's end: they fill it and go on at its beginning. */
	return (seed >> 8 & 1) == 0 ? 13 + (pid_t)((seed >> 9) % 70) * 64 : 1 + (pid_t)((seed >> 9) % 300);
}

/* Against a plain array that cannot be wrong: thousands of cycles of announcing and reaping in any order. */
static void nobody_is_lost_in_thousands_of_cycles(void **state)
{
	static uint32_t alive[5000]; /* by pid: seq, 0 for none */
	struct told told = { 0 };
	struct reap reap;
	uint32_t used = 0, orphans = 0;

	(void)state;
	fake_begin(FAKE_STRICT);
	assert_int_equal(reap_init(&reap, 20, note, &told), 0);
	for (uint32_t cycle = 1; cycle < 20000; cycle++) {
		pid_t pid = any_pid();

		if (alive[pid] == 0 && used < 20) {
			assert_int_equal(reap_expect(&reap, pid, REAP_SERVICE, cycle, cycle), 0);
			alive[pid] = cycle;
			used++;
			continue;
		}
		told.count = 0;
		ends(pid, 0);
		fake_expect("wait_any", 0);
		assert_int_equal(reap_collect(&reap), REAP_IDLE);
		fake_end();
		fake_begin(FAKE_STRICT);
		if (alive[pid] == 0) {
			orphans++;
			assert_int_equal(told.count, 0);
			continue;
		}
		assert_int_equal(told.count, 1);
		assert_int_equal(told.pid, pid);
		assert_int_equal(told.seq, alive[pid]);
		alive[pid] = 0;
		used--;
	}
	assert_int_equal(reap.orphans, orphans);
	assert_int_equal(reap.used, used);
	reap_finish(&reap);
}

static int stopped;

static void note_stopped(void *arg, enum reap_role role, uint32_t index)
{
	(void)arg;
	(void)role;
	stopped += (int)index;
}

static void a_stopped_child_is_still_known(void **state)
{
	struct told told = { 0 };
	struct reap reap;

	(void)state;
	fake_begin(FAKE_STRICT);
	assert_int_equal(reap_init(&reap, 1, note, &told), 0);
	reap.stopped_fn = note_stopped;
	assert_int_equal(reap_expect(&reap, 10, REAP_SERVICE, 5, 1), 0);
	ends(10, 0x137f); /* stopped by SIGSTOP */
	ends(11, 0x137f); /* somebody else's */
	ends(10, 15);
	fake_expect("wait_any", 0);
	assert_int_equal(reap_collect(&reap), REAP_IDLE);
	assert_int_equal(stopped, 5);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.status, 15);
	assert_int_equal(reap.orphans, 0);
	reap_finish(&reap);
	fake_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_children_are_reported_and_others_counted),
		cmocka_unit_test(a_storm_is_taken_in_batches),
		cmocka_unit_test(a_report_may_announce_the_same_pid_again),
		cmocka_unit_test(a_full_table_refuses),
		cmocka_unit_test(nobody_is_lost_in_thousands_of_cycles),
		cmocka_unit_test(a_stopped_child_is_still_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
