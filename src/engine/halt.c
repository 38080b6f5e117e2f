/* SPDX-License-Identifier: MIT */
#include "engine/halt.h"

#include <signal.h>

#include "engine/effects.h"
#include "engine/service.h"

/* Pass a signal on: to the main service where there is one, else to all essential ones. */
static void forward(struct step *step, int32_t signal)
{
	for (uint32_t s = 0; s < step->spec->service_count; s++) {
		bool meant = step->spec->main_service < step->spec->service_count
				     ? s == step->spec->main_service
				     : spec_service(step->spec, s)->essential;

		if (meant && life_has_process(engine_service(step->engine, s)->life))
			effects_kill(step, s, signal, false);
	}
}

static bool ends_everything(struct step *step, int32_t signal)
{
	if (step->spec->several)
		return signal == SIGTERM || signal == SIGINT || signal == SIGQUIT;
	return signal == SIGTERM || (signal == SIGINT && step->spec->service_count > 0 &&
				     spec_service(step->spec, 0)->restart != RESTART_NO);
}

/* The services' turn. A single command gets its stop signal at once, the others in their order. */
static void begin_stopping(struct step *step)
{
	struct engine *engine = step->engine;

	engine->halt = HALT_SERVICES;
	engine->halt_deadline_ms = NEVER_MS;
	if (!step->spec->several && step->spec->service_count > 0)
		service_stop(step, 0, 0, spec_service(step->spec, 0)->stop_timeout_ms);
}

static void begin_end(struct step *step, int32_t signal)
{
	struct engine *engine = step->engine;
	const struct spec *spec = step->spec;

	effects_log(step, MSG_SHUTDOWN, EFFECT_NO_INDEX, EFFECT_NO_INDEX, signal, 0);
	engine->halt_signal = signal;
	engine->halt_service = spec->main_service;
	engine->halt_code = spec->main_service < spec->service_count ? -1 : 0;
	if (spec->drain_ms == 0) {
		begin_stopping(step);
		return;
	}
	effects_log(step, MSG_DRAINING, EFFECT_NO_INDEX, EFFECT_NO_INDEX, signal, spec->drain_ms);
	engine->halt = HALT_DRAIN;
	engine->halt_deadline_ms = step->now_ms + spec->drain_ms;
}

static void end_rest(struct step *step, enum halt stage, int32_t signal, int64_t bound_ms)
{
	step->engine->halt = (uint8_t)stage;
	step->engine->halt_deadline_ms = step->now_ms + bound_ms;
	effects_add(step, FX_END_REST)->value = signal;
}

/* The end has begun already: this is impatience, or meant for what is left. */
static void signal_again(struct step *step, int32_t signal)
{
	const struct spec *spec = step->spec;

	switch ((enum halt)step->engine->halt) {
	case HALT_DRAIN:
		begin_stopping(step);
		break;
	case HALT_SERVICES:
		/* A second TERM to a single command is its own business, as it would be without an init. */
		if (!spec->several && spec->service_count > 0)
			forward(step, signal == SIGTERM ? spec_service(spec, 0)->stop_signal : signal);
		break;
	case HALT_REST_WAIT:
		end_rest(step, HALT_REST_TERM, SIGTERM, spec->linger_ms);
		break;
	case HALT_NOT:
	case HALT_REST_TERM:
	case HALT_REST_KILL:
	case HALT_POST_STOP:
	case HALT_OVER:
	case HALT_COUNT:
		break;
	}
}

void halt_signal(struct step *step, int32_t signal)
{
	signal = step->spec->signal_map[signal];
	if (signal == 0)
		return;
	if (step->spec->passive || !ends_everything(step, signal)) {
		forward(step, signal);
		if (step->engine->halt == HALT_REST_WAIT)
			effects_add(step, FX_END_REST)->value = signal;
	} else if (step->engine->halt == HALT_NOT) {
		begin_end(step, signal);
	} else {
		signal_again(step, signal);
	}
}

/* Does a service that is still there come after this one? Then it is not its turn to stop. */
static bool is_needed(struct step *step, uint32_t service)
{
	for (uint32_t s = service + 1; s < step->spec->service_count; s++) {
		const struct service_spec *spec = spec_service(step->spec, s);
		uint8_t life = engine_service(step->engine, s)->life;

		if (!life_has_process(life) && life != LIFE_SPAWNING)
			continue;
		for (uint32_t n = 0; n < spec->after.count; n++) {
			if (spec_word(step->spec, spec->after, n) == service)
				return true;
		}
	}
	return false;
}

/* Let the bounds run out that go on running under the end: of stops, and of post-stop commands. */
static void expire(struct step *step)
{
	for (uint32_t s = 0; s < step->spec->service_count; s++) {
		struct service_state *state = engine_service(step->engine, s);

		service_stop_expire(step, s);
		if (state->life == LIFE_POST_STOP &&
		    (state->post_stop != POST_STOP_RUNS || step->now_ms >= state->life_deadline_ms)) {
			state->life = LIFE_DONE;
			state->life_deadline_ms = NEVER_MS;
		}
	}
}

/* Returns true when no service has a process any more. */
static bool stop_services(struct step *step)
{
	bool all_gone = true;

	for (uint32_t s = step->spec->service_count; s-- > 0;) {
		struct service_state *state = engine_service(step->engine, s);

		if (state->life == LIFE_DONE)
			continue;
		all_gone = false;
		if (life_has_process(state->life) && state->life != LIFE_STOPPING && !is_needed(step, s))
			service_stop(step, s, 0, spec_service(step->spec, s)->stop_timeout_ms);
	}
	return all_gone;
}

