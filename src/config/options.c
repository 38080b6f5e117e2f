/* SPDX-License-Identifier: MIT */
#include "config/options.h"

#include <stdbool.h>
#include <string.h>

#include "base/str.h"

#define X(id, name, type, where, fallback, value, choices, low, high, help) \
	[OPT_##id] = { name, OPTION_##type, where, fallback, value, choices, low, high, help },
const struct option_form option_forms[OPTION_COUNT] = { OPTIONS(X) };
#undef X

enum option_scope option_scope(enum option_id id)
{
	if ((uint32_t)id < OPTION_SERVICE_FIRST)
		return SCOPE_GLOBAL;
	return (uint32_t)id < OPTION_WATCH_FIRST ? SCOPE_SERVICE : SCOPE_WATCH;
}

uint32_t option_place(enum option_id id)
{
	static const uint32_t first[SCOPE_COUNT] = { 0, OPTION_SERVICE_FIRST, OPTION_WATCH_FIRST };

	return (uint32_t)id - first[option_scope(id)];
}

enum option_id option_find(const char *name, size_t len, uint32_t where)
{
	for (uint32_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_form *form = &option_forms[i];

		if ((form->where & where) && strncmp(form->name, name, len) == 0 && form->name[len] == '\0')
			return (enum option_id)i;
	}
	return OPTION_COUNT;
}

static const struct {
	char letter;
	enum option_id id;
} letters[] = { { 't', OPT_TEST_CONFIG }, { 'V', OPT_VERSION }, { 'h', OPT_HELP } };

enum option_id option_find_letter(char letter)
{
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (letters[i].letter == letter)
			return letters[i].id;
	return OPTION_COUNT;
}

char option_letter(enum option_id id)
{
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (letters[i].id == id)
			return letters[i].letter;
	return 0;
}

/* The letter as it stands in an environment name: ASCII only, whatever the locale says. */
static char env_letter(char c)
{
	if (c == '-')
		return '_';
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool env_equal(const char *option, const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (option[i] == '\0' || env_letter(option[i]) != name[i])
			return false;
	return option[len] == '\0';
}

enum option_id option_find_env(const char *name, size_t len)
{
	for (uint32_t i = 0; i < OPTION_COUNT; i++)
		if ((option_forms[i].where & OPTION_ENV) && env_equal(option_forms[i].name, name, len))
			return (enum option_id)i;
	return OPTION_COUNT;
}

const char *option_closest(const char *word, uint32_t where)
{
	const char *names[OPTION_COUNT];
	char plain[64];
	size_t count = 0, len = strlen(word);

	if (len >= sizeof(plain))
		return NULL;
	for (size_t i = 0; i <= len; i++)
		plain[i] = word[i] == '_' ? '-' : word[i];
	for (uint32_t i = 0; i < OPTION_COUNT; i++)
		if (option_forms[i].where & where)
			names[count++] = option_forms[i].name;
	return str_closest(plain, names, count);
}

char *option_env_name(enum option_id id, char *buf, size_t size)
{
	const char *name = option_forms[id].name;
	size_t i = 0;

	for (; name[i] != '\0' && i + 1 < size; i++)
		buf[i] = env_letter(name[i]);
	if (size > 0)
		buf[i] = '\0';
	return buf;
}

int option_choice(const char *choices, const char *word)
{
	size_t len = strlen(word);
	int index = 0;

	if (len == 0)
		return -1;
	for (const char *c = choices;; index++) {
		size_t part = strcspn(c, "|");

		if (part == len && strncmp(c, word, len) == 0)
			return index;
		if (c[part] == '\0')
			return -1;
		c += part + 1;
	}
}
