/* jpeg_code.h - a Huffman code for what a picture has to say (ITU-T T.81, annex K.2).
 *
 * Pure functions of the caller's data; thread-safe.
 */
#ifndef JPEG_JPEG_CODE_H
#define JPEG_JPEG_CODE_H

#include <stdbool.h>
#include <stdint.h>

struct jpeg_code {
	/* As a DHT segment has it: how many codes have n bits (lengths[0] is not used), and the
	 * symbols in the order of their codes. */
	uint8_t lengths[17];
	uint8_t symbol[256];
	unsigned symbols;
	/* By symbol. */
	uint16_t code[256];
	uint8_t length[256]; /* bits; 0: the symbol has no code */
};

/* Makes the code for symbols that occur so often, with none longer than 16 bits and none all ones.
 * It takes the fewest bits; if codes had to be shortened, as few as the standard's way does. A
 * symbol that never occurs has no code; if none does, 0 has one. Of several such codes, by_libjpeg:
 * the one that libjpeg chooses. */
void jpeg_code_make(struct jpeg_code *code, const uint32_t count[256], bool by_libjpeg);

#endif
