/* SPDX-License-Identifier: MIT */
#include "engine_util.h"

#define START "start | digest 0", "digested 0 A | spawn 0", "spawned 0 |"
#define SIGNAL "several; service; watch signal=1;"
#define CHECKED "several; service; watch signal=1 validate;"
#define HELD "several; service hold-refused; watch signal=1 validate;"
#define HELD_START \
	"start | digest 0", "digested 0 A | validate 0 A", "validated 0 ok | digest 0", "digested 0 A | spawn 0", \
		"spawned 0 |"

static void quiet_time_is_waited_for(void **unused)
{
	(void)unused;
	CHECK(SIGNAL, START, "touched 0 |", "next 100 |", "wait 50 |", "touched 0 |", "next 100 |",
	      "wait 100 | digest 0", "digested 0 B | notify 0 1");
}

static void chattering_writer_is_read_at_the_bound(void **unused)
{
	static const char *lines[64] = { START };
	size_t count = 3;

	(void)unused;
	lines[count++] = "touched 0 |";
	for (int n = 0; n < 21; n++) {
		lines[count++] = "wait 90 |";
		lines[count++] = "touched 0 |";
	}
	lines[count++] = "next 100 |";
	lines[count++] = "wait 90 |";
	lines[count++] = "touched 0 |";
	lines[count++] = "next 20 |";
	lines[count++] = "wait 20 | digest 0";
	check_lines(__FILE__, __LINE__, SIGNAL, lines, count);
}

static void complete_update_is_read_at_once(void **unused)
{
	(void)unused;
	CHECK(SIGNAL, START, "touched 0 |", "complete 0 | digest 0", "next never |");
}

static void same_content_is_a_no_op(void **unused)
{
	(void)unused;
	CHECK(SIGNAL, START, "complete 0 | digest 0", "digested 0 A | log NO_OP", "next never |");
	CHECK(SIGNAL, START, "complete 0 | digest 0", "digested 0 B | notify 0 1", "signalled 0 sent |",
	      "complete 0 | digest 0", "digested 0 B | log NO_OP");
}

static void poll_only_gives_a_reason_to_settle(void **unused)
{
	(void)unused;
	CHECK(SIGNAL, START, "poll 0 | digest 0", "digested 0 A |", "next never |", "poll 0 | digest 0",
	      "digested 0 B |", "next 100 |", "wait 100 | digest 0", "digested 0 B | notify 0 1");
	/* One that is already under way is enough. */
	CHECK(SIGNAL, START, "touched 0 |", "poll 0 |", "wait 100 | digest 0", "poll 0 |", "digested 0 B | notify 0 1");
}

static void change_while_it_is_read_is_read_again(void **unused)
{
	(void)unused;
	CHECK(SIGNAL, START, "complete 0 | digest 0", "touched 0 |", "next never |", "digested 0 B |", "next 100 |",
	      "wait 100 | digest 0", "digested 0 C | notify 0 1");
	CHECK(SIGNAL, START, "poll 0 | digest 0", "touched 0 |", "digested 0 A |", "wait 100 | digest 0",
	      "digested 0 B | notify 0 1");
}

static void change_during_a_signal_leads_to_exactly_one_more(void **unused)
{
	(void)unused;
	CHECK(SIGNAL, START, "complete 0 | digest 0", "digested 0 B | notify 0 1", "complete 0 | digest 0",
	      "digested 0 A |", "complete 0 | digest 0", "digested 0 C |", "signalled 0 sent | log APPLIED, notify 0 1",
	      "signalled 0 sent | log APPLIED", "next never |");
}

static void revert_during_a_signal_is_applied_too(void **unused)
{
	(void)unused;
	CHECK(SIGNAL, START, "complete 0 | digest 0", "digested 0 B | notify 0 1", "complete 0 | digest 0",
	      "digested 0 A |", "signalled 0 sent | notify 0 1", "signalled 0 sent |", "next never |");
}

