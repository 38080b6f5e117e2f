/* SPDX-License-Identifier: MIT */
/* List the regular files of a tree through a directory descriptor: bounded, sorted, no path is opened by name from outside. */
#ifndef REINIT_RUNTIME_TREE_H
#define REINIT_RUNTIME_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_DEPTH_MAX 16
#define TREE_NAMES_SMALL 8192u /* bytes of names, and names, that fit without an allocation: */
#define TREE_FILES_SMALL 64u   /* enough for what is read in the loop */
#define TREE_SEEN_SMALL 1024u  /* links, directories, sockets and the like among them */

struct tree {
	char small[TREE_NAMES_SMALL];
	const char *small_order[TREE_FILES_SMALL];
	char *names;	    /* names one after another, relative, with '/', terminated: small, or from the heap */
	const char **order; /* into names, sorted: small_order, or from the heap */
	size_t len, room;
	uint32_t count;
	uint32_t max_files;
	uint32_t seen; /* entries looked at, of whatever type */
	bool may_grow; /* one-shot children: beyond small the heap is used, and mounts are crossed; else -E2BIG */
};

/*
 * Begin with limits; tree_finish frees. Without may_grow nothing is ever allocated, and nothing is touched that could hang:
 * what lies on another mount, behind a link or below a directory, or more than a few entries, is -E2BIG.
 */
void tree_init(struct tree *tree, uint32_t max_files, bool may_grow);
void tree_finish(struct tree *tree);

/*
 * Collect the regular files below dir_fd, without entries at the top that begin with "..". Links to files and
 * directories are followed; a dangling link is no content, one that leads back to a directory on the way is not followed
 * again, and a directory that may not be read has no files. Sorted by name.
 * Returns 0, -E2BIG (files, depth, names), or the negative errno that kept it from being listed whole.
 */
int tree_collect(struct tree *tree, int dir_fd);

/* The names in order, from 0 to tree->count - 1. */
const char *tree_name(const struct tree *tree, uint32_t n);

#endif
