/* SPDX-License-Identifier: MIT */
/* One log line, logfmt or JSON, built in a fixed buffer. Pure: it writes nowhere. */
#ifndef REINIT_BASE_LINE_H
#define REINIT_BASE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_SIZE 2048 /* below PIPE_BUF (4096), so that one write(2) to a pipe is never torn: pipe(7) */

enum line_format { LINE_LOGFMT, LINE_JSON, LINE_FORMAT_COUNT };
enum line_level { LINE_ERROR, LINE_WARN, LINE_INFO, LINE_DEBUG, LINE_LEVEL_COUNT };

struct line {
	enum line_format format;
	bool cut;   /* something did not fit; line_end marks it with cut=true */
	size_t len; /* bytes in buf */
	char buf[LINE_SIZE];
};

/*
 * Begin a line. wall_ms: milliseconds since the epoch, printed in UTC as
 * 2026-11-24T14:20:31.123Z; 0 leaves the time out. msg: what happened.
 * logfmt: `time=… level=info msg="…"`; JSON: `{"time":"…","level":"info","msg":"…"`.
 */
void line_begin(struct line *line, enum line_format format, enum line_level level, int64_t wall_ms, const char *msg);

/*
 * Add key=value. The value may hold any bytes: logfmt quotes it when it holds a blank, '=', '"' or
 * anything not printable, and escapes \" \\ \n \r \t \xNN; JSON escapes by RFC 8259 and replaces
 * bytes that are not UTF-8, or make a control character of it (U+0080 to U+009F), with \ufffd. A field that does not fit whole is shortened ("…" at its end).
 */
void line_str(struct line *line, const char *key, const char *value);
/* The same for a value of len bytes that need not be terminated. */
void line_bytes(struct line *line, const char *key, const char *value, size_t len);
/* Add key=number. */
void line_int(struct line *line, const char *key, int64_t value);

/* Close the line with a newline (room for it is always kept). The text is buf[0..len). */
void line_end(struct line *line);

#endif
