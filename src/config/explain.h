/* SPDX-License-Identifier: MIT */
/* What --explain, --help and --version print. */
#ifndef REINIT_CONFIG_EXPLAIN_H
#define REINIT_CONFIG_EXPLAIN_H

#include "config/draft.h"
#include "config/text.h"

/*
 * Every option of every service and watch that is of use, with the value that holds and where it comes from,
 * as a file that means the same when it is read.
 */
void explain_plan(const struct draft *draft, struct text *out);
/* The usage and all options, from their table. */
void explain_help(struct text *out);
/* "reinit VERSION". */
void explain_version(struct text *out);

#endif
