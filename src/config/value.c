/* SPDX-License-Identifier: MIT */
#include "config/value.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/signame.h"
#include "base/str.h"
#include "base/words.h"

const char *value_text(struct value_reader *reader, const struct place *place, enum option_id id)
{
	struct found found = draft_find(place, id);

	if (!found.setting)
		return found.fallback;
	if (found.setting->count != 1) {
		faults_at(reader->faults, place, id, "takes one value, and here are %u", found.setting->count);
		return found.fallback;
	}
	return found.setting->values[0];
}

bool value_bool(struct value_reader *reader, const struct place *place, enum option_id id)
{
	static const char words[] = "no|yes|false|true|off|on";
	const char *text = value_text(reader, place, id);
	int index = option_choice(words, text);

	if (index < 0 && *text != '\0')
		faults_at(reader->faults, place, id, "'%s' is neither yes nor no", text);
	return index > 0 && index % 2 == 1;
}

static int parse_number(enum option_type type, const char *text, int64_t *ret)
{
	if (type == OPTION_DURATION)
		return str_duration_ms(text, ret);
	if (type == OPTION_SIZE)
		return str_size_bytes(text, ret);
	return str_int(text, 0, INT64_MAX, ret);
}

static const char *number_hint(enum option_type type)
{
	if (type == OPTION_DURATION)
		return "a duration: write 100ms, 30s, 10m or 2h";
	if (type == OPTION_SIZE)
		return "a size: write 512k, 64M or 1G";
	return "a whole number";
}

static void fault_bounds(struct value_reader *reader, const struct place *place, enum option_id id,
			 const struct option_form *form, const char *text)
{
	const char *unit = form->type == OPTION_DURATION ? "ms" : "";

	if (form->high == INT64_MAX)
		faults_at(reader->faults, place, id, "'%s' is too large or below 0", text);
	else
		faults_at(reader->faults, place, id, "'%s' is out of bounds: %lld%s to %lld%s", text,
			  (long long)form->low, unit, (long long)form->high, unit);
}

int64_t value_number_text(struct value_reader *reader, const struct place *place, enum option_id id, enum option_id as,
			  const char *text)
{
	const struct option_form *form = &option_forms[as];
	int64_t value = 0;
	int r = parse_number(form->type, text, &value);

	if (r == 0 && value >= form->low && value <= form->high)
		return value;
	if (r == 0 || r == -ERANGE)
		fault_bounds(reader, place, id, form, text);
	else
		faults_at(reader->faults, place, id, "'%s' is not %s", text, number_hint(form->type));
	value = form->low;
	(void)parse_number(form->type, form->fallback, &value); /* untouched when it fails */
	return value;
}

int64_t value_number(struct value_reader *reader, const struct place *place, enum option_id id)
{
	return value_number_text(reader, place, id, id, value_text(reader, place, id));
}

int32_t value_signal_text(struct value_reader *reader, const struct place *place, enum option_id id, const char *text)
{
	struct err err = { 0 };
	int number = signame_parse(text, &err);

	if (number > 0)
		return number;
	faults_at(reader->faults, place, id, "%s", err.msg);
	return signame_parse("TERM", NULL);
}

int32_t value_signal(struct value_reader *reader, const struct place *place, enum option_id id)
{
	return value_signal_text(reader, place, id, value_text(reader, place, id));
}

const char *value_hint(const char *text, const char *const *names, size_t count, char *buf, size_t size)
{
	char word[64];
	size_t len = strcspn(text, ":");
	const char *close = NULL;

	if (len > 0 && len < sizeof(word)) {
		memcpy(word, text, len);
		word[len] = '\0';
		close = str_closest(word, names, count);
	}
	/* A name that is right but for what follows it needs the list of forms, not its own echo. */
	if (!close || strcmp(close, word) == 0)
		return "";
	(void)snprintf(buf, size, "; did you mean '%s'?", close);
	return buf;
}

static void fault_choice(struct value_reader *reader, const struct place *place, enum option_id id, const char *text)
{
	char list[64], hint[96], *rest = list;
	const char *names[8];
	size_t count = 0;

	(void)str_copy(list, sizeof(list), option_forms[id].choices); /* the table's are shorter */
	while (rest && count < sizeof(names) / sizeof(names[0]))
		names[count++] = strsep(&rest, "|");
	faults_at(reader->faults, place, id, "'%s' is none of %s%s", text, option_forms[id].choices,
		  value_hint(text, names, count, hint, sizeof(hint)));
}

uint32_t value_choice(struct value_reader *reader, const struct place *place, enum option_id id)
{
	const char *text = value_text(reader, place, id);
	int index = option_choice(option_forms[id].choices, text);

	if (index >= 0)
		return (uint32_t)index;
	if (*text != '\0' || draft_find(place, id).setting)
		fault_choice(reader, place, id, text);
	return 0;
}

