// Filters {fields: [{key, label, kind, options}], children}: a row of filters bound to the hash's query.
//     kind: "text" (written to the query when typing rests), "select" (options [[value, label]];
//     "All" is added in front), "date". Read the values from useRoute().query; dates are
//     "2026-11-22": see dayStart and dayEnd in format.js. children: vnode at the row's end.
import { html, useEffect, useRef, useState } from "../lib.js";
import { t } from "../i18n/index.js";
import { useRoute, setQuery } from "../router.js";
import { Button } from "./button.js";

function Text({ id, value = "", put }) {
	const [text, setText] = useState(value);
	const timer = useRef(0);
	useEffect(() => setText(value), [value]);
	useEffect(() => () => clearTimeout(timer.current), []);
	const onInput = (e) => {
		const word = e.target.value;
		setText(word);
		clearTimeout(timer.current);
		timer.current = setTimeout(() => put(word), 250);
	};
	return html`<input type="search" id=${id} value=${text} onInput=${onInput} autocomplete="off" />`;
}

function Control({ id, kind, options, value, put }) {
	if (kind == "date") {
		return html`<input type="date" id=${id} value=${value || ""} onChange=${(e) => put(e.target.value)} />`;
	}
	if (kind != "select") return html`<${Text} id=${id} value=${value} put=${put} />`;
	return html`<select id=${id} onChange=${(e) => put(e.target.value)}>
		${[["", t("core.any")], ...options].map(([v, word]) =>
			html`<option value=${v} selected=${v == (value || "")}>${word}</option>`)}
	</select>`;
}

export function Filters({ fields, children }) {
	const { query } = useRoute();
	const isSet = fields.some(({ key }) => query[key]);
	const clear = () => setQuery(Object.fromEntries(fields.map(({ key }) => [key, ""])));
	return html`<div class="filters" role="search">
		${fields.map((f) => html`<div key=${f.key}>
			<label for=${"filter-" + f.key}>${f.label}</label>
			<${Control} ...${f} id=${"filter-" + f.key} value=${query[f.key]}
				put=${(v) => setQuery({ [f.key]: v })} />
		</div>`)}
		${isSet && html`<${Button} kind="link" label=${t("action.clear")} onClick=${clear} />`}
		${children}
	</div>`;
}
