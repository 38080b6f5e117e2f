/* SPDX-License-Identifier: MIT */
/* Become another user: in a child, before exec. */
#ifndef REINIT_RUNTIME_RIGHTS_H
#define REINIT_RUNTIME_RIGHTS_H

#include "model/spec.h"

/*
 * Take the groups, group, user, HOME, USER, LOGNAME and no-new-privs that the service was given; what was not given
 * stays. Who is that user already needs no right for it. Returns 0, or negative errno with *ret_stage saying what failed.
 */
int rights_take(const struct spec *spec, const struct service_spec *service, const char **ret_stage);

#endif
