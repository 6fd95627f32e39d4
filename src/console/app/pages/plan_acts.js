// What can be done with a plan.
//   actionsOf(plan, act)      for a Table's row
//   usePlanActs(done)         [act(kind, plan), dialogs]; done(kind) when something has changed
import { html, useEffect, useState } from "../lib.js";
import { t } from "../i18n/index.js";
import { del, patch, post } from "../api.js";
import { can } from "../session.js";
import { attempt, Check, Confirm, Problems } from "../ui/index.js";
import "./plans.text.js";

export function actionsOf(plan, act) {
	const { id, enabled, expiry_held: isHeld } = plan;
	const one = (kind, more) => ({ label: t("plans." + kind), onClick: () => act(kind, plan), ...more });
	const open = (key) => ({ to: "/plans/new", query: { [key]: id } });
	return [
		can("operate") && one("execute"),
		...(can("admin") ? [
			one(enabled ? "pause" : "resume"),
			{ label: t("plans.update"), ...open("edit") },
			{ label: t("plans.duplicate"), more: true, ...open("from") },
			isHeld && one("release", { more: true }),
			one("delete", { more: true, danger: true }),
		] : []),
	];
}

// What would go is asked of the server, with and without the backups.
function Delete({ plan: { id, name }, done, onClose }) {
	const [isAll, setAll] = useState(false);
	const [would, setWould] = useState({ items: null });
	const params = { delete_backups: isAll };
	useEffect(() => {
		let isOver = false;
		const put = (state) => isOver || setWould(state);
		setWould({ items: null });
		del(`/plans/${id}`, { ...params, dry_run: true }).then(
			(reply) => put({ items: reply.would_delete.filter((x) => x.id != id) }),
			(problem) => put({ items: null, problem }));
		return () => (isOver = true);
	}, [isAll]);
	return html`<${Confirm} title=${t("plans.delete.title", { name })} onClose=${onClose}
		text=${t(isAll ? "plans.delete.all" : "plans.delete.text")} items=${would.problem ? undefined : would.items}
		onConfirm=${() => del(`/plans/${id}`, params).then(done)}>
		<${Problems} problem=${would.problem} />
		<${Check} label=${t("plans.delete.backups")} checked=${isAll} onInput=${setAll} />
	<//>`;
}

const Release = ({ plan, done, onClose }) => html`<${Confirm} reversible onClose=${onClose}
	title=${t("plans.release.title", plan)} text=${plan.expiry_held?.reason} action=${t("plans.release")}
	onConfirm=${() => post(`/plans/${plan.id}/release`).then(done)}>
	<p>${t("plans.release.text")}</p><//>`;

export function usePlanActs(done) {
	const [open, setOpen] = useState(null);
	const quick = {
		execute: (plan) => attempt(post(`/plans/${plan.id}/execute`), t("plans.executed", plan)),
		pause: (plan) => attempt(patch(`/plans/${plan.id}`, { enabled: false }), t("plans.paused", plan)),
		resume: (plan) => attempt(patch(`/plans/${plan.id}`, { enabled: true }), t("plans.resumed", plan)),
	};
	const act = (kind, plan) => (quick[kind] ? quick[kind](plan).then(() => done(kind)) : setOpen({ kind, plan }));
	const Box = { delete: Delete, release: Release }[open?.kind];
	return [act, Box && html`<${Box} plan=${open.plan} done=${() => done(open.kind)}
		onClose=${() => setOpen(null)} />`];
}
