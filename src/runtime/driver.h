/* SPDX-License-Identifier: MIT */
/* The wire between engine and kernel: events in, effects out. The only room that knows the engine. */
#ifndef REINIT_RUNTIME_DRIVER_H
#define REINIT_RUNTIME_DRIVER_H

#include "base/err.h"
#include "model/spec.h"
#include "runtime/spawn.h"

struct driver_params {
	const struct spec *spec; /* checked; outlives the driver */
	char *const *argv;	 /* of this process: what command_argv counts in */
	const struct spawn_inherited *inherited;
	int out_fd, log_fd; /* stdout and stderr; -1: came closed */
};

/*
 * Get everything that can fail: memory, the loop, the signalfd, the watches. Nothing is started.
 * Returns 0 or negative errno with err. There is one driver in a process.
 */
int driver_boot(const struct driver_params *params, struct err *err);

/* Start the services and run until the engine says EXIT; then end the process. From here on nothing may fail. */
void driver_run(void) __attribute__((noreturn));

#endif
