/* SPDX-License-Identifier: MIT */
#include "model/spec.h"

#include <errno.h>

#include "base/line.h"

static int bad(struct err *err, const char *what)
{
	return err_set(err, EINVAL, "damaged spec: %s", what);
}

/* Does an array of count items of item bytes at offset lie within size, behind the head and aligned? */
static bool array_fits(uint32_t size, uint32_t offset, uint32_t count, size_t item)
{
	return offset >= sizeof(struct spec) && offset % 8 == 0 && offset <= size && count <= (size - offset) / item;
}

/* A duration that no deadline can overflow by. */
static bool time_fits(int64_t time_ms)
{
	return time_ms >= 0 && time_ms <= SPEC_MAX_MS;
}

/* Codes are bytes and need no check. */
static int check_maps(const struct spec *spec, struct err *err)
{
	if (!time_fits(spec->drain_ms) || spec->farewell_signal < 0 || spec->farewell_signal >= (int32_t)SPEC_SIGNALS ||
	    spec->parent_death_signal < 0 || spec->parent_death_signal >= (int32_t)SPEC_SIGNALS)
		return bad(err, "global signals");
	for (uint32_t n = 0; n < SPEC_SIGNALS; n++) {
		if (spec->signal_map[n] >= SPEC_SIGNALS)
			return bad(err, "signal map");
	}
	for (uint32_t n = 0; n < SPEECH_COUNT; n++) {
		if (spec->speech[n] >= spec->pool_bytes)
			return bad(err, "speech");
	}
	return 0;
}

static int check_head(const struct spec *spec, size_t size, struct err *err)
{
	if (size < sizeof(*spec) || size > SPEC_MAX_BYTES)
		return bad(err, "size");
	if (spec->magic != SPEC_MAGIC || spec->version != SPEC_VERSION)
		return bad(err, "magic or version");
	if (spec->size_bytes != size)
		return bad(err, "size field");
	if (spec->service_count > SPEC_MAX_SERVICES || spec->watch_count > SPEC_MAX_WATCHES ||
	    spec->word_count > SPEC_MAX_WORDS)
		return bad(err, "counts");
	if (!array_fits(spec->size_bytes, spec->service_off, spec->service_count, sizeof(struct service_spec)) ||
	    !array_fits(spec->size_bytes, spec->watch_off, spec->watch_count, sizeof(struct watch_spec)) ||
	    !array_fits(spec->size_bytes, spec->word_off, spec->word_count, sizeof(uint32_t)) ||
	    !array_fits(spec->size_bytes, spec->pool_off, spec->pool_bytes, 1))
		return bad(err, "offsets");
	/* Offset 0 is the empty string, and the last byte ends the last string: then every offset is safe. */
	if (spec->pool_bytes == 0 || spec_str(spec, 0)[0] != '\0' || spec_str(spec, spec->pool_bytes - 1)[0] != '\0')
		return bad(err, "string pool");
	if (spec->log_format >= LINE_FORMAT_COUNT || spec->log_level >= LINE_LEVEL_COUNT ||
	    spec->main_service > spec->service_count || !time_fits(spec->poll_ms) || !time_fits(spec->linger_ms) ||
	    !time_fits(spec->retry_min_ms) || !time_fits(spec->retry_max_ms) || spec->poll_ms == 0 ||
	    spec->retry_min_ms == 0 || spec->retry_max_ms == 0)
		return bad(err, "global values");
	return check_maps(spec, err);
}

static bool str_fits(const struct spec *spec, uint32_t offset)
{
	return offset < spec->pool_bytes;
}

static bool list_fits(const struct spec *spec, struct spec_list list)
{
	return list.first <= spec->word_count && list.count <= spec->word_count - list.first;
}

static bool strs_fit(const struct spec *spec, struct spec_list list)
{
	if (!list_fits(spec, list))
		return false;
	for (uint32_t n = 0; n < list.count; n++) {
		if (!str_fits(spec, spec_word(spec, list, n)))
			return false;
	}
	return true;
}

static int check_service(const struct spec *spec, uint32_t index, struct err *err)
{
	const struct service_spec *service = spec_service(spec, index);

	if (!str_fits(spec, service->name) || !str_fits(spec, service->ready_target) ||
	    !strs_fit(spec, service->command) || !strs_fit(spec, service->ready_command) ||
	    !strs_fit(spec, service->pre_start) || !strs_fit(spec, service->post_stop) ||
	    !str_fits(spec, service->user_name) || !str_fits(spec, service->user_home) ||
	    !str_fits(spec, service->workdir) || !list_fits(spec, service->groups) || !list_fits(spec, service->after))
		return bad(err, "strings of a service");
	for (uint32_t n = 0; n < service->after.count; n++) {
		if (spec_word(spec, service->after, n) >= index)
			return bad(err, "order of services");
	}
	if (service->restart >= RESTART_RULE_COUNT || service->ready_kind >= READY_KIND_COUNT ||
	    service->standing >= STANDING_COUNT || service->stop_signal < 1 || service->stop_signal > 64 ||
	    service->ready_port < 0 || service->ready_port > 65535)
		return bad(err, "values of a service");
	if (!time_fits(service->stop_timeout_ms) || !time_fits(service->post_stop_timeout_ms) ||
	    !time_fits(service->ready_delay_ms) || !time_fits(service->ready_timeout_ms) ||
	    !time_fits(service->backoff_min_ms) || !time_fits(service->backoff_max_ms) ||
	    !time_fits(service->start_window_ms))
		return bad(err, "times of a service");
	if (service->command.count == 0 && service->command_argv == 0)
		return bad(err, "command of a service");
	if (service->ready_kind == READY_EXEC && service->ready_command.count == 0)
		return bad(err, "readiness of a service");
	return 0;
}

static int check_watch(const struct spec *spec, uint32_t index, struct err *err)
{
	const struct watch_spec *watch = spec_watch(spec, index);

	if (watch->service >= spec->service_count)
		return bad(err, "service of a watch");
	if (!str_fits(spec, watch->path) || !str_fits(spec, watch->stage_base) || !strs_fit(spec, watch->keys) ||
	    !strs_fit(spec, watch->validate) || !strs_fit(spec, watch->exec))
		return bad(err, "strings of a watch");
	if (watch->policy >= POLICY_COUNT || watch->exit_code < 0 || watch->exit_code > 255 ||
	    (watch->policy == POLICY_SIGNAL && (watch->signal < 1 || watch->signal > 64)) ||
	    (watch->policy == POLICY_EXEC && watch->exec.count == 0))
		return bad(err, "policy of a watch");
	if (spec_str(spec, watch->path)[0] != '/' ||
	    (watch->stage_base != 0 && spec_str(spec, watch->stage_base)[0] != '/'))
		return bad(err, "paths of a watch");
	if (!time_fits(watch->exec_timeout_ms) || !time_fits(watch->validate_timeout_ms) ||
	    watch->validate_memory_bytes < 0 || !time_fits(watch->settle_ms) || !time_fits(watch->settle_max_ms))
		return bad(err, "values of a watch");
	return 0;
}

int spec_check(const void *block, size_t size, struct err *err)
{
	const struct spec *spec = block;
	int rc = check_head(spec, size, err);

	for (uint32_t s = 0; rc == 0 && s < spec->service_count; s++)
		rc = check_service(spec, s, err);
	for (uint32_t w = 0; rc == 0 && w < spec->watch_count; w++)
		rc = check_watch(spec, w, err);
	return rc;
}
