/* openapi.h - openapi.json, as it was at build time. */
#ifndef COFFER_HTTP_OPENAPI_H
#define COFFER_HTTP_OPENAPI_H

#include <stddef.h>

/* Its bytes, *len of them; for the life of the program. */
const char *openapi_document(size_t *len);

#endif
