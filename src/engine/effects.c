/* SPDX-License-Identifier: MIT */
#include "engine/effects.h"

#include <string.h>

struct effect *effects_add(struct step *step, enum effect_kind kind)
{
	struct effect_list *list = step->out;
	/* The last slot is the spare: engine_effects_max makes sure that it is never needed. */
	struct effect *effect = &list->items[list->count];

	if (list->count + 1 < list->capacity)
		list->count++;
	else
		list->overflow = true;
	memset(effect, 0, sizeof(*effect));
	effect->kind = kind;
	effect->service = EFFECT_NO_INDEX;
	effect->watch = EFFECT_NO_INDEX;
	return effect;
}

void effects_log(struct step *step, enum message message, uint32_t service, uint32_t watch, int32_t value,
		 int64_t amount)
{
	struct effect *effect = effects_add(step, FX_LOG);

	effect->message = message;
	effect->service = service;
	effect->watch = watch;
	effect->value = value;
	effect->amount = amount;
	if (watch != EFFECT_NO_INDEX) {
		const struct watch_state *state = engine_watch(step->engine, step->spec, watch);

		effect->seq = state->generation;
		effect->digest = state->desired;
	}
}

void effects_kill(struct step *step, uint32_t service, int32_t signal, bool wide)
{
	struct effect *effect = effects_add(step, FX_KILL);

	effect->service = service;
	effect->value = signal;
	effect->wide = wide;
}
