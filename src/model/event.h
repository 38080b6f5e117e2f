/* SPDX-License-Identifier: MIT */
/* What the engine is told. Every answer carries the sequence number of its question; a stale one is dropped. */
#ifndef REINIT_MODEL_EVENT_H
#define REINIT_MODEL_EVENT_H

#include <stdint.h>

#include "model/digest.h"

#define EVENT_LIST(X) \
	X(START)	/* boot is over: begin */ \
	X(SPAWNED)	/* service, seq: the process exists */ \
	X(SPAWN_FAILED) /* service, seq, value = errno: fork failed */ \
	X(EXITED)	/* service, seq, value = wait status: the main process is gone */ \
	X(CLEARED)	/* service, seq: nothing of its process group is left */ \
	X(POST_STOPPED) /* service, seq, value = 0 when the post-stop command succeeded, else not */ \
	X(PROBED)	/* service, seq, value = 1 ready, 0 not yet */ \
	X(TOUCHED)	/* watch: something happened there, more may follow */ \
	X(COMPLETE)	/* watch: an update has ended (the old timestamp directory is gone) */ \
	X(POLL)		/* watch: look whether the content is still what it was */ \
	X(DIGESTED)	/* watch, seq, value = enum content, digest */ \
	X(VALIDATED)	/* watch, seq, value = enum verdict, digest = what was validated */ \
	X(SIGNALLED)	/* service, seq, value = enum signal_answer */ \
	X(HOOKED)	/* service, seq, value = 0 when the exec command succeeded, else not */ \
	X(SIGNAL)	/* value = number: a signal for this process came in */ \
	X(REST_GONE)	/* no descendant is left */ \
	X(TICK)		/* nothing but time passed */

#define X(id) EV_##id,
enum event_kind { EVENT_LIST(X) EVENT_COUNT };
#undef X

/* What lies at a watch. */
enum content {
	CONTENT_PRESENT,    /* digest is valid */
	CONTENT_EMPTY,	    /* the path is there and no key matches */
	CONTENT_MISSING,    /* the path is not there */
	CONTENT_UNREADABLE, /* an error kept it from being read whole */
	CONTENT_PARTLY,	    /* as PRESENT, but a file may not be read: it counts by name, size and time */
	CONTENT_COUNT
};

/* How a validation ended. */
enum verdict {
	VERDICT_OK,
	VERDICT_REFUSED, /* ran and said no; timed out; or could not be run */
	VERDICT_MOVED,	 /* the content changed under it: the answer means nothing */
	VERDICT_COUNT
};

/* What became of a reload signal. */
enum signal_answer {
	SIGNAL_SENT,
	SIGNAL_NOT_CAUGHT, /* SigCgt says that it would not be caught: held back */
	SIGNAL_UNKNOWN,	   /* no SigCgt line (gVisor): held back unless forced */
	SIGNAL_GONE,	   /* the process is not there, or the kernel refused */
	SIGNAL_ANSWER_COUNT
};

struct event {
	enum event_kind kind;
	uint32_t service; /* index, where the kind says so */
	uint32_t watch;	  /* index, where the kind says so */
	uint32_t seq;	  /* of the effect that this answers */
	int32_t value;	  /* see the kind */
	int64_t now_ms;	  /* monotonic */
	struct digest digest;
};

extern const char *const event_names[EVENT_COUNT];

#endif
