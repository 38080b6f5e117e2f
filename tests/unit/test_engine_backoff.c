/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/backoff.h"

static void first_failure_is_answered_at_once(void **unused)
{
	(void)unused;
	assert_int_equal(backoff_restart_ms(0, 100, 30000), 0);
	assert_int_equal(backoff_restart_ms(1, 100, 30000), 0);
}

static void then_the_delay_doubles_up_to_its_bound(void **unused)
{
	static const int64_t expected[] = { 100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000 };

	(void)unused;
	for (uint32_t n = 0; n < sizeof(expected) / sizeof(*expected); n++)
		assert_int_equal(backoff_restart_ms(n + 2, 100, 30000), expected[n]);
}

static void very_many_failures_do_not_overflow(void **unused)
{
	(void)unused;
	assert_int_equal(backoff_restart_ms(UINT32_MAX, 100, 30000), 30000);
	assert_int_equal(backoff_restart_ms(UINT32_MAX, 1, INT64_MAX / 4), INT64_MAX / 4);
}

static void no_delay_stays_none(void **unused)
{
	(void)unused;
	assert_int_equal(backoff_restart_ms(40, 0, 30000), 0);
}

static void least_delay_beyond_the_bound_is_cut(void **unused)
{
	(void)unused;
	assert_int_equal(backoff_restart_ms(2, 500, 300), 300);
	assert_int_equal(backoff_next_ms(0, 500, 300), 300);
}

static void interval_starts_at_its_first_value_and_doubles(void **unused)
{
	static const uint32_t expected[] = { 5000, 10000, 20000, 40000, 60000, 60000 };
	uint32_t last = 0;

	(void)unused;
	for (uint32_t n = 0; n < sizeof(expected) / sizeof(*expected); n++) {
		last = backoff_next_ms(last, 5000, 60000);
		assert_int_equal(last, expected[n]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_failure_is_answered_at_once),
		cmocka_unit_test(then_the_delay_doubles_up_to_its_bound),
		cmocka_unit_test(very_many_failures_do_not_overflow),
		cmocka_unit_test(no_delay_stays_none),
		cmocka_unit_test(least_delay_beyond_the_bound_is_cut),
		cmocka_unit_test(interval_starts_at_its_first_value_and_doubles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
