// Registering an instance, and editing one.
//   InstanceForm {source, onClose, onSaved}   source: null for a new one
import { html, useState } from "../lib.js";
import { t, label } from "../i18n/index.js";
import { post, patch } from "../api.js";
import { useResource } from "../data.js";
import { engine as engineName } from "../format.js";
import {
	Dialog, Form, useForm, TextField, Select, Check, Chips, Buttons, Button, Notice, toast,
} from "../ui/index.js";
import "./instances.text.js";

const tls = ["disabled", "preferred", "required", "verify"];
const isServer = (engine) => engine == "mysql" || engine == "redis";
const isName = (s) => (/^[A-Za-z][\w.-]{0,63}$/.test(s) ? "" : t("inst.namehint"));

// Fields of a connection; `at` is where they lie in the body, set changes members of v.
const fields = (v, set, at) => (key, word, more = {}) => html`<${TextField} label=${t(word)}
	value=${v[key]} onInput=${(x) => set({ [key]: x })} pointer=${at + "/" + key} ...${more} />`;

function Secret({ v, set, at, name = "password", word = "inst.password", isNew }) {
	const field = fields(v, set, at);
	return html`${field(name, word, { hint: isNew ? "" : t("inst.keep"), autocomplete: "new-password",
			type: v.isSecretName ? "text" : "password" })}
		<${Check} label=${t("inst.secret")} checked=${v.isSecretName}
			onInput=${(x) => set({ isSecretName: x })} />`;
}

function Server({ v, set, at, isNew, port }) {
	const field = fields(v, set, at);
	return html`<div class="row">
			${field("host", "inst.host")}
			${field("port", "inst.port", { inputMode: "numeric", placeholder: port })}
		</div>
		${field("socket", "inst.socket", { optional: true, hint: t("inst.socket.hint") })}
		${field("user", "inst.user")}
		<${Secret} ...${{ v, set, at, isNew }} />
		<${Select} label=${t("inst.tls")} value=${v.tls} onInput=${(x) => set({ tls: x })}
			pointer=${at + "/tls"} options=${tls.map((x) => [x, t("tls." + x)])} />
		${v.tls == "verify" && field("ca_file", "inst.ca", { optional: true })}`;
}

function Folder({ v, set, at }) {
	return html`${fields(v, set, at)("path", "inst.path", { placeholder: "/srv/data" })}
		<${Chips} label=${t("inst.exclude")} values=${v.exclude || []} pointer=${at + "/exclude"}
			onInput=${(exclude) => set({ exclude })} />`;
}

function Bucket({ v, set, at, isNew }) {
	const field = fields(v, set, at);
	return html`${field("endpoint", "inst.endpoint", { placeholder: "https://s3.example.com" })}
		<div class="row">${field("bucket", "inst.bucket")}${field("prefix", "inst.prefix", { optional: true })}
			${field("region", "col.region", { optional: true })}</div>
		${field("access_key", "inst.access")}
		<${Secret} ...${{ v, set, at, isNew }} name="secret_key" word="inst.secretkey" />
		<${Check} label=${t("inst.pathstyle")} checked=${v.path_style}
			onInput=${(path_style) => set({ path_style })} />`;
}

const kinds = { mysql: Server, redis: Server, files: Folder, objects: Bucket };
const names = {
	mysql: "host port socket user password tls ca_file",
	files: "path exclude",
	objects: "endpoint region bucket prefix access_key secret_key path_style",
};
names.redis = names.mysql;

function valueOf(key, v) {
	const value = v[key];
	if (key == "port") return value ? +value : null;
	if (/password|secret_key/.test(key)) return value && v.isSecretName ? { secret: value } : value;
	return value === "" ? null : value;
}

// What is not set is left out of a new one, and taken away (null) from an old one; a secret stays.
function connectionOf(engine, v, isNew) {
	const all = names[engine].split(" ").map((key) => [key, valueOf(key, v)]);
	return Object.fromEntries(all.filter(([key, value]) =>
		value !== undefined && value !== null && value !== "" || !isNew && !/password|secret/.test(key)));
}

