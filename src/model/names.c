/* SPDX-License-Identifier: MIT */
/* The names of everything in model/, from the lists that define it. */
#include "model/effect.h"
#include "model/event.h"
#include "model/message.h"
#include "model/spec.h"

#define X(id, name) [POLICY_##id] = name,
const char *const policy_names[POLICY_COUNT] = { POLICY_LIST(X) };
#undef X
#define X(id, name) [RESTART_##id] = name,
const char *const restart_rule_names[RESTART_RULE_COUNT] = { RESTART_RULE_LIST(X) };
#undef X
#define X(id, name) [READY_##id] = name,
const char *const ready_kind_names[READY_KIND_COUNT] = { READY_KIND_LIST(X) };
#undef X
#define X(id) [EV_##id] = #id,
const char *const event_names[EVENT_COUNT] = { EVENT_LIST(X) };
#undef X
#define X(id) [FX_##id] = #id,
const char *const effect_names[EFFECT_COUNT] = { EFFECT_LIST(X) };
#undef X
#define X(id, level, text, value_key, amount_key) [MSG_##id] = { LINE_##level, #id, text, value_key, amount_key },
const struct message_form message_forms[MESSAGE_COUNT] = { MESSAGE_LIST(X) };
#undef X
