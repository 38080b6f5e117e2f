/* SPDX-License-Identifier: MIT */
#include "config/cli.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ENV_PREFIX "REINIT_"
#define ENV_NAME_MAX 63

static const struct origin from_command_line = { .kind = ORIGIN_COMMAND_LINE };

/* A watch of the command line replaces those of the environment: they are one list, and the stronger wins. */
static void open_watch(struct draft *draft, struct origin origin, const char *path)
{
	struct draft_service *own = &draft->own;

	if (own->watch_count > 0 && own->watches[0].origin.kind < origin.kind)
		own->watch_count = 0;
	(void)draft_add_watch(draft, own, path, origin); /* a failure is kept in draft->failed */
}

/* The setting that a value for this option goes to at this point of the command line. */
static struct setting *target_of(struct draft *draft, enum option_id id, enum origin_kind kind)
{
	struct draft_service *own = &draft->own;
	struct draft_watch *last = own->watch_count > 0 ? &own->watches[own->watch_count - 1] : NULL;

	switch (option_scope(id)) {
	case SCOPE_SERVICE:
		return &own->settings[option_place(id)];
	case SCOPE_WATCH:
		if (last && kind == ORIGIN_COMMAND_LINE && last->origin.kind == ORIGIN_COMMAND_LINE)
			return &last->settings[option_place(id)];
		return &draft->watch_common[option_place(id)];
	case SCOPE_GLOBAL:
	case SCOPE_COUNT:
		break;
	}
	return &draft->globals[option_place(id)];
}

static void put_value(struct draft *draft, enum option_id id, struct origin origin, const char *text)
{
	if (id == OPT_WATCH)
		open_watch(draft, origin, text);
	else
		draft_put(draft, target_of(draft, id, origin.kind), origin, text,
			  option_forms[id].type == OPTION_STRINGS);
}

/* One entry per line; blanks around it and empty lines do not count. */
static void put_lines(struct draft *draft, enum option_id id, struct origin origin, const char *text)
{
	static const char blank[] = " \t\r\n";

	for (text += strspn(text, blank); *text != '\0'; text += strspn(text, blank)) {
		size_t line = strcspn(text, "\n"), len = line;

		while (len > 0 && strchr(blank, text[len - 1]))
			len--;
		put_value(draft, id, origin, draft_text(draft, text, len));
		text += line;
	}
}

/*
 * Names with this prefix that are not ours to judge: what reinit itself gives to commands, and what
 * Kubernetes sets for a Service that is called "reinit" or "reinit-…" (REINIT_SERVICE_HOST, REINIT_PORT_80_TCP).
 */
static bool env_foreign(const char *name, size_t len)
{
	static const char *const given[] = { "PID", "SERVICE", "PATH", "DIGEST", "STAGE" };

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		if (strlen(given[i]) == len && strncmp(given[i], name, len) == 0)
			return true;
	if (strncmp(name, "SERVICE_", 8) == 0 || strncmp(name, "PORT", 4) == 0)
		return true;
	return memmem(name, len, "_SERVICE_", 9) || memmem(name, len, "_PORT", 5);
}

static int unknown_env(const char *name, size_t len, struct err *err)
{
	char word[ENV_NAME_MAX + 1], close[ENV_NAME_MAX + 1];
	const char *found;
	enum option_id id;

	if (len == 0 || len > ENV_NAME_MAX || env_foreign(name, len))
		return 0;
	memcpy(word, name, len);
	word[len] = '\0';
	found = option_closest(word, OPTION_ENV);
	if (!found)
		return 0;
	id = option_find(found, strlen(found), OPTION_ENV);
	return err_set(err, EINVAL, "unknown environment variable '" ENV_PREFIX "%s'; did you mean " ENV_PREFIX "%s?",
		       word, option_env_name(id, close, sizeof(close)));
}

