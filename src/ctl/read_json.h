/* read_json.h - documents that the user gives. */
#ifndef COFFER_CTL_READ_JSON_H
#define COFFER_CTL_READ_JSON_H

#include <jansson.h>

#include "base/err.h"

/* Reads the JSON object in a file, or of standard input with "-". NULL with *e
 * filled ("usage": where and what is wrong). */
json_t *read_json(const char *path, struct err *e) MUST_CHECK;

#endif
