/* SPDX-License-Identifier: MIT */
/*
 * Drive the real engine through all orders of events, breadth first, until no new state appears, and check the
 * promises in every step and state.
 *
 * A state is the engine's block and a model of the world (which process lives, which question is open, what lies on
 * disk). Both are made canonical, so that the search closes:
 *
 *   time       a deadline is "not set", "reached" or "later". From each state each deadline that is set may be the next
 *              one, and all at once. That is more than any real clock can do, whatever the durations are: what holds here
 *              holds for all of them. Time stamps are "a moment ago" or "longer ago than any bound".
 *   numbers    a question that was asked has number 2, an older one 1. Generations are dropped, intervals too; the
 *              failures in a row stop counting where they decide nothing any more.
 *   contents   A passes its validation, B is refused, C is refused or passes (a name that does not resolve yet).
 *
 * usage: explore [--first] [NAME]   all configurations, or those whose name contains NAME; --first ends at the first fault
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stddef.h>
#include <time.h>

#include "model/text.h"

#define NOW_MS 1000000000000ll
#define MAX_SERVICES 2
#define MAX_WATCHES 4
#define PATH_MAX_STEPS 200 /* favourable or stubborn answers until the world rests */

#define PROMISE_LIST(X) \
	X(NO_LOST_UPDATE, "a change that is not applied has a question open or a deadline set") \
	X(APPLIED_IN_THE_END, "content at rest that passes is applied, and every service comes up") \
	X(ONE_AT_A_TIME, "one process, one question of a kind and one transaction per service") \
	X(NOTHING_AFTER_TERM, "nothing starts after the end has begun") \
	X(IN_ORDER, "starts in the order, stop signals against it, KILL after them, to all") \
	X(EXIT_ONCE, "EXIT comes from every state under the end, once and last") \
	X(EFFECTS_FIT, "the effects of a step fit into the list") \
	X(CHECKED_FIRST, "only content that has passed is applied; a refusal changes nothing that is applied") \
	X(READY_FIRST, "no signal and no hook before ready, none without a change, none forced before its time") \
	X(STALE_IGNORED, "a stale or repeated answer changes nothing") \
	X(NO_SPIN, "a deadline that is reached is acted on, not asked for again and again")

#define X(id, text) P_##id,
enum promise { PROMISE_LIST(X) P_COUNT };
#undef X
#define X(id, text) text,
static const char *const promise_texts[P_COUNT] = { PROMISE_LIST(X) };
#undef X

/* What the world may do in a configuration. */
enum {
	BLIND = 1,	 /* no events of inotify: the poll alone sees changes */
	POLLS = 2,	 /* polls come at any time beside the events */
	KUBELET = 4,	 /* updates may end with COMPLETE */
	LATE = 8,	 /* answers may come when all deadlines have been reached */
	CRASH_ONLY = 16, /* processes end by a failure only */
	KEEP = 32,	 /* the disk does not change */
};

#define BIT(disk) (1u << (disk))
#define ABC (BIT(DISK_A) | BIT(DISK_B) | BIT(DISK_C))
#define AB (BIT(DISK_A) | BIT(DISK_B))
#define AC (BIT(DISK_A) | BIT(DISK_C)) /* where a validation stands before it: B would never be applied */

struct config {
	const char *name;
	const char *spec;
	uint32_t disks; /* contents that can lie at a watch */
	uint32_t flags;
	uint32_t cut; /* states after which the search is cut; 0: 900,000 */
};

static const struct config configs[] = {
	{ "plain", "single; service essential restart=no stop-timeout=0;", 0, LATE, 0 },
	{ "plain-always", "single; service essential restart=always;", 0, LATE, 0 },
	{ "plain-drain", "single drain=1000; service essential restart=no post-stop;", 0, LATE, 0 },
	{ "plain-wait-all", "single wait-all; service essential restart=no;", 0, LATE, 0 },
	{ "plain-passive", "single passive leave-at-once; service essential restart=no;", 0, LATE, 0 },
	{ "signal", "single; service essential restart=no; watch signal=1;", ABC, LATE | POLLS, 0 },
	{ "signal-validated", "several; service limit=2; watch signal=1 validate;", ABC, KUBELET, 0 },
	{ "signal-ready", "several; service limit=2 ready=unix; watch signal=1 validate;", AC, 0, 0 },
	{ "signal-ready-timeout", "several; service limit=2 ready=unix ready-timeout=5000; watch signal=1;", AB, LATE,
	  0 },
	{ "signal-delay", "several; service limit=2 ready=delay; watch signal=1 validate;", AC, LATE, 0 },
	{ "signal-held", "several; service limit=2 hold-refused; watch signal=1 validate;", ABC, 0, 0 },
	{ "signal-blind", "several; service limit=2; watch signal=1 validate;", AC, BLIND, 0 },
	{ "signal-dry", "several dry-run; service limit=2 hold-refused; watch signal=1 validate;", AC, 0, 0 },
	{ "signal-kinds", "several; service limit=2; watch signal=1;",
	  AB | BIT(DISK_EMPTY) | BIT(DISK_MISSING) | BIT(DISK_UNREADABLE), 0, 0 },
	{ "signal-empty-allowed", "several; service limit=2 hold-refused; watch signal=1 allow-empty validate;",
	  BIT(DISK_A) | BIT(DISK_EMPTY) | BIT(DISK_MISSING), 0, 0 },
	{ "exec", "several; service limit=2 restart=always; watch exec=x validate;", AC, LATE, 0 },
	{ "exec-single", "single; service essential restart=on-failure; watch exec=x;", AB, LATE | POLLS, 0 },
	{ "restart", "several; service limit=2; watch restart validate;", AC, LATE, 0 },
	{ "restart-single", "single; service essential restart=no stop-timeout=0; watch restart;", AB, LATE, 0 },
	{ "restart-held", "several; service limit=2 hold-refused post-stop; watch restart validate;", AC, 0, 0 },
	{ "exit", "several; service limit=2 ready=unix; watch exit=42 validate;", AC, 0, 0 },
	{ "exit-held", "several; service limit=2 hold-refused; watch exit=42 validate;", AC, 0, 0 },
	{ "exit-dry", "several dry-run; service limit=2; watch exit=42;", AB, LATE, 0 },
	{ "observe", "several; service limit=2; watch observe validate;", ABC, 0, 0 },
	{ "two-watches", "several; service limit=2; watch signal=1 validate; watch signal=1;", AC, CRASH_ONLY, 300000 },
	{ "two-signals", "several; service limit=2; watch signal=1; watch signal=10;", AB, CRASH_ONLY, 300000 },
	{ "two-policies", "several; service limit=2; watch observe; watch restart validate;", AC, CRASH_ONLY, 300000 },
	{ "two-validated", "several; service limit=2 hold-refused; watch signal=1 validate; watch exec=x validate;", AC,
	  CRASH_ONLY, 300000 },
	{ "pair", "several; service essential; service essential after=0;", 0, LATE, 0 },
	{ "pair-ready", "several; service essential ready=unix; service essential after=0 ready=unix restart=always;",
	  0, 0, 0 },
	{ "pair-loose", "several; service restart=no; service after=0 restart=no;", 0, LATE, 0 },
	{ "pair-drain",
	  "several drain=1000; service essential post-stop; service after=0 ready=unix ready-timeout=5000;", 0, 0, 0 },
	{ "pair-watched", "several; service limit=2; watch signal=1; service essential after=0; watch restart;", AB,
	  CRASH_ONLY, 300000 },
	{ "pair-validated", "several; service limit=2 ready=unix; watch restart validate; service after=0;", AC,
	  CRASH_ONLY, 300000 },
};

