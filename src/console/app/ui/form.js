// Forms. The words of a problem stand at the field that its JSON pointer names; the rest of it
// above the buttons. After a failure the first wrong field gets the focus.
//
//   useForm(first)  -> {v, set(change), bind(key), submit(fn), problem, isBusy}
//       v: the values. bind(key): {value, onInput} for a field. submit(async (v) => ...): runs it,
//       keeps what it throws as problem, gives its result or undefined.
//   Form {form | problem, onSubmit, children, buttons}
//       form: what useForm gave. Enter submits. buttons: vnode, Buttons for the usual two.
//   Buttons {label, onCancel, isBusy, disabled}   the submit button and Cancel
//   Field {label, hint, pointer, problem, optional, children: (ids) => vnode}
//       frame of a control of your own: spread ids ({id, aria-describedby, aria-invalid}) on it.
//       pointer: "/connection/host". problem: your own word on the value while it is typed.
//   TextField {label, value, onInput, pointer, hint, type, check, max, rows, optional, ...}
//       onInput gets the text. check(text): a sentence when the text is wrong, shown while typing
//       (not for the empty text). max: a counter of code points to it. rows: several lines.
//       Other attributes go to the input.
//   Select {label, value, onInput, options: [[value, label]], pointer, hint}
//   Check {label, checked, onInput, hint, pointer, disabled}
import { html, createContext, useContext, useEffect, useRef, useState } from "../lib.js";
import { t } from "../i18n/index.js";
import { Button } from "./button.js";
import { Problems } from "./page.js";

const Context = createContext(null);
let last = 0;

export function useForm(first) {
	const [v, setV] = useState(first);
	const [state, setState] = useState({});
	const now = useRef();
	now.current = v;
	const set = (change) => setV((old) => ({ ...old, ...change }));
	const bind = (key) => ({ value: v[key], onInput: (value) => set({ [key]: value }) });
	const submit = async (fn) => {
		setState({ isBusy: true });
		try {
			const result = await fn(now.current);
			setState({});
			return result ?? null;
		} catch (problem) {
			setState({ problem });
		}
	};
	return { v, set, bind, submit, ...state };
}

const isOf = (error, pointer) =>
	error.pointer === pointer || (error.pointer || "").startsWith(pointer + "/");

function Rest({ problem, known }) {
	const errors = problem?.errors || [];
	const others = errors.filter((e) => ![...known].some((p) => isOf(e, p)));
	if (!problem) return null;
	if (!errors.length) return html`<${Problems} problem=${problem} />`;
	const words = others.map((e) => `${e.pointer || e.parameter || ""} ${e.detail}`.trim());
	return html`<${Problems} problem=${{ detail: words.join(" ") || t("core.fields") }} />`;
}

export function Form({ form = {}, problem = form.problem, onSubmit, children, buttons }) {
	const el = useRef();
	const known = useRef(new Set()).current;
	const [, again] = useState(0);
	useEffect(() => {
		if (problem) el.current.querySelector("[aria-invalid=true]")?.focus();
	}, [problem]);
	const send = (e) => {
		e.preventDefault();
		e.stopPropagation();
		onSubmit?.();
	};
	return html`<${Context.Provider} value=${{ problem, known, again }}>
		<form class="form" noValidate ref=${el} onSubmit=${send}>
			${children}
			<${Rest} problem=${problem} known=${known} />
			${buttons && html`<div class="buttons foot">${buttons}</div>`}
		</form>
	<//>`;
}

export const Buttons = ({ label, onCancel, isBusy, disabled }) => html`
	${onCancel && html`<${Button} label=${t("action.cancel")} onClick=${onCancel} />`}
	<${Button} type="submit" kind="primary" label=${label || t("action.save")} isBusy=${isBusy}
		disabled=${disabled} />`;

function useProblemAt(pointer) {
	const context = useContext(Context);
	useEffect(() => {
		if (!context || !pointer) return;
		context.known.add(pointer);
		// What stands above the buttons was written before this field was there.
		if (context.problem) context.again((n) => n + 1);
		return () => context.known.delete(pointer);
	}, [pointer]);
	const errors = (pointer && context?.problem?.errors) || [];
	return errors.filter((e) => isOf(e, pointer)).map((e) => e.detail).join(" ");
}

export function useIds() {
	return useRef("f" + ++last).current;
}

export function Field({ label, hint, pointer, problem, optional, children }) {
	const id = useIds();
	const told = useProblemAt(pointer);
	const words = problem || told;
	const notes = [hint && id + "h", words && id + "p"].filter(Boolean).join(" ");
	const ids = { id, "aria-describedby": notes || undefined, "aria-invalid": words ? "true" : undefined };
	return html`<div class="field">
		<label for=${id}>${label}${optional && html` <span class="muted">(${t("core.optional")})</span>`}</label>
		${children(ids)}
		${words && html`<p class="wrong" id=${id + "p"}>${words}</p>`}
		${hint && html`<p class="hint" id=${id + "h"}>${hint}</p>`}
	</div>`;
}

export function TextField(props) {
	const { label, hint, pointer, optional, value, onInput, check, max, rows, ...rest } = props;
	const text = value ?? "";
	const length = max && [...text].length;
	const wrong = text && check?.(text);
	return html`<${Field} ...${{ label, hint, pointer, optional, problem: wrong }}>${(ids) => html`
		<${rows ? "textarea" : "input"} rows=${rows} autocomplete="off" spellcheck=${false} value=${text}
			onInput=${(e) => onInput(e.target.value)} ...${ids} ...${rest} />
		${max && html`<span class=${"counter" + (length > max ? " wrong" : "")} aria-live="polite">${
			t("core.chars", { a: length, max })}</span>`}`}
	<//>`;
}

export function Select({ label, hint, pointer, optional, value, onInput, options, ...rest }) {
	return html`<${Field} ...${{ label, hint, pointer, optional }}>${(ids) => html`
		<select onChange=${(e) => onInput(e.target.value)} ...${ids} ...${rest}>
			${options.map(([v, word]) => html`<option value=${v} selected=${v == value}>${word}</option>`)}
		</select>`}
	<//>`;
}

export function Check({ label, hint, pointer, checked, onInput, disabled }) {
	const id = useIds();
	const words = useProblemAt(pointer);
	return html`<div class="field check">
		<input type="checkbox" id=${id} checked=${checked} disabled=${disabled}
			aria-describedby=${hint || words ? id + "h" : undefined}
			onChange=${(e) => onInput(e.target.checked)} />
		<label for=${id}>${label}</label>
		${(hint || words) && html`<p class=${words ? "wrong" : "hint"} id=${id + "h"}>${words || hint}</p>`}
	</div>`;
}
