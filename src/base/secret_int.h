/* secret_int.h - the key itself, for the room alone. */
#ifndef COFFER_BASE_SECRET_INT_H
#define COFFER_BASE_SECRET_INT_H

#include "base/secret.h"

enum { SECRET_KEY_LEN = 32 }; /* AES-256 */

/* Lives in a page of its own: locked in memory, left out of core dumps. */
struct secret_key {
	unsigned char bytes[SECRET_KEY_LEN];
};

#endif
