noinst_LIBRARIES += libloop.a
libloop_a_SOURCES =
