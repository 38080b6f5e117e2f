/* SPDX-License-Identifier: MIT */
#include "engine/reload.h"

#include "engine/backoff.h"
#include "engine/effects.h"
#include "engine/policy.h"

void reload_touched(struct step *step, uint32_t watch)
{
	const struct watch_spec *spec = spec_watch(step->spec, watch);
	struct watch_state *state = engine_watch(step->engine, step->spec, watch);
	int64_t due_ms = step->now_ms + spec->settle_ms;

	/* The bound starts with the first event, so that a chattering writer cannot push the reading away for ever. */
	if (state->settle_deadline_ms == NEVER_MS)
		state->settle_bound_ms = step->now_ms + spec->settle_max_ms;
	state->settle_deadline_ms = due_ms < state->settle_bound_ms ? due_ms : state->settle_bound_ms;
}

void reload_complete(struct step *step, uint32_t watch)
{
	struct watch_state *state = engine_watch(step->engine, step->spec, watch);

	if (state->settle_deadline_ms == NEVER_MS)
		state->settle_bound_ms = step->now_ms;
	state->settle_deadline_ms = step->now_ms;
}

static void read_now(struct step *step, uint32_t watch)
{
	struct watch_state *state = engine_watch(step->engine, step->spec, watch);
	struct effect *effect = effects_add(step, FX_DIGEST);

	state->reading = 1;
	state->digest_seq++;
	if (state->chatter == CHATTER_TAKEN)
		state->chatter = CHATTER_NONE;
	state->settle_deadline_ms = NEVER_MS;
	effect->watch = watch;
	effect->service = spec_watch(step->spec, watch)->service;
	effect->seq = state->digest_seq;
}

void reload_polled(struct step *step, uint32_t watch)
{
	struct watch_state *state = engine_watch(step->engine, step->spec, watch);

	if (state->reading || state->settle_deadline_ms != NEVER_MS)
		return;
	read_now(step, watch);
	state->polling = 1;
}

/* Was this content, with the same file that may not be read, seen before? */
static bool is_partly_still(const struct watch_state *state, const struct event *event)
{
	return state->has_partly && digest_equal(state->partly, event->digest);
}

/*
 * A file may not be read: at first that is taken for the moment in which the kubelet has yet to give the volume its
 * group. If it is still so the next time, it will stay so, and the content is what it is.
 */
static enum content judge_partly(struct watch_state *state, const struct event *event)
{
	if (event->value != CONTENT_PARTLY)
		return (enum content)event->value;
	if (is_partly_still(state, event))
		return CONTENT_PRESENT;
	state->has_partly = 1;
	state->partly = event->digest;
	return CONTENT_UNREADABLE;
}

/* Other content, or content of another kind, than was known? */
static bool is_news(const struct watch_state *state, const struct event *event)
{
	int32_t kind = event->value == CONTENT_PARTLY && is_partly_still(state, event) ? CONTENT_PRESENT : event->value;

	if (!state->content_known || state->content != (uint8_t)kind)
		return true;
	return kind == CONTENT_PRESENT && !digest_equal(state->desired, event->digest);
}

/* Other content is another chance for everything of this service that failed: at once, not after the back-off. */
static void give_another_chance(struct step *step, uint32_t service)
{
	struct service_state *state = engine_service(step->engine, service);

	if (state->reload == RELOAD_RETRYING || state->reload == RELOAD_GATING) {
		state->reload = RELOAD_IDLE;
		state->reload_deadline_ms = NEVER_MS;
		/* The delay that was to decide is not over: the question has to be asked again. */
		state->force_signal = 0;
	}
	state->retry_interval_ms = 0;
	state->gate_interval_ms = 0;
	state->told_waiting = 0;
	state->news = 1;
	for (uint32_t w = 0; w < step->spec->watch_count; w++) {
		if (spec_watch(step->spec, w)->service == service)
			engine_watch(step->engine, step->spec, w)->gave_up = 0;
	}
}

