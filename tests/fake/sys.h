/* SPDX-License-Identifier: MIT */
/*
 * A scripted replacement of src/runtime/sys.c. A test says which calls it expects, in their order, with their results:
 *
 *	fake_begin(FAKE_STRICT);
 *	fake_expect("kill 7 1", -EPERM);
 *	fake_answer("read 5", "text", 4);
 *	...
 *	fake_end();
 *
 * A call is written as its name and its plain arguments: numbers and paths; not buffers, sizes, flags and modes. It may be a
 * pattern of fnmatch(3). Strict: a call that is not the next one of the script fails the test. Real: such a call goes to
 * the kernel, so that a test can let one call of many fail; but never kill(-1), which would end the whole machine's work.
 */
#ifndef REINIT_TESTS_FAKE_SYS_H
#define REINIT_TESTS_FAKE_SYS_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum fake_mode { FAKE_STRICT, FAKE_REAL };

/* Begin with an empty script, the clock at 1000 (strict) or real, our own pid, and no hook. */
void fake_begin(enum fake_mode mode);
/* The next call of the script and what it returns. */
void fake_expect(const char *call, long result);
/* The same for a call that returns data (read, readlink, stat, wait_any, getresuid, dir_next, pipe, prctl). */
void fake_answer(const char *call, const void *data, size_t size, long result);
/* read, readlink and dir_next: a text and its length, or 1. */
void fake_answer_text(const char *call, const char *text);
/* Fails the test unless all of the script has come. */
void fake_end(void);

extern int64_t fake_now_ms;		    /* of both clocks; -1: real */
extern pid_t fake_pid;			    /* what sys_getpid says; 0: the truth */
extern void (*fake_hook)(const char *call); /* real mode: called before each call */
extern jmp_buf fake_exit;		    /* strict: where sys_exit goes */

#endif
