/* SPDX-License-Identifier: MIT */
#include "engine_util.h"

#include "engine/effects.h"

static struct step step_of(struct world *world)
{
	return (struct step){ world->engine, world->spec, &world->out, world->now_ms };
}

static void effect_starts_empty_without_indices(void **unused)
{
	struct world world;
	struct step step;
	struct effect *effect;

	(void)unused;
	world_open(&world, "service;");
	step = step_of(&world);
	memset(world.effects, 0xff, sizeof(world.effects));
	effect = effects_add(&step, FX_EXIT);
	assert_ptr_equal(effect, &world.effects[0]);
	assert_int_equal(effect->kind, FX_EXIT);
	assert_int_equal(effect->service, EFFECT_NO_INDEX);
	assert_int_equal(effect->watch, EFFECT_NO_INDEX);
	assert_int_equal(effect->value, 0);
	assert_false(effect->wide);
	assert_int_equal(world.out.count, 1);
	world_close(&world);
}

static void full_list_says_so_and_stays_in_bounds(void **unused)
{
	struct world world;
	struct step step;

	(void)unused;
	world_open(&world, "service;");
	step = step_of(&world);
	world.out.capacity = 3;
	effects_add(&step, FX_SPAWN);
	effects_add(&step, FX_PROBE);
	assert_false(world.out.overflow);
	assert_ptr_equal(effects_add(&step, FX_KILL), &world.effects[2]);
	assert_ptr_equal(effects_add(&step, FX_EXIT), &world.effects[2]);
	assert_true(world.out.overflow);
	assert_int_equal(world.out.count, 2);
	world_close(&world);
}

static void log_of_a_watch_carries_generation_and_digest(void **unused)
{
	struct world world;
	struct step step;
	const struct effect *effect = world.effects;

	(void)unused;
	world_open(&world, "service; watch signal=1;");
	step = step_of(&world);
	engine_watch(world.engine, world.spec, 0)->generation = 7;
	engine_watch(world.engine, world.spec, 0)->desired = disk_digest(DISK_B);
	effects_log(&step, MSG_CHANGED, 0, 0, 5, 6);
	assert_int_equal(effect->message, MSG_CHANGED);
	assert_int_equal(effect->service, 0);
	assert_int_equal(effect->watch, 0);
	assert_int_equal(effect->value, 5);
	assert_int_equal(effect->amount, 6);
	assert_int_equal(effect->seq, 7);
	assert_true(digest_equal(effect->digest, disk_digest(DISK_B)));
	world_close(&world);
}

static void kill_names_its_service_signal_and_width(void **unused)
{
	struct world world;
	struct step step;

	(void)unused;
	world_open(&world, "several; service; service;");
	step = step_of(&world);
	effects_kill(&step, 1, SIGKILL, true);
	effects_kill(&step, 0, SIGTERM, false);
	assert_null(world_wrong(&world, "kill 1 9 wide, kill 0 15"));
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(effect_starts_empty_without_indices),
		cmocka_unit_test(full_list_says_so_and_stays_in_bounds),
		cmocka_unit_test(log_of_a_watch_carries_generation_and_digest),
		cmocka_unit_test(kill_names_its_service_signal_and_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
