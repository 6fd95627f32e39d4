// Instances: the list, the form, and the page of one.
import { strict as assert } from "node:assert";

import { test, until } from "./rig/cases.js";

const row = (page, name) => page.getByRole("row", { name });

async function choose(page, name, act) {
	await row(page, name).getByRole("button", { name: `More: ${name}` }).click();
	await page.getByRole("menuitem", { name: act, exact: true }).click();
}

async function fillServer(dialog, at) {
	await dialog.getByLabel("Host").fill(at.host);
	await dialog.getByLabel("Port").fill(String(at.port));
	await dialog.getByLabel("User").fill(at.user);
	await dialog.getByLabel("Password", { exact: true }).fill(at.password);
}

test("an empty list says what to do next", async ({ page, go, see }) => {
	await go("#/instances");
	await page.getByText("No instance is registered yet").waitFor();
	await see("nothing yet");
}, { server: "empty" });

test("the list has status, engine and version, region, newest backup, plans", async ({ page, go, see, api }) => {
	await api.backup("newest-of-shop", { scope: { databases: [{ name: "hr" }] } });
	await api.post("/v1/plans", { name: "by-hand", source: "shop", pool: "local", strategy: "manual",
		method: "logical", retention_days: 7 });
	await go("#/instances");
	const shop = await row(page, "shop").innerText();
	assert.match(shop, /Available/);
	assert.match(shop, /MariaDB \d+\.\d+/);
	assert.match(shop, /eu-1/);
	assert.match(shop, /ago|now/);
	assert.match(shop, /by-hand/);
	await see("list");
	await page.getByLabel("Engine").selectOption("redis");
	await row(page, "shop").waitFor({ state: "detached" });
	await row(page, "cache").waitFor();
	assert.equal(new URL(page.url()).hash, "#/instances?engine=redis");
	await page.getByRole("button", { name: "Clear filters" }).click();
	await row(page, "shop").waitFor();
});

test("one is registered, after its connection was tried", async ({ page, go, see, allow, world }) => {
	allow(422, "/v1/sources");
	const { mariadb } = await world.call("addresses");
	await go("#/instances");
	await page.getByRole("button", { name: "Register Instance" }).click();
	const dialog = page.getByRole("dialog", { name: "Register Instance" });
	await dialog.getByLabel("Name", { exact: true }).fill("1st");
	await dialog.getByText("1 to 64 letters").first().waitFor();
	await dialog.getByLabel("Name", { exact: true }).fill("orders");
	await fillServer(dialog, { ...mariadb, password: "wrong" });
	await dialog.getByRole("button", { name: "Test" }).click();
	await dialog.getByText(/does not work|denied/).first().waitFor();
	await see("refused");
	await dialog.getByLabel("Password", { exact: true }).fill(mariadb.password);
	await dialog.getByRole("button", { name: "Test" }).click();
	await dialog.getByText(/The connection works: MariaDB/).waitFor();
	await dialog.getByRole("button", { name: "Register Instance" }).click();
	await dialog.waitFor({ state: "detached" });
	await row(page, "orders").waitFor();
});

test("each engine has its own fields; problems stand at the field", async ({ page, go, see, allow }) => {
	allow(422, "/v1/sources");
	await go("#/instances?edit=new");
	const dialog = page.getByRole("dialog", { name: "Register Instance" });
	await dialog.getByLabel("Engine").selectOption("objects");
	await dialog.getByLabel("Access key").waitFor();
	await see("bucket");
	await dialog.getByLabel("Engine").selectOption("files");
	await dialog.getByLabel("Left out (patterns)").fill("*.tmp");
	await page.keyboard.press("Enter");
	await dialog.getByRole("button", { name: "Remove *.tmp" }).waitFor();
	await dialog.getByLabel("Name", { exact: true }).fill("photos");
	await dialog.getByLabel("Folder").fill("not/absolute");
	await dialog.getByRole("button", { name: "Register Instance" }).click();
	const folder = dialog.getByLabel("Folder");
	await until(async () => await folder.getAttribute("aria-invalid") == "true", "the field is marked");
	await until(() => folder.evaluate((el) => el == document.activeElement), "it has the focus");
	await see("files refused");
	await page.keyboard.press("Escape");
	await dialog.waitFor({ state: "detached" });
});

test("one is tested and edited by the menu of its row", async ({ page, go, api }) => {
	await go("#/instances");
	await choose(page, "cache", "Test");
	await page.getByText(/The connection works: Redis/).waitFor();
	await choose(page, "cache", "Edit");
	const dialog = page.getByRole("dialog", { name: "Edit cache" });
	await dialog.getByLabel("Region").fill("ap-9");
	await dialog.getByLabel("Remarks").fill("sessions");
	await dialog.getByRole("button", { name: "Save" }).click();
	await dialog.waitFor({ state: "detached" });
	await row(page, "cache").getByText("ap-9").waitFor();
	const cache = await api.get("/v1/sources/cache");
	assert.equal(cache.remarks, "sessions");
	assert.equal(cache.status, "available");
});

test("Create Backup leads to its form", async ({ page, go }) => {
	await go("#/instances");
	await row(page, "shop").getByRole("link", { name: "Create Backup: shop" }).click();
	await page.waitForURL(/#\/backups\?create=src_/);
});

test("deleting says what goes, and wants the name typed", async ({ page, go, see, api, world }) => {
	const { mariadb } = await world.call("addresses");
	await api.post("/v1/sources", { name: "doomed", engine: "mysql", connection: mariadb });
	await api.post("/v1/plans", { name: "doomed-plan", source: "doomed", pool: "local", strategy: "manual",
		method: "logical", retention_days: 7 });
	await go("#/instances");
	await choose(page, "doomed", "Delete");
	const dialog = page.getByRole("dialog", { name: "Delete doomed" });
	await dialog.getByText("doomed-plan").waitFor();
	const button = dialog.getByRole("button", { name: "Delete" });
	assert(await button.isDisabled());
	await see("delete");
	await dialog.getByLabel("Type doomed to confirm").fill("doomed");
	await button.click();
	await dialog.waitFor({ state: "detached" });
	await row(page, "doomed").waitFor({ state: "detached" });
	assert.equal((await api.call("GET", "/v1/sources/doomed")).status, 404);
});

test("the page of one: its tabs, by keyboard", async ({ page, go, see, api }) => {
	await api.backup("for-the-page", { scope: { databases: [{ name: "hr" }] } });
	const { id } = await api.get("/v1/sources/shop");
	await go(`#/instances/${id}`);
	await page.getByText("Primary").waitFor();
	await page.getByRole("row", { name: "hr" }).waitFor();
	await see("basic");
	await page.getByRole("tab", { name: "Basic information" }).focus();
	await page.keyboard.press("ArrowRight");
	await row(page, "for-the-page").getByText("Completed").waitFor();
	assert.match(page.url(), /tab=backups$/);
	await see("backups");
	await page.keyboard.press("ArrowRight");
	await page.getByRole("tabpanel", { name: "Backup Plans" }).waitFor();
	await page.keyboard.press("End");
	await page.getByText("source.create").waitFor();
	await see("events");
});

test("narrow, dark, Chinese", async ({ page, go, see }) => {
	await go("#/instances");
	await row(page, "shop").waitFor();
	await see("narrow");
	await go("#/instances?edit=new");
	await page.getByRole("dialog").waitFor();
	await see("narrow form");
}, { width: 360, theme: "dark", language: "zh" });
