/* SPDX-License-Identifier: MIT */
#include "config/explain.h"

#include <stdio.h>
#include <string.h>

#include "config/check.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0.1.0-dev"
#endif

#define ORIGIN_COLUMN 48
#define HELP_COLUMN 31
#define HELP_WIDTH 100

/* The values that stand for a setting nobody made, where the table's default is not the whole truth. */
static const char *default_of(const struct place *place, enum option_id id, const struct found *found)
{
	if (id == OPT_LOG_LEVEL)
		return check_log_level(place->draft);
	if (id == OPT_ESSENTIAL)
		return check_essential(place->draft, place->service) ? "yes" : "no";
	return found->fallback;
}

static void add_list(struct text *out, const char *const *words, uint32_t count)
{
	text_add(out, "{");
	for (uint32_t i = 0; i < count; i++) {
		text_add(out, i > 0 ? ", " : "");
		text_add_quoted(out, words[i]);
	}
	text_add(out, "}");
}

static void add_values(struct text *out, enum option_id id, const struct setting *setting)
{
	/* One string of a command is split, be it in a list or not. */
	if (setting->count == 1 && option_forms[id].type != OPTION_STRINGS)
		text_add_word(out, setting->values[0]);
	else
		add_list(out, setting->values, setting->count);
}

static void add_origin(struct text *out, const struct origin *origin)
{
	char where[512];

	text_pad(out, ORIGIN_COLUMN);
	text_add(out, "# ");
	/* A name of a file may hold a newline, which would end the comment. */
	for (const char *c = origin_format(origin, where, sizeof(where)); *c != '\0'; c++)
		text_add_bytes(out, (unsigned char)*c < ' ' ? "?" : c, 1);
	text_add(out, "\n");
}

/* on-change = signal:USR1 beside a default of signal = HUP would mislead: only what the policy takes is shown. */
static bool is_of_use(const struct place *place, enum option_id id)
{
	struct found change = draft_find(place, OPT_ON_CHANGE);
	const char *policy = change.setting ? change.setting->values[0] : change.fallback;

	switch (id) {
	case OPT_SIGNAL:
		return strcmp(policy, "signal") == 0;
	case OPT_EXEC:
		return strcmp(policy, "exec") == 0;
	case OPT_EXIT_CODE:
		return strcmp(policy, "exit") == 0;
	case OPT_EXEC_TIMEOUT:
		return strncmp(policy, "exec", 4) == 0;
	case OPT_VALIDATE_TIMEOUT:
	case OPT_VALIDATE_MEMORY:
	case OPT_STAGE_BASE:
		return draft_find(place, OPT_VALIDATE).setting != NULL;
	default:
		return true;
	}
}

/* Does this option hold a value of its own or a default there? */
static bool is_set(const struct place *place, enum option_id id)
{
	struct found found = draft_find(place, id);

	return found.setting || *default_of(place, id, &found) != '\0';
}

static void add_option(struct text *out, const struct place *place, enum option_id id, const char *indent)
{
	static const struct origin by_default = { .kind = ORIGIN_DEFAULT };
	struct found found = draft_find(place, id);

	if (!is_set(place, id))
		return;
	text_addf(out, "%s%s = ", indent, option_forms[id].name);
	if (found.setting)
		add_values(out, id, found.setting);
	else
		text_add_word(out, default_of(place, id, &found));
	add_origin(out, found.setting ? &found.setting->origin : &by_default);
}

/* What nobody set and what has no default, in one line: it is of interest only to whom misses it. */
static void add_unset(struct text *out, const struct place *place, uint32_t first, uint32_t count, const char *indent)
{
	const char *before = "# not set: ";

	for (uint32_t i = first; i < first + count; i++) {
		enum option_id id = (enum option_id)i;

		if (!(option_forms[i].where & OPTION_FILE) || id == OPT_COMMAND || is_set(place, id) ||
		    (option_scope(id) == SCOPE_WATCH && !is_of_use(place, id)))
			continue;
		text_addf(out, "%s%s%s", *before == '#' ? indent : "", before, option_forms[i].name);
		before = ", ";
	}
	text_add(out, *before == '#' ? "" : "\n");
}

/* A command of one word must not be split when it is read again: "'my app'". */
static void add_unsplit(struct text *out, const char *word)
{
	struct text quoted = { 0 };

	text_add(&quoted, "'");
	for (const char *c = word; *c != '\0'; c++) {
		text_add(&quoted, *c == '\'' ? "'\\'" : "");
		text_add_bytes(&quoted, c, 1);
	}
	text_add(&quoted, "'");
	text_add_quoted(out, quoted.failed ? word : quoted.data);
	text_finish(&quoted);
}

static void add_command(struct text *out, const struct draft *draft)
{
	const char *const *words = (const char *const *)draft->argv + draft->command_argv;

	text_add(out, "  command = ");
	if (draft->command_count > 1)
		add_list(out, words, draft->command_count);
	else if (words[0][strcspn(words[0], " \t\n'\"\\$`|;&<>()")] != '\0')
		add_unsplit(out, words[0]);
	else
		text_add_word(out, words[0]);
	add_origin(out, &draft->own.origin);
}

