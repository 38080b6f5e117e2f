/* SPDX-License-Identifier: MIT */
#include "config/check_service.h"

#include <arpa/inet.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/signame.h"
#include "base/str.h"
#include "config/check_rights.h"

#define NAME_MAX_BYTES 64

/* The part behind "word:" when text is that word alone or with a colon; NULL when it is another word. */
static const char *after_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(text, word, len) != 0 || (text[len] != '\0' && text[len] != ':'))
		return NULL;
	return text[len] == ':' ? text + len + 1 : text + len;
}

/* Names appear in logs, in faults and in the environment of commands. */
static void check_name(struct value_reader *reader, const struct place *place)
{
	const struct draft_service *service = place->service;
	const char *name = service->name;

	if (service == &place->draft->own)
		return;
	if (*name == '\0' || strlen(name) > NAME_MAX_BYTES)
		faults_add(reader->faults, &service->origin, name, NULL, NULL, "a name has 1 to %d bytes",
			   NAME_MAX_BYTES);
	for (; *name != '\0'; name++) {
		if ((unsigned char)*name > ' ' && !strchr("\"'/\\=", *name) && *name != 127)
			continue;
		faults_add(reader->faults, &service->origin, service->name, NULL, NULL,
			   "a name holds no blanks, quotes, slashes, '=' or control characters");
		return;
	}
}

static void check_command(struct value_reader *reader, const struct place *place, struct service_spec *spec)
{
	const struct draft *draft = place->draft;

	if (place->service == &draft->own) {
		spec->command_argv = draft->command_argv;
		if (draft->argv[draft->command_argv][0] == '\0')
			faults_add(reader->faults, &place->service->origin, NULL, NULL, NULL, "the command is empty");
		return;
	}
	if (!draft_find(place, OPT_COMMAND).setting)
		faults_at(reader->faults, place, OPT_COMMAND,
			  "is missing: write command = {\"PROGRAM\", \"ARGUMENT\"}");
	spec->command = value_words(reader, place, OPT_COMMAND, false);
}

/* [HOST:]PORT, the host as a number: looking a name up could block, and PID 1 must not. */
static void check_tcp(struct value_reader *reader, const struct place *place, const char *text,
		      struct service_spec *spec)
{
	const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : text;
	char host[INET6_ADDRSTRLEN + 2] = "127.0.0.1";
	unsigned char address[sizeof(struct in6_addr)];
	size_t len = colon ? (size_t)(colon - text) : 0;
	int64_t number;