/* back: it had been missing, empty or unreadable. */
static void fold_present(struct step *step, const struct event *event, bool back)
{
	const struct watch_spec *spec = spec_watch(step->spec, event->watch);
	struct watch_state *state = engine_watch(step->engine, step->spec, event->watch);
	struct service_state *service = engine_service(step->engine, spec->service);
	bool moved = state->has_desired && !digest_equal(state->desired, event->digest);
	bool first = !state->has_desired;
	bool is_applied = state->has_applied && digest_equal(state->applied, event->digest);

	state->has_desired = 1;
	state->desired = event->digest;
	if (moved || first || back)
		give_another_chance(step, spec->service);
	if (!moved && !first) {
		if (is_applied)
			effects_log(step, back ? MSG_REVERTED : MSG_NO_OP, spec->service, event->watch, 0, 0);
		return;
	}
	state->generation++;
	state->seen_ms = step->now_ms;
	if (service->life == LIFE_PREPARING) {
		effects_log(step, MSG_CONTENT, spec->service, event->watch, 0, 0);
		return;
	}
	effects_log(step, MSG_CHANGED, spec->service, event->watch, 0, 0);
	if (is_applied)
		effects_log(step, MSG_REVERTED, spec->service, event->watch, 0, 0);
}

static void fold_content(struct step *step, const struct event *event)
{
	const struct watch_spec *spec = spec_watch(step->spec, event->watch);
	struct watch_state *state = engine_watch(step->engine, step->spec, event->watch);
	enum content content = judge_partly(state, event);
	bool other_kind = state->content != (uint8_t)content || !state->content_known;

	state->content = (uint8_t)content;
	state->content_known = 1;
	if (content == CONTENT_PRESENT && event->value == CONTENT_PARTLY && other_kind)
		effects_log(step, MSG_PARTLY, spec->service, event->watch, 0, 0);
	if (content == CONTENT_PRESENT || (content == CONTENT_EMPTY && spec->allow_empty)) {
		fold_present(step, event, other_kind);
	} else if (content == CONTENT_UNREADABLE) {
		/* No event need follow when it becomes readable (fsGroup is set after the swap): look again. */
		state->settle_deadline_ms = step->now_ms + step->spec->retry_min_ms;
		state->settle_bound_ms = state->settle_deadline_ms;
		if (other_kind)
			effects_log(step, MSG_UNREADABLE, spec->service, event->watch, 0, step->spec->retry_min_ms);
	} else if (other_kind) {
		effects_log(step, content == CONTENT_EMPTY ? MSG_EMPTY : MSG_MISSING, spec->service, event->watch, 0,
			    0);
	}
}

/* Take what was read although it was touched meanwhile? Every second time, so that a chattering writer starves nobody. */
static bool chatter_allows(struct watch_state *state, int64_t now_ms)
{
	if (state->chatter != CHATTER_DROPPED) {
		state->chatter = CHATTER_DROPPED;
		return false;
	}
	state->chatter = CHATTER_TAKEN;
	/* Not again in this very step: first what was read is dealt with. */
	if (state->settle_deadline_ms <= now_ms)
		state->settle_deadline_ms = now_ms + 1;
	return true;
}

void reload_digested(struct step *step, const struct event *event)
{
	struct watch_state *state = engine_watch(step->engine, step->spec, event->watch);
	bool polling = state->polling;

	if (!state->reading || event->seq != state->digest_seq)
		return;
	state->reading = 0;
	state->polling = 0;
	if (polling && state->settle_deadline_ms == NEVER_MS) {
		/* A poll may have looked in the middle of a write: what it found is only a reason to settle. */
		if (is_news(state, event))
			reload_touched(step, event->watch);
		return;
	}
	if (state->settle_deadline_ms != NEVER_MS && !chatter_allows(state, step->now_ms))
		return; /* touched while it was read: it is going to be read again */
	if (state->settle_deadline_ms == NEVER_MS)
		state->chatter = CHATTER_NONE;
	fold_content(step, event);
}

/*
 * A validation or application failed: again after a growing delay while this content stays, and at once when the
 * service's content has changed meanwhile. Returns the delay.
 */
