/* SPDX-License-Identifier: MIT */
#include "base_util.h"

#include <signal.h>

#include "base/signame.h"

static void names_are_read_in_all_their_forms(void **state)
{
	static const struct {
		const char *text;
		int number;
	} cases[] = {
		{ "HUP", SIGHUP }, { "SIGHUP", SIGHUP }, { "hup", SIGHUP },    { "sigUsr1", SIGUSR1 },
		{ "1", 1 },	   { "64", 64 },	 { "IOT", SIGABRT },   { "CLD", SIGCHLD },
		{ "POLL", SIGIO }, { "RTMIN", 34 },	 { "SIGRTMIN+3", 37 }, { "rtmin+30", 64 },
		{ "RTMAX", 64 },   { "RTMAX-2", 62 },	 { "RTMAX-30", 34 },   { "WINCH", SIGWINCH },
		{ "RTMIN+0", 34 },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		struct err err = { 0, "" };

		if (signame_parse(cases[n].text, &err) != cases[n].number)
			fail_msg("'%s' is not %d: %s", cases[n].text, cases[n].number, err.msg);
	}
}

static void what_is_none_is_refused(void **state)
{
	static const char *const texts[] = { "",	"0",	   "65",      "-1",	  "1x",	      "SIG",
					     "SIG1",	"RTMIN-1", "RTMAX+1", "RTMIN+31", "RTMAX-31", "RTMIN+",
					     "RTMIN+x", "RTMINX",  "HUP ",    " HUP" };

	(void)state;
	for (size_t n = 0; n < COUNT(texts); n++) {
		struct err err = { 0, "" };

		if (signame_parse(texts[n], &err) != -EINVAL || err.code != EINVAL)
			fail_msg("'%s' was taken", texts[n]);
		assert_holds(err.msg, texts[n]);
	}
}

static void a_misspelt_name_brings_the_right_one(void **state)
{
	struct err err = { 0, "" };

	(void)state;
	(void)signame_parse("HUPP", &err);
	assert_string_equal(err.msg, "unknown signal 'HUPP'; did you mean HUP?");
	(void)signame_parse("SIGTREM", &err);
	assert_string_equal(err.msg, "unknown signal 'SIGTREM'; did you mean TERM?");
}

static void every_number_has_a_name_that_reads_back(void **state)
{
	char buf[SIGNAME_SIZE];

	(void)state;
	for (int number = 1; number <= 64; number++) {
		(void)signame_format(number, buf);
		if (number != 32 && number != 33)
			assert_int_equal(signame_parse(buf, NULL), number);
	}
	assert_string_equal(signame_format(SIGABRT, buf), "ABRT");
	assert_string_equal(signame_format(37, buf), "RTMIN+3");
	assert_string_equal(signame_format(77, buf), "SIG77");
	assert_string_equal(signame_format(INT32_MIN, buf), "SIG-2147483648");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_read_in_all_their_forms),
		cmocka_unit_test(what_is_none_is_refused),
		cmocka_unit_test(a_misspelt_name_brings_the_right_one),
		cmocka_unit_test(every_number_has_a_name_that_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
