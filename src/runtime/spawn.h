/* SPDX-License-Identifier: MIT */
/* fork, set the child up, exec. */
#ifndef REINIT_RUNTIME_SPAWN_H
#define REINIT_RUNTIME_SPAWN_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "model/spec.h"

/* Codes of a command of ours (validation, hook) that never became its program; as sh(1) and env(1) have them. */
#define SPAWN_EXIT_NOT_FOUND 127 /* ENOENT, ENOTDIR */
#define SPAWN_EXIT_NOT_RUN 126	 /* any other failure of execvp */
#define SPAWN_EXIT_SETUP 125	 /* a step before exec failed */

/* What every child must be given back: taken once, as the first act of main. */
struct spawn_inherited {
	sigset_t mask;
	bool sigchld_ignored; /* SIGCHLD came ignored: the child gets it ignored again */
};

struct spawn_params {
	const char *name;  /* for the child's own error line */
	char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
	char *const *envp; /* NULL: as inherited */
	enum standing standing;
	bool close_others; /* close descriptors from 3 on (close_range) */
	int output_fd;	   /* becomes 1 and 2; -1: as inherited */
	int dir_fd;	   /* working directory; -1: ours */
	bool json;	   /* format of the child's own error line */
	/* A service: its rights, directory, pre-start command and codes, and what the spec has to say. NULL for a command of ours. */
	const struct spec *spec;
	const struct service_spec *service;
};

/*
 * Fork a child that runs params. fork(2), not vfork: the parent of a vfork would wait through
 * an exec on a hung mount. A failed step is reported by the child itself, as a log line on stderr, and
 * as an exit code; so the parent needs no pipe and never waits.
 * Returns the pid, or negative errno when there is no child.
 */
pid_t spawn_child(const struct spawn_params *params, const struct spawn_inherited *inherited);

/* The second half alone, for a child that was forked elsewhere. It may block: it is not PID 1. Never returns. */
void spawn_exec(const struct spawn_params *params, const struct spawn_inherited *inherited) __attribute__((noreturn));

#endif
