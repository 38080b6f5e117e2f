/* SPDX-License-Identifier: MIT */
#include "state_util.h"

#include <grp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <linux/capability.h>

#include "runtime/rights.h"

#define NOBODY 65534

/* What a child that took its rights looks like. */
struct looks {
	int rc;
	char stage[16];
	uid_t uids[3];
	gid_t gids[3];
	int group_count;
	gid_t groups[8];
	int no_new_privs;
	char home[64], user[64], logname[64];
};

static struct looks looks;
static void (*before)(void); /* in the child, in its first moment */

static void take_and_look(int fd)
{
	const char *stage = "untouched", *text;
	struct looks now = { 0 };

	(void)setenv("HOME", "/before", 1);
	(void)setenv("USER", "before", 1);
	(void)setenv("LOGNAME", "before", 1);
	if (before != NULL)
		before();
	now.rc = rights_take(spec, spec_service(spec, 0), &stage);
	(void)snprintf(now.stage, sizeof(now.stage), "%s", stage);
	(void)getresuid(&now.uids[0], &now.uids[1], &now.uids[2]);
	(void)getresgid(&now.gids[0], &now.gids[1], &now.gids[2]);
	now.group_count = getgroups(8, now.groups);
	now.no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0ul, 0ul, 0ul, 0ul);
	text = getenv("HOME");
	(void)snprintf(now.home, sizeof(now.home), "%s", text);
	text = getenv("USER");
	(void)snprintf(now.user, sizeof(now.user), "%s", text);
	text = getenv("LOGNAME");
	(void)snprintf(now.logname, sizeof(now.logname), "%s", text);
	_exit(write(fd, &now, sizeof(now)) == (ssize_t)sizeof(now) ? 0 : 1);
}

