// Backup Plans: the list, the wizard, and the page of a plan.
import { strict as assert } from "node:assert";

import { test, until } from "./rig/cases.js";

const DAILY = { cycle: "daily", at: "04:00", timezone: "Europe/Berlin" };
const row = (page, name) => page.getByRole("row").filter({ hasText: name });
const next = (page) => page.getByRole("button", { name: "Next" }).click();
const step = (page, name) => page.getByRole("heading", { name, exact: true }).waitFor();
const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();

const made = (api, name, more = {}) => api.post("/v1/plans", {
	name, source: "shop", pool: "local", strategy: "timer", timer: DAILY,
	scope: { databases: [{ name: "hr" }] }, ...more });

async function executed(api, name) {
	const backup = await api.post(`/v1/plans/${name}/execute`);
	assert.equal((await api.job(backup.job_id)).status, "completed");
	return backup;
}

async function choose(page, name, act) {
	await row(page, name).getByRole("button", { name: `More: ${name}` }).click();
	await page.getByRole("menuitem", { name: act, exact: true }).click();
}

/** The wizard's first step, filled in. */
async function begin(page, go, name, source = "shop") {
	await go("#/plans/new");
	await page.getByLabel("Name", { exact: true }).fill(name);
	const label = await page.getByLabel("Instance").locator("option", { hasText: source }).innerText();
	await page.getByLabel("Instance").selectOption({ label });
}

test("an empty list says what to do next", async ({ page, go, see }) => {
	await go("#/plans");
	await page.getByText("There is no backup plan yet").waitFor();
	await see("nothing at all");
	await page.getByRole("link", { name: "Create Backup Plan" }).click();
	await page.getByText("There is no instance to back up").waitFor();
	await page.getByRole("main").getByRole("link", { name: "Instances" }).waitFor();
}, { server: "empty" });

test("each column tells what the plan is", async ({ page, go, see, api }) => {
	const plan = await made(api, "columns", { retention_days: 30 });
	await go("#/plans?q=columns");
	await row(page, "columns").getByText("Active").waitFor();
	const head = await page.locator("thead").innerText();
	for (const word of ["Name", "Status", "Instance", "Timer", "Next run", "Last result", "Storage Pool", "Source type",
		"Region", "Strategy", "Type", "Retention", "Created", "Updated", "ID"])
		assert(head.includes(word), `${word} in ${head}`);
	const text = await row(page, "columns").innerText();
	for (const word of ["every day at 04:00 (Europe/Berlin)", "shop", "local", "MySQL", "eu-1", "Logical, full", "30 days",
		plan.id, "04:00:00"])
		assert(text.includes(word), `${word} in ${text}`);
	await see("columns");
}, { width: 2560 });

test("filters lie in the address and come back with it", async ({ page, go, see, api }) => {
	await made(api, "filter-one");
	await made(api, "filter-two", { strategy: "manual", timer: null });
	await go("#/plans");
	await page.getByLabel("Search").fill("filter-");
	await page.getByLabel("Strategy").selectOption("manual");
	await row(page, "filter-two").waitFor();
	await row(page, "filter-one").waitFor({ state: "detached" });
	await page.waitForURL(/q=filter-/);
	await page.reload();
	await row(page, "filter-two").waitFor();
	assert.equal(await page.getByLabel("Strategy").inputValue(), "manual");
	await page.getByLabel("Status").selectOption("paused");
	await page.getByText("Nothing matches the filters.").waitFor();
	await see("filters");
}, { theme: "dark" });

test("Execute makes a backup", async ({ page, go, api }) => {
	await made(api, "run-me");
	await go("#/plans?q=run-me");
	await row(page, "run-me").getByRole("button", { name: "Execute: run-me" }).click();
	await page.getByText("run-me: a backup has been queued").waitFor();
	await row(page, "run-me").getByText("Completed").waitFor();
	const { items } = await api.get("/v1/plans/run-me/backups");
	assert.equal(items[0].type, "automated");
});

test("Pause and Resume", async ({ page, go, api }) => {
	await made(api, "stop-me");
	await go("#/plans?q=stop-me");
	await row(page, "stop-me").getByRole("button", { name: "Pause: stop-me" }).click();
	await row(page, "stop-me").getByText("Paused").waitFor();
	assert.equal((await api.get("/v1/plans/stop-me")).enabled, false);
	await row(page, "stop-me").getByRole("button", { name: "Resume: stop-me" }).click();
	await row(page, "stop-me").getByText("Active").waitFor();
	assert.equal((await api.get("/v1/plans/stop-me")).enabled, true);
});

