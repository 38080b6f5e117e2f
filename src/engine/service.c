/* SPDX-License-Identifier: MIT */
#include "engine/service.h"

#include <signal.h>
#include <sys/wait.h>

#include "engine/backoff.h"
#include "engine/effects.h"

int32_t service_exit_code(int32_t status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static bool status_is_success(int32_t status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void set_life(struct step *step, struct service_state *state, enum life life)
{
	state->life = (uint8_t)life;
	state->life_deadline_ms = NEVER_MS;
	step->engine->order_changed = 1;
}

/* May it start: is everything that it comes after ready, or ended well? */
static bool order_allows(struct step *step, const struct service_spec *spec)
{
	for (uint32_t n = 0; n < spec->after.count; n++) {
		const struct service_state *other = engine_service(step->engine, spec_word(step->spec, spec->after, n));
		bool ended_well = other->life == LIFE_DONE && status_is_success(other->status);

		if (!ended_well && !(other->life == LIFE_UP && other->ready))
			return false;
	}
	return true;
}

/* Ask for a fresh look at every watch: what is read now is what the new process is going to read. */
static void prepare(struct step *step, uint32_t service)
{
	struct service_state *state = engine_service(step->engine, service);

	set_life(step, state, LIFE_PREPARING);
	state->start_wanted = 0;
	for (uint32_t w = 0; w < step->spec->watch_count; w++) {
		struct watch_state *watch = engine_watch(step->engine, step->spec, w);

		if (spec_watch(step->spec, w)->service == service && watch->settle_deadline_ms == NEVER_MS &&
		    !watch->reading)
			watch->settle_deadline_ms = step->now_ms;
	}
}

/* Has every watch been read since prepare? One that cannot be read must not keep a service from starting. */
static bool all_read(struct step *step, uint32_t service)
{
	for (uint32_t w = 0; w < step->spec->watch_count; w++) {
		const struct watch_state *watch = engine_watch(step->engine, step->spec, w);

		if (spec_watch(step->spec, w)->service != service)
			continue;
		if (watch->reading)
			return false;
		if (watch->settle_deadline_ms != NEVER_MS && watch->content != CONTENT_UNREADABLE &&
		    watch->chatter != CHATTER_TAKEN)
			return false;
	}
	return true;
}

/* Is there something to read for a process? */
static bool has_content(const struct watch_spec *spec, const struct watch_state *watch)
{
	return watch->content == CONTENT_PRESENT || (watch->content == CONTENT_EMPTY && spec->allow_empty);
}

static bool is_refused(const struct watch_spec *spec, const struct watch_state *watch)
{
	return has_content(spec, watch) && watch->has_failed && digest_equal(watch->failed, watch->desired);
}

/* Content that has a validation before it and has not passed it; what is applied passed it once. */
static bool is_unproved(const struct watch_spec *spec, const struct watch_state *watch)
{
	return has_content(spec, watch) && spec->validate.count > 0 &&
	       !(watch->has_validated && digest_equal(watch->validated, watch->desired)) &&
	       !(watch->has_applied && digest_equal(watch->applied, watch->desired));
}

/* The first watch of the service whose content is like that, or EFFECT_NO_INDEX. */
static uint32_t find_watch(struct step *step, uint32_t service,
			   bool (*is_it)(const struct watch_spec *, const struct watch_state *))
{
	for (uint32_t w = 0; w < step->spec->watch_count; w++) {
		const struct watch_spec *spec = spec_watch(step->spec, w);

		if (spec->service == service && is_it(spec, engine_watch(step->engine, step->spec, w)))
			return w;
	}
	return EFFECT_NO_INDEX;
}

/* The new process reads what lies there: that is applied from now on. */
static void adopt_content(struct step *step, uint32_t service)
{
	for (uint32_t w = 0; w < step->spec->watch_count; w++) {
		const struct watch_spec *spec = spec_watch(step->spec, w);
		struct watch_state *watch = engine_watch(step->engine, step->spec, w);
		bool fresh;

		if (spec->service != service)
			continue;
		watch->gave_up = 0;
		/* A new process has the new files and our old environment: only leaving applies such a change. */
		if (spec->policy == POLICY_EXIT && watch->has_applied)
			continue;
		/* What was not there to read is not applied: when it comes, it is a change. Nor is what was refused. */
		fresh = has_content(spec, watch) && !is_refused(spec, watch);
		watch->started_with = fresh && watch->has_applied && !digest_equal(watch->applied, watch->desired);
		watch->has_applied = fresh || (watch->content == CONTENT_UNREADABLE && watch->has_partly);
		watch->applied = has_content(spec, watch) ? watch->desired : watch->partly;
	}
}

static void spawn(struct step *step, uint32_t service)
{
	struct service_state *state = engine_service(step->engine, service);
	struct effect *effect;

	adopt_content(step, service);
	set_life(step, state, LIFE_SPAWNING);
	state->restart_wanted = 0;
	state->life_seq++;
	effect = effects_add(step, FX_SPAWN);
	effect->service = service;
	effect->seq = state->life_seq;
}

static void start_or_hold(struct step *step, uint32_t service)
{
	uint32_t refused = find_watch(step, service, is_refused);

	if (!spec_service(step->spec, service)->start_on_refused &&
	    find_watch(step, service, is_unproved) != EFFECT_NO_INDEX) {
		set_life(step, engine_service(step->engine, service), LIFE_HELD);
		/* Where it was not judged yet, that comes first. */
		if (refused != EFFECT_NO_INDEX)
			effects_log(step, MSG_START_HELD, service, refused, 0, 0);
		return;
	}
	if (refused != EFFECT_NO_INDEX)
		effects_log(step, MSG_START_REFUSED, service, refused, 0, 0);
	spawn(step, service);
}

static void become_ready(struct step *step, uint32_t service)
{
	struct service_state *state = engine_service(step->engine, service);
	bool first = state->life == LIFE_STARTING;

	state->ready = 1;
	state->probe_deadline_ms = NEVER_MS;
	state->probe_interval_ms = 0;
	if (first) {
		set_life(step, state, LIFE_UP);
		if (spec_service(step->spec, service)->ready_kind != READY_NONE)
			effects_log(step, MSG_READY, service, EFFECT_NO_INDEX, 0, step->now_ms - state->started_ms);
	}
}

static void probe(struct step *step, uint32_t service)
{
	struct service_state *state = engine_service(step->engine, service);
	struct effect *effect = effects_add(step, FX_PROBE);

	effect->service = service;
	effect->seq = state->life_seq;
	state->probing = 1;
	state->probe_deadline_ms = NEVER_MS;
}

/* There is a process now, and it reads other content than the one before it. */
static void tell_started_with(struct step *step, uint32_t service)
{
	for (uint32_t w = 0; w < step->spec->watch_count; w++) {
		struct watch_state *watch = engine_watch(step->engine, step->spec, w);

		if (spec_watch(step->spec, w)->service != service || !watch->started_with)
			continue;
		watch->started_with = 0;
		effects_log(step, MSG_APPLIED, service, w, POLICY_RESTART, step->now_ms - watch->seen_ms);
	}
}

void service_spawned(struct step *step, uint32_t service, uint32_t seq, int32_t pid)
{
	struct service_state *state = engine_service(step->engine, service);
	const struct service_spec *spec = spec_service(step->spec, service);

	if (state->life != LIFE_SPAWNING || seq != state->life_seq)
		return;
	set_life(step, state, LIFE_STARTING);
	state->started_ms = step->now_ms;
	state->ready = 0;
	state->probing = 0;
	state->probe_interval_ms = 0;
	if (spec->post_stop.count > 0)
		state->post_stop = POST_STOP_OWED;
	effects_log(step, MSG_STARTED, service, EFFECT_NO_INDEX, pid, 0);
	tell_started_with(step, service);
	if (step->engine->halt != HALT_NOT)
		return; /* it came too late: nobody waits for it to be ready */
	if (spec->ready_timeout_ms > 0)
		state->life_deadline_ms = step->now_ms + spec->ready_timeout_ms;
	if (spec->ready_kind == READY_NONE)
		become_ready(step, service);
	else if (spec->ready_kind == READY_DELAY)
		state->probe_deadline_ms = step->now_ms + spec->ready_delay_ms;
	else
		state->probe_deadline_ms = step->now_ms;
}

/* Is it gone for good, or waits for one that is? */
static bool is_lost(struct step *step, uint32_t service)
{
	uint8_t life = engine_service(step->engine, service)->life;

	return life == LIFE_DONE || life == LIFE_FAILED ||
	       (life == LIFE_DOWN && !order_allows(step, spec_service(step->spec, service)));
}

/* It will not run again by itself: the container ends with an essential one, or with the last of all. */
static void end_for_good(struct step *step, uint32_t service, enum life life)
{
	struct service_state *state = engine_service(step->engine, service);
	struct engine *engine = step->engine;
	bool failed = life == LIFE_FAILED || !status_is_success(state->status);

	set_life(step, state, life);
	if (spec_service(step->spec, service)->essential) {
		engine->halt = HALT_SERVICES;
		engine->halt_service = service;
		engine->halt_code = life == LIFE_FAILED && status_is_success(state->status) ? 1 : -1;
		effects_log(step,
			    life == LIFE_FAILED || (failed && step->spec->several) ? MSG_SHUTDOWN_FAILED
										   : MSG_SHUTDOWN_ENDED,
			    service, EFFECT_NO_INDEX, state->status, 0);
		return;
	}
	for (uint32_t s = 0; s < step->spec->service_count; s++) {
		if (!is_lost(step, s))
			return;
	}
	engine->halt = HALT_SERVICES;
	engine->halt_service = service;
	engine->halt_code = -1;
	effects_log(step, MSG_SHUTDOWN_DONE, service, EFFECT_NO_INDEX, 0, 0);
}

static bool ends_with(const struct service_spec *spec, bool failed)
{
	return spec->restart == RESTART_NO || (spec->restart == RESTART_ON_FAILURE && !failed);
}

/* It ended without being asked to, and its rule starts it again, unless it has failed too often. */
static void revive(struct step *step, uint32_t service, bool failed)
{
	struct service_state *state = engine_service(step->engine, service);
	const struct service_spec *spec = spec_service(step->spec, service);
	int64_t delay_ms;

	state->failures++;
	if (spec->start_limit > 0 && state->failures >= spec->start_limit) {
		effects_log(step, MSG_GAVE_UP, service, EFFECT_NO_INDEX, state->status, state->failures);
		end_for_good(step, service, LIFE_FAILED);
		return;
	}
	delay_ms = backoff_restart_ms(state->failures, spec->backoff_min_ms, spec->backoff_max_ms);
	effects_log(step, failed ? MSG_FAILED : MSG_REVIVED, service, EFFECT_NO_INDEX, state->status, delay_ms);
	set_life(step, state, LIFE_BACKOFF);
	state->life_deadline_ms = step->now_ms + delay_ms;
}

void service_spawn_failed(struct step *step, uint32_t service, uint32_t seq, int32_t error)
{
	struct service_state *state = engine_service(step->engine, service);

	if (state->life != LIFE_SPAWNING || seq != state->life_seq)
		return;
	effects_log(step, MSG_SPAWN_FAILED, service, EFFECT_NO_INDEX, error, 0);
	/* As if it had ended with this code itself: see the table of exit codes in reinit(8). */
	state->status = spec_service(step->spec, service)->code_no_fork << 8;
	state->started_ms = step->now_ms;
	if (step->engine->halt != HALT_NOT)
		set_life(step, state, LIFE_DONE);
	else if (ends_with(spec_service(step->spec, service), true))
		end_for_good(step, service, LIFE_DONE);
	else
		revive(step, service, true);
}

static void emit_clear(struct step *step, uint32_t service, int32_t signal, int64_t bound_ms)
{
	struct service_state *state = engine_service(step->engine, service);
	struct effect *effect = effects_add(step, FX_CLEAR);

	state->life_deadline_ms = step->now_ms + bound_ms;
	effect->service = service;
	effect->seq = state->life_seq;
	effect->value = signal;
}

/* Before the next incarnation, or the post-stop command: end what the last one left behind. */
static void clear(struct step *step, uint32_t service, bool asked, bool failed)
{
	struct service_state *state = engine_service(step->engine, service);

	set_life(step, state, LIFE_CLEARING);
	state->stop_was_asked = asked;
	state->end_is_failure = failed;
	state->killed = 0;
	emit_clear(step, service, SIGTERM, step->spec->linger_ms);
}

void service_exited(struct step *step, uint32_t service, uint32_t seq, int32_t status)
{
	struct service_state *state = engine_service(step->engine, service);
	const struct service_spec *spec = spec_service(step->spec, service);
	bool asked = state->life == LIFE_STOPPING && !state->stop_is_failure;
	bool failed = state->stop_is_failure || !status_is_success(status);

	if (!life_has_process(state->life) || seq != state->life_seq)
		return;
	state->status = status;
	state->ready = 0;
	state->probing = 0;
	state->probe_deadline_ms = NEVER_MS;
	state->stop_is_failure = 0;
	state->abandoned = 0;
	if (step->now_ms - state->started_ms >= spec->start_window_ms)
		state->failures = 0;
	effects_log(step, MSG_ENDED, service, EFFECT_NO_INDEX, status, step->now_ms - state->started_ms);
	if (step->engine->halt != HALT_NOT)
		set_life(step, state, LIFE_DONE); /* what it left behind is ended with all the rest */
	else if (!asked && ends_with(spec, failed) && (spec->essential || state->post_stop == POST_STOP_NONE))
		end_for_good(step, service, LIFE_DONE);
	else
		clear(step, service, asked, failed);
}

/* All that belonged to the last incarnation is gone: on to the next one, or not. */
static void after_end(struct step *step, uint32_t service)
{
	struct service_state *state = engine_service(step->engine, service);

	if (state->stop_was_asked)
		prepare(step, service);
	else if (ends_with(spec_service(step->spec, service), state->end_is_failure))
		end_for_good(step, service, LIFE_DONE);
	else
		revive(step, service, state->end_is_failure);
}

void service_run_post_stop(struct step *step, uint32_t service)
{
	struct service_state *state = engine_service(step->engine, service);
	struct effect *effect = effects_add(step, FX_POST_STOP);

	state->post_stop = POST_STOP_RUNS;
	effect->service = service;
	effect->seq = state->life_seq;
}

void service_post_stopped(struct step *step, uint32_t service, uint32_t seq, int32_t status)
{
	struct service_state *state = engine_service(step->engine, service);

	if (state->post_stop != POST_STOP_RUNS || seq != state->life_seq)
		return;
	state->post_stop = POST_STOP_NONE;
	if (status != 0)
		effects_log(step, MSG_POST_STOP_FAILED, service, EFFECT_NO_INDEX, status, 0);
	if (state->life == LIFE_POST_STOP && step->engine->halt == HALT_NOT)
		after_end(step, service);
}

void service_cleared(struct step *step, uint32_t service, uint32_t seq)
{
	struct service_state *state = engine_service(step->engine, service);

	if (state->life != LIFE_CLEARING || seq != state->life_seq)
		return;
	if (state->post_stop != POST_STOP_OWED) {
		after_end(step, service);
		return;
	}
	set_life(step, state, LIFE_POST_STOP);
	state->life_deadline_ms =
		step->now_ms + spec_service(step->spec, service)->post_stop_timeout_ms + POST_STOP_MARGIN_MS;
	service_run_post_stop(step, service);
}

/* KILL for what does not end by itself; what survives that as well is left behind. */
static void advance_clearing(struct step *step, uint32_t service)
{
	struct service_state *state = engine_service(step->engine, service);

	if (step->now_ms < state->life_deadline_ms)
		return;
	if (state->killed) {
		service_cleared(step, service, state->life_seq);
		return;
	}
	effects_log(step, MSG_LEFTOVERS, service, EFFECT_NO_INDEX, SIGKILL, 0);
	state->killed = 1;
	emit_clear(step, service, SIGKILL, KILL_BOUND_MS);
}

void service_probed(struct step *step, uint32_t service, uint32_t seq, bool ready)
{
	struct service_state *state = engine_service(step->engine, service);

	if (!state->probing || seq != state->life_seq)
		return;
	state->probing = 0;
	if (state->life != LIFE_STARTING && state->life != LIFE_UP)
		return;
	if (ready) {
		become_ready(step, service);
		return;
	}
	state->probe_interval_ms = backoff_next_ms(state->probe_interval_ms, PROBE_FIRST_MS, PROBE_MAX_MS);
	state->probe_deadline_ms = step->now_ms + state->probe_interval_ms;
}

void service_stop(struct step *step, uint32_t service, int32_t signal, int64_t bound_ms)
{
	struct service_state *state = engine_service(step->engine, service);

	if (!life_has_process(state->life) || state->life == LIFE_STOPPING)
		return;
	if (signal == 0)
		signal = spec_service(step->spec, service)->stop_signal;
	set_life(step, state, LIFE_STOPPING);
	state->ready = 0;
	state->killed = 0;
	state->abandoned = 0;
	state->restart_wanted = 0;
	state->probe_deadline_ms = NEVER_MS;
	if (bound_ms > 0)
		state->life_deadline_ms = step->now_ms + bound_ms;
	effects_log(step, MSG_STOPPING, service, EFFECT_NO_INDEX, signal, bound_ms);
	effects_kill(step, service, signal, false);
}

void service_stop_expire(struct step *step, uint32_t service)
{
	struct service_state *state = engine_service(step->engine, service);
	bool due = state->life_deadline_ms != NEVER_MS && step->now_ms >= state->life_deadline_ms;

	if (state->life != LIFE_STOPPING)
		return;
	if (due && !state->killed) {
		state->killed = 1;
		state->life_deadline_ms = step->now_ms + KILL_BOUND_MS;
		effects_log(step, MSG_STOP_FORCED, service, EFFECT_NO_INDEX, SIGKILL, 0);
		effects_kill(step, service, SIGKILL, true);
		return;
	}
	if (due) {
		state->life_deadline_ms = NEVER_MS;
		state->abandoned = 1;
		effects_log(step, MSG_STOP_HOPELESS, service, EFFECT_NO_INDEX, 0, 0);
	}
	if (state->abandoned && step->engine->halt != HALT_NOT) {
		/* Not a normal end, but the container must not hang on it, even if it was given up long ago. */
		state->status = SIGKILL;
		set_life(step, state, LIFE_DONE);
	}
}

static void advance_running(struct step *step, uint32_t service)
{
	struct service_state *state = engine_service(step->engine, service);
	const struct service_spec *spec = spec_service(step->spec, service);

	if (state->restart_wanted) {
		service_stop(step, service, 0, spec->stop_timeout_ms > 0 ? spec->stop_timeout_ms : RESTART_STOP_MS);
		return;
	}
	if (state->probe_deadline_ms != NEVER_MS && step->now_ms >= state->probe_deadline_ms) {
		if (spec->ready_kind == READY_DELAY)
			become_ready(step, service);
		else
			probe(step, service);
	}
	if (state->life == LIFE_STARTING && state->life_deadline_ms != NEVER_MS &&
	    step->now_ms >= state->life_deadline_ms) {
		effects_log(step, MSG_READY_LATE, service, EFFECT_NO_INDEX, 0, spec->ready_timeout_ms);
		service_stop(step, service, 0, spec->stop_timeout_ms > 0 ? spec->stop_timeout_ms : RESTART_STOP_MS);
		state->stop_is_failure = 1;
	}
}

void service_advance(struct step *step, uint32_t service)
{
	struct service_state *state = engine_service(step->engine, service);

	switch ((enum life)state->life) {
	case LIFE_DOWN:
		if (order_allows(step, spec_service(step->spec, service)))
			prepare(step, service);
		break;
	case LIFE_PREPARING:
		if (all_read(step, service))
			start_or_hold(step, service);
		break;
	case LIFE_BACKOFF:
		if (state->start_wanted || step->now_ms >= state->life_deadline_ms)
			prepare(step, service);
		break;
	case LIFE_HELD:
		/* Also when it was reverted to what is applied, which nobody has to validate again. */
		if (find_watch(step, service, is_unproved) == EFFECT_NO_INDEX)
			prepare(step, service);
		break;
	case LIFE_FAILED:
		if (state->start_wanted) {
			state->failures = 0; /* other content is another chance */
			prepare(step, service);
		}
		break;
	case LIFE_STARTING:
	case LIFE_UP:
		advance_running(step, service);
		break;
	case LIFE_STOPPING:
		service_stop_expire(step, service);
		break;
	case LIFE_CLEARING:
		advance_clearing(step, service);
		break;
	case LIFE_POST_STOP:
		if (step->now_ms >= state->life_deadline_ms)
			service_post_stopped(step, service, state->life_seq, SIGKILL);
		break;
	case LIFE_SPAWNING:
	case LIFE_DONE:
	case LIFE_COUNT:
		break;
	}
}

int64_t service_deadline_ms(const struct service_state *state)
{
	int64_t earliest_ms = state->life_deadline_ms;

	if (earliest_ms == NEVER_MS || (state->probe_deadline_ms != NEVER_MS && state->probe_deadline_ms < earliest_ms))
		earliest_ms = state->probe_deadline_ms;
	return earliest_ms;
}
