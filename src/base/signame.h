/* SPDX-License-Identifier: MIT */
/* Signal names and numbers, one list for both directions; realtime signals as RTMIN+n and RTMAX-n. */
#ifndef REINIT_BASE_SIGNAME_H
#define REINIT_BASE_SIGNAME_H

#include <stddef.h>

#include "base/err.h"

#define SIGNAME_SIZE 16

/*
 * Read "HUP", "SIGHUP", "hup", "1", "RTMIN", "RTMIN+3" or "RTMAX-2" (glibc and musl keep the first
 * two or three realtime numbers; RTMIN here is 34 as signal(7) and `kill -l` have it).
 * Returns the number (1 to 64), or -EINVAL with "unknown signal 'HUPP'; did you mean HUP?" in err.
 */
int signame_parse(const char *text, struct err *err);

/* The short name of number ("HUP", "RTMIN+3"; "SIG77" for what has none) into buf. Returns buf. */
const char *signame_format(int number, char buf[SIGNAME_SIZE]);

#endif
