/* SPDX-License-Identifier: MIT */
/* Run one command to its end within limits, from a one-shot child: it blocks. */
#ifndef REINIT_RUNTIME_COMMAND_H
#define REINIT_RUNTIME_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/spawn.h"

struct command {
	char *const *argv;
	char *const *envp;    /* NULL: as inherited */
	int64_t timeout_ms;   /* 0: none */
	int64_t memory_bytes; /* RLIMIT_AS; 0: none */
	const char *name;     /* for the error line of a failed exec */
	bool json;
	/* answers */
	int status; /* wait status */
	bool timed_out;
	bool cancelled; /* a TERM came for this process */
	char *output;	/* the caller's buffer for the end of what it printed */
	size_t output_size;
	size_t output_len;
};

/*
 * Run it in a session of its own. At its time limit (or a TERM to this process): TERM to its group, KILL after 500 ms.
 * When it has ended, everything it left behind is killed and reaped (this process is a subreaper).
 * Returns 0, or negative errno when it could not be started.
 */
int command_run(struct command *command, const struct spawn_inherited *inherited);

#endif
