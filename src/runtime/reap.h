/* SPDX-License-Identifier: MIT */
/* Who is who among the children, and waitpid in bounded batches. */
#ifndef REINIT_RUNTIME_REAP_H
#define REINIT_RUNTIME_REAP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define REAP_BATCH 64 /* children per turn: other sources get their turn in a storm */

/* What a known child is to us. */
enum reap_role { REAP_SERVICE, REAP_HELPER };

/* index: service or helper slot; seq: as given at reap_expect. */
typedef void (*reap_fn)(void *arg, enum reap_role role, uint32_t index, uint32_t seq, pid_t pid, int status);

/* A known child was stopped by a signal; it is still there. */
typedef void (*reap_stopped_fn)(void *arg, enum reap_role role, uint32_t index);

/* Every child that is gone, known or not: for those who want to tell. */
typedef void (*reap_any_fn)(void *arg, bool known, pid_t pid, int status);

struct reap_entry {
	pid_t pid; /* 0: free, -1: was used */
	enum reap_role role;
	uint32_t index, seq;
};

struct reap {
	struct reap_entry *table; /* open addressing by pid; capacity is a power of two */
	uint32_t capacity, used, dirty;
	uint64_t orphans; /* reaped children that nobody had announced */
	reap_fn fn;
	reap_stopped_fn stopped_fn; /* NULL: stops are not asked for */
	reap_any_fn any_fn;	    /* NULL: nobody wants to know */
	void *arg;
};

/* capacity: the most children that will be known at once. Returns 0 or -ENOMEM. */
int reap_init(struct reap *reap, uint32_t capacity, reap_fn fn, void *arg);
void reap_finish(struct reap *reap);

/* Announce a child just forked. Returns 0, or -ENOSPC when the table is full (rehashes in place, never allocates). */
int reap_expect(struct reap *reap, pid_t pid, enum reap_role role, uint32_t index, uint32_t seq);

enum reap_state { REAP_IDLE, REAP_MORE, REAP_CHILDLESS };
/*
 * Reap at most REAP_BATCH children and report the known ones through fn. Call it on SIGCHLD and
 * while it answers REAP_MORE. REAP_CHILDLESS: waitpid said ECHILD, no child of ours is left at all.
 */
enum reap_state reap_collect(struct reap *reap);

#endif
