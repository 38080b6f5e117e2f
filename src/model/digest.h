/* SPDX-License-Identifier: MIT */
/* A 128-bit content hash over the subscribed keys of a watch. Compared only for equality. */
#ifndef REINIT_MODEL_DIGEST_H
#define REINIT_MODEL_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

struct digest {
	uint64_t high;
	uint64_t low;
};

/* True when both stand for the same content. */
static inline bool digest_equal(struct digest a, struct digest b)
{
	return a.high == b.high && a.low == b.low;
}

#endif
