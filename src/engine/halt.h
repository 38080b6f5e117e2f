/* SPDX-License-Identifier: MIT */
/* The ordered end: services against their order, then whatever is left, then EXIT. */
#ifndef REINIT_ENGINE_HALT_H
#define REINIT_ENGINE_HALT_H

#include "engine/state.h"

/*
 * A signal came in: begin the end, or pass it on. With services from a file TERM, INT and QUIT end everything in
 * order; with a single command only TERM does (and INT where it would be restarted), and the
 * command gets its stop signal.
 */
void halt_signal(struct step *step, int32_t signal);

/* Once engine->halt is set: cancel what runs beside the services, stop those whose turn it is, go on to the next stage. */
void halt_advance(struct step *step);

/* No descendant is left. */
void halt_rest_gone(struct step *step);

#endif
