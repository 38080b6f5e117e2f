/* SPDX-License-Identifier: MIT */
/*
 * Programs that this one can stand in for, by the name that it is called with. A personality turns argv and
 * environment into a spec, as a pure function; what runs never asks whose spec it is. What they have in common with
 * their originals, and where they differ on purpose, is told in reinit-compat(7).
 */
#ifndef REINIT_COMPAT_PERSONALITY_H
#define REINIT_COMPAT_PERSONALITY_H

#include <stdbool.h>
#include <sys/types.h>

#include "model/specbuild.h"

struct personality_input {
	int argc;
	char **argv; /* argv[0] is there */
	char **envp;
	pid_t self; /* our pid: the originals show it in their messages */
};

#define PERSONALITY_TEXT_SIZE 4096

/* Either a spec to run (text, when there is some, is said before), or a text to say and a code to leave with. */
struct personality_plan {
	bool run;
	int exit_code;
	int fd; /* where text goes: 1 or 2 */
	char text[PERSONALITY_TEXT_SIZE];
};

/* Fill plan in; when plan->run is set, build (begun by the caller) holds the spec. */
typedef void (*personality_fn)(const struct personality_input *input, struct specbuild *build,
			       struct personality_plan *plan);

/* By the last element of argv[0], which may be NULL. NULL: the program is called by its own name, or one unknown. */
personality_fn personality_find(const char *argv0);

#endif
