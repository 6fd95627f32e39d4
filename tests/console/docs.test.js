// /docs: the page of the API, which tells every route and tries it.
import { strict as assert } from "node:assert";

import { test } from "./rig/cases.js";

const operation = (page, method, path) => page.locator("details")
	.filter({ has: page.locator("summary .method").getByText(method, { exact: true }) })
	.filter({ has: page.locator("summary code").getByText(path, { exact: true }) });

test("every route of the document is shown", async ({ page, see, api }) => {
	await page.goto("/docs");
	await page.getByRole("heading", { level: 1, name: "API of Coffer" }).waitFor();
	const { paths } = await api.get("/openapi.json");
	const told = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods)
		.map(([method, { summary }]) => `${method.toUpperCase()} ${path} ${summary}`));
	await page.locator("summary").first().waitFor();
	const shown = (await page.locator("summary").allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim());
	assert(told.length > 50);
	assert.deepEqual(shown.sort(), told.map((text) => text.trim()).sort());
	await see("routes");
});

test("a call is tried, with what a route takes", async ({ page, see, api, allow }) => {
	await page.goto("/docs");
	const one = operation(page, "GET", "/v1/sources/{id}");
	await one.locator("summary").click();
	await one.getByText("Needs the role").waitFor();
	await one.getByRole("heading", { name: "Replies" }).waitFor();
	await one.getByLabel("id", { exact: true }).fill("shop");
	await one.getByRole("button", { name: "Send" }).click();
	const answer = one.getByRole("status").locator("pre");
	await answer.getByText("200 OK").waitFor();
	const text = await answer.innerText();
	assert.deepEqual(JSON.parse(text.slice(text.indexOf("{"))), await api.get("/v1/sources/shop"));
	await see("a call tried");
	// What the server refuses is shown as it says it.
	allow(404, "/v1/sources/nobody");
	await one.getByLabel("id", { exact: true }).fill("nobody");
	await one.getByRole("button", { name: "Send" }).click();
	await answer.getByText(/^404/).waitFor();
	await answer.getByText("not_found").waitFor();
});

test("a call that writes, with a body to begin with", async ({ page, see, api }) => {
	await page.goto("/docs");
	const one = operation(page, "POST", "/v1/pools");
	await one.locator("summary").click();
	await one.getByText("This is done for real").waitFor();
	const body = one.getByLabel("Body");
	assert("name" in JSON.parse(await body.inputValue()));
	await see("a body");
	const timer = operation(page, "POST", "/v1/timers/preview");
	await timer.locator("summary").click();
	const wanted = { timer: { cycle: "once", date: "2099-12-31", at: "23:59", timezone: "Europe/Berlin" }, count: 1 };
	await timer.getByLabel("Body").fill(JSON.stringify(wanted));
	await timer.getByRole("button", { name: "Send" }).click();
	const answer = timer.getByRole("status").locator("pre");
	await answer.getByText("200 OK").waitFor();
	const text = await answer.innerText();
	assert.deepEqual(JSON.parse(text.slice(text.indexOf("{"))), await api.post("/v1/timers/preview", wanted));
});

test("who is not signed in is told to", async ({ page, see, allow }) => {
	allow(401, "/openapi.json");
	await page.goto("/docs");
	await page.getByRole("alert").getByText("Sign in first").waitFor();
	await see("not signed in");
}, { signedIn: false });

test("narrow and dark", async ({ page, see }) => {
	await page.goto("/docs");
	const one = operation(page, "POST", "/v1/backups");
	await one.locator("summary").click();
	await one.getByLabel("Body").waitFor();
	await see("narrow");
}, { width: 360, theme: "dark" });
