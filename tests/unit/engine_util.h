/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the engine share: CHECK(spec, line…), in the words of model/text.h.
 *
 * A line is "event | effects". All effects but logs must be there, in their order, and no others; a log that is named
 * must be among those that came. "next MS |" and "next never |" hold the next deadline to so long from now.
 */
#ifndef REINIT_TESTS_ENGINE_UTIL_H
#define REINIT_TESTS_ENGINE_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/text.h"

#define CHECK(spec, ...) \
	check_lines(__FILE__, __LINE__, spec, (const char *const[]){ __VA_ARGS__ }, \
		    sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

struct world {
	struct spec *spec;
	struct engine *engine;
	struct effect effects[256];
	struct effect_list out;
	int64_t now_ms;
};

static inline void world_open(struct world *world, const char *spec)
{
	memset(world, 0, sizeof(*world));
	world->spec = text_spec(spec);
	world->engine = calloc(1, engine_size(world->spec));
	assert_non_null(world->engine);
	engine_init(world->engine, world->spec);
	world->out = (struct effect_list){ world->effects, 0, engine_effects_max(world->spec), false };
	world->now_ms = 5000000;
}

static inline void world_close(struct world *world)
{
	free(world->engine);
	free(world->spec);
}

static inline void world_do(struct world *world, const char *text)
{
	int64_t wait_ms;
	struct move move = text_move(text, &wait_ms);
	struct event event;

	world->now_ms += wait_ms;
	move_time(world->engine, world->spec, move, world->now_ms);
	world->out.count = 0;
	if (move.kind == MOVE_OLD_START || move.kind == MOVE_OLD_GATE)
		return;
	event = move_event(world->engine, world->spec, move);
	event.now_ms = world->now_ms;
	engine_step(world->engine, world->spec, &event, &world->out);
	assert_false(world->out.overflow);
}

/* Is this log among the effects of the last step? */
static inline bool world_logged(const struct world *world, const char *text)
{
	for (uint32_t n = 0; n < world->out.count; n++) {
		char one[64];

		effect_text(&world->out.items[n], one, sizeof(one));
		if (strcmp(one, text) == 0)
			return true;
	}
	return false;
}

/* Hold the effects of the last step to what is expected; NULL or what is wrong. */
static inline const char *world_wrong(const struct world *world, const char *expected)
{
	char copy[512], others[512] = "", actual[512], *rest;

	snprintf(copy, sizeof(copy), "%s", expected);
	for (char *word = strtok_r(copy, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
		word += strspn(word, " ");
		if (strncmp(word, "log ", 4) == 0) {
			if (!world_logged(world, word))
				return "a log is missing";
		} else if (*word != '\0') {
			snprintf(others + strlen(others), sizeof(others) - strlen(others), "%s%s",
				 others[0] != '\0' ? ", " : "", word);
		}
	}
	effects_text(&world->out, false, actual, sizeof(actual));
	return strcmp(actual, others) == 0 ? NULL : "other effects";
}

static inline const char *world_wrong_next(const struct world *world, const char *when)
{
	int64_t deadline_ms = engine_deadline_ms(world->engine, world->spec);

	if (strcmp(when, "never") == 0)
		return deadline_ms < 0 ? NULL : "a deadline is set";
	return deadline_ms == world->now_ms + atoi(when) ? NULL : "another deadline";
}

static inline void check_lines(const char *file, int at, const char *spec, const char *const *lines, size_t count)
{
	struct world world;

	world_open(&world, spec);
	for (size_t n = 0; n < count; n++) {
		const char *bar = strchr(lines[n], '|');
		char event[64], actual[512], word[16], when[16];
		const char *wrong;

		assert_non_null(bar);
		snprintf(event, sizeof(event), "%.*s", (int)(bar - lines[n]), lines[n]);
		if (sscanf(event, "%15s %15s", word, when) == 2 && strcmp(word, "next") == 0) {
			wrong = world_wrong_next(&world, when);
		} else {
			world_do(&world, event);
			wrong = world_wrong(&world, bar + 1);
		}
		effects_text(&world.out, true, actual, sizeof(actual));
		if (wrong != NULL)
			fail_msg("%s:%d: line %zu: \"%s\": %s: got \"%s\", next deadline in %lld ms", file, at, n + 1,
				 lines[n], wrong, actual,
				 (long long)(engine_deadline_ms(world.engine, world.spec) - world.now_ms));
	}
	world_close(&world);
}

#endif
