/* places.h - whether a server keeps all that it has in its data directory. */
#ifndef COFFER_SOURCES_MYSQL_PLACES_H
#define COFFER_SOURCES_MYSQL_PLACES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* The part of path that is relative to datadir (which has no slash at its end);
 * a relative path is meant to be already. NULL: it leads out. Pure. */
const char *my_place_in(const char *datadir, const char *path);

/*
 * One of the server's variables that tell where it keeps something:
 * innodb_data_home_dir, log_bin_basename ... Others are none of its business.
 * False with *e filled: "snapshot_refused", it is outside of datadir. Pure.
 */
bool my_place_check(const char *datadir, const char *name, const char *value,
		    struct err *e) MUST_CHECK;

/* The first file of innodb_data_file_path ("ibdata1:12M:autoextend"), as it
 * is in datadir. False: it does not fit, or has no name. Pure. */
bool my_place_system(const char *datadir, const char *value, char *out,
		     size_t cap);

#endif
