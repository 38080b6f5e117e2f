/* SPDX-License-Identifier: MIT */
/* What is handed to helpers because it may block: effects that become a helper's job, and its answer as an event. */
#ifndef REINIT_RUNTIME_DELEGATE_H
#define REINIT_RUNTIME_DELEGATE_H

#include "model/effect.h"
#include "model/event.h"
#include "runtime/state.h"

/* DIGEST: in the loop where the set is small and local, else by a helper. Posts DIGESTED, at once or when that has ended. */
void delegate_digest(struct runtime *rt, const struct effect *effect);

/* VALIDATE: posts VALIDATED when the helper has ended, or at once (REFUSED) when it cannot be started. */
void delegate_validate(struct runtime *rt, const struct effect *effect);

/* HOOK: posts HOOKED when the helper has ended, or at once (not run) when it cannot be started. */
void delegate_hook(struct runtime *rt, const struct effect *effect);

/* POST_STOP: posts POST_STOPPED when the helper has ended, or at once (not run) when it cannot be started. */
void delegate_post_stop(struct runtime *rt, const struct effect *effect);

/*
 * PROBE by a command: posts PROBED when the helper has ended, or at once (not ready) when it cannot be started, or one for
 * an earlier process of the service still runs, which is cancelled.
 */
void delegate_probe(struct runtime *rt, const struct effect *effect);

/*
 * The helper of this slot is gone: free the slot and make of what it found out the event that its effect asked for.
 * rt->result points to the whole answer, until the next helper ends; the caller sets it to NULL when the event is done.
 */
struct event delegate_ended(struct runtime *rt, uint32_t slot);

/*
 * A helper survives KILL, for it is stuck in the kernel: *ret is the event that its effect asked for, so that nobody waits
 * for it any more; rt->result as above. False when there is no (other) such helper. What it tells should it end
 * after all is stale then.
 */
bool delegate_lost(struct runtime *rt, int64_t now_ms, struct event *ret);

#endif