	if (str_int(port, 1, 65535, &number) < 0) {
		faults_at(reader->faults, place, OPT_READY, "'%s' is not a port: write tcp:8080 or tcp:127.0.0.1:8080",
			  port);
		return;
	}
	if (colon && text[0] == '[' && len >= 2 && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (colon)
		(void)snprintf(host, sizeof(host), "%.*s", (int)(len < sizeof(host) ? len : sizeof(host)), text);
	if (inet_pton(AF_INET, host, address) != 1 && inet_pton(AF_INET6, host, address) != 1) {
		faults_at(reader->faults, place, OPT_READY,
			  "'%.*s' is not an address: names are not looked up, "
			  "write tcp:127.0.0.1:%s or tcp:[::1]:%s",
			  (int)len, text, port, port);
		return;
	}
	spec->ready_port = (int32_t)number;
	spec->ready_target = specbuild_str(reader->build, host);
}

/* Out of line: its buffer would deepen the stack of a plain init. */
static __attribute__((noinline)) void check_ready_path(struct value_reader *reader, const struct place *place,
						       const char *text, size_t limit, struct service_spec *spec)
{
	char path[PATH_MAX + 1];

	if (!value_tidy_path(reader, place, OPT_READY, text, path))
		return;
	if (strlen(path) >= limit)
		faults_at(reader->faults, place, OPT_READY, "the path of a socket has at most %zu bytes", limit - 1);
	spec->ready_target = specbuild_str(reader->build, path);
}

/* The word before the colon. Every kind but none needs something behind it. */
static enum ready_kind ready_kind_of(const char *text, const char **ret_rest)
{
	for (uint32_t i = 0; i < READY_KIND_COUNT; i++) {
		*ret_rest = after_word(text, ready_kind_names[i]);
		if (*ret_rest && (i == READY_NONE) == (text[strlen(ready_kind_names[i])] == '\0'))
			return (enum ready_kind)i;
	}
	return READY_KIND_COUNT;
}

static void check_ready(struct value_reader *reader, const struct place *place, struct service_spec *spec)
{
	const char *text = value_text(reader, place, OPT_READY), *rest;
	char hint[96];
	enum ready_kind kind = ready_kind_of(text, &rest);

	spec->ready_kind = (uint8_t)(kind == READY_KIND_COUNT ? READY_NONE : kind);
	switch (kind) {
	case READY_NONE:
		break;
	case READY_DELAY:
		spec->ready_delay_ms = value_number_text(reader, place, OPT_READY, OPT_READY_TIMEOUT, rest);
		break;
	case READY_FILE:
		check_ready_path(reader, place, rest, SIZE_MAX, spec);
		break;
	case READY_UNIX:
		check_ready_path(reader, place, rest, sizeof(((struct sockaddr_un *)NULL)->sun_path), spec);
		break;
	case READY_TCP:
		check_tcp(reader, place, rest, spec);
		break;
	case READY_EXEC:
		spec->ready_command = value_split(reader, place, OPT_READY, rest, true);
		break;
	case READY_KIND_COUNT:
		faults_at(reader->faults, place, OPT_READY,
			  "'%s' is none of none, delay:DURATION, file:PATH, unix:PATH, "
			  "tcp:[HOST:]PORT, exec:COMMAND%s",
			  text, value_hint(text, ready_kind_names, READY_KIND_COUNT, hint, sizeof(hint)));
		break;
	}
}

struct service_spec check_service(struct value_reader *reader, const struct place *place)
{
	struct service_spec spec = SERVICE_SPEC_INIT;

	check_name(reader, place);
	spec.name = specbuild_str(reader->build, place->service->name);
	check_command(reader, place, &spec);
	check_ready(reader, place, &spec);
	spec.restart = (uint8_t)value_choice(reader, place, OPT_RESTART);
	spec.standing = place->service == &place->draft->own && !place->draft->with_files ? STANDING_FOREGROUND
											  : STANDING_SESSION;
	spec.start_on_refused = value_bool(reader, place, OPT_START_ON_REFUSED);
	spec.stop_signal = value_signal(reader, place, OPT_STOP_SIGNAL);
	spec.signal_group = value_bool(reader, place, OPT_SIGNAL_GROUP);
	spec.pre_start = value_words(reader, place, OPT_PRE_START, false);
	spec.post_stop = value_words(reader, place, OPT_POST_STOP, true);
	spec.post_stop_timeout_ms = value_number(reader, place, OPT_POST_STOP_TIMEOUT);
	check_rights(reader, place, &spec);
	spec.stop_timeout_ms = value_number(reader, place, OPT_STOP_TIMEOUT);
	spec.ready_timeout_ms = value_number(reader, place, OPT_READY_TIMEOUT);
	spec.backoff_min_ms = value_number(reader, place, OPT_BACKOFF_MIN);
	spec.backoff_max_ms = value_number(reader, place, OPT_BACKOFF_MAX);
	spec.start_limit = (uint32_t)value_number(reader, place, OPT_START_LIMIT);
	spec.start_window_ms = value_number(reader, place, OPT_START_WINDOW);
	if (spec.backoff_min_ms > spec.backoff_max_ms)
		faults_at(reader->faults, place, OPT_BACKOFF_MIN, "is longer than backoff-max: set both");
	return spec;
}

/* A part of on-change that is written beside it counts unless it is only a default and on-change is stronger. */
static bool given_beside(const struct place *place, enum option_id id)
{
	struct found part = draft_find(place, id), change = draft_find(place, OPT_ON_CHANGE);

	return part.setting && part.rank >= change.rank;
}

/* `signal = HUP` beside on-change = restart would be ignored: say so. */
static void check_beside(struct value_reader *reader, const struct place *place, enum option_id id, enum policy policy,
			 enum policy wanted, const char *inside)
{
	const char *name = option_forms[id].name;

