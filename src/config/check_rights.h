/* SPDX-License-Identifier: MIT */
/* Check what a service may: user, group, umask, directory. Part of check.c's walk. */
#ifndef REINIT_CONFIG_CHECK_RIGHTS_H
#define REINIT_CONFIG_CHECK_RIGHTS_H

#include "config/value.h"

/* Fill in the rights of a service. Names are looked up in /etc/passwd and /etc/group. */
void check_rights(struct value_reader *reader, const struct place *place, struct service_spec *spec);

#endif
