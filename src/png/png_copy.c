/* png_copy.c - see png_copy.h. */
#include "png/png_copy.h"

#include <string.h>

#include "png/png_private.h"

/* Whether the chunk is needed to read the data. A palette beside true colours is a suggestion. */
static bool is_needed(const struct png_header *header, const uint8_t *type)
{
	if (header->colour == PNG_PALETTE && (!memcmp(type, "PLTE", 4) || !memcmp(type, "tRNS", 4)))
		return true;
	return !memcmp(type, "IHDR", 4);
}

/* Goes over the chunks before the data, which png_header_read() has found whole: counts the bytes
 * of those that are needed, and appends them where `out` is given. */
static int copy_head(struct bytes png, const struct png_header *header, size_t *size,
                     struct br_buffer *out)
{
	const uint8_t *chunk = png.data + PNG_SIGNATURE_SIZE;
	int status = out ? br_buffer_append(out, PNG_SIGNATURE, PNG_SIGNATURE_SIZE) : 0;

	*size = PNG_SIGNATURE_SIZE;
	while (!status && chunk < header->data.data) {
		const size_t whole = PNG_OVERHEAD + (size_t)be32(chunk);

		if (is_needed(header, chunk + 4)) {
			*size += whole;
			status = out ? br_buffer_append(out, chunk, whole) : 0;
		}
		chunk += whole;
	}
	return status;
}

/* The chunks of data become one. */
static int copy_data(const struct png_header *header, struct br_buffer *out)
{
	int status = br_buffer_reserve(out, out->size + 2 * (size_t)PNG_OVERHEAD + header->packed);

	if (status)
		return status;
	png_header_gather(header, out->data + out->size + 8);
	png_seal(out->data + out->size, "IDAT", header->packed);
	out->size += PNG_OVERHEAD + header->packed;
	png_seal(out->data + out->size, "IEND", 0);
	out->size += PNG_OVERHEAD;
	return 0;
}

int png_copy(struct bytes png, size_t limit, struct br_buffer *out)
{
	struct png_header header;
	size_t head;
	int status;

	/* a colour that stands for transparent is read wrongly by too many */
	if (png_header_read(&header, png) || header.packed > PNG_LENGTH_MAX ||
	    (header.transparent && header.colour != PNG_PALETTE))
		return 0;
	(void)copy_head(png, &header, &head, NULL);
	if (head + header.packed + 2 * (size_t)PNG_OVERHEAD >= limit)
		return 0;
	status = copy_head(png, &header, &head, out);
	return status ? status : copy_data(&header, out);
}
