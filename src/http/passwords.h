/*
 * passwords.h - hashing passwords on a worker, for a request that waits for it.
 *
 * Each takes a third of a second of a core and 32 MiB, and anybody may ask for
 * it by logging in: few are under way at once, the next is told to come again.
 */
#ifndef COFFER_HTTP_PASSWORDS_H
#define COFFER_HTTP_PASSWORDS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/password.h"

struct password_job;
struct request;

enum { PASSWORDS_AT_ONCE = 2 };

/* Who asked gets the hash that was made (NULL: e says why not), or whether the
 * password fits; on the loop. */
typedef void password_made_cb(struct request *r, const char *hash,
			      const struct err *e);
typedef void password_tried_cb(struct request *r, bool fits);

/*
 * Makes a hash; or holds a password against one. The password is copied. From
 * here on the request goes on without its client (request_keep()), so that no
 * work is begun for nothing again and again. The callback runs once, unless the
 * request is dropped. What cannot begin is answered ("too_many_requests").
 */
void passwords_make(struct request *r, const char *password,
		    password_made_cb *done);
void passwords_try(struct request *r, const char *password, const char *hash,
		   password_tried_cb *done);

/* Of a request that goes; NULL is fine. */
void passwords_cancel(struct password_job *job);

#endif
