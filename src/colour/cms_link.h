/* cms_link.h - two profiles linked by littleCMS: for cms.c, and for whoever has pixels to convert.
 *
 * Every context is the caller's own: no state is shared, nothing is printed. Thread-safe.
 */
#ifndef COLOUR_CMS_LINK_H
#define COLOUR_CMS_LINK_H

#include <stdbool.h>

#include <lcms2.h>

#include "base/bytes.h"
#include "colour/icc.h"

/* To be deleted by cmsDeleteContext(); NULL when there is no memory. */
cmsContext cms_context_new(void);

/* Bands of pixels of that kind, without alpha. */
unsigned cms_channels(enum icc_pixels pixels);

/* littleCMS' word for pixels of that kind with so many bands of alpha, of 8 bits or 16 (deep);
 * CIELAB is of floats. */
cmsUInt32Number cms_layout(enum icc_pixels pixels, unsigned alpha, bool deep);

/* From pixels as the profile says they are meant (CIELAB: for D50, without one) to sRGB; gray to
 * gray with sRGB's curve. The intent is perceptual if the profile has a table made for it, else
 * relative colorimetric; always with black point compensation. from and to are layouts, flags are
 * littleCMS' others. To be deleted by cmsDeleteTransform(); NULL if the profile can't be used.
 */
cmsHTRANSFORM cms_link(cmsContext context, struct bytes profile, enum icc_pixels pixels,
                       cmsUInt32Number from, cmsUInt32Number to, cmsUInt32Number flags);

#endif
