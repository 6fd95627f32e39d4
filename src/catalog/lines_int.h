/* lines_int.h - lines of job logs on their way to the catalog. */
#ifndef COFFER_CATALOG_LINES_INT_H
#define COFFER_CATALOG_LINES_INT_H

#include "catalog/catalog_int.h"

/* Submits those that wait, in one call; before a log is read, at the end. */
void lines_flush(struct catalog *c);

/* Frees those that could not be submitted. */
void lines_drop(struct catalog *c);

#endif
