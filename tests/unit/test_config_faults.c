/* SPDX-License-Identifier: MIT */
#include "config_util.h"

static void a_fault_says_where_it_is(void **state)
{
	struct faults faults;
	struct origin origin = { .kind = ORIGIN_FILE, .name = "f", .line = 7 };

	(void)state;
	faults_init(&faults);
	faults_add(&faults, &origin, "web", "/w", "settle", "wrong: %d", 3);
	faults_add(&faults, &origin, NULL, NULL, "poll", "wrong");
	faults_add(&faults, NULL, NULL, NULL, NULL, "alone");
	assert_string_equal(faults.text, "f:7: service 'web': watch '/w': settle: wrong: 3\nf:7: poll: wrong\nalone\n");
	assert_int_equal(faults.count, 3);
	faults_finish(&faults);
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
	struct faults faults;

	(void)state;
	faults_init(&faults);
	faults_add(&faults, NULL, NULL, NULL, NULL, "a\nb\033[2J\177");
	assert_string_equal(faults.text, "a?b?[2J?\n");
	faults_finish(&faults);
}

static void long_values_are_cut(void **state)
{
	struct faults faults;
	char value[5000];

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	faults_init(&faults);
	faults_add(&faults, NULL, value, value, value, "%s", value);
	assert_true(faults.len < 2000);
	assert_int_equal(faults.text[faults.len - 1], '\n');
	faults_finish(&faults);
}

static void beyond_the_limit_faults_are_only_counted(void **state)
{
	struct faults faults;

	(void)state;
	faults_init(&faults);
	for (int i = 0; i < FAULTS_MAX; i++)
		faults_add(&faults, NULL, NULL, NULL, NULL, "fault %d", i);
	faults_end(&faults);
	assert_has_not(faults.text, "more");
	faults_add(&faults, NULL, NULL, NULL, NULL, "unseen");
	faults_end(&faults);
	assert_has_not(faults.text, "unseen");
	assert_has(faults.text, "and 1 more\n");
	faults_finish(&faults);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_says_where_it_is),
		cmocka_unit_test(control_characters_do_not_reach_the_terminal),
		cmocka_unit_test(long_values_are_cut),
		cmocka_unit_test(beyond_the_limit_faults_are_only_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