static int64_t retry_later(struct step *step, uint32_t service)
{
	struct service_state *state = engine_service(step->engine, service);

	if (state->news) {
		state->reload = RELOAD_IDLE;
		return 0;
	}
	state->retry_interval_ms =
		backoff_next_ms(state->retry_interval_ms, step->spec->retry_min_ms, step->spec->retry_max_ms);
	state->reload = RELOAD_RETRYING;
	state->reload_deadline_ms = step->now_ms + state->retry_interval_ms;
	return state->retry_interval_ms;
}

static void withdraw_offer(struct step *step, uint32_t service)
{
	for (uint32_t w = 0; w < step->spec->watch_count; w++) {
		if (spec_watch(step->spec, w)->service == service)
			engine_watch(step->engine, step->spec, w)->offered_now = 0;
	}
}

/* What was offered is not tried again before other content comes. */
static void give_up_offer(struct step *step, uint32_t service)
{
	for (uint32_t w = 0; w < step->spec->watch_count; w++) {
		struct watch_state *watch = engine_watch(step->engine, step->spec, w);

		if (spec_watch(step->spec, w)->service == service && watch->offered_now)
			watch->gave_up = digest_equal(watch->offered, watch->desired);
	}
}

/* The watch whose policy the batch that was offered is applied by. Only called while one is. */
static uint32_t offered_watch(struct step *step, uint32_t service)
{
	uint32_t best = 0;
	bool found = false;

	for (uint32_t w = 0; w < step->spec->watch_count; w++) {
		if (spec_watch(step->spec, w)->service != service ||
		    !engine_watch(step->engine, step->spec, w)->offered_now)
			continue;
		if (!found || spec_watch(step->spec, w)->policy > spec_watch(step->spec, best)->policy)
			best = w;
		found = true;
	}
	return best;
}

/* Was the process started with what was offered? */
static bool runs_with_offer(const struct service_state *state, const struct watch_state *watch)
{
	return life_has_process(state->life) && digest_equal(watch->applied, watch->offered);
}

void reload_validated(struct step *step, const struct event *event)
{
	uint32_t service = spec_watch(step->spec, event->watch)->service;
	struct service_state *state = engine_service(step->engine, service);
	struct watch_state *watch = engine_watch(step->engine, step->spec, event->watch);

	if (state->reload != RELOAD_VALIDATING || event->seq != state->reload_seq)
		return;
	state->reload = RELOAD_IDLE;
	switch ((enum verdict)event->value) {
	case VERDICT_OK:
		watch->has_validated = 1;
		watch->validated = watch->offered;
		if (watch->has_failed && digest_equal(watch->failed, watch->offered))
			watch->has_failed = 0;
		effects_log(step, MSG_VALID, service, event->watch, 0, 0);
		break;
	case VERDICT_REFUSED:
		watch->has_failed = 1;
		watch->failed = watch->offered;
		/* Content that has moved on meanwhile is judged by itself, and at once. */
		if (!digest_equal(watch->offered, watch->desired))
			break;
		effects_log(step, runs_with_offer(state, watch) ? MSG_REFUSED_RUNS : MSG_REFUSED, service, event->watch,
			    0, retry_later(step, service));
		/* What a process was started with is applied only if it passes. */
		if (digest_equal(watch->applied, watch->offered))
			watch->has_applied = 0;
		if (state->life == LIFE_HELD)
			effects_log(step, MSG_START_HELD, service, event->watch, 0, 0);
		break;
	case VERDICT_MOVED:
	case VERDICT_COUNT:
		effects_log(step, MSG_MOVED, service, event->watch, 0, 0);
		reload_touched(step, event->watch);
		break;
	}
	withdraw_offer(step, service);
}