test("Delete says what goes, and that goes", async ({ page, go, see, api }) => {
	await made(api, "delete-me");
	const backup = await executed(api, "delete-me");
	await go("#/plans?q=delete-me");
	await choose(page, "delete-me", "Delete");
	const dialog = page.getByRole("dialog", { name: "Delete the plan delete-me?" });
	await dialog.getByText("Its backups stay").waitFor();
	await dialog.getByLabel("Delete its backups, too").check();
	await dialog.getByText(backup.name).waitFor();
	await dialog.getByText("This cannot be undone.").waitFor();
	await see("delete");
	await dialog.getByRole("button", { name: "Delete" }).click();
	await page.getByText("Nothing matches the filters.").waitFor();
	await until(async () => !(await api.get("/v1/backups?limit=500")).items.some(({ id }) => id === backup.id),
		"its backup is gone");
});

test("a plan is made: tables, every day, kept for a while", async ({ page, go, see, api }) => {
	await begin(page, go, "0-wrong");
	await next(page);
	await page.locator(".wrong").getByText("1 to 64 characters").waitFor();
	await page.getByLabel("Name", { exact: true }).fill("by-hand");
	await see("wizard source");
	await next(page);
	await step(page, "What");
	await page.getByLabel("Databases and tables").check();
	await page.getByLabel("hr", { exact: true }).check();
	await page.getByRole("button", { name: "Tables of hr" }).click();
	await page.getByRole("group", { name: "Tables of hr" }).getByLabel("t", { exact: true }).check();
	await page.getByText("Options", { exact: true }).click();
	await page.getByLabel("Compression level").fill("9");
	await see("wizard what");
	await next(page);
	await step(page, "When");
	await page.getByLabel("Time", { exact: true }).fill("02:30");
	await page.getByLabel("Time zone").fill("America/New_York");
	await page.locator(".lines li").filter({ hasText: "02:30 America/New_York" }).nth(4).waitFor();
	assert.equal(await page.locator(".lines li").filter({ hasText: "Europe/Berlin" }).count(), 5);
	await page.getByText("the clocks of America/New_York go forward from 02:00 to 03:00. Times between").waitFor();
	await see("wizard when");
	await next(page);
	await step(page, "Keep");
	await page.getByLabel("Keep for (days)").fill("14");
	await page.getByText("About 14 backups will be there at a time").waitFor();
	await see("wizard keep");
	await next(page);
	await step(page, "Where");
	await page.getByLabel("Storage Pool").selectOption({ label: "main (Available)" });
	await see("wizard where");
	await next(page);
	await step(page, "Review");
	const line = await page.getByRole("region", { name: "curl" }).innerText();
	assert.match(line, /curl -X POST .*\/v1\/plans$/s);
	await page.getByRole("region", { name: "cofferctl" }).getByText("cofferctl api POST /v1/plans -").waitFor();
	await see("wizard review");
	await page.getByRole("button", { name: "Create Backup Plan" }).click();
	await heading(page, "by-hand");
	const plan = await api.get("/v1/plans/by-hand");
	assert.deepEqual(plan.scope, { databases: [{ name: "hr", tables: ["t"] }] });
	assert.equal(plan.timer.at, "02:30");
	assert.equal(plan.timer.timezone, "America/New_York");
	assert.equal(plan.retention_days, 14);
	assert.equal(plan.options.compression_level, 9);
	assert.equal(plan.pool.name, "main");
	// What the review shows for a shell is what was sent.
	const [, text] = /-d '(.*?)' \\\n/s.exec(line);
	assert.deepEqual(JSON.parse(text).timer, { cycle: "daily", at: "02:30", timezone: "America/New_York", missed: "run_once" });
});

const CYCLES = [
	["weekly", async (page) => page.getByRole("button", { name: "Mon" }).click(), { weekdays: ["mon", "sun"] }],
	["monthly", async (page) => page.getByRole("button", { name: "last" }).click(), { month_days: [1, "last"] }],
	["cron", async (page) => page.getByLabel("Five fields").fill("15 3 * * 1-5"), { cron: "15 3 * * 1-5" }],
	["hourly", async (page) => page.getByLabel("Minute of the hour").fill("7"), { at: "00:07" }],
	["once", async (page) => page.getByLabel("Date", { exact: true }).fill("2031-05-01"), { date: "2031-05-01" }],
];

