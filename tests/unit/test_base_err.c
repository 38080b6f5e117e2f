/* SPDX-License-Identifier: MIT */
#include "base_util.h"

#include "base/err.h"

static void set_fills_code_and_sentence(void **state)
{
	struct err err = { 0, "" };

	(void)state;
	assert_int_equal(err_set(&err, EINVAL, "unknown signal '%s'", "HUPP"), -EINVAL);
	assert_int_equal(err.code, EINVAL);
	assert_string_equal(err.msg, "unknown signal 'HUPP'");
	assert_int_equal(err_set(NULL, ENOENT, "nobody asks"), -ENOENT);
}

static void wrap_puts_the_place_in_front_and_keeps_the_code(void **state)
{
	struct err err = { 0, "" };

	(void)state;
	(void)err_set(&err, ERANGE, "too large");
	assert_int_equal(err_wrap(&err, "%s:%d", "reinit.conf", 12), -ERANGE);
	assert_string_equal(err.msg, "reinit.conf:12: too large");
	assert_int_equal(err_wrap(NULL, "x"), -EINVAL);
}

static void long_sentences_are_cut_and_terminated(void **state)
{
	char text[3 * ERR_MSG_SIZE];
	struct err err = { 0, "" };

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(err_set(&err, E2BIG, "%s", text), -E2BIG);
	assert_int_equal(strlen(err.msg), ERR_MSG_SIZE - 1);
	assert_int_equal(err_wrap(&err, "%s", text), -E2BIG);
	assert_int_equal(strlen(err.msg), ERR_MSG_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_fills_code_and_sentence),
		cmocka_unit_test(wrap_puts_the_place_in_front_and_keeps_the_code),
		cmocka_unit_test(long_sentences_are_cut_and_terminated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
