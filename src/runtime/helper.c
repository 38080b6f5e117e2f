/* SPDX-License-Identifier: MIT */
#include "runtime/helper.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/helperjob.h"
#include "runtime/procfs.h"
#include "runtime/sigsend.h"
#include "runtime/sys.h"

#define HELPER_MARGIN_DIGEST_MS 60000 /* a digest has no command: a hung mount must not hold it for ever */

struct helper {
	struct helper_result *result; /* allocated when the slot is first used, then kept */
	size_t received;	      /* bytes of it */
	pid_t pid;		      /* 0: free */
	int fd;
	int64_t deadline_ms; /* KILL, then the time by which that must have ended it; -1: nothing is due any more */
	bool killed;
};

int helpers_init(struct helpers *helpers, uint32_t capacity, const struct spec *spec,
		 const struct spawn_inherited *inherited)
{
	helpers->spec = spec;
	helpers->inherited = inherited;
	helpers->capacity = capacity;
	helpers->slots = NULL;
	if (capacity == 0)
		return 0;
	helpers->slots = calloc(capacity, sizeof(*helpers->slots));
	return helpers->slots == NULL ? -ENOMEM : 0;
}

void helpers_finish(struct helpers *helpers)
{
	for (uint32_t n = 0; n < helpers->capacity; n++)
		free(helpers->slots[n].result);
	free(helpers->slots);
	memset(helpers, 0, sizeof(*helpers));
}

static int64_t limit_ms(const struct helpers *helpers, enum helper_job job, uint32_t service, uint32_t watch)
{
	switch (job) {
	case HELPER_VALIDATE:
		/* It digests and lays a stage as well. */
		return spec_watch(helpers->spec, watch)->validate_timeout_ms + HELPER_MARGIN_DIGEST_MS;
	case HELPER_HOOK:
		return spec_watch(helpers->spec, watch)->exec_timeout_ms + HELPER_MARGIN_MS;
	case HELPER_PROBE:
		return HELPERJOB_PROBE_LIMIT_MS + HELPER_MARGIN_MS;
	case HELPER_POST_STOP:
		return spec_service(helpers->spec, service)->post_stop_timeout_ms + HELPER_MARGIN_MS;
	case HELPER_DIGEST:
		break;
	}
	return HELPER_MARGIN_DIGEST_MS;
}

static int free_slot(struct helpers *helpers)
{
	for (uint32_t n = 0; n < helpers->capacity; n++) {
		struct helper *slot = &helpers->slots[n];

		if (slot->pid != 0)
			continue;
		if (slot->result == NULL)
			slot->result = malloc(sizeof(*slot->result));
		return slot->result == NULL ? -ENOMEM : (int)n;
	}
	return -ENOSPC;
}

int helper_start(struct helpers *helpers, enum helper_job job, uint32_t service, uint32_t watch, uint32_t seq,
		 struct digest expected, pid_t service_pid, pid_t *ret_pid, int *ret_fd)
{
	int fds[2], n = free_slot(helpers);
	struct helper *slot;
	pid_t pid;
	int rc;

	if (n < 0)
		return n;
	slot = &helpers->slots[n];
	rc = sys_pipe(fds);
	if (rc < 0)
		return rc;
	memset(slot->result, 0, sizeof(*slot->result));
	slot->result->job = job;
	slot->result->service = service;
	slot->result->watch = watch;
	slot->result->seq = seq;
	slot->result->digest = expected;
	pid = sys_fork();
	if (pid == 0)
		helperjob_run(helpers->spec, helpers->inherited, slot->result, service_pid, fds[1]);
	(void)sys_close(fds[1]);
	if (pid < 0) {
		(void)sys_close(fds[0]);
		return pid;
	}
	slot->received = 0;
	slot->killed = false;
	slot->pid = pid;
	slot->fd = fds[0];
	slot->deadline_ms = sys_now_ms() + limit_ms(helpers, job, service, watch);
	*ret_pid = pid;
	*ret_fd = fds[0];
	return n;
}

/*
 * The answer is written over the question in the slot: both have the same head, and an answer that did not come
 * whole is marked as died, so that nobody reads the rest.
 */
void helper_readable(struct helpers *helpers, uint32_t slot_index)
{
	struct helper *slot = &helpers->slots[slot_index];
	ssize_t len;

	do {
		len = sys_read(slot->fd, (char *)slot->result + slot->received, sizeof(*slot->result) - slot->received);
		if (len > 0)
			slot->received += (size_t)len;
	} while (len > 0 && slot->received < sizeof(*slot->result));
}