for (const [cycle, fill, want] of CYCLES) {
	test(`a plan is due by the cycle ${cycle}`, async ({ page, go, see, api }) => {
		await begin(page, go, `cycle-${cycle}`, "cache");
		await next(page);
		await step(page, "What");
		await next(page);
		await step(page, "When");
		await page.getByLabel("Repetition").selectOption(cycle);
		await fill(page);
		await page.locator(".lines li").first().waitFor();
		await see(`cycle ${cycle}`);
		for (const name of ["Keep", "Where", "Review"]) {
			await next(page);
			await step(page, name);
		}
		await page.getByRole("button", { name: "Create Backup Plan" }).click();
		await heading(page, `cycle-${cycle}`);
		const { timer } = await api.get(`/v1/plans/cycle-${cycle}`);
		assert.equal(timer.cycle, cycle);
		for (const [key, value] of Object.entries(want))
			assert.deepEqual(timer[key], value);
	});
}

/** A text that is added to a list of them. */
async function add(page, label, text) {
	await page.getByLabel(label).fill(text);
	await page.getByLabel(label).press("Enter");
	await page.getByRole("button", { name: `Remove ${text}` }).waitFor();
}

/** From the step of the parts on; the plan that was made. */
async function finished(page, api, see, name) {
	for (const one of ["When", "Keep", "Where"]) {
		await next(page);
		await step(page, one);
	}
	const list = page.getByLabel("Storage Pool");
	await list.selectOption({ label: await list.locator("option", { hasText: "local (" }).innerText() });
	await next(page);
	await step(page, "Review");
	for (const words of ["Incremental: Yes", "Every how many backups is a full one: 3", "Fail at what cannot be read: Yes"])
		await page.getByRole("main").getByText(words).waitFor();
	await see(`review of ${name}`);
	await page.getByRole("button", { name: "Create Backup Plan" }).click();
	await heading(page, name);
	return api.get(`/v1/plans/${name}`);
}

/** What its next backup holds of a folder, as paths. */
async function held(api, name, folder) {
	const { id } = await executed(api, name);
	const { items } = await api.get(`/v1/backups/${id}/contents?folder=${folder}`);
	return items.map(({ path }) => path).sort();
}

test("a plan of a folder: a part of it, strict, in increments", async ({ page, go, see, api }) => {
	await begin(page, go, "folder", "tree");
	await next(page);
	await step(page, "What");
	await page.getByLabel("A part of it").check();
	await add(page, "Included", "docs/**");
	await add(page, "Included", "*.nowhere");
	await page.getByRole("button", { name: "Remove *.nowhere" }).click();
	await add(page, "Left out", "c.*");
	await page.getByText("Options", { exact: true }).click();
	assert.equal(await page.getByLabel("Every how many backups is a full one").count(), 0);
	await page.getByLabel("Incremental").check();
	await page.getByLabel("Every how many backups is a full one").fill("3");
	await page.getByLabel("Fail at what cannot be read").check();
	await page.getByLabel("Leave out what is mounted in the folder").check();
	await page.getByLabel("Overdue after so many hours").fill("2");
	await see("what of a folder");
	const plan = await finished(page, api, see, "folder");
	assert.equal(plan.source.name, "tree");
	assert.equal(plan.method, "snapshot");
	assert.deepEqual(plan.scope, { include: ["docs/**"], exclude: ["c.*"] });
	const { options } = plan;
	assert.deepEqual([options.incremental, options.full_every, options.strict, options.one_file_system,
		options.grace_seconds], [true, 3, true, true, 7200]);
	assert.equal(plan.pool.name, "local");
	// And that is what it does.
	assert.deepEqual(await held(api, "folder", ""), ["docs"]);
	assert.deepEqual(await held(api, "folder", "docs"), ["docs/b.txt"]);
}, { server: "provisioned" });

