/* SPDX-License-Identifier: MIT */
/* Names of `after` → an order in which every service stands behind those it waits for. */
#ifndef REINIT_CONFIG_ORDER_H
#define REINIT_CONFIG_ORDER_H

#include <stdint.h>

#include "config/draft.h"
#include "config/faults.h"

/* services[count] in the order they were given, with their `after` as indices into it. */
struct order {
	const struct draft *draft;
	const struct draft_service **services;
	uint32_t count;
	uint32_t **after; /* per service */
	uint32_t *after_count;
	uint32_t *sequence; /* sequence[n]: the service that is n-th; a given order is kept where it can be */
	uint32_t *position; /* the reverse */
};

/*
 * Take all services of a draft (the command's own last) and order them. Unknown and doubled names and
 * cycles become faults; then the order is the given one. Returns 0 or -ENOMEM.
 */
int order_init(struct order *order, const struct draft *draft, struct faults *faults);
void order_finish(struct order *order);

#endif
