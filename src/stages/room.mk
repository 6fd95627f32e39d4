noinst_LIBRARIES += libstages.a
libstages_a_SOURCES = \
	include/stages/zstd.h \
	src/stages/zstd_int.h \
	src/stages/zstd_buffer.c \
	src/stages/zstd_context.c \
	src/stages/zstd_frame.c \
	src/stages/zstd_stage.c
