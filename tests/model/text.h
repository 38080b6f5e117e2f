/* SPDX-License-Identifier: MIT */
/*
 * Specs, events and effects as words: the tables of the engine's unit tests are written in them, and the exploration
 * prints its traces in them, so that a trace can be pasted as a test.
 *
 * A spec is a list of statements that end with ';':
 *   "several drain linger=MS ...; service essential after=0 restart=always ready=file ...; watch signal=1 validate ...;"
 * A watch belongs to the service before it.
 *
 * An event is a name, an index and a value: "exited 0 1", "digested 0 B", "signal TERM". Answers carry the number of
 * the question that was asked last. Beside the engine's own events there are moves of time:
 *   wait MS      so much time passes, then TICK
 *   due WHAT N   the deadline WHAT (life, probe, reload, settle, halt) of service or watch N is reached, then TICK
 *   all-due      all deadlines that are set are reached at once, then TICK
 *   old-start N, old-gate N   the service was started, its signal is held back, for longer than any bound
 * "late EVENT" comes when all deadlines have been reached; "stale EVENT" answers a question before the last.
 */
#ifndef REINIT_TESTS_TEXT_H
#define REINIT_TESTS_TEXT_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "engine/engine.h"
#include "engine/state.h"
#include "model/specbuild.h"

#define LONG_MS 1000000000ll /* beyond every bound */

#define TEXT_UNUSED __attribute__((unused))

/* One move of the world: an event, or time. */
struct move {
	uint8_t kind; /* enum event_kind, or MOVE_… */
	uint8_t index;
	uint8_t value; /* by kind: see move_event */
	uint8_t due;   /* enum due */
	uint8_t stale;
};

enum { MOVE_OLD_START = EVENT_COUNT, MOVE_OLD_GATE, MOVE_WAIT, MOVE_DISK };
enum due { DUE_NONE, DUE_ALL, DUE_LIFE, DUE_PROBE, DUE_RELOAD, DUE_SETTLE, DUE_HALT, DUE_COUNT };

static const char *const due_names[DUE_COUNT] TEXT_UNUSED = { "", "all", "life", "probe", "reload", "settle", "halt" };
static const char *const verdict_names[] TEXT_UNUSED = { "ok", "refused", "moved" };
static const char *const answer_names[] TEXT_UNUSED = { "sent", "not-caught", "unknown", "gone" };

/* What can lie at a watch: letters are contents, the others kinds. */
enum disk { DISK_A, DISK_B, DISK_C, DISK_EMPTY, DISK_MISSING, DISK_UNREADABLE, DISK_PARTLY, DISK_COUNT };

static const char *const disk_names[DISK_COUNT] TEXT_UNUSED = { "A",	   "B",		 "C",	  "empty",
								"missing", "unreadable", "partly" };

static TEXT_UNUSED struct digest disk_digest(uint32_t disk)
{
	return (struct digest){ 0, disk <= DISK_EMPTY || disk == DISK_PARTLY ? 'A' + disk : 0 };
}

static TEXT_UNUSED int32_t disk_content(uint32_t disk)
{
	return disk < DISK_EMPTY ? CONTENT_PRESENT : (int32_t)(disk - DISK_EMPTY) + CONTENT_EMPTY;
}

static TEXT_UNUSED char digest_letter(struct digest digest)
{
	return digest.low == 0 ? '-' : digest.low == 'A' + DISK_EMPTY ? '0' : (char)digest.low;
}

/* How an exit is written: 0, 1 or KILL. */
static const int32_t exit_statuses[] TEXT_UNUSED = { 0, 1 << 8, SIGKILL };
static const char *const exit_names[] TEXT_UNUSED = { "0", "1", "KILL" };
static const int32_t signal_numbers[] TEXT_UNUSED = { SIGTERM, SIGHUP, SIGINT, SIGQUIT };
static const char *const signal_texts[] TEXT_UNUSED = { "TERM", "HUP", "INT", "QUIT" };

static TEXT_UNUSED uint8_t name_index(const char *const *names, size_t count, const char *name)
{
	for (size_t n = 0; n < count; n++) {
		if (strcmp(names[n], name) == 0)
			return (uint8_t)n;
	}
	fprintf(stderr, "not a word of this language: '%s'\n", name);
	abort();
}

#define INDEX_OF(names, name) name_index(names, sizeof(names) / sizeof(*(names)), name)

