// What a person can do with backups, on the list as on a backup's own page.
//
//   const [act, dialogs] = useActs(reload)
//       act(name, rows): "verify", "hold", "release", "manifest", "delete", "cancel"; dialogs: to be
//       rendered; reload(name) is called when something has changed
//   actionsOf(backup, act)   those that fit it and the session, as Table's `actions`
import { html, useState } from "../lib.js";
import { t } from "../i18n/index.js";
import { getText, patch, post, Problem } from "../api.js";
import { can } from "../session.js";
import { Buttons, Confirm, Dialog, Form, Radios, attempt, toast, useForm } from "../ui/index.js";
import "./backups.text.js";

// So many go in one request.
const BATCH = 50;

export const isRunning = ({ status }) => ["queued", "backing_up"].includes(status);

export function actionsOf(b, act) {
	const isWhole = b.status == "completed";
	const isOurs = b.owner.this;
	const of = (name, more) => ({ label: t("backups." + name), onClick: () => act(name, [b]), ...more });
	return [
		isWhole && can("restore") && { label: t("backups.restore"), to: "/restores/new", query: { backup: b.id } },
		isRunning(b) && can("operate") && of("cancel"),
		isWhole && can("operate") && of("verify", { more: true }),
		isWhole && isOurs && can("operate") && of(b.held ? "release" : "hold", { more: true }),
		{ label: t("action.details"), to: "/backups/" + b.id, more: true },
		isWhole && of("manifest", { more: true }),
		!isRunning(b) && b.status != "deleting" && isOurs && can("admin") &&
			of("delete", { more: true, danger: true, disabled: b.held }),
	];
}

// To the letter: its digest is over these bytes.
async function download({ id, name }) {
	const text = await getText(`/backups/${id}/manifest`);
	const a = document.createElement("a");
	a.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
	a.download = name + ".manifest.json";
	a.click();
	setTimeout(() => URL.revokeObjectURL(a.href), 60000);
}

async function remove(rows) {
	const kept = [];
	for (let i = 0; i < rows.length; i += BATCH) {
		const part = rows.slice(i, i + BATCH);
		const { results } = await post("/backups/batch-delete", { ids: part.map(({ id }) => id) });
		results.forEach(({ status, detail }, n) =>
			status >= 300 && kept.push(`${part[n].name} (${detail})`));
	}
	if (rows.length > kept.length) toast(t("backups.deleting", { n: rows.length - kept.length }));
	if (kept.length) throw new Problem({ detail: t("backups.kept", { names: kept.join("; ") }) });
}

function Delete({ rows, onClose, reload }) {
	const n = rows.length;
	const title = n == 1 ? t("backups.delete.title", rows[0]) : t("backups.delete.many", { n });
	const run = () => remove(rows).finally(() => reload("delete"));
	return html`<${Confirm} title=${title} text=${t("backups.delete.text", { n })} items=${rows}
		onConfirm=${run} onClose=${onClose} />`;
}

function Cancel({ rows: [{ id, name }], onClose, reload }) {
	const run = async () => {
		await post(`/backups/${id}/cancel`);
		reload("cancel");
	};
	return html`<${Confirm} title=${t("backups.cancel.title", { name })} text=${t("backups.cancel.text")}
		action=${t("backups.cancel.yes")} onConfirm=${run} onClose=${onClose} />`;
}

function Verify({ rows: [{ id, name }], onClose, reload }) {
	const form = useForm({ read: "all" });
	const send = async (v) => {
		await post(`/backups/${id}/verify`, v);
		toast(t("backups.verifying", { name }));
		reload("verify");
		onClose();
	};
	return html`<${Dialog} title=${t("backups.verify.title", { name })} onClose=${onClose}>
		<p>${t("backups.verify.text")}</p>
		<${Form} form=${form} onSubmit=${() => form.submit(send)} buttons=${html`
			<${Buttons} label=${t("backups.verify")} onCancel=${onClose} isBusy=${form.isBusy} />`}>
			<${Radios} label=${t("backups.verify.read")} ...${form.bind("read")} options=${[
				["all", t("backups.verify.all")],
				["sample", t("backups.verify.sample"), t("backups.verify.samplehint")]]} />
		<//>
	<//>`;
}

const dialogs = { delete: Delete, cancel: Cancel, verify: Verify };

async function hold({ id, name, revision }, held, reload) {
	await patch("/backups/" + id, { held }, revision);
	toast(t(held ? "backups.isheld" : "backups.released", { name }));
	reload("hold");
}

export function useActs(reload) {
	const [open, setOpen] = useState(null);
	const act = (name, rows) => {
		if (name in dialogs) setOpen({ name, rows });
		else if (name == "manifest") attempt(download(rows[0]));
		else attempt(hold(rows[0], name == "hold", reload));
	};
	const view = open && html`<${dialogs[open.name]} rows=${open.rows} reload=${reload}
		onClose=${() => setOpen(null)} />`;
	return [act, view];
}
