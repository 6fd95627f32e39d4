// What of an instance is backed up.
//
//   Scope {source, method, value, onInput}   value: {} is all of it
//   scopeOf(engine, method, value)           as the API takes it; null: all of it
//
// value, by engine: mysql {isSome, chosen: {database: null (all tables) | [table]}}; redis {isSome,
// numbers, keys}; files and objects {isSome, include, exclude}.
import { html, useState } from "../lib.js";
import { t } from "../i18n/index.js";
import { bytes } from "../format.js";
import { useResource } from "../data.js";
import { Button, Check, Chips, Field, Loading, Radios } from "../ui/index.js";

// More check boxes at once help nobody.
const SHOWN = 200;

const without = (map, key) => Object.fromEntries(Object.entries(map).filter(([k]) => k != key));
const given = (members) => {
	const left = Object.entries(members).filter(([, list]) => list?.length);
	return left.length ? Object.fromEntries(left) : null;
};

export function scopeOf(engine, method, { isSome, chosen = {}, numbers = [], keys, include, exclude }) {
	if (!isSome) return null;
	if (engine == "redis") return given({ databases: numbers.map(Number), keys });
	if (engine != "mysql") return given({ include, exclude });
	return { databases: Object.entries(chosen).map(([name, tables]) => (tables ? { name, tables } : { name })) };
}

function Tables({ source, name, tables, onInput }) {
	const all = useResource(`/sources/${source.id}/databases/${encodeURIComponent(name)}/tables`);
	const flip = (table) => {
		const next = tables?.includes(table) ? tables.filter((x) => x != table) : [...(tables || []), table];
		onInput(next.length ? next : null);
	};
	return html`<${Loading} of=${all}>${({ items }) => html`
		<div class="choose-tables" role="group" aria-label=${t("backups.scope.tables", { name })}>
			${items.slice(0, SHOWN).map((x) => html`<${Check} key=${x.name} label=${x.name}
				checked=${!!tables?.includes(x.name)} onInput=${() => flip(x.name)} />`)}
			${items.length > SHOWN && html`<p class="muted">${t("backups.scope.first", { n: SHOWN })}</p>`}
		</div>`}<//>`;
}

function Database({ source, name, size, chosen, onInput }) {
	const [isOpen, setOpen] = useState(false);
	const isOn = name in chosen;
	const tables = chosen[name];
	const how = tables ? t("backups.scope.chosen", { n: tables.length }) : t("backups.scope.all");
	return html`<li>
		<div class="choose-row">
			<${Check} label=${name} checked=${isOn}
				onInput=${(on) => onInput(on ? { ...chosen, [name]: null } : without(chosen, name))} />
			<span class="muted">${isOn ? how : size != null && bytes(size)}</span>
			${isOn && html`<${Button} kind="link" label=${t("backup.tables")} aria-expanded=${isOpen}
				aria-label=${t("backups.scope.tables", { name })} onClick=${() => setOpen(!isOpen)} />`}
		</div>
		${isOn && isOpen && html`<${Tables} source=${source} name=${name} tables=${tables}
			onInput=${(list) => onInput({ ...chosen, [name]: list })} />`}
	</li>`;
}

function Databases({ source, value, onInput }) {
	const all = useResource(`/sources/${source.id}/databases`);
	const [word, setWord] = useState("");
	const { chosen = {} } = value;
	const put = (next) => onInput({ ...value, chosen: next });
	return html`<${Loading} of=${all}>${({ items }) => {
		const fitting = items.filter(({ name }) => name.toLowerCase().includes(word.toLowerCase()));
		return html`<${Field} label=${t("backups.scope.find")} pointer="/scope"
			hint=${Object.keys(chosen).length ? "" : t("backups.scope.none")}>${(ids) => html`
			<input type="search" value=${word} onInput=${(e) => setWord(e.target.value)} ...${ids} />`}<//>
			<ul class="choose" aria-label=${t("backups.scope.some")}>
				${fitting.slice(0, SHOWN).map(({ name, bytes: size }) => html`<${Database} key=${name}
					source=${source} name=${name} size=${size} chosen=${chosen} onInput=${put} />`)}
			</ul>
			${fitting.length > SHOWN && html`<p class="muted">${t("backups.scope.first", { n: SHOWN })}</p>`}`;
	}}<//>`;
}

function Lists({ value, onInput, members }) {
	return members.map(([key, word, hint]) => html`<${Chips} key=${key} label=${t("backups.scope." + word)}
		pointer="/scope" hint=${hint} values=${value[key] || []}
		onInput=${(list) => onInput({ ...value, [key]: list })} />`);
}

function Part({ source, value, onInput }) {
	if (source.engine == "mysql") return html`<${Databases} ...${{ source, value, onInput }} />`;
	const members = source.engine == "redis"
		? [["numbers", "numbers"], ["keys", "keys"]]
		: [["include", "include", t("backups.scope.globs")], ["exclude", "exclude", t("backups.scope.globs")]];
	return html`<${Lists} ...${{ value, onInput, members }} />`;
}

export function Scope({ source, method, value, onInput }) {
	const isFixed = source.engine == "mysql" && method == "snapshot";
	const some = source.engine == "mysql" ? "some" : "part";
	return html`<${Radios} label=${t("backups.scope")} value=${value.isSome ? "some" : "all"}
			onInput=${(how) => onInput({ ...value, isSome: how == "some" })}
			options=${[["all", t("backups.scope.whole")],
				["some", t("backups.scope." + some), "", isFixed]]} />
		${value.isSome && html`<${Part} ...${{ source, value, onInput }} />`}`;
}
