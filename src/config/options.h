/* SPDX-License-Identifier: MIT */
/*
 * All options, once. The command line, the environment (REINIT_ and the name in capitals), the file,
 * --help and --explain are driven by this table, so that no list is kept twice.
 *
 * Columns: id, name, type, where it may stand, default, value in --help, choices (words with '|' between),
 * lowest and highest value (milliseconds, bytes or plain), help. An empty default is explained in its help.
 */
#ifndef REINIT_CONFIG_OPTIONS_H
#define REINIT_CONFIG_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#define OPTION_CLI 1u  /* --name on the command line */
#define OPTION_ENV 2u  /* REINIT_NAME in the environment */
#define OPTION_FILE 4u /* name = … in a file */
#define OPTION_ALL (OPTION_CLI | OPTION_ENV | OPTION_FILE)
#define OPTION_ONE 8u /* makes sense for one service only: never a default for those of a file */

#define OPTION_DAY_MS (24 * 3600 * INT64_C(1000))

enum option_type {
	OPTION_ACTION,	 /* stands alone: --help */
	OPTION_BOOL,	 /* yes, no, true, false, on, off; on the command line alone: yes */
	OPTION_TEXT,	 /* words of a grammar of its own: ready, on-change */
	OPTION_PATH,	 /* absolute */
	OPTION_WORDS,	 /* a command: a list of words, or one string that is split */
	OPTION_STRINGS,	 /* a list; repeated on the command line, a line each in the environment */
	OPTION_DURATION, /* low and high in milliseconds */
	OPTION_SIZE,	 /* low and high in bytes */
	OPTION_NUMBER,
	OPTION_SIGNAL,
	OPTION_CHOICE,
	OPTION_TYPE_COUNT
};

/* clang-format off */
#define OPTIONS_GLOBAL(X) \
	X(CONFIG, "config", STRINGS, OPTION_CLI | OPTION_ENV, "", "FILE", "", 0, 0, \
	  "read services from FILE; may be repeated (without a command: /etc/reinit.conf, /etc/reinit.d/*.conf)") \
	X(TEST_CONFIG, "test-config", ACTION, OPTION_CLI, "", "", "", 0, 0, \
	  "check command line, environment and files, say what is wrong, start nothing") \
	X(EXPLAIN, "explain", ACTION, OPTION_CLI, "", "", "", 0, 0, \
	  "print the effective plan and where each value comes from, start nothing") \
	X(DRY_RUN, "dry-run", BOOL, OPTION_ALL, "no", "", "", 0, 0, \
	  "start the services and validate every change, but only log what would be applied") \
	X(LOG_FORMAT, "log-format", CHOICE, OPTION_ALL, "logfmt", "FORMAT", "logfmt|json", 0, 0, \
	  "how log lines are written: logfmt or json") \
	X(LOG_LEVEL, "log-level", CHOICE, OPTION_ALL, "", "LEVEL", "error|warn|info|debug", 0, 0, \
	  "the most detailed level written: error, warn, info or debug (warn for one command without a watch, else info)") \
	X(POLL, "poll", DURATION, OPTION_ALL, "30s", "DURATION", "", 10, OPTION_DAY_MS, \
	  "how often watches are looked at even if the kernel reports nothing") \
	X(LINGER, "linger", DURATION, OPTION_ALL, "5s", "DURATION", "", 0, OPTION_DAY_MS, \
	  "at the end, the time between TERM and KILL for processes that are left") \
	X(WAIT_ALL, "wait-all", BOOL, OPTION_ALL, "no", "", "", 0, 0, \
	  "when the main process ends by itself, stay until its last descendant is gone") \
	X(DRAIN, "drain", DURATION, OPTION_ALL, "0", "DURATION", "", 0, OPTION_DAY_MS, \
	  "wait between the signal that ends the container and the first stop signal; a second one cuts it short") \
	X(MAP_SIGNAL, "map-signal", STRINGS, OPTION_ALL, "", "SIGNAL=SIGNAL|drop", "", 0, 0, \
	  "take a signal that comes in for another, or for none; may be repeated") \
	X(MAP_EXIT, "map-exit", STRINGS, OPTION_ALL, "", "CODE=CODE", "", 0, 0, \
	  "end with another code than the main process; a signal's name is 128 and its number; may be repeated") \
	X(PARENT_DEATH_SIGNAL, "parent-death-signal", SIGNAL, OPTION_ALL, "", "SIGNAL", "", 0, 0, \
	  "the signal that reinit gets when its own parent ends (none)") \
	X(RETRY_MIN, "retry-min", DURATION, OPTION_ALL, "5s", "DURATION", "", 10, OPTION_DAY_MS, \
	  "first pause before a refused change is validated again; doubles") \
	X(RETRY_MAX, "retry-max", DURATION, OPTION_ALL, "60s", "DURATION", "", 10, OPTION_DAY_MS, \
	  "longest pause before a refused change is validated again") \
	X(VERSION, "version", ACTION, OPTION_CLI, "", "", "", 0, 0, "print the version") \
	X(HELP, "help", ACTION, OPTION_CLI, "", "", "", 0, 0, "print this help")

