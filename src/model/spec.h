/* SPDX-License-Identifier: MIT */
/*
 * The spec: everything the supervisor was told, as one flat block without pointers.
 *
 * It is the hard boundary between what reads text (command line, environment, libconfuse in a
 * one-shot child) and PID 1, which checks the bounds once (spec_check) and then only reads.
 * Strings are offsets into a pool, lists are ranges in a table of 32-bit entries. Offset 0 of the
 * pool is the empty string and stands for "not given".
 */
#ifndef REINIT_MODEL_SPEC_H
#define REINIT_MODEL_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/speech.h"

#define SPEC_MAGIC 0x52494e31u /* "RIN1" */
#define SPEC_VERSION 1u

/* Limits that spec_check holds every block to; each is documented in reinit.conf(5). */
#define SPEC_MAX_SERVICES 4096u
#define SPEC_MAX_WATCHES 4096u
#define SPEC_MAX_WORDS 65536u
#define SPEC_MAX_BYTES (8u << 20)
#define SPEC_MAX_MS (366 * 24 * 3600 * INT64_C(1000)) /* as str_duration_ms */
#define SPEC_SIGNALS 65u			      /* signals are 1 to 64; entry 0 is not used */
#define SPEC_CODES 256u

/* What "apply" means for a change, weakest first: the strongest of a batch wins. */
#define POLICY_LIST(X) X(OBSERVE, "observe") X(SIGNAL, "signal") X(EXEC, "exec") X(RESTART, "restart") X(EXIT, "exit")
/* What happens when a main process ends. */
#define RESTART_RULE_LIST(X) X(NO, "no") X(ON_FAILURE, "on-failure") X(ALWAYS, "always")
/* How a service shows that it is ready. */
#define READY_KIND_LIST(X) \
	X(NONE, "none") X(DELAY, "delay") X(FILE, "file") X(UNIX, "unix") X(TCP, "tcp") X(EXEC, "exec")

#define X(id, name) POLICY_##id,
enum policy { POLICY_LIST(X) POLICY_COUNT };
#undef X
#define X(id, name) RESTART_##id,
enum restart_rule { RESTART_RULE_LIST(X) RESTART_RULE_COUNT };
#undef X
#define X(id, name) READY_##id,
enum ready_kind { READY_KIND_LIST(X) READY_KIND_COUNT };
#undef X

/* How a main process stands to our session and terminal. */
enum standing {
	STANDING_SESSION,    /* a session of its own, without a terminal */
	STANDING_FOREGROUND, /* our session, a group of its own in the foreground of the terminal */
	STANDING_TERMINAL,   /* a session of its own, which takes our controlling terminal over */
	STANDING_SAME,	     /* our session and our group */
	STANDING_COUNT
};

extern const char *const policy_names[POLICY_COUNT];
extern const char *const restart_rule_names[RESTART_RULE_COUNT];
extern const char *const ready_kind_names[READY_KIND_COUNT];

/* A range of the word table. */
struct spec_list {
	uint32_t first;
	uint32_t count;
};

struct service_spec {
	uint32_t name;		  /* string; unique */
	struct spec_list command; /* strings; empty: the command is argv[command_argv..] of this process */
	uint32_t command_argv;	  /* index into argv when command is empty */
	struct spec_list after;	  /* indices of services, each smaller than this one's own */
	uint8_t essential;	  /* its end ends the container */
	uint8_t restart;	  /* enum restart_rule */
	uint8_t ready_kind;	  /* enum ready_kind */
	uint8_t standing;	  /* enum standing */
	uint8_t start_on_refused; /* start although the content on disk was refused */
	uint8_t signal_group;	  /* signals go to its whole process group */
	uint8_t no_new_privs;	  /* PR_SET_NO_NEW_PRIVS */
	uint8_t has_user;	  /* uid, gid and groups are set before it runs */
	uint8_t has_group;	  /* gid alone is */
	uint8_t has_umask;
	uint8_t code_not_found; /* what it ends with when its program is not there … */
	uint8_t code_no_access; /* … may not be executed (EACCES) … */
	uint8_t code_not_run;	/* … fails to run for another reason … */
	uint8_t code_no_fork;	/* … or when it could not be forked */
	uint8_t pad[2];
	uint32_t uid, gid, umask;
	struct spec_list groups;	/* numbers: supplementary groups */
	uint32_t user_name, user_home;	/* strings: for USER, LOGNAME and HOME; "" leaves them alone */
	uint32_t workdir;		/* string; absolute; "" for ours */
	struct spec_list pre_start;	/* strings: command words, run to their end before the program */
	struct spec_list post_stop;	/* strings: command words, run when all of its processes are gone */
	int32_t stop_signal;		/* 1 to 64 */
	int32_t ready_port;		/* tcp */
	uint32_t ready_target;		/* string: path of file or unix, host of tcp */
	struct spec_list ready_command; /* strings: exec */
	int64_t post_stop_timeout_ms;
	int64_t stop_timeout_ms;  /* 0: no bound of our own */
	int64_t ready_delay_ms;	  /* delay */
	int64_t ready_timeout_ms; /* how long a start may take until ready; 0: no limit */
	int64_t backoff_min_ms;
	int64_t backoff_max_ms;
	int64_t start_window_ms; /* start_limit failures within it: give up; a run this long resets */
	uint32_t start_limit;	 /* 0: never give up */
	uint32_t pad2;
};

