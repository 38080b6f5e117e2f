/* SPDX-License-Identifier: MIT */
/* What the personalities share: reading options as getopt(3) does, and filling in a plan. Pure. */
#ifndef REINIT_COMPAT_COMMON_H
#define REINIT_COMPAT_COMMON_H

#include "compat/personality.h"

struct option_name {
	const char *name; /* without its dashes; NULL ends the list */
	char letter;
};

/*
 * A reader of options that behaves as getopt_long(3) with '+': it stops at the first word that is no option, and
 * "--" ends the options. Unlike getopt it prints nothing and keeps nothing outside of itself.
 */
struct option_reader {
	int argc;
	char **argv;
	const char *letters;		 /* as optstring: a letter, ':' behind it when it takes a value */
	const struct option_name *names; /* NULL: no long options */
	int at;				 /* the next word; the first word of the command at the end */
	const char *cluster;		 /* what is left of "-abc" */
	const char *value;		 /* of the option just read */
	bool closed;			 /* "--" ended the options */
	char fault[160];		 /* what getopt would print, without a newline */
};

/* Begin at argv[1]. letters is optstring of getopt(3), names the long options; both must outlive the reader. */
void option_reader_init(struct option_reader *reader, const struct personality_input *input, const char *letters,
			const struct option_name *names);

/* The letter of the next option, -1 at the end, '?' with reader->fault for one that is wrong. */
int option_reader_next(struct option_reader *reader);

/*
 * Where the command begins in argv. With skip_dashes a "--" right behind the program's name is taken out of argv,
 * unless one stood before it: programs that let getopt permute their arguments are called as "init PROGRAM -- ARG".
 * 0: there is no command.
 */
int option_reader_command(struct option_reader *reader, bool skip_dashes);

/* Say this on fd and leave with code. */
void plan_say(struct personality_plan *plan, int fd, int code, const char *text);

/* Append printf-like to the plan's text; what is too long is cut. */
void plan_add(struct personality_plan *plan, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The text of the licence, for those options that show one. */
void plan_licence(struct personality_plan *plan);

/* Add the one service that runs argv[command…]; NULL without memory. */
struct service_spec *plan_service(const struct personality_input *input, struct specbuild *build,
				  struct personality_plan *plan, int command);

/* A sentence of model/speech.h. */
void plan_speech(struct specbuild *build, enum speech what, const char *sentence);

/* The value of an environment variable, or NULL. */
const char *plan_env(const struct personality_input *input, const char *name);

#endif
