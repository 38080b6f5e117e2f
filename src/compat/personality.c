/* SPDX-License-Identifier: MIT */
#include "compat/personality.h"

#include <string.h>

#include "compat/catatonit.h"
#include "compat/dumbinit.h"
#include "compat/tini.h"

static const struct {
	const char *name;
	personality_fn fn;
} personalities[] = {
	{ "tini", tini_plan },		{ "tini-static", tini_plan },	 { "docker-init", tini_plan },
	{ "dumb-init", dumbinit_plan }, { "catatonit", catatonit_plan }, { "podman-init", catatonit_plan },
};

personality_fn personality_find(const char *argv0)
{
	const char *slash = argv0 == NULL ? NULL : strrchr(argv0, '/');
	const char *name = slash == NULL ? argv0 : slash + 1;

	for (size_t n = 0; name != NULL && n < sizeof(personalities) / sizeof(personalities[0]); n++) {
		if (strcmp(name, personalities[n].name) == 0)
			return personalities[n].fn;
	}
	return NULL;
}
