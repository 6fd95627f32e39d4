// What writes numbers and times by the customs of a language, each made once: to make one costs more
// than a hundred uses of it.
//
//   intl("NumberFormat", locale, options)   as new Intl.NumberFormat(locale, options)
const made = new Map();

export function intl(kind, locale, options) {
	const key = [kind, locale, JSON.stringify(options)].join();
	if (!made.has(key)) made.set(key, new Intl[kind](locale, options));
	return made.get(key);
}
