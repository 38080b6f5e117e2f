/* SPDX-License-Identifier: MIT */
#include "config/precheck.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 8	 /* service, watch, list: three are enough */
#define NAMES_MAX 64	 /* options seen in one block; there are fewer that exist */
#define VARIABLE_MAX 256

enum token { TOKEN_NONE, TOKEN_WORD, TOKEN_STRING, TOKEN_EQUALS, TOKEN_OTHER };

struct name {
	const char *at;
	size_t len;
	uint32_t line;
};

/* One open brace; level 0 is the file itself. */
struct block {
	uint32_t line;
	bool list;
	uint32_t name_count;
	struct name names[NAMES_MAX];
};

struct scan {
	const char *file;
	const char *at, *end;
	char *clean; /* of the same length, written beside */
	const char *start;
	uint32_t line;
	enum token last;
	struct name word; /* the last TOKEN_WORD */
	uint32_t depth;
	struct block blocks[DEPTH_MAX];
	struct precheck *out;
	struct err *err;
};

#define FAULT(scan, number, ...) (err_set((scan)->err, EINVAL, __VA_ARGS__), fault_at(scan, number))

/* Put "file:line: " before the sentence. */
static int fault_at(struct scan *scan, uint32_t line)
{
	(void)err_wrap(scan->err, "%s:%u", scan->file, line);
	return -EINVAL;
}

static int peek(const struct scan *scan, size_t ahead)
{
	return (size_t)(scan->end - scan->at) > ahead ? (unsigned char)scan->at[ahead] : -1;
}

/* Blank len bytes of the clean copy, but keep its newlines; go on behind them. */
static void blank_out(struct scan *scan, size_t len)
{
	for (; len > 0; len--, scan->at++) {
		if (*scan->at == '\n')
			scan->line++;
		else
			scan->clean[scan->at - scan->start] = ' ';
	}
}

static void skip_line_comment(struct scan *scan)
{
	const char *newline = memchr(scan->at, '\n', (size_t)(scan->end - scan->at));

	blank_out(scan, (size_t)((newline ? newline : scan->end) - scan->at));
}

static int skip_block_comment(struct scan *scan)
{
	const char *close = memmem(scan->at + 2, (size_t)(scan->end - scan->at - 2), "*/", 2);

	if (!close)
		return FAULT(scan, scan->line, "the comment that begins here is never closed; a pattern with * must be quoted");
	blank_out(scan, (size_t)(close + 2 - scan->at));
	return 0;
}

/* At "${": it must be closed on this line, and what it names must be set, or it would silently become empty. */
static int check_variable(struct scan *scan, char quote)
{
	char name[VARIABLE_MAX];
	const char *from = scan->at + 2, *to = from, *colon;
	size_t len;

	while (to < scan->end && *to != '}' && *to != '\n' && *to != quote)
		to++;
	if (to == scan->end || *to != '}')
		return FAULT(scan, scan->line, "'${' is never closed; as plain text write '\\${' or use single quotes");
	len = (size_t)(to - from);
	colon = memchr(from, ':', len);
	if (colon && colon + 1 < to && colon[1] == '-') {
		scan->at = to + 1;
		return 0;
	}
	if (len >= sizeof(name))
		return FAULT(scan, scan->line, "the name in '${…}' is too long");
	memcpy(name, from, len);
	name[len] = '\0';
	if (!getenv(name))
		return FAULT(scan, scan->line, "the environment variable '%s' is not set, so '${%s}' would be empty; set it, "
			     "write '${%s:-default}', use single quotes, or %%{…} for a placeholder of reinit",
			     name, name, name);
	scan->at = to + 1;
	return 0;
}

