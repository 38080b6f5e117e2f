/* SPDX-License-Identifier: MIT */
#include "engine/engine.h"

#include <string.h>

#include "engine/effects.h"
#include "engine/halt.h"
#include "engine/reload.h"
#include "engine/service.h"
#include "engine/state.h"

/* Rounds in which a service and its reload can set each other going within one step; the longest chain is 3. */
#define ADVANCE_ROUNDS_MAX 8

/* No padding that a comparison could see: 15 marks and their 5 bytes, 13 marks and their 3. */
_Static_assert(offsetof(struct service_state, pad) + 5 == sizeof(struct service_state), "padding in service_state");
_Static_assert(offsetof(struct watch_state, pad) + 3 == sizeof(struct watch_state), "padding in watch_state");

size_t engine_size(const struct spec *spec)
{
	return sizeof(struct engine) + spec->service_count * sizeof(struct service_state) +
	       spec->watch_count * sizeof(struct watch_state);
}

uint32_t engine_effects_max(const struct spec *spec)
{
	return 16 + 12 * spec->service_count + 6 * spec->watch_count;
}

void engine_init(struct engine *engine, const struct spec *spec)
{
	memset(engine, 0, engine_size(spec));
	engine->halt_deadline_ms = NEVER_MS;
	for (uint32_t s = 0; s < spec->service_count; s++) {
		struct service_state *state = engine_service(engine, s);

		state->life_deadline_ms = NEVER_MS;
		state->probe_deadline_ms = NEVER_MS;
		state->reload_deadline_ms = NEVER_MS;
	}
	for (uint32_t w = 0; w < spec->watch_count; w++)
		engine_watch(engine, spec, w)->settle_deadline_ms = NEVER_MS;
}

static void fold(struct step *step, const struct event *event)
{
	switch (event->kind) {
	case EV_START:
		step->engine->started = 1;
		step->engine->order_changed = 1;
		break;
	case EV_SPAWNED:
		service_spawned(step, event->service, event->seq, event->value);
		break;
	case EV_SPAWN_FAILED:
		service_spawn_failed(step, event->service, event->seq, event->value);
		break;
	case EV_EXITED:
		if (event->seq == engine_service(step->engine, event->service)->life_seq &&
		    life_has_process(engine_service(step->engine, event->service)->life))
			reload_process_gone(step, event->service);
		service_exited(step, event->service, event->seq, event->value);
		break;
	case EV_CLEARED:
		service_cleared(step, event->service, event->seq);
		break;
	case EV_POST_STOPPED:
		service_post_stopped(step, event->service, event->seq, event->value);
		break;
	case EV_PROBED:
		service_probed(step, event->service, event->seq, event->value != 0);
		break;
	case EV_TOUCHED:
		reload_touched(step, event->watch);
		break;
	case EV_COMPLETE:
		reload_complete(step, event->watch);
		break;
	case EV_POLL:
		reload_polled(step, event->watch);
		break;
	case EV_DIGESTED:
		reload_digested(step, event);
		break;
	case EV_VALIDATED:
		reload_validated(step, event);
		break;
	case EV_SIGNALLED:
		reload_signalled(step, event);
		break;
	case EV_HOOKED:
		reload_hooked(step, event);
		break;
	case EV_SIGNAL:
		halt_signal(step, event->value);
		break;
	case EV_REST_GONE:
		halt_rest_gone(step);
		break;
	case EV_TICK:
	case EVENT_COUNT:
		break;
	}
}

/* After the first TERM a change is nobody's business any more. */
static bool is_moot(const struct engine *engine, enum event_kind kind)
{
	switch (kind) {
	case EV_TOUCHED:
	case EV_COMPLETE:
	case EV_POLL:
	case EV_DIGESTED:
	case EV_VALIDATED:
	case EV_SIGNALLED:
	case EV_HOOKED:
	case EV_PROBED:
	case EV_CLEARED:
		return engine->halt != HALT_NOT || !engine->started;
	case EV_START:
	case EV_SPAWNED:
	case EV_SPAWN_FAILED:
	case EV_EXITED:
	case EV_POST_STOPPED:
	case EV_SIGNAL:
	case EV_REST_GONE:
	case EV_TICK:
	case EVENT_COUNT:
		break;
	}
	return engine->halt == HALT_OVER;
}

static void advance_service(struct step *step, uint32_t service)
{
	for (int round = 0; round < ADVANCE_ROUNDS_MAX && step->engine->halt == HALT_NOT; round++) {
		uint32_t before = step->out->count;
		uint8_t life = engine_service(step->engine, service)->life;

		service_advance(step, service);
		if (step->engine->halt != HALT_NOT)
			return;
		reload_read(step, service);
		reload_advance(step, service);
		if (step->out->count == before && engine_service(step->engine, service)->life == life &&
		    !engine_service(step->engine, service)->start_wanted)
			return;
	}
}

static void advance(struct step *step)
{
	struct engine *engine = step->engine;

	while (engine->started && engine->halt == HALT_NOT) {
		engine->order_changed = 0;
		for (uint32_t s = 0; s < step->spec->service_count; s++)
			advance_service(step, s);
		if (!engine->order_changed)
			break;
	}
	halt_advance(step);
}

void engine_step(struct engine *engine, const struct spec *spec, const struct event *event, struct effect_list *out)
{
	struct step step = { engine, spec, out, event->now_ms };

	if (!is_moot(engine, event->kind))
		fold(&step, event);
	advance(&step);
}

static void keep_earlier(int64_t *earliest_ms, int64_t candidate_ms)
{
	if (candidate_ms != NEVER_MS && (*earliest_ms == NEVER_MS || candidate_ms < *earliest_ms))
		*earliest_ms = candidate_ms;
}

int64_t engine_deadline_ms(const struct engine *engine, const struct spec *spec)
{
	/* The accessors are shared with the step, which writes; nothing is written here. */
	struct engine *state = (struct engine *)(uintptr_t)engine;
	int64_t earliest_ms = engine->halt_deadline_ms;

	for (uint32_t s = 0; s < spec->service_count; s++) {
		keep_earlier(&earliest_ms, service_deadline_ms(engine_service(state, s)));
		keep_earlier(&earliest_ms, reload_deadline_ms(engine_service(state, s)));
	}
	for (uint32_t w = 0; w < spec->watch_count; w++)
		keep_earlier(&earliest_ms, reload_watch_deadline_ms(engine_watch(state, spec, w)));
	return earliest_ms == NEVER_MS ? -1 : earliest_ms;
}
