noinst_LIBRARIES += libpipeline.a
libpipeline_a_SOURCES =
