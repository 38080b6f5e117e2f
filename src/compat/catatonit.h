/* SPDX-License-Identifier: MIT */
/* catatonit 0.1, also as podman-init and, with -P, as the pause process of a pod. */
#ifndef REINIT_COMPAT_CATATONIT_H
#define REINIT_COMPAT_CATATONIT_H

#include "compat/personality.h"

/* A personality_fn. Interface: catatonit's help and README. */
void catatonit_plan(const struct personality_input *input, struct specbuild *build, struct personality_plan *plan);

#endif
