/* SPDX-License-Identifier: MIT */
#include "runtime/rights.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Setting the groups needs CAP_SETGID even where nothing would change: one who is the user already keeps his. */
static int take_groups(const struct spec *spec, const struct service_spec *service)
{
	gid_t *groups;
	int rc;

	if (geteuid() == service->uid && geteuid() != 0)
		return 0;
	groups = calloc(service->groups.count + 1, sizeof(*groups));
	if (groups == NULL)
		return -ENOMEM;
	for (uint32_t n = 0; n < service->groups.count; n++)
		groups[n] = spec_word(spec, service->groups, n);
	rc = setgroups(service->groups.count, groups) < 0 ? -errno : 0;
	free(groups);
	return rc;
}

static int take_environment(const struct spec *spec, const struct service_spec *service)
{
	const char *name = spec_str(spec, service->user_name), *home = spec_str(spec, service->user_home);
	int rc = 0;

	if (*name != '\0')
		rc = setenv("USER", name, 1) < 0 || setenv("LOGNAME", name, 1) < 0 ? -errno : 0;
	if (rc == 0 && *home != '\0')
		rc = setenv("HOME", home, 1) < 0 ? -errno : 0;
	return rc;
}

static int take_user(const struct spec *spec, const struct service_spec *service, const char **ret_stage)
{
	int rc;

	*ret_stage = "groups";
	rc = take_groups(spec, service);
	if (rc < 0)
		return rc;
	*ret_stage = "user";
	if (setresuid(service->uid, service->uid, service->uid) < 0)
		return -errno;
	return take_environment(spec, service);
}

int rights_take(const struct spec *spec, const struct service_spec *service, const char **ret_stage)
{
	*ret_stage = "group";
	if ((service->has_user || service->has_group) && setresgid(service->gid, service->gid, service->gid) < 0)
		return -errno;
	if (service->has_user) {
		int rc = take_user(spec, service, ret_stage);

		if (rc < 0)
			return rc;
	}
	*ret_stage = "no-new-privs";
	if (service->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1ul, 0ul, 0ul, 0ul) < 0)
		return -errno;
	return 0;
}
