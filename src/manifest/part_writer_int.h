/* part_writer_int.h - the part writer and the objects it sends. */
#ifndef COFFER_MANIFEST_PART_WRITER_INT_H
#define COFFER_MANIFEST_PART_WRITER_INT_H

#include <sys/queue.h>

#include "loop/workers.h"
#include "manifest/index.h"
#include "manifest/layout.h"
#include "manifest/part_writer.h"

enum { SUFFIX_MAX = 32 };

struct event;
struct port;

/* One object on its way to the store: a part, or a piece of the index or of
 * the part list. While a worker hashes it, it belongs to the worker. */
struct parcel {
	struct work work;
	TAILQ_ENTRY(parcel) entry; /* of the writer's sending */
	struct part_writer *writer;
	struct manifest_objects *list; /* of the writer's, with its entry ... */
	size_t slot;		       /* ... at this place */
	unsigned number;
	unsigned char *bytes;
	size_t len, cap;
	size_t room;	 /* that bytes has; cap: what it may come to */
	size_t borrowed; /* from the budget, while it is sent */
	uint64_t plain_bytes;
	bool is_packing;		  /* compress before it is hashed */
	struct age_recipients recipients; /* n > 0: seal it, too */
	bool is_good;			  /* the worker did not fail */
	struct err err;			  /* else this is why */
	unsigned char sha256[SHA256_LEN];
	char key[LAYOUT_KEY_MAX]; /* relative to the backup */
	struct store_op *op;
};

TAILQ_HEAD(parcel_list, parcel);

enum writer_state {
	WRITER_FILLING,	 /* ports bring frames */
	WRITER_CLOSING,	 /* the last part waits for its turn to be sent */
	WRITER_INDEXING, /* the rest of the index goes out, piece by piece */
	WRITER_SETTLING, /* parts are on their way; their digests are needed */
	WRITER_LISTING,	 /* part lists go out, one after the other */
	WRITER_HIDING,	 /* what an encrypted backup's manifest does not tell */
	WRITER_ENDING,	 /* the last objects are on their way */
	WRITER_OVER,	 /* done() is due or ran */
	WRITER_STATES,
};

struct part_writer {
	struct part_writer_config c; /* its strings are the three below */
	char source_id[ID_MAX], backup_id[ID_MAX], suffix[SUFFIX_MAX];
	enum writer_state state;
	struct err err; /* the first failure; all ports fail with it */
	TAILQ_HEAD(, port) ports;
	unsigned phase;		/* of ports that are made now */
	struct port *holder;	/* in the middle of a statement */
	struct parcel *open;	/* the part that is filled */
	struct parcel *waiting; /* complete, but there is no slot to send it */
	unsigned char *spare;	/* of a part that is stored, for the next */
	size_t spare_room;
	struct parcel_list sending;
	unsigned nsending;
	unsigned nown; /* of these, how many need nothing borrowed: 0 or 1 */
	unsigned last_number;
	struct index_builder *builder;
	struct manifest_objects parts, index, lists, meta;
	bool *keeps;	/* of the base, in the order of its parts; NULL: none */
	bool is_joined; /* what is kept stands among the parts */
	size_t listed;	/* parts that are in lists already */
	struct manifest_section sections[ITEM_KIND_COUNT];
	unsigned nsections;
	struct part_writer_facts facts;
	int64_t stalled_at_ms;
	bool is_stalled; /* a port waits for the store since then */
	struct event *turn;
	struct manifest *m;
	void (*done)(void *arg, const struct err *e);
	void *arg;
};

/* A parcel without bytes and not yet in a list. NULL with *e filled. */
struct parcel *parcel_new(struct part_writer *w, struct manifest_objects *list,
			  struct err *e) MUST_CHECK;

/* NULL is fine. Not one that is being sent. */
void parcel_free(struct parcel *p);

/* How long a part of so many bytes of frames becomes. */
size_t writer_stored_len(const struct part_writer *w, size_t len);

/*
 * The memory of a part that is stored; taken over when it is within the two
 * parts of the job's share, or when a full part waits for the slot that has
 * just become free: the next one is begun in the next turn then, with this, and
 * if it is not, this is freed. New memory is cleared by the kernel first: a
 * sixth of the CPU of a backup that is not compressed.
 */
void writer_spare(struct part_writer *w, struct parcel *p);

/* ".age", or nothing. */
const char *writer_seal_suffix(const struct part_writer *w);

/* Sends it if there is a slot for it: then it is the list sending's. False:
 * there is none, or the writer failed. */
bool parcel_try_send(struct parcel *p) MUST_CHECK;

/* Takes its name into its list, sizes and digest to follow. */
bool parcel_enlist(struct parcel *p, const char *first_item,
		   struct err *e) MUST_CHECK;

/* Stops one that is being sent, and frees it. */
void parcel_cancel(struct parcel *p);

/* A slot has become free or the holder has let go: who waits, goes on. */
void writer_go_on(struct part_writer *w);

/* The first failure of all; everybody hears of it. */
void writer_fail(struct part_writer *w, const struct err *e);

/* What is kept of the base takes its place before the writer's own parts. */
bool writer_join_kept(struct part_writer *w, struct err *e) MUST_CHECK;

/* Sends the waiting parcel, then writes more lines of the index: FLOW_MORE
 * when all are written, FLOW_WAIT when there is no slot, FLOW_FAIL. */
enum flow writer_tend_index(struct part_writer *w, bool *has_more,
			    struct err *e) MUST_CHECK;

/* The callback of the builder: the piece becomes the waiting parcel. */
bool writer_take_piece(void *arg, const char *lines, size_t len,
		       const char *first_item, struct err *e) MUST_CHECK;

/* The timer's callback while finishing. */
void writer_on_turn(int fd, short what, void *arg);

#endif
