/* SPDX-License-Identifier: MIT */
#include "base/words.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Where the splitter stands; all of it on the caller's memory. */
struct splitter {
	const char *at;
	char *out, *out_end;
	char **words;
	size_t count, max_words;
	struct err *err;
};

static int refuse(struct splitter *s, const char *what)
{
	return err_set(s->err, EINVAL, "'%s' needs a shell, and none is run: write sh -c '...'", what);
}

static int put(struct splitter *s, char c)
{
	if (s->out == s->out_end)
		return err_set(s->err, E2BIG, "the command is too long");
	*s->out++ = c;
	return 0;
}

/* What makes a $ before it a parameter to a shell: XCU 2.5, 2.6.2. */
static bool is_parameter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c != '\0' && strchr("_{0123456789@*#?-$!", c) != NULL);
}

/* $ and ` mean the same to a shell unquoted and within "...". */
static int check_substitution(struct splitter *s)
{
	if (*s->at == '`')
		return refuse(s, "`");
	if (*s->at == '$' && s->at[1] == '(')
		return refuse(s, "$(");
	if (*s->at == '$' && is_parameter(s->at[1]))
		return err_set(s->err, EINVAL, "'$%c' is not expanded here: write sh -c '...', or '\\$' for a plain $",
			       s->at[1]);
	return 0;
}

static int take_single(struct splitter *s)
{
	for (s->at++; *s->at != '\''; s->at++) {
		int rc;

		if (*s->at == '\0')
			return err_set(s->err, EINVAL, "a ' is not closed");
		rc = put(s, *s->at);
		if (rc < 0)
			return rc;
	}
	s->at++;
	return 0;
}

static int take_double(struct splitter *s)
{
	for (s->at++; *s->at != '"'; s->at++) {
		int rc;

		if (*s->at == '\0')
			return err_set(s->err, EINVAL, "a \" is not closed");
		if (*s->at == '\\' && s->at[1] == '\n') {
			s->at++; /* the line goes on */
			continue;
		}
		if (*s->at == '\\' && s->at[1] != '\0' && strchr("\"\\$`", s->at[1]) != NULL) {
			s->at++;
		} else {
			rc = check_substitution(s);
			if (rc < 0)
				return rc;
		}
		rc = put(s, *s->at);
		if (rc < 0)
			return rc;
	}
	s->at++;
	return 0;
}

static int take_escape(struct splitter *s)
{
	int rc;

	if (s->at[1] == '\0')
		return err_set(s->err, EINVAL, "a \\ stands at the end, with nothing to quote");
	if (s->at[1] == '\n') {
		s->at += 2; /* the line goes on */
		return 0;
	}
	rc = put(s, s->at[1]);
	s->at += 2;
	return rc;
}

static int take_plain(struct splitter *s)
{
	char text[2] = { *s->at, '\0' };
	int rc = check_substitution(s);

	if (rc < 0)
		return rc;
	if (*s->at == '\n')
		return refuse(s, "newline");
	if (strchr("|;&<>()", *s->at) != NULL)
		return refuse(s, text);
	rc = put(s, *s->at);
	s->at++;
	return rc;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* One word from s->at up to a blank or the end. */
static int take_word(struct splitter *s)
{
	int rc = 0;

	if (s->count + 1 >= s->max_words)
		return err_set(s->err, E2BIG, "the command has too many words");
	s->words[s->count++] = s->out;
	while (rc >= 0 && *s->at != '\0' && !is_blank(*s->at)) {
		if (*s->at == '\'')
			rc = take_single(s);
		else if (*s->at == '"')
			rc = take_double(s);
		else if (*s->at == '\\')
			rc = take_escape(s);
		else
			rc = take_plain(s);
	}
	return rc < 0 ? rc : put(s, '\0');
}

int words_split(const char *text, char *buf, size_t buf_size, char **words, size_t max_words, struct err *err)
{
	struct splitter s = { text, buf, buf + buf_size, words, 0, max_words, err };

	if (max_words == 0)
		return err_set(err, E2BIG, "no room for words");
	for (;;) {
		int rc;

		while (is_blank(*s.at) || (s.at[0] == '\\' && s.at[1] == '\n'))
			s.at += is_blank(*s.at) ? 1 : 2;
		if (*s.at == '\0')
			break;
		rc = take_word(&s);
		if (rc < 0)
			return rc;
	}
	words[s.count] = NULL;
	return (int)s.count;
}
