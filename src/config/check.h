/* SPDX-License-Identifier: MIT */
/* The meaning of a draft: every value is judged, all faults are collected, a spec is built. */
#ifndef REINIT_CONFIG_CHECK_H
#define REINIT_CONFIG_CHECK_H

#include "config/draft.h"
#include "config/faults.h"
#include "model/specbuild.h"

/*
 * Judge draft and put what it means into build (initialised by the caller, who finishes it). The command of the
 * command line is not copied: its service has command_argv. Services are laid out so that each stands
 * behind those of its `after`.
 * Returns 0; -EINVAL when there are faults; -ENOMEM; -E2BIG (a limit of model/spec.h).
 */
int check_draft(const struct draft *draft, struct faults *faults, struct specbuild *build);

/* The level of the log where nobody said one: only a lone command without a watch is quiet. */
const char *check_log_level(const struct draft *draft);

/* Is a service essential: said so, or nobody said so of any. Quiet about values that are neither. */
bool check_essential(const struct draft *draft, const struct draft_service *service);

#endif
