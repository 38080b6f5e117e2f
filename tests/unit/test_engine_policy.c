/* SPDX-License-Identifier: MIT */
#include "engine_util.h"

#define WATCHED "start | digest 0", "digested 0 A | spawn 0", "spawned 0 |"
#define TWO_WATCHED "start | digest 0, digest 1", "digested 0 A |", "digested 1 A | spawn 0", "spawned 0 |"
#define BOTH_CHANGE "complete 0 | digest 0", "complete 1 | digest 1", "digested 0 B |"

static void observe_takes_every_change(void **unused)
{
	(void)unused;
	CHECK("several; service; watch observe;", WATCHED, "complete 0 | digest 0",
	      "digested 0 B | log CHANGED, log APPLIED");
}

static void signal_is_sent_to_a_service_that_is_ready(void **unused)
{
	(void)unused;
	CHECK("several; service; watch signal=1;", WATCHED, "complete 0 | digest 0", "digested 0 B | notify 0 1",
	      "signalled 0 sent | log APPLIED", "next never |");
	CHECK("several; service ready=unix; watch signal=1;", "start | digest 0", "digested 0 A | spawn 0",
	      "spawned 0 | probe 0", "complete 0 | digest 0", "digested 0 B | log WAITING_READY",
	      "probed 0 1 | log READY, notify 0 1");
}

static void readiness_is_looked_for_again_after_a_signal(void **unused)
{
	(void)unused;
	CHECK("several; service ready=unix; watch signal=1;", "start | digest 0", "digested 0 A | spawn 0",
	      "spawned 0 | probe 0", "probed 0 1 |", "complete 0 | digest 0", "digested 0 B | notify 0 1",
	      "signalled 0 sent | log APPLIED, probe 0", "complete 0 | digest 0", "digested 0 C | log WAITING_READY",
	      "probed 0 0 |", "wait 50 | probe 0", "probed 0 1 | notify 0 1");
}

static void signal_that_is_not_caught_is_held_back(void **unused)
{
	(void)unused;
	CHECK("several; service; watch signal=1;", WATCHED, "complete 0 | digest 0", "digested 0 B | notify 0 1",
	      "signalled 0 not-caught | log NOT_CAUGHT", "next 5 |", "wait 5 | notify 0 1", "signalled 0 not-caught |",
	      "next 10 |", "wait 10 | notify 0 1", "signalled 0 not-caught |", "next 20 |", "wait 20 | notify 0 1",
	      "signalled 0 sent | log APPLIED");
}

static void signal_that_is_never_caught_is_given_up_until_other_content_comes(void **unused)
{
	(void)unused;
	CHECK("several; service; watch signal=1;", WATCHED, "complete 0 | digest 0", "digested 0 B | notify 0 1",
	      "signalled 0 not-caught |", "wait 29999 | notify 0 1", "signalled 0 not-caught |",
	      "wait 250 | notify 0 1", "signalled 0 not-caught | log NEVER_CAUGHT", "next never |", "poll 0 | digest 0",
	      "digested 0 B |", "complete 0 | digest 0", "digested 0 C | notify 0 1", "signalled 0 sent | log APPLIED");
	/* Also when the other content was what is applied, and when it comes at another watch. */
	CHECK("several; service; watch signal=1;", WATCHED, "complete 0 | digest 0", "digested 0 B | notify 0 1",
	      "signalled 0 not-caught |", "wait 30000 | notify 0 1", "signalled 0 not-caught | log NEVER_CAUGHT",
	      "complete 0 | digest 0", "digested 0 A |", "complete 0 | digest 0", "digested 0 B | notify 0 1");
	CHECK("several; service; watch signal=1; watch signal=1;", TWO_WATCHED, "complete 0 | digest 0",
	      "digested 0 B | notify 0 1", "signalled 0 not-caught |", "wait 30000 | notify 0 1",
	      "signalled 0 not-caught | log NEVER_CAUGHT", "complete 1 | digest 1", "digested 1 B | notify 0 1",
	      "signalled 0 sent |", "complete 0 | digest 0", "digested 0 B | log NO_OP");
}

static void unknown_mask_waits_for_the_delay_where_nothing_tells_ready(void **unused)
{
	(void)unused;
	CHECK("several; service; watch signal=1;", WATCHED, "complete 0 | digest 0", "digested 0 B | notify 0 1",
	      "signalled 0 unknown | log CATCH_UNKNOWN", "next 1000 |", "wait 1000 | notify 0 1 forced",
	      "signalled 0 sent | log APPLIED");
	CHECK("several; service; watch signal=1;", WATCHED, "wait 1000 |", "complete 0 | digest 0",
	      "digested 0 B | notify 0 1", "signalled 0 unknown | log CATCH_UNKNOWN, notify 0 1 forced");
	CHECK("several; service ready=unix; watch signal=1;", "start | digest 0", "digested 0 A | spawn 0",
	      "spawned 0 | probe 0", "probed 0 1 |", "complete 0 | digest 0", "digested 0 B | notify 0 1",
	      "signalled 0 unknown | log CATCH_UNKNOWN, notify 0 1 forced");
}

