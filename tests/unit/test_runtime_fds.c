/* SPDX-License-Identifier: MIT */
#include "runtime_util.h"

#include <sys/resource.h>

#include "runtime/fds.h"

#define MANY 300

/* In a fork, for it closes what the test itself was started with. Returns what check found: 0 is good. */
static int in_a_child(int (*check)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(check());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* The first three stay whatever they are; of all others those that execve would have closed. */
static int inherited_go_and_ours_stay(void)
{
	int ours = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int theirs = dup(ours); /* without O_CLOEXEC */
	int high = fcntl(ours, F_DUPFD, 900);

	if (ours < 0 || theirs < 0 || high < 0)
		return 10;
	for (int fd = 0; fd < 3; fd++)
		if (dup2(theirs, fd) != fd)
			return 11;
	fds_close_inherited();
	for (int fd = 0; fd < 3; fd++)
		if (!is_open(fd))
			return 12;
	return is_open(ours) && !is_open(theirs) && !is_open(high) ? 0 : 13;
}

static void what_came_from_outside_is_closed(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(inherited_go_and_ours_stay), 0);
}

/* They vanish from the directory while it is read. */
static int none_is_missed(void)
{
	int first = open("/dev/null", O_RDONLY), last = first;

	for (int n = 0; n < MANY; n++)
		last = dup(first);
	if (last < MANY)
		return 10;
	fds_close_inherited();
	for (int fd = first; fd <= last; fd++)
		if (is_open(fd))
			return 11;
	return 0;
}

static void of_many_none_is_missed(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(none_is_missed), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_came_from_outside_is_closed),
		cmocka_unit_test(of_many_none_is_missed),
	};
	struct rlimit limit;

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max < 1024 ? limit.rlim_max : 1024;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
