// What was asked for and what happened.
//   EventTable {params, empty}   those that fit; also for other pages' tabs
import { html } from "../lib.js";
import { t, label } from "../i18n/index.js";
import { useList } from "../data.js";
import { useRoute } from "../router.js";
import { dayStart, dayEnd } from "../format.js";
import { Ref } from "../links.js";
import { Page, Empty, Table, Filters, Badge, Time } from "../ui/index.js";
import "./events.text.js";

const kinds = ["audit", "job", "backup", "plan", "pool", "source"];
const options = (kind, values) => values.map((v) => [v, label(kind, v)]);

const columns = () => [
	{ label: t("col.time"), sort: "at", cell: (e) => html`<${Time} at=${e.at} />` },
	{ label: t("event.result"), cell: (e) => html`<${Badge} status=${e.result} />` },
	{ label: t("col.kind"), from: "m", cell: (e) => label("kind", e.kind) },
	{ label: t("event.act"), cell: (e) => html`<code>${e.act}</code>` },
	{ label: t("event.resource"), cell: (e) => html`<${Ref} id=${e.resource} name=${e.name || e.resource} />` },
	{ label: t("event.who"), from: "m", cell: (e) => [e.who, e.address].filter(Boolean).join(" · ") || "–" },
	{ label: t("event.detail"), from: "l", wrap: true, cell: (e) => e.detail || "–" },
];

const none = () => html`<${Empty} title=${t("event.empty")}><p>${t("event.hint")}</p><//>`;

export function EventTable({ params, empty = none() }) {
	const list = useList("/events", params, { on: kinds });
	return html`<${Table} label=${t("nav.events")} columns=${columns()} list=${list} empty=${empty} />`;
}

export function Events() {
	const { resource, kind, result, since, until, sort } = useRoute().query;
	const params = { resource, kind, result, sort, since: since && dayStart(since), until: until && dayEnd(until) };
	const isAll = !resource && !kind && !result && !since && !until;
	return html`<${Page} title=${t("nav.events")}>
		<${Filters} fields=${[
			{ key: "resource", label: t("event.find") },
			{ key: "kind", label: t("col.kind"), kind: "select", options: options("kind", kinds) },
			{ key: "result", label: t("event.result"), kind: "select",
				options: options("status", ["ok", "failed", "denied"]) },
			{ key: "since", label: t("col.since"), kind: "date" },
			{ key: "until", label: t("col.until"), kind: "date" },
		]} />
		<${EventTable} params=${params} empty=${isAll ? undefined : null} />
	<//>`;
}
