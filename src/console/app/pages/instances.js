// The instances, and one of them with what belongs to it.
import { html, useState, useEffect } from "../lib.js";
import { t, label } from "../i18n/index.js";
import { post, del } from "../api.js";
import { useResource, useList } from "../data.js";
import { Link, useRoute, setQuery, go } from "../router.js";
import { engine, bytes, between, timerInWords } from "../format.js";
import { can } from "../session.js";
import { Ref, Named } from "../links.js";
import {
	Page, Card, Loading, Empty, Facts, Table, Tabs, Filters, Button, Badge, Time, Confirm, Check, Menu,
	toast, attempt,
} from "../ui/index.js";
import { InstanceForm } from "./instance_form.js";
import { EventTable } from "./events.js";
import "./instances.text.js";

const what = (s) => [engine(s.engine, s.version), s.role && label("role", s.role)].filter(Boolean).join(", ");
const State = ({ of: s }) => html`<${Badge} status=${s.status} title=${s.status_reason} />`;

async function test(s) {
	const verdict = await attempt(() => post(`/sources/${s.id}/test`));
	if (!verdict) return;
	const { ok, detail } = verdict;
	toast(ok ? t("inst.ok", { what: what({ ...s, ...verdict }) }) : t("inst.notok", { detail }), ok ? "good" : "bad");
}

const acts = (s) => [
	can("operate") && { label: t("inst.backup"), to: "/backups", query: { create: s.id },
		disabled: s.status != "available", title: s.status_reason },
	can("admin") && { label: t("action.test"), onClick: () => test(s), more: true },
	can("admin") && { label: t("action.edit"), onClick: () => setQuery({ edit: s.id }), more: true },
	can("admin") && { label: t("action.delete"), danger: true, onClick: () => setQuery({ delete: s.id }), more: true },
];

const columns = () => [
	{ label: t("col.name"), sort: "name", cell: (s) => html`<${Ref} ...${s} />` },
	{ label: t("col.status"), cell: (s) => html`<${State} of=${s} />` },
	{ label: t("col.engine"), cell: (s) => engine(s.engine, s.version) },
	{ label: t("col.region"), from: "l", cell: (s) => s.region || "–" },
	{ label: t("inst.newest"), from: "m", cell: (s) => html`<${Time} at=${s.last_backup_at} ago />` },
	{ label: t("col.plans"), from: "m", cell: (s) => s.plans.length
		? s.plans.map((p, i) => html`${i > 0 && ", "}<${Ref} ...${p} />`) : "–" },
];

function Delete({ source, onClose, onDone }) {
	const [isDestroyed, setDestroyed] = useState(false);
	const [items, setItems] = useState(null);
	const path = "/sources/" + source.id;
	useEffect(() => {
		del(path, { dry_run: true }).then((doc) => setItems(doc.would_delete), () => setItems([]));
	}, []);
	const run = async () => {
		await del(path, isDestroyed ? { destroy: true } : {});
		toast(t("inst.deleted", source));
		onDone();
	};
	return html`<${Confirm} title=${t("inst.delete", source)} text=${t("inst.delete.text")} items=${items}
		typeName=${source.name} onConfirm=${run} onClose=${onClose}>
		${source.provisioned_by && html`<${Check} label=${t("inst.destroy")} checked=${isDestroyed}
			onInput=${setDestroyed} />`}
	<//>`;
}

// The dialogs that the query asks for: edit=new|ID, delete=ID.
function Dialogs({ reload, onGone }) {
	const { query } = useRoute();
	const id = query.delete || (query.edit != "new" && query.edit);
	const { data } = useResource(id ? "/sources/" + id : null);
	const close = () => setQuery({ edit: "", delete: "" });
	const done = () => {
		close();
		reload();
	};
	const source = data?.id == id ? data : null;
	if (query.edit == "new") return html`<${InstanceForm} onClose=${close} onSaved=${done} />`;
	if (!source) return null;
	if (query.edit) return html`<${InstanceForm} key=${id} source=${source} onClose=${close} onSaved=${done} />`;
	return html`<${Delete} key=${id} source=${source} onClose=${close} onDone=${onGone || reload} />`;
}

const Register = () => can("admin") && html`<${Button} kind="primary" label=${t("inst.register")}
	onClick=${() => setQuery({ edit: "new" })} />`;

export function Instances() {
	const { q, engine: kind, status, sort } = useRoute().query;
	const list = useList("/sources", { q, engine: kind, status, sort },
		{ on: ["job", "source", "audit"], limit: 100 });
	const isAll = !q && !kind && !status;
	const options = (of, values) => values.split(" ").map((v) => [v, label(of, v)]);
	return html`<${Page} title=${t("nav.instances")} actions=${html`<${Register} />`}>
		<${Filters} fields=${[
			{ key: "q", label: t("col.name") },
			{ key: "engine", label: t("col.engine"), kind: "select",
				options: options("engine", "mysql redis files objects") },
			{ key: "status", label: t("col.status"), kind: "select",
				options: options("status", "available backing_up restoring creating unreachable") },
		]} />
		<${Table} label=${t("nav.instances")} columns=${columns()} list=${list} actions=${acts}
			empty=${isAll && html`<${Empty} title=${t("inst.empty")}><p>${t("inst.hint")}</p><${Register} /><//>`} />
		<${Dialogs} reload=${list.reload} />
	<//>`;
}

const address = (c) => c.path || (c.bucket ? `${c.endpoint}/${c.bucket}/${c.prefix || ""}`
	: c.socket || `${c.host}:${c.port}`);

