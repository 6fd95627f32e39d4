/* op_int.h - what every call under way begins with. */
#ifndef COFFER_SOURCES_OP_INT_H
#define COFFER_SOURCES_OP_INT_H

struct source_op {
	/* Ends and frees it; its callback does not run. */
	void (*cancel)(struct source_op *op);
};

#endif