struct env_service {
	uint8_t alive, spawning, probing, notifying, hooking, clearing, post_stopping;
	uint8_t validating; /* watch + 1 */
	uint8_t ready;
	uint8_t stopped; /* its stop signal was sent */
	uint8_t killed;
	uint8_t told_by; /* watch whose signal or command is on its way */
	uint8_t decided; /* without a line that tells what it catches: readiness or the delay has decided */
};

struct env_watch {
	uint8_t disk;
	uint8_t sample; /* what lay there when the digest was asked for */
	uint8_t reading;
	uint8_t owed;	 /* the disk has changed, and no event has told it */
	uint8_t checked; /* what was given to the validation on its way */
	uint8_t passed;	 /* bits of contents that have passed */
};

struct env {
	struct env_service service[MAX_SERVICES];
	struct env_watch watch[MAX_WATCHES];
	uint8_t started, ending, rest, over;
};

struct node {
	uint32_t parent;
	struct move move;
	uint8_t flags;
};

enum { PROVED_APPLIED = 1, PROVED_COOPERATIVE = 2, PROVED_STUBBORN = 4 };

/* One exploration. */
static struct search {
	const struct config *config;
	const struct spec *spec;
	size_t engine_size, state_size;
	struct node *nodes;
	unsigned char *states;
	uint32_t count, room;
	uint32_t *table, table_size;
	uint64_t transitions;
	uint32_t effects_most;
	uint64_t cut_off; /* transitions to states that were not looked at */
	bool faulty[P_COUNT];
	struct effect effects[512];
	struct effect_list out;
	/* Where the step that is checked comes from: for the trace. */
	uint32_t from;
	struct move path[PATH_MAX_STEPS + 1];
	uint32_t path_count;
} search;

static bool first_only;
static uint32_t passed, failed;

static struct engine *state_engine(unsigned char *state)
{
	return (struct engine *)(void *)state;
}

static struct env *state_env(unsigned char *state)
{
	return (struct env *)(void *)(state + search.engine_size);
}

/* ---- canonical form ---- */

static void canon_deadline(int64_t *deadline_ms)
{
	if (*deadline_ms != NEVER_MS)
		*deadline_ms = *deadline_ms <= NOW_MS ? NOW_MS : NOW_MS + LONG_MS;
}

static void canon_stamp(int64_t *stamp_ms, bool matters)
{
	*stamp_ms = matters && *stamp_ms < NOW_MS ? NOW_MS - LONG_MS : NOW_MS;
}

static void canon_digest(struct digest *digest, bool matters)
{
	if (!matters)
		*digest = (struct digest){ 0, 0 };
}

static void canon_service(struct service_state *state, const struct service_spec *spec)
{
	uint32_t enough = spec->start_limit > 0 ? spec->start_limit : 2;

	canon_deadline(&state->life_deadline_ms);
	canon_deadline(&state->probe_deadline_ms);
	canon_deadline(&state->reload_deadline_ms);
	canon_stamp(&state->started_ms, life_has_process(state->life));
	canon_stamp(&state->gated_since_ms, state->gate_interval_ms != 0);
	state->life_seq = state->life_seq != 0 ? 2 : 0;
	state->reload_seq = 2;
	if (life_has_process(state->life) || state->life == LIFE_SPAWNING)
		state->status = 0; /* its end is going to say another one */
	if (state->failures > enough)
		state->failures = enough;
	state->probe_interval_ms = 0;
	state->retry_interval_ms = 0;
	state->gate_interval_ms = state->gate_interval_ms != 0;
	state->told_waiting = 0;
	if (state->reload != RELOAD_VALIDATING && state->reload != RELOAD_NOTIFYING && state->reload != RELOAD_HOOKING)
		state->news = 0;
	if (state->life != LIFE_STOPPING && state->life != LIFE_CLEARING)
		state->killed = 0;
	if (state->life != LIFE_CLEARING && state->life != LIFE_POST_STOP)
		state->stop_was_asked = state->end_is_failure = 0;
}

static void canon_watch(struct watch_state *watch)
{
	canon_deadline(&watch->settle_deadline_ms);
	watch->settle_bound_ms = watch->settle_deadline_ms == NEVER_MS ? 0 : NOW_MS + LONG_MS;
	canon_digest(&watch->desired, watch->has_desired);
	canon_digest(&watch->validated, watch->has_validated);
	canon_digest(&watch->applied, watch->has_applied);
	canon_digest(&watch->failed, watch->has_failed);
	canon_digest(&watch->offered, watch->offered_now);
	watch->digest_seq = 2;
	watch->generation = 0;
	watch->seen_ms = 0; /* only told */
	watch->started_with = 0;
}

static uint32_t digest_bit(struct digest digest)
{
	return digest.low >= 'A' ? BIT(digest.low - 'A') : 0;
}

/* That a content has passed is of interest as long as the engine can think so. */
static void canon_env(struct engine *engine, struct env *env)
{
	for (uint32_t s = 0; s < search.spec->service_count; s++) {
		/* Decided in every step from then on. */
		if (!env->service[s].alive || spec_service(search.spec, s)->ready_kind != READY_NONE ||
		    engine_service(engine, s)->started_ms < NOW_MS)
			env->service[s].decided = 0;
	}
	for (uint32_t w = 0; w < search.spec->watch_count; w++) {
		struct watch_state *known = engine_watch(engine, search.spec, w);
		struct env_watch *watch = &env->watch[w];

		watch->passed &= (uint8_t)(digest_bit(known->desired) | digest_bit(known->offered) |
					   digest_bit(known->validated) | digest_bit(known->applied));
		if (!watch->reading)
			watch->sample = 0;
		if (!env->service[spec_watch(search.spec, w)->service].notifying &&
		    !env->service[spec_watch(search.spec, w)->service].hooking)
			env->service[spec_watch(search.spec, w)->service].told_by = 0;
		if (!env->ending)
			continue;
		/* Under the end nothing is read any more: what lies there makes no difference. */
		watch->disk = watch->owed = watch->passed = watch->sample = 0;
		known->has_validated = known->has_failed = 0;
		known->validated = known->failed = (struct digest){ 0, 0 };
	}
}

static void canon(unsigned char *state)
{
	struct engine *engine = state_engine(state);

	canon_deadline(&engine->halt_deadline_ms);
	engine->order_changed = 0;
	for (uint32_t s = 0; s < search.spec->service_count; s++)
		canon_service(engine_service(engine, s), spec_service(search.spec, s));
	for (uint32_t w = 0; w < search.spec->watch_count; w++)
		canon_watch(engine_watch(engine, search.spec, w));
	canon_env(engine, state_env(state));
}

/* ---- the table of states ---- */

