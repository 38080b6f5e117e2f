/* SPDX-License-Identifier: MIT */
/*
 * Work that may crash, leak or end the process, done in a forked child: it hands back a block of memory and a
 * text. Boot only: the parent waits.
 */
#ifndef REINIT_APP_ONESHOT_H
#define REINIT_APP_ONESHOT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define ONESHOT_LIMIT_MS 30000	      /* the child is killed beyond it: a configuration on a hung mount */
#define ONESHOT_MAX_BYTES (32u << 20) /* of all that a child says */

/* What the child is given to answer with. */
struct oneshot_out {
	int pipe_fd;
	int block_fd;
};

struct oneshot_answer {
	int32_t code;	   /* as given to oneshot_finish */
	char *text;	   /* malloc'ed, terminated; NULL when there is none */
	const void *block; /* mapped read-only and never unmapped; NULL when there is none */
	size_t block_bytes;
};

/* In the child: what it works on now, for the message should it die (cut at 512 bytes). */
void oneshot_stage(struct oneshot_out *out, const char *what);
/* In the child: the answer, last. text may be NULL, block too. Returns 0 or negative errno. */
int oneshot_finish(struct oneshot_out *out, int32_t code, const char *text, const void *block, size_t block_bytes);

/*
 * Fork, run work in the child and wait for it. work answers through out and returns; the child then ends.
 * Returns 0 with *ret, or negative errno: "child ended with signal 11" (what, when told, stands before it).
 */
int oneshot_run(void (*work)(struct oneshot_out *out, void *arg), void *arg, struct oneshot_answer *ret,
		struct err *err);

#endif
