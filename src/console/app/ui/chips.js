// Chips {label, values, onInput, pointer, hint, check, suggestions, placeholder}
//     a list of short texts: Enter or a comma adds one, Backspace in the empty field takes the last
//     one away. onInput gets the new array. check(text) as in TextField. suggestions: texts offered.
// Choices {label, options: [[value, label]], values, onInput, pointer, hint}
//     buttons that are on or off, any number of them (weekdays, say)
// Radios {label, options: [[value, label, hint, disabled]], value, onInput, pointer, hint}
//     one of a few
import { html, useState } from "../lib.js";
import { t } from "../i18n/index.js";
import { Field, useIds } from "./form.js";

export function Chips(props) {
	const { label, values, onInput, pointer, hint, check, suggestions = [], ...rest } = props;
	const [text, setText] = useState("");
	const list = useIds();
	const wrong = text && check?.(text);
	const add = () => {
		const word = text.trim();
		if (!word || wrong) return;
		if (!values.includes(word)) onInput([...values, word]);
		setText("");
	};
	const onKeyDown = (e) => {
		if (e.key == "Enter" || e.key == ",") {
			e.preventDefault();
			add();
		} else if (e.key == "Backspace" && !text) onInput(values.slice(0, -1));
	};
	return html`<${Field} label=${label} pointer=${pointer} problem=${wrong}
		hint=${hint || t("core.addhint")}>${(ids) => html`<div class="chips">
		${values.map((v) => html`<span class="chip" key=${v}>${v}<button type="button" class="x"
			aria-label=${t("core.remove", { name: v })}
			onClick=${() => onInput(values.filter((x) => x != v))}>×</button></span>`)}
		<input value=${text} list=${list} autocomplete="off" spellcheck=${false} onKeyDown=${onKeyDown}
			onInput=${(e) => setText(e.target.value)} onBlur=${add} ...${ids} ...${rest} />
		<datalist id=${list}>${suggestions.map((s) => html`<option value=${s} />`)}</datalist>
	</div>`}<//>`;
}

export function Choices({ label, options, values, onInput, pointer, hint }) {
	const flip = (v) => {
		const on = values.includes(v) ? values.filter((x) => x !== v) : [...values, v];
		onInput(options.map(([o]) => o).filter((o) => on.includes(o)));
	};
	return html`<${Field} ...${{ label, pointer, hint }}>${({ id, ...ids }) => html`
		<div class="choices" role="group" aria-label=${label} id=${id} tabindex="-1" ...${ids}>
			${options.map(([v, word]) => html`<button type="button" class="choice"
				aria-pressed=${values.includes(v)} onClick=${() => flip(v)}>${word}</button>`)}
		</div>`}
	<//>`;
}

export function Radios({ label, options, value, onInput, pointer, hint }) {
	const name = useIds();
	return html`<fieldset class="radios">
		<legend>${label}</legend>
		${options.map(([v, word, more, disabled]) => html`<label class="radio">
			<input type="radio" name=${name} value=${v} checked=${v === value} disabled=${disabled}
				onChange=${() => onInput(v)} />
			<span>${word}${more && html`<span class="hint">${more}</span>`}</span>
		</label>`)}
		${hint && html`<p class="hint">${hint}</p>`}
	</fieldset>`;
}
