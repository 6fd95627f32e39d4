// One backup: what became of it, what is in it, of what objects it is, how to get it back.
import { html } from "../lib.js";
import { t, label } from "../i18n/index.js";
import { between, bytes, count, duration, engine, percent, rate, time } from "../format.js";
import { useResource } from "../data.js";
import { useProgress } from "../live.js";
import { Link, go } from "../router.js";
import { Badge, Button, Card, Facts, Loading, Menu, Notice, Page, Progress, Table, Tabs, Time }
	from "../ui/index.js";
import { actionsOf, isRunning, useActs } from "./backup_acts.js";
import { Expires, Status, Verified } from "./backup_cells.js";
import { Contents } from "./backup_contents.js";
import { ByHand, Parts } from "./backup_stored.js";
import "./backups.text.js";
import "./phases.text.js";

function Running({ backup }) {
	const p = useProgress(backup.job_id);
	if (!p) return html`<${Card}><${Progress} label=${t("backup.progress")} /><//>`;
	const words = [
		label("phase", p.phase),
		p.percent != null && percent(p.percent),
		t("backup.read", { a: bytes(p.bytes_read), b: bytes(p.bytes_stored) }),
		p.items_total > 0 && t("backup.items", { a: p.items_done, b: p.items_total }),
		rate(p.bytes_per_second),
		p.eta_seconds != null && t("backup.left", { time: duration(p.eta_seconds) }),
	];
	return html`<${Card} title=${t("backup.progress")}>
		<${Progress} percent=${p.percent} label=${t("backup.progress")} />
		<p>${words.filter(Boolean).join(" · ")}</p>
	<//>`;
}

const Failure = ({ error: { code, detail, attempts = [] } }) => html`<${Notice} kind="bad">
	<p><b>${t("backup.failed", { code })}</b></p>
	<p>${detail}</p>
	${attempts.length > 1 && attempts.map((a, i) => html`<p class="muted">
		${t("backup.attempt", { n: i + 1 })}: ${a.detail} (${a.code})</p>`)}
<//>`;

// A scope in a line of words; null is all there is.
function scopeWords(scope) {
	if (!scope) return t("backups.scope.whole");
	const one = (d) => (typeof d == "object" ? [d.name, d.tables?.join(", ")].filter(Boolean).join(": ") : d);
	const lists = [
		scope.databases?.map(one), scope.keys, scope.include,
		scope.exclude && [`${t("backups.scope.exclude")}: ${scope.exclude.join(", ")}`],
	];
	return lists.filter(Boolean).map((list) => list.join("; ")).join(" · ");
}

const stored = ({ source_bytes: plain, stored_bytes: n }) => (n > 0 && plain > 0
	? t("backup.ratio", { size: bytes(n), ratio: +(plain / n).toFixed(1) }) : bytes(n));

const linkTo = (kind, ref) => ref && html`<${Link} to=${`/${kind}/${ref.id}`}>${ref.name}<//>`;

function Basic({ backup: b }) {
	const drill = b.last_drill;
	return html`<${Card} title=${t("backup.info")}><${Facts} items=${[
		[t("col.status"), html`<${Status} backup=${b} />`],
		[t("col.id"), html`<code>${b.id}</code>`],
		[t("backups.description"), b.description || "–"],
		[t("col.instance"), linkTo("instances", b.source)],
		[t("col.engine"), engine(b.source.engine, b.source.version)],
		[t("col.region"), b.source.region || "–"],
		[t("col.plan"), linkTo("plans", b.plan)],
		[t("col.pool"), b.pool.name],
		[t("col.type"), label("type", b.type)],
		[t("backup.trigger"), label("trigger", b.trigger)],
		[t("col.method"), label("method", b.method)],
		[t("backup.scope"), scopeWords(b.scope)],
		[t("col.created"), html`<${Time} at=${b.created_at} />`],
		[t("backups.started"), html`<${Time} at=${b.started_at} />`],
		[t("col.finished"), html`<${Time} at=${b.finished_at} />`],
		[t("col.duration"), between(b.started_at, b.finished_at)],
		[t("backup.source"), bytes(b.source_bytes)],
		[t("backup.stored"), stored(b)],
		[t("backups.verified"), html`<${Verified} backup=${b} />${b.verify_note && html`<p>${b.verify_note}</p>`}`],
		[t("backups.expires"), html`<${Expires} backup=${b} />`],
		[t("backups.held"), t(b.held ? "backup.yes" : "backup.no")],
		[t("backup.encrypted"), t(b.encrypted ? "backup.yes" : "backup.no")],
		drill && [t("backup.drill"), t("backup.drill.line",
			{ verdict: label("status", drill.verdict), time: time(drill.at) })],
		!b.owner.this && [t("backup.owner"), t("backup.other", { id: b.owner.server_id })],
		b.depends_on.length > 0 && [t("backup.depends"), b.depends_on.map((id) => html`
			<div><${Link} to=${"/backups/" + id}>${id}<//></div>`)],
	]} />
		<dl class="facts one"><div><dt>${t("backup.path")}</dt><dd><code>${b.save_path || "–"}</code></dd></div></dl><//>`;
}