test("a plan of a bucket: a part of it, strict, in increments", async ({ page, go, see, api, world }) => {
	const connection = await world.bucket();
	await world.call("put", { bucket: connection.bucket, objects: Object.fromEntries(
		["docs/b.txt", "docs/c.txt", "pics/a.jpg", "top.txt"].map((key) => [key, [key, "text/plain", {}, {}]])) });
	await api.post("/v1/sources", { name: "media", engine: "objects", connection });
	await begin(page, go, "media-plan", "media");
	await next(page);
	await step(page, "What");
	await page.getByLabel("A part of it").check();
	await add(page, "Included", "docs/**");
	await add(page, "Included", "*.jpg");
	await add(page, "Left out", "c.*");
	await page.getByText("Options", { exact: true }).click();
	await page.getByLabel("Connections at once").fill("2");
	await page.getByLabel("Incremental").check();
	await page.getByLabel("Every how many backups is a full one").fill("3");
	await page.getByLabel("Fail at what cannot be read").check();
	assert.equal(await page.getByLabel("Leave out what is mounted").count(), 0);
	await see("what of a bucket");
	const plan = await finished(page, api, see, "media-plan");
	assert.equal(plan.source.name, "media");
	assert.equal(plan.method, "snapshot");
	assert.deepEqual(plan.scope, { include: ["docs/**", "*.jpg"], exclude: ["c.*"] });
	const { options } = plan;
	assert.deepEqual([options.parallelism, options.incremental, options.full_every, options.strict],
		[2, true, 3, true]);
	assert.deepEqual(await held(api, "media-plan", "docs/"), ["docs/b.txt"]);
	assert.deepEqual(await held(api, "media-plan", "pics/"), ["pics/a.jpg"]);
	assert(!(await held(api, "media-plan", "")).includes("top.txt"));
});

test("what is wrong with a timer stands at its field", async ({ page, go, see, allow }) => {
	allow(422, "/v1/timers/preview");
	await begin(page, go, "wrong-timer");
	await next(page);
	await step(page, "What");
	await next(page);
	await step(page, "When");
	await page.getByLabel("Time zone").fill("Mars/Olympus");
	await next(page);
	await page.locator(".field", { hasText: "Time zone" }).locator(".wrong").waitFor();
	assert.equal(await page.getByLabel("Time zone").getAttribute("aria-invalid"), "true");
	await see("wrong zone");
});

test("what the server refuses is told at its step and field", async ({ page, go, api, allow }) => {
	allow(409, "/v1/plans");
	await made(api, "taken");
	await begin(page, go, "TAKEN");
	for (const name of ["What", "When", "Keep", "Where", "Review"]) {
		await next(page);
		await step(page, name);
	}
	await page.getByRole("button", { name: "Create Backup Plan" }).click();
	await page.locator(".wrong, .notice.bad").filter({ hasText: /taken/i }).first().waitFor();
});

test("Update changes what was changed, and nothing else", async ({ page, go, see, api }) => {
	await made(api, "change-me", { scope: { include: ["shop.*"], exclude: ["*.log_%"] }, remarks: "as it was" });
	await executed(api, "change-me");
	await go("#/plans?q=change-me");
	await row(page, "change-me").getByRole("link", { name: "Update: change-me" }).click();
	await heading(page, "Update change-me");
	await page.getByRole("button", { name: "When" }).click();
	await page.getByLabel("Repetition").selectOption("weekly");
	await page.getByRole("button", { name: "Keep" }).click();
	await page.getByLabel("Keep for (days)").fill("3");
	await row(page, "change-me-2").waitFor();
	await see("update keep");
	await page.getByRole("button", { name: "Review" }).click();
	const line = await page.getByRole("region", { name: "curl" }).innerText();
	assert.deepEqual(JSON.parse(/-d '(.*?)' \\\n/s.exec(line)[1]),
		{ timer: { cycle: "weekly", weekdays: ["sun"] }, retention_days: 3 });
	await page.getByRole("button", { name: "Save" }).click();
	await heading(page, "change-me");
	const plan = await api.get("/v1/plans/change-me");
	assert.equal(plan.timer.cycle, "weekly");
	assert.equal(plan.retention_days, 3);
	assert.equal(plan.remarks, "as it was");
	assert.deepEqual(plan.scope, { include: ["shop.*"], exclude: ["*.log_%"] });
});