void helper_ended(struct helpers *helpers, uint32_t slot_index, struct helper_result *ret)
{
	struct helper *slot = &helpers->slots[slot_index];
	enum helper_job job = slot->result->job;
	uint32_t service = slot->result->service, watch = slot->result->watch, seq = slot->result->seq;

	helper_readable(helpers, slot_index);
	(void)sys_close(slot->fd);
	slot->pid = 0;
	*ret = *slot->result;
	ret->died = slot->received != sizeof(*ret);
	/* Never trust the head of a torn answer: a slot's question is ours. */
	ret->job = job;
	ret->service = service;
	ret->watch = watch;
	ret->seq = seq;
	if (ret->died || ret->output_len > HELPER_OUTPUT_SIZE)
		ret->output_len = 0;
	if (ret->died)
		ret->note[0] = '\0';
	ret->note[sizeof(ret->note) - 1] = '\0';
}

int64_t helpers_deadline_ms(const struct helpers *helpers)
{
	int64_t earliest_ms = -1;

	for (uint32_t n = 0; n < helpers->capacity; n++) {
		const struct helper *slot = &helpers->slots[n];

		if (slot->pid != 0 && slot->deadline_ms >= 0 && (earliest_ms < 0 || slot->deadline_ms < earliest_ms))
			earliest_ms = slot->deadline_ms;
	}
	return earliest_ms;
}

static void kill_one(void *arg, pid_t pid)
{
	(void)arg;
	(void)sigsend(pid, SIGKILL);
}

static void kill_helper(struct helper *slot, int64_t now_ms)
{
	slot->killed = true; /* it is gone when reap says so */
	slot->deadline_ms = now_ms + HELPER_MARGIN_MS;
	(void)procfs_descendants(slot->pid, kill_one, NULL); /* its command has a session of its own */
	(void)sigsend(-slot->pid, SIGKILL);
	(void)sigsend(slot->pid, SIGKILL); /* it may not have made its group yet */
}

void helpers_expire(struct helpers *helpers, int64_t now_ms)
{
	for (uint32_t n = 0; n < helpers->capacity; n++) {
		struct helper *slot = &helpers->slots[n];

		if (slot->pid != 0 && !slot->killed && now_ms >= slot->deadline_ms)
			kill_helper(slot, now_ms);
	}
}

int helpers_lost(struct helpers *helpers, int64_t now_ms, struct helper_result *ret)
{
	for (uint32_t n = 0; n < helpers->capacity; n++) {
		struct helper *slot = &helpers->slots[n];

		if (slot->pid == 0 || !slot->killed || slot->deadline_ms < 0 || now_ms < slot->deadline_ms)
			continue;
		slot->deadline_ms = -1;
		*ret = (struct helper_result){ .job = slot->result->job,
					       .service = slot->result->service,
					       .watch = slot->result->watch,
					       .seq = slot->result->seq,
					       .digest = slot->result->digest,
					       .died = true };
		return (int)n;
	}
	return -1;
}

bool helpers_have(const struct helpers *helpers, enum helper_job job, uint32_t watch)
{
	for (uint32_t n = 0; n < helpers->capacity; n++) {
		const struct helper *slot = &helpers->slots[n];

		if (slot->pid != 0 && slot->result->job == job && slot->result->watch == watch)
			return true;
	}
	return false;
}

bool helpers_cancel_probe(struct helpers *helpers, uint32_t service)
{
	bool found = false;

	for (uint32_t n = 0; n < helpers->capacity; n++) {
		struct helper *slot = &helpers->slots[n];

		if (slot->pid == 0 || slot->result->job != HELPER_PROBE || slot->result->service != service)
			continue;
		(void)sigsend(slot->pid, SIGTERM);
		found = true;
	}
	return found;
}

void helpers_cancel(struct helpers *helpers, uint32_t service)
{
	for (uint32_t n = 0; n < helpers->capacity; n++) {
		struct helper *slot = &helpers->slots[n];

		/* TERM: the helper ends its command and all that this left behind, then itself; its bound stays. */
		if (slot->pid != 0 && slot->result->job != HELPER_POST_STOP &&
		    (service == UINT32_MAX || slot->result->service == service))
			(void)sigsend(slot->pid, SIGTERM);
	}
}
