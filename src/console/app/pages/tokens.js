// The tokens: listed, made, deleted.
import { html, useState } from "../lib.js";
import { t, label } from "../i18n/index.js";
import { post, del } from "../api.js";
import { useList } from "../data.js";
import { dayEnd } from "../format.js";
import { can } from "../session.js";
import {
	Card, Table, Button, Buttons, Dialog, Confirm, Form, useForm, TextField, Select, Time, Code, Notice, toast,
} from "../ui/index.js";
import "./settings.text.js";

const roles = ["read", "operate", "restore", "admin"];

const columns = () => [
	{ key: "name", label: t("col.name"), sort: "name" },
	{ label: t("set.role"), cell: (x) => label("role", x.role) },
	{ label: t("col.created"), sort: "created_at", from: "m", cell: (x) => html`<${Time} at=${x.created_at} />` },
	{ label: t("set.expires"), sort: "expires_at", cell: (x) => x.expires_at
		? html`<${Time} at=${x.expires_at} />` : t("set.never") },
];

const Made = ({ token, onClose }) => html`<${Dialog} title=${token.name} onClose=${onClose}
	buttons=${html`<${Button} kind="primary" label=${t("action.close")} onClick=${onClose} />`}>
	<${Notice} kind="warn">${t("set.token")}<//>
	<${Code} label=${t("set.tokens")} text=${token.token} />
<//>`;

function Create({ onClose, onMade }) {
	const form = useForm({ name: "", role: "read", expires: "", password: "" });
	const make = () => form.submit(async ({ name, role, expires, password }) => onMade(await post("/tokens", {
		name, role, expires_at: expires ? dayEnd(expires) : null, ...(password && { password }),
	})));
	return html`<${Dialog} title=${t("set.newtoken")} onClose=${onClose}>
		<${Form} form=${form} onSubmit=${make} buttons=${html`<${Buttons} label=${t("action.create")}
			onCancel=${onClose} isBusy=${form.isBusy} />`}>
			<${TextField} label=${t("col.name")} pointer="/name" ...${form.bind("name")} />
			<${Select} label=${t("set.role")} pointer="/role" hint=${t("set.role.hint")}
				options=${roles.map((r) => [r, label("role", r)])} ...${form.bind("role")} />
			<${TextField} label=${t("set.expires")} type="date" pointer="/expires_at" optional
				hint=${t("set.expires.hint")} ...${form.bind("expires")} />
			<${TextField} label=${t("set.password")} type="password" autocomplete="new-password" pointer="/password"
				optional hint=${t("set.password.hint")} ...${form.bind("password")} />
		<//>
	<//>`;
}

export function Tokens() {
	const list = useList(can("admin") ? "/tokens" : null, {}, { on: ["audit"] });
	const [dialog, setDialog] = useState({});
	const close = () => setDialog({});
	if (!can("admin")) return html`<p>${t("set.admin")}</p>`;
	const made = (token) => {
		setDialog({ token });
		list.reload();
	};
	const remove = async () => {
		await del("/tokens/" + dialog.gone.id);
		toast(t("set.deleted", dialog.gone));
		list.reload();
	};
	return html`<${Card} title=${t("set.tokens")} actions=${html`<${Button} kind="primary"
			label=${t("set.newtoken")} onClick=${() => setDialog({ isNew: true })} />`}>
			<${Table} label=${t("set.tokens")} columns=${columns()} list=${list} actions=${(x) => [
				{ label: t("action.delete"), danger: true, onClick: () => setDialog({ gone: x }) }]} />
		<//>
		${dialog.isNew && html`<${Create} onClose=${close} onMade=${made} />`}
		${dialog.token && html`<${Made} token=${dialog.token} onClose=${close} />`}
		${dialog.gone && html`<${Confirm} title=${t("set.deltoken", dialog.gone)} text=${t("set.deltoken.text")}
			onConfirm=${remove} onClose=${close} />`}`;
}
