/* SPDX-License-Identifier: MIT */
/* links: fake/sys.c */
#include "runtime_util.h"

#include "fake/sys.h"
#include "runtime/procfs.h"

static void file(const char *path, const char *text)
{
	char call[128];

	(void)snprintf(call, sizeof(call), "open %s", path);
	fake_expect(call, 5);
	fake_answer_text("read 5", text);
	fake_expect("close 5", 0);
}

static void sigcgt_has_three_answers(void **state)
{
	(void)state;
	fake_begin(FAKE_STRICT);
	/* HUP is bit 0, and 64 the last; the line stands anywhere. */
	file("/proc/7/status", "SigCgt:\t8000000000000001\nName:\tnginx\n");
	assert_int_equal(procfs_catches(7, SIGHUP), 1);
	file("/proc/7/status", "Name:\tSigCgt:\t1\nSigIgn:\t0000000000000001\nSigCgt:\t8000000000000000\n");
	assert_int_equal(procfs_catches(7, SIGHUP), 0);
	file("/proc/7/status", "Name:\tx\nSigCgt:\t8000000000000000\n");
	assert_int_equal(procfs_catches(7, 64), 1);
	file("/proc/7/status", "Name:\tnginx\nState:\tS (sleeping)\n"); /* gVisor */
	assert_int_equal(procfs_catches(7, SIGHUP), -ENODATA);
	fake_end();
}

static void gone_and_hidden_are_told_apart(void **state)
{
	(void)state;
	fake_begin(FAKE_STRICT);
	fake_expect("open /proc/7/status", -ENOENT);
	fake_expect("kill 7 0", -ESRCH);
	assert_int_equal(procfs_catches(7, SIGHUP), -ESRCH);
	fake_expect("open /proc/7/status", -ENOENT); /* no /proc, or hidepid */
	fake_expect("kill 7 0", -EPERM);
	assert_int_equal(procfs_catches(7, SIGHUP), -ENODATA);
	fake_expect("open /proc/7/status", 5); /* it ends between open and read */
	fake_expect("read 5", -ESRCH);
	fake_expect("close 5", 0);
	assert_int_equal(procfs_catches(7, SIGHUP), -ESRCH);
	fake_expect("open /proc/7/status", -EMFILE);
	assert_int_equal(procfs_catches(7, SIGHUP), -EMFILE);
	fake_end();
}

static void the_uid_is_the_real_one(void **state)
{
	uid_t uid = 1;

	(void)state;
	fake_begin(FAKE_STRICT);
	file("/proc/7/status", "Name:\tx\nUid:\t33\t34\t35\t36\n");
	assert_int_equal(procfs_uid(7, &uid), 0);
	assert_int_equal(uid, 33);
	file("/proc/7/status", "Name:\tx\n");
	assert_int_equal(procfs_uid(7, &uid), -ENODATA);
	fake_end();
}

static void a_name_with_brackets_does_not_mislead(void **state)
{
	pid_t parent, group;
	char comm[16];

	(void)state;
	fake_begin(FAKE_STRICT);
	file("/proc/7/stat", "7 (a) S 1 (b) ) S 3 4 5 6");
	assert_int_equal(procfs_stat(7, &parent, &group), 0);
	assert_int_equal(parent, 3);
	assert_int_equal(group, 4);
	file("/proc/7/stat", "7 (cut");
	assert_int_equal(procfs_stat(7, &parent, &group), -ENODATA);
	file("/proc/7/comm", "nginx: master\n");
	assert_string_equal(procfs_comm(7, comm, sizeof(comm)), "nginx: master");
	fake_expect("open /proc/7/comm", -EACCES);
	assert_string_equal(procfs_comm(7, comm, sizeof(comm)), "?");
	fake_end();
}

static int visits;

static void note_visit(void *arg, pid_t pid)
{
	(void)arg;
	assert_int_equal(pid, 9);
	visits++;
}

