/* SPDX-License-Identifier: MIT */
/* One error: a number for the program, a sentence for the user. Fixed size, no heap. */
#ifndef REINIT_BASE_ERR_H
#define REINIT_BASE_ERR_H

#include <stddef.h>

#define ERR_MSG_SIZE 512

struct err {
	int code;		/* positive errno; 0 when nothing was reported */
	char msg[ERR_MSG_SIZE]; /* one sentence without a newline, always terminated */
};

/*
 * Fill err with code and a formatted sentence (cut at ERR_MSG_SIZE - 1 bytes).
 * err may be NULL. Returns -code, so that a function can `return err_set(...)`.
 */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * Put a prefix before the sentence that is already there: "what: sentence". The code stays.
 * err may be NULL. Returns -err->code (-EINVAL when err is NULL).
 */
int err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
