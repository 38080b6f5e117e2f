/* SPDX-License-Identifier: MIT */
/*
 * The engine's state and its story.
 *
 * A service has two lives that run beside each other and meet only in the fields below:
 *
 *   life (service.c)     DOWN → PREPARING → SPAWNING → STARTING → UP → STOPPING → CLEARING → POST_STOP → …
 *                        with BACKOFF, HELD, FAILED and DONE as places to be without a process.
 *   reload (reload.c)    what becomes of a changed content: read, validate, apply.
 *
 * Everything is level-triggered. An event is first folded into the facts (a digest, an exit status,
 * a deadline); then service_advance and reload_advance look at the facts and do what the difference
 * asks for. Nothing is queued, so a change that comes at a bad moment only moves `desired`, and the next look sees
 * it: it cannot be lost, and ten of them are one.
 *
 *   PREPARING   reads all watches once more right before the spawn: what is read there is what the new process is
 *               going to read, so it becomes `applied`. Whatever changes later raises an event or shows in a poll and
 *               differs from `applied`. A second digest after the spawn is not needed, since
 *               the watches are armed before the first one.
 *   HELD        start-on-refused = no, and the content on disk was refused or not judged yet. It ends when that content
 *               passes, or another one lies there that has passed or is applied already.
 *   CLEARING    the main process is gone, and what it left behind is ended before the next one, and before its
 *               post-stop command: workers of a killed nginx go on serving the old content and hold its port.
 *   POST_STOP   all of its processes are gone, and its post-stop command runs.
 *   BACKOFF     waits for its next try; a change that passes its validation ends the wait.
 *
 *   desired     what lies on disk; validated, applied, failed: what the words say, by digest.
 *   offered     what was handed to a running validation or application: while it runs,
 *               `desired` may move on, and only what was offered gets the answer's mark.
 *
 * reload states: IDLE, VALIDATING, RETRYING (a failed validation or application, with a deadline),
 * WAITING (validated, the service is not ready), NOTIFYING (the signal's answer is due), GATING (the signal is not
 * caught yet, with a deadline), HOOKING (the exec command runs), RESTARTING (the service stops for it).
 * At most one of them at a time and per service: one transaction in flight.
 *
 * halt (halt.c): from the first TERM on nothing is started, read, validated or applied. Services are stopped against
 * their order, then what is left is ended, then EXIT is emitted, once and last.
 */
#ifndef REINIT_ENGINE_STATE_H
#define REINIT_ENGINE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/effect.h"
#include "model/event.h"
#include "model/spec.h"

#define NEVER_MS INT64_MIN /* a deadline that is not set; every clock value is later */

#define PROBE_FIRST_MS 50 /* readiness is looked for at once, then after this, doubling … */
#define PROBE_MAX_MS 1000 /* … to this */
#define GATE_FIRST_MS 5	  /* the same for a signal that is not caught yet; nginx needs 4 to 10 ms */
#define GATE_MAX_MS 250
#define GATE_GIVE_UP_MS 30000	    /* by then a daemon either has its handler or never will */
#define CATCH_UNKNOWN_DELAY_MS 1000 /* no SigCgt line and no readiness: 13 times the slowest start measured */
#define RESTART_STOP_MS 10000	    /* bound of a stop for new content where stop-timeout sets none */
#define KILL_BOUND_MS 2000	    /* after KILL: a process in D state must not hang the exit */

#define POST_STOP_MARGIN_MS 4000 /* beyond its own limit, at which its helper is killed: it survives KILL */

enum life {
	LIFE_DOWN, /* not started yet: waits for its order */
	LIFE_PREPARING,
	LIFE_SPAWNING,
	LIFE_STARTING, /* runs, not ready yet */
	LIFE_UP,
	LIFE_STOPPING,
	LIFE_CLEARING,
	LIFE_POST_STOP,
	LIFE_BACKOFF,
	LIFE_HELD,
	LIFE_FAILED, /* start limit reached */
	LIFE_DONE,   /* ended for good */
	LIFE_COUNT
};

enum reload {
	RELOAD_IDLE,
	RELOAD_VALIDATING,
	RELOAD_RETRYING,
	RELOAD_WAITING,
	RELOAD_NOTIFYING,
	RELOAD_GATING,
	RELOAD_HOOKING,
	RELOAD_RESTARTING,
	RELOAD_COUNT
};

enum halt {
	HALT_NOT,
	HALT_DRAIN,	/* the first stop signal waits, so that a load balancer can take the container out */
	HALT_SERVICES,	/* services are stopped against their order */
	HALT_REST_WAIT, /* wait-all: what is left is waited for, without a bound */
	HALT_REST_TERM,
	HALT_REST_KILL,
	HALT_POST_STOP, /* post-stop commands run */
	HALT_OVER,
	HALT_COUNT
};

