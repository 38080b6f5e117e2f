/* SPDX-License-Identifier: MIT */
#include "engine_util.h"

#define RUNS "start | spawn 0", "spawned 0 |"
#define PAIR "start | spawn 0", "spawned 0 | spawn 1", "spawned 1 |"
#define WATCHED "start | digest 0", "digested 0 A | spawn 0", "spawned 0 |"

static void single_command_has_all_the_time_it_wants(void **unused)
{
	(void)unused;
	CHECK("single; service essential restart=no stop-timeout=0;", RUNS, "signal TERM | log SHUTDOWN, kill 0 15",
	      "next never |", "signal TERM | kill 0 15", "exited 0 1 | end-rest 15", "rest-gone | exit 1");
}

static void single_command_gets_other_signals_as_they_are(void **unused)
{
	(void)unused;
	CHECK("single; service essential restart=no;", RUNS, "signal HUP | kill 0 1", "signal INT | kill 0 2",
	      "signal QUIT | kill 0 3", "exited 0 0 | end-rest 15");
}

static void interrupt_ends_what_would_be_started_again(void **unused)
{
	(void)unused;
	CHECK("single; service essential restart=always;", RUNS, "signal INT | log SHUTDOWN, kill 0 15",
	      "exited 0 1 | end-rest 15", "rest-gone | exit 1");
}

static void services_stop_against_their_order(void **unused)
{
	static const char *const signals[] = { "signal TERM | kill 1 15", "signal INT | kill 1 15",
					       "signal QUIT | kill 1 15" };

	(void)unused;
	for (size_t n = 0; n < 3; n++)
		CHECK("several; service; service after=0;", PAIR, signals[n], "signal TERM |", "exited 1 0 | kill 0 15",
		      "exited 0 1 | end-rest 15", "rest-gone | exit 0");
}

static void services_without_an_order_stop_together(void **unused)
{
	(void)unused;
	CHECK("several; service; service;", "start | spawn 0, spawn 1", "spawned 0 |", "spawned 1 |",
	      "signal TERM | kill 1 15, kill 0 15");
}

static void kill_comes_at_the_bound_and_the_end_at_its_own(void **unused)
{
	(void)unused;
	CHECK("several linger=5000; service stop-timeout=3000;", RUNS, "signal TERM | kill 0 15", "next 3000 |",
	      "wait 3000 | log STOP_FORCED, kill 0 9 wide", "next 2000 |", "wait 2000 | log STOP_HOPELESS, end-rest 15",
	      "next 5000 |", "wait 5000 | end-rest 9", "next 2000 |", "wait 2000 | exit 0");
}

static void one_that_survived_kill_long_ago_does_not_hold_the_end(void **unused)
{
	(void)unused;
	CHECK("several; service; watch restart;", WATCHED, "complete 0 | digest 0", "digested 0 B | kill 0 15",
	      "wait 10000 | kill 0 9 wide", "wait 2000 | log STOP_HOPELESS", "next never |",
	      "signal TERM | end-rest 15", "rest-gone | exit 0");
}

static void nothing_starts_after_term(void **unused)
{
	(void)unused;
	CHECK("several; service; watch signal=1 validate;", WATCHED, "signal TERM | kill 0 15", "touched 0 |",
	      "complete 0 |", "poll 0 |", "next 10000 |", "exited 0 1 | end-rest 15");
	CHECK("several; service; service;", "start | spawn 0, spawn 1", "spawned 0 |", "spawned 1 |",
	      "exited 0 1 | clear 0 15", "signal TERM | kill 1 15", "cleared 0 |", "exited 1 0 | end-rest 15");
}

static void what_runs_beside_the_services_is_cancelled(void **unused)
{
	(void)unused;
	CHECK("several; service; watch signal=1 validate;", WATCHED, "complete 0 | digest 0",
	      "digested 0 B | validate 0 B", "signal TERM | cancel 0, kill 0 15", "validated 0 ok |");
	CHECK("several; service ready=file;", "start | spawn 0", "spawned 0 | probe 0",
	      "signal TERM | cancel 0, kill 0 15", "probed 0 1 |");
}

static void start_on_its_way_is_waited_for_and_stopped(void **unused)
{
	(void)unused;
	CHECK("several; service;", "start | spawn 0", "signal TERM |", "next never |", "spawned 0 | kill 0 15",
	      "exited 0 0 | end-rest 15");
	CHECK("several; service;", "start | spawn 0", "signal TERM |", "spawn-failed 0 | end-rest 15");
	/* It waits for its turn, and its readiness is nobody's business any more. */
	CHECK("several; service ready=unix ready-timeout=5000 restart=always; service after=0;", "start | spawn 0",
	      "spawned 0 | probe 0", "probed 0 1 | spawn 1", "spawned 1 |", "exited 0 1 | clear 0 15",
	      "cleared 0 | spawn 0", "signal TERM | kill 1 15", "spawned 0 |", "next 10000 |",
	      "exited 1 0 | kill 0 15");
}

