/* SPDX-License-Identifier: MIT */
/*
 * The engine: step(state, event) → effects. No clock, no input or output, no allocation in a step.
 *
 * See engine/state.h for the story of its states.
 */
#ifndef REINIT_ENGINE_ENGINE_H
#define REINIT_ENGINE_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "model/effect.h"
#include "model/event.h"
#include "model/spec.h"

struct engine;

/* Bytes of state for this spec. */
size_t engine_size(const struct spec *spec);
/* Effects that one step can emit at the most: the capacity that the list must have. */
uint32_t engine_effects_max(const struct spec *spec);
/* Make the block at engine (engine_size bytes) the state before START. All padding is zero: states compare with memcmp. */
void engine_init(struct engine *engine, const struct spec *spec);

/*
 * Take one event and append what is to be done to out (emptied by the caller). Stale answers are
 * dropped. Deadlines that have passed by event->now_ms are acted on after the event itself, so that a
 * child's exit that came with its time-out counts as the exit.
 */
void engine_step(struct engine *engine, const struct spec *spec, const struct event *event, struct effect_list *out);

/* When the engine wants a TICK at the latest (monotonic ms), or -1 for never. */
int64_t engine_deadline_ms(const struct engine *engine, const struct spec *spec);

#endif