/* What a service_spec starts as: the codes are those of sh(1) and env(1), and 111 for a failed system call. */
#define SERVICE_SPEC_INIT \
	{ \
		.code_not_found = 127, .code_no_access = 126, .code_not_run = 126, .code_no_fork = 111 \
	}

struct watch_spec {
	uint32_t service;	   /* index */
	uint32_t path;		   /* string; absolute */
	struct spec_list keys;	   /* strings: patterns of fnmatch(3) over relative names; empty: all */
	struct spec_list validate; /* strings: command words; empty: none */
	uint32_t stage_base;	   /* string; absolute; "" for none */
	uint32_t policy;	   /* enum policy */
	int32_t signal;		   /* POLICY_SIGNAL */
	int32_t exit_code;	   /* POLICY_EXIT */
	struct spec_list exec;	   /* POLICY_EXEC: command words */
	int64_t exec_timeout_ms;
	int64_t validate_timeout_ms;
	int64_t validate_memory_bytes; /* RLIMIT_AS of the validation; 0: none */
	int64_t settle_ms;	       /* quiet time after the last event */
	int64_t settle_max_ms;	       /* bound on settling under a chattering writer */
	uint8_t allow_empty;
	uint8_t pad[7];
};

struct spec {
	uint32_t magic;
	uint32_t version;
	uint32_t size_bytes;  /* of the whole block */
	uint32_t service_off; /* byte offsets from the start of the block, 8-aligned */
	uint32_t service_count;
	uint32_t watch_off;
	uint32_t watch_count;
	uint32_t word_off;
	uint32_t word_count;
	uint32_t pool_off;
	uint32_t pool_bytes;
	uint32_t main_service; /* index of the service that takes forwarded signals; service_count: none */
	uint8_t log_format;    /* enum line_format */
	uint8_t dry_run;
	uint8_t several;   /* services come from a file: ordered stop on TERM, INT, QUIT */
	uint8_t log_level; /* enum line_level: the most detailed that is written */
	uint8_t wait_all;  /* when the main process ended by itself: wait for the last descendant, without a bound */
	uint8_t passive;   /* no signal begins the end: all are passed on, and the end is the main process's */
	uint8_t leave_at_once;	 /* when the main process has ended: do not end what is left, leave */
	uint8_t own_orphans;	 /* where it is not PID 1: become the reaper of orphans */
	uint8_t suspends;	 /* TSTP, TTIN and TTOU stop this process as well, after they were passed on */
	uint8_t root_dir;	 /* work in / ourselves, so that no mount is pinned; the command keeps its directory */
	uint8_t close_inherited; /* close descriptors that came from outside, once the command has them */
	uint8_t tty_by_name;	 /* the terminal is /dev/tty where there is one, not descriptor 0 */
	uint8_t clean_signals;	 /* commands start with no signal blocked or ignored, whatever came from outside */
	uint8_t pad[3];
	int32_t farewell_signal; /* to the group of the main process, where signals go to it, when that has ended; 0: none */
	int32_t parent_death_signal; /* sent to this process when its parent dies; 0: none */
	uint8_t signal_map
		[SPEC_SIGNALS];	      /* what becomes of a signal that comes in: its number, another's, 0 drops it */
	uint8_t exit_map[SPEC_CODES]; /* what becomes of the code that the main process gives */
	uint8_t pad2[7];
	uint32_t speech[SPEECH_COUNT]; /* strings; see model/speech.h */
	int64_t drain_ms;	       /* between the signal that begins the end and the first stop signal */
	int64_t poll_ms;	       /* slow safety net of all watches */
	int64_t linger_ms;	       /* TERM to what is left → KILL */
	int64_t retry_min_ms;	       /* first repetition of a failed validation */
	int64_t retry_max_ms;
};

/*
 * Hold size bytes at block to the format: magic, version, every offset, list, index, enum and
 * string within bounds, indices of `after` descending. After 0 every accessor below is safe.
 * Returns 0 or -EINVAL with the first thing that is wrong in err.
 */
int spec_check(const void *block, size_t size, struct err *err);

static inline const struct service_spec *spec_service(const struct spec *spec, uint32_t index)
{
	return (const struct service_spec *)(const void *)((const char *)spec + spec->service_off) + index;
}

static inline const struct watch_spec *spec_watch(const struct spec *spec, uint32_t index)
{
	return (const struct watch_spec *)(const void *)((const char *)spec + spec->watch_off) + index;
}

/* Entry n of a list: an index, or the offset of a string for spec_str. */
static inline uint32_t spec_word(const struct spec *spec, struct spec_list list, uint32_t n)
{
	return ((const uint32_t *)(const void *)((const char *)spec + spec->word_off))[list.first + n];
}

/* The string at an offset of the pool. Belongs to the spec. */
static inline const char *spec_str(const struct spec *spec, uint32_t offset)
{
	return (const char *)spec + spec->pool_off + offset;
}

#endif