/* For another process to become: the test itself stays who it is. */
static void take(void)
{
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		take_and_look(fds[1]);
	(void)close(fds[1]);
	assert_int_equal(read(fds[0], &looks, sizeof(looks)), sizeof(looks));
	(void)close(fds[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void only_root_can(void)
{
	if (geteuid() == 0)
		return;
	print_message("skipped: it needs root\n");
	skip();
}

/* The specs are made by hand, for groups are numbers. */
static struct service_spec *begin(const char *user_name, const char *home)
{
	static const uint32_t groups[] = { 1001, 1002 };
	struct specbuild build;
	uint32_t name, user, dir;
	struct service_spec *service;
	struct spec_list list;

	before = NULL;
	specbuild_init(&build);
	name = specbuild_str(&build, "a");
	user = specbuild_str(&build, user_name);
	dir = specbuild_str(&build, home);
	list = specbuild_nums(&build, groups, COUNT(groups));
	service = specbuild_service(&build);
	service->name = name;
	service->user_name = user;
	service->user_home = dir;
	service->groups = list;
	assert_true(specbuild_pack(&build, &spec) > 0);
	specbuild_finish(&build);
	return service_of(spec, 0);
}

static void end(void)
{
	free(spec);
	spec = NULL;
}

static void assert_ids(const uint32_t *ids, uint32_t expected)
{
	for (int n = 0; n < 3; n++)
		assert_int_equal(ids[n], expected);
}

static void what_was_not_given_stays(void **state)
{
	(void)state;
	(void)begin("somebody", "/srv/x");
	take();
	assert_int_equal(looks.rc, 0);
	assert_ids(looks.uids, getuid());
	assert_ids(looks.gids, getgid());
	assert_int_equal(looks.group_count, getgroups(0, NULL));
	assert_string_equal(looks.home, "/before"); /* these are the user's, and none is taken */
	assert_string_equal(looks.user, "before");
	assert_int_equal(looks.no_new_privs, prctl(PR_GET_NO_NEW_PRIVS, 0ul, 0ul, 0ul, 0ul));
	end();
}

static void no_new_privileges_needs_no_right(void **state)
{
	(void)state;
	begin(NULL, NULL)->no_new_privs = 1;
	take();
	assert_int_equal(looks.rc, 0);
	assert_int_equal(looks.no_new_privs, 1);
	end();
}

/* Nothing is left of who it was, and so there is no way back. */
static void a_user_is_taken_whole(void **state)
{
	struct service_spec *service;

	(void)state;
	only_root_can();
	service = begin("web", "/srv/web");
	service->has_user = 1;
	service->uid = NOBODY;
	service->gid = 1003;
	take();
	assert_int_equal(looks.rc, 0);
	assert_ids(looks.uids, NOBODY);
	assert_ids(looks.gids, 1003);
	assert_int_equal(looks.group_count, 2);
	assert_int_equal(looks.groups[0], 1001);
	assert_int_equal(looks.groups[1], 1002);
	assert_string_equal(looks.home, "/srv/web");
	assert_string_equal(looks.user, "web");
	assert_string_equal(looks.logname, "web");
	assert_int_equal(looks.no_new_privs, 0);
	end();
}

static void root_gives_its_groups_up_even_for_none(void **state)
{
	struct service_spec *service;

	(void)state;
	only_root_can();
	service = begin(NULL, NULL);
	service->groups.count = 0;
	service->has_user = 1;
	service->uid = service->gid = NOBODY;
	take();
	assert_int_equal(looks.rc, 0);
	assert_int_equal(looks.group_count, 0);
	assert_string_equal(looks.home, "/before"); /* a number has no name and no home */
	assert_string_equal(looks.user, "before");
	end();
}

static void a_group_alone_leaves_the_user(void **state)
{
	struct service_spec *service;

	(void)state;
	only_root_can();
	service = begin("web", "/srv/web");
	service->has_group = 1;
	service->gid = 1003;
	take();
	assert_int_equal(looks.rc, 0);
	assert_ids(looks.uids, 0);
	assert_ids(looks.gids, 1003);
	assert_int_equal(looks.group_count, getgroups(0, NULL));
	assert_string_equal(looks.home, "/before");
	end();
}

static void become_nobody(void)
{
	(void)!setgroups(0, NULL);
	(void)!setresgid(NOBODY, NOBODY, NOBODY);
	(void)!setresuid(NOBODY, NOBODY, NOBODY);
}

/* A container that runs as that user already: no right is left, and none is needed. */
static void who_is_it_already_needs_no_right(void **state)
{
	struct service_spec *service;

	(void)state;
	only_root_can();
	service = begin("nobody", "/srv/nobody");
	before = become_nobody;
	service->has_user = 1;
	service->uid = service->gid = NOBODY;
	take();
	assert_int_equal(looks.rc, 0);
	assert_ids(looks.uids, NOBODY);
	assert_string_equal(looks.home, "/srv/nobody");
	end();
}

/* Root in all but this. */
static void lose_the_right_to_change_users(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct sets[2];

	(void)!syscall(SYS_capget, &head, sets);
	sets[0].effective &= ~(1u << CAP_SETUID);
	(void)!syscall(SYS_capset, &head, sets);
}

static void what_fails_is_named_and_ends_it(void **state)
{
	struct service_spec *service;

	(void)state;
	only_root_can();
	service = begin("web", "/srv/web");
	before = become_nobody;
	service->has_group = 1;
	service->gid = 1003;
	take();
	assert_int_equal(looks.rc, -EPERM);
	assert_string_equal(looks.stage, "group");
	service->has_group = 0;
	service->has_user = 1;
	service->uid = 1004;
	service->gid = NOBODY;
	take();
	assert_int_equal(looks.rc, -EPERM);
	assert_string_equal(looks.stage, "groups");
	assert_string_equal(looks.home, "/before");
	end();
	service = begin("web", "/srv/web");
	before = lose_the_right_to_change_users;
	service->has_user = 1;
	service->uid = NOBODY;
	take();
	assert_int_equal(looks.rc, -EPERM);
	assert_string_equal(looks.stage, "user");
	assert_string_equal(looks.home, "/before");
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_not_given_stays),
		cmocka_unit_test(no_new_privileges_needs_no_right),
		cmocka_unit_test(a_user_is_taken_whole),
		cmocka_unit_test(root_gives_its_groups_up_even_for_none),
		cmocka_unit_test(a_group_alone_leaves_the_user),
		cmocka_unit_test(who_is_it_already_needs_no_right),
		cmocka_unit_test(what_fails_is_named_and_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
