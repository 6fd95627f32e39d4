// Documents and lists of the API, read again when an event says so.
//
//   useResource(path, params, {on})   -> {data, problem, isLoading, reload}
//                                     path null: nothing is read (yet). data stays while it is
//                                     read again, and goes when path or params change
//   useList(path, params, {on, limit})
//                                     -> {items, total, hasMore, more, isLoading, problem, reload}
//                                     paged by cursor: more() reads the next page. On a reload up
//                                     to 500 items are read again, older ones stay as they were
//
// on: kinds of events, or a function of the event (live.js). What you change yourself: reload().
// Events that come together lead to one reading, at most one each second.
import { useState, useEffect, useRef, useCallback } from "./lib.js";
import { get } from "./api.js";
import { useLive } from "./live.js";

function useCalm(fn) {
	const at = useRef({ timer: 0, last: 0 });
	useEffect(() => () => clearTimeout(at.current.timer), []);
	return () => {
		const a = at.current;
		if (a.timer) return;
		a.timer = setTimeout(() => {
			a.timer = 0;
			a.last = Date.now();
			fn.current();
		}, Math.max(200, a.last + 1000 - Date.now()));
	};
}

// Reads by read(state); what is late, since another path is asked for, is thrown away.
function useReading(key, read, first) {
	const [state, setState] = useState(first);
	const now = useRef({ turn: 0 });
	now.current.state = state;
	const run = useCallback(async (how) => {
		const turn = ++now.current.turn;
		const put = (change) => {
			if (turn == now.current.turn) setState((s) => ({ ...s, isLoading: false, ...change }));
		};
		setState((s) => ({ ...s, isLoading: true }));
		await read(how, now.current.state).then((s) => put({ ...s, problem: null }), (problem) => put({ problem }));
	}, [key]);
	useEffect(() => {
		setState(first);
		now.current.state = first;
		if (key) run();
		return () => now.current.turn++;
	}, [key]);
	return [state, run];
}

export function useResource(path, params, { on } = {}) {
	const key = path && path + JSON.stringify(params || 0);
	const first = { data: null, problem: null, isLoading: !!path };
	const [state, reload] = useReading(key, async () => ({ data: await get(path, params) }), first);
	const fn = useRef();
	fn.current = () => path && reload();
	const calm = useCalm(fn);
	useLive(on, calm);
	return { ...state, reload };
}

function merge(fresh, old) {
	const ids = new Set(fresh.map((x) => x.id));
	return [...fresh, ...old.slice(fresh.length).filter((x) => !ids.has(x.id))];
}

export function useList(path, params, { on, limit = 50 } = {}) {
	const key = path && path + JSON.stringify(params || 0);
	const first = { items: [], next: null, total: null, problem: null, isLoading: !!path };
	const read = async (how, { items, next }) => {
		if (how == "more") {
			const page = await get(path, { ...params, limit: Math.min(500, limit * 4), after: next });
			return { items: merge(items, []).concat(page.items), next: page.next, total: page.total };
		}
		const want = Math.min(500, Math.max(limit, items.length));
		const page = await get(path, { ...params, limit: want });
		if (items.length <= want) return { items: page.items, next: page.next, total: page.total };
		return { items: merge(page.items, items), next, total: page.total };
	};
	const [state, run] = useReading(key, read, first);
	const fn = useRef();
	fn.current = () => path && run();
	useLive(on, useCalm(fn));
	const more = () => state.next && !state.isLoading && run("more");
	return { ...state, hasMore: !!state.next, more, reload: () => run() };
}
