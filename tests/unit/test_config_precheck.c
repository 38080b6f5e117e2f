/* SPDX-License-Identifier: MIT */
#include "config_util.h"

#include "config/precheck.h"

static void refuse_bytes(const char *text, size_t len, const char *part)
{
	struct precheck precheck;
	struct err err = { 0 };
	/* Exactly as long as the text, so that the sanitizer sees a step beyond it. */
	char *copy = malloc(len ? len : 1);

	memcpy(copy, text, len);
	assert_int_equal(precheck_run("f", copy, len, &precheck, &err), -EINVAL);
	assert_has(err.msg, part);
	free(copy);
}

static void refuse(const char *text, const char *part)
{
	refuse_bytes(text, strlen(text), part);
}

static void accept(const char *text, const char *clean)
{
	struct precheck precheck;
	struct err err = { 0 };
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);

	memcpy(copy, text, len);
	if (precheck_run("f", copy, len, &precheck, &err) < 0)
		fail_msg("%s", err.msg);
	if (clean)
		assert_string_equal(precheck.clean, clean);
	free(copy);
	precheck_finish(&precheck);
}

static void whole_files_pass(void **state)
{
	(void)state;
	accept("", "\n");
	accept("a = b\n", "a = b\n\n");
	accept("s \"t\" { a = {b, 'c', \"d\",} }", "s \"t\" { a = {b, 'c', \"d\",} }\n");
	accept("a = b\r\n", "a = b \n\n");
}

static void comments_are_blanked_and_lines_stay(void **state)
{
	(void)state;
	accept("# x\n// y\n/* z\n*/a = b # c\n", "   \n    \n    \n  a = b    \n\n");
	accept("#", " \n");
	accept("a = \"#no // comment /* here\"\n", "a = \"#no // comment /* here\"\n\n");
	accept("a = /x//y\n", "a = /x//y\n\n");
	accept("a = '/*'\n", NULL);
	accept("/**/a=b\n", "    a=b\n\n");
}

static void an_open_block_is_named_by_its_line(void **state)
{
	(void)state;
	refuse("a = b\ns t {\n c = d\n", "f:2: the '{' in this line is never closed");
	refuse("s t { w \"x\" {\n }\n", "f:1: the '{'");
	refuse("s t {\n a = {b,\n", "f:2: the '{'");
	refuse("}", "f:1: '}' without a '{'");
	refuse("s t { }\n}\n", "f:2: '}' without a '{'");
	refuse("a b{a b{a b{a b{a b{a b{a b{a b{a b{", "nested too deeply");
}

static void an_open_quote_is_named_by_its_line(void **state)
{
	(void)state;
	refuse("a = \"b\nc = d\n", "f:1: the quote \" is not closed at the end of its line");
	refuse("a = 'b", "f:1: the quote ' is not closed");
	refuse("a = \"b\\\"", "the quote \" is not closed");
	refuse("a = \"b\\", "the quote \" is not closed");
	refuse("a = \"", "the quote \" is not closed");
	accept("a = \"b\\\"c\" d = 'e\\'f' g = 'h\"i'\n", NULL);
	accept("a = \"b\\\nc\"\n", NULL);
	accept("a = \"b\\\\\"\n", NULL);
}

static void an_open_comment_is_named_by_its_line(void **state)
{
	(void)state;
	refuse("a = b\n/* c\nd\n", "f:2: the comment that begins here is never closed");
	refuse("/*", "never closed");
	refuse("/*/", "never closed");
	refuse("keys = {/*.conf}\n", "a pattern with * must be quoted");
}

static void a_file_that_ends_in_mid_word_is_refused(void **state)
{
	(void)state;
	refuse("poll = 3", "f:1: the file ends in the middle of a line");
	refuse("a = b\nserv", "f:2: the file ends in the middle of a line");
	refuse("poll =", "f:1: a value is missing behind '='");
	refuse("poll =\n", "a value is missing behind '='");
	refuse("s t { a = }\n", "a value is missing behind '='");
}

static void nul_and_control_bytes_are_refused(void **state)
{
	static const char nul[] = "a = b\nc\0= d\n";

	(void)state;
	refuse_bytes(nul, sizeof(nul) - 1, "f:2: a NUL byte");
	refuse("a = b\001\n", "control character 0x01");
	refuse("a = \177\n", "control character 0x7f");
	refuse("\xef\xbb\xbf"
	       "a = b\n",
	       "byte order mark");
}

