/* SPDX-License-Identifier: MIT */
/* What children tell: that a main process has ended, that all it left behind is gone, and what is said of it. */
#ifndef REINIT_RUNTIME_CHILDREN_H
#define REINIT_RUNTIME_CHILDREN_H

#include "runtime/state.h"

/* A reap_any_fn (arg: the struct runtime): say what the spec wants said of a child that is gone, whoever it was. */
void children_say(void *arg, bool known, pid_t pid, int status);

/* The main process of a service is gone: posts EXITED. */
void children_exited(struct runtime *rt, uint32_t service, uint32_t seq, pid_t pid, int status);

/* Posts CLEARED, once, when the last of the group that is waited for is gone: after a signal to it, or after reaping. */
void children_check_cleared(struct runtime *rt, uint32_t service);

#endif
