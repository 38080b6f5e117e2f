/* SPDX-License-Identifier: MIT */
/* What the tests of helpers share: a helper from its start to its answer. */
#ifndef REINIT_TESTS_HELPER_UTIL_H
#define REINIT_TESTS_HELPER_UTIL_H

#include "runtime_util.h"

#include <poll.h>

#include "runtime/helper.h"
#include "runtime/signals.h"
#include "runtime/snapshot.h"

static struct spawn_inherited inherited;
static struct helpers helpers;
static struct spec *spec;
static struct helper_result result;

static inline void set_up(const struct one_watch *want, uint32_t capacity)
{
	spec = make_spec(want);
	assert_int_equal(helpers_init(&helpers, capacity, spec, &inherited), 0);
}

static inline void tear_down(void)
{
	helpers_finish(&helpers);
	free(spec);
	spec = NULL;
}

static inline struct digest digest_now(void)
{
	enum content content;
	struct digest digest = { 0, 0 };
	int unreadable;

	assert_int_equal(snapshot_digest(spec, spec_watch(spec, 0), NULL, &content, &digest, &unreadable), 0);
	return digest;
}

/* Returns the slot. */
static inline int begin(enum helper_job job, struct digest expected, pid_t *ret_pid)
{
	int fd, slot = helper_start(&helpers, job, 0, 0, 77, expected, 4711, ret_pid, &fd);

	assert_true(slot >= 0);
	return slot;
}

static inline void finish(int slot, pid_t pid)
{
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	helper_ended(&helpers, (uint32_t)slot, &result);
	assert_int_equal(result.seq, 77);
	assert_int_equal(result.service, 0);
	assert_int_equal(result.watch, 0);
}

static inline void run(enum helper_job job, struct digest expected)
{
	pid_t pid;
	int slot = begin(job, expected, &pid);

	finish(slot, pid);
	assert_int_equal(result.job, job);
	assert_false(result.died);
}

static inline const char *output(void)
{
	static char text[HELPER_OUTPUT_SIZE + 1];

	memcpy(text, result.output, result.output_len);
	text[result.output_len] = '\0';
	return text;
}

#endif
