/* SPDX-License-Identifier: MIT */
/* Do what the engine wants done: one effect, one act of the kernel, the answer as an event. */
#ifndef REINIT_RUNTIME_PERFORM_H
#define REINIT_RUNTIME_PERFORM_H

#include "model/effect.h"
#include "runtime/state.h"

/*
 * Perform one effect. Posts its answer (model/effect.h says which) at once, or leaves it to the child that will end.
 * Never blocks and never fails: what the kernel refuses is part of the answer. EXIT does not return.
 */
void perform_effect(struct runtime *rt, const struct effect *effect);

#endif