#define OPTIONS_SERVICE(X) \
	X(COMMAND, "command", WORDS, OPTION_FILE | OPTION_ONE, "", "COMMAND", "", 0, 0, \
	  "in a file: the program and its arguments") \
	X(AFTER, "after", STRINGS, OPTION_ALL | OPTION_ONE, "", "SERVICE", "", 0, 0, \
	  "start only when SERVICE is ready; may be repeated") \
	X(ESSENTIAL, "essential", BOOL, OPTION_ALL | OPTION_ONE, "", "", "", 0, 0, \
	  "its end ends the container (yes for the command; if no service says yes, all are)") \
	X(RESTART, "restart", CHOICE, OPTION_ALL, "on-failure", "RULE", "no|on-failure|always", 0, 0, \
	  "what to do when it ends: no, on-failure or always (no for the command of a command line)") \
	X(STOP_SIGNAL, "stop-signal", SIGNAL, OPTION_ALL, "TERM", "SIGNAL", "", 0, 0, \
	  "the signal that asks it to stop") \
	X(STOP_TIMEOUT, "stop-timeout", DURATION, OPTION_ALL, "10s", "DURATION", "", 0, OPTION_DAY_MS, \
	  "the time between the stop signal and KILL; 0 waits for ever (0 for a command without a file)") \
	X(SIGNAL_GROUP, "signal-group", BOOL, OPTION_ALL, "no", "", "", 0, 0, \
	  "send signals to its whole process group") \
	X(PRE_START, "pre-start", WORDS, OPTION_ALL | OPTION_ONE, "", "COMMAND", "", 0, 0, \
	  "run to its end, with the rights of reinit, before each start; the start fails with it") \
	X(POST_STOP, "post-stop", WORDS, OPTION_ALL | OPTION_ONE, "", "COMMAND", "", 0, 0, \
	  "run each time it has ended and all its processes are gone") \
	X(POST_STOP_TIMEOUT, "post-stop-timeout", DURATION, OPTION_ALL, "10s", "DURATION", "", 1, OPTION_DAY_MS, \
	  "a post-stop command that takes longer is killed") \
	X(USER, "user", TEXT, OPTION_ALL, "", "USER[:GROUP]", "", 0, 0, \
	  "run it as this user, with all his groups; name or number") \
	X(GROUP, "group", TEXT, OPTION_ALL, "", "GROUP", "", 0, 0, "run it with this group; name or number") \
	X(WORKDIR, "workdir", PATH, OPTION_ALL, "", "PATH", "", 0, 0, "its working directory") \
	X(UMASK, "umask", TEXT, OPTION_ALL, "", "MASK", "", 0, 0, "its umask, in octal digits") \
	X(NO_NEW_PRIVS, "no-new-privs", BOOL, OPTION_ALL, "no", "", "", 0, 0, \
	  "it and its children can never gain rights, by setuid programs for example") \
	X(READY, "ready", TEXT, OPTION_ALL | OPTION_ONE, "none", "HOW", "", 0, 0, \
	  "how it shows that it is ready: none, delay:DURATION, file:PATH, unix:PATH, tcp:[HOST:]PORT or exec:COMMAND") \
	X(READY_TIMEOUT, "ready-timeout", DURATION, OPTION_ALL, "0", "DURATION", "", 0, OPTION_DAY_MS, \
	  "stop it if it is not ready by then; 0 waits for ever") \
	X(BACKOFF_MIN, "backoff-min", DURATION, OPTION_ALL, "100ms", "DURATION", "", 1, OPTION_DAY_MS, \
	  "first pause before it is started again; doubles") \
	X(BACKOFF_MAX, "backoff-max", DURATION, OPTION_ALL, "30s", "DURATION", "", 1, OPTION_DAY_MS, \
	  "longest pause before it is started again") \
	X(START_LIMIT, "start-limit", NUMBER, OPTION_ALL, "10", "COUNT", "", 0, 1000000, \
	  "give up after so many failures within start-window; 0 never gives up") \
	X(START_WINDOW, "start-window", DURATION, OPTION_ALL, "60s", "DURATION", "", 1, OPTION_DAY_MS, \
	  "the window of start-limit; a run this long forgets earlier failures") \
	X(START_ON_REFUSED, "start-on-refused", BOOL, OPTION_ALL, "yes", "", "", 0, 0, \
	  "start it although the content of a watch was refused by its validation")

