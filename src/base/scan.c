/* scan.c - see scan.h. */
#include "base/scan.h"

bool scan_number(const char **text, uint64_t maximum, uint64_t *number)
{
	const char *next = *text;
	uint64_t value = 0;

	while (*next >= '0' && *next <= '9') {
		uint64_t digit = (uint64_t)(*next - '0');

		if (digit > maximum || value > (maximum - digit) / 10)
			return false;
		value = value * 10 + digit;
		next++;
	}
	if (next == *text)
		return false;
	*text = next;
	*number = value;
	return true;
}

bool scan_thousandths(const char **text, uint64_t maximum, uint64_t *thousandths)
{
	uint64_t whole, part = 0;

	if (!scan_number(text, maximum, &whole))
		return false;
	if (**text == '.') {
		const char *digits = ++*text;

		if (!scan_number(text, 999, &part) || *text - digits > 3)
			return false;
		for (const char *digit = *text; digit - digits < 3; digit++)
			part *= 10;
	}
	*thousandths = whole * 1000 + part;
	return *thousandths <= maximum * 1000;
}

int scan_hex_digit(char digit)
{
	const char small = (char)(digit | 0x20);

	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}
