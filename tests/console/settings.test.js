// Settings.
import { strict as assert } from "node:assert";

import { test } from "./rig/cases.js";

test("a token with a password is made, shown once, signs in, and is deleted", async ({ page, go, see, api, allow }) => {
	allow(422, "/v1/tokens");
	await go("#/settings");
	await page.getByRole("button", { name: "Create Token" }).click();
	const dialog = page.getByRole("dialog", { name: "Create Token" });
	await dialog.getByLabel("Name").fill("ann");
	await dialog.getByLabel("Role").selectOption("operate");
	await dialog.getByLabel(/^Password/).fill("short");
	await dialog.getByRole("button", { name: "Create" }).click();
	await dialog.locator("[aria-invalid=true]").waitFor();
	await see("refused");
	await dialog.getByLabel(/^Password/).fill("long enough to be one");
	await dialog.getByRole("button", { name: "Create" }).click();
	const made = page.getByRole("dialog", { name: "ann" });
	await made.getByText(/^coffer_/).waitFor();
	await see("made");
	await made.getByRole("button", { name: "Close" }).last().click();
	await page.getByRole("row", { name: "ann" }).getByText("Operate").waitFor();
	await page.getByRole("button", { name: /^Signed in as/ }).click();
	await page.getByRole("menuitem", { name: "Sign out" }).click();
	await page.getByRole("radio", { name: "Password" }).check();
	await page.getByLabel("Name").fill("ann");
	await page.getByLabel("Password").last().fill("long enough to be one");
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.getByText("Tokens are shown to admins.").waitFor();
	// Its owner is gone then: to the stream, and to whatever is being read.
	allow(401, "/v1/");
	await api.del("/v1/tokens/ann");
	await page.getByRole("heading", { name: "Sign in to Coffer" }).waitFor();
});

test("a token is deleted in its row", async ({ page, go, api }) => {
	await api.post("/v1/tokens", { name: "bob", role: "read" });
	await go("#/settings");
	await page.getByRole("button", { name: "Delete: bob" }).click();
	const dialog = page.getByRole("dialog", { name: "Delete the token bob" });
	await dialog.getByText("This cannot be undone.").waitFor();
	await dialog.getByRole("button", { name: "Delete" }).click();
	await page.getByRole("row", { name: "bob" }).waitFor({ state: "detached" });
	assert.equal((await api.get("/v1/tokens")).items.filter((x) => x.name == "bob").length, 0);
});

test("limits, and what it is made of", async ({ page, go, see }) => {
	await go("#/settings?tab=limits");
	await page.getByText("0 of 50").waitFor();
	await see("limits");
	await page.getByRole("tab", { name: "About" }).click();
	await page.getByText(/^Coffer \d/).waitFor();
	await page.getByText(/uPlot .* licence MIT/).waitFor();
	await see("about");
}, { server: "empty" });

test("times are shown in the zone that was chosen", async ({ page, go, see }) => {
	await go("#/settings?tab=display");
	await page.getByLabel("Time zone").selectOption("Asia/Shanghai");
	await see("display");
	await go("#/settings");
	const shown = page.getByRole("row", { name: "admin" }).locator("time");
	const [text, at] = [await shown.innerText(), await shown.getAttribute("datetime")];
	assert.equal(text, new Date(at).toLocaleString("sv", { timeZone: "Asia/Shanghai" }));
}, { server: "empty" });

test("narrow, dark, Chinese", async ({ page, go, see }) => {
	await go("#/settings");
	await page.getByRole("table").waitFor();
	await see("narrow");
}, { width: 360, theme: "dark", language: "zh" });
