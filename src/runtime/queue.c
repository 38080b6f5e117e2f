/* SPDX-License-Identifier: MIT */
#include "runtime/queue.h"

#include <errno.h>
#include <stdlib.h>

int queue_init(struct queue *queue, uint32_t capacity)
{
	*queue = (struct queue){ .ring = malloc(capacity * sizeof(*queue->ring)), .capacity = capacity };
	return queue->ring == NULL ? -ENOMEM : 0;
}

void queue_post(struct queue *queue, struct event event)
{
	if (queue->count == queue->capacity)
		return;
	queue->ring[(queue->first + queue->count) % queue->capacity] = event;
	queue->count++;
}

void queue_answer(struct queue *queue, enum event_kind kind, const struct effect *effect, int32_t value)
{
	queue_post(queue,
		   (struct event){ .kind = kind, .service = effect->service, .seq = effect->seq, .value = value });
}

bool queue_take(struct queue *queue, struct event *ret)
{
	if (queue->count == 0)
		return false;
	*ret = queue->ring[queue->first];
	queue->first = (queue->first + 1) % queue->capacity;
	queue->count--;
	return true;
}