static void unquoted_patterns_are_refused(void **state)
{
	(void)state;
	refuse("keys = {*.crt}\n", "f:1: '*' must be quoted");
	refuse("keys = /a/*\n", "'*' must be quoted");
	refuse("keys = /a/*/b */\n", "'*' must be quoted");
	refuse("signal = RTMIN+3\n", "f:1: '+' must be quoted: write \"RTMIN+…\"");
	refuse("include(\"x\")\n", "'(' must be quoted");
	refuse("a = )\n", "')' must be quoted");
	refuse("keys += {a}\n", "'+=' is not known here");
	accept("keys = {\"*.crt\", '/a/*', \"RTMIN+3\", \"(x)\"}\n", NULL);
}

static void semicolons_are_refused_outside_quotes(void **state)
{
	(void)state;
	refuse("a = yes;\n", "f:1: ';' does not belong here");
	refuse("a = \"b\";\n", "f:1: ';' does not belong here");
	refuse(";", "';' does not belong here");
	accept("a = \"daemon off;\"\n", NULL);
}

static void words_that_would_be_torn_are_refused(void **state)
{
	(void)state;
	refuse("a = /x#y\n", "'#' behind a word begins a comment");
	refuse("a = b\"c\"\n", "a quote stands inside a word");
	refuse("a = \"b\"c\n", "a word goes on behind its closing quote");
	refuse("a = {\"b\" \"c\"}\n", "a comma is missing before this word");
	refuse("a = {--b=c}\n", "'=' stands inside a list");
	refuse("a = {b\nc = d\n", "f:2: a comma is missing before this word, or a '}' that ends the list of line 1");
	refuse("= b\n", "'=' without a name");
	refuse("\"a\" = b\n", "f:1: a name is expected here, and it has no '\"'");
	accept("a = b #c\n", NULL);
	accept("a = \"b\"#c\n", NULL);
}

static void what_is_missing_between_words_is_said(void **state)
{
	(void)state;
	refuse("a b\n", "f:1: 'a' has no value: a setting is name = VALUE");
	refuse("s t { a }\n", "f:1: 'a' has no value");
	refuse("s t { a = b -c \"d\" }\n", "f:1: '-c' has no value: a setting is name = VALUE, several words are {");
	refuse("a b\nc = d\n", "f:1: '=' is missing behind 'a'");
	refuse("a = = b\n", "f:1: a value is missing behind '='");
	refuse("a = b, c\n", "f:1: ',' outside of a list");
	refuse("a = {b,,c}\n", "f:1: a word is missing before ','");
	refuse("a = {b c}\n", "f:1: a comma is missing before this word");
	refuse("a = {\nb,\n{c}}\n", "f:3: '{' stands inside the list of line 1");
	refuse("\ns {\n}\n", "f:2: a name is missing between 's' and '{'");
	refuse("s t u { }\n", "f:1: 's' takes one name and then '{'");
	refuse("{ }\n", "f:1: '{' without a name before it");
	accept("a = {b,\n\"c\",} d = e s \"t u\" { f = g h 'i' { } }\n", NULL);
}

/* "service|command = x" would change the command of the first service, unseen by all that is checked here. */
static void names_do_not_reach_into_other_blocks(void **state)
{
	(void)state;
	refuse("s t { }\ns|a = b\n", "f:2: a name is expected here, and it has no '|'");
	refuse("s t { }\n\"s|w\" \"/x\" { }\n", "f:2: a name is expected here");
	refuse("'s' t { }\n", "f:1: a name is expected here");
	refuse("a: b\n", "f:1: a name is expected here, and it has no ':'");
	accept("s 'x|y' { }\n", NULL);
}

static void escapes_that_would_lose_something_are_refused(void **state)
{
	(void)state;
	refuse("a = \"b\\0c\"\n", "f:1: this escape is a NUL byte");
	refuse("a = \"\\000\"\n", "this escape is a NUL byte");
	refuse("a = \"\\x0\"\n", "this escape is a NUL byte");
	refuse("a = \"\\x00\"\n", "this escape is a NUL byte");
	refuse("a = \"x\\.conf\"\n", "f:1: '\\.' is no escape: write '\\\\' for a backslash");
	refuse("a = \"\\xg\"\n", "'\\x' is no escape");
	refuse("a = \"b\\\r\nc\"\n", "'\\?' is no escape");
	accept("a = \"\\\\ \\\" \\$ \\n \\t \\x41 \\x01 \\101 \\10\" b = 'x\\.conf \\0'\n", NULL);
}

static void more_blocks_than_there_may_be_are_refused_at_once(void **state)
{
	static const char block[] = "s t {}\n";
	size_t len = 0, room = 9000 * (sizeof(block) - 1);
	char *text = malloc(room);

	(void)state;
	while (len < room) {
		memcpy(text + len, block, sizeof(block) - 1);
		len += sizeof(block) - 1;
	}
	refuse_bytes(text, len, "f:8193: more than 8192 blocks");
	free(text);
}