static void change_during_a_restart_is_not_lost(void **unused)
{
	(void)unused;
	CHECK("several; service; watch restart;", START, "complete 0 | digest 0", "digested 0 B | kill 0 15",
	      "complete 0 | digest 0", "digested 0 C |", "exited 0 0 | clear 0 15", "cleared 0 | digest 0",
	      "digested 0 C | spawn 0", "spawned 0 |", "next never |");
	/* After the reading, before the process exists: it may have read the old or the new. */
	CHECK("several; service; watch restart;", START, "complete 0 | digest 0", "digested 0 B | kill 0 15",
	      "exited 0 0 | clear 0 15", "cleared 0 | digest 0", "digested 0 B | spawn 0", "touched 0 |", "spawned 0 |",
	      "wait 100 | digest 0", "digested 0 C | kill 0 15");
}

static void change_during_preparation_is_read_before_the_start(void **unused)
{
	(void)unused;
	CHECK(SIGNAL, "start | digest 0", "touched 0 |", "digested 0 A |", "wait 100 | digest 0",
	      "digested 0 B | spawn 0", "spawned 0 |", "next never |");
	CHECK(SIGNAL, START, "poll 0 | digest 0", "exited 0 1 | clear 0 15", "cleared 0 |", "digested 0 B |",
	      "wait 100 | digest 0", "digested 0 B | spawn 0", "spawned 0 |", "next never |");
}

static void passed_content_is_applied(void **unused)
{
	(void)unused;
	CHECK(CHECKED, START, "complete 0 | digest 0", "digested 0 B | log VALIDATING, validate 0 B",
	      "validated 0 ok | log VALID, notify 0 1", "signalled 0 sent | log APPLIED");
}

static void refused_content_is_judged_again_with_growing_delay(void **unused)
{
	(void)unused;
	CHECK(CHECKED, START, "complete 0 | digest 0", "digested 0 B | validate 0 B",
	      "validated 0 refused | log REFUSED", "next 5000 |", "wait 5000 | validate 0 B", "validated 0 refused |",
	      "next 10000 |", "wait 10000 | validate 0 B", "validated 0 refused |", "next 20000 |",
	      "wait 20000 | validate 0 B", "validated 0 refused |", "wait 40000 | validate 0 B",
	      "validated 0 refused |", "next 60000 |", "wait 60000 | validate 0 B", "validated 0 refused |",
	      "next 60000 |", "wait 60000 | validate 0 B", "validated 0 ok | notify 0 1");
}

static void other_content_is_judged_at_once(void **unused)
{
	(void)unused;
	CHECK(CHECKED, START, "complete 0 | digest 0", "digested 0 B | validate 0 B", "validated 0 refused |",
	      "complete 0 | digest 0", "digested 0 C | validate 0 C", "validated 0 refused |", "next 5000 |");
	/* Also when it came during the validation: its verdict is about what was offered. */
	CHECK(CHECKED, START, "complete 0 | digest 0", "digested 0 B | validate 0 B", "complete 0 | digest 0",
	      "digested 0 C |", "validated 0 refused | validate 0 C", "validated 0 ok | notify 0 1");
	CHECK(CHECKED, START, "complete 0 | digest 0", "digested 0 B | validate 0 B", "complete 0 | digest 0",
	      "digested 0 C |", "validated 0 ok | validate 0 C");
}

static void revert_ends_the_repetition(void **unused)
{
	(void)unused;
	CHECK(CHECKED, START, "complete 0 | digest 0", "digested 0 B | validate 0 B", "validated 0 refused |",
	      "complete 0 | digest 0", "digested 0 A |", "next never |");
}