static uint32_t *slot_of(const unsigned char *state)
{
	uint32_t at = (uint32_t)XXH3_64bits(state, search.state_size) & (search.table_size - 1);

	while (search.table[at] != 0 && memcmp(search.states + (size_t)(search.table[at] - 1) * search.state_size,
					       state, search.state_size) != 0)
		at = (at + 1) & (search.table_size - 1);
	return &search.table[at];
}

static void *must(void *memory)
{
	if (memory == NULL) {
		fprintf(stderr, "no memory\n");
		exit(1);
	}
	return memory;
}

static void grow_nodes(void)
{
	search.room = search.room == 0 ? 4096 : search.room * 2;
	search.nodes = must(realloc(search.nodes, search.room * sizeof(struct node)));
	search.states = must(realloc(search.states, search.room * search.state_size));
}

static void grow_table(void)
{
	search.table_size = search.table_size == 0 ? 16384 : search.table_size * 2;
	free(search.table);
	search.table = must(calloc(search.table_size, sizeof(uint32_t)));
	for (uint32_t n = 0; n < search.count; n++)
		*slot_of(search.states + (size_t)n * search.state_size) = n + 1;
}

static void remember(const unsigned char *state, uint32_t parent, struct move move)
{
	uint32_t *slot = slot_of(state);

	if (*slot != 0)
		return;
	if (search.count >= (search.config->cut != 0 ? search.config->cut : 900000u)) {
		search.cut_off++;
		return;
	}
	if (search.count == search.room)
		grow_nodes();
	memcpy(search.states + (size_t)search.count * search.state_size, state, search.state_size);
	search.nodes[search.count] = (struct node){ parent, move, 0 };
	*slot = ++search.count;
	if (search.count > search.table_size / 2)
		grow_table();
}

/* ---- traces ---- */

static void apply_quietly(unsigned char *state, struct move move);

static void print_step(unsigned char *state, struct move move)
{
	char event[64], effects[1024];

	apply_quietly(state, move);
	if (move.kind == MOVE_DISK) {
		printf("\t\t/* %s lies at watch %u */\n", disk_names[move.value], move.index);
		return;
	}
	move_text(move, event, sizeof(event));
	effects_text(&search.out, true, effects, sizeof(effects));
	printf("\t\t\"%s | %s\",\n", event, effects);
}

static uint32_t print_trace(void)
{
	static struct move moves[4096];
	uint32_t count = 0, at = search.from;
	unsigned char *state = must(calloc(1, search.state_size));

	while (at != 0 && count < 4000) {
		moves[count++] = search.nodes[at].move;
		at = search.nodes[at].parent;
	}
	memcpy(state, search.states, search.state_size);
	printf("\tCHECK(\"%s\",\n", search.config->spec);
	for (uint32_t n = count; n-- > 0;)
		print_step(state, moves[n]);
	for (uint32_t n = 0; n < search.path_count; n++)
		print_step(state, search.path[n]);
	printf("\t);\n");
	free(state);
	return count + search.path_count;
}

static bool reporting;

/* A promise is broken by the step that was just done. Only the first break of each promise is told. */
static void broken(enum promise promise, const char *what)
{
	uint32_t length;

	if (reporting || search.faulty[promise])
		return;
	search.faulty[promise] = true;
	reporting = true;
	printf("BROKEN %s: %s: %s\n", search.config->name, promise_texts[promise], what);
	length = print_trace();
	printf("caught %s in %u steps\n", promise_texts[promise], length);
	reporting = false;
	if (first_only)
		exit(1);
}

/* ---- the world's part of a move, and the checks of a step ---- */

static void check_question(uint8_t *open, const char *what)
{
	if (*open != 0)
		broken(P_ONE_AT_A_TIME, what);
	*open = 1;
}

static bool is_transacting(const struct env_service *service)
{
	return service->validating != 0 || service->notifying || service->hooking;
}

static bool is_content(const struct watch_spec *spec, const struct watch_state *watch)
{
	return watch->content == CONTENT_PRESENT || (watch->content == CONTENT_EMPTY && spec->allow_empty);
}

static bool has_passed(const struct env_watch *env, struct digest digest)
{
	return digest.low >= 'A' && (env->passed & BIT(digest.low - 'A')) != 0;
}

/* Has everything passed that the service is now told to read? start: it reads what lies there. */
static void check_passed(struct engine *engine, const struct env *env, uint32_t service, bool start)
{
	for (uint32_t w = 0; w < search.spec->watch_count; w++) {
		const struct watch_spec *spec = spec_watch(search.spec, w);
		const struct watch_state *watch = engine_watch(engine, search.spec, w);

		if (spec->service != service || spec->validate.count == 0 || !is_content(spec, watch))
			continue;
		if (!start && watch->has_applied && digest_equal(watch->applied, watch->desired))
			continue;
		if (!has_passed(&env->watch[w], watch->desired))
			broken(P_CHECKED_FIRST,
			       start ? "starts on what has not passed" : "told of what has not passed");
	}
}

static bool has_pending(struct engine *engine, uint32_t service)
{
	for (uint32_t w = 0; w < search.spec->watch_count; w++) {
		const struct watch_state *watch = engine_watch(engine, search.spec, w);

		if (spec_watch(search.spec, w)->service == service && is_content(spec_watch(search.spec, w), watch) &&
		    !(watch->has_applied && digest_equal(watch->applied, watch->desired)))
			return true;
	}
	return false;
}

static void check_told(struct engine *engine, const struct env *env, const struct effect *effect)
{
	const struct env_service *service = &env->service[effect->service];

	/* The end may begin in the same step, after it. */
	if (!service->alive || !service->ready ||
	    (engine->halt == HALT_NOT && engine_service(engine, effect->service)->life != LIFE_UP))
		broken(P_READY_FIRST, "told before it is ready");
	if (!has_pending(engine, effect->service))
		broken(P_READY_FIRST, "told although nothing has changed");
	check_passed(engine, env, effect->service, false);
}

static void check_start(struct engine *engine, const struct env *env, const struct effect *effect)
{
	if (env->service[effect->service].alive)
		broken(P_ONE_AT_A_TIME, "a second process");
	if (!spec_service(search.spec, effect->service)->start_on_refused)
		check_passed(engine, env, effect->service, true);
}

/* Does a service that lives come after this one? */
static bool is_needed(struct engine *engine, const struct env *env, uint32_t service)
{
	for (uint32_t s = 0; s < search.spec->service_count; s++) {
		struct spec_list after = spec_service(search.spec, s)->after;

		/* One that survives KILL is left behind. */
		if (!env->service[s].alive || engine_service(engine, s)->abandoned)
			continue;
		for (uint32_t n = 0; n < after.count; n++) {
			if (spec_word(search.spec, after, n) == service)
				return true;
		}
	}
	return false;
}

static void check_kill(struct engine *engine, struct env *env, const struct effect *effect)
{
	struct env_service *service = &env->service[effect->service];
	bool first = !service->stopped;

	if (!service->alive)
		broken(P_IN_ORDER, "a signal to a service without a process");
	if (effect->value == SIGKILL) {
		if (!service->stopped)
			broken(P_IN_ORDER, "KILL before the stop signal");
		service->killed = 1;
		return;
	}
	/* A single command gets the signal that came as its stop signal. */
	if (effect->value != spec_service(search.spec, effect->service)->stop_signal &&
	    (search.spec->several || engine->halt == HALT_NOT))
		return;
	service->stopped = 1;
	if (engine->halt != HALT_NOT && search.spec->several && first && is_needed(engine, env, effect->service))
		broken(P_IN_ORDER, "stopped while a service that comes after it still runs");
}