/* The value of key=value, or NULL. */
static TEXT_UNUSED const char *word_value(const char *word, const char *key)
{
	size_t length = strlen(key);

	return strncmp(word, key, length) == 0 && word[length] == '=' ? word + length + 1 : NULL;
}

static TEXT_UNUSED void text_service_word(struct specbuild *build, uint32_t index, const char *word)
{
	struct service_spec *spec = &build->services[index];
	const char *value;

	if (strcmp(word, "essential") == 0) {
		spec->essential = 1;
	} else if (strcmp(word, "hold-refused") == 0) {
		spec->start_on_refused = 0;
	} else if ((value = word_value(word, "restart")) != NULL) {
		spec->restart = INDEX_OF(restart_rule_names, value);
	} else if ((value = word_value(word, "ready")) != NULL) {
		spec->ready_kind = INDEX_OF(ready_kind_names, value);
	} else if ((value = word_value(word, "after")) != NULL) {
		uint32_t other = (uint32_t)atoi(value);
		struct spec_list list = specbuild_nums(build, &other, 1);

		build->services[index].after = list;
	} else if (strcmp(word, "post-stop") == 0) {
		struct spec_list list = specbuild_strs(build, (const char *const[]){ "clean" }, 1);

		build->services[index].post_stop = list;
	} else if ((value = word_value(word, "stop-timeout")) != NULL) {
		spec->stop_timeout_ms = atoi(value);
	} else if ((value = word_value(word, "ready-timeout")) != NULL) {
		spec->ready_timeout_ms = atoi(value);
	} else if ((value = word_value(word, "limit")) != NULL) {
		spec->start_limit = (uint32_t)atoi(value);
	} else if ((value = word_value(word, "window")) != NULL) {
		spec->start_window_ms = atoi(value);
	} else {
		fprintf(stderr, "not a word of a service: '%s'\n", word);
		abort();
	}
}

static TEXT_UNUSED void text_watch_word(struct specbuild *build, uint32_t index, const char *word)
{
	struct watch_spec *spec = &build->watches[index];
	const char *value;

	if (strcmp(word, "validate") == 0) {
		struct spec_list list = specbuild_strs(build, (const char *const[]){ "check" }, 1);

		build->watches[index].validate = list;
	} else if (strcmp(word, "allow-empty") == 0) {
		spec->allow_empty = 1;
	} else if ((value = word_value(word, "signal")) != NULL) {
		spec->policy = POLICY_SIGNAL;
		spec->signal = atoi(value);
	} else if ((value = word_value(word, "exec")) != NULL) {
		struct spec_list list = specbuild_strs(build, &value, 1);

		build->watches[index].policy = POLICY_EXEC;
		build->watches[index].exec = list;
	} else if ((value = word_value(word, "exit")) != NULL) {
		spec->policy = POLICY_EXIT;
		spec->exit_code = atoi(value);
	} else {
		spec->policy = INDEX_OF(policy_names, word);
	}
}

static TEXT_UNUSED void text_global_word(struct specbuild *build, const char *word)
{
	const char *value;

	if (strcmp(word, "several") == 0) {
		build->head.several = 1;
	} else if (strcmp(word, "dry-run") == 0) {
		build->head.dry_run = 1;
	} else if (strcmp(word, "passive") == 0) {
		build->head.passive = 1;
	} else if (strcmp(word, "leave-at-once") == 0) {
		build->head.leave_at_once = 1;
	} else if (strcmp(word, "wait-all") == 0) {
		build->head.wait_all = 1;
	} else if (strcmp(word, "single") == 0) {
		build->head.several = 0;
	} else if ((value = word_value(word, "drain")) != NULL) {
		build->head.drain_ms = atoi(value);
	} else if ((value = word_value(word, "linger")) != NULL) {
		build->head.linger_ms = atoi(value);
	} else {
		fprintf(stderr, "not a word of the whole: '%s'\n", word);
		abort();
	}
}