static void other_watch_is_another_chance_at_once(void **unused)
{
	(void)unused;
	CHECK("several; service; watch signal=1 validate; watch signal=1;", "start | digest 0, digest 1",
	      "digested 0 A |", "digested 1 missing | spawn 0", "spawned 0 |", "complete 0 | digest 0",
	      "digested 0 B | validate 0 B", "validated 0 refused |", "complete 1 | digest 1",
	      "digested 1 A | validate 0 B", "validated 0 ok | notify 0 1", "signalled 0 sent |", "next never |");
	/* During the validation. */
	CHECK("several; service; watch signal=1 validate; watch signal=1;", "start | digest 0, digest 1",
	      "digested 0 A |", "digested 1 A | spawn 0", "spawned 0 |", "complete 0 | digest 0",
	      "digested 0 B | validate 0 B", "complete 1 | digest 1", "digested 1 B |",
	      "validated 0 refused | log REFUSED, validate 0 B");
	/* When it comes back as it was. */
	CHECK("several; service; watch signal=1 validate; watch signal=1;", "start | digest 0, digest 1",
	      "digested 0 A |", "digested 1 A | spawn 0", "spawned 0 |", "complete 1 | digest 1",
	      "digested 1 missing |", "complete 0 | digest 0", "digested 0 B | validate 0 B", "validated 0 refused |",
	      "complete 1 | digest 1", "digested 1 A | validate 0 B");
	/* During a command that fails. */
	CHECK("several; service; watch exec=x;", START, "complete 0 | digest 0", "digested 0 B | hook 0 0",
	      "complete 0 | digest 0", "digested 0 C |", "hooked 0 1 | log HOOK_FAILED, hook 0 0", "hooked 0 1 |",
	      "next 5000 |");
}

static void refused_watch_holds_its_batch_back(void **unused)
{
	(void)unused;
	CHECK("several; service; watch signal=1 validate; watch signal=1 validate;", "start | digest 0, digest 1",
	      "digested 0 A |", "digested 1 A | spawn 0", "spawned 0 |", "complete 0 | digest 0",
	      "complete 1 | digest 1", "digested 0 B |", "digested 1 B | validate 0 B", "validated 0 ok | validate 1 B",
	      "validated 1 refused |", "next 5000 |", "wait 5000 | validate 1 B", "validated 1 ok | notify 0 1",
	      "signalled 0 sent |", "next never |");
}

static void verdict_on_moving_content_is_void(void **unused)
{
	(void)unused;
	CHECK(CHECKED, START, "complete 0 | digest 0", "digested 0 B | validate 0 B", "validated 0 moved | log MOVED",
	      "next 100 |", "wait 100 | digest 0", "digested 0 C | validate 0 C");
}

static void retry_that_is_due_while_another_watch_settles_does_not_spin(void **unused)
{
	(void)unused;
	CHECK("several; service; watch signal=1 validate; watch signal=1;", "start | digest 0, digest 1",
	      "digested 0 A |", "digested 1 A | spawn 0", "spawned 0 |", "complete 0 | digest 0",
	      "digested 0 B | validate 0 B", "validated 0 refused |", "wait 4950 |", "touched 1 |", "wait 50 |",
	      "next 50 |", "wait 50 | digest 1", "next never |", "digested 1 A | validate 0 B");
	CHECK("several; service; watch signal=1 validate; service;", "start | digest 0, spawn 1", "spawned 1 |",
	      "digested 0 A | spawn 0", "spawned 0 |", "complete 0 | digest 0", "digested 0 B | validate 0 B",
	      "validated 0 refused |", "exited 0 0 |", "wait 5000 |", "next never |");
}

static void process_ends_while_it_is_told(void **unused)
{
	(void)unused;
	CHECK("several; service; watch exec=x;", START, "complete 0 | digest 0", "digested 0 B | hook 0 0",
	      "exited 0 1 | cancel 0, clear 0 15", "hooked 0 0 |", "cleared 0 | digest 0", "digested 0 B | spawn 0",
	      "spawned 0 |", "next never |");
	CHECK(SIGNAL, START, "complete 0 | digest 0", "digested 0 B | notify 0 1", "exited 0 1 | clear 0 15",
	      "signalled 0 sent |", "cleared 0 | digest 0", "digested 0 A | spawn 0", "spawned 0 |", "next never |");
}

static void start_on_refused_content_is_announced(void **unused)
{
	(void)unused;
	CHECK(CHECKED, START, "complete 0 | digest 0", "digested 0 B | validate 0 B", "validated 0 refused |",
	      "exited 0 1 | clear 0 15", "cleared 0 | digest 0", "digested 0 B | log START_REFUSED, spawn 0",
	      "spawned 0 | log STARTED", "next 5000 |", "wait 5000 | validate 0 B",
	      "validated 0 refused | log REFUSED_RUNS", "next 10000 |", "wait 10000 | validate 0 B",
	      "validated 0 ok | notify 0 1", "signalled 0 sent | log APPLIED", "next never |");
}

