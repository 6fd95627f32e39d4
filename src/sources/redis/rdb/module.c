/*
 * module.c - values of modules, and what modules keep besides keys: skipped
 * by the opcodes that each piece has since RDB version 9.
 */
#include "sources/redis/rdb/steps_int.h"
#include "sources/redis/rdb/strings_int.h"

enum piece {
	PIECE_END = 0,
	PIECE_SIGNED = 1,
	PIECE_UNSIGNED = 2,
	PIECE_FLOAT = 3,
	PIECE_DOUBLE = 4,
	PIECE_STRING = 5,
};

static enum rdb_step end(struct rdb_reader *r)
{
	return r->record.kind == RDB_RECORD_KEY ? rdb_step_key_end(r)
						: rdb_step_end(r);
}

static enum rdb_step step_piece(struct rdb_reader *r)
{
	uint64_t piece, number;
	enum rdb_step step = rdb_length(r, &piece);

	if (step != RDB_DONE)
		return step;
	switch (piece) {
	case PIECE_END:
		return end(r);
	case PIECE_SIGNED:
	case PIECE_UNSIGNED:
		return rdb_length(r, &number);
	case PIECE_FLOAT:
		return rdb_take(r, 4) ? RDB_DONE : RDB_WAIT;
	case PIECE_DOUBLE:
		return rdb_take(r, 8) ? RDB_DONE : RDB_WAIT;
	case PIECE_STRING:
		return rdb_string(r, NULL);
	default:
		return rdb_damaged(r, "a module's piece has form %llu",
				   (unsigned long long)piece);
	}
}

enum rdb_step rdb_step_module(struct rdb_reader *r)
{
	uint64_t id;
	enum rdb_step step = rdb_length(r, &id);

	if (step == RDB_DONE)
		r->step = step_piece;
	return step;
}

/* Which module; when it is to be read (a number); pieces. */
enum rdb_step rdb_step_module_aux(struct rdb_reader *r)
{
	uint64_t id, piece, when;
	enum rdb_step step = rdb_length(r, &id);

	if (step == RDB_DONE)
		step = rdb_length(r, &piece);
	if (step == RDB_DONE && piece != PIECE_UNSIGNED)
		return rdb_damaged(r, "a module's data begins with form %llu",
				   (unsigned long long)piece);
	if (step == RDB_DONE)
		step = rdb_length(r, &when);
	if (step == RDB_DONE)
		r->step = step_piece;
	return step;
}
