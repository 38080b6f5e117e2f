/* SPDX-License-Identifier: MIT */
/*
 * One-shot children that may block, for PID 1 must not: big or remote digests, validations, reload commands,
 * readiness commands. Each is a fork of this process that does its work, writes one struct helper_result
 * into a pipe and ends; it has its own process group and is a subreaper, so that whatever its command leaves
 * behind is ended with it. Beyond its time plus a margin the whole helper is killed from outside.
 */
#ifndef REINIT_RUNTIME_HELPER_H
#define REINIT_RUNTIME_HELPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/digest.h"
#include "model/event.h"
#include "model/spec.h"
#include "runtime/spawn.h"

#define HELPER_OUTPUT_SIZE 4096 /* the last bytes of a command's output that are kept */
#define HELPER_MARGIN_MS 2000

enum helper_job { HELPER_DIGEST, HELPER_VALIDATE, HELPER_HOOK, HELPER_PROBE, HELPER_POST_STOP };

struct helper_result {
	enum helper_job job;
	uint32_t service, watch, seq;
	bool died;	      /* no answer came: killed at its bound, or crashed; the rest is not valid */
	enum content content; /* DIGEST */
	enum verdict verdict; /* VALIDATE */
	struct digest digest; /* DIGEST; VALIDATE: what was validated */
	int status;	      /* wait status of the command */
	bool timed_out;	      /* the command was killed at its time limit */
	int error;	      /* errno of what kept it from running, 0 otherwise */
	int64_t took_ms;
	char note[256];	     /* a sentence about error, or "" */
	uint32_t output_len; /* of output; a partial first line has been cut off */
	char output[HELPER_OUTPUT_SIZE];
};

struct helper; /* one that runs */
struct helpers {
	const struct spec *spec;
	const struct spawn_inherited *inherited;
	struct helper *slots;
	uint32_t capacity;
};

/* Room for capacity helpers at once. Boot only. Returns 0 or -ENOMEM. */
int helpers_init(struct helpers *helpers, uint32_t capacity, const struct spec *spec,
		 const struct spawn_inherited *inherited);
void helpers_finish(struct helpers *helpers);

/*
 * Start one. service or watch is UINT32_MAX where the job has none. service_pid (0: none) is given to commands as
 * REINIT_PID, beside REINIT_SERVICE, REINIT_PATH, REINIT_DIGEST.
 * Returns the slot (for reap_expect) with *ret_pid and *ret_fd, the read end to watch, or negative errno.
 */
int helper_start(struct helpers *helpers, enum helper_job job, uint32_t service, uint32_t watch, uint32_t seq,
		 struct digest expected, pid_t service_pid, pid_t *ret_pid, int *ret_fd);

/* Its pipe can be read: take what is there. Never blocks. */
void helper_readable(struct helpers *helpers, uint32_t slot);

/*
 * Its process is gone (from reap): read the rest of the pipe, close it, free the slot and fill *ret, which is
 * complete or has died set. The caller removes the descriptor from the loop first.
 */
void helper_ended(struct helpers *helpers, uint32_t slot, struct helper_result *ret);

/* The earliest bound of all that run, or -1. */
int64_t helpers_deadline_ms(const struct helpers *helpers);
/* Kill those whose bound has passed at now_ms (group KILL; they end through reap as usual). */
void helpers_expire(struct helpers *helpers, int64_t now_ms);
/*
 * One that was killed HELPER_MARGIN_MS ago and is still there, for it is stuck in the kernel (a hung mount): fills *ret, which
 * has died set, and returns its slot; each is told once. It keeps its slot until it is gone. -1: no other.
 */
int helpers_lost(struct helpers *helpers, int64_t now_ms, struct helper_result *ret);
/* Does a helper with this job for this watch run? */
bool helpers_have(const struct helpers *helpers, enum helper_job job, uint32_t watch);
/* Cancel the readiness command of a service that still runs for a process that has gone. False when there is none. */
bool helpers_cancel_probe(struct helpers *helpers, uint32_t service);
/* Cancel all that belong to a service (UINT32_MAX: all) but its post-stop command, which is meant to run at the end. */
void helpers_cancel(struct helpers *helpers, uint32_t service);

#endif
