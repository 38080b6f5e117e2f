/* SPDX-License-Identifier: MIT */
/*
 * What was read, as text, each value with the place it comes from. Nothing is interpreted yet.
 *
 * Heap is used freely: this lives at boot or in a one-shot child, and everything that hangs on a
 * draft is given back by draft_finish. A failed allocation sets `failed`; it never ends the process.
 */
#ifndef REINIT_CONFIG_DRAFT_H
#define REINIT_CONFIG_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/options.h"

/* Weakest first: a stronger one replaces the value of a weaker one. */
enum origin_kind { ORIGIN_DEFAULT, ORIGIN_FILE, ORIGIN_ENVIRONMENT, ORIGIN_COMMAND_LINE };

struct origin {
	enum origin_kind kind;
	uint32_t line;	  /* of the file */
	const char *name; /* of the file or the environment variable (without REINIT_) */
};

/* ORIGIN_DEFAULT: not set. The strings belong to the draft, to argv or to the environment. */
struct setting {
	struct origin origin;
	const char **values;
	uint32_t count, room;
};

struct draft_watch {
	const char *path;
	struct origin origin;
	struct setting settings[OPTION_WATCH_COUNT];
};

struct draft_service {
	const char *name;
	struct origin origin;
	struct setting settings[OPTION_SERVICE_COUNT];
	struct draft_watch *watches;
	uint32_t watch_count, watch_room;
};

struct draft_chunk;

struct draft {
	struct setting globals[OPTION_GLOBAL_COUNT];
	/*
	 * What the command line and the environment say about services: the command's own service when there
	 * is a command, else values that go over those of every service of the files.
	 */
	struct draft_service own;
	/* Watch options before the first --watch, and those of the environment. */
	struct setting watch_common[OPTION_WATCH_COUNT];
	char **argv;			/* of this process */
	uint32_t command_argv;		/* where the command starts; 0: there is none */
	uint32_t command_count;		/* its words */
	bool with_files;		/* services come from files (too) */
	struct draft_service *services; /* of the files, in their order */
	uint32_t service_count, service_room;
	struct draft_chunk *chunks;
	int failed; /* negative errno of the first allocation that failed */
};

/* An empty draft; no allocation. */
void draft_init(struct draft *draft);
void draft_finish(struct draft *draft);

/* A copy of len bytes as a terminated string, the draft's. NULL after a failed allocation. */
const char *draft_text(struct draft *draft, const char *text, size_t len);

/*
 * Put a value into a setting. A stronger origin clears what a weaker one said; with append a value of the same
 * origin is added to it, without it replaces it; a weaker one is dropped. The text is not copied.
 */
void draft_put(struct draft *draft, struct setting *setting, struct origin origin, const char *text, bool append);

/* Append a service of a file, or a watch of a service. NULL after a failed allocation; the pointer
 * is valid until the next call. The strings are not copied. */
struct draft_service *draft_add_service(struct draft *draft, const char *name, struct origin origin);
struct draft_watch *draft_add_watch(struct draft *draft, struct draft_service *service, const char *path,
				    struct origin origin);

/* "command line", "environment REINIT_X", "file:12" or "default" into buf. Returns buf. */
char *origin_format(const struct origin *origin, char *buf, size_t size);

/* Where a value is looked for: a global option has neither, a service option no watch. */
struct place {
	const struct draft *draft;
	const struct draft_service *service;
	const struct draft_watch *watch;
};

struct found {
	const struct setting *setting; /* NULL: nobody said anything, fallback holds */
	const char *fallback;	       /* the default as text, "" for none */
	int rank;		       /* the higher, the stronger; one of a watch itself goes over a default for all */
};

/* The value that holds at a place, by the order command line, environment, file, default. */
struct found draft_find(const struct place *place, enum option_id id);

#endif
