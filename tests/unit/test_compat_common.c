/* SPDX-License-Identifier: MIT */
#include "compat_util.h"

static const struct option_name long_names[] = {
	{ "verbose", 'v' }, { "version", 'V' }, { "rewrite", 'r' }, { NULL, 0 }
};

static void begin(struct option_reader *reader, char **argv, bool with_names)
{
	struct personality_input input = { count_words(argv), argv, NO_ENV, 1 };

	option_reader_init(reader, &input, "vVr:", with_names ? long_names : NULL);
}

#define assert_next(reader, letter) assert_int_equal(option_reader_next(reader), letter)

static void clusters_and_values_attached_or_separate(void **state)
{
	struct option_reader reader;

	(void)state;
	begin(&reader, WORDS("x", "-vVrone", "-r", "two", "-vr", "-v", "cmd", "-v"), false);
	assert_next(&reader, 'v');
	assert_next(&reader, 'V');
	assert_next(&reader, 'r');
	assert_string_equal(reader.value, "one");
	assert_next(&reader, 'r');
	assert_string_equal(reader.value, "two");
	assert_next(&reader, 'v');
	assert_next(&reader, 'r');
	assert_string_equal(reader.value, "-v");
	assert_next(&reader, -1);
	assert_int_equal(option_reader_command(&reader, false), 6);
}

static void long_names_with_their_values(void **state)
{
	struct option_reader reader;

	(void)state;
	begin(&reader, WORDS("x", "--rewrite=1:2", "--rewrite", "3:4", "--rew=", "--verb", "--versio"), true);
	assert_next(&reader, 'r');
	assert_string_equal(reader.value, "1:2");
	assert_next(&reader, 'r');
	assert_string_equal(reader.value, "3:4");
	assert_next(&reader, 'r');
	assert_string_equal(reader.value, "");
	assert_next(&reader, 'v');
	assert_next(&reader, 'V');
	assert_next(&reader, -1);
	assert_int_equal(option_reader_command(&reader, false), 0);
}

static void faults_are_told_as_getopt_does(void **state)
{
	static const struct {
		char *word;
		bool with_names;
		const char *fault;
	} cases[] = {
		{ "-z", true, "x: invalid option -- 'z'" },
		{ "-:", true, "x: invalid option -- ':'" },
		{ "-r", true, "x: option requires an argument -- 'r'" },
		{ "--none", true, "x: unrecognized option '--none'" },
		{ "--none=1", true, "x: unrecognized option '--none=1'" },
		{ "--none", false, "x: invalid option -- '-'" },
		{ "--rewrite", true, "x: option '--rewrite' requires an argument" },
		{ "--verbose=1", true, "x: option '--verbose' doesn't allow an argument" },
		{ "--ver", true, "x: option '--ver' is ambiguous; possibilities: '--verbose' '--version'" },
	};

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		struct option_reader reader;

		begin(&reader, WORDS("x", cases[n].word), cases[n].with_names);
		assert_next(&reader, '?');
		assert_string_equal(reader.fault, cases[n].fault);
	}
}

static int command_of(char **argv, bool skip_dashes)
{
	struct option_reader reader;

	begin(&reader, argv, true);
	while (option_reader_next(&reader) != -1)
		;
	return option_reader_command(&reader, skip_dashes);
}

static void where_the_command_begins(void **state)
{
	char **argv = WORDS("x", "cmd", "--", "arg", "--");

	(void)state;
	assert_int_equal(command_of(WORDS("x", "-v", "--", "-v"), true), 3);
	assert_int_equal(command_of(WORDS("x", "-", "-v"), true), 1);
	assert_int_equal(command_of(WORDS("x", "--", "--", "y"), true), 2);
	assert_int_equal(command_of(WORDS("x", "--"), true), 0);
	assert_int_equal(command_of(WORDS("x", ""), true), 1);
	assert_int_equal(command_of(WORDS("x", "--", "cmd", "--", "y"), true), 2);
	assert_int_equal(command_of(argv, false), 1);
	assert_int_equal(command_of(argv, true), 2);
	assert_string_equal(argv[2], "cmd");
	assert_string_equal(argv[4], "--");
}

static void environment_is_found_by_the_whole_name(void **state)
{
	struct personality_input input = { 0, NULL, WORDS("AB=1", "A=", "C"), 1 };

	(void)state;
	assert_string_equal(plan_env(&input, "A"), "");
	assert_string_equal(plan_env(&input, "AB"), "1");
	assert_null(plan_env(&input, "C"));
	assert_null(plan_env(&input, "B"));
}

static void text_that_is_too_long_is_cut(void **state)
{
	static struct personality_plan plan;
	static char word[PERSONALITY_TEXT_SIZE + 10];

	(void)state;
	memset(word, 'x', sizeof(word) - 1);
	plan_add(&plan, "%s", word);
	plan_add(&plan, "%s", word);
	plan_say(&plan, 2, 1, "more");
	assert_int_equal(strlen(plan.text), PERSONALITY_TEXT_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clusters_and_values_attached_or_separate),
		cmocka_unit_test(long_names_with_their_values),
		cmocka_unit_test(faults_are_told_as_getopt_does),
		cmocka_unit_test(where_the_command_begins),
		cmocka_unit_test(environment_is_found_by_the_whole_name),
		cmocka_unit_test(text_that_is_too_long_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
