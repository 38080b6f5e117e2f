/* SPDX-License-Identifier: MIT */
/*
 * From argv, environment and files to the spec that PID 1 runs on. Boot only.
 *
 * Without files everything happens in this process, without a system call but for memory. Files are read,
 * judged and packed in a one-shot child: libconfuse never runs here.
 */
#ifndef REINIT_APP_READER_H
#define REINIT_APP_READER_H

#include <stdbool.h>

#include "base/err.h"
#include "model/spec.h"

#define READER_EXIT_USAGE 100
#define READER_EXIT_CONFIG 78
#define READER_EXIT_SYSTEM 111

struct reader_plan {
	const struct spec *spec; /* checked, stays for ever; NULL: print text and leave with exit_code */
	int exit_code;
	bool to_stderr; /* text goes to stderr, else to stdout */
	char *text;	/* lines, malloc'ed, the caller's; NULL when there is a spec */
};

/*
 * Read everything. Faults of the user are no failure: they are a plan without a spec, with text and exit_code
 * (100 usage, 78 bad configuration). argv and envp must outlive the spec: the command is taken from argv.
 * Returns 0, or negative errno with err when the system failed (leave with 111).
 */
int reader_load(int argc, char **argv, char **envp, struct reader_plan *ret, struct err *err);

#endif
