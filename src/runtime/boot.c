/* SPDX-License-Identifier: MIT */
#include "runtime/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "runtime/children.h"
#include "runtime/fds.h"
#include "runtime/sys.h"
#include "runtime/terminal.h"

#define HELPERS_PER_WATCH 2 /* a digest and a validation or hook */

/* argv of every service as pointers into the spec: made once, so that a restart needs no memory. */
static int lay_out_commands(struct runtime *rt)
{
	const struct spec *spec = rt->spec;
	size_t words = 0;
	char **next;

	for (uint32_t s = 0; s < spec->service_count; s++)
		words += spec_service(spec, s)->command.count + 1;
	if (words == 0)
		return 0; /* no service: calloc may answer NULL to that, which would look like a failure */
	next = calloc(words, sizeof(*next));
	if (next == NULL)
		return -ENOMEM;
	for (uint32_t s = 0; s < spec->service_count; s++) {
		const struct service_spec *service = spec_service(spec, s);

		if (service->command.count == 0) {
			rt->running[s].argv = rt->argv + service->command_argv;
			continue;
		}
		rt->running[s].argv = next;
		for (uint32_t n = 0; n < service->command.count; n++)
			*next++ = (char *)(uintptr_t)spec_str(spec, spec_word(spec, service->command, n));
		*next++ = NULL;
	}
	return 0;
}

static bool needs_helpers(const struct spec *spec)
{
	for (uint32_t s = 0; s < spec->service_count; s++) {
		const struct service_spec *service = spec_service(spec, s);

		if (service->ready_kind == READY_FILE || service->ready_kind == READY_UNIX ||
		    service->ready_kind == READY_EXEC || service->post_stop.count > 0)
			return true;
	}
	return spec->watch_count > 0;
}

int boot_memory(struct runtime *rt, uint32_t events, reap_fn child_fn)
{
	const struct spec *spec = rt->spec;
	uint32_t helpers = needs_helpers(spec) ? HELPERS_PER_WATCH * spec->watch_count + spec->service_count : 0;
	int rc;

	rt->running = calloc(spec->service_count + 1, sizeof(*rt->running));
	rt->too_big = calloc(spec->watch_count + 1, sizeof(*rt->too_big));
	rt->delegates = calloc(helpers + 1, sizeof(*rt->delegates));
	if (rt->running == NULL || rt->too_big == NULL || rt->delegates == NULL)
		return -ENOMEM;
	rc = queue_init(&rt->queue, events);
	if (rc == 0)
		rc = lay_out_commands(rt);
	if (rc == 0)
		rc = helpers_init(&rt->helpers, helpers, spec, rt->inherited);
	if (rc == 0)
		rc = reap_init(&rt->reap, spec->service_count + helpers, child_fn, rt);
	if (rc == 0 && voice_tells_children(spec))
		rt->reap.any_fn = children_say;
	/* PID 1 cannot be stopped, and a spec that passes everything on leaves this to its signal map. */
	if (rc == 0 && sys_getpid() != 1 && !spec->passive)
		rt->reap.stopped_fn = terminal_job_stopped;
	return rc;
}

/* It may have become one before it became this program: prctl(2). */
static bool reaps_orphans(const struct spec *spec)
{
	int is_reaper = 0;

	if (spec->own_orphans || sys_getpid() == 1)
		return true;
	return sys_prctl(PR_GET_CHILD_SUBREAPER, (unsigned long)(uintptr_t)&is_reaper) == 0 && is_reaper != 0;
}

int boot_process(struct runtime *rt, struct err *err)
{
	const struct spec *spec = rt->spec;
	int rc;

	if (spec->own_orphans && sys_getpid() != 1) {
		rc = sys_prctl(PR_SET_CHILD_SUBREAPER, 1);
		if (rc < 0)
			return err_set(err, -rc, "cannot become the reaper of orphans: %s", strerror(-rc));
	}
	if (spec->speech[SPEECH_NOT_REAPER] != 0 && !reaps_orphans(spec))
		voice_say(&rt->voice, SPEECH_NOT_REAPER, (struct voice_words){ 0 });
	if (spec->parent_death_signal != 0) {
		rc = sys_prctl(PR_SET_PDEATHSIG, (unsigned long)spec->parent_death_signal);
		if (rc < 0)
			return err_set(err, -rc, "cannot set the parent-death signal: %s", strerror(-rc));
	}
	rt->dir_fd = -1;
	if (spec->root_dir) {
		if (spec->service_count > 0)
			rt->dir_fd = sys_open(".", O_PATH | O_DIRECTORY, 0);
		if (spec->service_count == 0 || rt->dir_fd >= 0)
			(void)sys_chdir("/"); /* it is there in every container */
	}
	if (spec->close_inherited && spec->service_count == 0)
		fds_close_inherited(); /* nobody is to have them */
	return 0;
}