static void only_descendants_are_visited(void **state)
{
	(void)state;
	fake_begin(FAKE_STRICT);
	visits = 0;
	fake_expect("dir_open /proc", 0);
	fake_answer_text("dir_next", "self");
	fake_answer_text("dir_next", "7"); /* the root itself */
	fake_answer_text("dir_next", "8"); /* gone meanwhile */
	fake_expect("open /proc/8/stat", -ENOENT);
	fake_expect("kill 8 0", -ESRCH);
	fake_answer_text("dir_next", "9"); /* a grandchild */
	file("/proc/9/stat", "9 (x) S 6 9 9");
	file("/proc/6/stat", "6 (x) S 7 9 9");
	fake_answer_text("dir_next", "12"); /* of kubectl exec: its parent is outside */
	file("/proc/12/stat", "12 (x) S 0 12 12");
	fake_expect("dir_next", 0);
	fake_expect("dir_close", 0);
	assert_int_equal(procfs_descendants(7, note_visit, NULL), 1);
	assert_int_equal(visits, 1);
	fake_expect("dir_open /proc", -EMFILE);
	assert_int_equal(procfs_descendants(7, note_visit, NULL), -EMFILE);
	fake_end();
}

static void a_group_is_known_by_any_member(void **state)
{
	(void)state;
	fake_begin(FAKE_STRICT);
	fake_expect("dir_open /proc", 0);
	fake_answer_text("dir_next", "9");
	file("/proc/9/stat", "9 (x) S 1 8 8");
	fake_answer_text("dir_next", "10");
	file("/proc/10/stat", "10 (x) S 1 7 7");
	fake_expect("dir_close", 0);
	assert_int_equal(procfs_group_member(7), 10);
	fake_expect("dir_open /proc", 0);
	fake_expect("dir_next", 0);
	fake_expect("dir_close", 0);
	assert_int_equal(procfs_group_member(7), -ESRCH);
	fake_end();
}

static pid_t found;

static void look_for(void *arg, pid_t pid)
{
	if (pid == *(const pid_t *)arg)
		found = pid;
}

/* The kernel's own files: a child that catches USR1 and no USR2, seen from here. */
static void the_kernels_files_are_understood(void **state)
{
	int ready[2];
	pid_t pid, parent, group;
	uid_t uid;
	char byte, comm[16];

	(void)state;
	fake_begin(FAKE_REAL);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		(void)dup2(ready[1], 1);
		(void)setpgid(0, 0);
		(void)execlp("sh", "sh", "-c", "trap : USR1; echo up; while :; do sleep 1000; done", (char *)NULL);
		_exit(127);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(procfs_catches(pid, SIGUSR1), 1);
	assert_int_equal(procfs_catches(pid, SIGUSR2), 0);
	assert_int_equal(procfs_uid(pid, &uid), 0);
	assert_int_equal(uid, getuid());
	assert_string_equal(procfs_comm(pid, comm, sizeof(comm)), "sh");
	assert_int_equal(procfs_stat(pid, &parent, &group), 0);
	assert_int_equal(parent, getpid());
	assert_int_equal(group, pid);
	assert_true(procfs_descendants(getpid(), look_for, &pid) >= 1);
	assert_int_equal(found, pid);
	assert_int_equal(procfs_catching_child(getpid(), SIGUSR1), pid);
	assert_int_equal(kill(-pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(procfs_catches(pid, SIGUSR1), -ESRCH);
	(void)close(ready[0]);
	(void)close(ready[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sigcgt_has_three_answers),
		cmocka_unit_test(gone_and_hidden_are_told_apart),
		cmocka_unit_test(the_uid_is_the_real_one),
		cmocka_unit_test(a_name_with_brackets_does_not_mislead),
		cmocka_unit_test(only_descendants_are_visited),
		cmocka_unit_test(a_group_is_known_by_any_member),
		cmocka_unit_test(the_kernels_files_are_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
