noinst_LIBRARIES += libprograms.a
libprograms_a_SOURCES = \
	include/programs/call.h \
	include/programs/helper.h \
	include/programs/snapshot.h \
	include/programs/stream.h \
	src/programs/call.c \
	src/programs/farewell.c src/programs/farewell.h \
	src/programs/helper.c \
	src/programs/helper_int.h \
	src/programs/hook_choice.c \
	src/programs/lines.c \
	src/programs/lines.h \
	src/programs/program.c \
	src/programs/program_int.h \
	src/programs/sink.c \
	src/programs/snapshot.c \
	src/programs/snapshot_int.h \
	src/programs/snapshots.c \
	src/programs/source.c \
	src/programs/stream.c \
	src/programs/stream_int.h