/* From an opening quote to behind the closing one. */
static int scan_string(struct scan *scan)
{
	uint32_t line = scan->line;
	char quote = *scan->at++;

	while (scan->at < scan->end && *scan->at != quote) {
		if (*scan->at == '\n')
			break;
		if (quote == '"' && *scan->at == '$' && peek(scan, 1) == '{') {
			int r = check_variable(scan, quote);

			if (r < 0)
				return r;
			continue;
		}
		if (*scan->at == '\\' && scan->at + 1 < scan->end && *++scan->at == '\n')
			scan->line++;
		scan->at++;
	}
	if (scan->at == scan->end || *scan->at != quote)
		return FAULT(scan, line, "the quote %c is not closed at the end of its line", quote);
	scan->at++;
	if (peek(scan, 0) > 0 && !strchr(" \t\r\n={}(),;#/", *scan->at))
		return FAULT(scan, scan->line, "a word goes on behind its closing quote: quote it as a whole");
	if (scan->last == TOKEN_STRING && scan->blocks[scan->depth].list)
		return FAULT(scan, line, "a comma is missing before this word");
	scan->last = TOKEN_STRING;
	return 0;
}

static bool ends_word(int c)
{
	return c < 0 || strchr(" \t\r\n={},", c);
}

/* A word without quotes. What the library would drop or misread in one is named here. */
static int scan_word(struct scan *scan)
{
	struct name word = {.at = scan->at, .line = scan->line};

	for (; !ends_word(peek(scan, 0)); scan->at++) {
		int c = peek(scan, 0);

		if (c == '#')
			return FAULT(scan, scan->line, "'#' behind a word begins a comment: quote the word, or put a blank before '#'");
		if (c == '"' || c == '\'')
			return FAULT(scan, scan->line, "a quote stands inside a word: quote it as a whole");
		if (c == ';')
			return FAULT(scan, scan->line, "';' does not belong here: settings end with their line");
		if (strchr("*+()", c))
			return FAULT(scan, scan->line, "'%c' must be quoted: write \"%.*s…\"", c,
				     (int)(scan->at - word.at + 1), word.at);
		if (c < ' ' || c == 127)
			return FAULT(scan, scan->line, "control character 0x%02x", (unsigned int)c);
	}
	word.len = (size_t)(scan->at - word.at);
	if (word.at[word.len - 1] == '$' && peek(scan, 0) == '{')
		return FAULT(scan, scan->line, "'${' inside a word must be quoted");
	if (scan->at == scan->end && scan->depth == 0)
		return FAULT(scan, scan->line, "the file ends in the middle of a line; was it cut? end it with a newline");
	scan->last = TOKEN_WORD;
	scan->word = word;
	return 0;
}

/* At '=': the word before it names an option, once in its block. */
static int scan_equals(struct scan *scan)
{
	struct block *block = &scan->blocks[scan->depth];

	if (block->list)
		return FAULT(scan, scan->line, "'=' stands inside a list: quote the word it belongs to, or close the list "
			     "of line %u with '}'", block->line);
	if (scan->last == TOKEN_STRING)
		return FAULT(scan, scan->line, "the name before '=' stands without quotes");
	if (scan->last != TOKEN_WORD)
		return FAULT(scan, scan->line, "'=' without a name before it");
	for (uint32_t i = 0; i < block->name_count; i++)
		if (block->names[i].len == scan->word.len && memcmp(block->names[i].at, scan->word.at, scan->word.len) == 0)
			return FAULT(scan, scan->word.line, "'%.*s' is given twice, first in line %u", (int)scan->word.len,
				     scan->word.at, block->names[i].line);
	if (block->name_count < NAMES_MAX)
		block->names[block->name_count++] = scan->word;
	scan->last = TOKEN_EQUALS;
	scan->at++;
	return 0;
}

static int note_section(struct scan *scan)
{
	struct precheck *out = scan->out;

	if (out->section_count == out->section_room) {
		uint32_t room = out->section_room ? out->section_room * 2 : 16;
		uint32_t *grown = realloc(out->sections, room * sizeof(*grown));

		if (!grown)
			return err_set(scan->err, ENOMEM, "out of memory");
		out->sections = grown;
		out->section_room = room;
	}
	out->sections[out->section_count++] = scan->line;
	return 0;
}

static int open_block(struct scan *scan)
{
	struct block *block;

	if (scan->depth + 1 == DEPTH_MAX)
		return FAULT(scan, scan->line, "blocks are nested too deeply: is a '}' missing above?");
	if (scan->last == TOKEN_EQUALS || scan->blocks[scan->depth].list) {
		block = &scan->blocks[++scan->depth];
		block->list = true;
	} else {
		int r = note_section(scan);

		if (r < 0)
			return r;
		block = &scan->blocks[++scan->depth];
		block->list = false;
	}
	block->line = scan->line;
	block->name_count = 0;
	scan->last = TOKEN_NONE;
	scan->at++;
	return 0;
}