#define OPTIONS_WATCH(X) \
	X(WATCH, "watch", STRINGS, OPTION_CLI | OPTION_ENV, "", "PATH", "", 0, 0, \
	  "follow changes of PATH; may be repeated; the options below belong to the watch before them") \
	X(KEYS, "keys", STRINGS, OPTION_ALL, "", "PATTERN", "", 0, 0, \
	  "only names that match count; may be repeated (all names)") \
	X(VALIDATE, "validate", WORDS, OPTION_ALL, "", "COMMAND", "", 0, 0, \
	  "must succeed on the new content before it is applied") \
	X(VALIDATE_TIMEOUT, "validate-timeout", DURATION, OPTION_ALL, "10s", "DURATION", "", 1, OPTION_DAY_MS, \
	  "a validation that takes longer has failed") \
	X(VALIDATE_MEMORY, "validate-memory", SIZE, OPTION_ALL, "0", "SIZE", "", 0, INT64_MAX, \
	  "address space of a validation; 0 sets no limit") \
	X(STAGE_BASE, "stage-base", PATH, OPTION_ALL, "", "PATH", "", 0, 0, \
	  "the tree that the watched path belongs to: the validation sees all of it, with the new content in place") \
	X(ON_CHANGE, "on-change", TEXT, OPTION_ALL, "observe", "POLICY", "", 0, 0, \
	  "what applies a change: observe, signal[:SIGNAL], exec:COMMAND, restart or exit[:CODE]") \
	X(SIGNAL, "signal", SIGNAL, OPTION_ALL, "HUP", "SIGNAL", "", 0, 0, "the signal of on-change = signal") \
	X(EXEC, "exec", WORDS, OPTION_ALL, "", "COMMAND", "", 0, 0, "the command of on-change = exec") \
	X(EXIT_CODE, "exit-code", NUMBER, OPTION_ALL, "42", "CODE", "", 0, 255, "the code of on-change = exit") \
	X(EXEC_TIMEOUT, "exec-timeout", DURATION, OPTION_ALL, "30s", "DURATION", "", 1, OPTION_DAY_MS, \
	  "a command of on-change = exec that takes longer has failed") \
	X(SETTLE, "settle", DURATION, OPTION_ALL, "100ms", "DURATION", "", 0, OPTION_DAY_MS, \
	  "quiet time after the last change before it counts") \
	X(SETTLE_MAX, "settle-max", DURATION, OPTION_ALL, "2s", "DURATION", "", 0, OPTION_DAY_MS, \
	  "bound on settling while changes keep coming") \
	X(ALLOW_EMPTY, "allow-empty", BOOL, OPTION_ALL, "no", "", "", 0, 0, \
	  "apply a change that leaves nothing (else it is only reported)")
/* clang-format on */

#define OPTIONS(X) OPTIONS_GLOBAL(X) OPTIONS_SERVICE(X) OPTIONS_WATCH(X)

#define X(id, ...) OPT_##id,
enum option_id { OPTIONS(X) OPTION_COUNT };
#undef X

/* How many there are of each scope, and the first of each: the three lists stand one after another. */
#define X(id, ...) +1
enum {
	OPTION_GLOBAL_COUNT = 0 OPTIONS_GLOBAL(X),
	OPTION_SERVICE_COUNT = 0 OPTIONS_SERVICE(X),
	OPTION_WATCH_COUNT = 0 OPTIONS_WATCH(X),
	OPTION_SERVICE_FIRST = OPTION_GLOBAL_COUNT,
	OPTION_WATCH_FIRST = OPTION_GLOBAL_COUNT + OPTION_SERVICE_COUNT,
};
#undef X

enum option_scope { SCOPE_GLOBAL, SCOPE_SERVICE, SCOPE_WATCH, SCOPE_COUNT };

struct option_form {
	const char *name;
	enum option_type type;
	uint32_t where; /* OPTION_CLI | … */
	const char *fallback;
	const char *value; /* what --help calls the value */
	const char *choices;
	int64_t low, high;
	const char *help;
};

extern const struct option_form option_forms[OPTION_COUNT];

/* The scope of an option, and its place among those of its scope. */
enum option_scope option_scope(enum option_id id);
uint32_t option_place(enum option_id id);

/* The option of this name (len bytes) that may stand at where; OPTION_COUNT when there is none. */
enum option_id option_find(const char *name, size_t len, uint32_t where);

/* The option of -t, -h, -V; OPTION_COUNT for any other letter. */
enum option_id option_find_letter(char letter);
/* The letter of an option, or 0. */
char option_letter(enum option_id id);

/* The option of REINIT_NAME, given NAME (len bytes); OPTION_COUNT when there is none. */
enum option_id option_find_env(const char *name, size_t len);

/*
 * The name of an option at where that is near to a misspelt one, or NULL. With OPTION_ENV alone the
 * word is compared as an environment name without its prefix.
 */
const char *option_closest(const char *word, uint32_t where);

/* "PATH_NAME" of "path-name" into buf (cut when it does not fit). Returns buf. */
char *option_env_name(enum option_id id, char *buf, size_t size);

/* The place of a word (len bytes) among choices ("a|b|c"), or -1. */
int option_choice(const char *choices, const char *word);

#endif
