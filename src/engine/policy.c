/* SPDX-License-Identifier: MIT */
#include "engine/policy.h"

#include <string.h>

#include "engine/effects.h"

bool policy_pending(const struct watch_spec *spec, const struct watch_state *state)
{
	bool there = state->content == CONTENT_PRESENT || (state->content == CONTENT_EMPTY && spec->allow_empty);

	if (!there || state->gave_up)
		return false;
	return !state->has_applied || !digest_equal(state->applied, state->desired);
}

static bool pending_for(struct step *step, uint32_t service, uint32_t watch)
{
	const struct watch_spec *spec = spec_watch(step->spec, watch);

	return spec->service == service && policy_pending(spec, engine_watch(step->engine, step->spec, watch));
}

/* The watch with the strongest policy of all that are pending; the first of equals. */
static uint32_t strongest(struct step *step, uint32_t service)
{
	uint32_t best = EFFECT_NO_INDEX;

	for (uint32_t w = 0; w < step->spec->watch_count; w++) {
		if (pending_for(step, service, w) &&
		    (best == EFFECT_NO_INDEX ||
		     spec_watch(step->spec, w)->policy > spec_watch(step->spec, best)->policy))
			best = w;
	}
	return best;
}

/* Would applying one of them do what the other one asks for as well? */
static bool same_action(const struct spec *spec, const struct watch_spec *a, const struct watch_spec *b)
{
	if (a->policy == POLICY_SIGNAL)
		return a->signal == b->signal;
	if (a->policy != POLICY_EXEC)
		return true;
	if (a->exec.count != b->exec.count)
		return false;
	for (uint32_t n = 0; n < a->exec.count; n++) {
		if (strcmp(spec_str(spec, spec_word(spec, a->exec, n)), spec_str(spec, spec_word(spec, b->exec, n))) !=
		    0)
			return false;
	}
	return true;
}

/*
 * Offer all that the application of `chosen` covers: what has a weaker policy, or the very same action. Another signal
 * or another command is a transaction of its own, which follows.
 */
static void offer_covered(struct step *step, uint32_t service, uint32_t chosen)
{
	const struct watch_spec *best = spec_watch(step->spec, chosen);

	for (uint32_t w = 0; w < step->spec->watch_count; w++) {
		struct watch_state *watch = engine_watch(step->engine, step->spec, w);
		const struct watch_spec *spec = spec_watch(step->spec, w);

		if (!pending_for(step, service, w) ||
		    (!step->spec->dry_run && spec->policy == best->policy && !same_action(step->spec, spec, best)))
			continue;
		watch->offered_now = 1;
		watch->offered = watch->desired;
	}
}

void policy_rest(struct service_state *state)
{
	state->reload = RELOAD_IDLE;
	state->reload_deadline_ms = NEVER_MS;
	state->retry_interval_ms = 0;
	state->gate_interval_ms = 0;
	state->told_waiting = 0;
	state->force_signal = 0;
}

void policy_taken(struct step *step, uint32_t service)
{
	struct service_state *state = engine_service(step->engine, service);

	for (uint32_t w = 0; w < step->spec->watch_count; w++) {
		struct watch_state *watch = engine_watch(step->engine, step->spec, w);

		if (spec_watch(step->spec, w)->service != service || !watch->offered_now)
			continue;
		watch->offered_now = 0;
		watch->has_applied = 1;
		watch->applied = watch->offered;
		effects_log(step, step->spec->dry_run ? MSG_WOULD_APPLY : MSG_APPLIED, service, w,
			    (int32_t)spec_watch(step->spec, w)->policy, step->now_ms - watch->seen_ms);
	}
	policy_rest(state);
}

static void notify(struct step *step, uint32_t service, uint32_t watch)
{
	struct service_state *state = engine_service(step->engine, service);
	struct effect *effect;

	offer_covered(step, service, watch);
	state->news = 0;
	state->reload = RELOAD_NOTIFYING;
	state->reload_deadline_ms = NEVER_MS;
	state->reload_seq++;
	effect = effects_add(step, FX_NOTIFY);
	effect->service = service;
	effect->watch = watch;
	effect->seq = state->reload_seq;
	effect->value = spec_watch(step->spec, watch)->signal;
	effect->wide = state->force_signal;
}

static void run_hook(struct step *step, uint32_t service, uint32_t watch)
{
	struct service_state *state = engine_service(step->engine, service);
	struct effect *effect;

	offer_covered(step, service, watch);
	state->news = 0;
	state->reload = RELOAD_HOOKING;
	state->reload_deadline_ms = NEVER_MS;
	state->reload_seq++;
	effect = effects_add(step, FX_HOOK);
	effect->service = service;
	effect->watch = watch;
	effect->seq = state->reload_seq;
	effect->digest = engine_watch(step->engine, step->spec, watch)->desired;
}

static void wait_until_ready(struct step *step, uint32_t service, uint32_t watch)
{
	struct service_state *state = engine_service(step->engine, service);

	state->reload = RELOAD_WAITING;
	state->reload_deadline_ms = NEVER_MS;
	if (!state->told_waiting)
		effects_log(step, MSG_WAITING_READY, service, watch, 0, 0);
	state->told_waiting = 1;
}

/* Leave for the kubelet: the only policy that refreshes environment variables taken from a ConfigMap. */
static void leave(struct step *step, uint32_t service, uint32_t watch)
{
	struct engine *engine = step->engine;

	engine->halt = HALT_SERVICES;
	engine->halt_service = service;
	engine->halt_code = spec_watch(step->spec, watch)->exit_code;
	effects_log(step, MSG_LEAVING, service, watch, engine->halt_code, 0);
}

/* A service without a process reads the content when it starts; that is soon enough, and is now. */
static bool waits_for_start(const struct service_state *state)
{
	return state->life == LIFE_BACKOFF || state->life == LIFE_HELD || state->life == LIFE_FAILED;
}

static void restart(struct step *step, uint32_t service, uint32_t watch)
{
	struct service_state *state = engine_service(step->engine, service);

	if (state->life != LIFE_UP && state->life != LIFE_STARTING) {
		wait_until_ready(step, service, watch);
		return;
	}
	state->reload = RELOAD_RESTARTING;
	state->reload_deadline_ms = NEVER_MS;
	state->restart_wanted = 1;
	effects_log(step, MSG_RESTARTING, service, watch, 0, 0);
}

void policy_apply(struct step *step, uint32_t service)
{
	struct service_state *state = engine_service(step->engine, service);
	uint32_t watch = strongest(step, service);
	enum policy policy = (enum policy)spec_watch(step->spec, watch)->policy;

	if (step->spec->dry_run || (policy == POLICY_OBSERVE && !waits_for_start(state))) {
		offer_covered(step, service, watch);
		policy_taken(step, service);
		return;
	}
	if (policy == POLICY_EXIT) {
		leave(step, service, watch);
		return;
	}
	if (waits_for_start(state)) {
		state->reload = RELOAD_IDLE;
		state->reload_deadline_ms = NEVER_MS;
		state->start_wanted = 1;
		return;
	}
	if (policy == POLICY_RESTART)
		restart(step, service, watch);
	else if (state->life != LIFE_UP || !state->ready)
		wait_until_ready(step, service, watch);
	else if (policy == POLICY_SIGNAL)
		notify(step, service, watch);
	else
		run_hook(step, service, watch);
}
