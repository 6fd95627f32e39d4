// Table {label, columns, rows, ...}
//     label: names it for screen readers
//     columns: [{key, label, cell: (row) => vnode, sort, end, from, wrap}]
//              the first one is the row's heading. cell: row[key] if absent. sort: the member that
//              the API sorts by. end: at the right edge (numbers). from: "m" or "l": left out below
//              720 or 1100 px. wrap: the text may take several lines (not with thousands of rows)
//     rows, rowKey(row) (row.id if absent)
//     sort ("-created_at"), onSort(text): by default bound to "sort" of the hash's query
//     selected: a Set of keys, onSelect(set): gives rows check boxes; nameOf(row) for their labels
//     actions(row): [{label, onClick, to, danger, disabled, title, more}]: buttons in the row; those
//              with `more` lie in the menu "More". false ones are left out
//     list: what useList gave, for rows, paging and its problem all at once
//     empty: vnode in place of an empty table (Empty); with filters set the caller passes nothing,
//              and a line says that nothing matches
// Many rows scroll in a frame of their own, and only those that are seen exist. Arrow up and down
// go from row to row with the focus in the same place.
import { html, useEffect, useRef, useState } from "../lib.js";
import { t } from "../i18n/index.js";
import { useRoute, setQuery } from "../router.js";
import { Button, Menu } from "./button.js";
import { Problems } from "./page.js";

const MANY = 100;
const AHEAD = 12;

function Sorter({ column, sort, onSort }) {
	const { label, sort: by } = column;
	const dir = sort == by ? "ascending" : sort == "-" + by ? "descending" : undefined;
	const mark = dir ? (dir == "ascending" ? " ↑" : " ↓") : "";
	const next = sort == "-" + by ? by : "-" + by;
	const more = { class: look(column), scope: "col", "aria-sort": dir };
	return html`<th ...${more}>${by
		? html`<button type="button" class="sort" onClick=${() => onSort(next)}>${label}${mark}</button>`
		: label}</th>`;
}

const look = ({ end, from, wrap }) =>
	[end && "end", from && "from-" + from, wrap && "wrap"].filter(Boolean).join(" ");

function Actions({ items, name }) {
	const all = items.filter(Boolean);
	const rest = all.filter((x) => x.more);
	return html`<td class="actions"><div>
		${all.filter((x) => !x.more).map(({ more, danger, ...x }) => html`<${Button} ...${x}
			kind=${danger ? "link danger" : "link"} aria-label=${name ? `${x.label}: ${name}` : undefined} />`)}
		${rest.length > 0 && html`<${Menu} kind="link" items=${rest} text=${t("action.more")}
			label=${name ? `${t("action.more")}: ${name}` : t("action.more")} />`}
	</div></td>`;
}

function Row({ row, index, id, props }) {
	const { columns, selected, onSelect, actions, nameOf = (r) => r.name } = props;
	const flip = () => {
		const next = new Set(selected);
		if (!next.delete(id)) next.add(id);
		onSelect(next);
	};
	const cell = (c) => (c.cell ? c.cell(row) : row[c.key]);
	return html`<tr aria-rowindex=${index + 2} class=${selected?.has(id) ? "on" : ""}>
		${selected && html`<td class="pick"><input type="checkbox" checked=${selected.has(id)}
			aria-label=${t("core.select", { name: nameOf(row) || id })} onChange=${flip} /></td>`}
		${columns.map((c, i) => i
			? html`<td class=${look(c)}>${cell(c)}</td>`
			: html`<th scope="row" class=${look(c)}>${cell(c)}</th>`)}
		${actions && html`<${Actions} items=${actions(row)} name=${nameOf(row)} />`}
	</tr>`;
}

