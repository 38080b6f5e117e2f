/* SPDX-License-Identifier: MIT */
#include "config/check_maps.h"

#include <signal.h>
#include <string.h>

#include "base/signame.h"
#include "base/str.h"

#define PART_SIZE 32
#define CODE_OF_SIGNAL 128 /* what a shell makes of a signal, and so do we */

/* "FROM=TO" in two parts. Adds a fault and returns false when it is not that. */
static bool split(struct value_reader *reader, const struct place *place, enum option_id id, const char *text,
		  char from[PART_SIZE], char to[PART_SIZE])
{
	const char *equals = strchr(text, '=');
	size_t len = equals ? (size_t)(equals - text) : 0;

	if (len == 0 || len >= PART_SIZE || equals[1] == '\0' || strlen(equals + 1) >= PART_SIZE) {
		faults_at(reader->faults, place, id, "'%s' is not %s", text, option_forms[id].value);
		return false;
	}
	memcpy(from, text, len);
	from[len] = '\0';
	(void)str_copy(to, PART_SIZE, equals + 1);
	return true;
}

static void map_signal(struct value_reader *reader, const struct place *place, const char *text, struct spec *head)
{
	char from[PART_SIZE], to[PART_SIZE];
	int32_t incoming;

	if (!split(reader, place, OPT_MAP_SIGNAL, text, from, to))
		return;
	incoming = value_signal_text(reader, place, OPT_MAP_SIGNAL, from);
	if (incoming == SIGCHLD || incoming == SIGKILL || incoming == SIGSTOP)
		faults_at(reader->faults, place, OPT_MAP_SIGNAL, "%s cannot be mapped: %s", from,
			  incoming == SIGCHLD ? "it is how reinit hears of its children"
					      : "the kernel gives it to no handler");
	else
		head->signal_map[incoming] =
			(uint8_t)(strcmp(to, "drop") == 0 ? 0 : value_signal_text(reader, place, OPT_MAP_SIGNAL, to));
}

/* A number, or the name of a signal for 128 and its number. -1 after a fault. */
static int64_t code_of(struct value_reader *reader, const struct place *place, const char *text)
{
	struct err err = { 0 };
	int64_t code;
	int signal;

	if (str_int(text, 0, SPEC_CODES - 1, &code) == 0)
		return code;
	signal = str_int(text, 0, INT64_MAX, &code) < 0 ? signame_parse(text, &err) : 0;
	if (signal > 0)
		return CODE_OF_SIGNAL + signal;
	faults_at(reader->faults, place, OPT_MAP_EXIT, "'%s' is neither a code from 0 to 255 nor the name of a signal",
		  text);
	return -1;
}

static void map_exit(struct value_reader *reader, const struct place *place, const char *text, struct spec *head)
{
	char from[PART_SIZE], to[PART_SIZE];
	int64_t given, wanted;

	if (!split(reader, place, OPT_MAP_EXIT, text, from, to))
		return;
	given = code_of(reader, place, from);
	wanted = code_of(reader, place, to);
	if (given >= 0 && wanted >= 0)
		head->exit_map[given] = (uint8_t)wanted;
}

static void each(struct value_reader *reader, const struct place *place, enum option_id id,
		 void (*fn)(struct value_reader *, const struct place *, const char *, struct spec *),
		 struct spec *head)
{
	const struct setting *setting = draft_find(place, id).setting;

	for (uint32_t n = 0; setting && n < setting->count; n++)
		fn(reader, place, setting->values[n], head);
}

void check_maps(struct value_reader *reader, const struct place *place, struct spec *head)
{
	each(reader, place, OPT_MAP_SIGNAL, map_signal, head);
	each(reader, place, OPT_MAP_EXIT, map_exit, head);
}
