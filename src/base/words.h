/* SPDX-License-Identifier: MIT */
/* Split a command given as one string into words as sh(1) would, without running a shell. */
#ifndef REINIT_BASE_WORDS_H
#define REINIT_BASE_WORDS_H

#include <stddef.h>

#include "base/err.h"

/*
 * Split text into words: blanks separate; '...' is literal; "..." keeps blanks and knows the
 * escapes \" \\ \$ \`; a backslash outside quotes takes the next character literally, and one before
 * the end of a line joins the next line to it (POSIX XCU 2.2). Nothing is expanded: no variables, no globs, no tilde.
 *
 * Refused, because only a shell could do them: unquoted | ; & < > ( ) and newline, and ` or $(
 * wherever a shell would substitute (also inside "..."). The message names the character and
 * the way out: "needs a shell: write sh -c '...'". What a shell would expand, $NAME, ${NAME}, $1, $$ and their like, is refused as
 * well, also inside "..." ("is not expanded here"); %{...} passes as it stands.
 *
 * The words are written into buf (buf_size bytes, terminated one after another); words receives
 * pointers into buf, at most max_words - 1 of them and a closing NULL.
 * Returns the number of words (0 for blank text), or -EINVAL (syntax, err says what), -E2BIG.
 * No allocation.
 */
int words_split(const char *text, char *buf, size_t buf_size, char **words, size_t max_words, struct err *err);

#endif
