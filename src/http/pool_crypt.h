/* pool_crypt.h - the member "encryption" of a pool: who may read its backups.
 */
#ifndef COFFER_HTTP_POOL_CRYPT_H
#define COFFER_HTTP_POOL_CRYPT_H

#include <stdbool.h>

#include "http/body.h"
#include "http/request_int.h"
#include "model/records.h"

/* Reads it into recipients and identity of r; old (with its secrets) is the
 * pool as it was, or NULL. Faults: "invalid_value". */
void pool_crypt_read(struct form *f, const struct pool_record *old,
		     struct pool_record *r);

/* True when backups would be encrypted for others than before, and the client
 * has not confirmed that the identity is stored elsewhere. */
bool pool_crypt_lacks_confirm(const struct form *f,
			      const struct pool_record *old,
			      const struct pool_record *r);

/* Answers so: "confirm_required". */
void pool_crypt_refuse(struct request *r);

#endif
