/* words.h - sizes, times and words of others as people read them. */
#ifndef COFFER_CTL_WORDS_H
#define COFFER_CTL_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { WORDS_MAX = 48 };

/* "12 B" "3.4 KiB" "1.2 TiB". Returns out. */
char *words_bytes(uint64_t bytes, char out[WORDS_MAX]);

/* "45s" "12m" "3h 20m" "9d 4h". Returns out. */
char *words_seconds(int64_t seconds, char out[WORDS_MAX]);

/* "2026-12-01 02:30Z" of RFC 3339; what is none stays as it is, cut. Returns
 * out. */
char *words_time(const char *rfc3339, char out[WORDS_MAX]);

/*
 * Appends text of others so that a terminal does nothing but show it: control
 * characters (C0, DEL, C1), marks that turn the direction of writing, and what
 * is no UTF-8 become '?'. Line ends and tabs stay when keep_lines is set, else
 * they become spaces.
 */
void words_clean(struct text *out, const char *bytes, size_t len,
		 bool keep_lines);

/* How many columns of a terminal clean text takes. */
size_t words_width(const char *text);

/* Appends so much of clean text as fits into width columns; where some is left
 * out "~" is the last of them. */
void words_cut(struct text *out, const char *text, size_t width);

#endif
