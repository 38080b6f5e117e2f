/* SPDX-License-Identifier: MIT */
/* The terminal and its job control: who may read it, and who stops and goes on with whom. For PID 1 it does little. */
#ifndef REINIT_RUNTIME_TERMINAL_H
#define REINIT_RUNTIME_TERMINAL_H

#include "runtime/state.h"

/* Give the terminal up, so that the command's session can take it: ioctl_tty(2). */
void terminal_give_up(struct runtime *rt);

/*
 * Did the terminal send this signal, and to us alone? Giving it up does once, which is said. And it tells a group in the
 * background to keep off (TTIN, TTOU): the command is not in ours, unless the spec has us stop with it. From others
 * these are orders like any.
 */
bool terminal_sent(struct runtime *rt, int signal, bool by_kernel);

/*
 * A reap_stopped_fn (arg: the struct runtime). Where a shell started us and our command was stopped (ctrl-Z), we stop as
 * well, and the shell takes its terminal back. For PID 1 the kernel makes this nothing.
 */
void terminal_job_stopped(void *arg, enum reap_role role, uint32_t index);

/* The shell let us go on: in the foreground (fg) the terminal is the command's again, and all of its job goes on. */
void terminal_job_resumed(struct runtime *rt);

/* A signal that asks to stop has been passed on: stop as well, where the spec wants that. */
void terminal_suspend(struct runtime *rt, int signal);

#endif