	if (!given_beside(place, id))
		return;
	if (policy != wanted)
		faults_at(reader->faults, place, id, "is for on-change = %s, and on-change is %s", policy_names[wanted],
			  draft_find(place, OPT_ON_CHANGE).setting ? policy_names[policy] : "not given");
	else if (*inside != '\0')
		faults_at(reader->faults, place, id, "is given twice: here and as on-change = %s:%s; leave one out",
			  name, inside);
}

static void check_signal(struct value_reader *reader, const struct place *place, const char *inside,
			 struct watch_spec *spec)
{
	spec->signal = *inside != '\0' ? value_signal_text(reader, place, OPT_ON_CHANGE, inside)
				       : value_signal(reader, place, OPT_SIGNAL);
	if (spec->signal == SIGKILL || spec->signal == SIGSTOP)
		faults_at(reader->faults, place, *inside != '\0' ? OPT_ON_CHANGE : OPT_SIGNAL,
			  "no process can catch %s: take the signal that makes it reload, or on-change = restart",
			  spec->signal == SIGKILL ? "KILL" : "STOP");
}

static enum policy policy_of(const char *text, const char **ret_inside)
{
	static const bool takes_more[POLICY_COUNT] = {
		[POLICY_SIGNAL] = true, [POLICY_EXEC] = true, [POLICY_EXIT] = true
	};

	*ret_inside = "";
	if (strcmp(text, "none") == 0)
		return POLICY_OBSERVE;
	for (uint32_t i = 0; i < POLICY_COUNT; i++) {
		const char *rest = after_word(text, policy_names[i]);

		if (!rest || (*rest == '\0' && rest[-1] == ':') || (*rest != '\0' && !takes_more[i]))
			continue;
		*ret_inside = rest;
		return (enum policy)i;
	}
	return POLICY_COUNT;
}

static void check_policy(struct value_reader *reader, const struct place *place, struct watch_spec *spec)
{
	const char *text = value_text(reader, place, OPT_ON_CHANGE), *inside;
	enum policy policy = policy_of(text, &inside);
	char hint[96];

	if (policy == POLICY_COUNT && signame_parse(text, NULL) > 0) {
		faults_at(reader->faults, place, OPT_ON_CHANGE, "'%s' is a signal, not a policy: write signal:%s", text,
			  text);
		return;
	}
	if (policy == POLICY_COUNT) {
		faults_at(reader->faults, place, OPT_ON_CHANGE,
			  "'%s' is none of observe, signal[:SIGNAL], exec:COMMAND, "
			  "restart, exit[:CODE]%s",
			  text, value_hint(text, policy_names, POLICY_COUNT, hint, sizeof(hint)));
		return;
	}
	spec->policy = policy;
	check_beside(reader, place, OPT_SIGNAL, policy, POLICY_SIGNAL, inside);
	check_beside(reader, place, OPT_EXEC, policy, POLICY_EXEC, inside);
	check_beside(reader, place, OPT_EXIT_CODE, policy, POLICY_EXIT, inside);
	if (policy == POLICY_SIGNAL)
		check_signal(reader, place, inside, spec);
	if (policy == POLICY_EXIT)
		spec->exit_code = (int32_t)(*inside != '\0' ? value_number_text(reader, place, OPT_ON_CHANGE,
										OPT_EXIT_CODE, inside)
							    : value_number(reader, place, OPT_EXIT_CODE));
	if (policy != POLICY_EXEC)
		return;
	if (*inside != '\0')
		spec->exec = value_split(reader, place, OPT_ON_CHANGE, inside, true);
	else if (draft_find(place, OPT_EXEC).setting)
		spec->exec = value_words(reader, place, OPT_EXEC, true);
	else
		faults_at(reader->faults, place, OPT_ON_CHANGE, "exec needs a command: write exec:COMMAND");
}

/* Both are tidy: is path the base or below it? */
static bool lies_below(const char *path, const char *base)
{
	size_t len = strlen(base);

	return strcmp(base, "/") == 0 || (strncmp(path, base, len) == 0 && (path[len] == '/' || path[len] == '\0'));
}

static void check_stage_base(struct value_reader *reader, const struct place *place, const char *path,
			     struct watch_spec *spec)
{
	struct found base = draft_find(place, OPT_STAGE_BASE);
	char tidy[PATH_MAX + 1];

