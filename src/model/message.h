/* SPDX-License-Identifier: MIT */
/*
 * What the engine has to say, as a list: id, level, sentence, the key under which `value` and
 * `amount` of the effect are shown ("" for not at all; the kind of value follows from the key:
 * "signal" is shown by name, "status" as exit code or signal, "policy" by name, keys ending in _ms as numbers).
 */
#ifndef REINIT_MODEL_MESSAGE_H
#define REINIT_MODEL_MESSAGE_H

#include "base/line.h"

#define MESSAGE_LIST(X) \
	X(STARTED, INFO, "service started", "pid", "") \
	X(READY, INFO, "service is ready", "", "after_ms") \
	X(READY_LATE, WARN, "service is not ready in time: stopping it", "", "limit_ms") \
	X(SPAWN_FAILED, ERROR, "service cannot be started", "errno", "retry_ms") \
	X(ENDED, INFO, "service ended", "status", "up_ms") \
	X(FAILED, WARN, "service failed: starting it again", "status", "retry_ms") \
	X(REVIVED, INFO, "service ended: starting it again", "status", "retry_ms") \
	X(GAVE_UP, ERROR, "service failed too often: giving up on it", "status", "failures") \
	X(LEFTOVERS, WARN, "processes that the service left behind do not end: killing them", "signal", "") \
	X(POST_STOP_FAILED, WARN, "post-stop command failed: going on", "status", "") \
	X(STOPPING, INFO, "stopping service", "signal", "limit_ms") \
	X(STOP_FORCED, WARN, "service did not stop in time: killing it", "signal", "") \
	X(STOP_HOPELESS, ERROR, "service survives KILL (stuck in the kernel or traced): leaving it behind", "", "") \
	X(START_REFUSED, WARN, \
	  "service starts although its content on disk was refused: it will read it (start-on-refused = no holds it back)", \
	  "", "") \
	X(START_HELD, ERROR, "service held back: its content on disk was refused", "", "") \
	X(CONTENT, INFO, "content at the start", "", "") \
	X(CHANGED, INFO, "content changed", "", "") \
	X(REVERTED, INFO, "content is again what the service runs with: nothing to do", "", "") \
	X(NO_OP, DEBUG, "content is what is applied already: nothing to do", "", "") \
	X(EMPTY, WARN, "content is empty: not applied, the service keeps what it has (allow-empty = yes applies it)", \
	  "", "") \
	X(MISSING, WARN, "watched path is missing: the service keeps what it has", "", "") \
	X(UNREADABLE, WARN, "content cannot be read whole: not applied, trying again", "", "retry_ms") \
	X(PARTLY, WARN, "content is taken although a file of it may not be read: that counts by name, size and time", \
	  "", "") \
	X(VALIDATING, DEBUG, "validating", "", "") \
	X(VALID, INFO, "validation passed", "", "took_ms") \
	X(REFUSED, ERROR, "validation failed: content not applied, the service keeps what it has", "", "retry_ms") \
	X(REFUSED_RUNS, ERROR, "validation failed, and the service was started on this content meanwhile", "", \
	  "retry_ms") \
	X(MOVED, INFO, "content changed during its validation: starting over", "", "") \
	X(WAITING_READY, INFO, "change is kept until the service is ready", "", "") \
	X(NOT_CAUGHT, WARN, "service does not catch the reload signal yet: holding it back, for 30 s at most", \
	  "signal", "") \
	X(NEVER_CAUGHT, ERROR, "service does not catch the reload signal: change not applied", "signal", "waited_ms") \
	X(CATCH_UNKNOWN, WARN, \
	  "the kernel does not tell which signals the service catches: readiness or a delay decides", "signal", \
	  "delay_ms") \
	X(SIGNAL_FAILED, ERROR, "reload signal could not be sent", "signal", "retry_ms") \
	X(APPLIED, INFO, "change applied", "policy", "took_ms") \
	X(HOOK_FAILED, ERROR, "reload command failed: change not applied", "status", "retry_ms") \
	X(WOULD_APPLY, INFO, "dry run: change would be applied", "policy", "") \
	X(RESTARTING, INFO, "restarting service for its new content", "", "") \
	X(LEAVING, WARN, "leaving so that the container is started again with its new content", "code", "") \
	X(SHUTDOWN, INFO, "stopping", "signal", "") \
	X(DRAINING, INFO, "draining: nothing is started or applied any more, the stop signal follows", "signal", \
	  "drain_ms") \
	X(SHUTDOWN_ENDED, INFO, "stopping because an essential service ended", "status", "") \
	X(SHUTDOWN_FAILED, ERROR, "stopping because an essential service failed", "status", "") \
	X(SHUTDOWN_DONE, INFO, "stopping because no service is left", "", "") \
	X(REST_WAIT, INFO, "waiting for processes that the main process left behind", "", "") \
	X(REST_TERM, INFO, "ending processes that were left behind", "signal", "limit_ms") \
	X(REST_KILL, WARN, "processes were left behind: killing them", "signal", "") \
	X(OUT_OF_ROOM, ERROR, "internal limit reached: please report this", "", "")

#define X(id, level, text, value_key, amount_key) MSG_##id,
enum message { MESSAGE_LIST(X) MESSAGE_COUNT };
#undef X

struct message_form {
	enum line_level level;
	const char *name; /* stable id for machines: "no-op" is event=NO_OP */
	const char *text;
	const char *value_key;
	const char *amount_key;
};

extern const struct message_form message_forms[MESSAGE_COUNT];

#endif
