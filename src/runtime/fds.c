/* SPDX-License-Identifier: MIT */
#include "runtime/fds.h"

#include <dirent.h>
#include <fcntl.h>

#include "base/str.h"
#include "runtime/sys.h"

void fds_close_inherited(void)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	int64_t fd;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (str_int(entry->d_name, 3, INT32_MAX, &fd) < 0)
			continue;
		if ((fcntl((int)fd, F_GETFD) & FD_CLOEXEC) == 0)
			(void)sys_close((int)fd);
	}
	(void)closedir(dir);
}
