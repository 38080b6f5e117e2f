/* SPDX-License-Identifier: MIT */
#include "config/check.h"

#include <errno.h>
#include <string.h>

#include "base/line.h"
#include "config/check_maps.h"
#include "config/check_service.h"
#include "config/order.h"
#include "config/value.h"

const char *check_log_level(const struct draft *draft)
{
	return draft->with_files || draft->own.watch_count > 0 ? "info" : "warn";
}

static int says_essential(const struct draft *draft, const struct draft_service *service)
{
	struct place place = { .draft = draft, .service = service };
	struct found found = draft_find(&place, OPT_ESSENTIAL);
	int choice;

	if (!found.setting || found.setting->count != 1)
		return service == &draft->own ? 1 : -1;
	choice = option_choice("no|yes|false|true|off|on", found.setting->values[0]);
	return choice < 0 ? -1 : choice % 2;
}

bool check_essential(const struct draft *draft, const struct draft_service *service)
{
	int says = says_essential(draft, service);

	if (says >= 0)
		return says == 1;
	if (draft->command_argv && says_essential(draft, &draft->own) == 1)
		return false;
	for (uint32_t i = 0; i < draft->service_count; i++)
		if (says_essential(draft, &draft->services[i]) == 1)
			return false;
	return true;
}

static void check_globals(struct value_reader *reader, const struct draft *draft)
{
	struct place place = { .draft = draft };
	struct spec *head = &reader->build->head;

	head->log_format = (uint8_t)value_choice(reader, &place, OPT_LOG_FORMAT);
	if (draft_find(&place, OPT_LOG_LEVEL).setting)
		head->log_level = (uint8_t)value_choice(reader, &place, OPT_LOG_LEVEL);
	else
		head->log_level = (uint8_t)option_choice(option_forms[OPT_LOG_LEVEL].choices, check_log_level(draft));
	head->dry_run = value_bool(reader, &place, OPT_DRY_RUN);
	head->several = draft->with_files;
	head->poll_ms = value_number(reader, &place, OPT_POLL);
	head->linger_ms = value_number(reader, &place, OPT_LINGER);
	head->wait_all = value_bool(reader, &place, OPT_WAIT_ALL);
	head->drain_ms = value_number(reader, &place, OPT_DRAIN);
	if (draft_find(&place, OPT_PARENT_DEATH_SIGNAL).setting)
		head->parent_death_signal = value_signal(reader, &place, OPT_PARENT_DEATH_SIGNAL);
	check_maps(reader, &place, head);
	head->retry_min_ms = value_number(reader, &place, OPT_RETRY_MIN);
	head->retry_max_ms = value_number(reader, &place, OPT_RETRY_MAX);
	if (head->retry_min_ms > head->retry_max_ms)
		faults_at(reader->faults, &place, OPT_RETRY_MIN, "is longer than retry-max: set both");
}

/* Nobody's essential is everybody's: worked out once for all services, not once for each. */
static bool anyone_essential(const struct draft *draft)
{
	if (draft->command_argv && says_essential(draft, &draft->own) == 1)
		return true;
	for (uint32_t i = 0; i < draft->service_count; i++)
		if (says_essential(draft, &draft->services[i]) == 1)
			return true;
	return false;
}

static void check_services(struct value_reader *reader, const struct draft *draft, const struct order *order)
{
	bool anyone = anyone_essential(draft);

	reader->build->head.main_service = order->count;
	for (uint32_t n = 0; n < order->count; n++) {
		uint32_t index = order->sequence[n];
		const struct draft_service *service = order->services[index];
		struct place place = { .draft = draft, .service = service };
		struct service_spec spec = check_service(reader, &place), *room;
		int says = says_essential(draft, service);

		/* The indices of `after` in the order of the spec, in place: they are not needed again. */
		for (uint32_t i = 0; i < order->after_count[index]; i++)
			order->after[index][i] = order->position[order->after[index][i]];
		spec.after = specbuild_nums(reader->build, order->after[index], order->after_count[index]);
		spec.essential = says >= 0 ? says == 1 : !anyone;
		if (service == &draft->own)
			reader->build->head.main_service = n;
		room = specbuild_service(reader->build);
		if (room)
			*room = spec;
		for (uint32_t w = 0; w < service->watch_count; w++) {
			struct place at = { .draft = draft, .service = service, .watch = &service->watches[w] };

			check_watch(reader, &at, n);
		}
	}
}

static uint32_t count_watches(const struct draft *draft)
{
	uint32_t count = draft->command_argv ? draft->own.watch_count : 0;

	for (uint32_t i = 0; i < draft->service_count; i++)
		count += draft->services[i].watch_count;
	return count;
}

static void check_sums(struct faults *faults, const struct draft *draft, const struct order *order)
{
	uint32_t watches = count_watches(draft);

	if (order->count == 0)
		faults_add(faults, NULL, NULL, NULL, NULL,
			   "no service: the files hold none; write service \"NAME\" { command = … }");
	if (order->count > SPEC_MAX_SERVICES)
		faults_add(faults, NULL, NULL, NULL, NULL, "%u services are more than the limit of %u", order->count,
			   SPEC_MAX_SERVICES);
	if (watches > SPEC_MAX_WATCHES)
		faults_add(faults, NULL, NULL, NULL, NULL, "%u watches are more than the limit of %u", watches,
			   SPEC_MAX_WATCHES);
}

int check_draft(const struct draft *draft, struct faults *faults, struct specbuild *build)
{
	struct value_reader reader = { .faults = faults, .build = build };
	struct order order;
	int r = order_init(&order, draft, faults);

	if (r < 0)
		return r;
	check_sums(faults, draft, &order);
	check_globals(&reader, draft);
	check_services(&reader, draft, &order);
	order_finish(&order);
	faults_end(faults);
	if (draft->failed || faults->failed)
		return -ENOMEM;
	if (faults->count > 0)
		return -EINVAL;
	return build->failed;
}
