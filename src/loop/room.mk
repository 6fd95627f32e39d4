noinst_LIBRARIES += libloop.a
libloop_a_SOURCES = \
	include/loop/holds.h \
	include/loop/lent.h \
	include/loop/loop.h \
	include/loop/transfers.h \
	include/loop/workers.h \
	src/loop/holds.c \
	src/loop/lent.c \
	src/loop/loop.c \
	src/loop/loop_int.h \
	src/loop/notify.c \
	src/loop/slices.c \
	src/loop/transfers.c \
	src/loop/workers.c
