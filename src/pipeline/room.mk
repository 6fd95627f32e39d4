noinst_LIBRARIES += libpipeline.a
libpipeline_a_SOURCES = \
	include/pipeline/budget.h \
	include/pipeline/buffer.h \
	include/pipeline/frame.h \
	include/pipeline/link.h \
	include/pipeline/pipeline.h \
	src/pipeline/budget.c \
	src/pipeline/buffer.c \
	src/pipeline/frame.c \
	src/pipeline/link.c \
	src/pipeline/pipeline.c \
	src/pipeline/pipeline_int.h \
	src/pipeline/pump.c
