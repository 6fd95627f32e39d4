// The overview.
import { strict as assert } from "node:assert";
import { rename } from "node:fs/promises";

import { test, until } from "./rig/cases.js";

// A backup that fails: its pool's folder is gone.
async function fail(api, world, cofferd, name) {
	const path = await world.call("folder", { server: cofferd.name, name: "frail" });
	await api.post("/v1/pools", { name: "frail", storage_type: "local_directory", local_directory: { path } });
	await rename(path, `${path}-away`);
	const made = await api.post("/v1/backups", { source: "shop", pool: "frail", name });
	assert.equal((await api.job(made.job_id)).status, "failed");
}

test("nothing yet: what to do first", async ({ page, see }) => {
	await page.getByText("Nothing is backed up yet").waitFor();
	await page.getByRole("link", { name: /Bind a storage pool/ }).waitFor();
	await see("nothing yet");
}, { server: "empty" });

const tile = (page, name) => page.getByRole("link", { name: new RegExp(`^\\d+ ?${name}$`) });
const number = async (page, name) => parseInt(await tile(page, name).innerText());

test("protected, failed and never; next runs; last failures; both charts", async ({ page, see, api, world, cofferd }) => {
	await page.getByRole("heading", { name: "Stored bytes" }).waitFor();
	assert.equal(await number(page, "Never backed up"), 2);
	await api.backup("protects-shop", { scope: { databases: [{ name: "hr" }] } });
	await until(async () => await number(page, "Protected") == 1, "shop is protected");
	await api.post("/v1/plans", { name: "nightly", source: "cache", pool: "local", strategy: "timer",
		method: "logical", retention_days: 7, timer: { cycle: "daily", at: "02:30", timezone: "Asia/Shanghai" } });
	await page.getByRole("link", { name: "nightly" }).waitFor();
	await page.getByText(/02:30:00 Asia\/Shanghai/).waitFor();
	await fail(api, world, cofferd, "fails");
	const failures = page.locator("section", { has: page.getByRole("heading", { name: "Last failures" }) });
	await failures.getByRole("link", { name: "fails" }).waitFor();
	assert.match(await failures.getByRole("paragraph").first().innerText(), /frail|folder|directory|store/);
	await until(async () => await number(page, "Failed") == 1, "shop's newest has failed");
	await page.locator(".u-over").first().waitFor();
	await see("overview");
	await tile(page, "Failed").click();
	await page.waitForURL(/#\/backups\?status=failed$/);
});

test("an instance whose plan owes a backup is overdue until it is made", async ({ page, go, see, api }) => {
	await tile(page, "Overdue").waitFor();
	assert.equal(await number(page, "Overdue"), 1);
	// A backup that nobody planned protects it, and the plan is behind all the same.
	await api.backup("by-hand", { scope: { databases: [{ name: "hr" }] } });
	await until(async () => await number(page, "Never backed up") == 1, "shop has a backup");
	assert.equal(await number(page, "Overdue"), 1);
	assert.equal(await number(page, "Protected"), 0);
	await see("overdue");
	await tile(page, "Overdue").click();
	await page.waitForURL(/#\/plans\?status=overdue$/);
	const plan = page.getByRole("row", { name: "behind" });
	await plan.getByText("Overdue", { exact: true }).waitFor();
	await plan.getByRole("link", { name: "behind", exact: true }).click();
	const { status, status_reason: reason } = await api.get("/v1/plans/behind");
	assert.equal(status, "overdue");
	assert.match(reason, /has not completed/);
	await page.getByText(reason).first().waitFor();
	await see("overdue plan");
	await go("#/");
	await tile(page, "Overdue").waitFor();
	const made = await api.post("/v1/plans/behind/execute");
	assert.equal((await api.job(made.job_id)).status, "completed");
	await until(async () => await number(page, "Overdue") == 0, "the plan has caught up");
	assert.equal(await number(page, "Protected"), 1);
}, { server: "behind" });

test("what runs now has phase, bar and rate", async ({ page, api, cofferd, see }) => {
	await cofferd.hold({ down: 20000 });
	const made = await api.post("/v1/backups", { source: "shop", pool: "local", name: "stands-still" });
	await cofferd.held();
	const running = page.locator("section", { has: page.getByRole("heading", { name: "Running now" }) });
	await running.getByRole("link", { name: "stands-still" }).waitFor();
	await running.getByRole("progressbar").waitFor();
	await see("running");
	await cofferd.letGo();
	await api.job(made.job_id);
	await running.getByText("Nothing runs.").waitFor();
});

test("what runs now has phase, bar, rate and the time left", async ({ page, go, api, world, cofferd, see }) => {
	// Four tables of the same length, one after the other: the first one says how long the others take.
	await world.call("bulky", { name: "paced", megabytes: 2 });
	await cofferd.slow(32_768);
	const made = await api.post("/v1/backups", { source: "shop", pool: "local", name: "takes-its-time",
		scope: { databases: [{ name: "paced" }] }, options: { parallelism: 1 } });
	const running = page.locator("section", { has: page.getByRole("heading", { name: "Running now" }) });
	const words = /^Data · \d+ % · [\d.,]+ [KM]?i?B\/s · \d[\d.]* (s|min|h)( \d+ (s|min))? left$/;
	const line = running.getByRole("listitem").locator(".progress .muted");
	await until(async () => words.test(await line.innerText()), "the time left is told", 150);
	// Whatever is looked at from here on, it cannot be over.
	await cofferd.hold({ down: 1 });
	await cofferd.held();
	const bar = running.getByRole("progressbar", { name: "Backup" });
	assert(Number(await bar.getAttribute("value")) > 0);
	await see("time left");
	const { progress } = await api.get(`/v1/jobs/${made.job_id}`);
	assert(Number.isInteger(progress.eta_seconds) && progress.eta_seconds >= 0, JSON.stringify(progress));
	await go(`#/backups/${made.id}`);
	await page.locator("section", { has: page.getByRole("progressbar") }).getByText(/ · \d[^·]* left$/).waitFor();
	await see("time left of a backup");
	await cofferd.letGo();
	assert.equal((await api.job(made.job_id)).status, "completed");
	await world.call("drop", { names: ["paced"] });
	await go("#/");
	await running.getByText("Nothing runs.").waitFor();
}, { seconds: 400 });

test("the calendar goes by the arrow keys, and a day leads to its backups", async ({ page }) => {
	const days = page.getByRole("group", { name: "Runs of the last 12 weeks" });
	await days.waitFor();
	assert.equal(await days.getByRole("button").count(), 84);
	await days.getByRole("button").last().focus();
	await page.keyboard.press("ArrowLeft");
	const name = await page.evaluate(() => document.activeElement.getAttribute("aria-label"));
	await page.keyboard.press("Enter");
	await page.waitForURL(new RegExp(`#/backups\\?since=${name.slice(0, 10)}&until=${name.slice(0, 10)}$`));
});

test("narrow, dark, Chinese", async ({ page, see }) => {
	await page.getByRole("heading", { name: "概览" }).waitFor();
	await page.locator(".u-over").first().waitFor();
	await see("narrow dark chinese");
}, { width: 360, theme: "dark", language: "zh" });

test("as wide as screens are", async ({ page, see }) => {
	await page.locator(".u-over").first().waitFor();
	await see("4k");
}, { width: 3840, height: 2160 });
