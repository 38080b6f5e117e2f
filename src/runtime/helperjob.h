/* SPDX-License-Identifier: MIT */
/* The inside of a one-shot child: everything here may block. See helper.h for the outside. */
#ifndef REINIT_RUNTIME_HELPERJOB_H
#define REINIT_RUNTIME_HELPERJOB_H

#include "runtime/helper.h"

#define HELPERJOB_PROBE_LIMIT_MS 10000

/*
 * Do the job that *result asks for (job, service, watch, seq, digest = what is expected), fill in the rest, write
 * it whole into fd and end the process. Called in a fresh fork. A TERM ends the command, all its descendants and the job.
 */
void helperjob_run(const struct spec *spec, const struct spawn_inherited *inherited, struct helper_result *result,
		   pid_t service_pid, int fd) __attribute__((noreturn));

#endif