static int read_variable(struct draft *draft, const char *name, struct err *err)
{
	size_t len = strcspn(name, "=");
	const char *value = name + len + (name[len] == '=');
	enum option_id id = option_find_env(name, len);
	struct origin origin = { .kind = ORIGIN_ENVIRONMENT };

	if (id == OPTION_COUNT)
		return *value == '\0' ? 0 : unknown_env(name, len, err);
	/* A manifest cannot unset a variable of the image, only empty it. */
	if (value[strspn(value, " \t\r\n")] == '\0')
		return 0;
	origin.name = draft_text(draft, name, len);
	if (option_forms[id].type == OPTION_STRINGS) {
		put_lines(draft, id, origin, value);
	} else {
		size_t end = strlen(value);

		/* A block scalar of YAML ends in a newline. */
		while (end > 0 && strchr(" \t\r\n", value[end - 1]))
			end--;
		put_value(draft, id, origin, value[end] == '\0' ? value : draft_text(draft, value, end));
	}
	return 0;
}

static int read_environment(struct draft *draft, char **envp, struct err *err)
{
	static const size_t prefix = sizeof(ENV_PREFIX) - 1;

	for (; envp && *envp; envp++) {
		int r;

		if (strncmp(*envp, ENV_PREFIX, prefix) != 0)
			continue;
		r = read_variable(draft, *envp + prefix, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int unknown_option(const char *word, struct err *err)
{
	char name[64];
	size_t len = strcspn(word, "=");
	const char *close;

	if (word[0] == '-' && word[1] != '-')
		return err_set(err, EINVAL, "unknown option '%s' (a command stands after '--')", word);
	if (len >= sizeof(name) - 1)
		return err_set(err, EINVAL, "unknown option '%s'", word);
	memcpy(name, word + 2, len - 2);
	name[len - 2] = '\0';
	if (strcmp(name, option_forms[OPT_COMMAND].name) == 0)
		return err_set(err, EINVAL,
			       "unknown option '--%s'; the command stands after the options: "
			       "reinit [options] -- COMMAND",
			       name);
	close = option_closest(name, OPTION_CLI);
	if (close)
		return err_set(err, EINVAL, "unknown option '--%s'; did you mean --%s?", name, close);
	return err_set(err, EINVAL, "unknown option '--%s'", name);
}

/* True when parsing is over: --help and --version win over all that follows. */
static int take_action(struct cli *cli, enum option_id id, struct err *err)
{
	enum cli_action action = id == OPT_HELP	     ? CLI_HELP
				 : id == OPT_VERSION ? CLI_VERSION
				 : id == OPT_EXPLAIN ? CLI_EXPLAIN
						     : CLI_TEST_CONFIG;

	if (action == CLI_HELP || action == CLI_VERSION) {
		cli->action = action;
		return 1;
	}
	if (cli->action != CLI_RUN && cli->action != action)
		return err_set(err, EINVAL,
			       "--test-config and --explain exclude each other: "
			       "--explain tests as well before it prints");
	cli->action = action;
	return 0;
}

static enum option_id find_word(const char *word)
{
	if (word[1] == '-')
		return option_find(word + 2, strcspn(word + 2, "="), OPTION_CLI);
	return word[2] == '\0' ? option_find_letter(word[1]) : OPTION_COUNT;
}

/* Take the option at argv[*at] and advance. Returns 1 when parsing is over. */
static int read_option(struct cli *cli, int argc, char **argv, int *at, struct err *err)
{
	const char *word = argv[(*at)++];
	enum option_id id = find_word(word);
	const char *equals = word[1] == '-' ? strchr(word, '=') : NULL;
	const struct option_form *form;
	const char *value;

	if (id == OPTION_COUNT)
		return unknown_option(word, err);
	form = &option_forms[id];
	if (form->type == OPTION_ACTION) {
		if (equals)
			return err_set(err, EINVAL, "option '--%s' takes no value", form->name);
		return take_action(cli, id, err);
	}
	if (equals)
		value = equals + 1;
	else if (form->type == OPTION_BOOL)
		value = "yes";
	else if (*at < argc && strcmp(argv[*at], "--") != 0)
		value = argv[(*at)++];
	else
		value = "";
	if (*value == '\0')
		return err_set(err, EINVAL, "option '--%s' needs a value: --%s %s", form->name, form->name,
			       *form->value ? form->value : "yes|no");
	put_value(&cli->draft, id, from_command_line, value);
	return 0;
}

static int read_arguments(struct cli *cli, int argc, char **argv, struct err *err)
{
	int at = 1;

	while (at < argc && argv[at][0] == '-' && argv[at][1] != '\0') {
		int r;

		if (strcmp(argv[at], "--") == 0) {
			at++;
			break;
		}
		r = read_option(cli, argc, argv, &at, err);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	if (at < argc) {
		cli->draft.command_argv = (uint32_t)at;
		cli->draft.command_count = (uint32_t)(argc - at);
	}
	return 0;
}

/* How the user wrote an option, for messages. */
static const char *spelling(enum option_id id, const struct origin *origin, char *buf, size_t size)
{
	if (origin->kind == ORIGIN_ENVIRONMENT)
		(void)snprintf(buf, size, ENV_PREFIX "%s", origin->name);
	else
		(void)snprintf(buf, size, "--%s", option_forms[id].name);
	return buf;
}

/* Options that need a command, where there is none. */
static int check_without_command(const struct draft *draft, struct err *err)
{
	const struct draft_service *own = &draft->own;
	char buf[96];

	if (own->watch_count > 0) {
		spelling(OPT_WATCH, &own->watches[0].origin, buf, sizeof(buf));
		if (draft->globals[OPT_CONFIG].count > 0)
			return err_set(err, EINVAL,
				       "%s belongs to a command, and there is none; "
				       "in a file write watch \"PATH\" { } inside its service",
				       buf);
		return err_set(err, EINVAL, "%s belongs to a command: reinit %s -- COMMAND", buf,
			       own->watches[0].origin.kind == ORIGIN_COMMAND_LINE ? "--watch PATH" : "[options]");
	}
	for (uint32_t i = 0; i < OPTION_SERVICE_COUNT; i++) {
		enum option_id id = (enum option_id)(OPTION_SERVICE_FIRST + i);

		if (own->settings[i].origin.kind != ORIGIN_DEFAULT && (option_forms[id].where & OPTION_ONE))
			return err_set(err, EINVAL,
				       "%s belongs to one service, and there is no command: "
				       "write it inside a service of the file",
				       spelling(id, &own->settings[i].origin, buf, sizeof(buf)));
	}
	return 0;
}

/* A default for watches without a watch; from the environment it is an image's preset that waits for one. */
static int check_without_watch(const struct draft *draft, struct err *err)
{
	for (uint32_t i = 0; i < OPTION_WATCH_COUNT; i++)
		if (draft->watch_common[i].origin.kind == ORIGIN_COMMAND_LINE)
			return err_set(err, EINVAL, "--%s belongs to a watch, and there is none: add --watch PATH",
				       option_forms[OPTION_WATCH_FIRST + i].name);
	return 0;
}

static int check_together(const struct draft *draft, struct err *err)
{
	int r = 0;

	if (draft->own.watch_count == 0)
		r = check_without_watch(draft, err);
	if (r == 0 && draft->command_argv == 0)
		r = check_without_command(draft, err);
	return r;
}

static void name_own(struct draft *draft)
{
	const char *command = draft->command_argv ? draft->argv[draft->command_argv] : NULL;
	const char *slash = command ? strrchr(command, '/') : NULL;

	draft->own.origin = from_command_line;
	if (draft->with_files)
		draft->own.name = "main";
	else
		draft->own.name = slash && slash[1] != '\0' ? slash + 1 : command;
}

int cli_parse(int argc, char **argv, char **envp, struct cli *ret, struct err *err)
{
	struct draft *draft = &ret->draft;
	int r;

	ret->action = CLI_RUN;
	draft_init(draft);
	draft->argv = argv;
	r = read_environment(draft, envp, err);
	if (r == 0)
		r = read_arguments(ret, argc, argv, err);
	if (r == 0 && ret->action != CLI_HELP && ret->action != CLI_VERSION) {
		draft->with_files = draft->globals[OPT_CONFIG].count > 0 || draft->command_argv == 0;
		name_own(draft);
		r = check_together(draft, err);
	}
	if (r == 0 && draft->failed)
		r = err_set(err, ENOMEM, "out of memory");
	if (r < 0)
		draft_finish(draft);
	return r;
}
