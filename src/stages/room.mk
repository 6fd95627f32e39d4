noinst_LIBRARIES += libstages.a
libstages_a_SOURCES = \
	include/stages/spool.h \
	include/stages/zstd.h \
	src/stages/spool_int.h \
	src/stages/spool_seal_int.h \
	src/stages/spool.c \
	src/stages/spool_file.c \
	src/stages/spool_job.c \
	src/stages/spool_seal.c \
	src/stages/spool_stage.c \
	src/stages/zstd_int.h \
	src/stages/zstd_buffer.c \
	src/stages/zstd_context.c \
	src/stages/zstd_frame.c \
	src/stages/zstd_stage.c
