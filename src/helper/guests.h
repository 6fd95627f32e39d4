/* guests.h - who is being served: so many, and of those who may not ask, few.
 */
#ifndef COFFER_HELPER_GUESTS_H
#define COFFER_HELPER_GUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { GUESTS_MAX = 64, GUESTS_STRANGERS_MAX = 4 };

/* Zero it to begin with. */
struct guests {
	struct guest {
		pid_t pid; /* of its handler */
		bool is_stranger;
	} all[GUESTS_MAX];
	size_t n, strangers;
};

/* Whether who connected may not ask: neither root, nor who runs the helper, nor
 * one whom the configuration lists. */
bool guests_is_stranger(int fd, const char *config);

/* Whether there is room for one more. Of strangers only a few are told that
 * they may not ask, so that they take no place of others. */
bool guests_have_room(const struct guests *g, bool is_stranger);

/* There must be room. */
void guests_add(struct guests *g, pid_t pid, bool is_stranger);

/* Its handler has ended. */
void guests_leave(struct guests *g, pid_t pid);

#endif
