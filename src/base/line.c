/* SPDX-License-Identifier: MIT */
#include "base/line.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Kept free until the end: `,"cut":true}` and the newline. */
#define TAIL_ROOM 16u

static const char *const level_names[LINE_LEVEL_COUNT] = { "error", "warn", "info", "debug" };

static size_t room(const struct line *line)
{
	return LINE_SIZE - TAIL_ROOM - line->len;
}

/* Append whole or not at all. */
static bool put(struct line *line, const char *text, size_t len)
{
	if (len > room(line)) {
		line->cut = true;
		return false;
	}
	memcpy(line->buf + line->len, text, len);
	line->len += len;
	return true;
}

/* Bytes of the UTF-8 sequence at text (RFC 3629), 0 when it is none, or a control character (U+0080 to U+009F). */
static size_t utf8_len(const unsigned char *text, size_t len)
{
	size_t need;
	uint32_t code;

	if (text[0] < 0x80)
		return 1;
	if (text[0] >= 0xc2 && text[0] <= 0xdf)
		need = 2;
	else if ((text[0] & 0xf0) == 0xe0)
		need = 3;
	else if (text[0] >= 0xf0 && text[0] <= 0xf4)
		need = 4;
	else
		return 0;
	if (need > len)
		return 0;
	code = text[0] & (0x7fu >> need);
	for (size_t n = 1; n < need; n++) {
		if ((text[n] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[n] & 0x3fu);
	}
	if (code < 0xa0 || (need == 3 && (code < 0x800 || (code >= 0xd800 && code <= 0xdfff))) ||
	    (need == 4 && (code < 0x10000 || code > 0x10ffff)))
		return 0;
	return need;
}

/* One byte that cannot stand as it is. */
static size_t escape_byte(enum line_format format, unsigned char byte, char out[8])
{
	const char *at = byte == '\0' ? NULL : strchr("\"\"\\\\\nn\rr\tt", byte);

	if (at != NULL && (byte == '"' || byte == '\\' || byte == '\n' || byte == '\r' || byte == '\t')) {
		out[0] = '\\';
		out[1] = byte == '\n' ? 'n' : byte == '\r' ? 'r' : byte == '\t' ? 't' : (char)byte;
		return 2;
	}
	if (format == LINE_LOGFMT)
		return (size_t)snprintf(out, 8, "\\x%02x", byte);
	if (byte >= 0x80)
		return (size_t)snprintf(out, 8, "\\ufffd");
	return (size_t)snprintf(out, 8, "\\u%04x", byte);
}

static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* The escaped value without its quotes. What does not fit is cut between characters, with "…" at the end. */
static void put_escaped(struct line *line, const char *value, size_t len)
{
	static const char ellipsis[] = "\xe2\x80\xa6";
	const unsigned char *at = (const unsigned char *)value;

	for (size_t n = 0; n < len;) {
		char escaped[8];
		const char *text = value + n;
		size_t take = 1, size = 1;

		if (!is_plain(at[n])) {
			take = at[n] >= 0x80 ? utf8_len(at + n, len - n) : 0;
			size = take;
			if (take == 0) {
				take = 1;
				size = escape_byte(line->format, at[n], escaped);
				text = escaped;
			}
		}
		/* Room for the ellipsis and the closing quote stays. */
		if (size + sizeof(ellipsis) > room(line)) {
			line->cut = true;
			(void)put(line, ellipsis, sizeof(ellipsis) - 1);
			return;
		}
		(void)put(line, text, size);
		n += take;
	}
}

static bool needs_quotes(const char *value, size_t len)
{
	for (size_t n = 0; n < len; n++) {
		if (!is_plain((unsigned char)value[n]) || value[n] == ' ' || value[n] == '=')
			return true;
	}
	return len == 0;
}

static void put_value(struct line *line, const char *value, size_t len)
{
	bool quotes = line->format == LINE_JSON || needs_quotes(value, len);

	if (quotes)
		(void)put(line, "\"", 1);
	put_escaped(line, value, len);
	if (quotes && line->len < LINE_SIZE - TAIL_ROOM + 1)
		line->buf[line->len++] = '"'; /* put_escaped has kept its place */
}

/* Begin a field: separator, key and '='. False when not even a short value would fit after it. */
static bool put_key(struct line *line, const char *key)
{
	size_t len = strlen(key);

	if (len + 16 > room(line)) {
		line->cut = true;
		return false;
	}
	if (line->format == LINE_JSON) {
		(void)put(line, line->len > 1 ? ",\"" : "\"", line->len > 1 ? 2 : 1);
		(void)put(line, key, len);
		(void)put(line, "\":", 2);
	} else {
		(void)put(line, " ", line->len > 0 ? 1 : 0);
		(void)put(line, key, len);
		(void)put(line, "=", 1);
	}
	return true;
}

static void put_time(struct line *line, int64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;
	char text[80];

	if (gmtime_r(&seconds, &tm) == NULL)
		return;
	(void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
		       tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(wall_ms % 1000));
	line_str(line, "time", text);
}

void line_begin(struct line *line, enum line_format format, enum line_level level, int64_t wall_ms, const char *msg)
{
	line->format = format;
	line->cut = false;
	line->len = 0;
	if (format == LINE_JSON)
		(void)put(line, "{", 1);
	if (wall_ms != 0)
		put_time(line, wall_ms);
	line_str(line, "level", level_names[level]);
	line_str(line, "msg", msg);
}

void line_bytes(struct line *line, const char *key, const char *value, size_t len)
{
	if (put_key(line, key))
		put_value(line, value, len);
}

void line_str(struct line *line, const char *key, const char *value)
{
	line_bytes(line, key, value, strlen(value));
}

void line_int(struct line *line, const char *key, int64_t value)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%lld", (long long)value);

	/* A number is whole or not there: half of one would be another number. */
	if (strlen(key) + 32 > room(line)) {
		line->cut = true;
		return;
	}
	(void)put_key(line, key);
	(void)put(line, text, (size_t)len);
}

void line_end(struct line *line)
{
	const char *tail = line->format == LINE_JSON ? (line->cut ? ",\"cut\":true}\n" : "}\n")
						     : (line->cut ? " cut=true\n" : "\n");
	size_t len = strlen(tail);

	memcpy(line->buf + line->len, tail, len); /* TAIL_ROOM has kept its place */
	line->len += len;
}
