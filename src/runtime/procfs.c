/* SPDX-License-Identifier: MIT */
#include "runtime/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "runtime/sys.h"

#define STATUS_SIZE 4096 /* /proc/PID/status is about 1.5 KiB */

/* Read /proc/PID/name into buf, terminated. Returns the length or negative errno. */
static ssize_t read_file(pid_t pid, const char *name, char *buf, size_t size)
{
	char path[64];
	ssize_t len;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = sys_open(path, O_RDONLY, 0);
	if (fd < 0)
		return fd == -ENOENT ? -ESRCH : fd;
	len = sys_read(fd, buf, size - 1);
	(void)sys_close(fd);
	if (len >= 0)
		buf[len] = '\0';
	return len;
}

/* The text after "key:\t" of /proc/PID/status, or NULL. */
static const char *field(const char *status, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = status; line != NULL; line = strchr(line, '\n')) {
		if (*line == '\n')
			line++;
		if (strncmp(line, key, len) == 0 && line[len] == ':')
			return line + len + 1;
	}
	return NULL;
}

int procfs_catches(pid_t pid, int signal)
{
	char status[STATUS_SIZE];
	ssize_t len = read_file(pid, "status", status, sizeof(status));
	const char *caught;

	if (len < 0)
		return (int)len;
	caught = field(status, "SigCgt");
	if (caught == NULL)
		return -ENODATA;
	return (int)(strtoull(caught, NULL, 16) >> (signal - 1) & 1);
}

int procfs_uid(pid_t pid, uid_t *ret_uid)
{
	char status[STATUS_SIZE];
	ssize_t len = read_file(pid, "status", status, sizeof(status));
	const char *uids;
	unsigned int effective;

	if (len < 0)
		return (int)len;
	uids = field(status, "Uid"); /* real, effective, saved, file system */
	if (uids == NULL || sscanf(uids, "%*u %u", &effective) != 1)
		return -ENODATA;
	*ret_uid = effective;
	return 0;
}

const char *procfs_comm(pid_t pid, char *buf, size_t size)
{
	ssize_t len = read_file(pid, "comm", buf, size);

	if (len <= 0)
		(void)str_copy(buf, size, "?");
	else if (buf[len - 1] == '\n')
		buf[len - 1] = '\0';
	return buf;
}

int procfs_stat(pid_t pid, pid_t *ret_parent, pid_t *ret_session)
{
	char stat[512];
	ssize_t len = read_file(pid, "stat", stat, sizeof(stat));
	const char *after_name;
	int parent, session;

	if (len < 0)
		return (int)len;
	/* The name may hold blanks and brackets itself: what follows its last bracket is plain. */
	after_name = strrchr(stat, ')');
	if (after_name == NULL || sscanf(after_name + 1, " %*c %d %*d %d", &parent, &session) != 2)
		return -ENODATA;
	*ret_parent = parent;
	*ret_session = session;
	return 0;
}

/* Is pid a descendant of root? Follows parents up; a chain is never longer than this many. */
static bool descends(pid_t pid, pid_t root)
{
	pid_t session;

	for (int depth = 0; depth < 64 && pid > 1; depth++) {
		pid_t parent;

		if (procfs_stat(pid, &parent, &session) < 0)
			return false;
		if (parent == root)
			return true;
		pid = parent;
	}
	return false;
}

int procfs_descendants(pid_t root, void (*fn)(void *arg, pid_t pid), void *arg)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	int count = 0;

	if (proc == NULL)
		return -errno;
	while ((entry = readdir(proc)) != NULL) {
		int64_t pid;

		if (str_int(entry->d_name, 1, INT32_MAX, &pid) < 0 || pid == root || !descends((pid_t)pid, root))
			continue;
		fn(arg, (pid_t)pid);
		count++;
	}
	(void)closedir(proc);
	return count;
}

struct catching {
	int signal;
	pid_t found;
};

static void look_for_catching(void *arg, pid_t pid)
{
	struct catching *catching = arg;

	if (catching->found == 0 && procfs_catches(pid, catching->signal) == 1)
		catching->found = pid;
}

pid_t procfs_catching_child(pid_t pid, int signal)
{
	struct catching catching = { signal, 0 };

	(void)procfs_descendants(pid, look_for_catching, &catching);
	return catching.found;
}
