/* value_time.c - arguments that are durations and times of day. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/scan.h"
#include "cli/values.h"

#define DAY_MINUTES 1440

/* --- durations ------------------------------------------------------------------------------- */

/* Seconds that a unit stands for; 0: it is none. */
static uint64_t unit_seconds(char unit)
{
	switch (unit) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	default:
		return 0;
	}
}

/* Reads 2h30m, 1.5h, 90m, 45; larger units first. */
static bool scan_duration(const char *value, uint64_t maximum, uint64_t *milliseconds)
{
	uint64_t last = UINT64_MAX, sum = 0;

	do {
		uint64_t thousandths, unit = 1;

		if (!scan_thousandths(&value, maximum, &thousandths))
			return false;
		if (*value)
			unit = unit_seconds(*value++);
		if (unit == 0 || unit >= last || thousandths > maximum * 1000 / unit)
			return false;
		sum += thousandths * unit;
		last = unit;
	} while (*value);
	*milliseconds = sum;
	return sum > 0 && sum <= maximum * 1000;
}

int value_store_duration(struct parse *parse, const struct cli_option *option, const char *spelled,
                         const char *value)
{
	uint64_t milliseconds;

	if (!scan_duration(value, option->maximum, &milliseconds))
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "%s: '%.40s' is no time from 1s to %llud: write 2h, 1h30m, 90m "
		                    "or 45s",
		                    spelled, value, (unsigned long long)option->maximum / 86400);
	value_put(parse, option, milliseconds);
	return 0;
}

/* --- times of day ---------------------------------------------------------------------------- */

/* Minutes past midnight. */
static int minute_of_day(int64_t when)
{
	const time_t seconds = (time_t)when;
	struct tm local;

	if (!localtime_r(&seconds, &local))
		return 0;
	return local.tm_hour * 60 + local.tm_min;
}

/* From minute to minute, since nothing else is sure to see all that a clock does: it is put forward
 * and back, by an hour or half of one, at midnight or at another time. */
int64_t value_next_time(int64_t now, int wanted)
{
	const int minute = wanted / 60, second = wanted % 60;
	int64_t when = now - now % 60;
	int before = minute_of_day(when);

	if (before == minute && when + second > now)
		return when + second;
	for (int i = 0; i < 2 * DAY_MINUTES; i++) {
		when += 60;
		const int shown = minute_of_day(when);
		const int step = (shown - before + DAY_MINUTES) % DAY_MINUTES;
		const int far = (minute - before + DAY_MINUTES) % DAY_MINUTES;

		if (shown == minute)
			return when + second;
		if (step < DAY_MINUTES / 2 && far > 0 && far < step)
			return when; /* put forward, over it */
		before = shown;
	}
	return when;
}

/* Reads one or two digits. */
static bool scan_two(const char **text, unsigned maximum, unsigned *number)
{
	const char *begin = *text;
	uint64_t value;

	if (!scan_number(text, maximum, &value) || *text - begin > 2)
		return false;
	*number = (unsigned)value;
	return true;
}

static bool scan_time(const char *value, unsigned *seconds)
{
	unsigned hour, minute, second = 0;

	if (!scan_two(&value, 23, &hour) || *value++ != ':' || value[0] == '\0' ||
	    value[1] == '\0' || !scan_two(&value, 59, &minute))
		return false;
	if (*value == ':' && (value++, !scan_two(&value, 59, &second)))
		return false;
	*seconds = hour * 3600 + minute * 60 + second;
	return *value == '\0';
}

int value_store_time(struct parse *parse, const struct cli_option *option, const char *spelled,
                     const char *value)
{
	unsigned wanted;

	if (!scan_time(value, &wanted))
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "%s: '%.40s' is no time of day: write 00:00 to 23:59, as in "
		                    "06:00",
		                    spelled, value);
	tzset();
	memcpy(value_target(parse, option),
	       &(int64_t){value_next_time((int64_t)time(NULL), (int)wanted)}, sizeof(int64_t));
	return 0;
}