// Most phases are short.
const span = (s) => (s < 1 ? t("backup.ms", { n: Math.round(s * 1000) }) : duration(s));

function Phases({ backup: { phases, bottleneck } }) {
	const all = phases.reduce((sum, p) => sum + p.seconds, 0) || 1;
	const columns = [
		{ key: "name", label: t("backup.phase"), cell: (p) => label("phase", p.name) },
		{ key: "seconds", label: t("col.duration"), end: true, cell: (p) => span(p.seconds) },
		{ key: "share", label: t("backup.share"), from: "m", cell: (p) => html`<${Progress}
			percent=${(p.seconds / all) * 100} label=${percent((p.seconds / all) * 100)} />` },
		{ key: "bytes", label: t("backup.bytes"), end: true, cell: (p) => (p.bytes ? bytes(p.bytes) : "–") },
	];
	return html`<${Card} title=${t("backup.phases")}>
		${bottleneck && html`<p>${t("backup.bottleneck." + bottleneck)}</p>`}
		<${Table} label=${t("backup.phases")} columns=${columns} rows=${phases} rowKey=${(p) => p.name}
			empty=${html`<p class="muted">${t("backup.nophases")}</p>`} />
	<//>`;
}

function Consistency({ point }) {
	const items = point && [
		point.binlog_file && [t("backup.binlog"), html`<code>${point.binlog_file}:${point.binlog_position}</code>`],
		point.gtid && [t("backup.gtid"), html`<code>${point.gtid}</code>`],
		point.replication_id && [t("backup.replication"),
			html`<code>${point.replication_id}:${point.replication_offset}</code>`],
	].filter(Boolean);
	return html`<${Card} title=${t("backup.consistency")}>
		${point?.state && html`<p>${t("backup.consistency." + point.state)}</p>`}
		${items?.length ? html`<${Facts} items=${items} />` : html`<p class="muted">${t("backup.nopoint")}</p>`}
	<//>`;
}

const Warnings = ({ warnings }) => html`<${Card} title=${t("backup.warnings")}>
	${warnings.length ? warnings.map((w) => html`<${Notice} kind="warn"><code>${w.code}</code> ${w.detail}<//>`)
		: html`<p class="muted">${t("backup.nowarnings")}</p>`}
<//>`;

const Overview = ({ backup: b }) => html`
	${isRunning(b) && html`<${Running} backup=${b} />`}
	${b.error && html`<${Failure} error=${b.error} />`}
	<${Basic} backup=${b} />
	${!isRunning(b) && html`<${Phases} backup=${b} />`}
	<div class="grid">
		<${Consistency} point=${b.consistency} />
		<${Warnings} warnings=${b.warnings} />
	</div>`;

function Actions({ items }) {
	const [first, ...rest] = items.filter(Boolean);
	const more = rest.filter((x) => !x.to || x.query);
	return html`${first && !first.more && html`<${Button} kind="primary" ...${first} />`}
		<${Menu} label=${t("action.more")} items=${first?.more ? [first, ...more] : more} />`;
}

function Body({ backup: b, reload }) {
	const [act, dialogs] = useActs((what) => (what == "delete" ? go("/backups") : reload()));
	const actions = actionsOf(b, act).filter((x) => x && x.to != "/backups/" + b.id)
		.map(({ more, ...x }) => ({ ...x, more }));
	const whenDone = (body) => () => (b.status == "completed" ? body()
		: html`<p class="muted">${t("backup.notyet")}</p>`);
	return html`<${Page} title=${b.name} up=${{ to: "/backups", label: t("backup.up") }}
		actions=${html`<${Actions} items=${actions} />`}>
		<${Tabs} tabs=${[
			{ key: "info", label: t("backup.basic"), body: () => html`<${Overview} backup=${b} />` },
			{ key: "contents", label: t("backup.contents"), body: whenDone(() => html`<${Contents} backup=${b} />`) },
			{ key: "parts", label: t("backup.parts"), body: whenDone(() => html`<${Parts} backup=${b} />`) },
			{ key: "byhand", label: t("backup.byhand"), body: whenDone(() => html`<${ByHand} backup=${b} />`) },
		]} />
		${dialogs}
	<//>`;
}

export function Backup({ id }) {
	const on = (e) => ["job", "backup"].includes(e.kind) || e.resource == id;
	const backup = useResource("/backups/" + id, {}, { on });
	return html`<${Loading} of=${backup}>${(b) => html`<${Body} backup=${b} reload=${backup.reload} />`}<//>`;
}
