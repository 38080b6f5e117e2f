/* SPDX-License-Identifier: MIT */
#include "model/specbuild.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/line.h"

void specbuild_init(struct specbuild *build)
{
	memset(build, 0, sizeof(*build));
	build->head.magic = SPEC_MAGIC;
	build->head.version = SPEC_VERSION;
	build->head.log_format = LINE_LOGFMT;
	build->head.log_level = LINE_INFO;
	build->head.poll_ms = 30000;
	build->head.linger_ms = 5000;
	build->head.retry_min_ms = 5000;
	build->head.retry_max_ms = 60000;
	build->head.own_orphans = 1;
	for (uint32_t n = 0; n < SPEC_SIGNALS; n++)
		build->head.signal_map[n] = (uint8_t)n;
	build->head.signal_map[SIGCHLD] = 0; /* a child's end is ours to handle */
	for (uint32_t n = 0; n < SPEC_CODES; n++)
		build->head.exit_map[n] = (uint8_t)n;
}

void specbuild_finish(struct specbuild *build)
{
	free(build->services);
	free(build->watches);
	free(build->words);
	free(build->pool);
	memset(build, 0, sizeof(*build));
}

/* Make room for count + more items in a growing array. Returns false, with build->failed set, when it cannot be had. */
static bool grow(struct specbuild *build, void **array, uint32_t *room, uint32_t count, size_t more, size_t item,
		 uint32_t limit)
{
	size_t need = (size_t)count + more, wanted = *room == 0 ? 1 : *room;
	void *bigger;

	if (build->failed != 0)
		return false;
	if (need > limit) {
		build->failed = -E2BIG;
		return false;
	}
	if (need <= *room)
		return true;
	while (wanted < need)
		wanted *= 2;
	bigger = realloc(*array, wanted * item);
	if (bigger == NULL) {
		build->failed = -ENOMEM;
		return false;
	}
	*array = bigger;
	*room = (uint32_t)wanted;
	return true;
}

struct service_spec *specbuild_service(struct specbuild *build)
{
	void *array = build->services;
	struct service_spec *service;

	if (!grow(build, &array, &build->service_room, build->head.service_count, 1, sizeof(*service),
		  SPEC_MAX_SERVICES))
		return NULL;
	build->services = array;
	service = &build->services[build->head.service_count++];
	*service = (struct service_spec)SERVICE_SPEC_INIT;
	return service;
}

struct watch_spec *specbuild_watch(struct specbuild *build)
{
	void *array = build->watches;
	struct watch_spec *watch;

	if (!grow(build, &array, &build->watch_room, build->head.watch_count, 1, sizeof(*watch), SPEC_MAX_WATCHES))
		return NULL;
	build->watches = array;
	watch = &build->watches[build->head.watch_count++];
	memset(watch, 0, sizeof(*watch));
	return watch;
}

uint32_t specbuild_str(struct specbuild *build, const char *text)
{
	void *array = build->pool;
	size_t len = text == NULL ? 0 : strlen(text);
	uint32_t offset;

	if (len == 0)
		return 0;
	/* Offset 0 is the empty string: the first string brings it along. */
	if (build->head.pool_bytes == 0) {
		if (!grow(build, &array, &build->pool_room, 0, 1, 1, SPEC_MAX_BYTES))
			return 0;
		build->pool = array;
		build->pool[0] = '\0';
		build->head.pool_bytes = 1;
	}
	array = build->pool;
	if (!grow(build, &array, &build->pool_room, build->head.pool_bytes, len + 1, 1, SPEC_MAX_BYTES))
		return 0;
	build->pool = array;
	offset = build->head.pool_bytes;
	memcpy(build->pool + offset, text, len + 1);
	build->head.pool_bytes += (uint32_t)len + 1;
	return offset;
}

struct spec_list specbuild_nums(struct specbuild *build, const uint32_t *numbers, size_t count)
{
	struct spec_list list = { build->head.word_count, 0 };
	void *array = build->words;

	if (count == 0 ||
	    !grow(build, &array, &build->word_room, build->head.word_count, count, sizeof(uint32_t), SPEC_MAX_WORDS))
		return list;
	build->words = array;
	memcpy(build->words + list.first, numbers, count * sizeof(*numbers));
	build->head.word_count += (uint32_t)count;
	list.count = (uint32_t)count;
	return list;
}

struct spec_list specbuild_strs(struct specbuild *build, const char *const *texts, size_t count)
{
	struct spec_list list = { build->head.word_count, 0 };

	for (size_t n = 0; n < count; n++) {
		uint32_t offset = specbuild_str(build, texts[n]);

		list.count += specbuild_nums(build, &offset, 1).count;
	}
	return list;
}

static uint32_t align8(size_t offset)
{
	return (uint32_t)((offset + 7) & ~(size_t)7);
}

static void lay(struct spec *block, uint32_t offset, const void *from, size_t bytes)
{
	if (bytes > 0)
		memcpy((char *)block + offset, from, bytes);
}

long specbuild_pack(const struct specbuild *build, struct spec **ret_block)
{
	struct spec head = build->head;
	struct spec *block;

	if (build->failed != 0)
		return build->failed;
	if (head.pool_bytes == 0)
		head.pool_bytes = 1; /* only the empty string, which calloc writes */
	head.service_off = align8(sizeof(head));
	head.watch_off = align8(head.service_off + head.service_count * sizeof(*build->services));
	head.word_off = align8(head.watch_off + head.watch_count * sizeof(*build->watches));
	head.pool_off = align8(head.word_off + head.word_count * sizeof(*build->words));
	head.size_bytes = head.pool_off + head.pool_bytes;
	if (head.size_bytes > SPEC_MAX_BYTES)
		return -E2BIG;
	block = calloc(1, head.size_bytes);
	if (block == NULL)
		return -ENOMEM;
	*block = head;
	lay(block, head.service_off, build->services, head.service_count * sizeof(*build->services));
	lay(block, head.watch_off, build->watches, head.watch_count * sizeof(*build->watches));
	lay(block, head.word_off, build->words, head.word_count * sizeof(*build->words));
	lay(block, head.pool_off, build->pool, build->head.pool_bytes);
	*ret_block = block;
	return (long)head.size_bytes;
}
