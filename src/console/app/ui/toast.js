// toast(text, kind)        a message at the edge: kind "good" (goes by itself), "bad" (stays)
// attempt(promiseOrFn, done)   awaits it: says `done` when it went well, and the problem when not;
//                          gives the result, or undefined after a failure
// Notice {kind, children}  a message in the page: "bad", "warn", "good", else information
// Toasts                   for the shell
import { html, store } from "../lib.js";
import { t } from "../i18n/index.js";

const list = store([]);
let next = 0;

const drop = (id) => list.set(list.get().filter((x) => x.id != id));

export function toast(text, kind = "good") {
	const id = ++next;
	list.set([...list.get(), { id, text, kind }].slice(-4));
	if (kind != "bad") setTimeout(() => drop(id), 6000);
}

export async function attempt(what, done) {
	try {
		const result = (await (typeof what == "function" ? what() : what)) ?? null;
		if (done) toast(done);
		return result;
	} catch (problem) {
		toast(problem.detail || String(problem), "bad");
	}
}

export const Notice = ({ kind = "", children }) => html`
	<div class=${"notice " + kind} role=${kind == "bad" ? "alert" : undefined}>${children}</div>`;

export const Toasts = () => html`
	<div class="toasts" role="status" aria-live="polite">
		${list.use().map(({ id, text, kind }) => html`<div key=${id} class=${"notice " + kind}>
			<span>${text}</span>
			<button type="button" class="x" aria-label=${t("core.dismiss")} onClick=${() => drop(id)}>×</button>
		</div>`)}
	</div>`;
