/* SPDX-License-Identifier: MIT */
/* All faults of meaning, collected, one line each, so that a user mends them in one go. */
#ifndef REINIT_CONFIG_FAULTS_H
#define REINIT_CONFIG_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/draft.h"

#define FAULTS_MAX 100 /* beyond it they are only counted */

struct faults {
	char *text; /* lines, terminated; NULL when there is none */
	size_t len, room;
	uint32_t count;
	bool elsewhere; /* one at least is not of the command line or the environment */
	int failed;	/* -ENOMEM: text is not complete */
};

/* No faults yet, without an allocation; finish gives the text back. */
void faults_init(struct faults *faults);
void faults_finish(struct faults *faults);

/*
 * Add "origin: service 'x': watch '/p': option: sentence". origin, service, watch and option may be
 * NULL; control characters of the sentence are shown as '?'.
 */
void faults_add(struct faults *faults, const struct origin *origin, const char *service, const char *watch,
		const char *option, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* The same, with origin and names taken from the place and from who set the option there. */
void faults_at(struct faults *faults, const struct place *place, enum option_id id, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Close the text: "and 12 more" where some were only counted. */
void faults_end(struct faults *faults);

#endif