function bodyOf(v, isNew) {
	const body = { name: v.name, remarks: v.remarks, region: v.region,
		connection: connectionOf(v.engine, v.connection, isNew) };
	if (isNew) body.engine = v.engine;
	if (v.hasReplica) body.read_from = connectionOf(v.engine, v.read_from, isNew || !v.hadReplica);
	else if (v.hadReplica) body.read_from = null;
	return body;
}

const plain = (connection) => ({ tls: "preferred", ...connection, password: "", secret_key: "" });

function first(source) {
	if (!source) {
		return { name: "", engine: "mysql", region: "", remarks: "", connection: { ...plain(), path_style: true },
			read_from: plain() };
	}
	const { name, engine, region, remarks, connection, read_from } = source;
	return { name, engine, region, remarks, connection: plain(connection), read_from: plain(read_from),
		hasReplica: !!read_from, hadReplica: !!read_from };
}

export function Verdict({ verdict, engine }) {
	const { ok, detail, version, role } = verdict;
	const what = [engineName(engine, version), role && label("role", role), detail].filter(Boolean).join(", ");
	return html`<div role="status"><${Notice} kind=${ok ? "good" : "bad"}>${
		ok ? t("inst.ok", { what }) : t("inst.notok", { detail })}<//></div>`;
}

function Connection({ form, isNew, port }) {
	const { v, set } = form;
	const Kind = kinds[v.engine];
	const change = (key) => (c) => set({ [key]: { ...v[key], ...c } });
	return html`<${Kind} v=${v.connection} set=${change("connection")} at="/connection" isNew=${isNew}
			port=${port} />
		${isServer(v.engine) && html`<${Check} label=${t("inst.replica")} checked=${v.hasReplica}
			onInput=${(hasReplica) => set({ hasReplica })} />`}
		${v.hasReplica && isServer(v.engine) && html`<fieldset><legend>${t("inst.replicaof")}</legend>
			<${Server} v=${v.read_from} set=${change("read_from")} at="/read_from" isNew=${!v.hadReplica}
				port=${port} /></fieldset>`}`;
}

function General({ form, isNew, engines }) {
	const { v, set, bind } = form;
	return html`<${TextField} label=${t("col.name")} pointer="/name" check=${isName}
			hint=${t("inst.namehint")} ...${bind("name")} />
		<${Select} label=${t("col.engine")} pointer="/engine" disabled=${!isNew} value=${v.engine}
			onInput=${(engine) => set({ engine, hasReplica: false })}
			options=${engines.map((e) => [e, label("engine", e)])} />
		<div class="row"><${TextField} label=${t("col.region")} pointer="/region" optional
			hint=${t("inst.regionhint")} ...${bind("region")} />
		<${TextField} label=${t("col.remarks")} pointer="/remarks" optional max=${1024} ...${bind("remarks")} /></div>`;
}

export function InstanceForm({ source, onClose, onSaved }) {
	const isNew = !source;
	const form = useForm(() => first(source));
	const [verdict, setVerdict] = useState(null);
	const { data } = useResource("/system");
	const engines = data?.engines.map((e) => e.engine) || [form.v.engine];
	const port = data?.engines.find((e) => e.engine == form.v.engine)?.default_port;
	const save = () => form.submit(async (v) => {
		const body = bodyOf(v, isNew);
		const saved = isNew ? await post("/sources", body)
			: await patch("/sources/" + source.id, body, source.revision);
		toast(t("inst.saved", { name: v.name }));
		onSaved(saved);
	});
	const test = () => form.submit(async (v) => {
		setVerdict(null);
		setVerdict(await post("/sources/test", bodyOf(v, true)));
	});
	const title = isNew ? t("inst.register") : t("inst.edit", { name: source.name });
	return html`<${Dialog} title=${title} onClose=${onClose}>
		<${Form} form=${form} onSubmit=${save} buttons=${html`
			${isNew && html`<${Button} label=${t("action.test")} isBusy=${form.isBusy} onClick=${test} />`}
			<${Buttons} label=${isNew ? t("inst.register") : ""} isBusy=${form.isBusy} onCancel=${onClose} />`}>
			<${General} ...${{ form, isNew, engines }} />
			<${Connection} ...${{ form, isNew, port }} />
			${verdict && html`<${Verdict} verdict=${verdict} engine=${form.v.engine} />`}
		<//>
	<//>`;
}
