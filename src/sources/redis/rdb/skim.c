/*
 * skim.c - values that are passed over: what lies in them where is told by a
 * row of letters for each code of the file (values.c).
 */
#include "sources/redis/rdb/steps_int.h"
#include "sources/redis/rdb/values_int.h"

enum { EIGHT = 8 };

enum form {
	FORM_STRING = 's',
	FORM_COUNT = 'c', /* how many follow */
	FORM_LENGTH = 'n',
	FORM_EIGHT_BYTES = '8',
	FORM_TEXT_SCORE = 't',
};

static enum rdb_step pass_over(struct rdb_reader *r, enum form form)
{
	uint64_t number;
	double score;

	switch (form) {
	case FORM_STRING:
		return rdb_skip(r);
	case FORM_COUNT:
		return rdb_length(r, &r->value.left);
	case FORM_LENGTH:
		return rdb_length(r, &number);
	case FORM_EIGHT_BYTES:
		return rdb_take(r, EIGHT) ? RDB_DONE : RDB_WAIT;
	case FORM_TEXT_SCORE:
		return rdb_text_score(r, &score);
	}
	return RDB_DONE;
}

enum rdb_step rdb_step_skim(struct rdb_reader *r)
{
	do {
		enum rdb_step step;

		if (*r->skim == '\0') {
			if (r->value.left == 0)
				return rdb_step_key_end(r);
			r->value.left--;
			r->skim = rdb_layout(r)->each;
		}
		step = pass_over(r, (enum form) * r->skim);
		if (step != RDB_DONE)
			return step;
		r->skim++;
		rdb_commit(r);
	} while (r->passing.left == 0);
	return RDB_DONE;
}
