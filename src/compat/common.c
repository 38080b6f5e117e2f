/* SPDX-License-Identifier: MIT */
#include "compat/common.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/line.h"
#include "base/str.h"

void option_reader_init(struct option_reader *reader, const struct personality_input *input, const char *letters,
			const struct option_name *names)
{
	memset(reader, 0, sizeof(*reader));
	reader->argc = input->argc;
	reader->argv = input->argv;
	reader->letters = letters;
	reader->names = names;
	reader->at = 1;
}

/* Take the value of an option that wants one: the rest of its word, or the next word. */
static bool take_value(struct option_reader *reader, const char *rest)
{
	if (rest != NULL && *rest != '\0')
		reader->value = rest;
	else if (reader->at < reader->argc)
		reader->value = reader->argv[reader->at++];
	else
		return false;
	return true;
}

static int next_letter(struct option_reader *reader)
{
	char letter = *reader->cluster++;
	const char *known = letter == ':' ? NULL : strchr(reader->letters, letter);
	const char *rest = reader->cluster;

	if (*rest == '\0')
		reader->cluster = NULL;
	if (known == NULL) {
		(void)snprintf(reader->fault, sizeof(reader->fault), "%s: invalid option -- '%c'", reader->argv[0],
			       letter);
		return '?';
	}
	if (known[1] != ':')
		return letter;
	reader->cluster = NULL;
	if (take_value(reader, rest))
		return letter;
	(void)snprintf(reader->fault, sizeof(reader->fault), "%s: option requires an argument -- '%c'", reader->argv[0],
		       letter);
	return '?';
}

/* The option whose name begins with word (len bytes), if it is the only one or the whole name. */
static const struct option_name *find_name(const struct option_reader *reader, const char *word, size_t len)
{
	const struct option_name *found = NULL;

	for (const struct option_name *name = reader->names; name->name != NULL; name++) {
		if (strncmp(name->name, word, len) != 0)
			continue;
		if (name->name[len] == '\0')
			return name;
		if (found != NULL)
			return NULL;
		found = name;
	}
	return found;
}

/* The fault of a word that several names begin with. Returns whether it is one. */
static bool tell_ambiguous(struct option_reader *reader, const char *word, size_t len)
{
	int count = 0;

	/* Like all faults it is cut where a user's words are too long for it. */
	(void)snprintf(reader->fault, sizeof(reader->fault),
		       "%s: option '--%s' is ambiguous; possibilities:", reader->argv[0], word);
	for (const struct option_name *name = reader->names; name->name != NULL; name++) {
		if (strncmp(name->name, word, len) != 0)
			continue;
		(void)str_append(reader->fault, sizeof(reader->fault), " '--");
		(void)str_append(reader->fault, sizeof(reader->fault), name->name);
		(void)str_append(reader->fault, sizeof(reader->fault), "'");
		count++;
	}
	return count >= 2;
}

static int next_name(struct option_reader *reader, const char *word)
{
	size_t len = strcspn(word, "=");
	const struct option_name *name = find_name(reader, word, len);
	const char *value = word[len] == '=' ? word + len + 1 : NULL;
	bool takes_value = name != NULL && strchr(reader->letters, name->letter)[1] == ':';

	if (name == NULL && tell_ambiguous(reader, word, len))
		return '?';
	if (name == NULL)
		(void)snprintf(reader->fault, sizeof(reader->fault), "%s: unrecognized option '--%s'", reader->argv[0],
			       word);
	else if (!takes_value && value != NULL)
		(void)snprintf(reader->fault, sizeof(reader->fault), "%s: option '--%s' doesn't allow an argument",
			       reader->argv[0], name->name);
	else if (takes_value && value == NULL && !take_value(reader, NULL))
		(void)snprintf(reader->fault, sizeof(reader->fault), "%s: option '--%s' requires an argument",
			       reader->argv[0], name->name);
	else {
		if (value != NULL)
			reader->value = value;
		return name->letter;
	}
	return '?';
}

int option_reader_next(struct option_reader *reader)
{
	const char *word;

	if (reader->cluster != NULL)
		return next_letter(reader);
	if (reader->at >= reader->argc)
		return -1;
	word = reader->argv[reader->at];
	if (word[0] != '-' || word[1] == '\0')
		return -1;
	reader->at++;
	if (strcmp(word, "--") == 0) {
		reader->closed = true;
		return -1;
	}
	if (word[1] == '-' && reader->names != NULL)
		return next_name(reader, word + 2);
	reader->cluster = word + 1;
	return next_letter(reader);
}

int option_reader_command(struct option_reader *reader, bool skip_dashes)
{
	char **argv = reader->argv;
	int at = reader->at;

	if (at >= reader->argc)
		return 0;
	if (!skip_dashes || reader->closed || at + 1 >= reader->argc || strcmp(argv[at + 1], "--") != 0)
		return at;
	argv[at + 1] = argv[at];
	return at + 1;
}

void plan_add(struct personality_plan *plan, const char *format, ...)
{
	size_t len = strlen(plan->text);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(plan->text + len, sizeof(plan->text) - len, format, args);
	va_end(args);
}

void plan_say(struct personality_plan *plan, int fd, int code, const char *text)
{
	plan->run = false;
	plan->fd = fd;
	plan->exit_code = code;
	(void)str_append(plan->text, sizeof(plan->text), text); /* ours are shorter */
}

void plan_licence(struct personality_plan *plan)
{
	plan_say(plan, 1, 0,
		 "The MIT License (MIT)\n\n"
		 "Copyright (c) 2026 The reinit authors\n\n"
		 "Permission is hereby granted, free of charge, to any person obtaining a copy of\n"
		 "this software and associated documentation files (the \"Software\"), to deal in\n"
		 "the Software without restriction, including without limitation the rights to\n"
		 "use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of\n"
		 "the Software, and to permit persons to whom the Software is furnished to do so,\n"
		 "subject to the following conditions:\n\n"
		 "The above copyright notice and this permission notice shall be included in all\n"
		 "copies or substantial portions of the Software.\n\n"
		 "THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR\n"
		 "IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS\n"
		 "FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR\n"
		 "COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN\n"
		 "AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION\n"
		 "WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.\n");
}

struct service_spec *plan_service(const struct personality_input *input, struct specbuild *build,
				  struct personality_plan *plan, int command)
{
	const char *slash = strrchr(input->argv[command], '/');
	struct service_spec *service = specbuild_service(build);

	plan->run = true;
	build->head.passive = 1;
	build->head.log_level = LINE_ERROR; /* the originals know no log lines */
	build->head.leave_at_once = 1;
	build->head.main_service = 0;
	if (service == NULL)
		return NULL;
	service->name = specbuild_str(build, slash == NULL ? input->argv[command] : slash + 1);
	service->command_argv = (uint32_t)command;
	service->essential = 1;
	service->restart = RESTART_NO;
	service->standing = STANDING_FOREGROUND;
	service->stop_signal = 15;
	return service;
}

void plan_speech(struct specbuild *build, enum speech what, const char *sentence)
{
	build->head.speech[what] = specbuild_str(build, sentence);
}

const char *plan_env(const struct personality_input *input, const char *name)
{
	size_t len = strlen(name);

	for (char **entry = input->envp; entry != NULL && *entry != NULL; entry++) {
		if (strncmp(*entry, name, len) == 0 && (*entry)[len] == '=')
			return *entry + len + 1;
	}
	return NULL;
}
