// Jobs and their logs.
import { strict as assert } from "node:assert";
import { rename } from "node:fs/promises";

import { test } from "./rig/cases.js";

// A backup that fails: its pool's folder is gone.
async function fail(api, world, cofferd, name) {
	const path = await world.call("folder", { server: cofferd.name, name: "frail" });
	await api.post("/v1/pools", { name: "frail", storage_type: "local_directory", local_directory: { path } });
	await rename(path, `${path}-away`);
	const made = await api.post("/v1/backups", { source: "shop", pool: "frail", name });
	assert.equal((await api.job(made.job_id)).status, "failed");
}

test("an empty list says what will be there", async ({ page, go, see }) => {
	await go("#/jobs");
	await page.getByText("No job has run yet").waitFor();
	await see("nothing yet");
}, { server: "empty" });

test("the list is filtered, and a failure tells its reason", async ({ page, go, see, api, world, cofferd }) => {
	await api.backup("a-good-one", { scope: { databases: [{ name: "hr" }] } });
	await fail(api, world, cofferd, "a-bad-one");
	await go("#/jobs");
	await page.getByRole("link", { name: "a-good-one" }).waitFor();
	await see("list");
	await page.getByLabel("Status").selectOption("failed");
	await page.getByRole("link", { name: "a-good-one" }).waitFor({ state: "detached" });
	assert.match(page.url(), /status=failed$/);
	await page.getByRole("row", { name: "a-bad-one" }).getByRole("link", { name: "Backup" }).click();
	await page.getByRole("alert").getByText("Failure: store_failed").waitFor();
	await see("failed");
});

test("a job that runs: its log is live, and it is canceled", async ({ page, go, see, api, cofferd }) => {
	await cofferd.hold({ down: 20000 });
	const made = await api.post("/v1/backups", { source: "shop", pool: "local", name: "to-be-canceled" });
	await cofferd.held();
	await go(`#/jobs/${made.job_id}`);
	await page.getByRole("progressbar").waitFor();
	const log = page.getByRole("log", { name: "Log" });
	await log.getByText(/to-be-canceled.*begins/).waitFor();
	await see("running");
	await page.getByRole("button", { name: "Cancel the job" }).click();
	const dialog = page.getByRole("dialog", { name: "Cancel the job" });
	await dialog.getByRole("button", { name: "Cancel the job" }).click();
	await page.getByText("Canceled", { exact: true }).first().waitFor();
	await log.getByText(/cancel/i).waitFor();
	assert.equal((await api.job(made.job_id)).status, "canceled");
});

test("narrow, dark, Chinese", async ({ page, go, see }) => {
	await go("#/jobs");
	await page.getByRole("table").waitFor();
	await see("narrow");
}, { width: 360, theme: "dark", language: "zh" });