static void check_end(const struct env *env)
{
	for (uint32_t s = 0; s < search.spec->service_count; s++) {
		if (env->service[s].spawning)
			broken(P_IN_ORDER, "the rest is ended while a service is being started");
		if (env->service[s].alive && !env->service[s].killed && !search.spec->passive)
			broken(P_IN_ORDER, "the rest is ended while a service runs that was not killed");
	}
}

static void check_transaction(const struct env_service *service)
{
	if (is_transacting(service))
		broken(P_ONE_AT_A_TIME, "a second transaction of the service");
}

static void fold_effect(struct engine *engine, struct env *env, const struct effect *effect)
{
	struct env_service *service = effect->service < MAX_SERVICES ? &env->service[effect->service] : NULL;
	struct env_watch *watch = effect->watch < MAX_WATCHES ? &env->watch[effect->watch] : NULL;

	if (env->over)
		broken(P_EXIT_ONCE, "an effect after EXIT");
	if (env->ending && (effect->kind == FX_SPAWN || effect->kind == FX_VALIDATE || effect->kind == FX_NOTIFY ||
			    effect->kind == FX_HOOK || effect->kind == FX_DIGEST || effect->kind == FX_PROBE ||
			    effect->kind == FX_CLEAR))
		broken(P_NOTHING_AFTER_TERM, effect_names[effect->kind]);
	switch (effect->kind) {
	case FX_SPAWN:
		check_start(engine, env, effect);
		check_question(&service->spawning, "a second start");
		break;
	case FX_PROBE:
		/* One that is still open is of an incarnation that has gone: its answer is stale. */
		service->probing = 1;
		break;
	case FX_KILL:
		check_kill(engine, env, effect);
		break;
	case FX_CLEAR:
		if (service->alive)
			broken(P_ONE_AT_A_TIME, "cleared while the main process lives");
		service->clearing = 1;
		break;
	case FX_POST_STOP:
		service->post_stopping = 1; /* one that hangs was given up */
		break;
	case FX_DIGEST:
		check_question(&watch->reading, "a second digest of a watch");
		watch->sample = watch->disk;
		break;
	case FX_VALIDATE:
		check_transaction(service);
		service->validating = (uint8_t)(effect->watch + 1);
		watch->checked = (uint8_t)(effect->digest.low - 'A');
		break;
	case FX_NOTIFY:
		check_transaction(service);
		check_told(engine, env, effect);
		service->notifying = effect->wide ? 2 : 1;
		service->told_by = (uint8_t)effect->watch;
		break;
	case FX_HOOK:
		check_transaction(service);
		check_told(engine, env, effect);
		service->hooking = 1;
		service->told_by = (uint8_t)effect->watch;
		break;
	case FX_CANCEL:
		service->validating = service->hooking = service->probing = 0;
		break;
	case FX_END_REST:
		check_end(env);
		env->rest = 1;
		break;
	case FX_EXIT:
		env->over = 1;
		break;
	case FX_FAREWELL:
	case FX_LOG:
	case EFFECT_COUNT:
		break;
	}
}

/* What the answer itself changes in the world, before the engine hears of it. */
static void fold_move(struct engine *engine, struct env *env, struct move move)
{
	struct env_service *service = &env->service[move.index % MAX_SERVICES];
	struct env_watch *watch = &env->watch[move.index % MAX_WATCHES];

	switch (move.kind) {
	case EV_START:
		env->started = 1;
		break;
	case EV_SPAWNED:
		service->spawning = 0;
		service->alive = 1;
		service->stopped = service->killed = service->decided = 0;
		service->ready = spec_service(search.spec, move.index)->ready_kind <= READY_DELAY;
		break;
	case EV_SPAWN_FAILED:
		service->spawning = 0;
		break;
	case EV_EXITED:
		service->alive = service->ready = service->probing = service->notifying = 0;
		service->stopped = service->killed = 0;
		break;
	case EV_CLEARED:
		service->clearing = 0;
		break;
	case EV_POST_STOPPED:
		service->post_stopping = 0;
		break;
	case EV_PROBED:
		service->probing = 0;
		service->ready = move.value;
		break;
	case EV_SIGNALLED:
		service->notifying = 0;
		if (move.value == SIGNAL_SENT && spec_service(search.spec, move.index)->ready_kind > READY_DELAY)
			service->ready = 0;
		break;
	case EV_HOOKED:
		service->hooking = 0;
		break;
	case EV_DIGESTED:
		watch->reading = 0;
		break;
	case EV_VALIDATED:
		env->service[spec_watch(search.spec, move.index)->service].validating = 0;
		if (move.value == VERDICT_OK)
			watch->passed |= (uint8_t)BIT(watch->checked);
		watch->checked = 0;
		break;
	case EV_TOUCHED:
	case EV_COMPLETE:
		watch->owed = 0;
		break;
	case EV_REST_GONE:
		env->rest = 0;
		break;
	}
	(void)engine;
}

/* Has this move decided that a signal may be forced: is readiness configured, or the delay over? */
static void decide_force(struct engine *before, struct env *env, struct move move)
{
	for (uint32_t s = 0; s < search.spec->service_count; s++) {
		const struct service_state *state = engine_service(before, s);
		bool due = move.due == DUE_ALL || (move.due == DUE_RELOAD && move.index == s);

		if (env->service[s].alive &&
		    (spec_service(search.spec, s)->ready_kind != READY_NONE || state->started_ms < NOW_MS ||
		     (state->reload == RELOAD_GATING && state->force_signal && due)))
			env->service[s].decided = 1;
	}
}

static void step_engine(struct engine *engine, const struct event *event)
{
	search.out.count = 0;
	search.out.overflow = false;
	engine_step(engine, search.spec, event, &search.out);
	if (search.out.count > search.effects_most)
		search.effects_most = search.out.count;
}

/* Has the service been told of this watch by another watch's signal or command? Both lie in the spec as numbers. */
static bool is_told_wrongly(uint32_t watch, uint32_t told_by)
{
	const struct watch_spec *spec = spec_watch(search.spec, watch), *other = spec_watch(search.spec, told_by);

	if (spec->policy != other->policy)
		return spec->policy > other->policy;
	if (spec->policy == POLICY_SIGNAL)
		return spec->signal != other->signal;
	return strcmp(spec_str(search.spec, spec_word(search.spec, spec->exec, 0)),
		      spec_str(search.spec, spec_word(search.spec, other->exec, 0))) != 0;
}

