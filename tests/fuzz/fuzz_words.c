/* SPDX-License-Identifier: MIT */
/*
 * Any string as a command. It is refused with a message, or it is split into words that a shell would make of it; and
 * those words, each in single quotes, are split into themselves.
 *
 *	clang -fsanitize=fuzzer,address,undefined -std=gnu11 -DFUZZ_MAIN -g -O1 -Isrc \
 *		tests/fuzz/fuzz_words.c src/base/?*.c -o fuzz_words
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"

int fuzz_words(const uint8_t *data, size_t size);

static void fuzz_words_fail(const char *what, const char *text)
{
	fprintf(stderr, "fuzz_words: %s: %s\n", what, text);
	abort();
}

/* 'a' 'b'\''c' of words. */
static char *fuzz_words_quote(char **words, int count, size_t room)
{
	char *text = malloc(room), *at = text;

	for (int i = 0; i < count; i++) {
		*at++ = '\'';
		for (const char *c = words[i]; *c != '\0'; c++) {
			if (*c == '\'') {
				memcpy(at, "'\\'", 3);
				at += 3;
			}
			*at++ = *c;
		}
		*at++ = '\'';
		*at++ = ' ';
	}
	*at = '\0';
	return text;
}

/* Too little room for letters or for words: refused, or it was enough. */
static void fuzz_words_short(const char *text, size_t size, size_t room)
{
	char *buf = malloc(size > 0 ? size : 1), **words = malloc(room * sizeof(*words));
	int count = words_split(text, buf, size, words, room, NULL);

	if (count >= 0 && words[count])
		fuzz_words_fail("no end behind the words", text);
	free(words);
	free(buf);
}

/* Returns how many words there are, or negative when it is refused. */
int fuzz_words(const uint8_t *data, size_t size)
{
	/* Exactly as large as promised to be enough: a byte for each of the text, a word for every second. */
	size_t room = size / 2 + 2;
	char *text = calloc(size + 1, 1), *buf = malloc(size + 1), **words = malloc(room * sizeof(*words));
	struct err err = { 0 };
	int count;

	memcpy(text, data, size);
	count = words_split(text, buf, size + 1, words, room, &err);
	if (count < 0 && err.msg[0] == '\0')
		fuzz_words_fail("refused without a word", text);
	if (count >= 0) {
		size_t wide = size * 4 + 4 * (size_t)count + 8;
		char *quoted = fuzz_words_quote(words, count, wide), *buf2 = malloc(wide);
		char **again = malloc((wide / 2 + 2) * sizeof(*again));

		if (words[count] || words_split(quoted, buf2, wide, again, wide / 2 + 2, &err) != count)
			fuzz_words_fail("another number of words when quoted", text);
		for (int i = 0; i < count; i++)
			if (strcmp(words[i], again[i]) != 0)
				fuzz_words_fail("another word when quoted", text);
		free(again);
		free(buf2);
		free(quoted);
	}
	free(words);
	free(buf);
	fuzz_words_short(text, size / 2, size / 4 + 1);
	free(text);
	return count;
}

#ifdef FUZZ_MAIN
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	(void)fuzz_words(data, size);
	return 0;
}
#endif