const facts = (s) => [
	[t("col.status"), html`<${State} of=${s} />`],
	s.status_reason && [t("inst.reason"), s.status_reason],
	[t("col.engine"), engine(s.engine, s.version)],
	s.role && [t("inst.role"), label("role", s.role)],
	[t("col.region"), s.region || "–"],
	[t("inst.connection"), address(s.connection)],
	s.connection.user && [t("inst.user"), s.connection.user],
	s.connection.tls && [t("inst.tls"), t("tls." + s.connection.tls)],
	s.read_from && [t("inst.replicaof"), address(s.read_from)],
	[t("inst.methods"), s.methods.map((m) => label("method", m)).join(", ")],
	[t("inst.newest"), html`<${Time} at=${s.last_backup_at} />`],
	s.provisioned_by && [t("inst.provisioned"), s.provisioned_by],
	[t("col.remarks"), s.remarks || "–"],
	[t("col.created"), html`<${Time} at=${s.created_at} />`],
	[t("col.updated"), html`<${Time} at=${s.updated_at} />`],
	[t("col.id"), html`<span class="mono">${s.id}</span>`],
];

function Databases({ source }) {
	const of = useResource(`/sources/${source.id}/databases`, { sizes: true });
	return html`<${Card} title=${t("inst.databases")}><${Loading} of=${of}>${({ items }) => html`
		<${Table} label=${t("inst.databases")} rows=${items} rowKey=${(d) => d.name} columns=${[
			{ key: "name", label: t("col.name") },
			{ label: t("inst.tables"), end: true, cell: (d) => d.tables ?? "–" },
			{ label: t("col.size"), end: true, cell: (d) => bytes(d.bytes) },
		]} />`}<//><//>`;
}

const Basic = ({ source }) => html`<${Card}><${Facts} items=${facts(source)} /><//>
	${["mysql", "redis"].includes(source.engine) && html`<${Databases} source=${source} />`}`;

const results = () => [
	{ label: t("col.status"), cell: (x) => html`<${Badge} status=${x.status} title=${x.error?.detail} />` },
	{ label: t("col.started"), cell: (x) => html`<${Time} at=${x.started_at} />` },
	{ label: t("col.duration"), from: "m", end: true, cell: (x) => between(x.started_at, x.finished_at) },
];

function Backups({ source }) {
	const list = useList("/backups", { source: source.id }, { on: ["job", "backup"] });
	const restores = useList("/restores", { target: source.id }, { on: ["job"] });
	return html`<h2 class="over">${t("nav.backups")}</h2>
		<${Table} label=${t("nav.backups")} list=${list} columns=${[
			{ label: t("col.name"), cell: (b) => html`<${Ref} ...${b} />` }, ...results(),
			{ label: t("col.type"), from: "m", cell: (b) => label("type", b.type) },
			{ label: t("col.plan"), from: "l", cell: (b) => html`<${Ref} ...${b.plan} />` },
			{ label: t("col.size"), end: true, cell: (b) => bytes(b.stored_bytes) },
		]} empty=${html`<${Empty} title=${t("inst.nobackups")} />`} />
		<h2 class="over">${t("nav.restores")}</h2>
		<${Table} label=${t("nav.restores")} list=${restores} nameOf=${(r) => r.id} columns=${[
			{ label: t("inst.restored"), cell: (r) => html`<${Named} id=${r.backup} />` }, ...results(),
			{ label: t("action.details"), cell: (r) => html`<${Link} to=${"/restores/" + r.id}>${t("action.details")}<//>` },
		]} empty=${html`<${Empty} title=${t("inst.norestores")} />`} />`;
}

function Plans({ source }) {
	const list = useList("/plans", { source: source.id }, { on: ["job", "plan", "audit"] });
	return html`<${Table} label=${t("nav.plans")} list=${list} columns=${[
		{ label: t("col.name"), cell: (p) => html`<${Ref} ...${p} />` },
		{ label: t("col.status"), cell: (p) => html`<${Badge} status=${p.status} title=${p.status_reason} />` },
		{ label: t("inst.timer"), cell: (p) => timerInWords(p.timer) },
		{ label: t("inst.next"), from: "m", cell: (p) => html`<${Time} at=${p.next_runs[0]} zone=${p.timer?.timezone} />` },
		{ label: t("col.pool"), from: "l", cell: (p) => html`<${Ref} ...${p.pool} />` },
	]} empty=${html`<${Empty} title=${t("inst.noplans")}>
		${can("admin") && html`<${Button} to="/plans/new" query=${{ source: source.id }} label=${t("inst.newplan")} />`}<//>`} />`;
}

function Actions({ source }) {
	const [backup, ...rest] = acts(source).filter(Boolean);
	if (!backup) return null;
	return html`<${Button} kind="primary" label=${backup.label} disabled=${backup.disabled} title=${backup.title}
			onClick=${() => go(backup.to, backup.query)} />
		${rest.length > 0 && html`<${Menu} label=${t("action.more")} items=${rest} />`}`;
}

export function Instance({ id }) {
	const of = useResource("/sources/" + id, null, { on: ["job", "source", "audit"] });
	const source = of.data;
	const tab = (key, word, body) => ({ key, label: t(word), body });
	return html`<${Page} title=${source?.name || t("col.instance")} up=${{ to: "/instances", label: t("nav.instances") }}
		actions=${source && html`<${Actions} source=${source} />`}>
		<${Loading} of=${of}>${() => html`<${Tabs} tabs=${[
			tab("basic", "inst.basic", () => html`<${Basic} source=${source} />`),
			tab("backups", "inst.backups", () => html`<${Backups} source=${source} />`),
			tab("plans", "nav.plans", () => html`<${Plans} source=${source} />`),
			tab("events", "nav.events", () => html`<${EventTable} params=${{ resource: source.id }} />`),
		]} />
		<${Dialogs} reload=${of.reload} onGone=${() => go("/instances")} />`}<//>
	<//>`;
}
