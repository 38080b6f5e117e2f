/* SPDX-License-Identifier: MIT */
#include "runtime/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "runtime/sys.h"

#define DELETED "//deleted" /* what the kernel puts behind the root of a mount whose source was removed */

/* Cannot hang for long, and inotify sees every change. Whatever is not listed is taken for remote. */
static const char *const local_types[] = { "ext2",    "ext3", "ext4",	  "xfs",      "btrfs", "tmpfs",	  "ramfs",
					   "overlay", "f2fs", "zfs",	  "squashfs", "erofs", "iso9660", "vfat",
					   "msdos",   "aufs", "bcachefs", "proc",     "sysfs", "devtmpfs" };

static enum mount_class classify(const char *fstype)
{
	for (size_t n = 0; n < sizeof(local_types) / sizeof(local_types[0]); n++) {
		if (strcmp(fstype, local_types[n]) == 0)
			return MOUNT_LOCAL;
	}
	return MOUNT_REMOTE;
}

/* Undo the octal escapes (\040 for a blank, …) of proc(5), in place. */
static void unescape(char *text)
{
	char *out = text;

	for (const char *in = text; *in != '\0'; in++) {
		if (in[0] == '\\' && in[1] >= '0' && in[1] <= '3' && in[2] >= '0' && in[2] <= '7' && in[3] >= '0' &&
		    in[3] <= '7') {
			*out++ = (char)((in[1] - '0') << 6 | (in[2] - '0') << 3 | (in[3] - '0'));
			in += 3;
		} else {
			*out++ = *in;
		}
	}
	*out = '\0';
}

/* The next field of a line; *at moves behind it. NULL at the end. */
static char *next_field(char **at)
{
	char *field = *at;

	if (field == NULL || *field == '\0')
		return NULL;
	*at = strchr(field, ' ');
	if (*at != NULL)
		*(*at)++ = '\0';
	return field;
}

static bool is_prefix(const char *mount_point, const char *path)
{
	size_t len = strlen(mount_point);

	if (len == 1)
		return true; /* "/" */
	return strncmp(mount_point, path, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

/* Is there a path element that looks like AtomicWriter's "..2006_01_02_15_04_05.*"? */
static bool has_timestamp_dir(const char *root)
{
	for (const char *at = strstr(root, "/.."); at != NULL; at = strstr(at + 1, "/..")) {
		const char *digits = at + 3;

		if (strlen(digits) > 19 && digits[4] == '_' && digits[7] == '_' && digits[10] == '_' &&
		    strspn(digits, "0123456789_") == 19)
			return true;
	}
	return false;
}

static void keep(struct mount_facts *facts, const char *mount_point, const char *root, const char *fstype,
		 const char *path)
{
	size_t root_len = strlen(root), mark_len = sizeof(DELETED) - 1;

	facts->class = classify(fstype);
	(void)str_copy(facts->fstype, sizeof(facts->fstype), fstype); /* shown only */
	(void)str_copy(facts->root, sizeof(facts->root), root);
	facts->deleted = root_len > mark_len && strcmp(root + root_len - mark_len, DELETED) == 0;
	facts->file_mount = strcmp(mount_point, path) == 0 && has_timestamp_dir(root);
}

/* One line: ID parent major:minor root mount-point options [tags…] - fstype source options */
static void parse_line(char *line, const char *path, size_t *best_len, struct mount_facts *ret)
{
	char *at = line, *root = NULL, *mount_point = NULL, *field;

	for (int n = 0; n < 6; n++) {
		field = next_field(&at);
		if (field == NULL)
			return;
		if (n == 3)
			root = field;
		else if (n == 4)
			mount_point = field;
	}
	do
		field = next_field(&at);
	while (field != NULL && strcmp(field, "-") != 0);
	field = next_field(&at);
	if (field == NULL)
		return;
	unescape(root);
	unescape(mount_point);
	/* The last of equals lies on top. */
	if (!is_prefix(mount_point, path) || strlen(mount_point) < *best_len)
		return;
	*best_len = strlen(mount_point);
	keep(ret, mount_point, root, field, path);
}

static int parse_text(char *text, const char *path, struct mount_facts *ret)
{
	struct mount_facts facts;
	size_t best_len = 0;
	char *line = text;

	memset(&facts, 0, sizeof(facts));
	facts.class = MOUNT_REMOTE;
	while (line != NULL && *line != '\0') {
		char *end = strchr(line, '\n');

		if (end == NULL)
			break; /* torn: half a line would tell half a path */
		*end++ = '\0';
		parse_line(line, path, &best_len, &facts);
		line = end;
	}
	if (best_len == 0)
		return -ENOENT;
	*ret = facts;
	return 0;
}

int mounts_parse(const char *mountinfo, const char *path, struct mount_facts *ret)
{
	char *copy = strdup(mountinfo);
	int rc;

	if (copy == NULL)
		return -ENOMEM;
	rc = parse_text(copy, path, ret);
	free(copy);
	return rc;
}

/* The whole of a procfs file; *ret_text is the caller's. */
static int read_all(const char *path, char **ret_text)
{
	size_t room = 16384, len = 0;
	char *text = malloc(room);
	int fd = sys_open(path, O_RDONLY, 0);
	ssize_t got = fd;

	while (text != NULL && fd >= 0) {
		got = sys_read(fd, text + len, room - len - 1);
		if (got <= 0)
			break;
		len += (size_t)got;
		if (room - len < 4096) {
			char *bigger = realloc(text, room * 2);

			if (bigger == NULL)
				break;
			text = bigger;
			room *= 2;
		}
	}
	if (fd >= 0)
		(void)sys_close(fd);
	if (text == NULL || got != 0) {
		free(text);
		return got < 0 ? (int)got : -ENOMEM;
	}
	text[len] = '\0';
	*ret_text = text;
	return 0;
}

int mounts_lookup(const char *path, struct mount_facts *ret)
{
	char *text = NULL;
	int rc = read_all("/proc/self/mountinfo", &text);

	if (rc < 0)
		return rc;
	rc = parse_text(text, path, ret);
	free(text);
	return rc;
}
