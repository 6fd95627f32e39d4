/* definition.h - what a table's definition (SHOW CREATE TABLE) tells. */
#ifndef COFFER_SOURCES_MYSQL_DEFINITION_H
#define COFFER_SOURCES_MYSQL_DEFINITION_H

#include <stddef.h>
#include <stdint.h>

/* Its hash without what rows change (AUTO_INCREMENT). */
uint64_t my_fingerprint(const char *create, size_t len);

/* Where its engine's name begins in it; NULL: none told. */
const char *my_table_engine(const char *create, size_t len);

#endif
