/* SPDX-License-Identifier: MIT */
/* tini 0.19, also as docker-init. */
#ifndef REINIT_COMPAT_TINI_H
#define REINIT_COMPAT_TINI_H

#include "compat/personality.h"

/* A personality_fn. Interface: tini's README, "Options" and "Subreaping"; dockerd parses the output of --version. */
void tini_plan(const struct personality_input *input, struct specbuild *build, struct personality_plan *plan);

#endif
