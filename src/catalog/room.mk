noinst_LIBRARIES += libcatalog.a
libcatalog_a_SOURCES =
