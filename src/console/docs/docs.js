// The page of the API: every route of /openapi.json by its tag, and each can be tried with the
// session that the browser has.
import { html, render, useState, useEffect } from "../app/lib.js";
import { resolver, describe, sample } from "./schema.js";
import { Try } from "./try.js";

const typesOf = (thing) => Object.entries(thing?.content || {});

// [{tag, operations: [{method, path, op}]}], in the order of the document.
function byTag(doc) {
	const tags = new Map();
	for (const [path, methods] of Object.entries(doc.paths)) {
		for (const [method, op] of Object.entries(methods)) {
			const tag = op.tags?.[0] || "other";
			tags.set(tag, [...(tags.get(tag) || []), { method: method.toUpperCase(), path, op }]);
		}
	}
	return [...tags].map(([tag, operations]) => ({ tag, operations }));
}

const Shape = ({ type, schema, at }) => html`<p class="mono muted">${type}</p>
	<pre tabindex="0">${describe(schema, at)}</pre>`;

const Parameters = ({ list, at }) => list.length > 0 && html`<h3>Parameters</h3><dl>${list.map((p) =>
	html`<dt class="mono">${p.name} <span class="muted">${p.in}</span></dt>
		<dd>${describe(p.schema, at)}${p.description ? " - " + p.description : ""}</dd>`)}</dl>`;

const Replies = ({ replies, at }) => html`<h3>Replies</h3><dl>${Object.entries(replies).map(([status, r]) =>
	html`<dt>${status}</dt><dd>${at(r).description}
		${typesOf(at(r)).map(([type, c]) => status < 400 && html`<${Shape} type=${type} schema=${c.schema} at=${at} />`)}
	</dd>`)}</dl>`;

const Inside = ({ method, path, op, at }) => html`<div class="inside">
	${op.description && html`<p>${op.description}</p>`}
	<p class="muted">${op["x-role"] == "none" ? "Needs no token." : `Needs the role ${op["x-role"]}.`}</p>
	<${Parameters} list=${op.parameters || []} at=${at} />
	${op.requestBody && html`<h3>Body</h3>${typesOf(op.requestBody).map(([type, c]) =>
		html`<${Shape} type=${type} schema=${c.schema} at=${at} />`)}`}
	<${Replies} replies=${op.responses} at=${at} />
	<${Try} method=${method} path=${path} parameters=${op.parameters || []}
		body=${op.requestBody && sample(typesOf(op.requestBody)[0][1].schema, at)} />
</div>`;

// What is inside is made when it is opened: there are many.
function Operation(props) {
	const [isOpen, setOpen] = useState(false);
	const { method, path, op } = props;
	return html`<details onToggle=${(e) => setOpen(e.currentTarget.open)}>
		<summary><span class=${"method " + method}>${method}</span> <code>${path}</code>
			<span class="muted"> ${op.summary}</span></summary>
		${isOpen && html`<${Inside} ...${props} />`}
	</details>`;
}

function Document({ doc }) {
	const at = resolver(doc), tags = byTag(doc);
	return html`<p>${doc.info.description}</p>
		<p><a href="/openapi.json">openapi.json</a> - <a href="/">the console</a></p>
		<nav aria-label="Tags"><ul>${tags.map(({ tag }) => html`<li><a href=${"#" + tag}>${tag}</a></li>`)}</ul></nav>
		${tags.map(({ tag, operations }) => html`<section aria-labelledby=${tag}>
			<h2 id=${tag}>${tag}</h2>
			${operations.map((o) => html`<${Operation} key=${o.method + o.path} ...${o} at=${at} />`)}
		</section>`)}`;
}

function Docs() {
	const [state, set] = useState({});
	useEffect(() => {
		fetch("/openapi.json").then(async (reply) => set(reply.ok ? { doc: await reply.json() }
			: { problem: reply.status })).catch(() => set({ problem: "no connection" }));
	}, []);
	return html`<main class="docs"><h1>API of Coffer</h1>
		${state.problem == 401 && html`<p role="alert">Sign in first: <a href="/">the console</a>.
			Then come back to this page.</p>`}
		${state.problem && state.problem != 401 && html`<p role="alert">The document cannot be read
			(${state.problem}).</p>`}
		${state.doc && html`<${Document} doc=${state.doc} />`}
	</main>`;
}

render(html`<${Docs} />`, document.getElementById("app"));
