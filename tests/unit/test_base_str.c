/* SPDX-License-Identifier: MIT */
#include "base_util.h"

#include "base/str.h"

static void copy_and_append_tell_when_they_cut(void **state)
{
	char buf[6] = "?????";

	(void)state;
	assert_int_equal(str_copy(buf, sizeof(buf), "12345"), 0);
	assert_string_equal(buf, "12345");
	assert_int_equal(str_copy(buf, sizeof(buf), "123456"), -ENOSPC);
	assert_string_equal(buf, "12345");
	assert_int_equal(str_copy(buf, 0, "x"), -ENOSPC);
	assert_int_equal(str_copy(buf, sizeof(buf), "ab"), 0);
	assert_int_equal(str_append(buf, sizeof(buf), "cde"), 0);
	assert_int_equal(str_append(buf, sizeof(buf), "f"), -ENOSPC);
	assert_string_equal(buf, "abcde");
	memset(buf, 'x', sizeof(buf));
	assert_int_equal(str_append(buf, sizeof(buf), ""), -ENOSPC); /* not terminated: not touched */
}

struct number {
	const char *text;
	int rc;
	int64_t value;
};

static void check_numbers(const struct number *numbers, size_t count, int (*parse)(const char *, int64_t *))
{
	for (size_t n = 0; n < count; n++) {
		int64_t value = -77;
		int rc = parse(numbers[n].text, &value);

		if (rc != numbers[n].rc || value != (rc == 0 ? numbers[n].value : -77))
			fail_msg("'%s': %d, %lld", numbers[n].text, rc, (long long)value);
	}
}

static int any_int(const char *text, int64_t *ret)
{
	return str_int(text, INT64_MIN, INT64_MAX, ret);
}

static void whole_numbers(void **state)
{
	static const struct number numbers[] = {
		{ "0", 0, 0 },
		{ "-12", 0, -12 },
		{ "007", 0, 7 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "-", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "1x", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
	};
	int64_t value = -77;

	(void)state;
	check_numbers(numbers, COUNT(numbers), any_int);
	assert_int_equal(str_int("65", 1, 64, &value), -ERANGE);
	assert_int_equal(str_int("0", 1, 64, &value), -ERANGE);
	assert_int_equal(value, -77);
}

static void durations(void **state)
{
	static const struct number numbers[] = {
		{ "30", 0, 30000 },
		{ "100ms", 0, 100 },
		{ "1.5s", 0, 1500 },
		{ "0.25m", 0, 15000 },
		{ "2h", 0, 7200000 },
		{ "1.5ms", 0, 1 },
		{ "0", 0, 0 },
		{ "0.0000001h", 0, 0 },
		{ "366h", 0, 1317600000 },
		{ "8784h", 0, 31622400000 },
		{ "8785h", -ERANGE, 0 },
		{ "99999999999999999999h", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ "1.s", -EINVAL, 0 },
		{ ".5s", -EINVAL, 0 },
		{ "1 s", -EINVAL, 0 },
		{ "1S", -EINVAL, 0 },
		{ "1d", -EINVAL, 0 },
		{ "-1s", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "1.2.3s", -EINVAL, 0 },
	};

	(void)state;
	check_numbers(numbers, COUNT(numbers), str_duration_ms);
}

static void sizes(void **state)
{
	static const struct number numbers[] = {
		{ "0", 0, 0 },		{ "512", 0, 512 },    { "4k", 0, 4096 },      { "4K", 0, 4096 },
		{ "64M", 0, 64 << 20 }, { "1G", 0, 1 << 30 }, { "1m", -EINVAL, 0 },   { "1MB", -EINVAL, 0 },
		{ "k", -EINVAL, 0 },	{ "-1", -EINVAL, 0 }, { "1.5M", -EINVAL, 0 }, { "9999999999G", -ERANGE, 0 },
	};

	(void)state;
	check_numbers(numbers, COUNT(numbers), str_size_bytes);
}

static void the_nearest_name(void **state)
{
	static const char *const names[] = { "HUP", "INT", "restart", "on-change", "validate" };
	static const struct {
		const char *word, *found;
	} cases[] = {
		{ "HUPP", "HUP" },
		{ "hup", "HUP" },
		{ "HPU", "HUP" },
		{ "restrat", "restart" },
		{ "on_change", "on-change" },
		{ "valdiat", "validate" },
		{ "xyz", NULL },
		{ "", NULL },
		{ "a word that is far too long to be compared", NULL },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		const char *found = str_closest(cases[n].word, names, COUNT(names));

		if (cases[n].found == NULL ? found != NULL : found == NULL || strcmp(found, cases[n].found) != 0)
			fail_msg("'%s' gives '%s'", cases[n].word, found == NULL ? "nothing" : found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copy_and_append_tell_when_they_cut),
		cmocka_unit_test(whole_numbers),
		cmocka_unit_test(durations),
		cmocka_unit_test(sizes),
		cmocka_unit_test(the_nearest_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
