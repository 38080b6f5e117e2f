/* SPDX-License-Identifier: MIT */
/*
 * What the runtime knows: one struct, made at boot and handed to the rooms between the engine's effects and the kernel.
 * Private to driver, boot, perform, delegate, children and terminal; every other room of this folder gets
 * its own part alone. There is one in a process, inside driver.c, and nothing of it is ever given back.
 */
#ifndef REINIT_RUNTIME_STATE_H
#define REINIT_RUNTIME_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/spec.h"
#include "runtime/helper.h"
#include "runtime/loop.h"
#include "runtime/queue.h"
#include "runtime/reap.h"
#include "runtime/report.h"
#include "runtime/spawn.h"
#include "runtime/voice.h"
#include "runtime/watch.h"

/* What the runtime knows of a service beyond the engine. */
struct running {
	pid_t pid;	/* of the main process, 0 when there is none */
	pid_t group;	/* process group of the last incarnation */
	pid_t clearing; /* the group whose end is to be told; 0: none */
	uint32_t clearing_seq;
	char *const *argv; /* made once, so that a restart needs no memory */
};

/* A helper's pipe in the loop; its place among them is the helper's slot. */
struct delegate {
	struct runtime *rt;
	struct loop_fd *output; /* NULL: the slot is free */
};

struct runtime {
	/* As given at boot. */
	const struct spec *spec;
	char *const *argv; /* of this process: what command_argv counts in */
	const struct spawn_inherited *inherited;
	int dir_fd; /* the commands' working directory, when ours is another; else -1 */

	/* Where events come from, and where they wait. */
	struct queue queue;
	struct loop *loop;	 /* NULL: nothing but signals and time can come */
	struct watcher *watcher; /* NULL: the spec has no watch */

	/* Children. */
	struct running *running; /* by service */
	struct reap reap;
	enum reap_state reap_state; /* what the last collection said */
	uint32_t clearing;	    /* services whose leftovers are waited for */
	bool rest_wanted;	    /* REST_GONE is to be told */
	struct helpers helpers;
	struct delegate *delegates;	    /* by helper slot */
	const struct helper_result *result; /* that the current event comes from; NULL: from something else */
	bool *too_big;			    /* by watch: more, or elsewhere, than may be read in the loop */

	/* Signals (bit n - 1) that are not passed on when they come next: giving up the terminal sends them. */
	uint64_t skipped;
	bool job_stopped; /* our command was stopped, and we with it */

	struct report report;
	struct voice voice;
};

#endif
