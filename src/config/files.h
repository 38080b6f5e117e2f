/* SPDX-License-Identifier: MIT */
/* Which files are read when the command line names none. */
#ifndef REINIT_CONFIG_FILES_H
#define REINIT_CONFIG_FILES_H

#include "base/err.h"
#include "config/draft.h"

#define FILES_DEFAULT "/etc/reinit.conf"
#define FILES_DEFAULT_DIR "/etc/reinit.d"

/*
 * Put file (when it is there, be it a link that leads nowhere) and then dir's *.conf, sorted by bytes and without hidden ones, into the draft's
 * setting for --config, as defaults. Returns how many, or negative errno with err.
 */
int files_find(const char *file, const char *dir, struct draft *draft, struct err *err);

#endif
