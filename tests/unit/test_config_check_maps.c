/* SPDX-License-Identifier: MIT */
#include "config_util.h"

#include <signal.h>

static void without_a_word_every_signal_and_code_stays(void **state)
{
	struct judged judged;

	(void)state;
	judge(&judged, WORDS("app"));
	for (int n = 1; n < (int)SPEC_SIGNALS; n++)
		assert_int_equal(judged.spec->signal_map[n], n == SIGCHLD ? 0 : n);
	for (int n = 0; n < (int)SPEC_CODES; n++)
		assert_int_equal(judged.spec->exit_map[n], n);
	judged_finish(&judged);
}

/* This word alone must send from to to, and leave all others. */
static void signal_becomes(char *word, int from, int to)
{
	struct judged judged;

	judge(&judged, WORDS("--map-signal", word, "app"));
	if (!judged.spec)
		fail_msg("%s", judged.faults.text);
	for (int n = 1; n < (int)SPEC_SIGNALS; n++)
		assert_int_equal(judged.spec->signal_map[n], n == from ? to : n == SIGCHLD ? 0 : n);
	judged_finish(&judged);
}

static void a_signal_is_taken_for_another_or_dropped(void **state)
{
	(void)state;
	signal_becomes("TERM=QUIT", SIGTERM, SIGQUIT);
	signal_becomes("SIGTERM=sigquit", SIGTERM, SIGQUIT);
	signal_becomes("15=3", SIGTERM, SIGQUIT);
	signal_becomes("HUP=drop", SIGHUP, 0);
	signal_becomes("TERM=KILL", SIGTERM, SIGKILL);
	signal_becomes("RTMIN+3=USR1", 37, SIGUSR1);
	signal_becomes("64=RTMIN", 64, 34);
	signal_becomes("1=64", SIGHUP, 64);
	signal_becomes("TERM=TERM", SIGTERM, SIGTERM);
}

static void signals_in_a_list_all_count_and_the_last_of_one_wins(void **state)
{
	struct judged judged;

	(void)state;
	judge_file(&judged, "map-signal = {\"TERM=QUIT\", \"HUP=drop\", \"TERM=INT\"}\nservice a { command = x }\n",
		   WORDS("--config", "f"));
	assert_int_equal(judged.spec->signal_map[SIGTERM], SIGINT);
	assert_int_equal(judged.spec->signal_map[SIGHUP], 0);
	judged_finish(&judged);
}

#define MAP_SIGNAL(text, part) assert_fault(WORDS("--map-signal", text, "app"), "map-signal: " part)
#define LONG32 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void faulty_maps_of_signals_are_named(void **state)
{
	(void)state;
	MAP_SIGNAL("TERM", "'TERM' is not SIGNAL=SIGNAL|drop");
	MAP_SIGNAL("=TERM", "'=TERM' is not SIGNAL=SIGNAL|drop");
	MAP_SIGNAL("TERM=", "'TERM=' is not SIGNAL=SIGNAL|drop");
	MAP_SIGNAL("=", "'=' is not");
	MAP_SIGNAL(LONG32 "=TERM", "'" LONG32 "=TERM' is not");
	MAP_SIGNAL("TERM=" LONG32, "'TERM=" LONG32 "' is not");
	MAP_SIGNAL("TREM=QUIT", "unknown signal 'TREM'; did you mean TERM?");
	MAP_SIGNAL("TERM=QIUT", "unknown signal 'QIUT'; did you mean QUIT?");
	MAP_SIGNAL("TERM=QUIT=INT", "unknown signal 'QUIT=INT'");
	MAP_SIGNAL("drop=TERM", "unknown signal 'drop'");
	MAP_SIGNAL("TERM=DROP", "unknown signal 'DROP'");
	MAP_SIGNAL("TERM=0", "unknown signal '0'");
	MAP_SIGNAL("65=TERM", "unknown signal '65'");
	MAP_SIGNAL("KILL=TERM", "KILL cannot be mapped: the kernel gives it to no handler");
	MAP_SIGNAL("19=TERM", "19 cannot be mapped: the kernel gives it to no handler");
	MAP_SIGNAL("CHLD=drop", "CHLD cannot be mapped: it is how reinit hears of its children");
}

/* This word alone must send from to to, and leave all others. */
static void code_becomes(char *word, int from, int to)
{
	struct judged judged;

	judge(&judged, WORDS("--map-exit", word, "app"));
	if (!judged.spec)
		fail_msg("%s", judged.faults.text);
	for (int n = 0; n < (int)SPEC_CODES; n++)
		assert_int_equal(judged.spec->exit_map[n], n == from ? to : n);
	judged_finish(&judged);
}

static void a_code_becomes_another_and_a_signal_counts_as_its_code(void **state)
{
	(void)state;
	code_becomes("143=0", 143, 0);
	code_becomes("0=255", 0, 255);
	code_becomes("255=0", 255, 0);
	code_becomes("TERM=0", 143, 0);
	code_becomes("sigterm=0", 143, 0);
	code_becomes("1=KILL", 1, 137);
	code_becomes("RTMIN+30=64", 192, 64);
	code_becomes("7=7", 7, 7);
}

static void codes_in_a_list_all_count_and_the_last_of_one_wins(void **state)
{
	struct judged judged;

	(void)state;
	judge(&judged, WORDS("--map-exit", "143=0", "--map-exit", "1=2", "--map-exit", "TERM=3", "app"));
	assert_int_equal(judged.spec->exit_map[143], 3);
	assert_int_equal(judged.spec->exit_map[1], 2);
	assert_int_equal(judged.spec->exit_map[2], 2); /* a map is not followed twice */
	judged_finish(&judged);
}

#define MAP_EXIT(text, part) assert_fault(WORDS("--map-exit", text, "app"), "map-exit: " part)

static void faulty_maps_of_codes_are_named(void **state)
{
	struct judged judged;

	(void)state;
	MAP_EXIT("143", "'143' is not CODE=CODE");
	MAP_EXIT("=0", "'=0' is not CODE=CODE");
	MAP_EXIT("143=", "'143=' is not CODE=CODE");
	MAP_EXIT(LONG32 "=0", "'" LONG32 "=0' is not");
	MAP_EXIT("256=0", "'256' is neither a code from 0 to 255 nor the name of a signal");
	MAP_EXIT("0=256", "'256' is neither");
	MAP_EXIT("-1=0", "'-1' is neither");
	MAP_EXIT("99999999999999999999=0", "'99999999999999999999' is neither");
	MAP_EXIT("1=drop", "'drop' is neither");
	MAP_EXIT("1=2=3", "'2=3' is neither");
	MAP_EXIT("CHDL=0", "'CHDL' is neither");
	judge(&judged, WORDS("--map-exit", "x=y", "app"));
	assert_int_equal(judged.faults.count, 2);
	judged_finish(&judged);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_word_every_signal_and_code_stays),
		cmocka_unit_test(a_signal_is_taken_for_another_or_dropped),
		cmocka_unit_test(signals_in_a_list_all_count_and_the_last_of_one_wins),
		cmocka_unit_test(faulty_maps_of_signals_are_named),
		cmocka_unit_test(a_code_becomes_another_and_a_signal_counts_as_its_code),
		cmocka_unit_test(codes_in_a_list_all_count_and_the_last_of_one_wins),
		cmocka_unit_test(faulty_maps_of_codes_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
