/* load.h - a restore of objects; include/sources/load.h says what it is. */
#ifndef COFFER_SOURCES_OBJECTS_LOAD_H
#define COFFER_SOURCES_OBJECTS_LOAD_H

#include "base/err.h"

struct load;
struct load_config;
struct source_env;

struct load *objects_load_new(const struct source_env *env,
			      const struct load_config *c,
			      struct err *e) MUST_CHECK;

#endif
