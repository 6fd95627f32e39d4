/*
 * fake_redis.h - a Redis that says what a test wants, in the test's own loop:
 * reads commands, answers them by how they begin, in pieces, cut, or never.
 */
#ifndef COFFER_TESTS_FAKE_REDIS_H
#define COFFER_TESTS_FAKE_REDIS_H

#include <stdbool.h>
#include <stddef.h>

struct loop;
struct fake_redis;

enum fake_redis_then {
	FAKE_REDIS_GOES_ON,
	FAKE_REDIS_CUTS,   /* closes when all was sent */
	FAKE_REDIS_STALLS, /* answers nothing more */
};

/* Commands that begin so ("PSYNC ? -1": words parted by blanks) are answered
 * with these bytes. */
struct fake_redis_answer {
	const char *begins;
	const char *says;
	size_t len; /* of says; 0: it is a string */
	enum fake_redis_then then;
	unsigned times;	 /* so often, then the next that fits; 0: always */
	size_t pause_at; /* some turns of the loop pass after so many bytes */
};

struct fake_redis_word {
	const char *bytes;
	size_t len;
};

/* Listens on 127.0.0.1, or at socket where it is not NULL. Answers from first,
 * then second (each ends with begins == NULL, may be NULL, and is borrowed),
 * else "+OK". */
struct fake_redis *fake_redis_start(struct loop *l, const char *socket,
				    const struct fake_redis_answer *first,
				    const struct fake_redis_answer *second);

unsigned fake_redis_port(const struct fake_redis *f);

/* Said to everybody who connects, and then it closes. Borrowed. */
void fake_redis_greet(struct fake_redis *f, const char *words);

/* From now on at most so many bytes in one go, the next ones some turns of
 * the loop later; 0: as many as fit. */
void fake_redis_pieces(struct fake_redis *f, size_t bytes);

/* From now on watch(true) runs before, watch(false) after whatever it does
 * in the loop. */
void fake_redis_watch(struct fake_redis *f, void (*watch)(bool is_in));

/* From now on see() runs with the words of each command, any bytes, before it
 * is answered. */
typedef void fake_redis_see_cb(void *arg, const struct fake_redis_word *words,
			       size_t n);
void fake_redis_see(struct fake_redis *f, fake_redis_see_cb *see, void *arg);

/* The commands that came, one a line. Valid until fake_redis_stop(). */
const char *fake_redis_log(struct fake_redis *f);

/* Bytes of commands that came. */
size_t fake_redis_received(const struct fake_redis *f);

/* Connections that are open. */
unsigned fake_redis_open(const struct fake_redis *f);

/* Closes all and frees it. */
void fake_redis_stop(struct fake_redis *f);

#endif
