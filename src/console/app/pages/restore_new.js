// The wizard of a restore: ?backup=ID, or one is chosen first.
import { html, useEffect } from "../lib.js";
import { t, label } from "../i18n/index.js";
import { bytes, engine } from "../format.js";
import { post } from "../api.js";
import { useList, useResource } from "../data.js";
import { Ref } from "../links.js";
import { go, setQuery, useRoute } from "../router.js";
import { Badge, Button, Empty, Facts, Filters, Loading, Page, Steps, Table, Time, useForm } from "../ui/index.js";
import { bodyOf, firstOf } from "./restore_form.js";
import { Findings, useCheck } from "./restore_check.js";
import { Parts } from "./restore_parts.js";
import { Target } from "./restore_target.js";
import "./restores.text.js";

const STEPS = [[/^\/(target|rename|through)/, "target"], [/^\/(scope|options)/, "parts"]];
const stepOf = (pointer = "") => STEPS.find(([pattern]) => pattern.test(pointer))?.[1];

const columns = () => [
	{ key: "name", label: t("col.name"), sort: "name", cell: (b) => html`<${Ref} ...${b} />` },
	{ key: "source", label: t("col.instance"), cell: (b) => b.source.name },
	{ key: "at", label: t("col.finished"), sort: "finished_at", cell: (b) => html`<${Time} at=${b.finished_at} />` },
	{ key: "size", label: t("col.size"), from: "m", end: true, cell: (b) => bytes(b.stored_bytes) },
];

function Choose() {
	const { query: { q, source, sort } } = useRoute();
	const list = useList("/backups", { status: "completed", q, source, sort }, { on: ["job"] });
	return html`<p>${t("restore.choose")}</p>
		<${Filters} fields=${[{ key: "q", label: t("col.search") }, { key: "source", label: t("col.instance") }]} />
		<${Table} label=${t("nav.backups")} list=${list} columns=${columns()}
			actions=${(b) => [{ label: t("restore.this"), onClick: () => go("/restores/new", { backup: b.id }) }]}
			empty=${!q && !source && html`<${Empty} title=${t("restore.nobackup")}>
				<div><${Button} kind="primary" to="/backups" label=${t("nav.backups")} /></div><//>`} />`;
}

const Which = ({ backup: b }) => html`<${Facts} items=${[
		[t("col.name"), html`<${Ref} ...${b} />`], [t("col.instance"), b.source.name],
		[t("col.engine"), engine(b.source.engine, b.source.version)], [t("col.method"), label("method", b.method)],
		[t("col.finished"), html`<${Time} at=${b.finished_at} />`],
		[t("col.size"), `${bytes(b.source_bytes)} → ${bytes(b.stored_bytes)}`],
		[t("restore.verified"), html`<${Badge} status=${b.verify_status} />`],
	]} />
	<div><${Button} label=${t("restore.other")} onClick=${() => setQuery({ backup: "", step: "" })} /></div>`;

function Wizard({ backup, sources, providers }) {
	const form = useForm(firstOf(backup, sources, providers));
	const { v } = form;
	const target = sources.find(({ id }) => id == v.source);
	const check = useCheck(form, backup);
	const given = { form, backup, sources, providers, target };
	const may = (fn) => async () => (await form.submit(fn)) !== undefined;
	const start = () => check.isReady && form.submit(async () =>
		go("/restores/" + (await post("/restores", bodyOf(v, backup))).id));
	const wellFormed = () => {
		try {
			bodyOf(v, backup);
		} catch {
			const detail = t("restore.notjson");
			const pointer = v.kind == "new" ? "/target/provision/options" : "/through/options";
			throw { detail, errors: [{ pointer, detail }] };
		}
	};
	useEffect(() => {
		const step = stepOf(form.problem?.errors?.[0]?.pointer);
		if (step) setQuery({ step });
	}, [form.problem]);
	const step = (key, body, leave) => ({ key, label: t("restore.step." + key), body, leave });
	return html`<${Steps} problem=${form.problem} isBusy=${form.isBusy || !check.isReady && check.isLast} onFinish=${start}
		finish=${t("restore.start")} onCancel=${() => go("/backups/" + backup.id)} steps=${[
			step("backup", () => html`<${Which} backup=${backup} />`),
			step("target", () => html`<${Target} ...${given} />`, may(wellFormed)),
			step("parts", () => html`<${Parts} ...${given} />`),
			step("check", () => html`<${Findings} ...${given} check=${check} />`),
		]} />`;
}

export function NewRestore() {
	const { query } = useRoute();
	const backup = useResource(query.backup && "/backups/" + query.backup);
	const sources = useResource("/sources", { limit: 500, sort: "name" });
	const providers = useResource("/provisioners");
	const body = (b, s, p) => {
		const kind = b.source.engine;
		return html`<${Wizard} key=${b.id} backup=${b} sources=${s.items.filter((x) => x.engine == kind)}
			providers=${p.items.filter((x) => x.engines.some((e) => e.engine == kind))} />`;
	};
	return html`<${Page} title=${t("restore.title")} up=${{ to: "/restores", label: t("nav.restores") }}>
		${query.backup ? html`<${Loading} of=${backup}>${(b) => html`<${Loading} of=${sources}>${(s) => html`
			<${Loading} of=${providers}>${(p) => body(b, s, p)}<//>`}<//>`}<//>` : html`<${Choose} />`}
	<//>`;
}
