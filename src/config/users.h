/* SPDX-License-Identifier: MIT */
/*
 * Users and groups from /etc/passwd and /etc/group alone: getpwnam(3) would load NSS modules, which a static program
 * has not and an image without them neither. Boot only.
 */
#ifndef REINIT_CONFIG_USERS_H
#define REINIT_CONFIG_USERS_H

#include <stdbool.h>
#include <stdint.h>

#define USERS_NAME_SIZE 256
#define USERS_GROUPS_MAX 64 /* supplementary groups that are taken; more are left out */

struct user {
	bool known; /* has an entry: name, home, gid and groups are valid */
	uint32_t uid, gid;
	char name[USERS_NAME_SIZE]; /* "" when not known */
	char home[USERS_NAME_SIZE];
	uint32_t groups[USERS_GROUPS_MAX]; /* supplementary, the first is gid */
	uint32_t group_count;
};

/* By name or number; a number need not have an entry. Returns 0, or -ENOENT for an unknown name. */
int users_find(const char *text, struct user *ret);

/* The same for a group. */
int users_group(const char *text, uint32_t *ret_gid);

#endif
