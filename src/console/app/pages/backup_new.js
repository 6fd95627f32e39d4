// A manual backup. CreateBackup {source, onClose, onMade}: a dialog; source: the id of the instance
// that is chosen at first, if it is one. onMade(backup) when it is queued.
import { html } from "../lib.js";
import { t, label } from "../i18n/index.js";
import { engine } from "../format.js";
import { post } from "../api.js";
import { useResource } from "../data.js";
import { Buttons, Dialog, Form, Loading, Select, TextField, toast, useForm } from "../ui/index.js";
import { Scope, scopeOf } from "./backup_scope.js";
import "./backups.text.js";

const MAX_NAME = 64;
const MIN_NAME = 4;
const MAX_DESCRIPTION = 256;

/** What is wrong with a name (rule 5), or undefined. */
export function nameProblem(name) {
	if (!/^[A-Za-z]/.test(name)) return t("backups.name.first");
	const [bad] = /[^A-Za-z0-9_-]/u.exec(name) || [];
	if (bad) return t("backups.name.other", { bad });
	if (name.length < MIN_NAME) return t("backups.name.short");
	if (name.length > MAX_NAME) return t("backups.name.long");
}

/** The same of a description (rule 6). */
export function descriptionProblem(text) {
	if (/[>!<"&'=\p{Cc}]/u.test(text)) return t("backups.description.bad");
	if ([...text].length > MAX_DESCRIPTION) return t("backups.description.long");
}

const now = () => new Date().toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
const proposal = ({ name }) => `${name.replaceAll(".", "-").slice(0, 40)}-${now()}`;

const first = (source, pools) => ({
	engine: source?.engine, source: source?.id, method: source?.methods[0],
	pool: pools.find((p) => p.status == "available")?.id || pools[0]?.id,
	name: source ? proposal(source) : "", isNamed: false, description: "", scope: {},
});

const bodyOf = ({ source, pool, name, description, method, scope, engine: kind }) => ({
	source, pool, name, description, method, scope: scopeOf(kind, method, scope),
});

function Fields({ form, sources, pools }) {
	const { v, set, bind } = form;
	const fitting = sources.filter((s) => s.engine == v.engine);
	const source = sources.find((s) => s.id == v.source);
	const choose = (s) => set({ source: s?.id, method: s?.methods[0], scope: {},
		...(v.isNamed ? {} : { name: s ? proposal(s) : "" }) });
	const engines = [...new Set(sources.map((s) => s.engine))];
	return html`
		<div class="row">
			<${Select} label=${t("backups.kind")} value=${v.engine} options=${engines.map((e) => [e, label("engine", e)])}
				onInput=${(e) => {
					set({ engine: e });
					choose(sources.find((s) => s.engine == e));
				}} />
			<${Select} label=${t("col.instance")} pointer="/source" value=${v.source}
				options=${fitting.map((s) => [s.id, `${s.name} (${engine(s.engine, s.version)}, ${label("status", s.status)})`])}
				onInput=${(id) => choose(sources.find((s) => s.id == id))} />
		</div>
		<${TextField} label=${t("col.name")} pointer="/name" value=${v.name} max=${MAX_NAME} required
			hint=${t("backups.name.hint")} check=${nameProblem}
			onInput=${(name) => set({ name, isNamed: true })} />
		<${TextField} label=${t("backups.description")} pointer="/description" optional rows="2"
			max=${MAX_DESCRIPTION} check=${descriptionProblem} ...${bind("description")} />
		<div class="row">
			<${Select} label=${t("col.pool")} pointer="/pool" ...${bind("pool")}
				options=${pools.map((p) => [p.id, `${p.name} (${label("status", p.status)})`])} />
			<${Select} label=${t("col.method")} pointer="/method" value=${v.method}
				options=${(source?.methods || []).map((m) => [m, label("method", m)])}
				onInput=${(method) => set({ method, scope: {} })} />
		</div>
		${source && html`<${Scope} key=${source.id + v.method} source=${source} method=${v.method}
			value=${v.scope} onInput=${(scope) => set({ scope })} />`}
		<p class="muted">${t("backups.manual")}</p>`;
}

function Inside({ sources, pools, wanted, onClose, onMade }) {
	const form = useForm(first(sources.find((s) => s.id == wanted) || sources[0], pools));
	const send = async (v) => {
		const made = await post("/backups", bodyOf(v));
		toast(t("backups.made", made));
		onClose();
		onMade(made);
	};
	const { name, description } = form.v;
	const isWrong = !name || nameProblem(name) || (description && descriptionProblem(description));
	return html`<${Form} form=${form} onSubmit=${() => isWrong || form.submit(send)} buttons=${html`
		<${Buttons} label=${t("backups.create")} onCancel=${onClose} isBusy=${form.isBusy}
			disabled=${isWrong} />`}>
		<${Fields} form=${form} sources=${sources} pools=${pools} />
	<//>`;
}

export function CreateBackup({ source, onClose, onMade }) {
	const all = { limit: 500, sort: "name" };
	const sources = useResource("/sources", all);
	const pools = useResource("/pools", all);
	return html`<${Dialog} wide title=${t("backups.create")} onClose=${onClose}>
		<${Loading} of=${sources}>${(s) => html`<${Loading} of=${pools}>${(p) => html`
			<${Inside} sources=${s.items} pools=${p.items} wanted=${source} onClose=${onClose}
				onMade=${onMade} />`}
		<//>`}<//>
	<//>`;
}
