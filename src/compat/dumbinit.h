/* SPDX-License-Identifier: MIT */
/* dumb-init 1.2. */
#ifndef REINIT_COMPAT_DUMBINIT_H
#define REINIT_COMPAT_DUMBINIT_H

#include "compat/personality.h"

/* A personality_fn. Interface: dumb-init's README, "Usage". */
void dumbinit_plan(const struct personality_input *input, struct specbuild *build, struct personality_plan *plan);

#endif
