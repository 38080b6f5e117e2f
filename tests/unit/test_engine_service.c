/* SPDX-License-Identifier: MIT */
#include "engine_util.h"

#include "engine/service.h"

#define RUNS "start | spawn 0", "spawned 0 | log STARTED"

static void command_is_started_and_its_code_is_ours(void **unused)
{
	(void)unused;
	CHECK("single; service essential restart=no;", RUNS, "exited 0 0 | log ENDED, log SHUTDOWN_ENDED, end-rest 15",
	      "rest-gone | exit 0");
	CHECK("single; service essential restart=no;", RUNS, "exited 0 1 | end-rest 15", "rest-gone | exit 1");
	CHECK("single; service essential restart=no;", RUNS, "exited 0 KILL | end-rest 15", "rest-gone | exit 137");
}

static void clean_end_of_an_essential_service_ends_the_container_with_0(void **unused)
{
	(void)unused;
	CHECK("several; service essential; service;", "start | spawn 0, spawn 1", "spawned 0 |", "spawned 1 |",
	      "exited 0 0 | log SHUTDOWN_ENDED, kill 1 15", "exited 1 0 | end-rest 15", "rest-gone | exit 0");
}

static void failed_fork_gives_its_code(void **unused)
{
	(void)unused;
	CHECK("single; service essential restart=no;", "start | spawn 0",
	      "spawn-failed 0 | log SPAWN_FAILED, log SHUTDOWN_ENDED, end-rest 15", "rest-gone | exit 111");
}

static void failure_is_answered_at_once_then_with_growing_delay(void **unused)
{
	(void)unused;
	CHECK("several; service limit=5;", RUNS, "exited 0 1 | log ENDED, clear 0 15",
	      "cleared 0 | log FAILED, spawn 0", "spawned 0 |", "exited 0 1 | clear 0 15", "cleared 0 | log FAILED",
	      "next 100 |", "wait 99 |", "wait 1 | spawn 0", "spawned 0 |", "exited 0 1 | clear 0 15", "cleared 0 |",
	      "next 200 |");
}

static void long_run_forgives_failures(void **unused)
{
	(void)unused;
	CHECK("several; service limit=2 window=60000;", RUNS, "exited 0 1 | clear 0 15", "cleared 0 | spawn 0",
	      "spawned 0 |", "wait 60000 |", "exited 0 1 | clear 0 15", "cleared 0 | spawn 0");
}

static void time_of_clearing_is_no_run(void **unused)
{
	(void)unused;
	CHECK("several; service limit=2 window=6000;", RUNS, "exited 0 1 | clear 0 15",
	      "wait 5000 | log LEFTOVERS, clear 0 9", "cleared 0 | spawn 0", "spawned 0 |", "exited 0 1 | clear 0 15",
	      "wait 5000 | clear 0 9", "wait 2000 | log GAVE_UP, log SHUTDOWN_DONE, end-rest 15");
}

static void start_limit_of_an_essential_service_ends_the_container(void **unused)
{
	(void)unused;
	CHECK("several; service essential limit=2; service;", "start | spawn 0, spawn 1", "spawned 0 |", "spawned 1 |",
	      "exited 0 1 | clear 0 15", "cleared 0 | spawn 0", "spawned 0 |", "exited 0 1 | clear 0 15",
	      "cleared 0 | log GAVE_UP, log SHUTDOWN_FAILED, kill 1 15", "exited 1 0 | end-rest 15",
	      "rest-gone | exit 1");
}

static void limit_of_clean_ends_is_a_failure_too(void **unused)
{
	(void)unused;
	CHECK("several; service essential restart=always limit=2;", RUNS, "exited 0 0 | clear 0 15",
	      "cleared 0 | log REVIVED, spawn 0", "spawned 0 |", "exited 0 0 | clear 0 15",
	      "cleared 0 | log GAVE_UP, end-rest 15", "rest-gone | exit 1");
}

static void restart_rules(void **unused)
{
	(void)unused;
	CHECK("several; service restart=no; service;", "start | spawn 0, spawn 1", "spawned 0 |", "spawned 1 |",
	      "exited 0 1 | log ENDED", "next never |");
	CHECK("several; service restart=on-failure; service;", "start | spawn 0, spawn 1", "spawned 0 |", "spawned 1 |",
	      "exited 0 0 | log ENDED", "next never |");
	CHECK("several; service restart=on-failure; service;", "start | spawn 0, spawn 1", "spawned 0 |", "spawned 1 |",
	      "exited 0 KILL | clear 0 15", "cleared 0 | log FAILED, spawn 0");
	CHECK("several; service restart=always; service;", "start | spawn 0, spawn 1", "spawned 0 |", "spawned 1 |",
	      "exited 0 0 | clear 0 15", "cleared 0 | log REVIVED, spawn 0");
}

static void waits_for_its_order(void **unused)
{
	(void)unused;
	CHECK("several; service ready=unix; service after=0;", "start | spawn 0", "spawned 0 | probe 0", "probed 0 0 |",
	      "next 50 |", "wait 50 | probe 0", "probed 0 1 | log READY, spawn 1");
	/* A one-shot before it has to end well. */
	CHECK("several; service restart=no ready=file; service after=0;", "start | spawn 0", "spawned 0 | probe 0",
	      "exited 0 0 | spawn 1");
}

static void container_ends_when_nothing_can_run_any_more(void **unused)
{
	(void)unused;
	CHECK("several; service restart=no ready=file; service after=0; service after=1;", "start | spawn 0",
	      "spawned 0 | probe 0", "exited 0 1 | log SHUTDOWN_DONE, end-rest 15", "rest-gone | exit 1");
}

