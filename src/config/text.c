/* SPDX-License-Identifier: MIT */
#include "config/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct text *text, size_t more)
{
	size_t wanted = text->len + more + 1, room = text->room * 2;
	char *grown;

	if (text->failed)
		return false;
	if (wanted <= text->room)
		return true;
	if (room < wanted)
		room = wanted + 256;
	grown = realloc(text->data, room);
	if (!grown) {
		text->failed = -ENOMEM;
		return false;
	}
	text->data = grown;
	text->room = room;
	return true;
}

void text_add_bytes(struct text *text, const char *bytes, size_t len)
{
	if (len == 0 || !make_room(text, len))
		return;
	memcpy(text->data + text->len, bytes, len);
	text->len += len;
	text->data[text->len] = '\0';
}

void text_add(struct text *text, const char *string)
{
	text_add_bytes(text, string, strlen(string));
}

void text_addf(struct text *text, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len <= 0 || !make_room(text, (size_t)len))
		return;
	va_start(args, fmt);
	(void)vsnprintf(text->data + text->len, (size_t)len + 1, fmt, args);
	va_end(args);
	text->len += (size_t)len;
}

void text_add_quoted(struct text *text, const char *word)
{
	text_add(text, "\"");
	for (; *word != '\0'; word++) {
		if ((unsigned char)*word < ' ' || *word == 127)
			text_addf(text, "\\x%02x", (unsigned int)*word);
		else if (*word == '"' || *word == '\\' || (*word == '$' && word[1] == '{'))
			text_addf(text, "\\%c", *word);
		else
			text_add_bytes(text, word, 1);
	}
	text_add(text, "\"");
}

void text_add_word(struct text *text, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:%";

	/* Two slashes at its beginning would be a comment. */
	if (*word != '\0' && word[strspn(word, plain)] == '\0' && strncmp(word, "//", 2) != 0)
		text_add(text, word);
	else
		text_add_quoted(text, word);
}

void text_pad(struct text *text, size_t width)
{
	size_t column = 0;

	while (column < text->len && text->data[text->len - 1 - column] != '\n')
		column++;
	if (column >= width && column > 0)
		text_add(text, " ");
	for (; column < width; column++)
		text_add(text, " ");
}

void text_finish(struct text *text)
{
	free(text->data);
	memset(text, 0, sizeof(*text));
}