static void content_that_is_judged_when_its_process_runs_already(void **unused)
{
	(void)unused;
	CHECK(CHECKED, START, "complete 0 | digest 0", "digested 0 B | validate 0 B", "exited 0 1 | clear 0 15",
	      "cleared 0 | digest 0", "digested 0 B | spawn 0", "spawned 0 | log APPLIED",
	      "validated 0 refused | log REFUSED_RUNS", "next 5000 |", "complete 0 | digest 0",
	      "digested 0 A | log CHANGED, validate 0 A", "validated 0 ok | notify 0 1",
	      "signalled 0 sent | log APPLIED", "next never |");
}

static void refused_content_holds_the_start_until_it_passes(void **unused)
{
	(void)unused;
	CHECK(HELD, HELD_START, "complete 0 | digest 0", "digested 0 B | validate 0 B", "validated 0 refused |",
	      "exited 0 1 | clear 0 15", "cleared 0 | digest 0", "digested 0 B | log START_HELD", "next 5000 |",
	      "wait 5000 | validate 0 B", "validated 0 refused | log REFUSED, log START_HELD",
	      "wait 10000 | validate 0 B", "validated 0 ok | digest 0", "digested 0 B | spawn 0", "spawned 0 |",
	      "next never |");
}

static void held_service_starts_when_its_content_is_reverted(void **unused)
{
	(void)unused;
	CHECK(HELD, HELD_START, "complete 0 | digest 0", "digested 0 B | validate 0 B", "validated 0 refused |",
	      "exited 0 1 | clear 0 15", "cleared 0 | digest 0", "digested 0 B | log START_HELD",
	      "complete 0 | digest 0", "digested 0 A | digest 0", "digested 0 A | spawn 0", "spawned 0 |",
	      "next never |");
}

static void content_that_nobody_judged_is_judged_before_a_start_that_may_be_held(void **unused)
{
	(void)unused;
	CHECK(HELD, HELD_START, "exited 0 1 | clear 0 15", "cleared 0 | digest 0", "digested 0 B | validate 0 B",
	      "validated 0 ok | digest 0", "digested 0 B | spawn 0");
	/* The validation that was on its way when the process ended is enough. */
	CHECK(HELD, HELD_START, "complete 0 | digest 0", "digested 0 B | validate 0 B", "exited 0 1 | clear 0 15",
	      "cleared 0 | digest 0", "digested 0 B |", "validated 0 ok | digest 0", "digested 0 B | spawn 0");
}

static void empty_content_is_reported_and_not_applied(void **unused)
{
	(void)unused;
	CHECK(SIGNAL, START, "complete 0 | digest 0", "digested 0 empty | log EMPTY", "next never |",
	      "complete 0 | digest 0", "digested 0 empty |", "complete 0 | digest 0", "digested 0 B | notify 0 1");
	CHECK("several; service; watch signal=1 allow-empty;", START, "complete 0 | digest 0",
	      "digested 0 empty | notify 0 1", "signalled 0 sent | log APPLIED");
}

static void missing_content_is_reported_and_kept(void **unused)
{
	(void)unused;
	CHECK(SIGNAL, START, "complete 0 | digest 0", "digested 0 missing | log MISSING", "next never |",
	      "complete 0 | digest 0", "digested 0 A | log REVERTED", "next never |");
	/* What was not there at the start is a change when it comes. */
	CHECK(SIGNAL, "start | digest 0", "digested 0 missing | log MISSING, spawn 0", "spawned 0 |",
	      "complete 0 | digest 0", "digested 0 A | notify 0 1");
}

static void unreadable_content_is_looked_at_again(void **unused)
{
	(void)unused;
	CHECK(SIGNAL, START, "complete 0 | digest 0", "digested 0 unreadable | log UNREADABLE", "next 5000 |",
	      "wait 5000 | digest 0", "digested 0 unreadable |", "wait 5000 | digest 0", "digested 0 B | notify 0 1");
	/* It keeps no service from starting. */
	CHECK(SIGNAL, "start | digest 0", "digested 0 unreadable | log UNREADABLE, spawn 0", "spawned 0 |",
	      "wait 5000 | digest 0", "digested 0 A | notify 0 1");
}