/* Of the post-stop command. */
enum post_stop { POST_STOP_NONE, POST_STOP_OWED, POST_STOP_RUNS };

/* Content that is touched again and again while it is read. Where reading takes long, a quiet moment may never come. */
enum chatter {
	CHATTER_NONE,
	CHATTER_DROPPED, /* the last answer was dropped, for the content had been touched meanwhile */
	CHATTER_TAKEN	 /* the one after it was taken all the same: what was read counts until the next reading */
};

struct service_state {
	int64_t life_deadline_ms;   /* BACKOFF: next try; STARTING: ready-timeout; STOPPING: KILL, then its bound */
	int64_t probe_deadline_ms;  /* next look for readiness */
	int64_t reload_deadline_ms; /* RETRYING, GATING */
	int64_t started_ms;
	int64_t gated_since_ms; /* when the signal was first found not to be caught; with gate_interval_ms */
	uint32_t life_seq;	/* of the incarnation */
	uint32_t reload_seq;	/* of the validation, signal or hook on its way */
	uint32_t failures;	/* in a row, each before start-window was over */
	uint32_t probe_interval_ms;
	uint32_t retry_interval_ms;
	uint32_t gate_interval_ms;
	int32_t status; /* last wait status; what the container's code is taken from */
	uint8_t life;
	uint8_t reload;
	uint8_t ready;
	uint8_t probing;	 /* a PROBE is on its way */
	uint8_t killed;		 /* STOPPING, CLEARING: KILL has been sent */
	uint8_t stop_is_failure; /* STOPPING because it was not ready in time */
	uint8_t stop_was_asked;	 /* CLEARING: it ended because it was told to, for new content */
	uint8_t end_is_failure;	 /* CLEARING: it ended, and not well */
	uint8_t restart_wanted;	 /* reload → service: stop, then start with the new content */
	uint8_t start_wanted;	 /* reload → service: the content is good (again): end BACKOFF or FAILED */
	uint8_t told_waiting;	 /* WAITING_READY, NOT_CAUGHT or CATCH_UNKNOWN was logged for this change */
	uint8_t force_signal;	 /* no SigCgt line, and readiness or the delay has decided */
	uint8_t abandoned;	 /* STOPPING: it survived KILL: no longer waited for */
	uint8_t post_stop;	 /* enum post_stop; owed from its start on */
	uint8_t news;		 /* its content has changed since the last validation or application began */
	uint8_t pad[5];
};

struct watch_state {
	struct digest desired;
	struct digest validated;
	struct digest applied;
	struct digest failed;
	struct digest offered;
	struct digest partly;	    /* of content with a file that may not be read, when it was first seen */
	int64_t settle_deadline_ms; /* when it is to be read; NEVER_MS: no reason to */
	int64_t settle_bound_ms;    /* the latest moment that further events can push it to */
	int64_t seen_ms;	    /* when desired became what it is */
	uint32_t digest_seq;	    /* of the digest on its way */
	uint32_t generation;	    /* raised whenever desired changes */
	uint8_t content;	    /* enum content */
	uint8_t has_desired, has_validated, has_applied, has_failed;
	uint8_t offered_now;   /* part of the validation or application on its way */
	uint8_t reading;       /* a DIGEST is on its way */
	uint8_t polling;       /* … and it only looks whether something changed */
	uint8_t content_known; /* it was read at least once: content is valid */
	uint8_t gave_up;       /* desired could not be applied: wait for other content */
	uint8_t chatter;       /* enum chatter */
	uint8_t has_partly;
	uint8_t started_with; /* the next start reads other content than is applied: to be told */
	uint8_t pad[3];
};

struct engine {
	int64_t halt_deadline_ms;
	uint32_t halt_service; /* whose status becomes the code when halt_code is negative */
	int32_t halt_code;
	int32_t halt_signal; /* that began the end, 0: none did */
	uint8_t halt;	     /* enum halt */
	uint8_t started;
	uint8_t halt_begun;    /* the end has been prepared: nothing runs beside the services any more */
	uint8_t order_changed; /* a life changed: services that wait for their order must look again */
			       /* service_state[service_count], then watch_state[watch_count] follow */
};

/* Everything that one step needs, so that no function has more than a few parameters. */
struct step {
	struct engine *engine;
	const struct spec *spec;
	struct effect_list *out;
	int64_t now_ms;
};

static inline struct service_state *engine_service(struct engine *engine, uint32_t index)
{
	return (struct service_state *)(void *)(engine + 1) + index;
}

static inline struct watch_state *engine_watch(struct engine *engine, const struct spec *spec, uint32_t index)
{
	return (struct watch_state *)(void *)engine_service(engine, spec->service_count) + index;
}

/* Does it have a process? */
static inline bool life_has_process(uint8_t life)
{
	return life == LIFE_STARTING || life == LIFE_UP || life == LIFE_STOPPING;
}

#endif
