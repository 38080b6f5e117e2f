/* SPDX-License-Identifier: MIT */
/* The life of a process: started in order, restarted by its rule, stopped within its bound. */
#ifndef REINIT_ENGINE_SERVICE_H
#define REINIT_ENGINE_SERVICE_H

#include "engine/state.h"

/* Fold the answers of the runtime into the state; stale ones (another seq) are dropped. */
void service_spawned(struct step *step, uint32_t service, uint32_t seq, int32_t pid);
void service_spawn_failed(struct step *step, uint32_t service, uint32_t seq, int32_t error);
void service_exited(struct step *step, uint32_t service, uint32_t seq, int32_t status);
void service_post_stopped(struct step *step, uint32_t service, uint32_t seq, int32_t status);
void service_cleared(struct step *step, uint32_t service, uint32_t seq);
void service_probed(struct step *step, uint32_t service, uint32_t seq, bool ready);

/* Run the post-stop command that is owed; its answer is waited for. */
void service_run_post_stop(struct step *step, uint32_t service);

/* Do what the state asks for at step->now_ms. Not called once halting has begun. */
void service_advance(struct step *step, uint32_t service);

/*
 * Send the stop signal (signal 0: the configured one) and start the clock of its bound. bound_ms 0: none.
 * Does nothing to a service without a process or already stopping.
 */
void service_stop(struct step *step, uint32_t service, int32_t signal, int64_t bound_ms);

/* KILL when the bound of a stop has passed; give the process up when KILL's has. */
void service_stop_expire(struct step *step, uint32_t service);

/* The earliest deadline of this life, or NEVER_MS. */
int64_t service_deadline_ms(const struct service_state *state);

/* The exit code that mirrors a wait status: the code, or 128 + signal. */
int32_t service_exit_code(int32_t status);

#endif
