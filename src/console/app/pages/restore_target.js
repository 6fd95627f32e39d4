// Where a restore writes to: a new instance, one that is there, a folder, a bucket.
import { html } from "../lib.js";
import { t, label } from "../i18n/index.js";
import { engine } from "../format.js";
import { useResource } from "../data.js";
import { Loading, Notice, Radios, Select, TextField } from "../ui/index.js";
import { isThrough, kindsOf } from "./restore_form.js";

// More fields at once help nobody.
const SHOWN = 100;

const Settings = (props) => html`<${TextField} label=${t("restore.settings")} optional rows="2" class="mono"
	hint=${t("restore.settingshint")} ...${props} />`;

const providerOptions = (providers) =>
	providers.map((p) => [p.name, p.description ? `${p.name}: ${p.description}` : p.name]);

function New({ form: { bind }, providers }) {
	if (!providers.length) return html`<${Notice} kind="warn">${t("restore.noprovider")}<//>`;
	return html`<${Select} label=${t("restore.provider")} pointer="/target/provision/provider" ...${bind("provider")}
			options=${providerOptions(providers)} />
		<${TextField} label=${t("restore.name")} pointer="/target/provision/name" ...${bind("name")} />
		<${Settings} pointer="/target/provision/options" ...${bind("settings")} />`;
}

// Who reads files that no running server takes.
function Through({ form: { bind }, providers }) {
	if (!providers.length) return html`<${Notice} kind="warn">${t("restore.noprovider")}<//>`;
	return html`<${Select} label=${t("restore.through")} pointer="/through/provider" hint=${t("restore.throughhint")}
			options=${providerOptions(providers)} ...${bind("through")} />
		<${Settings} pointer="/through/options" ...${bind("throughSettings")} />`;
}

function Renames({ form: { v, set }, backup }) {
	const contents = useResource(isThrough(v, backup) ? `/sources/${backup.source.id}/databases`
		: `/backups/${backup.id}/contents`);
	return html`<details><summary>${t("restore.renames")}</summary>
		<p class="muted">${t("restore.renameshint")}</p>
		<${Loading} of=${contents}>${({ items }) => items.slice(0, SHOWN).map(({ name }) => html`<${TextField} key=${name}
			label=${name} pointer=${"/rename/" + name} placeholder=${name} value=${v.renames[name]}
			onInput=${(to) => set({ renames: { ...v.renames, [name]: to } })} />`)}<//>
	</details>`;
}

function Existing(props) {
	const { form: { bind, v }, backup, sources } = props;
	const { engine: kind } = backup.source;
	if (!sources.length) return html`<${Notice} kind="warn">${t("restore.nosource")}<//>`;
	return html`<${Select} label=${t("col.instance")} pointer="/target/source" ...${bind("source")}
			options=${sources.map((s) => [s.id, `${s.name} (${engine(s.engine, s.version)}, ${label("status", s.status)})`])} />
		${kind == "objects" && html`
			<${TextField} label=${t("restore.bucket")} pointer="/target/bucket" optional ...${bind("bucket")} />
			<${TextField} label=${t("restore.prefix")} pointer="/target/prefix" optional hint=${t("restore.prefixhint")}
				...${bind("prefix")} />`}
		${isThrough(v, backup) && html`<${Through} ...${props} />`}
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
