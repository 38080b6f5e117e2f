/* SPDX-License-Identifier: MIT */
#include "runtime/reap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "runtime/sys.h"

#define FREE 0
#define USED_BEFORE -1 /* a tombstone: a search goes on past it */

int reap_init(struct reap *reap, uint32_t capacity, reap_fn fn, void *arg)
{
	uint32_t size = 8;

	while (size < 2 * capacity)
		size *= 2;
	memset(reap, 0, sizeof(*reap));
	reap->table = calloc(size, sizeof(*reap->table));
	if (reap->table == NULL)
		return -ENOMEM;
	reap->capacity = size;
	reap->fn = fn;
	reap->arg = arg;
	return 0;
}

void reap_finish(struct reap *reap)
{
	free(reap->table);
	memset(reap, 0, sizeof(*reap));
}

static uint32_t place(const struct reap *reap, pid_t pid)
{
	return ((uint32_t)pid * 2654435761u) & (reap->capacity - 1); /* Knuth's multiplicative hash */
}

static struct reap_entry *find(const struct reap *reap, pid_t pid)
{
	for (uint32_t n = 0, at = place(reap, pid); n < reap->capacity; n++, at = (at + 1) & (reap->capacity - 1)) {
		if (reap->table[at].pid == pid)
			return &reap->table[at];
		if (reap->table[at].pid == FREE)
			return NULL;
	}
	return NULL;
}

static void insert(struct reap *reap, struct reap_entry entry)
{
	uint32_t at = place(reap, entry.pid);

	while (reap->table[at].pid > 0)
		at = (at + 1) & (reap->capacity - 1);
	if (reap->table[at].pid == USED_BEFORE)
		reap->dirty--;
	reap->table[at] = entry;
	reap->used++;
}

/*
 * Clear the tombstones without memory: take every entry that does not stand where a fresh search would first put it
 * out and put it in again, until none moves. The table is small and half empty.
 */
static void rehash(struct reap *reap)
{
	bool moved = true;

	for (uint32_t at = 0; at < reap->capacity; at++) {
		if (reap->table[at].pid == USED_BEFORE)
			reap->table[at].pid = FREE;
	}
	reap->dirty = 0;
	while (moved) {
		moved = false;
		for (uint32_t at = 0; at < reap->capacity; at++) {
			struct reap_entry entry = reap->table[at];

			if (entry.pid <= 0)
				continue;
			reap->table[at].pid = FREE;
			reap->used--;
			insert(reap, entry);
			if (reap->table[at].pid != entry.pid)
				moved = true;
		}
	}
}

int reap_expect(struct reap *reap, pid_t pid, enum reap_role role, uint32_t index, uint32_t seq)
{
	if (reap->used >= reap->capacity / 2)
		return -ENOSPC;
	if (reap->dirty > reap->capacity / 4)
		rehash(reap);
	insert(reap, (struct reap_entry){ pid, role, index, seq });
	return 0;
}

/* One child is gone: forget it before fn, which may start another with the same pid. */
static void report(struct reap *reap, pid_t pid, int status)
{
	struct reap_entry *entry = find(reap, pid);
	struct reap_entry known;

	if (WIFSTOPPED(status)) {
		if (entry != NULL)
			reap->stopped_fn(reap->arg, entry->role, entry->index);
		return;
	}
	if (reap->any_fn != NULL)
		reap->any_fn(reap->arg, entry != NULL, pid, status);
	if (entry == NULL) {
		reap->orphans++;
		return;
	}
	known = *entry;
	entry->pid = USED_BEFORE;
	reap->used--;
	reap->dirty++;
	reap->fn(reap->arg, known.role, known.index, known.seq, pid, status);
}

enum reap_state reap_collect(struct reap *reap)
{
	for (int n = 0; n < REAP_BATCH; n++) {
		int status;
		pid_t pid = sys_wait_any(&status, reap->stopped_fn != NULL);

		if (pid == -ECHILD)
			return REAP_CHILDLESS;
		if (pid <= 0)
			return REAP_IDLE;
		report(reap, pid, status);
	}
	return REAP_MORE;
}
