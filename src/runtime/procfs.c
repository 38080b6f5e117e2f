/* SPDX-License-Identifier: MIT */
#include "runtime/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

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
	/* Without /proc, or where it hides the processes of others (hidepid), a living one has no file either. */
	if (fd == -ENOENT)
		return sys_kill(pid, 0) == -ESRCH ? -ESRCH : -ENODATA;
	if (fd < 0)
		return fd;
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

/* Is signal in the mask of this key? False where there is no such line. */
static bool in_mask(const char *status, const char *key, int signal)
{
	const char *mask = field(status, key);

	return mask != NULL && (strtoull(mask, NULL, 16) >> (signal - 1) & 1) != 0;
}

/* Does pid wait in sigwaitinfo or the like for signal? The kernel shows neither that nor the mask for the time of it. */
static int is_waited_for(pid_t pid, int signal)
{
	char text[256];
	long number;
	unsigned long set_at;
	uint64_t set;

	if (read_file(pid, "syscall", text, sizeof(text)) <= 0 || sscanf(text, "%ld %lx", &number, &set_at) != 2 ||
	    number != SYS_rt_sigtimedwait)
		return 0;
	if (sys_peek(pid, set_at, &set, sizeof(set)) < 0)
		return -ENODATA;
	return (int)(set >> (signal - 1) & 1);
}

int procfs_catches(pid_t pid, int signal)
{
	char status[STATUS_SIZE];
	ssize_t len = read_file(pid, "status", status, sizeof(status));
	const char *state;

	if (len < 0)
		return (int)len;
	if (field(status, "SigCgt") == NULL)
		return -ENODATA;
	if (in_mask(status, "SigCgt", signal))
		return 1;
	/*
	 * Programs that take their signals by signalfd or sigwaitinfo have them blocked and no handler. Only a process that
	 * sleeps counts: between fork and exec, and inside posix_spawn, all signals are blocked for a moment.
	 */
	state = field(status, "State");
	if (state == NULL || state[strspn(state, " \t")] != 'S')
		return 0;
	return in_mask(status, "SigBlk", signal) ? 1 : is_waited_for(pid, signal);
}

int procfs_uid(pid_t pid, uid_t *ret_uid)
{
	char status[STATUS_SIZE];
	ssize_t len = read_file(pid, "status", status, sizeof(status));
	const char *uids;
	unsigned int real;

	if (len < 0)
		return (int)len;
	uids = field(status, "Uid"); /* real, effective, saved, file system */
	if (uids == NULL || sscanf(uids, "%u", &real) != 1)
		return -ENODATA;
	*ret_uid = real;
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

int procfs_stat(pid_t pid, pid_t *ret_parent, pid_t *ret_group)
{
	char stat[512];
	ssize_t len = read_file(pid, "stat", stat, sizeof(stat));
	const char *after_name;
	int parent, group;

	if (len < 0)
		return (int)len;
	/* The name may hold blanks and brackets itself: what follows its last bracket is plain. */
	after_name = strrchr(stat, ')');
	if (after_name == NULL || sscanf(after_name + 1, " %*c %d %d", &parent, &group) != 2)
		return -ENODATA;
	*ret_parent = parent;
	*ret_group = group;
	return 0;
}

/* Is pid a descendant of root? Follows parents up; a chain is never longer than this many. */
static bool descends(pid_t pid, pid_t root)
{
	pid_t group;

	for (int depth = 0; depth < 64 && pid > 1; depth++) {
		pid_t parent;

		if (procfs_stat(pid, &parent, &group) < 0)
			return false;
		if (parent == root)
			return true;
		pid = parent;
	}
	return false;
}

/* Call fn for every process, until it answers other than 0. Returns that answer, 0, or negative errno. */
static int each_process(int (*fn)(void *arg, pid_t pid), void *arg)
{
	struct sys_dir proc;
	const char *name;
	int rc = sys_dir_open(&proc, AT_FDCWD, "/proc");

	if (rc < 0)
		return rc;
	while ((rc = sys_dir_next(&proc, &name)) > 0) {
		int64_t pid;

		if (str_int(name, 1, INT32_MAX, &pid) < 0)
			continue;
		rc = fn(arg, (pid_t)pid);
		if (rc != 0)
			break;
	}
	sys_dir_close(&proc);
	return rc;
}

struct descendants {
	pid_t root;
	void (*fn)(void *arg, pid_t pid);
	void *arg;
	int count;
};

static int visit_descendant(void *arg, pid_t pid)
{
	struct descendants *all = arg;

	if (pid != all->root && descends(pid, all->root)) {
		all->fn(all->arg, pid);
		all->count++;
	}
	return 0;
}

int procfs_descendants(pid_t root, void (*fn)(void *arg, pid_t pid), void *arg)
{
	struct descendants all = { root, fn, arg, 0 };
	int rc = each_process(visit_descendant, &all);

	return rc < 0 ? rc : all.count;
}

static int is_member(void *arg, pid_t pid)
{
	pid_t parent, group;

	return procfs_stat(pid, &parent, &group) == 0 && group == *(const pid_t *)arg ? pid : 0;
}

pid_t procfs_group_member(pid_t group)
{
	pid_t member = each_process(is_member, &group);

	return member > 0 ? member : -ESRCH;
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
