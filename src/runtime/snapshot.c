/* SPDX-License-Identifier: MIT */
/* Looking runs in PID 1 as well and asks through sys.h; copying runs in one-shot children only and calls libc. */
#include "runtime/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <ftw.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/str.h"
#include "runtime/sys.h"
#include "runtime/tree.h"

#define PATH_SIZE 4096
#define ATTEMPTS 8 /* an update takes a few ms; eight in a row is a writer that never rests */
#define CHUNK_BYTES 16384u
#define ALL_FILES 100000u /* one-shot children */

/* One look at a watch. */
struct look {
	const struct spec *spec;
	const struct watch_spec *watch;
	const struct snapshot_limits *limits;
	const char *dest; /* copy to here as well; NULL: digest only */
	struct err *err;
	XXH3_state_t *hash;
	uint64_t bytes;
	uint32_t files;
	int unreadable;
};

static bool matches(const struct look *look, const char *name)
{
	const char *base = strrchr(name, '/');

	base = base == NULL ? name : base + 1;
	if (look->watch->keys.count == 0)
		return true;
	for (uint32_t n = 0; n < look->watch->keys.count; n++) {
		const char *key = spec_str(look->spec, spec_word(look->spec, look->watch->keys, n));

		if (fnmatch(key, strchr(key, '/') == NULL ? base : name, 0) == 0)
			return true;
	}
	return false;
}

static void hash_number(struct look *look, uint64_t number)
{
	unsigned char bytes[8];

	for (int n = 0; n < 8; n++)
		bytes[n] = (unsigned char)(number >> (8 * n));
	(void)XXH3_128bits_update(look->hash, bytes, sizeof(bytes));
}

/* Lengths stand before what they measure, so that no two different sets give the same stream. */
static void hash_name(struct look *look, const char *name, uint64_t mark)
{
	hash_number(look, strlen(name));
	(void)XXH3_128bits_update(look->hash, name, strlen(name));
	hash_number(look, mark);
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t done = write(fd, data, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		data += done;
		len -= (size_t)done;
	}
	return 0;
}

