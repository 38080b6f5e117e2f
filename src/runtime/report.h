/* SPDX-License-Identifier: MIT */
/* Turn the engine's messages and the watcher's news into log lines. */
#ifndef REINIT_RUNTIME_REPORT_H
#define REINIT_RUNTIME_REPORT_H

#include "model/effect.h"
#include "model/spec.h"
#include "runtime/helper.h"
#include "runtime/logsink.h"
#include "runtime/watch.h"

#define REPORT_REASON_SIZE 512

struct report {
	struct logsink sink;
	const struct spec *spec;
	char reason
		[REPORT_REASON_SIZE]; /* why the container is going to end, for the termination log; "" when it is plain */
};

/*
 * Log one LOG effect. result: the helper's answer that led to it (its output, note and time are shown with a
 * failed validation or command), or NULL. main_pid: of the service, or 0; names the program in the hint of NEVER_CAUGHT.
 */
void report_effect(struct report *report, const struct effect *effect, const struct helper_result *result,
		   pid_t main_pid);

/* Log what the watcher has to say of a watch; TOUCHED, COMPLETE and POLL are not reported. */
void report_news(struct report *report, uint32_t watch, enum watch_news news, int value);

/* Log that a helper process for the service (an index, or none) could not be started; error: errno. */
void report_helper_failed(struct report *report, uint32_t service, int error);

/*
 * Write the reason into the container's termination log (/dev/termination-log, where the kubelet has put one;
 * at most 4096 bytes are read), if there is a reason. Never creates the file, never blocks.
 */
void report_termination(const struct report *report, int code);

#endif