	if (!base.setting)
		return;
	if (!draft_find(place, OPT_VALIDATE).setting) {
		/* As a default for all watches it may well stand for the others. */
		if (base.rank % 2 == 1)
			faults_at(reader->faults, place, OPT_STAGE_BASE, "is for a validation: add validate");
		return;
	}
	spec->stage_base = value_path(reader, place, OPT_STAGE_BASE);
	if (spec->stage_base == 0 || *path == '\0' || base.setting->count != 1)
		return;
	if (value_tidy_path(reader, place, OPT_STAGE_BASE, base.setting->values[0], tidy) && !lies_below(path, tidy))
		faults_at(reader->faults, place, OPT_STAGE_BASE, "'%s' does not contain the watched path", tidy);
}

/* But for doubled and trailing slashes. */
static bool same_path(const char *a, const char *b)
{
	for (; *a != '\0' || *b != '\0'; a++, b++) {
		while (*a == '/' && (a[1] == '/' || a[1] == '\0'))
			a++;
		while (*b == '/' && (b[1] == '/' || b[1] == '\0'))
			b++;
		if (*a != *b)
			return false;
		if (*a == '\0')
			break;
	}
	return true;
}

/* The same path twice is fine when each looks at keys of its own. */
static void check_twice(struct value_reader *reader, const struct place *place)
{
	const struct draft_service *service = place->service;

	for (const struct draft_watch *other = service->watches; other < place->watch; other++) {
		struct place first = { .draft = place->draft, .service = service, .watch = other };

		if (same_path(other->path, place->watch->path) &&
		    !(draft_find(&first, OPT_KEYS).setting && draft_find(place, OPT_KEYS).setting))
			faults_at(reader->faults, place, OPT_WATCH,
				  "is watched twice: give each its keys, or leave one out");
	}
}

void check_watch(struct value_reader *reader, const struct place *place, uint32_t service)
{
	struct watch_spec spec = { .service = service }, *room;
	char path[PATH_MAX + 1] = "";

	if (value_tidy_path(reader, place, OPT_WATCH, place->watch->path, path))
		spec.path = specbuild_str(reader->build, path);
	else
		path[0] = '\0';
	check_twice(reader, place);
	spec.keys = value_strings(reader, place, OPT_KEYS);
	spec.validate = value_words(reader, place, OPT_VALIDATE, true);
	check_stage_base(reader, place, path, &spec);
	check_policy(reader, place, &spec);
	spec.exec_timeout_ms = value_number(reader, place, OPT_EXEC_TIMEOUT);
	spec.validate_timeout_ms = value_number(reader, place, OPT_VALIDATE_TIMEOUT);
	spec.validate_memory_bytes = value_number(reader, place, OPT_VALIDATE_MEMORY);
	spec.settle_ms = value_number(reader, place, OPT_SETTLE);
	spec.settle_max_ms = value_number(reader, place, OPT_SETTLE_MAX);
	spec.allow_empty = value_bool(reader, place, OPT_ALLOW_EMPTY);
	if (spec.settle_ms > spec.settle_max_ms)
		faults_at(reader->faults, place, OPT_SETTLE, "is longer than settle-max: set both");
	room = specbuild_watch(reader->build);
	if (room)
		*room = spec;
}
