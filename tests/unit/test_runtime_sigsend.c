/* SPDX-License-Identifier: MIT */
/* links: fake/sys.c */
#include "base_util.h"

#include <sys/prctl.h>

#include "fake/sys.h"
#include "runtime/sigsend.h"

#define GET_DUMPABLE "prctl 3 0"
#define SET_DUMPABLE "prctl 4 1"
#define SET_DEATH_TERM "prctl 1 15"

static void we_are(uid_t real, uid_t effective, uid_t saved)
{
	uid_t uids[3] = { real, effective, saved };

	fake_answer("getresuid", uids, sizeof(uids), 0);
}

static void uid_of(int pid, const char *uid)
{
	char text[128], call[64];

	(void)snprintf(call, sizeof(call), "open /proc/%d/status", pid);
	(void)snprintf(text, sizeof(text), "Name:\tx\nUid:\t%s\t%s\t%s\t%s\n", uid, uid, uid, uid);
	fake_expect(call, 5);
	fake_answer_text("read 5", text);
	fake_expect("close 5", 0);
}

/* Dumpable, and with a parent-death signal or none. */
static void before_the_change(int death_signal)
{
	fake_expect(GET_DUMPABLE, 1);
	fake_answer("prctl get_pdeathsig", &death_signal, sizeof(death_signal), 0);
}

static void a_plain_kill_is_all_there_is(void **state)
{
	(void)state;
	fake_begin(FAKE_STRICT);
	fake_expect("kill 7 15", 0);
	assert_int_equal(sigsend(7, 15), 0);
	fake_expect("kill 7 15", -ESRCH);
	assert_int_equal(sigsend(7, 15), -ESRCH);
	fake_end();
}

static void without_the_capability_the_targets_uid_is_taken_for_a_moment(void **state)
{
	(void)state;
	fake_begin(FAKE_STRICT);
	fake_expect("kill 7 15", -EPERM);
	we_are(0, 0, 0);
	uid_of(7, "101");
	before_the_change(15);
	fake_expect("setresuid -1 101 -1", 0);
	fake_expect("kill 7 15", 0);
	fake_expect("setresuid -1 0 -1", 0);
	fake_expect(SET_DUMPABLE, 0);
	fake_expect(SET_DEATH_TERM, 0);
	assert_int_equal(sigsend(7, 15), 0);
	fake_end();
}

static void what_was_not_set_is_not_set_afterwards(void **state)
{
	int none = 0;

	(void)state;
	fake_begin(FAKE_STRICT);
	fake_expect("kill 7 15", -EPERM);
	we_are(0, 0, 0);
	uid_of(7, "101");
	fake_expect(GET_DUMPABLE, 0);
	fake_answer("prctl get_pdeathsig", &none, sizeof(none), 0);
	fake_expect("setresuid -1 101 -1", 0);
	fake_expect("kill 7 15", -ESRCH);
	fake_expect("setresuid -1 0 -1", 0);
	assert_int_equal(sigsend(7, 15), -ESRCH);
	fake_end();
}

static void who_is_not_root_or_meets_root_gets_the_refusal(void **state)
{
	(void)state;
	fake_begin(FAKE_STRICT);
	fake_expect("kill 7 15", -EPERM);
	we_are(101, 101, 101);
	assert_int_equal(sigsend(7, 15), -EPERM);
	fake_expect("kill 7 15", -EPERM);
	we_are(0, 0, 101); /* there would be no way back */
	assert_int_equal(sigsend(7, 15), -EPERM);
	fake_expect("kill 7 15", -EPERM);
	we_are(0, 0, 0);
	uid_of(7, "0");
	assert_int_equal(sigsend(7, 15), -EPERM);
	fake_end();
}

static void a_group_without_its_leader_is_reached_by_a_members_uid(void **state)
{
	(void)state;
	fake_begin(FAKE_STRICT);
	fake_expect("kill -7 15", -EPERM);
	we_are(0, 0, 0);
	fake_expect("open /proc/7/status", -ENOENT);
	fake_expect("kill 7 0", -ESRCH);
	fake_expect("dir_open /proc", 0);
	fake_answer_text("dir_next", "9");
	fake_expect("open /proc/9/stat", 5);
	fake_answer_text("read 5", "9 (worker) S 1 7 7");
	fake_expect("close 5", 0);
	fake_expect("dir_close", 0);
	uid_of(9, "33");
	before_the_change(0);
	fake_expect("setresuid -1 33 -1", 0);
	fake_expect("kill -7 15", 0);
	fake_expect("setresuid -1 0 -1", 0);
	fake_expect(SET_DUMPABLE, 0);
	assert_int_equal(sigsend(-7, 15), 0);
	fake_end();
}

static void up_to_the_helper(void)
{
	fake_expect("kill 7 15", -EPERM);
	we_are(0, 0, 0);
	uid_of(7, "101");
	before_the_change(0);
	fake_expect("setresuid -1 101 -1", -EPERM);
}

static void where_that_fails_a_helper_takes_the_uid_for_good(void **state)
{
	(void)state;
	fake_begin(FAKE_STRICT);
	up_to_the_helper();
	fake_expect("fork", 42);
	assert_int_equal(sigsend(7, 15), 0);
	/* and within the helper */
	up_to_the_helper();
	fake_expect("fork", 0);
	fake_expect("setresuid 101 101 101", 0);
	fake_expect("kill 7 15", 0);
	fake_expect("exit 0", 0);
	if (setjmp(fake_exit) == 0) {
		(void)sigsend(7, 15);
		fail();
	}
	/* who cannot change sends nothing: it would be as root */
	up_to_the_helper();
	fake_expect("fork", 0);
	fake_expect("setresuid 101 101 101", -EPERM);
	fake_expect("exit 0", 0);
	if (setjmp(fake_exit) == 0) {
		(void)sigsend(7, 15);
		fail();
	}
	up_to_the_helper();
	fake_expect("fork", -EAGAIN);
	assert_int_equal(sigsend(7, 15), -EPERM);
	fake_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_kill_is_all_there_is),
		cmocka_unit_test(without_the_capability_the_targets_uid_is_taken_for_a_moment),
		cmocka_unit_test(what_was_not_set_is_not_set_afterwards),
		cmocka_unit_test(who_is_not_root_or_meets_root_gets_the_refusal),
		cmocka_unit_test(a_group_without_its_leader_is_reached_by_a_members_uid),
		cmocka_unit_test(where_that_fails_a_helper_takes_the_uid_for_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