static TEXT_UNUSED void text_statement(struct specbuild *build, char *statement)
{
	char *rest;
	char *word = strtok_r(statement, " ", &rest);
	char name[16];
	int what = 'g';

	if (word != NULL && strcmp(word, "service") == 0) {
		struct service_spec *spec = specbuild_service(build);

		spec->command_argv = 1;
		spec->restart = RESTART_ON_FAILURE;
		spec->start_on_refused = 1;
		spec->stop_signal = SIGTERM;
		spec->stop_timeout_ms = 10000;
		spec->ready_delay_ms = 1000;
		spec->post_stop_timeout_ms = 1000;
		spec->backoff_min_ms = 100;
		spec->backoff_max_ms = 30000;
		spec->start_window_ms = 60000;
		spec->start_limit = 3;
		snprintf(name, sizeof(name), "s%u", build->head.service_count - 1);
		build->services[build->head.service_count - 1].name = specbuild_str(build, name);
		what = 's';
		word = strtok_r(NULL, " ", &rest);
	} else if (word != NULL && strcmp(word, "watch") == 0) {
		struct watch_spec *spec = specbuild_watch(build);

		spec->service = build->head.service_count - 1;
		spec->settle_ms = 100;
		spec->settle_max_ms = 2000;
		spec->exec_timeout_ms = 1000;
		spec->validate_timeout_ms = 1000;
		snprintf(name, sizeof(name), "/w%u", build->head.watch_count - 1);
		build->watches[build->head.watch_count - 1].path = specbuild_str(build, name);
		what = 'w';
		word = strtok_r(NULL, " ", &rest);
	}
	for (; word != NULL; word = strtok_r(NULL, " ", &rest)) {
		if (what == 's')
			text_service_word(build, build->head.service_count - 1, word);
		else if (what == 'w')
			text_watch_word(build, build->head.watch_count - 1, word);
		else
			text_global_word(build, word);
	}
}

/* The spec that a text stands for; the caller's to free. Ends the test when the text is wrong. */
static TEXT_UNUSED struct spec *text_spec(const char *text)
{
	struct specbuild build;
	struct spec *spec = NULL;
	struct err err = { 0 };
	char *copy = strdup(text), *rest;
	long size;

	specbuild_init(&build);
	for (char *part = strtok_r(copy, ";", &rest); part != NULL; part = strtok_r(NULL, ";", &rest))
		text_statement(&build, part);
	build.head.main_service = build.head.several ? build.head.service_count : 0;
	size = specbuild_pack(&build, &spec);
	if (size < 0 || spec_check(spec, (size_t)size, &err) < 0) {
		fprintf(stderr, "bad spec '%s': %s\n", text, err.msg);
		abort();
	}
	specbuild_finish(&build);
	free(copy);
	return spec;
}

/* The event that a move brings, with the number of the question that was asked last. */
static TEXT_UNUSED struct event move_event(struct engine *engine, const struct spec *spec, struct move move)
{
	struct event event = { .kind = (enum event_kind)move.kind, .service = move.index, .watch = move.index };

	switch (move.kind) {
	case EV_SPAWNED:
	case EV_CLEARED:
	case EV_SPAWN_FAILED:
		event.value = 1;
		event.seq = engine_service(engine, move.index)->life_seq;
		break;
	case EV_EXITED:
		event.value = exit_statuses[move.value];
		event.seq = engine_service(engine, move.index)->life_seq;
		break;
	case EV_PROBED:
	case EV_POST_STOPPED:
		event.value = move.value;
		event.seq = engine_service(engine, move.index)->life_seq;
		break;
	case EV_SIGNALLED:
	case EV_HOOKED:
		event.value = move.value;
		event.seq = engine_service(engine, move.index)->reload_seq;
		break;
	case EV_DIGESTED:
		event.value = disk_content(move.value);
		event.digest = disk_digest(move.value);
		event.seq = engine_watch(engine, spec, move.index)->digest_seq;
		break;
	case EV_VALIDATED:
		event.value = move.value;
		event.digest = engine_watch(engine, spec, move.index)->offered;
		event.seq = engine_service(engine, spec_watch(spec, move.index)->service)->reload_seq;
		break;
	case EV_SIGNAL:
		event.value = signal_numbers[move.value];
		break;
	case MOVE_WAIT:
		event.kind = EV_TICK;
		break;
	}
	event.seq -= move.stale;
	return event;
}

static TEXT_UNUSED void reach(int64_t *deadline_ms, int64_t now_ms)
{
	if (*deadline_ms != NEVER_MS && *deadline_ms > now_ms)
		*deadline_ms = now_ms;
}

