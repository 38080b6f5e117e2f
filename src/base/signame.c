/* SPDX-License-Identifier: MIT */
#include "base/signame.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

/* The kernel's own range, signal(7): libc hides the first two or three for its threads, senders do not care. */
#define REALTIME_FIRST 34
#define REALTIME_LAST 64

/* clang-format off */
#define SIGNAL_LIST(X) \
	X(HUP) X(INT) X(QUIT) X(ILL) X(TRAP) X(ABRT) X(BUS) X(FPE) X(KILL) X(USR1) X(SEGV) X(USR2) \
	X(PIPE) X(ALRM) X(TERM) X(STKFLT) X(CHLD) X(CONT) X(STOP) X(TSTP) X(TTIN) X(TTOU) X(URG) \
	X(XCPU) X(XFSZ) X(VTALRM) X(PROF) X(WINCH) X(IO) X(PWR) X(SYS)
/* clang-format on */

struct signal_name {
	int number;
	const char *name;
};

static const struct signal_name names[] = {
#define X(name) { SIG##name, #name },
	SIGNAL_LIST(X)
#undef X
	/* Other names of the same numbers, read but never written. */
	{ SIGIOT, "IOT" },
	{ SIGCHLD, "CLD" },
	{ SIGPOLL, "POLL" },
};

#define NAME_COUNT (sizeof(names) / sizeof(names[0]))

static int unknown(const char *text, struct err *err)
{
	const char *all[NAME_COUNT];
	const char *word = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
	const char *near;

	for (size_t n = 0; n < NAME_COUNT; n++)
		all[n] = names[n].name;
	near = str_closest(word, all, NAME_COUNT);
	if (near != NULL)
		return err_set(err, EINVAL, "unknown signal '%s'; did you mean %s?", text, near);
	return err_set(err, EINVAL, "unknown signal '%s'; give a name such as HUP, or a number from 1 to %d", text,
		       REALTIME_LAST);
}

/* RTMIN, RTMIN+n, RTMAX, RTMAX-n: the number, or 0. */
static int parse_realtime(const char *word)
{
	int64_t offset = 0;
	bool from_first = strncasecmp(word, "RTMIN", 5) == 0;

	if (!from_first && strncasecmp(word, "RTMAX", 5) != 0)
		return 0;
	if (word[5] != '\0' &&
	    (word[5] != (from_first ? '+' : '-') || str_int(word + 6, 0, REALTIME_LAST - REALTIME_FIRST, &offset) < 0))
		return 0;
	return from_first ? REALTIME_FIRST + (int)offset : REALTIME_LAST - (int)offset;
}

int signame_parse(const char *text, struct err *err)
{
	const char *word = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
	int64_t number;
	int realtime;

	if (str_int(text, 1, REALTIME_LAST, &number) == 0)
		return (int)number;
	for (size_t n = 0; n < NAME_COUNT; n++) {
		if (strcasecmp(word, names[n].name) == 0)
			return names[n].number;
	}
	realtime = parse_realtime(word);
	return realtime > 0 ? realtime : unknown(text, err);
}

const char *signame_format(int number, char buf[SIGNAME_SIZE])
{
	for (size_t n = 0; n < NAME_COUNT; n++) {
		if (names[n].number == number) {
			(void)str_copy(buf, SIGNAME_SIZE, names[n].name);
			return buf;
		}
	}
	if (number == REALTIME_FIRST)
		(void)str_copy(buf, SIGNAME_SIZE, "RTMIN");
	else if (number > REALTIME_FIRST && number <= REALTIME_LAST)
		(void)snprintf(buf, SIGNAME_SIZE, "RTMIN+%d", number - REALTIME_FIRST);
	else
		(void)snprintf(buf, SIGNAME_SIZE, "SIG%d", number);
	return buf;
}
