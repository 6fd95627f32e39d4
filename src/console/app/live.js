// The stream of events, one for the whole console.
//
//   useLive(match, callback)   callback(event) for each event that fits. match: a list of kinds
//                              (["job", "pool"]), or a function of the event. After the stream
//                              was broken everybody is called once with {kind: "resync"}: read
//                              again what may have changed meanwhile
//   useLiveState()             "live" | "reconnecting"
//   useProgress(jobId)         the newest {phase, percent, bytes_per_second, eta_seconds, ...} that
//                              the stream told of a running job, or null; show it only while the
//                              job's status is "running"
//   startLive(), stopLive()    for the shell
//
// Event: {id, at, kind: audit|job|backup|plan|pool|source, act, resource, name, result, who, detail}.
import { useEffect, useRef, useState, store } from "./lib.js";
import { resume } from "./session.js";

const kinds = ["audit", "job", "backup", "plan", "pool", "source"];
const listeners = new Set();
const watchers = new Map();
const progress = new Map();
const state = store("live");
let stream = null;
let timer = 0;
let wasBroken = false;

export const useLiveState = () => state.use();

const tell = (event) => [...listeners].forEach((fn) => fn(event));

function onProgress({ data }) {
	const doc = JSON.parse(data);
	progress.set(doc.job_id, doc.progress);
	watchers.get(doc.job_id)?.forEach((fn) => fn(doc.progress));
}

function onOpen() {
	state.set("live");
	if (wasBroken) tell({ kind: "resync" });
	wasBroken = false;
}

// The browser tries again by itself after a broken connection, but not after a refusal.
function onError() {
	wasBroken = true;
	state.set("reconnecting");
	if (stream.readyState != EventSource.CLOSED || timer) return;
	timer = setTimeout(() => {
		timer = 0;
		if (!stream) return;
		resume().then(startLive, startLive);
	}, 3000);
}

export function startLive() {
	stream?.close();
	stream = new EventSource("/v1/events");
	stream.onopen = onOpen;
	stream.onerror = onError;
	stream.addEventListener("progress", onProgress);
	kinds.forEach((kind) => stream.addEventListener(kind, (e) => tell(JSON.parse(e.data))));
}

export function stopLive() {
	clearTimeout(timer);
	timer = 0;
	stream?.close();
	stream = null;
	state.set("live");
}

export function useLive(match, callback) {
	const now = useRef();
	now.current = { match, callback };
	useEffect(() => {
		const fn = (event) => {
			const { match, callback } = now.current;
			const fits = typeof match == "function" ? match(event) : match?.includes(event.kind);
			if (fits || event.kind == "resync") callback(event);
		};
		listeners.add(fn);
		return () => listeners.delete(fn);
	}, []);
}

export function useProgress(jobId) {
	const [value, set] = useState(null);
	useEffect(() => {
		set(progress.get(jobId) || null);
		if (!jobId) return;
		const all = watchers.get(jobId) || new Set();
		watchers.set(jobId, all.add(set));
		return () => all.delete(set) && !all.size && watchers.delete(jobId);
	}, [jobId]);
	return value;
}
