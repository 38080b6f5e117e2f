/* SPDX-License-Identifier: MIT */
/* What the engine wants done. Plain data; the runtime does it and answers with events. */
#ifndef REINIT_MODEL_EFFECT_H
#define REINIT_MODEL_EFFECT_H

#include <stdbool.h>
#include <stdint.h>

#include "model/digest.h"
#include "model/message.h"

#define EFFECT_LIST(X) \
	X(SPAWN)     /* service, seq → SPAWNED or SPAWN_FAILED, later EXITED */ \
	X(PROBE)     /* service, seq: look once whether it is ready → PROBED */ \
	X(KILL)	     /* service, value = signal, wide: to all of its session, not the main process alone */ \
	X(CLEAR)     /* service, seq, value = signal, to what its main process left behind → CLEARED once */ \
	X(POST_STOP) /* service, seq: run its post-stop command → POST_STOPPED */ \
	X(DIGEST)    /* watch, seq → DIGESTED */ \
	X(VALIDATE)  /* watch, seq, digest = what is expected → VALIDATED */ \
	X(NOTIFY)    /* service, watch, seq, value = signal, wide = also if unknown → SIGNALLED */ \
	X(HOOK)	     /* service, watch, seq: run the watch's exec command → HOOKED */ \
	X(CANCEL)    /* service: end validations and hooks of this service; no answer will be wanted */ \
	X(FAREWELL)  /* service, value = signal, to what is left of its process group; nothing is waited for */ \
	X(END_REST)  /* value = signal (0: none), to all descendants that are left → REST_GONE once */ \
	X(LOG)	     /* message, service, watch, value, amount, digest */ \
	X(EXIT)	     /* value = code: the last effect ever */

#define X(id) FX_##id,
enum effect_kind { EFFECT_LIST(X) EFFECT_COUNT };
#undef X

#define EFFECT_NO_INDEX UINT32_MAX

struct effect {
	enum effect_kind kind;
	enum message message; /* LOG */
	uint32_t service;     /* index or EFFECT_NO_INDEX */
	uint32_t watch;	      /* index or EFFECT_NO_INDEX */
	uint32_t seq;
	int32_t value;
	bool wide;
	int64_t amount; /* LOG: a duration in ms or a count */
	struct digest digest;
};

/* A list of fixed capacity, owned by the caller. When it would run over, `overflow` is set. */
struct effect_list {
	struct effect *items;
	uint32_t count;
	uint32_t capacity;
	bool overflow;
};

extern const char *const effect_names[EFFECT_COUNT];

#endif
