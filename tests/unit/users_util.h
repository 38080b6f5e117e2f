/* SPDX-License-Identifier: MIT */
/* What the tests of users and rights share: /etc/passwd and /etc/group of their own, in memory. */
#ifndef REINIT_TESTS_USERS_UTIL_H
#define REINIT_TESTS_USERS_UTIL_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *passwd_text, *group_text; /* NULL: there is no such file */

/* In place of the library's: this program's symbol comes first. Nothing but the two files is there. */
FILE *fopen(const char *path, const char *mode)
{
	const char *text = NULL;

	if (strcmp(path, "/etc/passwd") == 0)
		text = passwd_text;
	else if (strcmp(path, "/etc/group") == 0)
		text = group_text;
	if (text != NULL)
		return fmemopen((void *)(uintptr_t)text, strlen(text), mode);
	errno = ENOENT;
	return NULL;
}

static inline int users_are_given(void **state)
{
	(void)state;
	passwd_text = "root:x:0:0:root:/root:/bin/sh\n"
		      "# a remark\n"
		      "broken\n"
		      "web:x:33:34:Web,,,:/srv/web:/usr/sbin/nologin\n"
		      "toor:x:0:7::/elsewhere:\n"
		      "77:x:78:79::/srv/77:\n"
		      "last:x:1000:1001::/srv/last:";
	group_text = "root:x:0:\n"
		     "broken\n"
		     "webs:x:34:web\n"
		     "logs:x:50:last,web\n"
		     "ssl:x:51:website,last\n"
		     "mail:x:52:web,web\n"
		     "last:x:1001:";
	return 0;
}

#endif
