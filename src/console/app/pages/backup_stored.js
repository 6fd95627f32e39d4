// A backup as it lies in its pool: its objects, and the commands that restore it by hand.
import { html } from "../lib.js";
import { t } from "../i18n/index.js";
import { bytes } from "../format.js";
import { useResource } from "../data.js";
import { Card, Code, Loading, Notice, Table } from "../ui/index.js";
import { byHand } from "./byhand.js";

const columns = () => [
	{ key: "key", label: t("backup.key"), cell: (x) => html`<code>${x.key}</code>` },
	{ key: "stored_bytes", label: t("backup.stored"), end: true, cell: (x) => bytes(x.stored_bytes) },
	{ key: "plain_bytes", label: t("backup.plain"), end: true, from: "m", cell: (x) => bytes(x.plain_bytes) },
	{ key: "sha256", label: t("backup.sha"), from: "m", cell: (x) => html`<code>${x.sha256}</code>` },
];

export function Parts({ backup: b }) {
	const manifest = useResource(`/backups/${b.id}/manifest`);
	return html`<${Card}>
		<p>${t("backup.partsof", { n: b.part_count, size: bytes(b.stored_bytes) })} <code>${b.save_path}</code></p>
		<${Loading} of=${manifest}>${({ parts, part_lists }) => html`
			${!parts && html`<p>${t("backup.lists")}</p>`}
			<${Table} label=${t("backup.parts")} columns=${columns()} rows=${parts || part_lists || []}
				rowKey=${(x) => x.key} empty=${html`<p class="muted">${t("backup.nothing")}</p>`} />`}<//>
	<//>`;
}

export function ByHand({ backup }) {
	const manifest = useResource(`/backups/${backup.id}/manifest`);
	const pool = useResource("/pools/" + backup.pool.id);
	if (manifest.isLoading || pool.isLoading) return html`<p class="muted" role="status">${t("core.loading")}</p>`;
	const steps = byHand({ backup, pool: pool.data, manifest: manifest.data });
	return html`<${Card}>
		<p>${t("byhand.intro")}</p>
		${manifest.problem && html`<${Notice} kind="warn">${t("byhand.nomanifest", manifest.problem)}<//>`}
		<ol class="byhand">${steps.map(([key, text]) => html`<li key=${key}>
			<p>${t(key)}</p><${Code} label=${t(key)} text=${text} /></li>`)}</ol>
	<//>`;
}
