/* SPDX-License-Identifier: MIT */
/* The life of a change: seen, settled, read, validated, applied. */
#ifndef REINIT_ENGINE_RELOAD_H
#define REINIT_ENGINE_RELOAD_H

#include "engine/state.h"

/* Fold events into the facts. */
void reload_touched(struct step *step, uint32_t watch);
void reload_complete(struct step *step, uint32_t watch);
void reload_polled(struct step *step, uint32_t watch);
void reload_digested(struct step *step, const struct event *event);
void reload_validated(struct step *step, const struct event *event);
void reload_signalled(struct step *step, const struct event *event);
void reload_hooked(struct step *step, const struct event *event);

/* The process is gone: what was on its way to it is void. Content that was not applied stays to be applied. */
void reload_process_gone(struct step *step, uint32_t service);

/* Emit the digests that are due, whatever the service is doing. */
void reload_read(struct step *step, uint32_t service);
/* Do what the difference between desired and applied asks for. Not called once halting has begun. */
void reload_advance(struct step *step, uint32_t service);

/* The earliest deadline of the service's reload, or of a watch that waits to be read; NEVER_MS for none. */
int64_t reload_deadline_ms(const struct service_state *state);
int64_t reload_watch_deadline_ms(const struct watch_state *watch);

#endif
