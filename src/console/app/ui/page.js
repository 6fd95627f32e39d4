// What a page is made of.
//
//   Page {title, up, actions, children}   the heading; up: {to, label} of the page above it;
//                                         actions: vnode of Buttons at the right
//   Card {title, actions, children, class}   a box with a heading of its own
//   Loading {of, children}                of: what useResource gave. While nothing is there: a
//                                         line that says so; when it failed: the problem with "Try
//                                         again"; else children(data)
//   Problems {problem, retry}             a problem in words, nothing without one
//   Empty {title, children}               says what to do next
//   Facts {items}                         [[label, value], ...] as a list of terms; pairs that are
//                                         null or false are left out
import { html, useEffect, useRef } from "../lib.js";
import { t } from "../i18n/index.js";
import { Link, useRoute } from "../router.js";
import { Button } from "./button.js";
import { Notice } from "./toast.js";

export function Page({ title, up, actions, children }) {
	const heading = useRef();
	const { path } = useRoute();
	useEffect(() => {
		document.title = `${title} – Coffer`;
	}, [title]);
	useEffect(() => heading.current.focus({ preventScroll: true }), [path]);
	return html`<div class="page">
		${up && html`<nav class="up" aria-label=${up.label}><${Link} to=${up.to}>‹ ${up.label}<//></nav>`}
		<div class="head">
			<h1 tabindex="-1" ref=${heading}>${title}</h1>
			<div class="buttons">${actions}</div>
		</div>
		${children}
	</div>`;
}

export const Card = ({ title, actions, children, class: more = "" }) => html`
	<section class=${"card " + more}>
		${(title || actions) &&
		html`<div class="head"><h2>${title}</h2><div class="buttons">${actions}</div></div>`}
		${children}
	</section>`;

export const Problems = ({ problem, retry }) =>
	problem &&
	html`<${Notice} kind="bad">
		${problem.detail || String(problem)}
		${retry && html` <${Button} onClick=${() => retry()} label=${t("action.retry")} />`}
	<//>`;

export function Loading({ of, children }) {
	if (of.data) return children(of.data);
	if (of.problem) return html`<${Problems} problem=${of.problem} retry=${of.reload} />`;
	return html`<p class="muted" role="status">${t("core.loading")}</p>`;
}

export const Empty = ({ title, children }) => html`
	<div class="empty"><p><b>${title}</b></p>${children}</div>`;

export const Facts = ({ items }) => html`
	<dl class="facts">
		${items.filter(Boolean).map(([k, v]) => html`<div><dt>${k}</dt><dd>${v ?? "–"}</dd></div>`)}
	</dl>`;