static void not_caught(struct step *step, uint32_t service, uint32_t watch, int32_t signal)
{
	struct service_state *state = engine_service(step->engine, service);
	int64_t waited_ms;

	if (state->gate_interval_ms == 0)
		state->gated_since_ms = step->now_ms;
	waited_ms = step->now_ms - state->gated_since_ms;
	if (waited_ms >= GATE_GIVE_UP_MS) {
		effects_log(step, MSG_NEVER_CAUGHT, service, watch, signal, waited_ms);
		give_up_offer(step, service);
		state->reload = RELOAD_IDLE;
		state->gate_interval_ms = 0;
		return;
	}
	if (!state->told_waiting)
		effects_log(step, MSG_NOT_CAUGHT, service, watch, signal, 0);
	state->told_waiting = 1;
	state->gate_interval_ms = backoff_next_ms(state->gate_interval_ms, GATE_FIRST_MS, GATE_MAX_MS);
	state->reload = RELOAD_GATING;
	state->reload_deadline_ms = step->now_ms + state->gate_interval_ms;
}

/* No SigCgt line: readiness decides where it was configured, else a time after the start. */
static void catch_unknown(struct step *step, uint32_t service, uint32_t watch, int32_t signal)
{
	struct service_state *state = engine_service(step->engine, service);
	int64_t due_ms = step->now_ms;

	if (spec_service(step->spec, service)->ready_kind == READY_NONE)
		due_ms = state->started_ms + CATCH_UNKNOWN_DELAY_MS;
	if (due_ms < step->now_ms)
		due_ms = step->now_ms;
	if (!state->told_waiting)
		effects_log(step, MSG_CATCH_UNKNOWN, service, watch, signal, due_ms - step->now_ms);
	state->told_waiting = 1;
	state->force_signal = 1;
	state->reload = RELOAD_GATING;
	state->reload_deadline_ms = due_ms;
}

void reload_signalled(struct step *step, const struct event *event)
{
	uint32_t service = event->service;
	struct service_state *state = engine_service(step->engine, service);
	uint32_t watch;
	int32_t signal;

	if (state->reload != RELOAD_NOTIFYING || event->seq != state->reload_seq)
		return;
	watch = offered_watch(step, service);
	signal = spec_watch(step->spec, watch)->signal;
	switch ((enum signal_answer)event->value) {
	case SIGNAL_SENT:
		policy_taken(step, service);
		if (spec_service(step->spec, service)->ready_kind > READY_DELAY) {
			/* php-fpm re-executes itself on its reload signal: ready means ready again. */
			state->ready = 0;
			state->probe_deadline_ms = step->now_ms;
		}
		break;
	case SIGNAL_NOT_CAUGHT:
		not_caught(step, service, watch, signal);
		break;
	case SIGNAL_UNKNOWN:
		catch_unknown(step, service, watch, signal);
		break;
	case SIGNAL_GONE:
	case SIGNAL_ANSWER_COUNT:
		effects_log(step, MSG_SIGNAL_FAILED, service, watch, signal, retry_later(step, service));
		break;
	}
	withdraw_offer(step, service);
}

void reload_hooked(struct step *step, const struct event *event)
{
	uint32_t service = event->service;
	struct service_state *state = engine_service(step->engine, service);
	uint32_t watch;

	if (state->reload != RELOAD_HOOKING || event->seq != state->reload_seq)
		return;
	watch = offered_watch(step, service);
	if (event->value == 0) {
		policy_taken(step, service);
		return;
	}
	withdraw_offer(step, service);
	effects_log(step, MSG_HOOK_FAILED, service, watch, event->value, retry_later(step, service));
}

void reload_process_gone(struct step *step, uint32_t service)
{
	struct service_state *state = engine_service(step->engine, service);

	state->restart_wanted = 0;
	state->gate_interval_ms = 0;
	state->force_signal = 0;
	switch ((enum reload)state->reload) {
	case RELOAD_HOOKING:
		effects_add(step, FX_CANCEL)->service = service;
		/* fall through */
	case RELOAD_WAITING:
	case RELOAD_NOTIFYING:
	case RELOAD_GATING:
	case RELOAD_RESTARTING:
		state->reload = RELOAD_IDLE;
		state->reload_deadline_ms = NEVER_MS;
		withdraw_offer(step, service);
		break;
	case RELOAD_IDLE:
	case RELOAD_VALIDATING:
	case RELOAD_RETRYING:
	case RELOAD_COUNT:
		break;
	}
}

