/* SPDX-License-Identifier: MIT */
#include "base_util.h"

#include <unistd.h>

#include "base/words.h"

#define WORDS_MAX 16

static char buf[256];
static char *words[WORDS_MAX];

static int split(const char *text, struct err *err)
{
	return words_split(text, buf, sizeof(buf), words, WORDS_MAX, err);
}

/* The words with '|' after each, as printf '%s|' prints them. */
static void flatten(int count, char *out)
{
	out[0] = '\0';
	for (int n = 0; n < count; n++) {
		strcat(out, words[n]);
		strcat(out, "|");
	}
}

static const char *const commands[] = {
	"nginx -t",
	"  a\tb  ",
	"nginx -g 'daemon off;'",
	"a '' \"\" b",
	"'it'\\''s' \"say \\\"x\\\"\"",
	"\"a\\b\\\\c\\$d\\`e\"",
	"a\\ b\\'c",
	"x=\"1 2\"3' 4'5",
	"'$HOME `id` $(id) | ; & < >'",
	"\\$HOME \\`id\\` \\| \\; \\&",
	"grep '^a$' \"b$\" c$",
	"a \\\n b\\\nc \"d\\\ne\"",
	"%{stage}/nginx.conf 100%",
	"a#b",
};

static void words_are_those_of_the_shell(void **state)
{
	(void)state;
	for (size_t n = 0; n < COUNT(commands); n++) {
		char line[512], mine[512], shells[512] = "";
		struct err err = { 0, "" };
		FILE *pipe;
		size_t len;

		flatten(split(commands[n], &err), mine);
		assert_string_equal(err.msg, "");
		(void)snprintf(line, sizeof(line), "printf '%%s|' %s", commands[n]);
		pipe = popen(line, "r");
		assert_non_null(pipe);
		len = fread(shells, 1, sizeof(shells) - 1, pipe);
		shells[len] = '\0';
		assert_int_equal(pclose(pipe), 0);
		assert_string_equal(mine, shells);
	}
}

static void nothing_gives_no_words(void **state)
{
	(void)state;
	assert_int_equal(split("", NULL), 0);
	assert_null(words[0]);
	assert_int_equal(split(" \t ", NULL), 0);
	assert_null(words[0]);
}

static void what_needs_a_shell_is_refused_with_the_way_out(void **state)
{
	static const struct {
		const char *text, *named;
	} cases[] = {
		{ "a | b", "|" },     { "a;b", ";" },	     { "a && b", "&" },	      { "a > f", ">" },
		{ "a < f", "<" },     { "(a)", "(" },	     { "a)", ")" },	      { "a `b`", "`" },
		{ "a \"`b`\"", "`" }, { "a $(b)", "$(" },    { "a \"$(b)\"", "$(" },  { "a\nb", "newline" },
		{ "a $HOME", "$H" },  { "a ${HOME}", "${" }, { "a \"$HOME\"", "$H" }, { "kill $$", "$$" },
		{ "a $1", "$1" },     { "a $?", "$?" },	     { "a $@", "$@" },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		struct err err = { 0, "" };

		if (split(cases[n].text, &err) != -EINVAL)
			fail_msg("'%s' was taken", cases[n].text);
		assert_holds(err.msg, cases[n].named);
		assert_holds(err.msg, "sh -c");
	}
}

static void what_is_not_closed_is_refused(void **state)
{
	static const char *const texts[] = { "a 'b", "a \"b", "a \"b\\\"", "a\\", "'" };

	(void)state;
	for (size_t n = 0; n < COUNT(texts); n++) {
		struct err err = { 0, "" };

		assert_int_equal(split(texts[n], &err), -EINVAL);
		assert_string_not_equal(err.msg, "");
	}
}

static void room_is_never_overrun(void **state)
{
	static const char text[] = "one 'two three' \"four\" fi\\ve";

	(void)state;
	for (size_t size = 0; size <= 32; size++) {
		/* The heap, so that a sanitizer or valgrind sees a single byte too many. */
		char *small = malloc(size == 0 ? 1 : size);
		int rc = words_split(text, small, size, words, WORDS_MAX, NULL);

		assert_int_equal(rc, size >= 24 ? 4 : -E2BIG);
		free(small);
	}
	for (size_t max = 0; max <= 6; max++) {
		char **few = malloc((max + 1) * sizeof(*few));

		assert_int_equal(words_split(text, buf, sizeof(buf), few, max, NULL), max >= 5 ? 4 : -E2BIG);
		free(few);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_those_of_the_shell),
		cmocka_unit_test(nothing_gives_no_words),
		cmocka_unit_test(what_needs_a_shell_is_refused_with_the_way_out),
		cmocka_unit_test(what_is_not_closed_is_refused),
		cmocka_unit_test(room_is_never_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
