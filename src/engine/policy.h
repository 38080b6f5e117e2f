/* SPDX-License-Identifier: MIT */
/* Apply a change that may be applied: one function for each policy. */
#ifndef REINIT_ENGINE_POLICY_H
#define REINIT_ENGINE_POLICY_H

#include "engine/state.h"

/* Is there content at the watch that the service does not have and that may be given to it? */
bool policy_pending(const struct watch_spec *spec, const struct watch_state *state);

/*
 * Apply everything that is pending for the service by the strongest policy among it, or wait until
 * that is possible. Called when all of it has been validated and nothing is on its way.
 */
void policy_apply(struct step *step, uint32_t service);

/* Nothing is on its way any more, nor waited for. */
void policy_rest(struct service_state *state);

/* What was offered has been taken: it is applied. Logs it. */
void policy_taken(struct step *step, uint32_t service);

#endif
