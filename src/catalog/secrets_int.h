/* secrets_int.h - secrets in the catalog: sealed, bound to their record. */
#ifndef COFFER_CATALOG_SECRETS_INT_H
#define COFFER_CATALOG_SECRETS_INT_H

#include "catalog/catalog_int.h"

/* Seals what belongs to the record with that id. Returns text for a column,
 * caller frees; NULL with *e filled. */
char *secrets_seal(const struct catalog *c, const char *id, const char *plain,
		   struct err *e) MUST_CHECK;

/* Opens the secret that sql gives for id; *plain is NULL when there is none,
 * else the caller ends it with secret_free(). */
bool secrets_read(struct catalog *c, const char *sql, const char *id,
		  char **plain, struct err *e) MUST_CHECK;

/* Sets the secret of id by sql (secret, id): NULL leaves it, "" removes it. */
bool secrets_write(struct catalog *c, const char *sql, const char *id,
		   const char *plain, struct err *e) MUST_CHECK;

#endif
