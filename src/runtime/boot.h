/* SPDX-License-Identifier: MIT */
/* What the runtime gets before anything is started: its memory, and its place among other processes. */
#ifndef REINIT_RUNTIME_BOOT_H
#define REINIT_RUNTIME_BOOT_H

#include "base/err.h"
#include "runtime/state.h"

/*
 * Get the memory of rt, whose spec, argv and inherited are set, so that nothing is asked for later: room for events
 * events, for all helpers that can be at once (none where the spec needs none), for every child. Children that are
 * known go to child_fn with rt as its arg. Returns 0 or -ENOMEM.
 */
int boot_memory(struct runtime *rt, uint32_t events, reap_fn child_fn);

/*
 * Become what this process is to others, as the spec wants: reaper of orphans, child of its parent, user of a
 * directory. rt->voice is set. Returns 0 or negative errno with err.
 */
int boot_process(struct runtime *rt, struct err *err);

#endif
