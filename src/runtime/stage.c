/* SPDX-License-Identifier: MIT */
/* One-shot children only: libc is called directly. */
#include "runtime/stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "base/str.h"
#include "runtime/snapshot.h"

#define PATH_SIZE 4096

bool stage_wanted(const struct spec *spec, const struct watch_spec *watch)
{
	if (watch->stage_base != 0)
		return true;
	for (uint32_t n = 0; n < watch->validate.count; n++) {
		if (strstr(spec_str(spec, spec_word(spec, watch->validate, n)), "%{stage}") != NULL)
			return true;
	}
	return false;
}

static int join(char *buf, size_t size, const char *dir, const char *name)
{
	if (str_copy(buf, size, dir) < 0 || str_append(buf, size, "/") < 0 || str_append(buf, size, name) < 0)
		return -ENAMETOOLONG;
	return 0;
}

static bool is_memory(const char *path)
{
	struct statfs facts;

	return statfs(path, &facts) == 0 && (facts.f_type == TMPFS_MAGIC || facts.f_type == RAMFS_MAGIC);
}

/* A directory of our own in the first place that can be written; what comes from memory stays in memory. */
static int make_root(const char *source, char *path, size_t size, struct err *err)
{
	const char *places[] = { getenv("TMPDIR"), "/dev/shm", "/run", "/tmp" };
	bool secret = is_memory(source), skipped = false;

	for (size_t n = 0; n < sizeof(places) / sizeof(places[0]); n++) {
		if (places[n] == NULL || places[n][0] != '/' || access(places[n], W_OK | X_OK) < 0)
			continue;
		if (secret && !is_memory(places[n])) {
			skipped = true;
			continue;
		}
		if (join(path, size, places[n], "reinit-stage.XXXXXX") == 0 && mkdtemp(path) != NULL)
			return 0;
	}
	if (skipped)
		return err_set(err, EPERM,
			       "'%s' lies in memory (a Secret?) and is not copied to a disk; give a tmpfs as TMPDIR",
			       source);
	return err_set(err, EROFS, "no writable place for a stage (TMPDIR, /dev/shm, /run, /tmp)");
}

static int link_one(const char *from_dir, const char *to_dir, const char *name)
{
	char from[PATH_SIZE], to[PATH_SIZE];

	if (join(from, sizeof(from), from_dir, name) < 0 || join(to, sizeof(to), to_dir, name) < 0)
		return -ENAMETOOLONG;
	return symlink(from, to) < 0 ? -errno : 0;
}

/* Lay the entries of from into to as links, all but the one called except. */
static int link_siblings(const char *from, const char *to, const char *except)
{
	DIR *dir = opendir(from);
	const struct dirent *entry;
	int rc = 0;

	if (dir == NULL)
		return -errno;
	while (rc == 0 && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    strcmp(entry->d_name, except) != 0)
			rc = link_one(from, to, entry->d_name);
	}
	(void)closedir(dir);
	return rc;
}

/*
 * Walk from base down to the watched path, linking what lies beside the way and making real directories on it.
 * below: the rest of the path, without its first '/'. On return stage is the directory that takes the copy's last element.
 */
static int lay_base(const char *base, char *stage, size_t stage_size, const char *below)
{
	char live[PATH_SIZE], element[256];

	if (str_copy(live, sizeof(live), base) < 0)
		return -ENAMETOOLONG;
	for (;;) {
		size_t len = strcspn(below, "/");
		int rc;

		if (len >= sizeof(element))
			return -ENAMETOOLONG;
		memcpy(element, below, len);
		element[len] = '\0';
		rc = link_siblings(live, stage, element);
		if (rc < 0 || below[len] == '\0')
			return rc;
		if (str_append(live, sizeof(live), "/") < 0 || str_append(live, sizeof(live), element) < 0 ||
		    str_append(stage, stage_size, "/") < 0 || str_append(stage, stage_size, element) < 0)
			return -ENAMETOOLONG;
		if (mkdir(stage, 0755) < 0)
			return -errno;
		below += len + 1;
	}
}

