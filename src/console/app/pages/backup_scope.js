// What of an instance is backed up.
//
//   Scope {source, method, value, onInput, backup}   value: {} is all of it. backup: databases and
//                                            tables are those of that backup's contents
//   scopeOf(engine, method, value)           as the API takes it; null: all of it
//   valueOf(engine, scope)                   the other way round
//
// value, by engine: mysql {isSome: true, chosen: {database: null (all tables) | [table]}} or {isSome:
// "patterns", include, exclude}; redis {isSome, numbers, keys}; files and objects {isSome, include,
// exclude}.
import { html, useState } from "../lib.js";
import { t } from "../i18n/index.js";
import { bytes } from "../format.js";
import { useResource } from "../data.js";
import { Button, Check, Chips, Field, Loading, Radios } from "../ui/index.js";
import "./scope.text.js";

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
	if (engine != "mysql" || isSome == "patterns") return given({ include, exclude });
	const databases = Object.entries(chosen).map(([name, tables]) => (tables ? { name, tables } : { name }));
	return exclude?.length ? { databases, exclude } : { databases };
}

export function valueOf(engine, scope) {
	if (!scope) return {};
	const { databases = [], ...rest } = scope;
	if (engine == "redis") return { isSome: true, numbers: databases.map(String), ...rest };
	if (engine != "mysql") return { isSome: true, ...rest };
	if (!databases.length) return { isSome: "patterns", ...rest };
	return { isSome: true, ...rest, chosen: Object.fromEntries(databases.map((d) => [d.name, d.tables || null])) };
}

function Tables({ source, inside, name, tables, onInput }) {
	const read = useResource(inside ? null : `/sources/${source.id}/databases/${encodeURIComponent(name)}/tables`);
	const all = inside ? { data: { items: inside } } : read;
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

function Database({ source, db: { name, bytes: size, tables: inside }, chosen, onInput }) {
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
			inside=${Array.isArray(inside) && inside}
			onInput=${(list) => onInput({ ...chosen, [name]: list })} />`}
	</li>`;
}

function Databases({ source, value, onInput, backup }) {
	const all = useResource(backup ? `/backups/${backup}/contents` : `/sources/${source.id}/databases`);
	const [word, setWord] = useState("");
	const { chosen = {} } = value;
	const put = (next) => onInput({ ...value, chosen: next });
	return html`<${Loading} of=${all}>${({ items }) => {
		const fitting = items.filter(({ name }) => name.toLowerCase().includes(word.toLowerCase()));
		return html`<${Field} label=${t("backups.scope.find")} pointer="/scope"
			hint=${Object.keys(chosen).length ? "" : t("backups.scope.none")}>${(ids) => html`
			<input type="search" value=${word} onInput=${(e) => setWord(e.target.value)} ...${ids} />`}<//>
			<ul class="choose" aria-label=${t("backups.scope.some")}>
				${fitting.slice(0, SHOWN).map((db) => html`<${Database} key=${db.name}
					source=${source} db=${db} chosen=${chosen} onInput=${put} />`)}
			</ul>
			${fitting.length > SHOWN && html`<p class="muted">${t("backups.scope.first", { n: SHOWN })}</p>`}`;
	}}<//>`;
}

function Lists({ value, onInput, members }) {
	return members.map(([key, word, hint]) => html`<${Chips} key=${key} label=${t("backups.scope." + word)}
		pointer="/scope" hint=${hint} values=${value[key] || []}
		onInput=${(list) => onInput({ ...value, [key]: list })} />`);
}

function Part({ source, value, onInput, backup }) {
	const isMysql = source.engine == "mysql";
	const hint = t(isMysql ? "backups.scope.patternhint" : "backups.scope.globs");
	if (isMysql && value.isSome != "patterns") {
		return html`<${Databases} ...${{ source, value, onInput, backup }} />
			${value.exclude?.length > 0 && html`<${Lists} ...${{ value, onInput, members: [["exclude", "exclude", hint]] }} />`}`;
	}
	const members = source.engine == "redis"
		? [["numbers", "numbers"], ["keys", "keys"]]
		: [["include", "include", hint], ["exclude", "exclude", hint]];
	return html`<${Lists} ...${{ value, onInput, members }} />`;
}

export function Scope({ source, method, value, onInput, backup }) {
	const isMysql = source.engine == "mysql";
	const isFixed = isMysql && method == "snapshot";
	const how = value.isSome == "patterns" ? "patterns" : value.isSome ? "some" : "all";
	return html`<${Radios} label=${t("backups.scope")} value=${how}
			onInput=${(how) => onInput({ ...value, isSome: how == "patterns" ? how : how == "some" })}
			options=${[["all", t("backups.scope.whole")],
				["some", t("backups.scope." + (isMysql ? "some" : "part")), "", isFixed],
				isMysql && ["patterns", t("backups.scope.patterns"), "", method != "logical"],
			].filter(Boolean)} />
		${value.isSome && html`<${Part} ...${{ source, value, onInput, backup }} />`}`;
}