void reload_read(struct step *step, uint32_t service)
{
	for (uint32_t w = 0; w < step->spec->watch_count; w++) {
		const struct watch_state *watch = engine_watch(step->engine, step->spec, w);

		if (spec_watch(step->spec, w)->service == service && !watch->reading &&
		    watch->settle_deadline_ms != NEVER_MS && step->now_ms >= watch->settle_deadline_ms)
			read_now(step, w);
	}
}

/* Is a watch of the service settling or being read? Then the batch is not complete yet. */
static bool batch_open(struct step *step, uint32_t service)
{
	for (uint32_t w = 0; w < step->spec->watch_count; w++) {
		const struct watch_state *watch = engine_watch(step->engine, step->spec, w);

		if (spec_watch(step->spec, w)->service != service)
			continue;
		if ((watch->reading && !watch->polling) ||
		    (watch->settle_deadline_ms != NEVER_MS && watch->content != CONTENT_UNREADABLE &&
		     watch->chatter != CHATTER_TAKEN))
			return true;
	}
	return false;
}

/* The first pending watch that has to pass a validation which it has not passed, or EFFECT_NO_INDEX. */
static uint32_t next_to_validate(struct step *step, uint32_t service, bool *ret_any_pending)
{
	uint32_t found = EFFECT_NO_INDEX;

	*ret_any_pending = false;
	for (uint32_t w = 0; w < step->spec->watch_count; w++) {
		const struct watch_spec *spec = spec_watch(step->spec, w);
		const struct watch_state *watch = engine_watch(step->engine, step->spec, w);

		if (spec->service != service || !policy_pending(spec, watch))
			continue;
		*ret_any_pending = true;
		if (found == EFFECT_NO_INDEX && spec->validate.count > 0 &&
		    !(watch->has_validated && digest_equal(watch->validated, watch->desired)))
			found = w;
	}
	return found;
}

static void validate(struct step *step, uint32_t service, uint32_t w)
{
	struct service_state *state = engine_service(step->engine, service);
	struct watch_state *watch = engine_watch(step->engine, step->spec, w);
	struct effect *effect;

	effects_log(step, MSG_VALIDATING, service, w, 0, 0);
	watch->offered_now = 1;
	watch->offered = watch->desired;
	state->news = 0;
	state->reload = RELOAD_VALIDATING;
	state->reload_deadline_ms = NEVER_MS;
	state->reload_seq++;
	effect = effects_add(step, FX_VALIDATE);
	effect->service = service;
	effect->watch = w;
	effect->seq = state->reload_seq;
	effect->digest = watch->desired;
}

/* States in which nothing can be done for the content: it is read when the process starts. */
static bool life_is_between(uint8_t life)
{
	return life == LIFE_DOWN || life == LIFE_PREPARING || life == LIFE_SPAWNING || life == LIFE_STOPPING ||
	       life == LIFE_CLEARING || life == LIFE_POST_STOP || life == LIFE_DONE;
}

void reload_advance(struct step *step, uint32_t service)
{
	struct service_state *state = engine_service(step->engine, service);
	bool pending;
	uint32_t watch;

	/* From now on it is due: a deadline that stayed set while something is in the way would ask for TICKs for ever. */
	if (state->reload_deadline_ms != NEVER_MS && step->now_ms >= state->reload_deadline_ms)
		state->reload_deadline_ms = NEVER_MS;
	if (state->reload == RELOAD_VALIDATING || state->reload == RELOAD_NOTIFYING ||
	    state->reload == RELOAD_HOOKING || state->reload == RELOAD_RESTARTING || life_is_between(state->life) ||
	    batch_open(step, service))
		return;
	watch = next_to_validate(step, service, &pending);
	if (!pending) {
		policy_rest(state);
		return;
	}
	if (state->reload_deadline_ms != NEVER_MS)
		return;
	if (watch != EFFECT_NO_INDEX)
		validate(step, service, watch);
	else if (!state->start_wanted)
		policy_apply(step, service);
}

int64_t reload_deadline_ms(const struct service_state *state)
{
	return state->reload_deadline_ms;
}

int64_t reload_watch_deadline_ms(const struct watch_state *watch)
{
	return watch->reading ? NEVER_MS : watch->settle_deadline_ms;
}
