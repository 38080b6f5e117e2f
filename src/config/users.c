/* SPDX-License-Identifier: MIT */
#include "config/users.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* (uid_t)-1 means "leave it alone" to setresuid(2). */
static int number_of(const char *text, uint32_t *ret)
{
	int64_t number;

	if (str_int(text, 0, UINT32_MAX - 1, &number) < 0)
		return -ENOENT;
	*ret = (uint32_t)number;
	return 0;
}

static void take_entry(struct user *user, const struct passwd *entry)
{
	user->known = true;
	user->uid = entry->pw_uid;
	user->gid = entry->pw_gid;
	(void)str_copy(user->name, sizeof(user->name), entry->pw_name); /* longer names do not exist: useradd(8) */
	if (str_copy(user->home, sizeof(user->home), entry->pw_dir) < 0)
		user->home[0] = '\0'; /* half a path would be another directory */
	user->groups[0] = entry->pw_gid;
	user->group_count = 1;
}

static void find_entry(const char *text, bool is_number, struct user *user)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *entry;

	while (file != NULL && !user->known && (entry = fgetpwent(file)) != NULL) {
		if (is_number ? entry->pw_uid == user->uid : strcmp(entry->pw_name, text) == 0)
			take_entry(user, entry);
	}
	if (file != NULL)
		(void)fclose(file);
}

static bool is_member(const struct group *entry, const char *name)
{
	for (char **member = entry->gr_mem; *member != NULL; member++) {
		if (strcmp(*member, name) == 0)
			return true;
	}
	return false;
}

static void find_groups(struct user *user)
{
	FILE *file = fopen("/etc/group", "re");
	const struct group *entry;

	while (file != NULL && user->group_count < USERS_GROUPS_MAX && (entry = fgetgrent(file)) != NULL) {
		if (entry->gr_gid != user->gid && is_member(entry, user->name))
			user->groups[user->group_count++] = entry->gr_gid;
	}
	if (file != NULL)
		(void)fclose(file);
}

int users_find(const char *text, struct user *ret)
{
	bool is_number;

	memset(ret, 0, sizeof(*ret));
	is_number = number_of(text, &ret->uid) == 0;
	find_entry(text, is_number, ret);
	if (!ret->known && !is_number)
		return -ENOENT;
	if (ret->known)
		find_groups(ret);
	return 0;
}

int users_group(const char *text, uint32_t *ret_gid)
{
	FILE *file;
	const struct group *entry;
	int rc = number_of(text, ret_gid);

	if (rc == 0)
		return 0;
	file = fopen("/etc/group", "re");
	while (file != NULL && rc < 0 && (entry = fgetgrent(file)) != NULL) {
		if (strcmp(entry->gr_name, text) == 0) {
			*ret_gid = entry->gr_gid;
			rc = 0;
		}
	}
	if (file != NULL)
		(void)fclose(file);
	return rc;
}
