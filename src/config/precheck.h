/* SPDX-License-Identifier: MIT */
/*
 * A pass of our own over a file before libconfuse sees it, for what the library takes in silence or tells badly:
 *
 *  - a file that ends inside a block, a quote or a comment, or in the middle of a word
 *  - NUL (the library stops there), other control characters
 *  - unquoted * and + (dropped), ( ) and ; and = in a word, # behind a word (starts a comment)
 *  - "${NAME}" with NAME unset (becomes empty); in single quotes it is only text
 *  - an option that is given twice in one block (the last wins), += (not ours)
 *  - an empty list (taken as not given)
 *  - a quote that is not closed at the end of its line
 *  - in double quotes, a backslash before what is no escape (dropped) and escapes that mean NUL (end the word)
 *  - a name with '|' (reaches into another block, past all other checks)
 *  - words without '=', '{' or ',' between them; more blocks than there may be (it takes quadratic time)
 *
 * It also blanks comments out: libconfuse 3.3 counts a line too many for each of them.
 * What it cannot see is a file that was cut between two services: both parts are whole.
 */
#ifndef REINIT_CONFIG_PRECHECK_H
#define REINIT_CONFIG_PRECHECK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct precheck {
	char *clean;	    /* terminated copy without comments, a newline at its end; same lines */
	uint32_t *sections; /* the line of each section's '{', in the order of opening */
	uint32_t section_count, section_room;
};

/*
 * Pass over len bytes of text; name stands before messages.
 * Returns 0 with *ret filled (precheck_finish gives it back), -EINVAL "NAME:LINE: what; way out", or -ENOMEM.
 */
int precheck_run(const char *name, const char *text, size_t len, struct precheck *ret, struct err *err);
void precheck_finish(struct precheck *precheck);

#endif