static void unknown_mask_is_asked_for_again_after_another_change(void **unused)
{
	(void)unused;
	CHECK("several; service; watch signal=1;", WATCHED, "complete 0 | digest 0", "digested 0 B | notify 0 1",
	      "signalled 0 unknown |", "wait 100 |", "complete 0 | digest 0", "digested 0 C | notify 0 1",
	      "signalled 0 unknown |", "next 900 |", "wait 900 | notify 0 1 forced");
	CHECK("several; service; watch signal=1;", WATCHED, "complete 0 | digest 0", "digested 0 B | notify 0 1",
	      "signalled 0 unknown |", "complete 0 | digest 0", "digested 0 A | log CHANGED", "complete 0 | digest 0",
	      "digested 0 B | notify 0 1");
}

static void signal_that_cannot_be_sent_is_tried_again(void **unused)
{
	(void)unused;
	CHECK("several; service; watch signal=1;", WATCHED, "complete 0 | digest 0", "digested 0 B | notify 0 1",
	      "signalled 0 gone | log SIGNAL_FAILED", "next 5000 |", "wait 5000 | notify 0 1");
}

static void exec_runs_its_command_and_repeats_it_when_it_fails(void **unused)
{
	(void)unused;
	CHECK("several; service; watch exec=reload;", WATCHED, "complete 0 | digest 0", "digested 0 B | hook 0 0",
	      "hooked 0 1 | log HOOK_FAILED", "next 5000 |", "wait 5000 | hook 0 0", "hooked 0 1 |", "next 10000 |",
	      "wait 10000 | hook 0 0", "hooked 0 0 | log APPLIED");
}

static void restart_stops_clears_reads_and_starts(void **unused)
{
	(void)unused;
	CHECK("several; service; watch restart;", WATCHED, "complete 0 | digest 0",
	      "digested 0 B | log RESTARTING, kill 0 15", "next 10000 |", "exited 0 1 | clear 0 15",
	      "cleared 0 | digest 0", "digested 0 B | spawn 0", "spawned 0 |", "next never |");
	/* Its bound is there even where a stop has none. */
	CHECK("single; service essential restart=no stop-timeout=0; watch restart;", WATCHED, "complete 0 | digest 0",
	      "digested 0 B | kill 0 15", "next 10000 |", "exited 0 0 | clear 0 15");
}

static void restart_does_not_wait_for_ready(void **unused)
{
	(void)unused;
	CHECK("several; service ready=unix; watch restart;", "start | digest 0", "digested 0 A | spawn 0",
	      "spawned 0 | probe 0", "complete 0 | digest 0", "digested 0 B | log RESTARTING, kill 0 15");
}

static void exit_leaves_even_while_the_service_starts_or_waits(void **unused)
{
	(void)unused;
	CHECK("several; service ready=unix; watch exit=42;", "start | digest 0", "digested 0 A | spawn 0",
	      "spawned 0 | probe 0", "complete 0 | digest 0", "digested 0 B | log LEAVING, cancel 0, kill 0 15",
	      "exited 0 1 | end-rest 15", "rest-gone | exit 42");
	CHECK("several; service; watch exit=42;", "start | digest 0", "digested 0 A | spawn 0",
	      "spawn-failed 0 | digest 0", "digested 0 A | spawn 0", "spawn-failed 0 |", "next 100 |",
	      "complete 0 | digest 0", "digested 0 B | log LEAVING, end-rest 15");
}

static void exit_is_not_hidden_by_a_start_that_reads_the_new_content(void **unused)
{
	(void)unused;
	CHECK("several; service; watch exit=42;", WATCHED, "exited 0 1 | clear 0 15", "cleared 0 | digest 0",
	      "digested 0 B | spawn 0", "spawned 0 | log LEAVING, kill 0 15", "exited 0 0 | end-rest 15",
	      "rest-gone | exit 42");
}

