// Sends one request with what the form holds, and shows what came back.
import { html, useState } from "../app/lib.js";

function target(path, parameters, values) {
	const query = new URLSearchParams();
	for (const p of parameters) {
		const value = values[p.name] || "";
		const part = p.name == "path" ? encodeURI(value) : encodeURIComponent(value);
		if (p.in == "path") path = path.replace(`{${p.name}}`, part);
		else if (p.in == "query" && value) query.set(p.name, value);
	}
	return path + (query.size || `${query}` ? "?" + query : "");
}

const pretty = (text) => {
	try {
		return JSON.stringify(JSON.parse(text), null, 2);
	} catch {
		return text;
	}
};

async function send(method, url, body) {
	const init = { method, headers: method == "GET" ? {} : { "X-Coffer-Console": "1" }, cache: "no-store" };
	if (body) {
		init.headers["Content-Type"] = "application/json";
		init.body = body;
	}
	const reply = await fetch(url, init);
	return `${reply.status} ${reply.statusText}\n\n${pretty(await reply.text())}`;
}

export function Try({ method, path, parameters, body }) {
	const [values, setValues] = useState({});
	const [text, setText] = useState(body ? JSON.stringify(body, null, 2) : "");
	const [answer, setAnswer] = useState("");
	const [isBusy, setBusy] = useState(false);
	const submit = async (e) => {
		e.preventDefault();
		setBusy(true);
		setAnswer(await send(method, target(path, parameters, values), text).catch((x) => String(x)));
		setBusy(false);
	};
	const fields = parameters.filter((p) => p.in != "header");
	return html`<h3>Try it</h3><form onSubmit=${submit}>
		${method != "GET" && html`<p class="muted">This is done for real, on this server.</p>`}
		${fields.map((p) => html`<label>${p.name}
			<input required=${p.in == "path"} value=${values[p.name] || ""}
				onInput=${(e) => setValues({ ...values, [p.name]: e.target.value })} /></label>`)}
		${body && html`<label>Body<textarea spellcheck="false" value=${text}
			onInput=${(e) => setText(e.target.value)}></textarea></label>`}
		<button class="button" disabled=${isBusy}>Send</button>
	</form><div role="status">${answer && html`<pre tabindex="0">${answer}</pre>`}</div>`;
}