/* What is applied may change only by a start, or when what was offered has been taken. */
static void check_applied(struct engine *before, struct engine *after, const struct env *env, struct move move)
{
	for (uint32_t w = 0; w < search.spec->watch_count; w++) {
		const struct watch_state *old = engine_watch(before, search.spec, w);
		const struct watch_state *new = engine_watch(after, search.spec, w);
		bool spawned = false;

		for (uint32_t n = 0; n < search.out.count; n++) {
			if (search.out.items[n].kind == FX_SPAWN &&
			    search.out.items[n].service == spec_watch(search.spec, w)->service)
				spawned = true;
		}
		if (spawned || !new->has_applied || (old->has_applied && digest_equal(old->applied, new->applied)))
			continue;
		if (move.kind == EV_VALIDATED && move.value != VERDICT_OK && move.index == w &&
		    digest_equal(old->offered, new->applied))
			broken(P_CHECKED_FIRST, "a refusal changes what is applied");
		if (spec_watch(search.spec, w)->validate.count > 0 && !has_passed(&env->watch[w], new->applied))
			broken(P_CHECKED_FIRST, "applied without having passed");
		if ((move.kind == EV_SIGNALLED || move.kind == EV_HOOKED) && !search.spec->dry_run &&
		    is_told_wrongly(w, env->service[move.index].told_by))
			broken(P_NO_LOST_UPDATE, "counts as applied, and the signal or command was another watch's");
	}
}

/* A service leaves its place in the line only when all that it comes after are ready, or have ended well. */
static void check_turn(struct engine *before, struct engine *after, const struct env *env)
{
	for (uint32_t s = 0; s < search.spec->service_count; s++) {
		struct spec_list list = spec_service(search.spec, s)->after;

		if (engine_service(before, s)->life != LIFE_DOWN || engine_service(after, s)->life == LIFE_DOWN ||
		    after->halt != HALT_NOT)
			continue;
		for (uint32_t n = 0; n < list.count; n++) {
			uint32_t other = spec_word(search.spec, list, n);

			if (!(env->service[other].alive && env->service[other].ready) &&
			    !(engine_service(after, other)->life == LIFE_DONE &&
			      engine_service(after, other)->status == 0))
				broken(P_IN_ORDER, "starts before its turn");
		}
	}
}

/* Do one move on a state, check the step, and make the result canonical. */
static void apply(unsigned char *state, struct move move)
{
	static unsigned char before[4096];
	struct engine *engine = state_engine(state);
	struct env *env = state_env(state);
	struct event event;

	memcpy(before, state, search.state_size);
	search.out.count = 0;
	search.transitions++;
	if (move.kind == MOVE_DISK) {
		env->watch[move.index].disk = move.value;
		env->watch[move.index].owed = 1;
		return;
	}
	fold_move(engine, env, move);
	decide_force(engine, env, move);
	move_time(engine, search.spec, move, NOW_MS);
	if (move.kind == MOVE_OLD_START || move.kind == MOVE_OLD_GATE) {
		canon(state);
		return;
	}
	event = move_event(engine, search.spec, move);
	event.now_ms = NOW_MS;
	step_engine(engine, &event);
	if (search.out.overflow || search.out.count > engine_effects_max(search.spec))
		broken(P_EFFECTS_FIT, "more than engine_effects_max");
	check_applied(state_engine(before), engine, env, move);
	for (uint32_t n = 0; n < search.out.count; n++) {
		const struct effect *effect = &search.out.items[n];

		if (effect->kind == FX_NOTIFY && effect->wide && !env->service[effect->service].decided)
			broken(P_READY_FIRST, "forced before its time");
		fold_effect(engine, env, effect);
	}
	check_turn(state_engine(before), engine, env);
	if (engine->halt != HALT_NOT)
		env->ending = 1;
	if (env->ending && engine->halt == HALT_NOT)
		broken(P_NOTHING_AFTER_TERM, "the end is forgotten");
	canon(state);
}

static void apply_quietly(unsigned char *state, struct move move)
{
	bool was = reporting;

	reporting = true;
	apply(state, move);
	reporting = was;
}

/* ---- the moves that are possible in a state ---- */

struct moves {
	struct move list[256];
	uint32_t count;
	bool late; /* each answer may come when all deadlines have been reached */
};

static void offer(struct moves *moves, uint8_t kind, uint32_t index, uint32_t value)
{
	struct move move = { .kind = kind, .index = (uint8_t)index, .value = (uint8_t)value };

	moves->list[moves->count++] = move;
	if (moves->late) {
		move.due = DUE_ALL;
		moves->list[moves->count++] = move;
	}
}

static uint32_t offer_due(struct moves *moves, int64_t deadline_ms, enum due due, uint32_t index)
{
	if (deadline_ms == NEVER_MS)
		return 0;
	moves->list[moves->count++] = (struct move){ .kind = EV_TICK, .index = (uint8_t)index, .due = (uint8_t)due };
	return 1;
}

static void offer_time(struct moves *moves, struct engine *engine)
{
	uint32_t set = offer_due(moves, engine->halt_deadline_ms, DUE_HALT, 0);

	for (uint32_t s = 0; s < search.spec->service_count; s++) {
		const struct service_state *state = engine_service(engine, s);

		set += offer_due(moves, state->life_deadline_ms, DUE_LIFE, s);
		set += offer_due(moves, state->probe_deadline_ms, DUE_PROBE, s);
		set += offer_due(moves, state->reload_deadline_ms, DUE_RELOAD, s);
		if (life_has_process(state->life) && state->started_ms == NOW_MS)
			moves->list[moves->count++] = (struct move){ .kind = MOVE_OLD_START, .index = (uint8_t)s };
		if (state->gate_interval_ms != 0 && state->gated_since_ms == NOW_MS)
			moves->list[moves->count++] = (struct move){ .kind = MOVE_OLD_GATE, .index = (uint8_t)s };
	}
	for (uint32_t w = 0; w < search.spec->watch_count; w++)
		set += offer_due(moves, engine_watch(engine, search.spec, w)->settle_deadline_ms, DUE_SETTLE, w);
	if (set > 1)
		moves->list[moves->count++] = (struct move){ .kind = EV_TICK, .due = DUE_ALL };
	moves->late = set > 0 && (search.config->flags & LATE) != 0;
}

static void offer_verdicts(struct moves *moves, const struct env *env, uint32_t w)
{
	const struct env_watch *watch = &env->watch[w];

	if (watch->checked != DISK_B)
		offer(moves, EV_VALIDATED, w, VERDICT_OK);
	if (watch->checked == DISK_B || watch->checked == DISK_C)
		offer(moves, EV_VALIDATED, w, VERDICT_REFUSED);
	if (watch->checked != watch->disk)
		offer(moves, EV_VALIDATED, w, VERDICT_MOVED);
}

static void offer_of_service(struct moves *moves, const struct env *env, uint32_t s)
{
	const struct env_service *service = &env->service[s];

	if (service->alive) {
		if ((search.config->flags & CRASH_ONLY) == 0)
			offer(moves, EV_EXITED, s, 0);
		offer(moves, EV_EXITED, s, 1);
	}
	if (service->spawning) {
		offer(moves, EV_SPAWNED, s, 0);
		offer(moves, EV_SPAWN_FAILED, s, 0);
	}
	if (service->clearing)
		offer(moves, EV_CLEARED, s, 0);
	if (service->post_stopping) {
		offer(moves, EV_POST_STOPPED, s, 0);
		offer(moves, EV_POST_STOPPED, s, 1);
	}
	if (service->probing) {
		offer(moves, EV_PROBED, s, 0);
		offer(moves, EV_PROBED, s, 1);
	}
	if (service->notifying) {
		for (uint32_t answer = 0; answer < SIGNAL_ANSWER_COUNT; answer++) {
			if (answer != SIGNAL_UNKNOWN || service->notifying == 1)
				offer(moves, EV_SIGNALLED, s, answer);
		}
	}
	if (service->hooking) {
		offer(moves, EV_HOOKED, s, 0);
		offer(moves, EV_HOOKED, s, 1);
	}
	if (service->validating != 0)
		offer_verdicts(moves, env, service->validating - 1u);
}

