/* SPDX-License-Identifier: MIT */
#include "config/order.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define NOWHERE UINT32_MAX

void order_finish(struct order *order)
{
	for (uint32_t i = 0; order->after && i < order->count; i++)
		free(order->after[i]);
	free(order->services);
	free(order->after);
	free(order->after_count);
	free(order->sequence);
	free(order->position);
	memset(order, 0, sizeof(*order));
}

static int allocate(struct order *order, uint32_t count)
{
	size_t room = count > 0 ? count : 1;

	order->services = calloc(room, sizeof(*order->services));
	order->after = calloc(room, sizeof(*order->after));
	order->after_count = calloc(room, sizeof(*order->after_count));
	order->sequence = calloc(room, sizeof(*order->sequence));
	order->position = calloc(room, sizeof(*order->position));
	order->count = count;
	if (!order->services || !order->after || !order->after_count || !order->sequence || !order->position)
		return -ENOMEM;
	return 0;
}

static uint32_t find_name(const struct order *order, const char *name)
{
	for (uint32_t i = 0; i < order->count; i++)
		if (strcmp(order->services[i]->name, name) == 0)
			return i;
	return NOWHERE;
}

static void check_names(const struct order *order, struct faults *faults)
{
	for (uint32_t i = 1; i < order->count; i++) {
		const struct draft_service *service = order->services[i];
		uint32_t first = find_name(order, service->name);
		char where[512];

		if (first == i)
			continue;
		/* The command's own name is given by us: the file's line is the one to change. */
		if (service == &order->draft->own)
			faults_add(faults, &order->services[first]->origin, service->name, NULL, NULL,
				   "the name belongs to the command of the command line: take another");
		else
			faults_add(faults, &service->origin, service->name, NULL, NULL,
				   "the name is taken already, in %s",
				   origin_format(&order->services[first]->origin, where, sizeof(where)));
	}
}

static void fault_unknown(const struct order *order, const struct place *place, const char *name, struct faults *faults)
{
	const char **names = malloc(order->count * sizeof(*names));
	const char *close = NULL;

	for (uint32_t i = 0; names && i < order->count; i++)
		names[i] = order->services[i]->name;
	if (names)
		close = str_closest(name, names, order->count);
	if (close && strcmp(close, place->service->name) != 0)
		faults_at(faults, place, OPT_AFTER, "unknown service '%s'; did you mean '%s'?", name, close);
	else
		faults_at(faults, place, OPT_AFTER, "unknown service '%s'", name);
	free(names);
}

static bool has_index(const uint32_t *list, uint32_t count, uint32_t index)
{
	for (uint32_t i = 0; i < count; i++)
		if (list[i] == index)
			return true;
	return false;
}

static int resolve(struct order *order, uint32_t index, struct faults *faults)
{
	struct place place = { .draft = order->draft, .service = order->services[index] };
	struct found found = draft_find(&place, OPT_AFTER);

	if (!found.setting || found.setting->count == 0)
		return 0;
	order->after[index] = calloc(found.setting->count, sizeof(uint32_t));
	if (!order->after[index])
		return -ENOMEM;
	for (uint32_t i = 0; i < found.setting->count; i++) {
		uint32_t other = find_name(order, found.setting->values[i]);
		uint32_t *list = order->after[index];

		if (other == NOWHERE)
			fault_unknown(order, &place, found.setting->values[i], faults);
		else if (!has_index(list, order->after_count[index], other))
			list[order->after_count[index]++] = other;
	}
	return 0;
}

enum mark { MARK_NEW, MARK_OPEN, MARK_DONE };

/* One descent: where it stands in each service's list, and which services lie on the way. */
struct descent {
	uint8_t *marks; /* enum mark */
	uint32_t *way;	/* stack of services */
	uint32_t *next; /* per service: the entry of `after` that is looked at next */
	uint32_t depth;
};

/* "a → b → a", from where the way meets itself; each arrow reads "waits for". */
static void fault_cycle(const struct order *order, const struct descent *descent, uint32_t meets, struct faults *faults)
{
	char path[512] = "";
	uint32_t start = 0;
	struct place place = { .draft = order->draft, .service = order->services[meets] };

	while (descent->way[start] != meets)
		start++;
	for (uint32_t i = start; i < descent->depth; i++) {
		(void)str_append(path, sizeof(path), order->services[descent->way[i]]->name);
		(void)str_append(path, sizeof(path), " -> ");
	}
	if (str_append(path, sizeof(path), order->services[meets]->name) < 0)
		memcpy(path + sizeof(path) - 4, "...", 4);
	faults_at(faults, &place, OPT_AFTER, "the services wait for each other: %s", path);
}

/* Follow `after` from one service, without recursion, and append what has all it waits for. */
static bool descend(struct order *order, struct descent *descent, uint32_t root, uint32_t *done, struct faults *faults)
{
	bool cycle = false;

	descent->depth = 0;
	descent->way[descent->depth++] = root;
	descent->marks[root] = MARK_OPEN;
	while (descent->depth > 0) {
		uint32_t at = descent->way[descent->depth - 1];

		if (descent->next[at] == order->after_count[at]) {
			descent->marks[at] = MARK_DONE;
			descent->depth--;
			order->sequence[(*done)++] = at;
			continue;
		}
		uint32_t other = order->after[at][descent->next[at]++];
		if (descent->marks[other] == MARK_OPEN) {
			fault_cycle(order, descent, other, faults);
			cycle = true;
		} else if (descent->marks[other] == MARK_NEW) {
			descent->marks[other] = MARK_OPEN;
			descent->way[descent->depth++] = other;
		}
	}
	return cycle;
}

static int arrange(struct order *order, struct faults *faults)
{
	struct descent descent = { 0 };
	uint32_t done = 0;
	bool cycle = false;
	int r = 0;

	descent.marks = calloc(order->count + 1, sizeof(*descent.marks));
	descent.way = calloc(order->count + 1, sizeof(*descent.way));
	descent.next = calloc(order->count + 1, sizeof(*descent.next));
	if (!descent.marks || !descent.way || !descent.next)
		r = -ENOMEM;
	for (uint32_t i = 0; r == 0 && i < order->count; i++)
		if (descent.marks[i] == MARK_NEW)
			cycle |= descend(order, &descent, i, &done, faults);
	for (uint32_t i = 0; r == 0 && i < order->count; i++) {
		if (cycle)
			order->sequence[i] = i;
		order->position[order->sequence[i]] = i;
	}
	free(descent.marks);
	free(descent.way);
	free(descent.next);
	return r;
}

int order_init(struct order *order, const struct draft *draft, struct faults *faults)
{
	uint32_t count = draft->service_count + (draft->command_argv ? 1 : 0);
	int r;

	memset(order, 0, sizeof(*order));
	order->draft = draft;
	r = allocate(order, count);
	for (uint32_t i = 0; r == 0 && i < draft->service_count; i++)
		order->services[i] = &draft->services[i];
	if (r == 0 && draft->command_argv)
		order->services[count - 1] = &draft->own;
	if (r == 0)
		check_names(order, faults);
	for (uint32_t i = 0; r == 0 && i < count; i++)
		r = resolve(order, i, faults);
	if (r == 0)
		r = arrange(order, faults);
	if (r < 0)
		order_finish(order);
	return r;
}
