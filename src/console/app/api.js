// Requests to the API. All give parsed JSON, and throw a Problem.
//
//   get(path, params)          path is below /v1: get("/backups", {status: "failed"}); params that
//                              are "", null or undefined are left out
//   getText(path)              the body as text: a job's log
//   post(path, body)           sent again once with the same Idempotency-Key when the connection
//                              broke; without a body {} is sent
//   patch(path, body, revision, params)
//                              revision (an integer, if given) is sent as If-Match
//   del(path, params)
//   query(params)              "?a=b&c=d", or ""
//
// Problem: status, code, detail, errors [{pointer, parameter, code, detail}], request_id. When the
// server cannot be reached: status 0, code "unreachable".
//
// A 401 ends the session (whenSignedOut's function is called) and is thrown as well.
import { t } from "./i18n/index.js";

export class Problem extends Error {
	constructor(doc) {
		super(doc.detail || doc.title);
		Object.assign(this, { status: 0, errors: [] }, doc, { detail: doc.detail || doc.title });
	}
}

let signedOut = () => {};
export const whenSignedOut = (fn) => (signedOut = fn);

export function query(params) {
	const given = Object.entries(params || {}).filter(([, v]) => v != null && v !== "");
	return given.length ? "?" + new URLSearchParams(given) : "";
}

async function problemOf(reply) {
	const doc = await reply.json().catch(() => ({}));
	return new Problem({
		code: "http_" + reply.status, detail: t("core.http", { status: reply.status }), ...doc,
		status: reply.status,
	});
}

async function ask(method, path, { body, headers = {}, params } = {}) {
	const init = { method, headers: { ...headers }, cache: "no-store" };
	if (method != "GET") init.headers["X-Coffer-Console"] = "1";
	if (body !== undefined) {
		init.headers["Content-Type"] = "application/json";
		init.body = JSON.stringify(body);
	}
	const reply = await fetch("/v1" + path + query(params), init).catch(() => {
		throw new Problem({ code: "unreachable", detail: t("core.unreachable") });
	});
	if (reply.ok) return reply;
	if (reply.status == 401 && path != "/sessions") signedOut();
	throw await problemOf(reply);
}

const json = async (reply) => {
	const text = await reply.text();
	return text ? JSON.parse(text) : null;
};

export const get = async (path, params) => json(await ask("GET", path, { params }));
export const getText = async (path) => (await ask("GET", path)).text();
export const del = async (path, params) => json(await ask("DELETE", path, { params }));

export async function patch(path, body, revision, params) {
	const headers = revision == null ? {} : { "If-Match": `"${revision}"` };
	return json(await ask("PATCH", path, { body, headers, params }));
}

const newKey = () => [...crypto.getRandomValues(new Uint32Array(4))].join("-");

export async function post(path, body = {}) {
	const isOnce = !/^\/(tokens|sessions)/.test(path);
	const init = { body, headers: isOnce ? { "Idempotency-Key": newKey() } : {} };
	const send = async () => json(await ask("POST", path, init));
	return send().catch((problem) => {
		if (problem.code != "unreachable" || !isOnce) throw problem;
		return send();
	});
}