static void term_before_the_start_ends_at_once(void **unused)
{
	(void)unused;
	CHECK("several; service;", "signal TERM | end-rest 15", "rest-gone | exit 0");
}

static void leaving_for_new_content_has_its_code_and_its_order(void **unused)
{
	(void)unused;
	CHECK("several; service; watch exit=42; service after=0;", "start | digest 0", "digested 0 A | spawn 0",
	      "spawned 0 | spawn 1", "spawned 1 |", "complete 0 | digest 0", "digested 0 B | log LEAVING, kill 1 15",
	      "exited 1 1 | kill 0 15", "exited 0 1 | end-rest 15", "rest-gone | exit 42");
}

static void draining_waits_before_the_first_stop_signal(void **unused)
{
	(void)unused;
	CHECK("single drain=3000; service essential restart=no;", RUNS, "signal TERM | log DRAINING", "next 3000 |",
	      "wait 3000 | kill 0 15");
	CHECK("single drain=3000; service essential restart=no;", RUNS, "signal TERM |", "signal TERM | kill 0 15");
	CHECK("single drain=3000; service essential restart=no;", RUNS, "signal TERM |", "exited 0 0 | end-rest 15");
	/* The bound of a stop that had begun goes on. */
	CHECK("several drain=60000; service; watch restart;", WATCHED, "complete 0 | digest 0",
	      "digested 0 B | kill 0 15", "signal TERM | log DRAINING", "next 10000 |", "wait 10000 | kill 0 9 wide");
	/* A retry does not. */
	CHECK("several drain=60000; service; service;", "start | spawn 0, spawn 1", "spawned 0 |", "spawned 1 |",
	      "exited 0 1 | clear 0 15", "signal TERM |", "next 60000 |");
}

static void post_stop_commands_run_last(void **unused)
{
	(void)unused;
	CHECK("single; service essential restart=no post-stop;", RUNS, "signal TERM | kill 0 15",
	      "exited 0 0 | end-rest 15", "rest-gone | post-stop 0", "post-stopped 0 0 | exit 0");
	CHECK("single; service essential restart=no post-stop;", RUNS, "signal TERM | kill 0 15",
	      "exited 0 0 | end-rest 15", "rest-gone | post-stop 0", "next 5000 |", "wait 5000 | exit 0");
}

static void wait_all_stays_until_the_last_one_is_gone(void **unused)
{
	(void)unused;
	CHECK("single wait-all; service essential restart=no;", RUNS, "exited 0 1 | end-rest 0", "next never |",
	      "rest-gone | exit 1");
	CHECK("single wait-all; service essential restart=no;", RUNS, "exited 0 1 | end-rest 0",
	      "signal TERM | end-rest 15", "rest-gone | exit 1");
}

static void passive_one_only_passes_on(void **unused)
{
	(void)unused;
	CHECK("single passive leave-at-once; service essential restart=no;", RUNS, "signal TERM | kill 0 15",
	      "signal TERM | kill 0 15", "exited 0 1 | exit 1");
}

static void nothing_comes_after_exit(void **unused)
{
	(void)unused;
	CHECK("single; service essential restart=no; watch signal=1;", WATCHED, "exited 0 0 | end-rest 15",
	      "rest-gone | exit 0", "rest-gone |", "signal TERM |", "signal HUP |", "poll 0 |", "exited 0 1 |",
	      "wait 1000000 |", "next never |");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(single_command_has_all_the_time_it_wants),
		cmocka_unit_test(single_command_gets_other_signals_as_they_are),
		cmocka_unit_test(interrupt_ends_what_would_be_started_again),
		cmocka_unit_test(services_stop_against_their_order),
		cmocka_unit_test(services_without_an_order_stop_together),
		cmocka_unit_test(kill_comes_at_the_bound_and_the_end_at_its_own),
		cmocka_unit_test(one_that_survived_kill_long_ago_does_not_hold_the_end),
		cmocka_unit_test(nothing_starts_after_term),
		cmocka_unit_test(what_runs_beside_the_services_is_cancelled),
		cmocka_unit_test(start_on_its_way_is_waited_for_and_stopped),
		cmocka_unit_test(term_before_the_start_ends_at_once),
		cmocka_unit_test(leaving_for_new_content_has_its_code_and_its_order),
		cmocka_unit_test(draining_waits_before_the_first_stop_signal),
		cmocka_unit_test(post_stop_commands_run_last),
		cmocka_unit_test(wait_all_stays_until_the_last_one_is_gone),
		cmocka_unit_test(passive_one_only_passes_on),
		cmocka_unit_test(nothing_comes_after_exit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
