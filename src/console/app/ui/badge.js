// Badge {status, kind, label, title}: a state in a word and a colour. The label is that of
//     "status." + status; label and kind ("good", "bad", "warn", "busy", "") override it.
// Progress {percent, label}: a bar; percent null: running, no one knows how far. label: for
//     screen readers, required.
import { html } from "../lib.js";
import { label as word } from "../i18n/index.js";

const kinds = {
	good: "completed available active passed ok",
	bad: "failed unreachable denied",
	warn: "overdue canceled",
	busy: "queued backing_up restoring creating running adopting deleting",
};

export function Badge({ status, kind, label, title }) {
	const look = kind ?? Object.keys(kinds).find((k) => kinds[k].split(" ").includes(status)) ?? "";
	return html`<span class=${"badge " + look} title=${title}>${label ?? word("status", status)}</span>`;
}

export const Progress = ({ percent, label }) => html`
	<progress aria-label=${label} max="100" value=${percent ?? undefined}></progress>`;