// The part of the rows that is seen: {first, last, height of a row}.
function useWindow(frame, count, isMany, onEnd) {
	const [view, setView] = useState({ first: 0, last: MANY, height: 36 });
	const look = () => {
		const el = frame.current;
		if (!el || !isMany) return;
		const height = el.querySelector("tbody tr:not(.gap)")?.offsetHeight || 36;
		const first = Math.max(0, Math.floor(el.scrollTop / height) - AHEAD);
		const last = Math.min(count, first + Math.ceil(el.clientHeight / height) + 2 * AHEAD);
		setView((v) => (v.first == first && v.last == last && v.height == height ? v : { first, last, height }));
		if (el.scrollTop + 3 * el.clientHeight > el.scrollHeight) onEnd?.();
	};
	useEffect(look, [count, isMany]);
	return [isMany ? view : { first: 0, last: count, height: 36 }, look];
}

function onArrow(e) {
	const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[e.key];
	const row = e.target.closest("tr");
	if (!step || !row || /^(SELECT|TEXTAREA)$/.test(e.target.tagName)) return;
	if (e.target.getAttribute("aria-haspopup") && e.key == "ArrowDown") return;
	const inside = (r) => [...r.querySelectorAll("a, button:not([role=menuitem]), input")];
	const at = inside(row).indexOf(e.target);
	const next = row[step] && inside(row[step]);
	if (at < 0 || !next?.length) return;
	e.preventDefault();
	next[Math.min(at, next.length - 1)].focus();
}

const Gap = ({ height }) => height > 0 && html`<tr class="gap" aria-hidden="true"
	style=${{ height: height + "px" }}><td></td></tr>`;

function Foot({ rows, list }) {
	const total = list?.total ?? rows.length;
	return html`<div class="under">
		<span class="muted">${t("core.shown", { a: rows.length, b: total })}</span>
		${list?.hasMore && html`<${Button} kind="link" label=${t("action.loadmore")} isBusy=${list.isLoading}
			onClick=${list.more} />`}
	</div>`;
}

function Head({ props, rows, keyOf, sort, onSort }) {
	const { columns, selected, onSelect, actions } = props;
	const isAll = rows.length > 0 && selected?.size >= rows.length;
	return html`<thead><tr aria-rowindex="1">
		${selected && html`<td class="pick"><input type="checkbox" checked=${isAll}
			aria-label=${t("core.all")} onChange=${() => onSelect(new Set(isAll ? [] : rows.map(keyOf)))} /></td>`}
		${columns.map((column) => html`<${Sorter} ...${{ column, sort, onSort }} />`)}
		${actions && html`<th scope="col" class="actions">${t("col.actions")}</th>`}
	</tr></thead>`;
}

export function Table(props) {
	const { label, list, rows = list.items, rowKey: keyOf = (r) => r.id, empty } = props;
	const { query } = useRoute();
	const frame = useRef();
	const { sort = query.sort, onSort = (s) => setQuery({ sort: s }) } = props;
	const isMany = rows.length > MANY;
	const [{ first, last, height }, look] = useWindow(frame, rows.length, isMany, list?.more);
	if (!rows.length && list?.problem) return html`<${Problems} problem=${list.problem} retry=${list.reload} />`;
	if (!rows.length && list?.isLoading) return html`<p class="muted" role="status">${t("core.loading")}</p>`;
	if (!rows.length) return empty || html`<p class="muted">${t("core.none")}</p>`;
	return html`${list?.problem && html`<${Problems} problem=${list.problem} retry=${list.reload} />`}
		<div class=${isMany ? "frame many" : "frame"} ref=${frame} tabindex="0" role="region"
			aria-label=${label} onScroll=${look}>
			<table aria-label=${label} aria-rowcount=${(list?.total ?? rows.length) + 1}>
				<${Head} ...${{ props, rows, keyOf, sort, onSort }} />
				<tbody onKeyDown=${onArrow}>
					<${Gap} key="above" height=${first * height} />
					${rows.slice(first, last).map((row, i) => html`<${Row} key=${keyOf(row)} id=${keyOf(row)}
						...${{ row, props, index: first + i }} />`)}
					<${Gap} key="below" height=${(rows.length - last) * height} />
				</tbody>
			</table>
		</div>
		<${Foot} rows=${rows} list=${list} />`;
}
