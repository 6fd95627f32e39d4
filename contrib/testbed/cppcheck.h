/* For cppcheck, which reads no headers of the system: what the macros mean
 * that stand for whole statements. */
#define json_array_foreach(array, i, v)                                        \
	for ((i) = 0; (i) < json_array_size(array) &&                          \
		      ((v) = json_array_get((array), (i)));                    \
	     (i)++)
#define json_object_foreach(object, k, v)                                      \
	for ((k) = json_object_iter_key(json_object_iter(object));             \
	     (k) && ((v) = json_object_get((object), (k)));                    \
	     (k) = json_object_iter_key(json_object_key_to_iter(k)))