static void file_that_may_not_be_read_holds_content_back_once(void **unused)
{
	(void)unused;
	/* The kubelet gives the volume its group a moment later. */
	CHECK(SIGNAL, START, "complete 0 | digest 0", "digested 0 partly | log UNREADABLE", "next 5000 |",
	      "wait 5000 | digest 0", "digested 0 B | notify 0 1, log CHANGED");
	/* Or it stays so: then it is what it is, and the same again is no change. */
	CHECK(SIGNAL, START, "complete 0 | digest 0", "digested 0 partly | log UNREADABLE", "wait 5000 | digest 0",
	      "digested 0 partly | log PARTLY, notify 0 1", "signalled 0 sent | log APPLIED", "complete 0 | digest 0",
	      "digested 0 partly | log NO_OP", "poll 0 | digest 0", "digested 0 partly |", "next never |");
	/* One that is there from the start is what the service was started with. */
	CHECK(SIGNAL, "start | digest 0", "digested 0 partly | log UNREADABLE, spawn 0", "spawned 0 |",
	      "wait 5000 | digest 0", "digested 0 partly | log PARTLY", "next never |");
}

static void writer_that_never_rests_starves_nobody_where_reading_takes_long(void **unused)
{
	(void)unused;
	CHECK(SIGNAL, START, "complete 0 | digest 0", "touched 0 |", "digested 0 B |", "wait 100 | digest 0",
	      "touched 0 |", "digested 0 C | notify 0 1", "signalled 0 sent | log APPLIED", "wait 100 | digest 0",
	      "digested 0 C | log NO_OP", "next never |");
}

static void revert_to_what_is_applied_is_told(void **unused)
{
	(void)unused;
	CHECK(CHECKED, START, "complete 0 | digest 0", "digested 0 B | validate 0 B",
	      "validated 0 refused | log REFUSED", "complete 0 | digest 0", "digested 0 A | log CHANGED, log REVERTED",
	      "next never |");
}

static void stale_answers_change_nothing(void **unused)
{
	(void)unused;
	CHECK(CHECKED, START, "digested 0 B |", "complete 0 | digest 0", "stale digested 0 C |",
	      "digested 0 B | validate 0 B", "stale validated 0 ok |", "validated 0 ok | notify 0 1",
	      "validated 0 refused |", "stale signalled 0 gone |", "signalled 0 sent | log APPLIED",
	      "signalled 0 sent |", "hooked 0 0 |", "next never |");
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(quiet_time_is_waited_for),
		T(chattering_writer_is_read_at_the_bound),
		T(complete_update_is_read_at_once),
		T(same_content_is_a_no_op),
		T(poll_only_gives_a_reason_to_settle),
		T(change_while_it_is_read_is_read_again),
		T(change_during_a_signal_leads_to_exactly_one_more),
		T(revert_during_a_signal_is_applied_too),
		T(change_during_a_restart_is_not_lost),
		T(change_during_preparation_is_read_before_the_start),
		T(passed_content_is_applied),
		T(refused_content_is_judged_again_with_growing_delay),
		T(other_content_is_judged_at_once),
		T(revert_ends_the_repetition),
		T(other_watch_is_another_chance_at_once),
		T(refused_watch_holds_its_batch_back),
		T(verdict_on_moving_content_is_void),
		T(retry_that_is_due_while_another_watch_settles_does_not_spin),
		T(process_ends_while_it_is_told),
		T(start_on_refused_content_is_announced),
		T(content_that_is_judged_when_its_process_runs_already),
		T(refused_content_holds_the_start_until_it_passes),
		T(held_service_starts_when_its_content_is_reverted),
		T(content_that_nobody_judged_is_judged_before_a_start_that_may_be_held),
		T(empty_content_is_reported_and_not_applied),
		T(missing_content_is_reported_and_kept),
		T(unreadable_content_is_looked_at_again),
		T(file_that_may_not_be_read_holds_content_back_once),
		T(writer_that_never_rests_starves_nobody_where_reading_takes_long),
		T(revert_to_what_is_applied_is_told),
		T(stale_answers_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