static void offer_of_watch(struct moves *moves, const struct env *env, uint32_t w)
{
	const struct env_watch *watch = &env->watch[w];

	for (uint32_t disk = 0; disk < DISK_COUNT; disk++) {
		if ((search.config->disks & BIT(disk)) != 0 && disk != watch->disk && !env->ending)
			moves->list[moves->count++] =
				(struct move){ .kind = MOVE_DISK, .index = (uint8_t)w, .value = (uint8_t)disk };
	}
	if (watch->reading) {
		offer(moves, EV_DIGESTED, w, watch->sample);
		if (watch->sample != watch->disk)
			offer(moves, EV_DIGESTED, w, watch->disk);
	}
	if (watch->owed && (search.config->flags & BLIND) == 0)
		offer(moves, EV_TOUCHED, w, 0);
	if (watch->owed && (search.config->flags & KUBELET) != 0)
		offer(moves, EV_COMPLETE, w, 0);
	if ((search.config->flags & (BLIND | POLLS)) != 0)
		offer(moves, EV_POLL, w, 0);
}

static void possible(unsigned char *state, struct moves *moves)
{
	struct engine *engine = state_engine(state);
	const struct env *env = state_env(state);

	moves->count = 0;
	moves->late = false;
	if (env->over)
		return;
	if (!env->started) {
		offer(moves, EV_START, 0, 0);
		return;
	}
	offer_time(moves, engine);
	for (uint32_t s = 0; s < search.spec->service_count; s++)
		offer_of_service(moves, env, s);
	for (uint32_t w = 0; w < search.spec->watch_count; w++)
		offer_of_watch(moves, env, w);
	offer(moves, EV_SIGNAL, 0, 0);
	offer(moves, EV_SIGNAL, 0, search.spec->several ? 1 : 2);
	if (env->rest)
		offer(moves, EV_REST_GONE, 0, 0);
}

/* ---- checks of a state ---- */

/* Is there a question open, a process that must end, or a deadline that will bring the service on? */
static bool is_moving(struct engine *engine, const struct env *env, uint32_t s)
{
	const struct service_state *state = engine_service(engine, s);
	const struct env_service *service = &env->service[s];

	if (service->spawning || service->probing || service->clearing || service->post_stopping ||
	    is_transacting(service) || state->life == LIFE_STOPPING || state->life == LIFE_DOWN)
		return true;
	if (state->life_deadline_ms != NEVER_MS || state->probe_deadline_ms != NEVER_MS ||
	    state->reload_deadline_ms != NEVER_MS)
		return true;
	for (uint32_t w = 0; w < search.spec->watch_count; w++) {
		const struct watch_state *watch = engine_watch(engine, search.spec, w);

		if (spec_watch(search.spec, w)->service == s &&
		    (env->watch[w].reading || env->watch[w].owed || watch->settle_deadline_ms != NEVER_MS))
			return true;
	}
	return false;
}

static bool is_disk_content(uint32_t w, uint32_t disk)
{
	return disk < DISK_EMPTY || (disk == DISK_EMPTY && spec_watch(search.spec, w)->allow_empty);
}

/* Does the service have what lies at the watch, or was that given up (and has not moved since)? */
static bool is_applied(struct engine *engine, const struct env *env, uint32_t w)
{
	const struct watch_state *watch = engine_watch(engine, search.spec, w);
	struct digest disk = disk_digest(env->watch[w].disk);

	if (!is_disk_content(w, env->watch[w].disk))
		return true;
	return (watch->has_applied && digest_equal(watch->applied, disk)) ||
	       (watch->gave_up && digest_equal(watch->desired, disk));
}

static void check_not_lost(unsigned char *state)
{
	struct engine *engine = state_engine(state);
	const struct env *env = state_env(state);

	if (!env->started || engine->halt != HALT_NOT || (search.config->flags & BLIND) != 0)
		return;
	for (uint32_t w = 0; w < search.spec->watch_count; w++) {
		uint32_t s = spec_watch(search.spec, w)->service;

		if (engine_service(engine, s)->life != LIFE_DONE && !is_applied(engine, env, w) &&
		    !is_moving(engine, env, s))
			broken(P_NO_LOST_UPDATE, "nothing is under way for it");
	}
}

static void check_spin(unsigned char *state)
{
	static unsigned char again[4096];
	struct engine *engine = state_engine(state);
	int64_t deadline_ms = engine_deadline_ms(engine, search.spec);
	struct event tick = { .kind = EV_TICK, .now_ms = NOW_MS };

	if (deadline_ms < 0 || deadline_ms > NOW_MS)
		return;
	memcpy(again, state, search.state_size);
	step_engine(state_engine(again), &tick);
	canon(again);
	if (memcmp(again, state, search.state_size) == 0)
		broken(P_NO_SPIN, "a deadline stays reached");
}

/* Give the engine an answer that it does not wait for: nothing may come of it. */
static void check_stale(unsigned char *state, struct move move)
{
	static unsigned char after[4096];
	struct event event;
	char effects[256];

	memcpy(after, state, search.state_size);
	event = move_event(state_engine(after), search.spec, move);
	event.now_ms = NOW_MS;
	step_engine(state_engine(after), &event);
	effects_text(&search.out, false, effects, sizeof(effects));
	canon(after);
	if (effects[0] == '\0' && memcmp(after, state, search.state_size) == 0)
		return;
	search.path[0] = move;
	search.path_count = 1;
	broken(P_STALE_IGNORED, event_names[move.kind]);
	search.path_count = 0;
}

/* With the number before the last always, with the last one where the question is not open. */
static void check_stale_kind(unsigned char *state, uint8_t kind, uint32_t index, uint32_t value, bool open)
{
	struct move move = { .kind = kind, .index = (uint8_t)index, .value = (uint8_t)value, .stale = 1 };

	check_stale(state, move);
	move.stale = 0;
	if (!open)
		check_stale(state, move);
}

/* After EXIT nothing comes any more, whatever happens. */
static void check_over(unsigned char *state)
{
	static const uint8_t kinds[] = { EV_SIGNAL, EV_REST_GONE, EV_TICK, EV_TOUCHED, EV_COMPLETE, EV_POLL };
	static unsigned char after[4096];

	for (size_t n = 0; n < sizeof(kinds) && state_env(state)->over; n++) {
		struct move move = { .kind = kinds[n] };
		struct event event = move_event(state_engine(state), search.spec, move);

		if (search.spec->watch_count == 0 && kinds[n] >= EV_TOUCHED && kinds[n] <= EV_POLL)
			continue;
		memcpy(after, state, search.state_size);
		event.now_ms = NOW_MS;
		step_engine(state_engine(after), &event);
		search.path[0] = move;
		search.path_count = 1;
		if (search.out.count != 0)
			broken(P_EXIT_ONCE, "an effect after EXIT");
		search.path_count = 0;
	}
}

