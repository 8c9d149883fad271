/* parts.c - see parts.h. */
#include "metadata/parts.h"

#include <string.h>

void metadata_release(struct metadata *metadata)
{
	br_buffer_release(&metadata->exif);
	br_buffer_release(&metadata->xmp);
	br_buffer_release(&metadata->iptc);
	br_buffer_release(&metadata->comment);
	br_buffer_release(&metadata->text);
}

void metadata_parts_release(struct metadata_parts *parts)
{
	if (!parts->exif.grow)
		return;
	br_buffer_release(&parts->exif);
	br_buffer_release(&parts->xmp);
	br_buffer_release(&parts->xmp_more);
}

int metadata_insert(struct br_buffer *out, size_t at, const void *data, size_t size)
{
	int status = size ? br_buffer_reserve(out, out->size + size) : 0;

	if (status || !size)
		return status;
	memmove(out->data + at + size, out->data + at, out->size - at);
	memcpy(out->data + at, data, size);
	out->size += size;
	return 0;
}
