/* SPDX-License-Identifier: MIT */
/* Build a spec block. Boot code and the one-shot reader only: it allocates. */
#ifndef REINIT_MODEL_SPECBUILD_H
#define REINIT_MODEL_SPECBUILD_H

#include "model/spec.h"

struct specbuild {
	struct spec head;
	struct service_spec *services;
	struct watch_spec *watches;
	uint32_t *words;
	char *pool;
	uint32_t service_room, watch_room, word_room, pool_room;
	int failed; /* negative errno of the first allocation or limit that failed; then all calls do nothing */
};

/* Begin with defaults: no services, no watches, the global defaults of reinit.conf(5). No allocation. */
void specbuild_init(struct specbuild *build);
/* Free everything; b may be half made. */
void specbuild_finish(struct specbuild *build);

/* Add a service (SERVICE_SPEC_INIT) or a zeroed watch; the pointer is valid until the next call. NULL after a failure. */
struct service_spec *specbuild_service(struct specbuild *build);
struct watch_spec *specbuild_watch(struct specbuild *build);
/* Put a string into the pool; "" and NULL give 0. */
uint32_t specbuild_str(struct specbuild *build, const char *text);
/* A list of count strings, or of count plain numbers. */
struct spec_list specbuild_strs(struct specbuild *build, const char *const *texts, size_t count);
struct spec_list specbuild_nums(struct specbuild *build, const uint32_t *numbers, size_t count);

/*
 * Lay the block out. *ret_block is malloc'ed, the caller's. Returns the size in bytes, or -ENOMEM
 * or -E2BIG (a limit of spec.h).
 */
long specbuild_pack(const struct specbuild *build, struct spec **ret_block);

#endif