static void strongest_policy_applies_the_batch(void **unused)
{
	(void)unused;
	CHECK("several; service; watch observe; watch signal=1;", TWO_WATCHED, BOTH_CHANGE, "digested 1 B | notify 0 1",
	      "signalled 0 sent | log APPLIED", "next never |");
	CHECK("several; service; watch exec=x; watch signal=1;", TWO_WATCHED, BOTH_CHANGE, "digested 1 B | hook 0 0",
	      "hooked 0 0 | log APPLIED", "next never |");
	CHECK("several; service; watch signal=1; watch restart;", TWO_WATCHED, BOTH_CHANGE, "digested 1 B | kill 0 15");
	CHECK("several; service; watch restart; watch exit=42;", TWO_WATCHED, BOTH_CHANGE,
	      "digested 1 B | log LEAVING, kill 0 15");
}

static void same_action_is_done_once_another_one_follows(void **unused)
{
	(void)unused;
	CHECK("several; service; watch signal=1; watch signal=1;", TWO_WATCHED, BOTH_CHANGE,
	      "digested 1 B | notify 0 1", "signalled 0 sent |", "next never |");
	CHECK("several; service; watch signal=1; watch signal=10;", TWO_WATCHED, BOTH_CHANGE,
	      "digested 1 B | notify 0 1", "signalled 0 sent | notify 0 10", "signalled 0 sent |", "next never |");
	CHECK("several; service; watch exec=x; watch exec=x;", TWO_WATCHED, BOTH_CHANGE, "digested 1 B | hook 0 0",
	      "hooked 0 0 |", "next never |");
	CHECK("several; service; watch exec=x; watch exec=y;", TWO_WATCHED, BOTH_CHANGE, "digested 1 B | hook 0 0",
	      "hooked 0 0 | hook 0 1", "hooked 0 0 |", "next never |");
}

static void dry_run_applies_nothing_by_any_policy(void **unused)
{
	static const char *const specs[] = { "several dry-run; service; watch observe;",
					     "several dry-run; service; watch signal=1;",
					     "several dry-run; service; watch exec=x;",
					     "several dry-run; service; watch restart;",
					     "several dry-run; service; watch exit=42;" };

	(void)unused;
	for (size_t n = 0; n < sizeof(specs) / sizeof(*specs); n++)
		CHECK(specs[n], WATCHED, "complete 0 | digest 0", "digested 0 B | log WOULD_APPLY", "next never |");
}

static void good_content_is_another_chance_for_one_that_was_given_up(void **unused)
{
	(void)unused;
	CHECK("several; service limit=1; watch signal=1 validate; service;", "start | digest 0, spawn 1", "spawned 1 |",
	      "digested 0 A | spawn 0", "spawned 0 |", "exited 0 1 | clear 0 15", "cleared 0 | log GAVE_UP",
	      "next never |", "complete 0 | digest 0", "digested 0 B | validate 0 B", "validated 0 ok | digest 0",
	      "digested 0 B | spawn 0", "spawned 0 |", "next never |");
}

static void good_content_ends_the_wait_for_the_next_try(void **unused)
{
	(void)unused;
	CHECK("several; service; watch signal=1;", "start | digest 0", "digested 0 A | spawn 0",
	      "spawn-failed 0 | digest 0", "digested 0 A | spawn 0", "spawn-failed 0 |", "next 100 |",
	      "complete 0 | digest 0", "digested 0 B | digest 0", "digested 0 B | spawn 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(observe_takes_every_change),
		cmocka_unit_test(signal_is_sent_to_a_service_that_is_ready),
		cmocka_unit_test(readiness_is_looked_for_again_after_a_signal),
		cmocka_unit_test(signal_that_is_not_caught_is_held_back),
		cmocka_unit_test(signal_that_is_never_caught_is_given_up_until_other_content_comes),
		cmocka_unit_test(unknown_mask_waits_for_the_delay_where_nothing_tells_ready),
		cmocka_unit_test(unknown_mask_is_asked_for_again_after_another_change),
		cmocka_unit_test(signal_that_cannot_be_sent_is_tried_again),
		cmocka_unit_test(exec_runs_its_command_and_repeats_it_when_it_fails),
		cmocka_unit_test(restart_stops_clears_reads_and_starts),
		cmocka_unit_test(restart_does_not_wait_for_ready),
		cmocka_unit_test(exit_leaves_even_while_the_service_starts_or_waits),
		cmocka_unit_test(exit_is_not_hidden_by_a_start_that_reads_the_new_content),
		cmocka_unit_test(strongest_policy_applies_the_batch),
		cmocka_unit_test(same_action_is_done_once_another_one_follows),
		cmocka_unit_test(dry_run_applies_nothing_by_any_policy),
		cmocka_unit_test(good_content_is_another_chance_for_one_that_was_given_up),
		cmocka_unit_test(good_content_ends_the_wait_for_the_next_try),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
