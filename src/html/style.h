/* style.h - the sheet that all pages carry. */
#ifndef HTML_STYLE_H
#define HTML_STYLE_H

extern const char html_style[];

#endif
