/* SPDX-License-Identifier: MIT */
/*
 * The allocator of the static release file, in the place of musl's.
 *
 * musl sorts blocks by size into pages of their own: good for large programs, but the few blocks of a plain init
 * then touch five pages and cost six system calls before its child runs. Here they stand one after another in a static
 * arena; it costs no call and no page that is not used. What does not fit gets further regions, and large blocks get
 * mappings of their own, which go back to the kernel when they are freed.
 *
 * First fit; neighbours that are free are joined while looking. One thread only. All sizes are multiples of 16.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ARENA_BYTES (32u * 1024)
#define REGION_BYTES (256u * 1024)
#define LARGE_BYTES (64u * 1024)

#define USED 1u
#define MAPPED 2u /* a block that is a mapping of its own */
#define FLAGS 15u

/* Stands before every block. */
struct head {
	size_t size_flags; /* size with this head */
	size_t pad;
};

struct region {
	struct region *next;
	struct head *end;
	struct head *lowest; /* no block below it is free */
	size_t pad;
};

/* The section is placed by layout.ld. */
static union {
	struct region region;
	_Alignas(16) char bytes[ARENA_BYTES];
} arena __attribute__((section(".bss.arena")));

static size_t size_of(const struct head *head)
{
	return head->size_flags & ~(size_t)FLAGS;
}

static struct head *after(struct head *head)
{
	return (struct head *)((char *)head + size_of(head));
}

static void open_region(struct region *region, size_t bytes)
{
	struct head *first = (struct head *)(region + 1);

	region->next = NULL;
	region->end = (struct head *)((char *)region + bytes);
	region->lowest = first;
	first->size_flags = (size_t)((char *)region->end - (char *)first);
}

static void join(struct head *head, const struct head *end)
{
	for (struct head *next = after(head); next != end && !(next->size_flags & USED); next = after(head))
		head->size_flags += next->size_flags;
}

/* Take size bytes of a free block; what is left stays free. */
static void take(struct head *head, size_t size)
{
	size_t left = head->size_flags - size;

	if (left > sizeof(*head)) {
		((struct head *)((char *)head + size))->size_flags = left;
		head->size_flags = size;
	}
	head->size_flags |= USED;
}

static struct head *find(struct region *region, size_t size)
{
	bool all_used = true; /* from region->lowest up to here */

	for (struct head *head = region->lowest; head != region->end; head = after(head)) {
		if (head->size_flags & USED)
			continue;
		join(head, region->end);
		if (all_used)
			region->lowest = head;
		all_used = false;
		if (head->size_flags >= size) {
			take(head, size);
			return head;
		}
	}
	if (all_used)
		region->lowest = region->end;
	return NULL;
}

static void *map(size_t bytes)
{
	void *place = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return place != MAP_FAILED ? place : NULL;
}

static struct head *find_large(size_t size)
{
	struct head *head = map(size);

	if (head != NULL)
		head->size_flags = size | USED | MAPPED;
	return head;
}

static struct head *find_anywhere(size_t size)
{
	struct region *region = &arena.region;
	struct head *head;

	if (region->end == NULL)
		open_region(region, sizeof(arena));
	for (;;) {
		head = find(region, size);
		if (head != NULL)
			return head;
		if (region->next == NULL)
			break;
		region = region->next;
	}
	region->next = map(REGION_BYTES);
	if (region->next == NULL)
		return NULL;
	open_region(region->next, REGION_BYTES);
	return find(region->next, size);
}

void *malloc(size_t wanted)
{
	struct head *head = NULL;
	size_t size;

	if (wanted <= PTRDIFF_MAX) {
		size = (wanted + sizeof(*head) + 15) & ~(size_t)15;
		head = size >= LARGE_BYTES ? find_large(size) : find_anywhere(size);
	}
	if (head == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	return head + 1;
}

static struct region *region_of(const struct head *head)
{
	struct region *region = &arena.region;

	while ((uintptr_t)head < (uintptr_t)region || (uintptr_t)head >= (uintptr_t)region->end)
		region = region->next;
	return region;
}

void free(void *block)
{
	struct head *head = (struct head *)block - 1;
	struct region *region;
	int error = errno; /* free changes no errno, and munmap might */

	if (block == NULL)
		return;
	if (head->size_flags & MAPPED) {
		(void)munmap(head, size_of(head));
		errno = error;
		return;
	}
	head->size_flags &= ~(size_t)USED;
	region = region_of(head);
	if (head < region->lowest)
		region->lowest = head;
}

void *calloc(size_t count, size_t size)
{
	size_t bytes;
	void *block;

	if (__builtin_mul_overflow(count, size, &bytes))
		bytes = SIZE_MAX; /* refused by malloc */
	block = malloc(bytes);
	if (block != NULL && !(((struct head *)block - 1)->size_flags & MAPPED))
		memset(block, 0, bytes);
	return block;
}

void *realloc(void *block, size_t wanted)
{
	size_t have;
	void *bigger;

	if (block == NULL)
		return malloc(wanted);
	have = size_of((struct head *)block - 1) - sizeof(struct head);
	if (wanted <= have && wanted >= have / 2)
		return block;
	bigger = malloc(wanted);
	if (bigger == NULL)
		return NULL;
	memcpy(bigger, block, wanted < have ? wanted : have);
	free(block);
	return bigger;
}
