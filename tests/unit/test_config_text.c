/* SPDX-License-Identifier: MIT */
#include "config_util.h"

#include "config/text.h"

static void a_text_grows_as_needed(void **state)
{
	struct text text = { 0 };

	(void)state;
	for (int i = 0; i < 10000; i++)
		text_addf(&text, "%d,", i % 10);
	assert_int_equal(text.len, 20000);
	assert_int_equal(strlen(text.data), 20000);
	text_finish(&text);
	assert_null(text.data);
}

static void nothing_is_no_text(void **state)
{
	struct text text = { 0 };

	(void)state;
	text_add(&text, "");
	text_addf(&text, "%s", "");
	assert_null(text.data);
	text_finish(&text);
}

static void words_are_quoted_only_where_they_must_be(void **state)
{
	struct text text = { 0 };

	(void)state;
	text_add_word(&text, "/plain-1.5s");
	text_add_word(&text, "a b");
	text_add_word(&text, "");
	text_add_word(&text, "//x");
	text_add_word(&text, "it's\n");
	text_add_word(&text, "\\ \" $x ${X} %{stage} \x7f\xff");
	text_add_quoted(&text, "plain");
	assert_string_equal(text.data, "/plain-1.5s\"a b\"\"\"\"//x\"\"it's\\x0a\""
				       "\"\\\\ \\\" $x \\${X} %{stage} \\x7f\xff\"\"plain\"");
	text_finish(&text);
}

static void padding_counts_from_the_start_of_the_line(void **state)
{
	struct text text = { 0 };

	(void)state;
	text_add(&text, "first\nab");
	text_pad(&text, 4);
	text_add(&text, "cdefg");
	text_pad(&text, 4);
	assert_string_equal(text.data, "first\nab  cdefg ");
	text_finish(&text);
}

static void after_a_failure_nothing_is_added(void **state)
{
	struct text text = { .failed = -ENOMEM };

	(void)state;
	text_add(&text, "x");
	text_addf(&text, "%d", 1);
	assert_null(text.data);
	text_finish(&text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_grows_as_needed),
		cmocka_unit_test(nothing_is_no_text),
		cmocka_unit_test(words_are_quoted_only_where_they_must_be),
		cmocka_unit_test(padding_counts_from_the_start_of_the_line),
		cmocka_unit_test(after_a_failure_nothing_is_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