static void check_all_stale(unsigned char *state)
{
	const struct env *env = state_env(state);
	int64_t deadline_ms = engine_deadline_ms(state_engine(state), search.spec);

	if (!env->started || (deadline_ms >= 0 && deadline_ms <= NOW_MS))
		return;
	for (uint32_t s = 0; s < search.spec->service_count; s++) {
		const struct env_service *service = &env->service[s];

		check_stale_kind(state, EV_SPAWNED, s, 0, service->spawning);
		check_stale_kind(state, EV_SPAWN_FAILED, s, 0, service->spawning);
		check_stale_kind(state, EV_EXITED, s, 1, service->alive);
		check_stale_kind(state, EV_CLEARED, s, 0, service->clearing);
		check_stale_kind(state, EV_POST_STOPPED, s, 0, service->post_stopping);
		check_stale_kind(state, EV_PROBED, s, 1, service->probing);
		check_stale_kind(state, EV_SIGNALLED, s, SIGNAL_SENT, service->notifying);
		check_stale_kind(state, EV_HOOKED, s, 0, service->hooking);
	}
	for (uint32_t w = 0; w < search.spec->watch_count; w++) {
		uint32_t s = spec_watch(search.spec, w)->service;

		check_stale_kind(state, EV_DIGESTED, w, DISK_B, env->watch[w].reading);
		check_stale_kind(state, EV_VALIDATED, w, VERDICT_OK, env->service[s].validating != 0);
	}
}

/* ---- what must come in the end ---- */

#define MOVE(move_kind, at, what) \
	((struct move){ .kind = (move_kind), .index = (uint8_t)(at), .value = (uint8_t)(what) })

/* The answer that everybody hopes for; false when the world rests. */
static bool favourable_answer(unsigned char *state, struct move *ret)
{
	struct engine *engine = state_engine(state);
	const struct env *env = state_env(state);

	for (uint32_t s = 0; s < search.spec->service_count; s++) {
		const struct env_service *service = &env->service[s];
		uint8_t life = engine_service(engine, s)->life;

		if (service->spawning)
			*ret = MOVE(EV_SPAWNED, s, 0);
		else if (service->alive && life == LIFE_STOPPING)
			*ret = MOVE(EV_EXITED, s, 1);
		else if (service->clearing && life == LIFE_CLEARING)
			*ret = MOVE(EV_CLEARED, s, 0);
		else if (service->post_stopping)
			*ret = MOVE(EV_POST_STOPPED, s, 0);
		else if (service->validating != 0)
			*ret = MOVE(EV_VALIDATED, service->validating - 1, VERDICT_OK);
		else if (service->notifying)
			*ret = MOVE(EV_SIGNALLED, s, SIGNAL_SENT);
		else if (service->hooking)
			*ret = MOVE(EV_HOOKED, s, 0);
		else if (service->probing)
			*ret = MOVE(EV_PROBED, s, 1);
		else
			continue;
		return true;
	}
	for (uint32_t w = 0; w < search.spec->watch_count; w++) {
		const struct env_watch *watch = &env->watch[w];
		const struct watch_state *known = engine_watch(engine, search.spec, w);

		if (watch->reading)
			*ret = MOVE(EV_DIGESTED, w, watch->disk);
		else if (watch->owed && (search.config->flags & BLIND) == 0)
			*ret = MOVE(EV_TOUCHED, w, 0);
		else if ((search.config->flags & BLIND) != 0 && known->settle_deadline_ms == NEVER_MS &&
			 !(known->has_desired && digest_equal(known->desired, disk_digest(watch->disk))))
			*ret = MOVE(EV_POLL, w, 0);
		else
			continue;
		return true;
	}
	return false;
}

static struct move due_move(enum due due, uint32_t index)
{
	return (struct move){ .kind = EV_TICK, .index = (uint8_t)index, .due = (uint8_t)due };
}

/* The next deadline, the ones of impatience last; false when none is set. */
static bool favourable_time(unsigned char *state, struct move *ret)
{
	struct engine *engine = state_engine(state);

	for (uint32_t w = 0; w < search.spec->watch_count; w++) {
		if (engine_watch(engine, search.spec, w)->settle_deadline_ms != NEVER_MS) {
			*ret = due_move(DUE_SETTLE, w);
			return true;
		}
	}
	for (int what = DUE_PROBE; what >= 0; what = what == DUE_PROBE	  ? DUE_RELOAD
						     : what == DUE_RELOAD ? DUE_LIFE
									  : -1) {
		for (uint32_t s = 0; s < search.spec->service_count; s++) {
			const struct service_state *service = engine_service(engine, s);
			int64_t deadline_ms = what == DUE_PROBE	   ? service->probe_deadline_ms
					      : what == DUE_RELOAD ? service->reload_deadline_ms
								   : service->life_deadline_ms;

			if (deadline_ms != NEVER_MS) {
				*ret = due_move((enum due)what, s);
				return true;
			}
		}
	}
	return false;
}

static bool favourable(unsigned char *state, struct move *ret)
{
	return state_engine(state)->halt == HALT_NOT && (favourable_answer(state, ret) || favourable_time(state, ret));
}

/* Everybody who is told to end does so at once. */
static bool cooperative(unsigned char *state, struct move *ret)
{
	struct engine *engine = state_engine(state);
	const struct env *env = state_env(state);

	for (uint32_t s = 0; s < search.spec->service_count; s++) {
		if (env->service[s].spawning)
			*ret = MOVE(EV_SPAWNED, s, 0);
		else if (env->service[s].alive && env->service[s].stopped)
			*ret = MOVE(EV_EXITED, s, 0);
		else if (env->service[s].post_stopping)
			*ret = MOVE(EV_POST_STOPPED, s, 0);
		else
			continue;
		return true;
	}
	if (env->rest)
		*ret = MOVE(EV_REST_GONE, 0, 0);
	else if (engine->halt_deadline_ms != NEVER_MS)
		*ret = due_move(DUE_HALT, 0);
	else
		return false;
	return true;
}

/* Nobody answers and nobody ends; only where no bound was wished does the process end in the end. */
static bool stubborn(unsigned char *state, struct move *ret)
{
	struct engine *engine = state_engine(state);
	const struct env *env = state_env(state);

	for (uint32_t s = 0; s < search.spec->service_count; s++) {
		const struct service_state *service = engine_service(engine, s);

		if (env->service[s].spawning)
			*ret = MOVE(EV_SPAWNED, s, 0);
		else if (service->life_deadline_ms != NEVER_MS)
			*ret = due_move(DUE_LIFE, s);
		else
			continue;
		return true;
	}
	if (engine->halt_deadline_ms != NEVER_MS) {
		*ret = due_move(DUE_HALT, 0);
		return true;
	}
	if (engine->halt == HALT_REST_WAIT) {
		*ret = MOVE(EV_REST_GONE, 0, 0);
		return true;
	}
	if (env->service[0].alive && spec_service(search.spec, 0)->stop_timeout_ms == 0) {
		*ret = MOVE(EV_EXITED, 0, 0);
		return true;
	}
	return false;
}