static void add_watch(struct text *out, const struct place *place)
{
	text_add(out, "\n  watch ");
	text_add_quoted(out, place->watch->path);
	text_add(out, " {");
	add_origin(out, &place->watch->origin);
	for (uint32_t i = OPTION_WATCH_FIRST; i < OPTION_WATCH_FIRST + OPTION_WATCH_COUNT; i++)
		if ((option_forms[i].where & OPTION_FILE) && is_of_use(place, (enum option_id)i))
			add_option(out, place, (enum option_id)i, "    ");
	add_unset(out, place, OPTION_WATCH_FIRST, OPTION_WATCH_COUNT, "    ");
	text_add(out, "  }\n");
}

static void add_service(struct text *out, const struct draft *draft, const struct draft_service *service)
{
	struct place place = { .draft = draft, .service = service };

	text_add(out, "\nservice ");
	text_add_quoted(out, service->name);
	text_add(out, " {");
	add_origin(out, &service->origin);
	for (uint32_t i = OPTION_SERVICE_FIRST; i < OPTION_SERVICE_FIRST + OPTION_SERVICE_COUNT; i++) {
		if (i == OPT_COMMAND && service == &draft->own)
			add_command(out, draft);
		else if (option_forms[i].where & OPTION_FILE)
			add_option(out, &place, (enum option_id)i, "  ");
	}
	add_unset(out, &place, OPTION_SERVICE_FIRST, OPTION_SERVICE_COUNT, "  ");
	for (uint32_t i = 0; i < service->watch_count; i++)
		add_watch(out, &(struct place){ .draft = draft, .service = service, .watch = &service->watches[i] });
	text_add(out, "}\n");
}

void explain_plan(const struct draft *draft, struct text *out)
{
	struct place place = { .draft = draft };

	text_add(out, "# What reinit would run, as a file; behind each value stands where it comes from.\n");
	for (uint32_t i = 0; i < OPTION_GLOBAL_COUNT; i++)
		if (option_forms[i].where & OPTION_FILE)
			add_option(out, &place, (enum option_id)i, "");
	add_unset(out, &place, 0, OPTION_GLOBAL_COUNT, "");
	for (uint32_t i = 0; i < draft->service_count; i++)
		add_service(out, draft, &draft->services[i]);
	if (draft->command_argv)
		add_service(out, draft, &draft->own);
}

static size_t column_of(const struct text *out)
{
	size_t column = 0;

	while (column < out->len && out->data[out->len - 1 - column] != '\n')
		column++;
	return column;
}

/* Words between HELP_COLUMN and HELP_WIDTH, going on where the line ends now. */
static void add_wrapped(struct text *out, const char *words)
{
	while (*words != '\0') {
		size_t len = strcspn(words, " "), column = column_of(out);

		if (column > HELP_COLUMN && column + 1 + len > HELP_WIDTH)
			text_add(out, "\n");
		else if (column > HELP_COLUMN)
			text_add(out, " ");
		if (column_of(out) < HELP_COLUMN)
			text_pad(out, HELP_COLUMN);
		text_add_bytes(out, words, len);
		words += len;
		words += strspn(words, " ");
	}
}

static void add_help(struct text *out, enum option_id id)
{
	const struct option_form *form = &option_forms[id];
	char letter = option_letter(id);

	if (!(form->where & OPTION_CLI))
		return;
	if (letter)
		text_addf(out, "  -%c, --%s", letter, form->name);
	else
		text_addf(out, "      --%s", form->name);
	if (form->type == OPTION_BOOL)
		text_add(out, "[=yes|no]");
	else if (*form->value)
		text_addf(out, " %s", form->value);
	/* A long name takes a line of its own, as in other programs. */
	text_add(out, column_of(out) >= HELP_COLUMN - 1 ? "\n" : "");
	text_pad(out, HELP_COLUMN);
	add_wrapped(out, form->help);
	if (*form->fallback) {
		char buf[32];

		(void)snprintf(buf, sizeof(buf), "[%s]", form->fallback);
		add_wrapped(out, buf);
	}
	text_add(out, "\n");
}

static void add_helps(struct text *out, const char *title, uint32_t first, uint32_t count)
{
	text_addf(out, "\n%s\n", title);
	for (uint32_t i = first; i < first + count; i++)
		add_help(out, (enum option_id)i);
}

void explain_help(struct text *out)
{
	text_add(out, "Usage: reinit [options] [--] COMMAND [ARG...]\n"
		      "       reinit --config FILE [options] [-- COMMAND [ARG...]]\n"
		      "\n"
		      "Run COMMAND as the init of a container: reap zombies, pass signals on, end with its code.\n"
		      "With --watch, follow a directory or file and apply its changes. Each option that takes a value\n"
		      "can also be given as REINIT_NAME in the environment, and most in a file: reinit.conf(5).\n");
	add_helps(out, "General:", 0, OPTION_GLOBAL_COUNT);
	add_helps(out, "The command:", OPTION_SERVICE_FIRST, OPTION_SERVICE_COUNT);
	add_helps(out, "Changes (options before the first --watch are defaults for all):", OPTION_WATCH_FIRST,
		  OPTION_WATCH_COUNT);
	text_add(out,
		 "\nExit codes: that of the command, 128+n when signal n ended it; 42 after on-change = exit;\n"
		 "127 not found, 126 cannot be run; 100 usage, 78 bad configuration, 111 system failure at start.\n");
}

void explain_version(struct text *out)
{
	text_add(out, "reinit " PACKAGE_VERSION "\n");
}
