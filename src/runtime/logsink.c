/* SPDX-License-Identifier: MIT */
#include "runtime/logsink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "runtime/sys.h"

void logsink_init(struct logsink *sink, int fd, enum line_format format, enum line_level level)
{
	sink->fd = fd;
	sink->own_fd = -1;
	sink->format = format;
	sink->level = level;
	sink->dropped = 0;
	sink->nowait_known = false;
	sink->nowait_works = false;
}

bool logsink_wants(const struct logsink *sink, enum line_level level)
{
	return sink->fd >= 0 && level <= sink->level;
}

void logsink_begin(const struct logsink *sink, struct line *line, enum line_level level, const char *msg)
{
	line_begin(line, sink->format, level, sys_wall_ms(), msg);
}

/*
 * A terminal, or a pipe of a kernel without RWF_NOWAIT: where it can be opened again, we have a description of our own that
 * may be O_NONBLOCK. poll(2) alone is not enough: a stopped terminal (ctrl-S), or one in which a service waits to write,
 * would hold us. A file is not opened again, for its offset is shared.
 */
static void open_again(struct logsink *sink)
{
	char path[32];
	struct stat facts;

	if (sys_fstat(sink->fd, &facts) < 0 || (!S_ISCHR(facts.st_mode) && !S_ISFIFO(facts.st_mode)))
		return;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", sink->fd);
	sink->own_fd = sys_open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY, 0);
}

static bool is_unsupported(ssize_t rc)
{
	return rc == -EOPNOTSUPP || rc == -ENOSYS || rc == -EINVAL || rc == -ESPIPE;
}

/* Write without blocking; true when all of it went out, or nothing ever will. */
static bool write_bytes(struct logsink *sink, const char *bytes, size_t len)
{
	ssize_t rc;

	if (!sink->nowait_known || sink->nowait_works) {
		rc = sys_write_nowait(sink->fd, bytes, len);
		if (!is_unsupported(rc)) {
			sink->nowait_known = true;
			sink->nowait_works = true;
			return rc != -EAGAIN;
		}
		sink->nowait_known = true; /* a terminal or a file */
		sink->nowait_works = false;
		open_again(sink);
	}
	if (sink->own_fd >= 0)
		return sys_write(sink->own_fd, bytes, len) != -EAGAIN;
	/* A pipe that poll calls writable takes PIPE_BUF bytes at once, pipe(7); a line is shorter than that. */
	if (sys_poll_writable(sink->fd) != 1)
		return false;
	rc = sys_write(sink->fd, bytes, len);
	return rc != -EAGAIN;
}

void logsink_end(struct logsink *sink, struct line *line)
{
	struct line dropped;

	if (sink->fd < 0)
		return;
	line_end(line);
	if (sink->dropped > 0) {
		logsink_begin(sink, &dropped, LINE_WARN, "log lines dropped because stderr was full");
		line_str(&dropped, "event", "LOG_DROPPED");
		line_int(&dropped, "count", (int64_t)sink->dropped);
		line_end(&dropped);
		if (!write_bytes(sink, dropped.buf, dropped.len)) {
			sink->dropped++;
			return;
		}
		sink->dropped = 0;
	}
	if (!write_bytes(sink, line->buf, line->len))
		sink->dropped++;
}

void logsink_text(struct logsink *sink, const char *text, size_t len)
{
	if (sink->fd >= 0)
		(void)write_bytes(sink, text, len); /* who wants it complete reads it */
}

void logsink_say(struct logsink *sink, enum line_level level, const char *msg)
{
	struct line line;

	if (!logsink_wants(sink, level))
		return;
	logsink_begin(sink, &line, level, msg);
	logsink_end(sink, &line);
}