static void options_are_given_once_in_a_block(void **state)
{
	(void)state;
	refuse("a = b\n\na = c\n", "f:3: 'a' is given twice, first in line 1");
	refuse("s t { a = b c = {d}\n a = e }\n", "f:2: 'a' is given twice, first in line 1");
	accept("a = b\ns t { a = b w x { a = b } w y { a = b } }\ns u { a = b }\n", NULL);
	accept("a = a b = a ab = a\n", NULL);
}

static void unset_variables_are_refused_with_their_line(void **state)
{
	(void)state;
	(void)unsetenv("REINIT_TEST_UNSET");
	(void)setenv("REINIT_TEST_SET", "x", 1);
	refuse("a = b\nc = \"x${REINIT_TEST_UNSET}\"\n",
	       "f:2: the environment variable 'REINIT_TEST_UNSET' is not set");
	refuse("c = ${REINIT_TEST_UNSET}\n", "f:1: the environment variable 'REINIT_TEST_UNSET' is not set");
	refuse("c = {\"a\", \"$${REINIT_TEST_UNSET}\"}\n", "is not set");
	refuse("c = \"${REINIT_TEST_UNSET:=x}\"\n", "is not set");
	refuse("c = \"${}\"\n", "is not set");
	refuse("c = \"${REINIT_TEST_SET\"\nd = \"}\"\n", "f:1: '${' is never closed");
	refuse("c = \"${REINIT_TEST_SET\n}\"\n", "f:1: '${' is never closed");
	refuse("c = \"${", "'${' is never closed");
	refuse("c = ${X", "'${' is never closed");
	refuse("c = a${REINIT_TEST_SET}\n", "'${' inside a word must be quoted");
	accept("c = \"${REINIT_TEST_SET}\" d = ${REINIT_TEST_SET}\n", NULL);
	accept("c = \"${REINIT_TEST_UNSET:-x}\" d = ${REINIT_TEST_UNSET:-}\n", NULL);
	(void)unsetenv("REINIT_TEST_SET");
}

static void dollars_that_are_only_text_pass(void **state)
{
	(void)state;
	(void)unsetenv("REINIT_TEST_UNSET");
	accept("# ${REINIT_TEST_UNSET}\n/* ${REINIT_TEST_UNSET} */ // ${X\n", NULL);
	accept("c = '${REINIT_TEST_UNSET}'\n", NULL);
	accept("c = \"\\${REINIT_TEST_UNSET}\"\n", NULL);
	accept("c = \"%{stage} $ $x $$\" d = $x e = 10$\n", NULL);
}

static void section_lines_are_noted_in_the_order_of_opening(void **state)
{
	static const char text[] = "a = {b}\ns t\n{\n w x { } w y {\n } }\ns u { }\n";
	struct precheck precheck;

	(void)state;
	assert_int_equal(precheck_run("f", text, sizeof(text) - 1, &precheck, NULL), 0);
	assert_int_equal(precheck.section_count, 4);
	assert_int_equal(precheck.sections[0], 3);
	assert_int_equal(precheck.sections[1], 4);
	assert_int_equal(precheck.sections[2], 4);
	assert_int_equal(precheck.sections[3], 6);
	precheck_finish(&precheck);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_files_pass),
		cmocka_unit_test(comments_are_blanked_and_lines_stay),
		cmocka_unit_test(an_open_block_is_named_by_its_line),
		cmocka_unit_test(an_open_quote_is_named_by_its_line),
		cmocka_unit_test(an_open_comment_is_named_by_its_line),
		cmocka_unit_test(a_file_that_ends_in_mid_word_is_refused),
		cmocka_unit_test(nul_and_control_bytes_are_refused),
		cmocka_unit_test(unquoted_patterns_are_refused),
		cmocka_unit_test(semicolons_are_refused_outside_quotes),
		cmocka_unit_test(words_that_would_be_torn_are_refused),
		cmocka_unit_test(what_is_missing_between_words_is_said),
		cmocka_unit_test(names_do_not_reach_into_other_blocks),
		cmocka_unit_test(escapes_that_would_lose_something_are_refused),
		cmocka_unit_test(more_blocks_than_there_may_be_are_refused_at_once),
		cmocka_unit_test(options_are_given_once_in_a_block),
		cmocka_unit_test(unset_variables_are_refused_with_their_line),
		cmocka_unit_test(dollars_that_are_only_text_pass),
		cmocka_unit_test(section_lines_are_noted_in_the_order_of_opening),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
