/* SPDX-License-Identifier: MIT */
/* Boot: read what is wanted, check it, get everything that can fail, then run. */
#ifndef REINIT_APP_APP_H
#define REINIT_APP_APP_H

/* Exit codes of reinit itself; the table stands in reinit(8). */
#define APP_EXIT_BAD_CONFIG 78 /* EX_CONFIG of sysexits.h */
#define APP_EXIT_USAGE 100
#define APP_EXIT_SYSTEM 111

/* Run the program. Returns its exit code, or never when services were started. */
int app_run(int argc, char **argv, char **envp);

#endif
