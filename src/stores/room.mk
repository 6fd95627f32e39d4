noinst_LIBRARIES += libstores.a
libstores_a_SOURCES =
