/* SPDX-License-Identifier: MIT */
/* Append to the effect list: the only place where it can be full. Used by the engine's files alone. */
#ifndef REINIT_ENGINE_EFFECTS_H
#define REINIT_ENGINE_EFFECTS_H

#include "engine/state.h"

/* A zeroed effect at the end of the list with its kind set and no indices; never NULL (a full list gives a spare). */
struct effect *effects_add(struct step *step, enum effect_kind kind);

/* LOG with what most messages carry. watch may be EFFECT_NO_INDEX; its generation and digest are filled in. */
void effects_log(struct step *step, enum message message, uint32_t service, uint32_t watch, int32_t value,
		 int64_t amount);

/* KILL of a service that has a process. wide: its whole session. */
void effects_kill(struct step *step, uint32_t service, int32_t signal, bool wide);

#endif
