/* SPDX-License-Identifier: MIT */
#include "config/files.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void add_file(struct draft *draft, const char *path)
{
	static const struct origin by_default = { .kind = ORIGIN_FILE, .name = "default" };

	draft_put(draft, &draft->globals[OPT_CONFIG], by_default, draft_text(draft, path, strlen(path)), true);
}

/* A ConfigMap's directory holds ..data and ..<time> beside the names that are meant. */
static int is_meant(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int files_find(const char *file, const char *dir, struct draft *draft, struct err *err)
{
	struct dirent **entries = NULL;
	char path[PATH_MAX];
	struct stat st;
	int count;

	/* A link that leads nowhere was meant to lead somewhere: reading it will say so. */
	if (lstat(file, &st) == 0)
		add_file(draft, file);
	else if (errno != ENOENT && errno != ENOTDIR)
		return err_set(err, errno, "%s: %s", file, strerror(errno));
	count = scandir(dir, &entries, is_meant, by_bytes);
	if (count < 0 && errno != ENOENT && errno != ENOTDIR)
		return err_set(err, errno, "%s: %s", dir, strerror(errno));
	for (int i = 0; i < count; i++) {
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name) < sizeof(path))
			add_file(draft, path);
		free(entries[i]);
	}
	free(entries);
	if (draft->failed)
		return err_set(err, -draft->failed, "out of memory");
	return (int)draft->globals[OPT_CONFIG].count;
}
