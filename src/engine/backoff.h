/* SPDX-License-Identifier: MIT */
/* Delays that grow, in integers. */
#ifndef REINIT_ENGINE_BACKOFF_H
#define REINIT_ENGINE_BACKOFF_H

#include <stdint.h>

/*
 * How long to wait before start number failures + 1: the first crash is answered at once, then min_ms,
 * doubling to max_ms.
 */
int64_t backoff_restart_ms(uint32_t failures, int64_t min_ms, int64_t max_ms);

/* The next of a doubling interval: first, then twice the last, at most max. */
uint32_t backoff_next_ms(uint32_t last_ms, int64_t first_ms, int64_t max_ms);

#endif
