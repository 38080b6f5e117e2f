/* SPDX-License-Identifier: MIT */
#include "config_util.h"

#include "config/users.h"
#include "users_util.h"

static void a_user_brings_group_groups_name_and_home(void **state)
{
	struct judged judged;
	const struct service_spec *service;

	(void)state;
	judge(&judged, WORDS("--user", "web", "app"));
	service = spec_service(judged.spec, 0);
	assert_int_equal(service->has_user, 1);
	assert_int_equal(service->uid, 33);
	assert_int_equal(service->has_group, 1);
	assert_int_equal(service->gid, 34);
	assert_int_equal(service->groups.count, 3);
	assert_int_equal(spec_word(judged.spec, service->groups, 0), 34);
	assert_int_equal(spec_word(judged.spec, service->groups, 1), 50);
	assert_int_equal(spec_word(judged.spec, service->groups, 2), 52);
	assert_string_equal(judged_text(&judged, service->user_name), "web");
	assert_string_equal(judged_text(&judged, service->user_home), "/srv/web");
	judged_finish(&judged);
}

/* The words must give these rights; name is "" where the user has no entry. */
static void rights_of(char **argv, uint32_t uid, uint32_t gid, const char *name)
{
	struct judged judged;
	const struct service_spec *service;

	judge(&judged, argv);
	if (!judged.spec)
		fail_msg("%s", judged.faults.text);
	service = spec_service(judged.spec, 0);
	assert_int_equal(service->has_user, 1);
	assert_int_equal(service->uid, uid);
	assert_int_equal(service->has_group, 1);
	assert_int_equal(service->gid, gid);
	assert_string_equal(judged_text(&judged, service->user_name), name);
	assert_int_equal(service->groups.count > 0, *name != '\0');
	judged_finish(&judged);
}

static void user_and_group_are_names_or_numbers(void **state)
{
	(void)state;
	rights_of(WORDS("--user", "web", "app"), 33, 34, "web");
	rights_of(WORDS("--user", "33", "app"), 33, 34, "web");
	rights_of(WORDS("--user", "web:logs", "app"), 33, 50, "web");
	rights_of(WORDS("--user", "web:51", "app"), 33, 51, "web");
	rights_of(WORDS("--user", "web", "--group", "logs", "app"), 33, 50, "web");
	rights_of(WORDS("--user", "4242:4343", "app"), 4242, 4343, "");
	rights_of(WORDS("--user", "4242:logs", "app"), 4242, 50, "");
	rights_of(WORDS("--user", "4242", "--group", "0", "app"), 4242, 0, "");
	rights_of(WORDS("--user", "root", "app"), 0, 0, "root");
}

static void a_group_may_stand_alone(void **state)
{
	struct judged judged;
	const struct service_spec *service;

	(void)state;
	judge(&judged, WORDS("--group", "logs", "app"));
	service = spec_service(judged.spec, 0);
	assert_int_equal(service->has_user, 0);
	assert_int_equal(service->has_group, 1);
	assert_int_equal(service->gid, 50);
	assert_int_equal(service->groups.count, 0);
	judged_finish(&judged);
}

static void without_a_word_nothing_is_changed(void **state)
{
	struct judged judged;
	const struct service_spec *service;

	(void)state;
	judge(&judged, WORDS("app"));
	service = spec_service(judged.spec, 0);
	assert_int_equal(service->has_user, 0);
	assert_int_equal(service->has_group, 0);
	assert_int_equal(service->has_umask, 0);
	assert_int_equal(service->no_new_privs, 0);
	assert_string_equal(judged_text(&judged, service->workdir), "");
	judged_finish(&judged);
}

static void unknown_names_are_faults(void **state)
{
	(void)state;
	assert_fault(WORDS("--user", "wbe", "app"),
		     "user: unknown user 'wbe': no such name in /etc/passwd; a number is taken as it is");
	assert_fault(WORDS("--user", ":logs", "app"), "user: unknown user ''");
	assert_fault(WORDS("--user", "4294967295:0", "app"), "user: unknown user '4294967295'");
	assert_fault(WORDS("--user", "web:", "app"), "user: unknown group ''");
	assert_fault(WORDS("--user", "web:logs:ssl", "app"), "user: unknown group 'logs:ssl'");
	assert_fault(WORDS("--user", "web:lgos", "app"),
		     "user: unknown group 'lgos': no such name in /etc/group; a number is taken as it is");
	assert_fault(WORDS("--group", "lgos", "app"), "group: unknown group 'lgos'");
	assert_file_fault("service a { command = x\n user = wbe }\n", "f:2: service 'a': user: unknown user 'wbe'");
}

/* Which it is to run with must not be a guess. */
static void a_number_without_an_entry_needs_a_group(void **state)
{
	(void)state;
	assert_fault(WORDS("--user", "4242", "app"),
		     "user: 4242 has no entry in /etc/passwd, so its group must be given: write 4242:GROUP");
	/* Nothing is no user: it must not run as ours. */
	assert_file_fault("service a { command = x\n user = \"\" }\n", "f:2: service 'a': user: unknown user ''");
	assert_file_fault("service a { command = x\n umask = \"\" }\n", "f:2: service 'a': umask: '' is not a mask");
}

static void a_group_is_given_once(void **state)
{
	(void)state;
	assert_fault(WORDS("--user", "web:logs", "--group", "ssl", "app"),
		     "group: is given twice: here and behind the user; leave one out");
}

static void a_name_that_is_too_long_is_a_fault(void **state)
{
	char name[USERS_NAME_SIZE + 8];

	(void)state;
	memset(name, 'x', sizeof(name));
	strcpy(name + USERS_NAME_SIZE, ":0");
	assert_fault(WORDS("--user", name, "app"), "user: a name has at most 255 bytes");
	strcpy(name + USERS_NAME_SIZE - 1, ":0");
	assert_fault(WORDS("--user", name, "app"), "xxx': no such name in /etc/passwd");
}

static void umask_of(char *text, uint32_t mask)
{
	struct judged judged;
	const struct service_spec *service;

	judge(&judged, WORDS("--umask", text, "app"));
	service = spec_service(judged.spec, 0);
	assert_int_equal(service->has_umask, 1);
	assert_int_equal(service->umask, mask);
	judged_finish(&judged);
}

#define UMASK(text) \
	assert_fault(WORDS("--umask", text, "app"), \
		     "umask: '" text "' is not a mask: write three octal digits such as 027")

static void a_mask_is_octal_digits(void **state)
{
	(void)state;
	umask_of("0", 0);
	umask_of("7", 07);
	umask_of("22", 022);
	umask_of("027", 027);
	umask_of("777", 0777);
	umask_of("0777", 0777);
	UMASK("028");
	UMASK("1777");
	UMASK("00027");
	UMASK("0x1f");
	UMASK("-1");
	UMASK("u=rwx");
	UMASK(" 22");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_brings_group_groups_name_and_home),
		cmocka_unit_test(user_and_group_are_names_or_numbers),
		cmocka_unit_test(a_group_may_stand_alone),
		cmocka_unit_test(without_a_word_nothing_is_changed),
		cmocka_unit_test(unknown_names_are_faults),
		cmocka_unit_test(a_number_without_an_entry_needs_a_group),
		cmocka_unit_test(a_group_is_given_once),
		cmocka_unit_test(a_name_that_is_too_long_is_a_fault),
		cmocka_unit_test(a_mask_is_octal_digits),
	};

	return cmocka_run_group_tests(tests, users_are_given, NULL);
}
