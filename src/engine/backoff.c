/* SPDX-License-Identifier: MIT */
#include "engine/backoff.h"

int64_t backoff_restart_ms(uint32_t failures, int64_t min_ms, int64_t max_ms)
{
	int64_t delay_ms = min_ms;

	if (failures <= 1)
		return 0;
	for (uint32_t n = 2; n < failures && delay_ms < max_ms; n++)
		delay_ms *= 2;
	return delay_ms < max_ms ? delay_ms : max_ms;
}

uint32_t backoff_next_ms(uint32_t last_ms, int64_t first_ms, int64_t max_ms)
{
	int64_t next_ms = last_ms == 0 ? first_ms : 2 * (int64_t)last_ms;

	return (uint32_t)(next_ms < max_ms ? next_ms : max_ms);
}
