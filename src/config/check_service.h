/* SPDX-License-Identifier: MIT */
/* The meaning of one service and of one watch. For check.c. */
#ifndef REINIT_CONFIG_CHECK_SERVICE_H
#define REINIT_CONFIG_CHECK_SERVICE_H

#include "config/value.h"

/* All of a service but `after` and `essential`, which depend on the others. Faults are collected. */
struct service_spec check_service(struct value_reader *reader, const struct place *place);

/* A watch of the service with this index in the spec: judged and put into the build. */
void check_watch(struct value_reader *reader, const struct place *place, uint32_t service);

#endif