/* Let the deadlines that a move names be reached at now_ms. */
static TEXT_UNUSED void move_time(struct engine *engine, const struct spec *spec, struct move move, int64_t now_ms)
{
	bool all = move.due == DUE_ALL;

	if (all || move.due == DUE_HALT)
		reach(&engine->halt_deadline_ms, now_ms);
	for (uint32_t s = 0; s < spec->service_count; s++) {
		struct service_state *state = engine_service(engine, s);

		if (!all && s != move.index)
			continue;
		if (all || move.due == DUE_LIFE)
			reach(&state->life_deadline_ms, now_ms);
		if (all || move.due == DUE_PROBE)
			reach(&state->probe_deadline_ms, now_ms);
		if (all || move.due == DUE_RELOAD)
			reach(&state->reload_deadline_ms, now_ms);
	}
	for (uint32_t w = 0; w < spec->watch_count; w++) {
		if (all || (move.due == DUE_SETTLE && w == move.index))
			reach(&engine_watch(engine, spec, w)->settle_deadline_ms, now_ms);
	}
	if (move.kind == MOVE_OLD_START)
		engine_service(engine, move.index)->started_ms = now_ms - LONG_MS;
	if (move.kind == MOVE_OLD_GATE)
		engine_service(engine, move.index)->gated_since_ms = now_ms - LONG_MS;
}

static const struct word_of_event {
	const char *name;
	uint8_t kind;
} event_words[] TEXT_UNUSED = {
	{ "start", EV_START },	       { "spawned", EV_SPAWNED },   { "spawn-failed", EV_SPAWN_FAILED },
	{ "exited", EV_EXITED },       { "cleared", EV_CLEARED },   { "post-stopped", EV_POST_STOPPED },
	{ "probed", EV_PROBED },       { "touched", EV_TOUCHED },   { "complete", EV_COMPLETE },
	{ "poll", EV_POLL },	       { "digested", EV_DIGESTED }, { "validated", EV_VALIDATED },
	{ "signalled", EV_SIGNALLED }, { "hooked", EV_HOOKED },	    { "signal", EV_SIGNAL },
	{ "rest-gone", EV_REST_GONE }, { "tick", EV_TICK },	    { "old-start", MOVE_OLD_START },
	{ "old-gate", MOVE_OLD_GATE },
};

static TEXT_UNUSED const char *event_word(uint8_t kind)
{
	for (size_t n = 0; n < sizeof(event_words) / sizeof(*event_words); n++) {
		if (event_words[n].kind == kind)
			return event_words[n].name;
	}
	return "?";
}

/* A move as the words that text_move reads. */
static TEXT_UNUSED void move_text(struct move move, char *text, size_t size)
{
	const char *late = move.due == DUE_ALL && move.kind != EV_TICK ? "late " : move.stale ? "stale " : "";
	const char *word = event_word(move.kind);

	switch (move.kind) {
	case EV_TICK:
		if (move.due == DUE_ALL)
			snprintf(text, size, "all-due");
		else if (move.due != DUE_NONE)
			snprintf(text, size, "due %s %u", due_names[move.due], move.index);
		else
			snprintf(text, size, "tick");
		break;
	case EV_START:
	case EV_REST_GONE:
		snprintf(text, size, "%s%s", late, word);
		break;
	case EV_SIGNAL:
		snprintf(text, size, "%s%s %s", late, word, signal_texts[move.value]);
		break;
	case EV_EXITED:
		snprintf(text, size, "%s%s %u %s", late, word, move.index, exit_names[move.value]);
		break;
	case EV_DIGESTED:
		snprintf(text, size, "%s%s %u %s", late, word, move.index, disk_names[move.value]);
		break;
	case EV_VALIDATED:
		snprintf(text, size, "%s%s %u %s", late, word, move.index, verdict_names[move.value]);
		break;
	case EV_SIGNALLED:
		snprintf(text, size, "%s%s %u %s", late, word, move.index, answer_names[move.value]);
		break;
	case EV_PROBED:
	case EV_HOOKED:
	case EV_POST_STOPPED:
		snprintf(text, size, "%s%s %u %u", late, word, move.index, move.value);
		break;
	default:
		snprintf(text, size, "%s%s %u", late, word, move.index);
		break;
	}
}

