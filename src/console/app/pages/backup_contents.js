// What is in a backup: databases with their tables, or folders with their files.
import { html, useState } from "../lib.js";
import { t, label } from "../i18n/index.js";
import { bytes, count } from "../format.js";
import { useList, useResource } from "../data.js";
import { Link, useRoute } from "../router.js";
import { Card, Facts, Loading, Table, Time } from "../ui/index.js";

const isSize = (key) => key.endsWith("bytes");

function Counts({ counts }) {
	const items = Object.entries(counts || {}).filter(([, n]) => typeof n == "number" && n);
	if (!items.length) return null;
	return html`<${Card} title=${t("backup.counts")}><${Facts} items=${items.map(([key, n]) =>
		[label("count", key), isSize(key) ? bytes(n) : count(n)])} /><//>`;
}

const tableColumns = () => [
	{ key: "name", label: t("backup.tables") },
	{ key: "rows", label: t("backup.rows"), end: true, cell: (x) => count(x.rows) },
	{ key: "bytes", label: t("backup.bytes"), end: true, cell: (x) => bytes(x.bytes) },
	{ key: "digest", label: t("backup.digest"), from: "l", cell: (x) => html`<code>${x.digest || "–"}</code>` },
];

// Tables are made when they are looked at: there may be very many.
function Database({ db: { name, tables = [], objects = [] } }) {
	const [isOpen, setOpen] = useState(false);
	const rows = tables.reduce((sum, x) => sum + (x.rows || 0), 0);
	const size = tables.reduce((sum, x) => sum + (x.bytes || 0), 0);
	return html`<details class="card" onToggle=${(e) => setOpen(e.currentTarget.open)}>
		<summary><b>${name}</b> <span class="muted">${t("backups.scope.chosen", { n: tables.length })} ·
			${" "}${t("backup.rows")}: ${count(rows)} · ${bytes(size)}</span></summary>
		${isOpen && html`
			${tables.length > 0 && html`<${Table} label=${t("backups.scope.tables", { name })}
				columns=${tableColumns()} rows=${tables} rowKey=${(x) => x.name} />`}
			${objects.length > 0 && html`<h3>${t("backup.objects")}</h3>
				<ul>${objects.map((x) => html`<li>${x.name} <span class="muted">${x.kind}</span></li>`)}</ul>`}`}
	</details>`;
}

function Databases({ id }) {
	const contents = useResource(`/backups/${id}/contents`);
	return html`<${Loading} of=${contents}>${({ items }) => (items.length
		? items.map((db) => html`<${Database} key=${db.name} db=${db} />`)
		: html`<p class="muted">${t("backup.nothing")}</p>`)}<//>`;
}

function Numbers({ id }) {
	const contents = useResource(`/backups/${id}/contents`);
	const columns = [
		{ key: "name", label: t("backup.database") },
		{ key: "keys", label: t("backup.keys"), end: true, cell: (x) => count(x.keys) },
		{ key: "bytes", label: t("backup.bytes"), end: true, cell: (x) => bytes(x.bytes) },
		{ key: "digest", label: t("backup.digest"), from: "m", cell: (x) => html`<code>${x.digest || "–"}</code>` },
	];
	return html`<${Loading} of=${contents}>${({ items }) => html`<${Table} label=${t("backup.contents")}
		columns=${columns} rows=${items} rowKey=${(x) => x.name}
		empty=${html`<p class="muted">${t("backup.nothing")}</p>`} />`}<//>`;
}

// The folders above the open one, each a link.
function Trail({ path, folder, query }) {
	const parts = folder.split("/").filter(Boolean);
	const crumbs = parts.map((name, i) => [name, parts.slice(0, i + 1).join("/")]);
	return html`<nav class="up" aria-label=${t("backup.contents")}>
		${[[t("backup.top"), ""], ...crumbs].map(([name, to], i) => html`${i > 0 && " / "}<${Link} to=${path}
			query=${{ ...query, folder: to }}>${name}<//>`)}
	</nav>`;
}

function Folder({ id }) {
	const { path, query } = useRoute();
	const folder = query.folder || "";
	const list = useList(`/backups/${id}/contents`, { folder }, { limit: 100 });
	const into = (x) => ({ ...query, folder: x.path });
	const columns = [
		{ key: "name", label: t("backup.file"), cell: (x) => (x.type == "directory" && x.path != folder
			? html`<${Link} to=${path} query=${into(x)}>${x.name}/<//>` : x.name + (x.target ? ` → ${x.target}` : "")) },
		{ key: "type", label: t("col.type"), cell: (x) => label("item", x.type) },
		{ key: "bytes", label: t("col.size"), end: true, cell: (x) => bytes(x.bytes) },
		{ key: "mtime", label: t("backup.modified"), from: "m", cell: (x) => html`<${Time} at=${x.mtime} />` },
	];
	return html`<${Trail} path=${path} folder=${folder} query=${query} />
		<${Table} label=${t("backup.contents")} columns=${columns} list=${list} rowKey=${(x) => x.path}
			empty=${html`<p class="muted">${t("backup.nothing")}</p>`} />`;
}

const views = { mysql: Databases, redis: Numbers, files: Folder, objects: Folder };

export function Contents({ backup: { id, counts, source } }) {
	return html`<${Counts} counts=${counts} /><${views[source.engine]} id=${id} />`;
}
