/* SPDX-License-Identifier: MIT */
/* Write log lines to stderr and never block: what does not fit is counted and said later. */
#ifndef REINIT_RUNTIME_LOGSINK_H
#define REINIT_RUNTIME_LOGSINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/line.h"

struct logsink {
	int fd; /* -1: stderr was closed at start; everything is dropped silently */
	enum line_format format;
	enum line_level level; /* the most detailed that is written */
	uint64_t dropped;      /* lines since the last one that got through */
	int own_fd; /* the same, opened again with O_NONBLOCK, where that was needed and could be had; else -1 */
	bool nowait_known, nowait_works;
};

/* fd is used as it is: its flags are shared with the services and must not be changed (O_NONBLOCK). */
void logsink_init(struct logsink *sink, int fd, enum line_format format, enum line_level level);

/*
 * Is a line of this level written at all? Ask before building one.
 */
bool logsink_wants(const struct logsink *sink, enum line_level level);

/* Begin a line with the sink's format and the wall clock. */
void logsink_begin(const struct logsink *sink, struct line *line, enum line_level level, const char *msg);

/*
 * End and write it, or drop it when the pipe is full (pwritev2 RWF_NOWAIT; a terminal is opened again with O_NONBLOCK; else
 * poll and a write of at most PIPE_BUF bytes). Before the first line that gets through again: "log lines dropped" count=N.
 * Never blocks, never fails.
 */
void logsink_end(struct logsink *sink, struct line *line);

/* Write a text of at most PIPE_BUF bytes as it is, or drop it. Never blocks. */
void logsink_text(struct logsink *sink, const char *text, size_t len);

/* The three in one for lines without fields. */
void logsink_say(struct logsink *sink, enum line_level level, const char *msg);

#endif