test("Duplicate fills the wizard with a plan", async ({ page, go, api }) => {
	await made(api, "original", { retention_days: 99 });
	await go("#/plans?q=original");
	await choose(page, "original", "Duplicate");
	await heading(page, "Create Backup Plan");
	await page.getByLabel("Name", { exact: true }).waitFor();
	assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "original-copy");
	for (const name of ["What", "When", "Keep", "Where", "Review"]) {
		await next(page);
		await step(page, name);
	}
	await page.getByRole("button", { name: "Create Backup Plan" }).click();
	await heading(page, "original-copy");
	const [one, two] = [await api.get("/v1/plans/original"), await api.get("/v1/plans/original-copy")];
	for (const key of ["scope", "timer", "retention_days", "method", "options"])
		assert.deepEqual(two[key], one[key]);
});

test("the brake of expiry is released", async ({ page, go, see, api, world }) => {
	await world.sql("CREATE DATABASE shrinks");
	await world.sql("CREATE TABLE t (a INT PRIMARY KEY)", "shrinks");
	await world.sql("INSERT INTO t SELECT seq FROM seq_1_to_1000", "shrinks");
	await made(api, "shrinking", { scope: { databases: [{ name: "shrinks" }] } });
	await executed(api, "shrinking");
	await world.sql("DELETE FROM t WHERE a > 10", "shrinks");
	await until(() => api.post("/v1/plans/shrinking/execute").then((b) => api.job(b.job_id), () => false),
		"its second backup");
	await go("#/plans/shrinking");
	await page.locator(".notice.warn").waitFor();
	await see("held");
	await page.locator(".notice.warn").getByRole("button", { name: "Release the brake" }).click();
	await page.getByRole("dialog").getByRole("button", { name: "Release the brake" }).click();
	await page.locator(".notice.warn").waitFor({ state: "detached" });
	assert.equal((await api.get("/v1/plans/shrinking")).expiry_held, null);
});

test("the page of a plan: all its tabs", async ({ page, go, see, api }) => {
	await made(api, "paged", { remarks: "a note" });
	const backup = await executed(api, "paged");
	await go("#/plans/paged");
	await page.getByText("a note").waitFor();
	assert.equal(await page.locator(".lines li").count(), 5);
	await see("page");
	await page.getByRole("tab", { name: "Backup data" }).click();
	await row(page, backup.name).getByText("Completed").waitFor();
	await see("page backups");
	await page.getByRole("tab", { name: "Charts" }).click();
	await page.locator("canvas").nth(1).waitFor();
	await page.getByRole("img", { name: /^Size\. .*Stored/ }).waitFor();
	await page.getByRole("img", { name: /^Duration\./ }).waitFor();
	await see("page charts");
	await page.getByRole("tab", { name: "Expiry" }).click();
	await row(page, backup.name).waitFor();
	await see("page expiry");
	await page.getByRole("tab", { name: "Drills" }).click();
	await page.getByText("Next drill").waitFor();
	await see("page drills");
	await page.getByRole("link", { name: "Create instance" }).click();
	await page.waitForURL(new RegExp(`#/restores/new\\?backup=${backup.id}`));
}, { theme: "dark" });

test("the wizard in Chinese and on a narrow screen", async ({ page, go, see, api }) => {
	await made(api, "narrow");
	await go("#/plans");
	await page.getByText("narrow").first().waitFor();
	await see("narrow list");
	await go(`#/plans/new?edit=${(await api.get("/v1/plans/narrow")).id}`);
	for (const name of ["内容", "时间", "保留", "位置", "确认"]) {
		await page.getByRole("button", { name: "下一步" }).click();
		await page.getByRole("heading", { level: 2, name }).waitFor();
		await see(`narrow ${name.codePointAt(0)}`);
	}
	const text = await page.getByRole("main").innerText();
	assert(!/plans?\.[a-z]/.test(text), text);
	await go("#/plans/narrow");
	await page.getByRole("tab").first().waitFor();
	await see("narrow page");
}, { language: "zh", width: 360, theme: "dark" });

test("a plan is made by the keyboard alone", async ({ page, go, api }) => {
	await go("#/plans/new");
	await page.getByLabel("Name", { exact: true }).focus();
	await page.keyboard.type("by-keys");
	for (const name of ["What", "When", "Keep", "Where", "Review"]) {
		await page.keyboard.press("Tab");
		await page.getByRole("button", { name: "Next" }).focus();
		await page.keyboard.press("Enter");
		await step(page, name);
	}
	await page.getByRole("button", { name: "Create Backup Plan" }).focus();
	await page.keyboard.press("Enter");
	await heading(page, "by-keys");
	assert.equal((await api.get("/v1/plans/by-keys")).strategy, "timer");
});