/* Follow the answers of one kind of world to its rest. Returns what the last state is. */
static bool follow(uint32_t from, bool (*answer)(unsigned char *, struct move *), bool (*is_good)(unsigned char *),
		   uint8_t proved)
{
	static unsigned char state[4096];
	static uint32_t seen[PATH_MAX_STEPS];
	uint32_t seen_count = 0;
	bool good = false;

	memcpy(state, search.states + (size_t)from * search.state_size, search.state_size);
	search.path_count = 0;
	for (;;) {
		uint32_t at = *slot_of(state);

		if (at != 0 && (search.nodes[at - 1].flags & proved) != 0) {
			good = true;
			break;
		}
		if (at != 0)
			seen[seen_count++] = at - 1;
		if (search.path_count == PATH_MAX_STEPS)
			break;
		if (!answer(state, &search.path[search.path_count])) {
			good = is_good(state);
			break;
		}
		apply_quietly(state, search.path[search.path_count++]);
	}
	for (uint32_t n = 0; good && n < seen_count; n++)
		search.nodes[seen[n]].flags |= proved;
	return good;
}

static bool is_over(unsigned char *state)
{
	return state_env(state)->over;
}

/* May the service rest without a process: for good, or because what it comes after has ended badly? */
static bool may_rest(struct engine *engine, uint32_t s)
{
	const struct service_state *state = engine_service(engine, s);
	struct spec_list after = spec_service(search.spec, s)->after;

	if (state->life == LIFE_DONE || state->life == LIFE_FAILED)
		return true;
	for (uint32_t n = 0; state->life == LIFE_DOWN && n < after.count; n++) {
		uint8_t life = engine_service(engine, spec_word(search.spec, after, n))->life;

		if (life == LIFE_DONE || life == LIFE_FAILED || life == LIFE_DOWN)
			return true;
	}
	return false;
}

static bool is_all_well(unsigned char *state)
{
	struct engine *engine = state_engine(state);
	const struct env *env = state_env(state);
	bool alive = false;

	if (engine->halt != HALT_NOT)
		return true;
	for (uint32_t s = 0; s < search.spec->service_count; s++) {
		uint8_t life = engine_service(engine, s)->life;

		if (life != LIFE_UP && !may_rest(engine, s))
			return false;
		alive = alive || env->service[s].alive;
	}
	if (!alive)
		return false; /* a container in which nothing runs and nothing ever will */
	for (uint32_t w = 0; w < search.spec->watch_count; w++) {
		if (engine_service(engine, spec_watch(search.spec, w)->service)->life != LIFE_DONE &&
		    !is_applied(engine, env, w))
			return false;
	}
	return true;
}

/* Does content lie there that would be refused? Then nobody may hope. */
static bool is_hopeless(unsigned char *state)
{
	for (uint32_t w = 0; w < search.spec->watch_count; w++) {
		if (spec_watch(search.spec, w)->validate.count > 0 && state_env(state)->watch[w].disk == DISK_B)
			return true;
		if (state_env(state)->watch[w].disk == DISK_UNREADABLE)
			return true;
	}
	return false;
}

static void check_outcomes(uint32_t at)
{
	unsigned char *state = search.states + (size_t)at * search.state_size;

	search.from = at;
	if (!state_env(state)->started || state_env(state)->over)
		return;
	if (state_engine(state)->halt == HALT_NOT) {
		if (!is_hopeless(state) && !follow(at, favourable, is_all_well, PROVED_APPLIED))
			broken(P_APPLIED_IN_THE_END, "the world rests, and all is not well");
	} else {
		if (!follow(at, cooperative, is_over, PROVED_COOPERATIVE))
			broken(P_EXIT_ONCE, "all end when they are told to, and EXIT does not come");
		if (!follow(at, stubborn, is_over, PROVED_STUBBORN))
			broken(P_EXIT_ONCE, "nobody ends, and EXIT does not come");
	}
	search.path_count = 0;
}

/* ---- the search ---- */

static void expand(uint32_t at)
{
	static unsigned char state[4096];
	static struct moves moves;

	memcpy(state, search.states + (size_t)at * search.state_size, search.state_size);
	search.from = at;
	search.path_count = 0;
	check_not_lost(state);
	check_spin(state);
	check_all_stale(state);
	check_over(state);
	possible(state, &moves);
	for (uint32_t n = 0; n < moves.count; n++) {
		memcpy(state, search.states + (size_t)at * search.state_size, search.state_size);
		search.path[0] = moves.list[n];
		search.path_count = 1;
		apply(state, moves.list[n]);
		search.path_count = 0;
		remember(state, at, moves.list[n]);
	}
}

static void begin(const struct config *config)
{
	unsigned char *state;
	struct env *env;

	memset(&search, 0, sizeof(search));
	search.config = config;
	search.spec = text_spec(config->spec);
	search.engine_size = engine_size(search.spec);
	search.state_size = (search.engine_size + sizeof(struct env) + 7) & ~(size_t)7;
	search.out = (struct effect_list){ search.effects, 0, engine_effects_max(search.spec) + 1, false };
	if (search.state_size > 4096 || search.out.capacity > sizeof(search.effects) / sizeof(*search.effects)) {
		fprintf(stderr, "%s: too big\n", config->name);
		exit(1);
	}
	grow_table();
	state = must(calloc(1, search.state_size));
	engine_init(state_engine(state), search.spec);
	env = state_env(state);
	for (uint32_t w = 0; w < search.spec->watch_count; w++)
		env->watch[w].disk = DISK_A;
	canon(state);
	remember(state, 0, (struct move){ 0 });
	free(state);
}

static uint32_t depth_of(uint32_t at)
{
	uint32_t depth = 0;

	for (; at != 0; at = search.nodes[at].parent)
		depth++;
	return depth;
}

static void explore(const struct config *config)
{
	double seconds = (double)clock();

	begin(config);
	for (uint32_t at = 0; at < search.count; at++)
		expand(at);
	for (uint32_t at = 0; at < search.count; at++)
		check_outcomes(at);
	printf("%-22s %8u states %9llu transitions, at most %u of %u effects, %.1f s\n", config->name, search.count,
	       (unsigned long long)search.transitions, search.effects_most, engine_effects_max(search.spec),
	       ((double)clock() - seconds) / CLOCKS_PER_SEC);
	if (search.cut_off > 0)
		printf("%-22s CUT %u steps from the start: %llu transitions lead to states that were not looked at\n",
		       config->name, depth_of(search.count - 1), (unsigned long long)search.cut_off);
	for (int p = 0; p < P_COUNT; p++) {
		passed += !search.faulty[p];
		failed += search.faulty[p];
	}
	free(search.nodes);
	free(search.states);
	free(search.table);
	free((void *)(uintptr_t)search.spec);
}

int main(int argc, char **argv)
{
	int at = 1;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (at < argc && strcmp(argv[at], "--first") == 0) {
		first_only = true;
		at++;
	}
	for (size_t n = 0; n < sizeof(configs) / sizeof(*configs); n++) {
		if (at >= argc || strstr(configs[n].name, argv[at]) != NULL)
			explore(&configs[n]);
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
