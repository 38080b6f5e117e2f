/* SPDX-License-Identifier: MIT */
/* A text that grows. Boot and one-shot children only: it allocates. */
#ifndef REINIT_CONFIG_TEXT_H
#define REINIT_CONFIG_TEXT_H

#include <stddef.h>

struct text {
	char *data; /* terminated; NULL while it is empty */
	size_t len, room;
	int failed; /* -ENOMEM: something is missing */
};

/* Append. After a failed allocation nothing more is added. A zeroed struct is an empty text. */
void text_add(struct text *text, const char *string);
void text_addf(struct text *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_add_bytes(struct text *text, const char *bytes, size_t len);

/* Append a word as a file has it: in double quotes, or only where it must be. */
void text_add_quoted(struct text *text, const char *word);
void text_add_word(struct text *text, const char *word);

/* Blanks until the current line has width columns; at least one where the line has text. */
void text_pad(struct text *text, size_t width);

/* Give the memory back; the text is empty then and can be used again. */
void text_finish(struct text *text);

#endif
