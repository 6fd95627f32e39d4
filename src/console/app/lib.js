// The one way to Preact, hooks and htm: every module takes them from here.
//
// store(value): a value that components may follow.
//   get(), set(next), subscribe(fn) -> unsubscribe, use() (a hook: renders again on a change).
export {
	html, render, createContext, Fragment, useState, useEffect, useLayoutEffect, useMemo, useRef,
	useCallback, useContext,
} from "../vendor/preact.js";
import { useState, useLayoutEffect } from "../vendor/preact.js";

export function store(value) {
	const readers = new Set();
	const subscribe = (fn) => {
		readers.add(fn);
		return () => readers.delete(fn);
	};
	return {
		get: () => value,
		set(next) {
			if (next === value) return;
			value = next;
			[...readers].forEach((fn) => fn(value));
		},
		subscribe,
		use() {
			const [, again] = useState(0);
			useLayoutEffect(() => {
				again((n) => n + 1);
				return subscribe(() => again((n) => n + 1));
			}, []);
			return value;
		},
	};
}
