/* png_copy.c - see png_copy.h. */
#include "png/png_copy.h"

#include "png/png_private.h"

/* Whether the chunk is needed to read the data. A palette beside true colours is a suggestion. */
static bool is_needed(const struct png_header *header, const struct png_chunk *chunk)
{
	if (header->colour == PNG_PALETTE &&
	    (png_chunk_is(chunk, "PLTE") || png_chunk_is(chunk, "tRNS")))
		return true;
	return png_chunk_is(chunk, "IHDR");
}

/* Goes over the chunks before the data, which png_header_read() has found whole: counts the bytes
 * of those that are needed, and appends them if `out` is given. */
static int copy_head(struct bytes png, const struct png_header *header, size_t *size,
                     struct br_buffer *out)
{
	const struct bytes head = {png.data, (size_t)(header->data.data - png.data)};
	int status = out ? br_buffer_append(out, PNG_SIGNATURE, PNG_SIGNATURE_SIZE) : 0;
	size_t at = PNG_CHUNKS_BEGIN;
	struct png_chunk chunk;

	*size = PNG_SIGNATURE_SIZE;
	while (!status && png_chunk_next(head, &at, &chunk)) {
		if (!is_needed(header, &chunk))
			continue;
		*size += chunk.whole.size;
		status = out ? br_buffer_append(out, chunk.whole.data, chunk.whole.size) : 0;
	}
	return status;
}

/* The chunks of data become one. */
static int copy_data(const struct png_header *header, struct br_buffer *out)
{
	int status =
	    br_buffer_reserve(out, out->size + 2 * (size_t)PNG_CHUNK_OVERHEAD + header->packed);

	if (status)
		return status;
	png_header_gather(header, out->data + out->size + 8);
	png_chunk_seal(out->data + out->size, "IDAT", header->packed);
	out->size += PNG_CHUNK_OVERHEAD + header->packed;
	png_chunk_seal(out->data + out->size, "IEND", 0);
	out->size += PNG_CHUNK_OVERHEAD;
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
	if (head + header.packed + 2 * (size_t)PNG_CHUNK_OVERHEAD >= limit)
		return 0;
	status = copy_head(png, &header, &head, out);
	return status ? status : copy_data(&header, out);
}
