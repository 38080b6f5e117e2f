/* SPDX-License-Identifier: MIT */
#include "engine_util.h"

static void state_before_the_start_has_no_padding_and_no_deadline(void **unused)
{
	struct spec *spec = text_spec("several; service; watch signal=1; service; watch restart;");
	size_t size = engine_size(spec);
	unsigned char *one = malloc(size), *other = malloc(size);

	(void)unused;
	assert_non_null(one);
	assert_non_null(other);
	memset(one, 0xaa, size);
	memset(other, 0x55, size);
	engine_init((struct engine *)(void *)one, spec);
	engine_init((struct engine *)(void *)other, spec);
	assert_memory_equal(one, other, size);
	assert_int_equal(engine_deadline_ms((struct engine *)(void *)one, spec), -1);
	free(one);
	free(other);
	free(spec);
}

static void nothing_happens_before_the_start(void **unused)
{
	(void)unused;
	CHECK("several; service; watch signal=1;", "tick |", "touched 0 |", "poll 0 |", "digested 0 A |",
	      "signal HUP |", "next never |", "start | digest 0");
}

static void earliest_of_all_deadlines_is_next(void **unused)
{
	(void)unused;
	CHECK("several; service ready=unix ready-timeout=70; watch signal=1; service ready=delay;",
	      "start | digest 0, spawn 1", "spawned 1 |", "next 1000 |", "digested 0 A | spawn 0",
	      "spawned 0 | probe 0", "next 70 |", "probed 0 0 |", "next 50 |", "touched 0 |", "wait 40 |", "next 10 |",
	      "wait 10 | probe 0", "next 20 |", "probed 0 1 | log READY", "next 50 |");
}

static void tick_without_a_reason_does_nothing(void **unused)
{
	(void)unused;
	CHECK("several; service; watch signal=1;", "start | digest 0", "tick |", "digested 0 A | spawn 0",
	      "wait 999999 |", "spawned 0 |", "wait 999999 |", "next never |");
}

static void everything_that_is_due_at_once_is_done_at_once(void **unused)
{
	(void)unused;
	CHECK("several; service; watch signal=1; service ready=delay; service after=1;", "start | digest 0, spawn 1",
	      "digested 0 A | spawn 0", "spawned 0 |", "spawned 1 |", "touched 0 |",
	      "wait 3600000 | digest 0, spawn 2");
}

static void effects_of_a_broad_step_fit(void **unused)
{
	struct world world;

	(void)unused;
	world_open(&world,
		   "several; service post-stop; watch signal=1 validate; watch exec=x; watch restart; watch observe;"
		   "service post-stop; watch signal=1 validate; watch exec=x; watch restart; watch observe;");
	world_do(&world, "start");
	assert_null(
		world_wrong(&world, "digest 0, digest 1, digest 2, digest 3, digest 4, digest 5, digest 6, digest 7"));
	assert_true(engine_effects_max(world.spec) <= sizeof(world.effects) / sizeof(*world.effects));
	world_close(&world);
}

static void container_without_services_ends_on_term(void **unused)
{
	struct specbuild build;
	struct world world;

	(void)unused;
	world_open(&world, "service;");
	free(world.spec);
	free(world.engine);
	specbuild_init(&build);
	assert_true(specbuild_pack(&build, &world.spec) > 0);
	specbuild_finish(&build);
	world.engine = calloc(1, engine_size(world.spec));
	assert_non_null(world.engine);
	engine_init(world.engine, world.spec);
	world_do(&world, "start");
	assert_null(world_wrong(&world, ""));
	world_do(&world, "signal INT");
	assert_null(world_wrong(&world, ""));
	world_do(&world, "signal TERM");
	assert_null(world_wrong(&world, "end-rest 15"));
	world_do(&world, "signal TERM");
	world_do(&world, "rest-gone");
	assert_null(world_wrong(&world, "exit 0"));
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(state_before_the_start_has_no_padding_and_no_deadline),
		cmocka_unit_test(nothing_happens_before_the_start),
		cmocka_unit_test(earliest_of_all_deadlines_is_next),
		cmocka_unit_test(tick_without_a_reason_does_nothing),
		cmocka_unit_test(everything_that_is_due_at_once_is_done_at_once),
		cmocka_unit_test(effects_of_a_broad_step_fit),
		cmocka_unit_test(container_without_services_ends_on_term),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
