/* value_numbers.c - arguments that are numbers: counts, pixels, bytes, seconds. */
#include <stdio.h>
#include <string.h>

#include "base/scan.h"
#include "cli/values.h"

int value_store_number(struct parse *parse, const struct cli_option *option, const char *spelled,
                       const char *value)
{
	const char *end = value;
	uint64_t number;

	if (!scan_number(&end, option->maximum, &number) || *end || number < option->minimum)
		return br_error_set(
		    parse->error, BR_ERROR_USAGE,
		    "%s: '%.40s' is not a whole number from %llu to %llu%s%s%s", spelled, value,
		    (unsigned long long)option->minimum, (unsigned long long)option->maximum,
		    option->automatic ? " (without it: " : "",
		    option->automatic ? option->automatic : "", option->automatic ? ")" : "");
	value_put(parse, option, number);
	return 0;
}

/* A number with K, M or G for powers of `base`. */
static bool scan_scaled(const char *value, const struct cli_option *option, uint64_t base,
                        uint64_t *number)
{
	static const char suffixes[] = "KMG";
	const char *end = value, *suffix;
	uint64_t factor = 1;

	if (!scan_number(&end, option->maximum, number))
		return false;
	if (*end) {
		suffix = strchr(suffixes, *end);
		if (!suffix || end[1])
			return false;
		for (const char *power = suffixes; power <= suffix; power++)
			factor *= base;
	}
	if (*number > option->maximum / factor)
		return false;
	*number *= factor;
	return *number >= option->minimum;
}

int value_store_pixels(struct parse *parse, const struct cli_option *option, const char *spelled,
                       const char *value)
{
	uint64_t number;

	if (!scan_scaled(value, option, 1000, &number))
		return br_error_set(
		    parse->error, BR_ERROR_USAGE,
		    "%s: '%.40s' is no number of pixels: write %llu to %lluG, with K, "
		    "M or G for thousands, millions or billions",
		    spelled, value, (unsigned long long)option->minimum,
		    (unsigned long long)(option->maximum / 1000000000));
	memcpy(value_target(parse, option), &number, sizeof(number));
	return 0;
}

/* Bytes from which on nobody asks how many more there may be. */
#define BYTES_MANY (UINT64_C(1) << 40)

/* Whole bytes as scan_scaled() reads them. */
static void print_scaled(char *text, size_t size, uint64_t bytes)
{
	static const char suffixes[][2] = {"", "K", "M", "G"};
	unsigned power = 0;

	for (; power < 3 && bytes >= 1024 && bytes % 1024 == 0; power++)
		bytes /= 1024;
	(void)snprintf(text, size, "%llu%s", (unsigned long long)bytes, suffixes[power]);
}

int value_store_bytes(struct parse *parse, const struct cli_option *option, const char *spelled,
                      const char *value)
{
	uint64_t number;
	char least[24], most[24];

	print_scaled(least, sizeof(least), option->minimum);
	print_scaled(most, sizeof(most), option->maximum);
	if (!scan_scaled(value, option, 1024, &number))
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "%s: '%.40s' is no amount of memory: write %s %s%s, as in 200M",
		                    spelled, value, least,
		                    option->maximum < BYTES_MANY ? "to " : "or more",
		                    option->maximum < BYTES_MANY ? most : "");
	memcpy(value_target(parse, option), &number, sizeof(number));
	return 0;
}

int value_store_share(struct parse *parse, const struct cli_option *option, const char *spelled,
                      const char *value)
{
	struct br_batch_share share = {.kind = BR_BATCH_SHARE_PERCENT};
	const char *end = value;

	if (!scan_thousandths(&end, 100, &share.amount) || strcmp(end, "%") != 0) {
		end = value;
		share.kind = BR_BATCH_SHARE_COUNT;
		if (!scan_number(&end, option->maximum, &share.amount) || *end)
			return br_error_set(parse->error, BR_ERROR_USAGE,
			                    "%s: '%.40s' is neither a number nor a part: write it "
			                    "as in 20, 5%% or 0.1%%",
			                    spelled, value);
	}
	memcpy(value_target(parse, option), &share, sizeof(share));
	return 0;
}

int value_store_seconds(struct parse *parse, const struct cli_option *option, const char *spelled,
                        const char *value)
{
	const char *end = value;
	uint64_t milliseconds;

	if (!scan_thousandths(&end, option->maximum, &milliseconds) ||
	    (*end && strcmp(end, "s") != 0))
		return br_error_set(
		    parse->error, BR_ERROR_USAGE,
		    "%s: '%.40s' is no number of seconds: write 0 to %llu, as in 30 or "
		    "0.5 (three decimals at most)",
		    spelled, value, (unsigned long long)option->maximum);
	value_put(parse, option, milliseconds);
	return 0;
}

int value_store_decimal(struct parse *parse, const struct cli_option *option, const char *spelled,
                        const char *value)
{
	const char *end = value;
	uint64_t thousandths;

	if (!scan_thousandths(&end, option->maximum, &thousandths) || *end || thousandths == 0)
		return br_error_set(parse->error, BR_ERROR_USAGE,
		                    "%s: '%.40s' is no number above 0 and up to %llu, as in 4 or "
		                    "2.5",
		                    spelled, value, (unsigned long long)option->maximum);
	memcpy(value_target(parse, option), &(double){(double)thousandths / 1000}, sizeof(double));
	return 0;
}
