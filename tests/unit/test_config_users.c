/* SPDX-License-Identifier: MIT */
#include "base_util.h"

#include "config/users.h"

#include "users_util.h"

static void a_name_gives_all_of_its_entry(void **state)
{
	struct user user;

	(void)state;
	assert_int_equal(users_find("web", &user), 0);
	assert_true(user.known);
	assert_int_equal(user.uid, 33);
	assert_int_equal(user.gid, 34);
	assert_string_equal(user.name, "web");
	assert_string_equal(user.home, "/srv/web");
	assert_int_equal(users_find("last", &user), 0); /* no newline behind it */
	assert_int_equal(user.uid, 1000);
	assert_string_equal(user.home, "/srv/last");
}

static void groups_are_the_own_one_and_those_that_name_the_user(void **state)
{
	struct user user;

	(void)state;
	assert_int_equal(users_find("web", &user), 0);
	assert_int_equal(user.group_count, 3); /* 34 names it too and counts once; "website" is another */
	assert_int_equal(user.groups[0], 34);
	assert_int_equal(user.groups[1], 50);
	assert_int_equal(user.groups[2], 52);
	assert_int_equal(users_find("root", &user), 0);
	assert_int_equal(user.group_count, 1);
	assert_int_equal(user.groups[0], 0);
}

static void a_number_gives_the_first_entry_that_has_it(void **state)
{
	struct user user;

	(void)state;
	assert_int_equal(users_find("0", &user), 0);
	assert_true(user.known);
	assert_string_equal(user.name, "root");
	assert_int_equal(user.gid, 0);
	assert_int_equal(users_find("33", &user), 0);
	assert_string_equal(user.name, "web");
	assert_int_equal(user.group_count, 3);
}

static void a_number_needs_no_entry(void **state)
{
	struct user user;

	(void)state;
	assert_int_equal(users_find("4242", &user), 0);
	assert_false(user.known);
	assert_int_equal(user.uid, 4242);
	assert_string_equal(user.name, "");
	assert_string_equal(user.home, "");
	assert_int_equal(user.group_count, 0);
	assert_int_equal(users_find("77", &user), 0); /* a name of digits is a number */
	assert_false(user.known);
	assert_int_equal(user.uid, 77);
}

/* (uid_t)-1 would leave the user as it is: that is root. */
static void the_number_that_changes_nothing_is_none(void **state)
{
	struct user user;
	uint32_t gid;

	(void)state;
	assert_int_equal(users_find("4294967294", &user), 0);
	assert_int_equal(user.uid, 4294967294u);
	assert_int_equal(users_find("4294967295", &user), -ENOENT);
	assert_int_equal(users_find("4294967296", &user), -ENOENT);
	assert_int_equal(users_find("-1", &user), -ENOENT);
	assert_int_equal(users_group("4294967294", &gid), 0);
	assert_int_equal(gid, 4294967294u);
	assert_int_equal(users_group("4294967295", &gid), -ENOENT);
	assert_int_equal(users_group("-1", &gid), -ENOENT);
}

static void an_unknown_name_is_told(void **state)
{
	struct user user;
	uint32_t gid = 5;

	(void)state;
	assert_int_equal(users_find("nobody-here", &user), -ENOENT);
	assert_int_equal(users_find("we", &user), -ENOENT);
	assert_int_equal(users_find("broken", &user), -ENOENT);
	assert_int_equal(users_find("", &user), -ENOENT);
	assert_int_equal(users_group("nobody-here", &gid), -ENOENT);
	assert_int_equal(users_group("web", &gid), -ENOENT); /* a member, not a group */
	assert_int_equal(users_group("", &gid), -ENOENT);
	assert_int_equal(gid, 5);
}

static void a_group_is_a_name_or_any_number(void **state)
{
	uint32_t gid;

	(void)state;
	assert_int_equal(users_group("webs", &gid), 0);
	assert_int_equal(gid, 34);
	assert_int_equal(users_group("last", &gid), 0);
	assert_int_equal(gid, 1001);
	assert_int_equal(users_group("4343", &gid), 0);
	assert_int_equal(gid, 4343);
}

static void without_the_files_numbers_are_taken(void **state)
{
	struct user user;
	uint32_t gid;

	(void)state;
	passwd_text = group_text = NULL;
	assert_int_equal(users_find("root", &user), -ENOENT);
	assert_int_equal(users_find("0", &user), 0);
	assert_false(user.known);
	assert_int_equal(users_group("root", &gid), -ENOENT);
	assert_int_equal(users_group("0", &gid), 0);
	users_are_given(NULL);
	group_text = NULL;
	assert_int_equal(users_find("web", &user), 0);
	assert_int_equal(user.group_count, 1);
}

static void more_groups_than_there_is_room_for_are_left_out(void **state)
{
	static char many[100 * 32];
	struct user user;
	size_t len = 0;

	(void)state;
	for (int n = 0; n < 100; n++)
		len += (size_t)snprintf(many + len, sizeof(many) - len, "g%d:x:%d:web\n", n, 2000 + n);
	group_text = many;
	assert_int_equal(users_find("web", &user), 0);
	assert_int_equal(user.group_count, USERS_GROUPS_MAX);
	assert_int_equal(user.groups[0], 34);
	assert_int_equal(user.groups[USERS_GROUPS_MAX - 1], 2000 + USERS_GROUPS_MAX - 2);
}

/* A group that holds a whole company. */
static void a_line_may_be_long(void **state)
{
	static char line[20000];
	struct user user;
	size_t len = (size_t)snprintf(line, sizeof(line), "all:x:60:");

	(void)state;
	while (len < 19000)
		len += (size_t)snprintf(line + len, sizeof(line) - len, "somebody%zu,", len);
	(void)snprintf(line + len, sizeof(line) - len, "web\nlogs:x:50:web\n");
	group_text = line;
	assert_int_equal(users_find("web", &user), 0);
	assert_int_equal(user.group_count, 3);
	assert_int_equal(user.groups[1], 60);
	assert_int_equal(user.groups[2], 50);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_name_gives_all_of_its_entry, users_are_given),
		cmocka_unit_test_setup(groups_are_the_own_one_and_those_that_name_the_user, users_are_given),
		cmocka_unit_test_setup(a_number_gives_the_first_entry_that_has_it, users_are_given),
		cmocka_unit_test_setup(a_number_needs_no_entry, users_are_given),
		cmocka_unit_test_setup(the_number_that_changes_nothing_is_none, users_are_given),
		cmocka_unit_test_setup(an_unknown_name_is_told, users_are_given),
		cmocka_unit_test_setup(a_group_is_a_name_or_any_number, users_are_given),
		cmocka_unit_test_setup(without_the_files_numbers_are_taken, users_are_given),
		cmocka_unit_test_setup(more_groups_than_there_is_room_for_are_left_out, users_are_given),
		cmocka_unit_test_setup(a_line_may_be_long, users_are_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