/* Once, when the end begins: what runs beside the services has no purpose any more. */
static void cancel_all(struct step *step)
{
	for (uint32_t s = 0; s < step->spec->service_count; s++) {
		struct service_state *state = engine_service(step->engine, s);

		if (state->reload == RELOAD_VALIDATING || state->reload == RELOAD_HOOKING || state->probing)
			effects_add(step, FX_CANCEL)->service = s;
		state->reload = RELOAD_IDLE;
		state->reload_deadline_ms = NEVER_MS;
		state->probe_deadline_ms = NEVER_MS;
		state->probing = 0;
		state->restart_wanted = 0;
		state->start_wanted = 0;
		if (state->life != LIFE_STOPPING && state->life != LIFE_POST_STOP)
			state->life_deadline_ms = NEVER_MS; /* nobody waits for it to be ready, or to be tried again */
		if (!life_has_process(state->life) && state->life != LIFE_SPAWNING && state->life != LIFE_POST_STOP)
			state->life = LIFE_DONE;
	}
	for (uint32_t w = 0; w < step->spec->watch_count; w++) {
		struct watch_state *watch = engine_watch(step->engine, step->spec, w);

		watch->settle_deadline_ms = NEVER_MS;
		watch->reading = 0;
		watch->polling = 0;
		watch->offered_now = 0;
	}
	step->engine->halt_begun = 1;
}

static void leave(struct step *step)
{
	struct engine *engine = step->engine;
	int32_t code = engine->halt_code;

	if (code < 0)
		code = step->spec->exit_map[service_exit_code(engine_service(engine, engine->halt_service)->status)];
	engine->halt = HALT_OVER;
	engine->halt_deadline_ms = NEVER_MS;
	effects_add(step, FX_EXIT)->value = code;
}

/* A service that the container lives for has no process while we drain: there is nothing to drain any more. */
static bool is_drained(struct step *step)
{
	for (uint32_t s = 0; s < step->spec->service_count; s++) {
		uint8_t life = engine_service(step->engine, s)->life;

		if (spec_service(step->spec, s)->essential && !life_has_process(life) && life != LIFE_SPAWNING)
			return true;
	}
	return false;
}

/* No service has a process any more. */
static void end_what_is_left(struct step *step)
{
	struct engine *engine = step->engine;
	const struct spec *spec = step->spec;
	int32_t farewell = spec->signal_map[spec->farewell_signal];
	struct effect *effect;

	if (farewell != 0) {
		effect = effects_add(step, FX_FAREWELL);
		effect->service = engine->halt_service;
		effect->value = farewell;
	}
	if (spec->leave_at_once) {
		leave(step);
	} else if (spec->wait_all && engine->halt_signal == 0 && engine->halt_code < 0) {
		engine->halt = HALT_REST_WAIT;
		effects_add(step, FX_END_REST);
	} else {
		end_rest(step, HALT_REST_TERM, SIGTERM, spec->linger_ms);
	}
}

/* No descendant is left, or what is left cannot be ended: post-stop commands, then out. */
static void finish(struct step *step)
{
	int64_t longest_ms = -1;

	for (uint32_t s = 0; s < step->spec->service_count; s++) {
		const struct service_spec *spec = spec_service(step->spec, s);

		if (engine_service(step->engine, s)->post_stop != POST_STOP_OWED)
			continue;
		service_run_post_stop(step, s);
		if (spec->post_stop_timeout_ms > longest_ms)
			longest_ms = spec->post_stop_timeout_ms;
	}
	if (longest_ms < 0) {
		leave(step);
		return;
	}
	step->engine->halt = HALT_POST_STOP;
	step->engine->halt_deadline_ms = step->now_ms + longest_ms + POST_STOP_MARGIN_MS;
}

static bool post_stop_runs(struct step *step)
{
	for (uint32_t s = 0; s < step->spec->service_count; s++) {
		if (engine_service(step->engine, s)->post_stop == POST_STOP_RUNS)
			return true;
	}
	return false;
}

void halt_advance(struct step *step)
{
	struct engine *engine = step->engine;
	bool due = engine->halt_deadline_ms != NEVER_MS && step->now_ms >= engine->halt_deadline_ms;

	if (engine->halt != HALT_NOT && !engine->halt_begun)
		cancel_all(step);
	if (engine->halt == HALT_DRAIN || engine->halt == HALT_SERVICES)
		expire(step);
	if (engine->halt == HALT_DRAIN && (due || is_drained(step))) {
		begin_stopping(step);
		due = false;
	}
	switch ((enum halt)engine->halt) {
	case HALT_SERVICES:
		if (stop_services(step))
			end_what_is_left(step);
		break;
	case HALT_REST_TERM:
		if (due)
			end_rest(step, HALT_REST_KILL, SIGKILL, KILL_BOUND_MS);
		break;
	case HALT_REST_KILL:
		if (due)
			finish(step);
		break;
	case HALT_POST_STOP:
		if (due || !post_stop_runs(step))
			leave(step);
		break;
	case HALT_NOT:
	case HALT_DRAIN:
	case HALT_REST_WAIT:
	case HALT_OVER:
	case HALT_COUNT:
		break;
	}
}

void halt_rest_gone(struct step *step)
{
	if (step->engine->halt == HALT_REST_WAIT || step->engine->halt == HALT_REST_TERM ||
	    step->engine->halt == HALT_REST_KILL)
		finish(step);
}
