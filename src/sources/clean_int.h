/* clean_int.h - foreign words, made fit for sentences and logs. */
#ifndef COFFER_SOURCES_CLEAN_INT_H
#define COFFER_SOURCES_CLEAN_INT_H

#include <stddef.h>

/* Copies foreign text, cut to cap - 1 bytes: control characters become
 * blanks, and bytes that are no UTF-8 become '?'. Returns out. */
char *source_clean(char *out, size_t cap, const char *in);

#endif