bool value_tidy_path(struct value_reader *reader, const struct place *place, enum option_id id, const char *text,
		     char *out)
{
	size_t len = 0;

	if (text[0] != '/') {
		faults_at(reader->faults, place, id, "'%s' is not absolute: a path begins with /", text);
		return false;
	}
	if (strlen(text) >= PATH_MAX) {
		faults_at(reader->faults, place, id, "longer than %d bytes", PATH_MAX - 1);
		return false;
	}
	while (*text != '\0') {
		size_t part = strcspn(text, "/");

		if (part == 2 && strncmp(text, "..", 2) == 0) {
			faults_at(reader->faults, place, id, "'..' in a path is not followed: write where it leads");
			return false;
		}
		if (part > 0 && !(part == 1 && text[0] == '.')) {
			out[len++] = '/';
			memcpy(out + len, text, part);
			len += part;
		}
		text += part;
		text += strspn(text, "/");
	}
	if (len == 0)
		out[len++] = '/';
	out[len] = '\0';
	return true;
}

/* Out of line: its buffer would deepen the stack of a plain init, which has no path. */
__attribute__((noinline)) uint32_t value_path(struct value_reader *reader, const struct place *place, enum option_id id)
{
	char path[PATH_MAX + 1];
	const char *text = value_text(reader, place, id);

	if (*text == '\0' && !draft_find(place, id).setting)
		return 0;
	return value_tidy_path(reader, place, id, text, path) ? specbuild_str(reader->build, path) : 0;
}

struct spec_list value_strings(struct value_reader *reader, const struct place *place, enum option_id id)
{
	struct found found = draft_find(place, id);

	if (!found.setting)
		return (struct spec_list){ 0 };
	for (uint32_t i = 0; i < found.setting->count; i++)
		if (found.setting->values[i][0] == '\0')
			faults_at(reader->faults, place, id, "an empty word stands in the list");
	return specbuild_strs(reader->build, found.setting->values, found.setting->count);
}

/* A word's %{…}: known by the runtime, or a fault. */
static void check_placeholders(struct value_reader *reader, const struct place *place, enum option_id id,
			       const char *word)
{
	static const char *const known[] = { "stage", "path", "service" };

	for (const char *p = strchr(word, '%'); p; p = strchr(p, '%')) {
		size_t len = strcspn(p, "}");
		bool found = false;

		if (p[1] != '{') {
			p += p[1] == '%' ? 2 : 1;
			continue;
		}
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			found |= strlen(known[i]) == len - 2 && strncmp(p + 2, known[i], len - 2) == 0;
		if (p[len] == '\0')
			faults_at(reader->faults, place, id, "'%s' is never closed: a '}' is missing", p);
		else if (!found)
			faults_at(reader->faults, place, id,
				  "unknown placeholder '%.*s'; known are %%{stage}, %%{path}, "
				  "%%{service} (and %%%% for one %%)",
				  (int)len + 1, p);
		p += len;
	}
}

struct spec_list value_split(struct value_reader *reader, const struct place *place, enum option_id id,
			     const char *text, bool placeholders)
{
	/* Every word takes a byte of text at least, and a separator or the end. */
	size_t len = strlen(text), room = len / 2 + 2;
	char *buf = malloc(len + 1);
	char **words = malloc(room * sizeof(*words));
	struct spec_list list = { 0 };
	struct err err = { 0 };
	int count = -ENOMEM;

	if (buf && words)
		count = words_split(text, buf, len + 1, words, room, &err);
	if (count == -ENOMEM && !(buf && words))
		reader->build->failed = -ENOMEM;
	else if (count < 0)
		faults_at(reader->faults, place, id, "%s", err.msg[0] ? err.msg : "too long");
	else if (count == 0)
		faults_at(reader->faults, place, id, "is an empty command");
	for (int i = 0; i < count && placeholders; i++)
		check_placeholders(reader, place, id, words[i]);
	if (count > 0)
		list = specbuild_strs(reader->build, (const char *const *)words, (size_t)count);
	free(words);
	free(buf);
	return list;
}

struct spec_list value_words(struct value_reader *reader, const struct place *place, enum option_id id,
			     bool placeholders)
{
	struct found found = draft_find(place, id);

	if (!found.setting)
		return (struct spec_list){ 0 };
	if (found.setting->count == 1)
		return value_split(reader, place, id, found.setting->values[0], placeholders);
	if (found.setting->values[0][0] == '\0') {
		faults_at(reader->faults, place, id, "is an empty command");
		return (struct spec_list){ 0 };
	}
	for (uint32_t i = 0; i < found.setting->count && placeholders; i++)
		check_placeholders(reader, place, id, found.setting->values[i]);
	return specbuild_strs(reader->build, found.setting->values, found.setting->count);
}
