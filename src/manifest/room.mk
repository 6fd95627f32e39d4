noinst_LIBRARIES += libmanifest.a
libmanifest_a_SOURCES =
