/* SPDX-License-Identifier: MIT */
/* Check the tables of signals and of exit codes. Part of check.c's walk. */
#ifndef REINIT_CONFIG_CHECK_MAPS_H
#define REINIT_CONFIG_CHECK_MAPS_H

#include "config/value.h"

/* Fill head's signal_map from map-signal and its exit_map from map-exit. */
void check_maps(struct value_reader *reader, const struct place *place, struct spec *head);

#endif
