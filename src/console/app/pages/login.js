// Signing in, by a token or by name and password.
import { html } from "../lib.js";
import { t } from "../i18n/index.js";
import { signIn } from "../session.js";
import { Page, Form, useForm, TextField, Button, Radios } from "../ui/index.js";

const ByToken = ({ form }) => html`<${TextField} label=${t("login.token")} name="token" type="password"
	hint=${t("login.tokenhint")} pointer="/token" required ...${form.bind("token")} />`;

const ByName = ({ form }) => html`
	<${TextField} label=${t("login.name")} name="name" pointer="/name" autocomplete="username" required
		...${form.bind("name")} />
	<${TextField} label=${t("login.password")} name="password" pointer="/password" type="password"
		autocomplete="current-password" required ...${form.bind("password")} />`;

export function Login() {
	const form = useForm({ by: "token", token: "", name: "", password: "" });
	const { by, token, name, password } = form.v;
	const body = by == "token" ? { token: token.trim() } : { name, password };
	return html`<div class="login card"><${Page} title=${t("login.title")}>
		<${Form} form=${form} onSubmit=${() => form.submit(() => signIn(body))} buttons=${html`
			<${Button} type="submit" kind="primary" label=${t("login.submit")} isBusy=${form.isBusy} />`}>
			<${Radios} label=${t("login.by")} options=${[["token", t("login.token")],
				["password", t("login.password")]]} ...${form.bind("by")} />
			${by == "token" ? html`<${ByToken} form=${form} />` : html`<${ByName} form=${form} />`}
		<//>
	<//></div>`;
}
