/* SPDX-License-Identifier: MIT */
/*
 * A configuration file → draft, through libconfuse: the only file that knows confuse.h. One-shot children only,
 * for the library's scanner ends the process when it is out of memory.
 */
#ifndef REINIT_CONFIG_FILE_H
#define REINIT_CONFIG_FILE_H

#include <stddef.h>

#include "base/err.h"
#include "config/draft.h"

#define FILE_MAX_BYTES (1u << 20)

/*
 * Read one file and add its services to draft. Regular files only (a link to one is fine), at most
 * FILE_MAX_BYTES. The first fault of syntax ends it: -EINVAL, "FILE:LINE: what; what would be right".
 * Other failures: negative errno, "FILE: why", -EAGAIN for a file that is being written. Values are taken as text and not judged.
 */
int file_read(const char *path, struct draft *draft, struct err *err);

/* The same for a text of len bytes that was read elsewhere; path is only named. */
int file_parse(const char *path, const char *text, size_t len, struct draft *draft, struct err *err);

#endif
