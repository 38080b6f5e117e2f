/* SPDX-License-Identifier: MIT */
#include "runtime/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_SIZE 4096

void tree_init(struct tree *tree, uint32_t max_files, bool may_grow)
{
	tree->names = tree->small;
	tree->len = 0;
	tree->room = sizeof(tree->small);
	tree->count = 0;
	tree->max_files = max_files;
	tree->may_grow = may_grow;
}

void tree_finish(struct tree *tree)
{
	if (tree->names != tree->small)
		free(tree->names);
	tree_init(tree, 0, false);
}

static int make_room(struct tree *tree, size_t more)
{
	size_t room = tree->room * 2;
	char *bigger;

	if (tree->len + more <= tree->room)
		return 0;
	if (!tree->may_grow)
		return -E2BIG;
	while (room < tree->len + more)
		room *= 2;
	bigger = realloc(tree->names == tree->small ? NULL : tree->names, room);
	if (bigger == NULL)
		return -ENOMEM;
	if (tree->names == tree->small)
		memcpy(bigger, tree->small, tree->len);
	tree->names = bigger;
	tree->room = room;
	return 0;
}

static int add(struct tree *tree, const char *name)
{
	size_t size = strlen(name) + 1;
	int rc;

	if (tree->count >= tree->max_files)
		return -E2BIG;
	rc = make_room(tree, size);
	if (rc < 0)
		return rc;
	memcpy(tree->names + tree->len, name, size);
	tree->len += size;
	tree->count++;
	return 0;
}

static int collect_dir(struct tree *tree, int dir_fd, char *prefix, int depth);

static int collect_entry(struct tree *tree, int dir_fd, const char *entry, char *prefix, int depth)
{
	size_t len = strlen(prefix);
	struct stat facts;
	int rc, fd;

	/* A dangling link is no content; between two steps of the kubelet there can be one. */
	if (fstatat(dir_fd, entry, &facts, 0) < 0)
		return 0;
	if (!S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode))
		return 0;
	if (len + strlen(entry) + 2 > NAME_SIZE)
		return -E2BIG;
	(void)strcpy(prefix + len, entry);
	if (S_ISREG(facts.st_mode)) {
		rc = add(tree, prefix);
	} else {
		(void)strcat(prefix, "/");
		fd = openat(dir_fd, entry, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		rc = fd < 0 ? 0 : collect_dir(tree, fd, prefix, depth + 1);
	}
	prefix[len] = '\0';
	return rc;
}

/* Takes dir_fd over. */
static int collect_dir(struct tree *tree, int dir_fd, char *prefix, int depth)
{
	DIR *dir = depth < TREE_DEPTH_MAX ? fdopendir(dir_fd) : NULL;
	const struct dirent *entry;
	int rc = 0;

	if (dir == NULL) {
		rc = depth < TREE_DEPTH_MAX ? -errno : -E2BIG;
		(void)close(dir_fd);
		return rc;
	}
	while (rc == 0 && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    (depth == 0 && strncmp(entry->d_name, "..", 2) == 0))
			continue;
		rc = collect_entry(tree, dirfd(dir), entry->d_name, prefix, depth);
	}
	(void)closedir(dir);
	return rc;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Put the names in order: an index of pointers is sorted, then the names are copied in its order. */
static int sort_names(struct tree *tree)
{
	const char **index = malloc(tree->count * sizeof(*index));
	char *sorted = malloc(tree->len);
	const char *name = tree->names;
	size_t len = 0;

	if (index == NULL || sorted == NULL) {
		free(index);
		free(sorted);
		return -ENOMEM;
	}
	for (uint32_t n = 0; n < tree->count; n++, name += strlen(name) + 1)
		index[n] = name;
	qsort(index, tree->count, sizeof(*index), compare);
	for (uint32_t n = 0; n < tree->count; n++) {
		size_t size = strlen(index[n]) + 1;

		memcpy(sorted + len, index[n], size);
		len += size;
	}
	memcpy(tree->names, sorted, len);
	free(index);
	free(sorted);
	return 0;
}

int tree_collect(struct tree *tree, int dir_fd)
{
	char prefix[NAME_SIZE] = "";
	int own = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = own < 0 ? -errno : collect_dir(tree, own, prefix, 0);

	return rc == 0 && tree->count > 1 ? sort_names(tree) : rc;
}

const char *tree_next(const struct tree *tree, const char *name)
{
	const char *next = name == NULL ? tree->names : name + strlen(name) + 1;

	return next < tree->names + tree->len ? next : NULL;
}