/* The move that words stand for; *ret_wait_ms is for "wait". */
static TEXT_UNUSED struct move text_move(const char *text, int64_t *ret_wait_ms)
{
	struct move move = { 0 };
	char word[5][16] = { "", "", "", "", "" };
	int count = sscanf(text, "%15s %15s %15s %15s", word[0], word[1], word[2], word[3]), at = 0;

	*ret_wait_ms = 0;
	if (strcmp(word[0], "late") == 0 || strcmp(word[0], "stale") == 0) {
		move.due = word[0][0] == 'l' ? DUE_ALL : DUE_NONE;
		move.stale = word[0][0] == 's';
		at = 1;
	}
	if (strcmp(word[at], "wait") == 0) {
		move.kind = MOVE_WAIT;
		*ret_wait_ms = atoi(word[at + 1]);
		return move;
	}
	if (strcmp(word[at], "all-due") == 0 || strcmp(word[at], "due") == 0) {
		move.kind = EV_TICK;
		move.due = word[at][0] == 'a' ? DUE_ALL : INDEX_OF(due_names, word[at + 1]);
		move.index = (uint8_t)atoi(word[at + 2]);
		return move;
	}
	move.kind = UINT8_MAX;
	for (size_t n = 0; n < sizeof(event_words) / sizeof(*event_words); n++) {
		if (strcmp(event_words[n].name, word[at]) == 0)
			move.kind = event_words[n].kind;
	}
	if (count < 1 || move.kind == UINT8_MAX)
		(void)INDEX_OF(due_names, word[at]); /* complains */
	if (move.kind == EV_SIGNAL) {
		move.value = INDEX_OF(signal_texts, word[at + 1]);
		return move;
	}
	move.index = (uint8_t)atoi(word[at + 1]);
	if (move.kind == EV_EXITED)
		move.value = INDEX_OF(exit_names, word[at + 2]);
	else if (move.kind == EV_DIGESTED)
		move.value = INDEX_OF(disk_names, word[at + 2]);
	else if (move.kind == EV_VALIDATED)
		move.value = INDEX_OF(verdict_names, word[at + 2]);
	else if (move.kind == EV_SIGNALLED)
		move.value = INDEX_OF(answer_names, word[at + 2]);
	else
		move.value = (uint8_t)atoi(word[at + 2]);
	return move;
}

/* An effect in words; logs are "log NAME". */
static TEXT_UNUSED void effect_text(const struct effect *effect, char *text, size_t size)
{
	switch (effect->kind) {
	case FX_SPAWN:
		snprintf(text, size, "spawn %u", effect->service);
		break;
	case FX_PROBE:
		snprintf(text, size, "probe %u", effect->service);
		break;
	case FX_KILL:
		snprintf(text, size, "kill %u %d%s", effect->service, effect->value, effect->wide ? " wide" : "");
		break;
	case FX_CLEAR:
		snprintf(text, size, "clear %u %d", effect->service, effect->value);
		break;
	case FX_POST_STOP:
		snprintf(text, size, "post-stop %u", effect->service);
		break;
	case FX_DIGEST:
		snprintf(text, size, "digest %u", effect->watch);
		break;
	case FX_VALIDATE:
		snprintf(text, size, "validate %u %c", effect->watch, digest_letter(effect->digest));
		break;
	case FX_NOTIFY:
		snprintf(text, size, "notify %u %d%s", effect->service, effect->value, effect->wide ? " forced" : "");
		break;
	case FX_HOOK:
		snprintf(text, size, "hook %u %u", effect->service, effect->watch);
		break;
	case FX_CANCEL:
		snprintf(text, size, "cancel %u", effect->service);
		break;
	case FX_FAREWELL:
		snprintf(text, size, "farewell %u %d", effect->service, effect->value);
		break;
	case FX_END_REST:
		snprintf(text, size, "end-rest %d", effect->value);
		break;
	case FX_LOG:
		snprintf(text, size, "log %s", message_forms[effect->message].name);
		break;
	case FX_EXIT:
		snprintf(text, size, "exit %d", effect->value);
		break;
	case EFFECT_COUNT:
		snprintf(text, size, "?");
		break;
	}
}

/* All effects but logs, ", " between them; "" for none. with_logs: logs as well. */
static TEXT_UNUSED void effects_text(const struct effect_list *list, bool with_logs, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (uint32_t n = 0; n < list->count; n++) {
		char one[64];

		if (list->items[n].kind == FX_LOG && !with_logs)
			continue;
		effect_text(&list->items[n], one, sizeof(one));
		used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", one);
		if (used >= size)
			return;
	}
}

#endif
