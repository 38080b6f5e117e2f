/* SPDX-License-Identifier: MIT */
/* The events that wait for their step: a ring of fixed size, first in, first out. */
#ifndef REINIT_RUNTIME_QUEUE_H
#define REINIT_RUNTIME_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/effect.h"
#include "model/event.h"

struct queue {
	struct event *ring;
	uint32_t first, count, capacity;
};

/* Room for capacity events, kept until the process ends. Boot only. Returns 0 or -ENOMEM. */
int queue_init(struct queue *queue, uint32_t capacity);

/* Put one at the end. When there is no room it is dropped; capacity must be such that this cannot be. */
void queue_post(struct queue *queue, struct event event);

/* Put the answer to an effect of a service at the end. */
void queue_answer(struct queue *queue, enum event_kind kind, const struct effect *effect, int32_t value);

/* Take the first into *ret. Returns false, with *ret untouched, when none waits. */
bool queue_take(struct queue *queue, struct event *ret);

#endif