/* Where the copy goes: the stage itself, or within it the place that the watched path has within its base. */
static int copy_place(const struct spec *spec, const struct watch_spec *watch, const char *root, char *dest,
		      size_t size, struct err *err)
{
	const char *base = spec_str(spec, watch->stage_base), *path = spec_str(spec, watch->path);
	size_t base_len = strlen(base);
	struct stat facts;
	const char *last = strrchr(path, '/') + 1;
	int rc;

	(void)str_copy(dest, size, root);
	if (watch->stage_base == 0 || strcmp(base, path) == 0)
		return 0;
	if (strncmp(base, path, base_len) != 0 || path[base_len] != '/')
		return err_set(err, EINVAL, "'%s' is not below its stage-base '%s'", path, base);
	rc = lay_base(base, dest, size, path + base_len + 1);
	if (rc < 0)
		return err_set(err, -rc, "cannot lay out the stage: %s", strerror(-rc));
	if (stat(path, &facts) == 0 && !S_ISDIR(facts.st_mode))
		return 0; /* a file: its copy takes its name in here */
	rc = join(dest + strlen(dest), size - strlen(dest), "", last);
	if (rc == 0 && mkdir(dest, 0755) < 0)
		rc = -errno;
	return rc == 0 ? 0 : err_set(err, -rc, "cannot make '%s': %s", dest, strerror(-rc));
}

/*
 * The validation may run as another user than the one who may look into a fresh temporary directory: open it as wide as the
 * directory that the content lies in, and no wider.
 */
static int open_up(const char *root, const char *source)
{
	char dir[PATH_SIZE];
	struct stat facts;

	if (str_copy(dir, sizeof(dir), source) < 0)
		return -ENAMETOOLONG;
	if (stat(dir, &facts) == 0 && !S_ISDIR(facts.st_mode)) {
		char *last = strrchr(dir, '/');

		last[last == dir ? 1 : 0] = '\0';
	}
	/* What has gone meanwhile stays closed. */
	return stat(dir, &facts) == 0 && chmod(root, 0700 | (facts.st_mode & 0055)) < 0 ? -errno : 0;
}

int stage_build(const struct spec *spec, const struct watch_spec *watch, char *path, size_t path_size,
		enum content *ret_content, struct digest *ret_digest, struct err *err)
{
	char dest[PATH_SIZE];
	int rc = make_root(spec_str(spec, watch->path), path, path_size, err);

	if (rc < 0)
		return rc;
	rc = copy_place(spec, watch, path, dest, sizeof(dest), err);
	if (rc == 0)
		rc = snapshot_copy(spec, watch, dest, ret_content, ret_digest, err);
	if (rc == 0)
		rc = open_up(path, spec_str(spec, watch->path));
	if (rc < 0)
		stage_remove(path);
	return rc;
}

static void remove_dir(int parent_fd, const char *name, int depth);

static void remove_entry(int dir_fd, const char *name, int depth)
{
	struct stat facts;

	if (fstatat(dir_fd, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(facts.st_mode))
		remove_dir(dir_fd, name, depth + 1);
	else
		(void)unlinkat(dir_fd, name, 0);
}

static void remove_dir(int parent_fd, const char *name, int depth)
{
	int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 || depth > 64 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (dir == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			remove_entry(dirfd(dir), entry->d_name, depth);
	}
	(void)closedir(dir);
	(void)unlinkat(parent_fd, name, AT_REMOVEDIR);
}

void stage_remove(const char *path)
{
	remove_dir(AT_FDCWD, path, 0);
}

/* The value of the placeholder at text ("%{name}" or "%%"); *ret_len is what it takes up. NULL: unknown. */
static const char *placeholder(const char *text, const char *stage, const char *path, const char *service,
			       size_t *ret_len)
{
	struct {
		const char *name, *value;
	} known[] = { { "%{stage}", stage }, { "%{path}", path }, { "%{service}", service }, { "%%", "%" } };

	for (size_t n = 0; n < sizeof(known) / sizeof(known[0]); n++) {
		*ret_len = strlen(known[n].name);
		if (strncmp(text, known[n].name, *ret_len) == 0)
			return known[n].value;
	}
	return NULL;
}

int stage_expand(const char *word, const char *stage, const char *path, const char *service, char *buf, size_t size)
{
	size_t len = 0;

	while (*word != '\0') {
		const char *value = word;
		size_t value_len = 1, taken = 1;

		if (word[0] == '%' && (word[1] == '{' || word[1] == '%')) {
			value = placeholder(word, stage, path, service, &taken);
			if (value == NULL)
				return -EINVAL;
			value_len = strlen(value);
		}
		if (len + value_len >= size)
			return -E2BIG;
		memcpy(buf + len, value, value_len);
		len += value_len;
		word += taken;
	}
	buf[len] = '\0';
	return 0;
}