static void readiness_is_looked_for_more_and_more_rarely(void **unused)
{
	(void)unused;
	CHECK("several; service ready=tcp;", "start | spawn 0", "spawned 0 | probe 0", "probed 0 0 |", "next 50 |",
	      "wait 50 | probe 0", "probed 0 0 |", "next 100 |", "wait 100 | probe 0", "probed 0 0 |", "next 200 |",
	      "wait 200 | probe 0", "probed 0 0 |", "wait 400 | probe 0", "probed 0 0 |", "wait 800 | probe 0",
	      "probed 0 0 |", "next 1000 |", "wait 1000 | probe 0", "probed 0 0 |", "next 1000 |");
}

static void delay_is_readiness_too(void **unused)
{
	(void)unused;
	CHECK("several; service ready=delay; service after=0;", "start | spawn 0", "spawned 0 |", "next 1000 |",
	      "wait 999 |", "wait 1 | log READY, spawn 1");
}

static void service_that_is_never_ready_is_a_failure(void **unused)
{
	(void)unused;
	CHECK("several; service ready=unix ready-timeout=3000 stop-timeout=0;", "start | spawn 0",
	      "spawned 0 | probe 0", "wait 3000 | log READY_LATE, kill 0 15", "next 10000 |",
	      "exited 0 0 | log ENDED, clear 0 15", "cleared 0 | log FAILED, spawn 0");
}

static void exit_that_came_with_its_timeout_is_the_exit(void **unused)
{
	(void)unused;
	CHECK("several; service ready=unix ready-timeout=3000;", "start | spawn 0", "spawned 0 | probe 0",
	      "late exited 0 1 | log ENDED, clear 0 15", "cleared 0 | log FAILED, spawn 0");
}

static void what_it_left_behind_is_ended_before_the_next_start(void **unused)
{
	(void)unused;
	CHECK("several linger=4000; service;", RUNS, "exited 0 1 | clear 0 15", "next 4000 |",
	      "wait 4000 | log LEFTOVERS, clear 0 9", "next 2000 |", "wait 2000 | log FAILED, spawn 0", "cleared 0 |");
}

static void post_stop_runs_between_two_incarnations(void **unused)
{
	(void)unused;
	CHECK("several; service post-stop;", RUNS, "exited 0 1 | clear 0 15", "cleared 0 | post-stop 0",
	      "post-stopped 0 1 | log POST_STOP_FAILED, log FAILED, spawn 0");
	CHECK("several; service post-stop;", RUNS, "exited 0 1 | clear 0 15", "cleared 0 | post-stop 0", "next 5000 |",
	      "wait 5000 | log POST_STOP_FAILED, spawn 0", "stale post-stopped 0 0 |");
}

static void post_stop_of_one_that_ended_for_good_runs_at_once(void **unused)
{
	(void)unused;
	CHECK("several; service post-stop restart=no; service;", "start | spawn 0, spawn 1", "spawned 0 |",
	      "spawned 1 |", "exited 0 0 | log ENDED, clear 0 15", "cleared 0 | post-stop 0", "post-stopped 0 0 |",
	      "next never |", "exited 1 1 | clear 1 15");
	CHECK("several; service post-stop restart=no;", RUNS, "exited 0 1 | clear 0 15", "cleared 0 | post-stop 0",
	      "post-stopped 0 0 | log SHUTDOWN_DONE, end-rest 15", "rest-gone | exit 1");
	/* An essential one ends the container first: all that is left goes with it. */
	CHECK("several; service essential post-stop restart=no;", RUNS, "exited 0 0 | end-rest 15",
	      "rest-gone | post-stop 0", "post-stopped 0 0 | exit 0");
}

static void stale_answers_of_a_process_are_dropped(void **unused)
{
	(void)unused;
	CHECK("several; service;", RUNS, "exited 0 1 | clear 0 15", "exited 0 1 |", "cleared 0 | spawn 0",
	      "cleared 0 |", "spawned 0 | log STARTED", "stale exited 0 1 |", "spawned 0 |");
}

static void exit_codes_mirror_the_status(void **unused)
{
	(void)unused;
	assert_int_equal(service_exit_code(0), 0);
	assert_int_equal(service_exit_code(255 << 8), 255);
	assert_int_equal(service_exit_code(SIGTERM), 143);
	assert_int_equal(service_exit_code(SIGSEGV | 0x80), 139);
	assert_int_equal(service_exit_code(64), 192);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_is_started_and_its_code_is_ours),
		cmocka_unit_test(clean_end_of_an_essential_service_ends_the_container_with_0),
		cmocka_unit_test(failed_fork_gives_its_code),
		cmocka_unit_test(failure_is_answered_at_once_then_with_growing_delay),
		cmocka_unit_test(long_run_forgives_failures),
		cmocka_unit_test(time_of_clearing_is_no_run),
		cmocka_unit_test(start_limit_of_an_essential_service_ends_the_container),
		cmocka_unit_test(limit_of_clean_ends_is_a_failure_too),
		cmocka_unit_test(restart_rules),
		cmocka_unit_test(waits_for_its_order),
		cmocka_unit_test(container_ends_when_nothing_can_run_any_more),
		cmocka_unit_test(readiness_is_looked_for_more_and_more_rarely),
		cmocka_unit_test(delay_is_readiness_too),
		cmocka_unit_test(service_that_is_never_ready_is_a_failure),
		cmocka_unit_test(exit_that_came_with_its_timeout_is_the_exit),
		cmocka_unit_test(what_it_left_behind_is_ended_before_the_next_start),
		cmocka_unit_test(post_stop_runs_between_two_incarnations),
		cmocka_unit_test(post_stop_of_one_that_ended_for_good_runs_at_once),
		cmocka_unit_test(stale_answers_of_a_process_are_dropped),
		cmocka_unit_test(exit_codes_mirror_the_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
