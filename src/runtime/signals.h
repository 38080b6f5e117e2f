/* SPDX-License-Identifier: MIT */
/* Signals as a descriptor: blocked from the first act of main, read from a signalfd, realtime ones one for one. */
#ifndef REINIT_RUNTIME_SIGNALS_H
#define REINIT_RUNTIME_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/spawn.h"

#define SIGNALS_BATCH 16 /* read at once; the loop comes back for more */

/*
 * The first act of main: block every signal, for PID 1 would lose one whose action is the default. Even SIGSEGV and
 * its like are blocked, so that a kill(2) of them can be passed on; a real fault is not held back by that
 * (the kernel forces it through and the process ends, signal(7)). A SIGCHLD that came ignored is set to its default,
 * or waitpid(2) would lose every exit status. What children must be given back is kept in *ret.
 */
void signals_take_over(struct spawn_inherited *ret);

/* A signalfd for all signals. Returns the descriptor or negative errno. */
int signals_open(void);

/* by_kernel: no process sent it; for a signal of job control that means the terminal. */
typedef void (*signals_fn)(void *arg, int signal, bool by_kernel);

/*
 * Call fn for at most SIGNALS_BATCH signals that have come. What this process has caused itself (SIGPIPE of a
 * write) is left out. Never blocks.
 */
void signals_read(int fd, signals_fn fn, void *arg);

/* The same for one signal, without a descriptor: wait for it for wait_ms, or for ever when that is negative. */
void signals_wait(int64_t wait_ms, signals_fn fn, void *arg);

#endif
