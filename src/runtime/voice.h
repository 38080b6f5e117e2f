/* SPDX-License-Identifier: MIT */
/* Say the sentences of a spec (model/speech.h) on stdout and stderr. Without sentences it costs one comparison. */
#ifndef REINIT_RUNTIME_VOICE_H
#define REINIT_RUNTIME_VOICE_H

#include <stddef.h>
#include <sys/types.h>

#include "model/spec.h"
#include "runtime/logsink.h"

struct voice {
	const struct spec *spec;
	struct logsink out, err;
};

/* What the placeholders stand for; those of a sentence's own event are filled in by the caller. */
struct voice_words {
	pid_t pid;
	int signal, to, code, error;
	const char *command;
};

/* out_fd, err_fd: -1 when they came closed. */
void voice_init(struct voice *voice, const struct spec *spec, int out_fd, int err_fd);

/* Say it, if there is such a sentence. Never blocks: what does not fit into a full pipe is dropped. */
void voice_say(struct voice *voice, enum speech what, struct voice_words words);

/* Is anything to be said of children that are gone? */
bool voice_tells_children(const struct spec *spec);

/*
 * Fill a sentence in: template without its first byte → buf, terminated, cut at size. self: our pid. Pure.
 * Returns the length.
 */
size_t voice_fill(const char *template, struct voice_words words, pid_t self, char *buf, size_t size);

#endif
