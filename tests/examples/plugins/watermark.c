/* watermark.c - a plugin that writes a word into the lower right corner of every picture:
 *
 *     batchresize --plugin build/examples/watermark.so,'(C) 2026' photos/
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <batchresize/plugin.h>

/* From ' ' to 'Z', 3x5 dots each, a row in each octal digit. */
static const unsigned short font[] = {
    000000, 022202, 055000, 057575, 036236, 051245, 025257, 022000, 012221, 042224, 005250, 002720,
    000024, 000700, 000002, 011244, 075557, 026227, 071747, 071717, 055711, 074717, 074757, 071111,
    075757, 075717, 002020, 002024, 012421, 007070, 042124, 071202, 075747, 075755, 065656, 074447,
    065556, 074747, 074744, 074557, 055755, 072227, 011157, 055655, 044447, 057755, 065555, 075557,
    075744, 075571, 075655, 074717, 072222, 055557, 055552, 055775, 055255, 055222, 071247};

static int start(const char *args, void **state, char *why)
{
	if (!*args)
		(void)snprintf(why, BR_PLUGIN_WHY_MAX,
		               "it needs a word: --plugin=watermark.so,WORD");
	*state = *args ? strdup(args) : NULL;
	return *state == NULL;
}

static int is_dot(const char *word, uint32_t x, uint32_t y)
{
	const int letter = toupper((unsigned char)word[x / 4]);

	return x % 4 < 3 && letter >= ' ' && letter <= 'Z' &&
	       font[letter - ' '] >> (12 - 3 * y) >> (2 - x % 4) & 1;
}

static int mark(void *state, struct br_plugin_picture *picture)
{
	const uint32_t dot = picture->height / 100 + 1, wide = 4 * (uint32_t)strlen(state);
	const uint32_t colours = picture->bands < 3 ? 1 : 3;
	uint8_t *pixels, *line;

	if ((wide + 1) * dot > picture->width || 7 * dot > picture->height)
		return BR_PLUGIN_KEEP; /* there is no room for it */
	pixels = picture->change(picture);
	for (uint32_t y = 0; pixels && y < 5 * dot; y++) {
		line = pixels + (size_t)(picture->height - 6 * dot + y) * picture->stride +
		       (size_t)(picture->width - wide * dot) * picture->bands;
		for (uint32_t x = 0; x < wide * dot; x++)
			for (uint32_t i = 0; is_dot(state, x / dot, y / dot) && i < colours; i++)
				line[x * picture->bands + i] |= 0xC0; /* nearly white */
	}
	return pixels ? BR_PLUGIN_KEEP : BR_PLUGIN_FAIL;
}

const struct br_plugin br_plugin_entry = {
    .abi = BR_PLUGIN_ABI, .name = "watermark", .init = start, .pixels = mark, .free = free};
