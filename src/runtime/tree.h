/* SPDX-License-Identifier: MIT */
/* List the regular files of a tree through a directory descriptor: bounded, sorted, no path is opened by name from outside. */
#ifndef REINIT_RUNTIME_TREE_H
#define REINIT_RUNTIME_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_DEPTH_MAX 16
#define TREE_NAMES_SMALL 8192u /* bytes of names that fit without an allocation: enough for the loop's 64 files */

struct tree {
	char small[TREE_NAMES_SMALL];
	char *names;	  /* names one after another, relative, with '/', terminated: small, or from the heap */
	size_t len, room;
	uint32_t count;
	uint32_t max_files;
	bool may_grow;	  /* one-shot children: beyond small the heap is used; else -E2BIG */
};

/* begin with limits; tree_finish frees. */
void tree_init(struct tree *tree, uint32_t max_files, bool may_grow);
void tree_finish(struct tree *tree);

/*
 * Collect the regular files below dir_fd (links to files and directories are followed), without entries at the
 * top that begin with "..". Sorted by name. Returns 0, -E2BIG (files, depth, names), or negative errno of opendir.
 */
int tree_collect(struct tree *tree, int dir_fd);

/* The names in order: tree_next(tree, NULL) is the first, then the one after name; NULL at the end. */
const char *tree_next(const struct tree *tree, const char *name);

#endif
