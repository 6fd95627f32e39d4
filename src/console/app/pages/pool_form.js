// Binding a pool, or updating one. PoolForm {pool, onClose, onDone}: a dialog; pool: the one that is
// updated; onDone(pool) with what the server made of it.
import { html } from "../lib.js";
import { t } from "../i18n/index.js";
import { patch, post } from "../api.js";
import { Buttons, Check, Chips, Dialog, Form, Radios, Select, TextField, useForm } from "../ui/index.js";
import "./pools.text.js";

const MIB = 1048576;
const PARTS = [1, 4, 8, 16, 32, 64, 128, 256];

const nameProblem = (name) =>
	(/^[A-Za-z][A-Za-z0-9._-]{0,63}$/.test(name) ? undefined : t("pools.name.bad"));
const recipientProblem = (text) =>
	(/^age1[02-9ac-hj-np-z]{58}$/.test(text) ? undefined : t("pools.recipients.bad"));

const S3 = { endpoint: "", region: "", bucket: "", prefix: "", access_key: "", path_style: true, ca_file: "" };

const first = (pool) => ({
	name: pool?.name || "", remarks: pool?.remarks || "",
	storage_type: pool?.storage_type || "object_storage",
	...S3, ...pool?.object_storage, ca_file: pool?.object_storage?.ca_file || "", secret_key: "",
	path: pool?.local_directory?.path || "",
	part_bytes: pool?.part_bytes || 8 * MIB,
	isEncrypted: !!pool?.encryption, recipients: pool?.encryption?.recipients || [],
	identity: "", confirm_stored: false,
});

function encryptionOf({ isEncrypted, recipients, identity, confirm_stored }) {
	if (!isEncrypted) return null;
	return { recipients, ...(identity && { identity }), ...(confirm_stored && { confirm_stored }) };
}

function bodyOf(v, isNew) {
	const body = { name: v.name, remarks: v.remarks, part_bytes: +v.part_bytes, encryption: encryptionOf(v) };
	if (isNew) body.storage_type = v.storage_type;
	if (v.storage_type == "local_directory") return { ...body, local_directory: { path: v.path } };
	const s3 = Object.fromEntries(Object.keys(S3).map((key) => [key, v[key]]));
	s3.ca_file = v.ca_file || null;
	// The server's own region where none is given.
	s3.region = v.region || null;
	if (isNew || v.secret_key) s3.secret_key = v.secret_key;
	return { ...body, object_storage: s3 };
}

const at = (key) => "/object_storage/" + key;

function Bucket({ form, isNew }) {
	const text = (key, word, more) => html`<${TextField} label=${t(word)} pointer=${at(key)}
		...${form.bind(key)} ...${more} />`;
	return html`
		<div class="row">
			${text("endpoint", "pools.endpoint", { hint: t("pools.endpoint.hint"), required: true })}
			${text("region", "col.region", { optional: true })}
		</div>
		<div class="row">
			${text("bucket", "pools.bucket", { required: true })}
			${text("prefix", "pools.prefix", { optional: true, hint: t("pools.prefix.hint") })}
		</div>
		<div class="row">
			${text("access_key", "pools.access", { required: true })}
			${text("secret_key", "pools.secret", { type: "password", autocomplete: "new-password",
				hint: isNew ? "" : t("pools.secret.same") })}
		</div>
		<${Check} label=${t("pools.style")} hint=${t("pools.style.hint")} checked=${form.v.path_style}
			onInput=${(path_style) => form.set({ path_style })} />
		${text("ca_file", "pools.ca", { optional: true, hint: t("pools.ca.hint") })}`;
}

function Encryption({ form, isNew }) {
	const { v, set, bind } = form;
	return html`
		<${Check} label=${t("pools.encrypt")} hint=${t("pools.encrypt.hint")} checked=${v.isEncrypted}
			pointer="/encryption" onInput=${(isEncrypted) => set({ isEncrypted })} />
		${v.isEncrypted && html`
			<${Chips} label=${t("pools.recipients")} hint=${t("pools.recipients.hint")}
				pointer="/encryption/recipients" values=${v.recipients} check=${recipientProblem}
				onInput=${(recipients) => set({ recipients })} />
			<${TextField} label=${t("pools.identity")} optional type="password" autocomplete="off"
				pointer="/encryption/identity" ...${bind("identity")}
				hint=${t("pools.identity.hint") + (isNew ? "" : " " + t("pools.identity.same"))} />
			<${Check} label=${t("pools.confirm")} hint=${t("pools.confirm.hint")}
				pointer="/encryption/confirm_stored" checked=${v.confirm_stored}
				onInput=${(confirm_stored) => set({ confirm_stored })} />`}`;
}

export function PoolForm({ pool, onClose, onDone }) {
	const form = useForm(first(pool));
	const { v, bind } = form;
	const isNew = !pool;
	const send = async (values) => {
		const body = bodyOf(values, isNew);
		onDone(isNew ? await post("/pools", body) : await patch("/pools/" + pool.id, body, pool.revision));
	};
	const title = isNew ? t("pools.bind.title") : t("pools.update.title", pool);
	const sizes = [...new Set([...PARTS, v.part_bytes / MIB])].sort((a, b) => a - b);
	return html`<${Dialog} wide title=${title} onClose=${onClose}>
		<${Form} form=${form} onSubmit=${() => form.submit(send)} buttons=${html`
			<${Buttons} label=${t(isNew ? "pools.bind" : "pools.update")} onCancel=${onClose}
				isBusy=${form.isBusy} />`}>
			<${TextField} label=${t("col.name")} pointer="/name" required check=${nameProblem} ...${bind("name")} />
			${isNew && html`<${Radios} label=${t("pools.type")} ...${bind("storage_type")}
				options=${["object_storage", "local_directory"].map((s) => [s, t("pools.type." + s)])} />`}
			${v.storage_type == "object_storage" ? html`<${Bucket} form=${form} isNew=${isNew} />`
				: html`<${TextField} label=${t("pools.path")} hint=${t("pools.path.hint")} required
					pointer="/local_directory/path" ...${bind("path")} />`}
			<${Select} label=${t("pools.part")} pointer="/part_bytes" ...${bind("part_bytes")}
				options=${sizes.map((n) => [n * MIB, n + " MiB"])} />
			<${Encryption} form=${form} isNew=${isNew} />
			<${TextField} label=${t("col.remarks")} optional rows="2" pointer="/remarks" ...${bind("remarks")} />
			${form.isBusy && html`<p role="status">${t("pools.testing")}</p>`}
		<//>
	<//>`;
}
