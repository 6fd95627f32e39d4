// Tokens, limits, how things are shown, and what this is made of.
import { html, useState } from "../lib.js";
import { t, label, language, setLanguage } from "../i18n/index.js";
import { useResource } from "../data.js";
import { bytes, count, duration, zone, setZone, isZoneChosen } from "../format.js";
import { theme, setTheme } from "../theme.js";
import { Page, Card, Loading, Facts, Tabs, Select } from "../ui/index.js";
import { Tokens } from "./tokens.js";
import "./settings.text.js";

const limits = ({ limits: l, quota, jobs }) => [
	[t("set.manual"), t("set.used", { a: quota.manual_backups.used, b: quota.manual_backups.max })],
	[t("set.jobs"), `${count(l.concurrent_jobs)} (${t("set.running", { a: jobs.running, b: jobs.queued })})`],
	[t("set.tables"), count(l.tables_per_source)],
	[t("set.buffer"), bytes(l.buffer_bytes)],
	[t("set.body"), bytes(l.request_body_bytes)],
	[t("set.connections"), count(l.connections)],
	[t("set.batch"), count(l.batch_delete)],
];

const Limits = ({ of }) => html`<${Card} title=${t("set.limits")}><${Loading} of=${of}>${(s) => html`
	<${Facts} items=${limits(s)} />`}<//><p class="hint">${t("set.where")}</p><//>`;

function Display() {
	const [, again] = useState(0);
	const zones = Intl.supportedValuesOf("timeZone");
	const chosen = isZoneChosen() ? zone() : "";
	const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
	const put = (name) => {
		setZone(name);
		again((n) => n + 1);
	};
	return html`<${Card} title=${t("set.display")}>
		<${Select} label=${t("set.zone")} hint=${t("set.zone.hint")} value=${chosen} onInput=${put}
			options=${[["", t("set.browser", { zone: own })], ["UTC", "UTC"],
				...zones.filter((z) => z != "UTC").map((z) => [z, z])]} />
		<${Select} label=${t("core.language")} value=${language()} onInput=${setLanguage}
			options=${[["en", "English"], ["zh", "简体中文"]]} />
		<${Select} label=${t("core.theme")} value=${theme.use()} onInput=${setTheme}
			options=${["", "light", "dark"].map((v) => [v, t("theme." + v)])} />
	<//>`;
}

const parts = [["Preact 11.2.0", "Jason Miller", "MIT"], ["htm 3.1.1", "Google Inc.", "Apache-2.0"],
	["uPlot 1.6.32", "Leon Sorokin", "MIT"]];

const About = ({ of }) => html`<${Card} title=${t("set.about")}><${Loading} of=${of}>${(s) => html`
	<${Facts} items=${[
		[t("set.version"), "Coffer " + s.version],
		[t("set.server"), html`<span class="mono">${s.server_id}</span>`],
		[t("set.up"), duration(s.uptime_seconds)],
		[t("set.stored"), bytes(s.stored_bytes)],
		[t("set.engines"), s.engines.map((e) => label("engine", e.engine)).join(", ")],
	]} />`}<//><//>
	<${Card} title=${t("set.licences")}>
		<ul>${parts.map(([name, who, licence]) => html`<li>${t("set.by", { name, who, licence })}</li>`)}</ul>
		<p class="hint">${t("set.texts")}</p>
	<//>`;

export function Settings() {
	const of = useResource("/system", null, { on: ["job"] });
	return html`<${Page} title=${t("nav.settings")}><${Tabs} tabs=${[
		{ key: "tokens", label: t("set.tokens"), body: () => html`<${Tokens} />` },
		{ key: "limits", label: t("set.limits"), body: () => html`<${Limits} of=${of} />` },
		{ key: "display", label: t("set.display"), body: () => html`<${Display} />` },
		{ key: "about", label: t("set.about"), body: () => html`<${About} of=${of} />` },
	]} /><//>`;
}
