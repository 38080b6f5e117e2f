/* SPDX-License-Identifier: MIT */
#include "config/draft.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES 4000

struct draft_chunk {
	struct draft_chunk *next;
	size_t used, size;
	max_align_t data[];
};

void draft_init(struct draft *draft)
{
	memset(draft, 0, sizeof(*draft));
}

void draft_finish(struct draft *draft)
{
	while (draft->chunks) {
		struct draft_chunk *next = draft->chunks->next;

		free(draft->chunks);
		draft->chunks = next;
	}
	for (uint32_t i = 0; i < draft->service_count; i++)
		free(draft->services[i].watches);
	free(draft->services);
	free(draft->own.watches);
	draft_init(draft);
}

/* size bytes that live as long as the draft; aligned for anything. */
static void *draft_alloc(struct draft *draft, size_t size)
{
	struct draft_chunk *chunk = draft->chunks;
	size_t rounded = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
	void *memory;

	if (draft->failed || size > SIZE_MAX / 2)
		return NULL;
	if (!chunk || chunk->size - chunk->used < rounded) {
		size_t room = rounded > CHUNK_BYTES ? rounded : CHUNK_BYTES;

		chunk = malloc(sizeof(*chunk) + room);
		if (!chunk) {
			draft->failed = -ENOMEM;
			return NULL;
		}
		chunk->next = draft->chunks;
		chunk->used = 0;
		chunk->size = room;
		draft->chunks = chunk;
	}
	memory = (char *)chunk->data + chunk->used;
	chunk->used += rounded;
	return memory;
}

const char *draft_text(struct draft *draft, const char *text, size_t len)
{
	char *copy = draft_alloc(draft, len + 1);

	if (!copy)
		return NULL;
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

/* Room for one more value. The old array stays in the arena: doubling keeps the waste below the use. */
static bool setting_grow(struct draft *draft, struct setting *setting)
{
	uint32_t room = setting->room ? setting->room * 2 : 1;
	const char **values;

	if (setting->count < setting->room)
		return true;
	values = draft_alloc(draft, room * sizeof(*values));
	if (!values)
		return false;
	if (setting->count > 0)
		memcpy(values, setting->values, setting->count * sizeof(*values));
	setting->values = values;
	setting->room = room;
	return true;
}

void draft_put(struct draft *draft, struct setting *setting, struct origin origin, const char *text, bool append)
{
	if (origin.kind < setting->origin.kind || draft->failed)
		return;
	if (origin.kind > setting->origin.kind || !append)
		setting->count = 0;
	if (!text || !setting_grow(draft, setting))
		return;
	setting->values[setting->count++] = text;
	setting->origin = origin;
}

/* One more element of an array on the heap, zeroed. */
static void *array_add(struct draft *draft, void **array, uint32_t *count, uint32_t *room, size_t size)
{
	if (draft->failed)
		return NULL;
	if (*count == *room) {
		uint32_t wanted = *room ? *room * 2 : 1;
		void *grown = wanted > *room ? realloc(*array, wanted * size) : NULL;

		if (!grown) {
			draft->failed = -ENOMEM;
			return NULL;
		}
		*array = grown;
		*room = wanted;
	}
	return memset((char *)*array + (*count)++ * size, 0, size);
}

struct draft_service *draft_add_service(struct draft *draft, const char *name, struct origin origin)
{
	void *array = draft->services;
	struct draft_service *service =
		array_add(draft, &array, &draft->service_count, &draft->service_room, sizeof(*service));

	draft->services = array;
	if (service) {
		service->name = name;
		service->origin = origin;
	}
	return service;
}

struct draft_watch *draft_add_watch(struct draft *draft, struct draft_service *service, const char *path,
				    struct origin origin)
{
	void *array = service->watches;
	struct draft_watch *watch =
		array_add(draft, &array, &service->watch_count, &service->watch_room, sizeof(*watch));

	service->watches = array;
	if (watch) {
		watch->path = path;
		watch->origin = origin;
	}
	return watch;
}

char *origin_format(const struct origin *origin, char *buf, size_t size)
{
	switch (origin->kind) {
	case ORIGIN_DEFAULT:
		(void)snprintf(buf, size, "default");
		break;
	case ORIGIN_FILE:
		(void)snprintf(buf, size, "%s:%u", origin->name, origin->line);
		break;
	case ORIGIN_ENVIRONMENT:
		(void)snprintf(buf, size, "environment REINIT_%s", origin->name);
		break;
	case ORIGIN_COMMAND_LINE:
		(void)snprintf(buf, size, "command line");
		break;
	}
	return buf;
}

/* The default of an option at a place: a command of the command line differs in two from a service of a file. */
static const char *fallback_of(const struct place *place, enum option_id id)
{
	if (place->service == &place->draft->own) {
		if (id == OPT_RESTART)
			return "no";
		if (id == OPT_STOP_TIMEOUT && !place->draft->with_files)
			return "0";
	}
	return option_forms[id].fallback;
}

static const struct setting *setting_of_service(const struct place *place, uint32_t index)
{
	const struct setting *own = &place->draft->own.settings[index];

	if (place->draft->command_argv == 0 && own->origin.kind != ORIGIN_DEFAULT)
		return own;
	return &place->service->settings[index];
}

struct found draft_find(const struct place *place, enum option_id id)
{
	const struct setting *setting = NULL;
	uint32_t index = option_place(id);
	int itself = 0;

	switch (option_scope(id)) {
	case SCOPE_GLOBAL:
		setting = &place->draft->globals[index];
		break;
	case SCOPE_SERVICE:
		setting = setting_of_service(place, index);
		break;
	case SCOPE_WATCH:
		setting = &place->watch->settings[index];
		itself = 1;
		if (setting->origin.kind == ORIGIN_DEFAULT && place->service == &place->draft->own) {
			setting = &place->draft->watch_common[index];
			itself = 0;
		}
		break;
	case SCOPE_COUNT:
		break;
	}
	if (!setting || setting->origin.kind == ORIGIN_DEFAULT)
		return (struct found){ .fallback = fallback_of(place, id) };
	return (struct found){
		.setting = setting,
		.fallback = fallback_of(place, id),
		.rank = (int)setting->origin.kind * 2 + itself,
	};
}
