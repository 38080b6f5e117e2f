/* SPDX-License-Identifier: MIT */
#include "config/check_rights.h"

#include <string.h>

#include "base/str.h"
#include "config/users.h"

/* "USER" or "USER:GROUP", each a name or a number. Returns the group's part, or NULL. */
static const char *split_user(const char *text, char user[USERS_NAME_SIZE])
{
	size_t len = strcspn(text, ":");

	(void)str_copy(user, len < USERS_NAME_SIZE ? len + 1 : USERS_NAME_SIZE, text);
	return text[len] == ':' ? text + len + 1 : NULL;
}

static void check_group(struct value_reader *reader, const struct place *place, enum option_id id, const char *name,
			struct service_spec *spec)
{
	uint32_t gid;

	if (users_group(name, &gid) < 0) {
		faults_at(reader->faults, place, id,
			  "unknown group '%s': no such name in /etc/group; a number is taken as it is", name);
		return;
	}
	spec->gid = gid;
	spec->has_group = 1;
}

static void check_user(struct value_reader *reader, const struct place *place, struct service_spec *spec)
{
	const char *text = value_text(reader, place, OPT_USER), *group;
	char name[USERS_NAME_SIZE];
	struct user user;

	if (!draft_find(place, OPT_USER).setting)
		return;
	if (strcspn(text, ":") >= sizeof(name)) {
		faults_at(reader->faults, place, OPT_USER, "a name has at most %zu bytes", sizeof(name) - 1);
		return;
	}
	group = split_user(text, name);
	if (users_find(name, &user) < 0) {
		faults_at(reader->faults, place, OPT_USER,
			  "unknown user '%s': no such name in /etc/passwd; a number is taken as it is", name);
		return;
	}
	spec->has_user = 1;
	spec->uid = user.uid;
	spec->user_name = specbuild_str(reader->build, user.name);
	spec->user_home = specbuild_str(reader->build, user.home);
	if (group != NULL) {
		if (draft_find(place, OPT_GROUP).setting)
			faults_at(reader->faults, place, OPT_GROUP,
				  "is given twice: here and behind the user; leave one out");
		check_group(reader, place, OPT_USER, group, spec);
	} else if (user.known && !draft_find(place, OPT_GROUP).setting) {
		spec->gid = user.gid;
		spec->has_group = 1;
	}
	if (user.known)
		spec->groups = specbuild_nums(reader->build, user.groups, user.group_count);
}

static void check_umask(struct value_reader *reader, const struct place *place, struct service_spec *spec)
{
	const char *text = value_text(reader, place, OPT_UMASK);
	size_t len = strlen(text);

	if (!draft_find(place, OPT_UMASK).setting)
		return;
	if (len == 0 || len > 4 || strspn(text, "01234567") != len || (len == 4 && text[0] != '0')) {
		faults_at(reader->faults, place, OPT_UMASK, "'%s' is not a mask: write three octal digits such as 027",
			  text);
		return;
	}
	for (; *text != '\0'; text++)
		spec->umask = spec->umask * 8 + (uint32_t)(*text - '0');
	spec->has_umask = 1;
}

void check_rights(struct value_reader *reader, const struct place *place, struct service_spec *spec)
{
	bool has_group = draft_find(place, OPT_GROUP).setting != NULL;

	check_user(reader, place, spec);
	if (has_group)
		check_group(reader, place, OPT_GROUP, value_text(reader, place, OPT_GROUP), spec);
	if (spec->has_user && !spec->has_group)
		faults_at(reader->faults, place, OPT_USER,
			  "%u has no entry in /etc/passwd, so its group must be given: write %u:GROUP", spec->uid,
			  spec->uid);
	check_umask(reader, place, spec);
	spec->workdir = value_path(reader, place, OPT_WORKDIR);
	spec->no_new_privs = value_bool(reader, place, OPT_NO_NEW_PRIVS);
}
