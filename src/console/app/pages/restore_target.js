// Where a restore writes to: a new instance, one that is there, a folder, a bucket.
import { html } from "../lib.js";
import { t, label } from "../i18n/index.js";
import { engine } from "../format.js";
import { useResource } from "../data.js";
import { Loading, Notice, Radios, Select, TextField } from "../ui/index.js";
import { kindsOf } from "./restore_form.js";

// More fields at once help nobody.
const SHOWN = 100;

function New({ form: { bind }, providers }) {
	if (!providers.length) return html`<${Notice} kind="warn">${t("restore.noprovider")}<//>`;
	return html`<${Select} label=${t("restore.provider")} pointer="/target/provision/provider" ...${bind("provider")}
			options=${providers.map((p) => [p.name, p.description ? `${p.name}: ${p.description}` : p.name])} />
		<${TextField} label=${t("restore.name")} pointer="/target/provision/name" ...${bind("name")} />
		<${TextField} label=${t("restore.settings")} pointer="/target/provision/options" optional rows="2"
			class="mono" hint=${t("restore.settingshint")} ...${bind("settings")} />`;
}

function Renames({ form: { v, set }, backup }) {
	const contents = useResource(`/backups/${backup.id}/contents`);
	return html`<details><summary>${t("restore.renames")}</summary>
		<p class="muted">${t("restore.renameshint")}</p>
		<${Loading} of=${contents}>${({ items }) => items.slice(0, SHOWN).map(({ name }) => html`<${TextField} key=${name}
			label=${name} pointer=${"/rename/" + name} placeholder=${name} value=${v.renames[name]}
			onInput=${(to) => set({ renames: { ...v.renames, [name]: to } })} />`)}<//>
	</details>`;
}

function Existing(props) {
	const { form: { bind, v }, backup, sources, providers } = props;
	const { engine: kind } = backup.source;
	const isThrough = kind == "mysql" && backup.method != "logical" && providers.length > 1;
	if (!sources.length) return html`<${Notice} kind="warn">${t("restore.nosource")}<//>`;
	return html`<${Select} label=${t("col.instance")} pointer="/target/source" ...${bind("source")}
			options=${sources.map((s) => [s.id, `${s.name} (${engine(s.engine, s.version)}, ${label("status", s.status)})`])} />
		${kind == "objects" && html`
			<${TextField} label=${t("restore.bucket")} pointer="/target/bucket" optional ...${bind("bucket")} />
			<${TextField} label=${t("restore.prefix")} pointer="/target/prefix" optional hint=${t("restore.prefixhint")}
				...${bind("prefix")} />`}
		${isThrough && html`<${Select} label=${t("restore.through")} pointer="/through" ...${bind("through")}
			options=${[["", "–"], ...providers.map((p) => [p.name, p.name])]} />`}
		${kind == "mysql" && v.kind == "existing" && html`<${Renames} ...${props} />`}`;
}

const Folder = ({ form }) => html`<${TextField} label=${t("restore.path")} pointer="/target/path"
	hint=${t("restore.pathhint")} ...${form.bind("path")} />`;

export function Target(props) {
	const { form: { v, set }, backup } = props;
	const Fields = { new: New, existing: Existing, path: Folder }[v.kind];
	return html`<${Radios} label=${t("restore.target")} value=${v.kind}
			onInput=${(kind) => set({ kind, overwrite: false, typed: {} })}
			options=${kindsOf(backup).map((k) => [k, t("restore.kind." + k), t("restore.kindhint." + k)])} />
		<${Fields} ...${props} />`;
}
