/* SPDX-License-Identifier: MIT */
#include "runtime/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/sys.h"

#define NAME_SIZE 4096

/* A directory on the way down, to know it again when a link leads back to it. */
struct step {
	const struct step *above;
	dev_t dev;
	ino_t inode;
	int depth;
};

void tree_init(struct tree *tree, uint32_t max_files, bool may_grow)
{
	tree->names = tree->small;
	tree->order = tree->small_order;
	tree->len = 0;
	tree->room = sizeof(tree->small);
	tree->count = 0;
	tree->seen = 0;
	tree->max_files = max_files;
	tree->may_grow = may_grow;
}

void tree_finish(struct tree *tree)
{
	if (tree->names != tree->small)
		free(tree->names);
	if (tree->order != tree->small_order)
		free(tree->order);
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

	if (tree->count >= tree->max_files || (tree->count >= TREE_FILES_SMALL && !tree->may_grow))
		return -E2BIG;
	rc = make_room(tree, size);
	if (rc < 0)
		return rc;
	memcpy(tree->names + tree->len, name, size);
	tree->len += size;
	tree->count++;
	return 0;
}

/* Not there (any more), or not for us: no content. Whatever else goes wrong must not look like that. */
static int no_content(int rc)
{
	return rc == -ENOENT || rc == -ENOTDIR || rc == -ELOOP || rc == -EACCES || rc == -EPERM ? 0 : rc;
}

static bool leads_back(const struct step *step, const struct stat *facts)
{
	for (; step != NULL; step = step->above) {
		if (step->dev == facts->st_dev && step->inode == facts->st_ino)
			return true;
	}
	return false;
}

static int collect_dir(struct tree *tree, int at_fd, const char *name, char *prefix, struct step *here);

static int collect_below(struct tree *tree, int dir_fd, const char *name, char *prefix, const struct step *above,
			 const struct stat *facts)
{
	struct step here = { above, facts->st_dev, facts->st_ino, above->depth + 1 };

	if (leads_back(above, facts))
		return 0;
	if (here.depth >= TREE_DEPTH_MAX)
		return -E2BIG;
	(void)strcat(prefix, "/");
	return no_content(collect_dir(tree, dir_fd, name, prefix, &here));
}

/* What is there, links followed. A network mount may be behind a link: in the loop that is not touched. */
static int look_at(const struct tree *tree, int dir_fd, const char *name, struct stat *ret)
{
	int fd, rc;

	if (tree->may_grow)
		return sys_fstatat(dir_fd, name, ret, 0);
	fd = sys_openat_here(dir_fd, name, O_PATH);
	if (fd < 0)
		return fd == -EXDEV ? -E2BIG : fd;
	rc = sys_fstat(fd, ret);
	(void)sys_close(fd);
	return rc;
}

static int collect_entry(struct tree *tree, const struct sys_dir *list, const char *name, char *prefix,
			 const struct step *here)
{
	size_t len = strlen(prefix);
	struct stat facts = { .st_mode = S_IFREG };
	int rc = 0;

	if (++tree->seen > TREE_SEEN_SMALL && !tree->may_grow)
		return -E2BIG;
	/* Most entries are plain files, and the listing itself says so. */
	if (list->type != DT_REG)
		rc = look_at(tree, list->fd, name, &facts);
	if (rc < 0 || (!S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode)))
		return no_content(rc);
	if (len + strlen(name) + 2 > NAME_SIZE)
		return -E2BIG;
	(void)strcpy(prefix + len, name);
	rc = S_ISREG(facts.st_mode) ? add(tree, prefix) : collect_below(tree, list->fd, name, prefix, here, &facts);
	prefix[len] = '\0';
	return rc;
}

static int collect_dir(struct tree *tree, int at_fd, const char *name, char *prefix, struct step *here)
{
	struct sys_dir list;
	const char *entry;
	int rc = sys_dir_open(&list, at_fd, name);

	if (rc < 0)
		return rc;
	while ((rc = sys_dir_next(&list, &entry)) > 0) {
		if (here->depth == 0 && strncmp(entry, "..", 2) == 0)
			continue;
		rc = collect_entry(tree, &list, entry, prefix, here);
		if (rc < 0)
			break;
	}
	sys_dir_close(&list);
	return rc;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names stand where they were read; what is sorted are pointers. qsort(3) of so few needs no memory of its own. */
static int sort_names(struct tree *tree)
{
	const char *name = tree->names;

	if (tree->count > TREE_FILES_SMALL) {
		const char **order = malloc(tree->count * sizeof(*order));

		if (order == NULL)
			return -ENOMEM;
		tree->order = order;
	}
	for (uint32_t n = 0; n < tree->count; n++, name += strlen(name) + 1)
		tree->order[n] = name;
	qsort(tree->order, tree->count, sizeof(*tree->order), compare);
	return 0;
}

int tree_collect(struct tree *tree, int dir_fd)
{
	char prefix[NAME_SIZE] = "";
	struct step top = { NULL, 0, 0, 0 };
	struct stat facts;
	int rc = sys_fstat(dir_fd, &facts);

	if (rc < 0)
		return rc;
	top.dev = facts.st_dev;
	top.inode = facts.st_ino;
	rc = collect_dir(tree, dir_fd, ".", prefix, &top);
	return rc == 0 ? sort_names(tree) : rc;
}

const char *tree_name(const struct tree *tree, uint32_t n)
{
	return tree->order[n];
}
