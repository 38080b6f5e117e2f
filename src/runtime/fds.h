/* SPDX-License-Identifier: MIT */
/* Descriptors that came from outside. */
#ifndef REINIT_RUNTIME_FDS_H
#define REINIT_RUNTIME_FDS_H

/*
 * Close every descriptor from 3 on that is not O_CLOEXEC: those came from outside (execve has closed all others), while
 * ours are O_CLOEXEC from birth. Without /proc nothing happens. Blocks on nothing but procfs.
 */
void fds_close_inherited(void);

#endif
