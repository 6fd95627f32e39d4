noinst_LIBRARIES += libsources.a
libsources_a_SOURCES =