/* Make the directories on the way to dest/name. */
static int make_parents(char *path, size_t dest_len)
{
	for (char *at = path + dest_len + 1; (at = strchr(at, '/')) != NULL; at++) {
		int rc;

		*at = '\0';
		rc = mkdir(path, 0755);
		*at = '/';
		if (rc < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static bool is_memory(int fd)
{
	struct statfs facts;

	return fstatfs(fd, &facts) == 0 && (facts.f_type == TMPFS_MAGIC || facts.f_type == RAMFS_MAGIC);
}

/* The new file of a copy: owner, where that may be given, and mode as those of the source. */
static int open_copy(const struct look *look, const char *name, int from, const struct stat *facts)
{
	char path[PATH_SIZE];
	int rc, fd;

	if (str_copy(path, sizeof(path), look->dest) < 0 || str_append(path, sizeof(path), "/") < 0 ||
	    str_append(path, sizeof(path), name) < 0)
		return -ENAMETOOLONG;
	rc = make_parents(path, strlen(look->dest));
	if (rc < 0)
		return rc;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	/* Wherever the links led: what comes from memory (a Secret?) stays in memory. */
	rc = is_memory(from) && !is_memory(fd) ? -EPERM : 0;
	if (rc < 0)
		(void)err_set(look->err, EPERM, "'%s' lies in memory (a Secret?) and is not copied to a disk", name);
	if (rc == 0 && fchown(fd, facts->st_uid, facts->st_gid) < 0)
		rc = errno == EPERM || errno == EINVAL ? 0 : -errno;
	if (rc == 0 && fchmod(fd, facts->st_mode & 07777) < 0)
		rc = -errno;
	if (rc == 0)
		return fd;
	(void)close(fd);
	return rc;
}

/* Read fd to its end into the hash, and into out where there is one. */
static int take_bytes(struct look *look, int fd, int out)
{
	char chunk[CHUNK_BYTES];
	uint64_t size = 0;

	for (;;) {
		ssize_t len = sys_read(fd, chunk, sizeof(chunk));

		if (len < 0)
			return (int)len;
		if (len == 0)
			break;
		size += (uint64_t)len;
		look->bytes += (uint64_t)len;
		if (look->limits != NULL && look->bytes > look->limits->bytes)
			return -E2BIG;
		(void)XXH3_128bits_update(look->hash, chunk, (size_t)len);
		if (out >= 0) {
			int rc = write_all(out, chunk, (size_t)len);

			if (rc < 0)
				return rc;
		}
	}
	hash_number(look, size);
	return 0;
}

/* A file that may not be read counts by what stat tells, so that a change of it is still seen. */
static int take_unreadable(struct look *look, int dir_fd, const char *name, int error)
{
	struct stat facts;
	int rc;

	if (look->unreadable == 0)
		look->unreadable = -error;
	if (look->dest != NULL)
		return err_set(look->err, -error, "cannot read '%s': %s", name, strerror(-error));
	rc = sys_fstatat(dir_fd, name, &facts, 0);
	if (rc < 0)
		return rc;
	hash_number(look, (uint64_t)facts.st_size);
	hash_number(look, (uint64_t)facts.st_mtim.tv_sec);
	hash_number(look, (uint64_t)facts.st_mtim.tv_nsec);
	hash_number(look, (uint64_t)facts.st_ino);
	return 0;
}

/* In PID 1 itself, and not in a child that may block? */
static bool in_loop(const struct look *look)
{
	return look->limits != NULL && look->limits->files <= SNAPSHOT_LOOP_FILES;
}

/* O_NONBLOCK: should a FIFO have taken the file's place, its open must not wait for a writer. */
static int open_file(const struct look *look, int dir_fd, const char *name)
{
	int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY, fd;

	/* The watched path itself was looked at when it was armed. */
	if (dir_fd == AT_FDCWD || !in_loop(look))
		return sys_openat(dir_fd, name, flags, 0);
	fd = sys_openat_here(dir_fd, name, flags);
	return fd == -EXDEV ? -E2BIG : fd;
}

static int take_file(struct look *look, int dir_fd, const char *name, const char *shown)
{
	int fd = open_file(look, dir_fd, name);
	int out = -1, rc;
	struct stat facts;

	hash_name(look, shown, 'f');
	look->files++;
	if (fd < 0)
		return fd == -EACCES || fd == -EPERM ? take_unreadable(look, dir_fd, name, fd) : fd;
	if (sys_fstat(fd, &facts) < 0 || !S_ISREG(facts.st_mode)) {
		(void)sys_close(fd);
		return -ENOENT; /* it was a regular file a moment ago: look again */
	}
	if (look->dest != NULL)
		out = open_copy(look, shown, fd, &facts);
	rc = look->dest != NULL && out < 0 ? out : take_bytes(look, fd, out);
	if (out >= 0 && close(out) < 0 && rc == 0)
		rc = -errno;
	(void)sys_close(fd);
	return rc;
}

static int take_dir(struct look *look, int dir_fd)
{
	struct tree tree;
	int rc;

	tree_init(&tree, look->limits != NULL ? look->limits->files : ALL_FILES, !in_loop(look));
	rc = tree_collect(&tree, dir_fd);
	for (uint32_t n = 0; rc == 0 && n < tree.count; n++) {
		const char *name = tree_name(&tree, n);

		if (matches(look, name))
			rc = take_file(look, dir_fd, name, name);
	}
	tree_finish(&tree);
	return rc;
}

/* The target of dir's ..data link into buf, "" when it has none: then it is no kubelet mount. */
static void data_target(int dir_fd, char buf[256])
{
	ssize_t len = sys_readlinkat(dir_fd, "..data", buf, 255);

	buf[len > 0 ? len : 0] = '\0';
}

/*
 * A kubelet mount is read through one descriptor of the directory that ..data points to, and the link is read again
 * at the end: everything is of one generation, or it is done again.
 */
static int take_mount(struct look *look, int dir_fd)
{
	char before[256], after[256];
	int data_fd, rc;

	data_target(dir_fd, before);
	if (before[0] == '\0')
		return take_dir(look, dir_fd);
	data_fd = sys_openat(dir_fd, "..data", O_RDONLY | O_DIRECTORY, 0);
	if (data_fd < 0)
		return data_fd;
	rc = take_dir(look, data_fd);
	(void)sys_close(data_fd);
	data_target(dir_fd, after);
	return rc == 0 && strcmp(before, after) != 0 ? -ESTALE : rc;
}

static int take_path(struct look *look)
{
	const char *path = spec_str(look->spec, look->watch->path);
	int fd = sys_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	const char *slash = strrchr(path, '/'), *base = slash == NULL ? path : slash + 1;
	struct stat facts;
	int rc;

	if (fd == -EACCES && sys_stat(path, &facts) == 0 && S_ISREG(facts.st_mode)) {
		hash_name(look, base, 'f');
		look->files++;
		return take_unreadable(look, AT_FDCWD, path, -EACCES);
	}
	if (fd < 0)
		return fd;
	rc = sys_fstat(fd, &facts);
	if (rc == 0 && S_ISDIR(facts.st_mode))
		rc = take_mount(look, fd);
	else if (rc == 0)
		rc = S_ISREG(facts.st_mode) ? take_file(look, AT_FDCWD, path, base) : -EINVAL;
	(void)sys_close(fd);
	return rc;
}

static int clear_entry(const char *path, const struct stat *facts, int type, struct FTW *place)
{
	(void)type;
	(void)place;
	if (S_ISREG(facts->st_mode))
		(void)unlink(path);
	return 0;
}

/*
 * Remove what an earlier attempt copied: the regular files. Links are the rest of a stage; they lead into the live tree and are
 * neither followed nor removed.
 */
static void clear_copy(const char *dest)
{
	(void)nftw(dest, clear_entry, 16, FTW_PHYS);
}

static bool is_moving(int rc)
{
	return rc == -ESTALE || rc == -ENOENT || rc == -ENOTDIR;
}

static int look_once(struct look *look, struct digest *ret)
{
	XXH128_hash_t hash;
	int rc;

	(void)XXH3_128bits_reset(look->hash);
	look->bytes = 0;
	look->files = 0;
	look->unreadable = 0;
	rc = take_path(look);
	if (rc < 0)
		return rc;
	hash = XXH3_128bits_digest(look->hash);
	ret->high = hash.high64;
	ret->low = hash.low64;
	return 0;
}

static int look_until_stable(struct look *look, enum content *ret_content, struct digest *ret_digest)
{
	/* Static: 576 bytes that want 64-byte alignment; there is one thread. */
	static XXH3_state_t state;
	struct stat unused;
	struct digest digest;
	int rc = 0;

	look->hash = &state;
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		if (attempt > 0 && look->dest != NULL)
			clear_copy(look->dest);
		rc = look_once(look, &digest);
		if (!is_moving(rc))
			break;
		if (sys_stat(spec_str(look->spec, look->watch->path), &unused) == -ENOENT) {
			*ret_content = CONTENT_MISSING;
			return 0;
		}
	}
	if (rc < 0 && (rc == -E2BIG || (look->dest != NULL && !is_moving(rc))))
		return rc;
	if (rc < 0) {
		*ret_content = CONTENT_UNREADABLE;
		return 0;
	}
	*ret_digest = digest;
	*ret_content = look->files == 0 ? CONTENT_EMPTY : look->unreadable != 0 ? CONTENT_PARTLY : CONTENT_PRESENT;
	return 0;
}

int snapshot_digest(const struct spec *spec, const struct watch_spec *watch, const struct snapshot_limits *limits,
		    enum content *ret_content, struct digest *ret_digest, int *ret_unreadable)
{
	struct look look = { .spec = spec, .watch = watch, .limits = limits };
	int rc = look_until_stable(&look, ret_content, ret_digest);

	*ret_unreadable = look.unreadable;
	return rc;
}

int snapshot_copy(const struct spec *spec, const struct watch_spec *watch, const char *dest, enum content *ret_content,
		  struct digest *ret_digest, struct err *err)
{
	struct look look = { .spec = spec, .watch = watch, .dest = dest, .err = err };
	int rc = look_until_stable(&look, ret_content, ret_digest);

	if (rc < 0 && err != NULL && err->msg[0] == '\0')
		return err_set(err, -rc, "cannot copy '%s': %s", spec_str(spec, watch->path), strerror(-rc));
	return rc;
}