static int close_block(struct scan *scan)
{
	if (scan->depth == 0)
		return FAULT(scan, scan->line, "'}' without a '{' that it would close");
	if (scan->last == TOKEN_EQUALS)
		return FAULT(scan, scan->line, "a value is missing behind '='");
	if (scan->blocks[scan->depth].list && scan->last == TOKEN_NONE)
		return FAULT(scan, scan->line, "the list is empty: leave the setting out");
	scan->depth--;
	scan->last = TOKEN_OTHER;
	scan->at++;
	return 0;
}

static bool at_comment(const struct scan *scan, int first, int second)
{
	return peek(scan, 0) == first && (second == 0 || peek(scan, 1) == second);
}

/* One token, blank or comment. */
static int scan_one(struct scan *scan)
{
	int c = peek(scan, 0);

	if (strchr(" \t\r\n", c)) {
		blank_out(scan, 1);
		return 0;
	}
	if (at_comment(scan, '#', 0) || at_comment(scan, '/', '/')) {
		skip_line_comment(scan);
		return 0;
	}
	if (at_comment(scan, '/', '*'))
		return skip_block_comment(scan);
	if (c == '+' && peek(scan, 1) == '=')
		return FAULT(scan, scan->line, "'+=' is not known here: write one list");
	if (c == '"' || c == '\'')
		return scan_string(scan);
	if (c == '=')
		return scan_equals(scan);
	if (c == '{')
		return open_block(scan);
	if (c == '}')
		return close_block(scan);
	if (c == ',') {
		scan->last = TOKEN_OTHER;
		scan->at++;
		return 0;
	}
	if (c == '$' && peek(scan, 1) == '{') {
		scan->last = TOKEN_WORD;
		scan->word = (struct name){.at = scan->at, .len = 1, .line = scan->line};
		return check_variable(scan, '\n');
	}
	return scan_word(scan);
}

static int check_bytes(struct scan *scan)
{
	const char *nul = memchr(scan->at, '\0', (size_t)(scan->end - scan->at));
	uint32_t line = 1;

	if (nul) {
		for (const char *p = scan->at; p < nul; p++)
			line += *p == '\n';
		return FAULT(scan, line, "a NUL byte: this is not a text file, or it was cut and filled up");
	}
	if (scan->end - scan->at >= 3 && memcmp(scan->at, "\xef\xbb\xbf", 3) == 0)
		return FAULT(scan, 1, "the file begins with a byte order mark: save it as UTF-8 without one");
	return 0;
}

static int scan_all(struct scan *scan)
{
	int r = check_bytes(scan);

	while (r == 0 && scan->at < scan->end)
		r = scan_one(scan);
	if (r == 0 && scan->depth > 0)
		return FAULT(scan, scan->blocks[scan->depth].line, "the '{' in this line is never closed; was the file cut?");
	if (r == 0 && scan->last == TOKEN_EQUALS)
		return FAULT(scan, scan->line, "a value is missing behind '='; was the file cut?");
	return r;
}

int precheck_run(const char *name, const char *text, size_t len, struct precheck *ret, struct err *err)
{
	struct precheck out = {.clean = malloc(len + 2)};
	struct scan *scan = calloc(1, sizeof(*scan));
	struct err local = {0};
	int r = -ENOMEM;

	if (!out.clean || !scan) {
		err_set(err, ENOMEM, "out of memory");
	} else {
		if (len > 0)
			memcpy(out.clean, text, len);
		memcpy(out.clean + len, "\n", 2);
		*scan = (struct scan){.file = name, .at = text, .end = text + len, .start = text, .line = 1,
				      .clean = out.clean, .out = &out, .err = err ? err : &local};
		r = scan_all(scan);
	}
	free(scan);
	if (r < 0) {
		precheck_finish(&out);
		return r;
	}
	*ret = out;
	return 0;
}

void precheck_finish(struct precheck *precheck)
{
	free(precheck->clean);
	free(precheck->sections);
	memset(precheck, 0, sizeof(*precheck));
}
