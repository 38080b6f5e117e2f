/* SPDX-License-Identifier: MIT */
#include "runtime/delegate.h"

#include <errno.h>
#include <signal.h>

#include "runtime/snapshot.h"

static void helper_has_output(void *arg)
{
	const struct delegate *delegate = arg;
	struct runtime *rt = delegate->rt;

	helper_readable(&rt->helpers, (uint32_t)(delegate - rt->delegates));
}

/* Returns 0 or negative errno when it cannot be started. */
static int start_helper(struct runtime *rt, enum helper_job job, const struct effect *effect)
{
	pid_t service_pid = effect->service < rt->spec->service_count ? rt->running[effect->service].pid : 0;
	pid_t pid;
	int fd;
	int slot = helper_start(&rt->helpers, job, effect->service, effect->watch, effect->seq, effect->digest,
				service_pid, &pid, &fd);

	if (slot < 0) {
		report_helper_failed(&rt->report, effect->service, -slot);
		return slot;
	}
	(void)reap_expect(&rt->reap, pid, REAP_HELPER, (uint32_t)slot, effect->seq); /* sized for all slots */
	rt->delegates[slot].rt = rt;
	rt->delegates[slot].output = loop_fd_add(rt->loop, fd, helper_has_output, &rt->delegates[slot]);
	return 0;
}

static void answer_content(struct runtime *rt, const struct effect *effect, enum content content, struct digest digest)
{
	queue_post(&rt->queue, (struct event){ .kind = EV_DIGESTED,
					       .watch = effect->watch,
					       .seq = effect->seq,
					       .value = (int32_t)content,
					       .digest = digest });
}

void delegate_digest(struct runtime *rt, const struct effect *effect)
{
	static const struct snapshot_limits limits = { SNAPSHOT_LOOP_BYTES, SNAPSHOT_LOOP_FILES };
	const struct watch_spec *spec = spec_watch(rt->spec, effect->watch);
	struct digest digest = { 0, 0 };
	enum content content = CONTENT_UNREADABLE;
	int unreadable = 0;

	if (watcher_local(rt->watcher, effect->watch) && !rt->too_big[effect->watch]) {
		int rc = snapshot_digest(rt->spec, spec, &limits, &content, &digest, &unreadable);

		if (rc != -E2BIG) {
			answer_content(rt, effect, rc == 0 ? content : CONTENT_UNREADABLE, digest);
			return;
		}
		rt->too_big[effect->watch] = true;
	}
	/* One that is left from an earlier reading is stuck there: another would only join it. */
	if (helpers_have(&rt->helpers, HELPER_DIGEST, effect->watch) || start_helper(rt, HELPER_DIGEST, effect) < 0)
		answer_content(rt, effect, CONTENT_UNREADABLE, digest);
}

void delegate_validate(struct runtime *rt, const struct effect *effect)
{
	if (start_helper(rt, HELPER_VALIDATE, effect) == 0)
		return;
	queue_post(&rt->queue, (struct event){ .kind = EV_VALIDATED,
					       .watch = effect->watch,
					       .seq = effect->seq,
					       .value = VERDICT_REFUSED,
					       .digest = effect->digest });
}

void delegate_hook(struct runtime *rt, const struct effect *effect)
{
	if (start_helper(rt, HELPER_HOOK, effect) < 0)
		queue_answer(&rt->queue, EV_HOOKED, effect, SPAWN_EXIT_NOT_RUN << 8);
}

void delegate_post_stop(struct runtime *rt, const struct effect *effect)
{
	if (start_helper(rt, HELPER_POST_STOP, effect) < 0)
		queue_answer(&rt->queue, EV_POST_STOPPED, effect, SPAWN_EXIT_NOT_RUN << 8);
}

void delegate_probe(struct runtime *rt, const struct effect *effect)
{
	/* One at a time: the engine asks again soon, and a service that ends again and again must not pile them up. */
	if (helpers_cancel_probe(&rt->helpers, effect->service) || start_helper(rt, HELPER_PROBE, effect) < 0)
		queue_answer(&rt->queue, EV_PROBED, effect, 0);
}

static struct event result_event(const struct helper_result *result)
{
	struct event event = {
		.service = result->service, .watch = result->watch, .seq = result->seq, .digest = result->digest
	};

	switch (result->job) {
	case HELPER_DIGEST:
		event.kind = EV_DIGESTED;
		event.value = (int32_t)(result->died ? CONTENT_UNREADABLE : result->content);
		break;
	case HELPER_VALIDATE:
		event.kind = EV_VALIDATED;
		event.value = (int32_t)(result->died ? VERDICT_REFUSED : result->verdict);
		break;
	case HELPER_HOOK:
		event.kind = EV_HOOKED;
		event.value = result->died || result->timed_out || result->error != 0 ? SIGKILL : result->status;
		break;
	case HELPER_POST_STOP:
		event.kind = EV_POST_STOPPED;
		event.value = result->died || result->timed_out || result->error != 0 ? SIGKILL : result->status;
		break;
	case HELPER_PROBE:
		event.kind = EV_PROBED;
		event.value = !result->died && !result->timed_out && result->error == 0 && result->status == 0;
		break;
	}
	return event;
}

/* 4.5 KiB: static, so that the stack of PID 1 stays small; one at a time is at work. */
static struct helper_result result;

struct event delegate_ended(struct runtime *rt, uint32_t slot)
{
	loop_fd_remove(rt->loop, rt->delegates[slot].output);
	rt->delegates[slot].output = NULL;
	helper_ended(&rt->helpers, slot, &result);
	rt->result = &result;
	return result_event(&result);
}

bool delegate_lost(struct runtime *rt, int64_t now_ms, struct event *ret)
{
	if (helpers_lost(&rt->helpers, now_ms, &result) < 0)
		return false;
	rt->result = &result;
	*ret = result_event(&result);
	return true;
}
