// Backup Management and the page of a backup.
import { strict as assert } from "node:assert";
import { mkdir, readFile, readdir, rename, writeFile } from "node:fs/promises";
import { createServer } from "node:net";

import { test, until } from "./rig/cases.js";

const hr = { scope: { databases: [{ name: "hr" }] } };
const row = (page, name) => page.getByRole("row", { name });

async function choose(page, name, act) {
	await row(page, name).getByRole("button", { name: `More: ${name}` }).click();
	await page.getByRole("menuitem", { name: act, exact: true }).click();
}

test("an empty list says what to do next", async ({ page, go, see }) => {
	await go("#/backups");
	await page.getByText("There is no backup yet").waitFor();
	await page.getByRole("link", { name: "Go to Instances" }).waitFor();
	await see("nothing at all");
}, { server: "empty" });

test("a backup is created, of some tables, by name and description", async ({ page, go, see, api }) => {
	await go("#/backups");
	await page.getByRole("button", { name: "Create Backup" }).first().click();
	const dialog = page.getByRole("dialog", { name: "Create Backup" });
	await dialog.getByLabel("Database type").selectOption("mysql");
	assert.match(await dialog.getByLabel("Instance", { exact: true }).innerText(), /^shop \(MariaDB [\d.]+, Available\)$/);
	const name = dialog.getByLabel("Name");
	await name.fill("9lives");
	await dialog.getByText("The first character has to be a letter").waitFor();
	assert(await dialog.getByRole("button", { name: "Create Backup" }).isDisabled());
	await name.fill("a b");
	await dialog.getByText("Letters, digits, - and _ only").waitFor();
	await name.fill("abc");
	await dialog.getByText("At least 4 characters").waitFor();
	await name.fill("Some-tables");
	await dialog.getByText("11 of 64 characters").waitFor();
	await dialog.getByLabel("Description").fill("before the move");
	await dialog.getByText("15 of 256 characters").waitFor();
	await dialog.getByLabel("Description").fill("a < b");
	await dialog.getByText("Without line breaks and without").waitFor();
	await dialog.getByLabel("Description").fill("before the move");
	await dialog.getByLabel("Databases and tables").check();
	await dialog.getByLabel("hr", { exact: true }).check();
	await dialog.getByRole("button", { name: "Tables of hr" }).click();
	await dialog.getByRole("group", { name: "Tables of hr" }).getByLabel("t", { exact: true }).check();
	await see("create");
	await dialog.getByRole("button", { name: "Create Backup" }).click();
	await row(page, "Some-tables").getByText("Completed").waitFor();
	const [made] = (await api.get("/v1/backups?q=Some-tables")).items;
	assert.deepEqual(made.scope, { databases: [{ name: "hr", tables: ["t"] }] });
	assert.equal(made.description, "before the move");
	assert.equal(made.type, "manual");
});

test("a backup of Redis, of a part of its keys", async ({ page, go, api }) => {
	await go("#/backups?create=1");
	const dialog = page.getByRole("dialog", { name: "Create Backup" });
	await dialog.getByLabel("Database type").selectOption("redis");
	await dialog.getByLabel("Name").fill("Some-keys");
	await dialog.getByLabel("A part of it").check();
	await dialog.getByLabel("Key patterns").fill("user:*");
	await dialog.getByLabel("Key patterns").press("Enter");
	await dialog.getByRole("button", { name: "Create Backup" }).click();
	await row(page, "Some-keys").getByText("Completed").waitFor();
	const [made] = (await api.get("/v1/backups?q=Some-keys")).items;
	assert.deepEqual(made.scope, { keys: ["user:*"] });
	await page.getByRole("link", { name: "Some-keys", exact: true }).click();
	await page.getByRole("tab", { name: "Contents" }).click();
	await page.getByRole("row", { name: /1,500/ }).waitFor();
});

test("a name that is taken is told at its field", async ({ page, go, api, allow }) => {
	await api.backup("Taken-name", hr);
	allow(409, "/v1/backups");
	await go("#/backups?create=1");
	const dialog = page.getByRole("dialog", { name: "Create Backup" });
	await dialog.getByLabel("Name").fill("TAKEN-name");
	await dialog.getByRole("button", { name: "Create Backup" }).click();
	await dialog.getByText(/TAKEN-name|taken/i).last().waitFor();
	assert.equal(await dialog.count(), 1);
});

test("filters lie in the address and come back with it", async ({ page, go, see, api }) => {
	await api.backup("Filter-one", hr);
	await api.backup("Filter-two", { ...hr, pool: "main" });
	await go("#/backups");
	await page.getByLabel("Search").fill("filter-");
	await page.getByLabel("Storage Pool").selectOption({ label: "main" });
	await row(page, "Filter-two").waitFor();
	await row(page, "Filter-one").waitFor({ state: "detached" });
	await page.waitForURL(/q=filter-/);
	assert.match(page.url(), /pool=pool_/);
	await page.getByLabel("Status").selectOption("completed");
	await page.getByLabel("Type", { exact: true }).selectOption("manual");
	await page.getByLabel("Method").selectOption("logical");
	await page.getByLabel("From").fill("2020-01-01");
	await row(page, "Filter-two").waitFor();
	await see("filters");
	await page.reload();
	await row(page, "Filter-two").waitFor();
	await row(page, "Filter-one").waitFor({ state: "detached" });
	assert.equal(await page.getByLabel("Search").inputValue(), "filter-");
	await page.getByLabel("To", { exact: true }).fill("2020-01-02");
	await page.getByText("Nothing matches the filters.").waitFor();
	await page.getByRole("button", { name: "Clear filters" }).click();
	await row(page, "Filter-one").waitFor();
});

test("each column tells what the backup is", async ({ page, go, see, api }) => {
	const made = await api.backup("All-columns", hr);
	await go("#/backups?q=All-columns");
	const text = await row(page, "All-columns").innerText();
	for (const word of ["Completed", "shop", "Manual", "Logical", "→", "Never"])
		assert(text.includes(word), `${word} in ${text}`);
	const head = await page.getByRole("table").locator("thead").innerText();
	for (const word of ["Name", "Status", "Instance", "Plan", "Type", "Method", "Started", "Duration", "Size",
		"Verified", "Expires", "Held"])
		assert(head.includes(word), `${word} in ${head}`);
	await page.getByRole("button", { name: "Started" }).click();
	await page.waitForURL(/sort=-started_at/);
	await page.getByRole("link", { name: "All-columns", exact: true }).click();
	await page.waitForURL(new RegExp(made.id));
	await see("page");
}, { width: 1920 });

test("Restore leads to the wizard", async ({ page, go, api }) => {
	const made = await api.backup("To-restore", hr);
	await go("#/backups?q=To-restore");
	await row(page, "To-restore").getByRole("link", { name: "Restore: To-restore" }).click();
	await page.waitForURL(new RegExp(`#/restores/new\\?backup=${made.id}`));
});

test("Verify reads the objects again", async ({ page, go, see }) => {
	await go("#/backups?q=To-restore");
	await choose(page, "To-restore", "Verify");
	await page.getByLabel("Everything").check();
	await see("verify");
	await page.getByRole("dialog").getByRole("button", { name: "Verify" }).click();
	await row(page, "To-restore").getByText("Passed").waitFor();
});

test("Hold keeps it from deletion until it is released", async ({ page, go, api }) => {
	const made = await api.backup("To-hold", hr);
	await go("#/backups?q=To-hold");
	await choose(page, "To-hold", "Hold");
	await row(page, "To-hold").getByText("Held").waitFor();
	assert.equal((await api.get(`/v1/backups/${made.id}`)).held, true);
	await row(page, "To-hold").getByRole("button", { name: "More: To-hold" }).click();
	assert(await page.getByRole("menuitem", { name: "Delete" }).isDisabled());
	await page.getByRole("menuitem", { name: "Release the hold" }).click();
	await row(page, "To-hold").getByText("Held").waitFor({ state: "detached" });
	assert.equal((await api.get(`/v1/backups/${made.id}`)).held, false);
});

test("Download the manifest gives its very bytes", async ({ page, go, api }) => {
	const made = await api.backup("To-download", hr);
	await go("#/backups?q=To-download");
	const coming = page.waitForEvent("download");
	await choose(page, "To-download", "Download the manifest");
	const download = await coming;
	assert.equal(download.suggestedFilename(), "To-download.manifest.json");
	const text = await readFile(await download.path(), "utf8");
	assert.equal(text, await readFile(`${made.save_path}manifest.json`, "utf8"));
});

test("Delete one says what goes, and it goes", async ({ page, go, see, api }) => {
	const made = await api.backup("To-delete", hr);
	await go("#/backups?q=To-delete");
	await choose(page, "To-delete", "Delete");
	const dialog = page.getByRole("dialog", { name: "Delete To-delete?" });
	await dialog.getByText("This cannot be undone.").waitFor();
	await see("delete");
	await dialog.getByRole("button", { name: "Cancel" }).click();
	await row(page, "To-delete").waitFor();
	await choose(page, "To-delete", "Delete");
	await dialog.getByRole("button", { name: "Delete" }).click();
	await page.getByText("Nothing matches the filters.").waitFor();
	await until(async () => (await api.call("GET", `/v1/backups/${made.id}`)).status === 404, "it is gone");
});

test("Delete many goes on where one is refused, and says which", async ({ page, go, see, api }) => {
	for (const name of ["Many-1", "Many-2", "Many-3"])
		await api.backup(name, hr);
	const { id } = (await api.get("/v1/backups?q=Many-2")).items[0];
	await go("#/backups?q=Many-");
	await row(page, "Many-3").waitFor();
	await page.getByLabel("Select all").check();
	await page.getByRole("button", { name: "Delete 3 backups" }).click();
	const dialog = page.getByRole("dialog", { name: "Delete 3 backups?" });
	await dialog.getByText("What goes: 3 items").waitFor();
	await see("delete many");
	await api.patch(`/v1/backups/${id}`, { held: true });
	await dialog.getByRole("button", { name: "Delete" }).click();
	await dialog.getByText(/Not deleted: Many-2/).waitFor();
	await dialog.getByRole("button", { name: "Cancel" }).click();
	await row(page, "Many-1").waitFor({ state: "detached" });
	await row(page, "Many-2").waitFor();
	await api.patch(`/v1/backups/${id}`, { held: false });
});

test("Cancel stops one that runs", async ({ page, go, see, cofferd, api }) => {
	await cofferd.hold({ down: 65536 });
	const made = await api.post("/v1/backups", { source: "shop", pool: "local", name: "To-cancel" });
	await cofferd.held();
	await go("#/backups?q=To-cancel");
	await row(page, "To-cancel").getByText("Backing up").waitFor();
	await page.getByRole("link", { name: "To-cancel", exact: true }).click();
	await page.getByRole("progressbar", { name: "Progress of the backup" }).waitFor();
	await page.getByText(/read, .* stored/).waitFor();
	await see("running");
	await go("#/backups?q=To-cancel");
	await row(page, "To-cancel").getByRole("button", { name: "Cancel: To-cancel" }).click();
	await page.getByRole("dialog").getByRole("button", { name: "Cancel the backup" }).click();
	await row(page, "To-cancel").getByText("Canceled").waitFor();
	assert.equal((await api.get(`/v1/backups/${made.id}`)).status, "canceled");
});

test("the page of a backup: phases, point, warnings, contents, parts", async ({ page, go, see, api }) => {
	const made = await api.backup("Whole-page");
	await go(`#/backups/${made.id}`);
	await page.getByRole("table", { name: "Phases" }).getByRole("row", { name: /One consistent view/ }).waitFor();
	await page.getByText(/What held it up was the/).waitFor();
	await page.getByText(made.consistency.gtid).waitFor();
	await page.getByText(`${made.consistency.binlog_file}:${made.consistency.binlog_position}`).waitFor();
	await see("overview");
	await page.getByRole("tab", { name: "Contents" }).click();
	await page.getByText("shop", { exact: true }).click();
	await page.getByRole("row", { name: /orders/ }).first().waitFor();
	await see("contents");
	await page.getByRole("tab", { name: "Parts" }).click();
	const [part] = (await api.get(`/v1/backups/${made.id}/manifest`)).parts;
	await page.getByRole("row", { name: part.key }).getByText(part.sha256).waitFor();
	await see("parts");
});

test("what a backup left out is told by its warnings, in words", async ({ page, go, see, api, cofferd }) => {
	const path = `${cofferd.folder}/odd`;
	await mkdir(path);
	await writeFile(`${path}/plain.txt`, "in the backup");
	// It lies there until it is closed.
	const socket = createServer();
	await new Promise((resolve) => socket.listen(`${path}/talk.sock`, resolve));
	await api.post("/v1/sources", { name: "odd", engine: "files", connection: { path } });
	const made = await api.backup("Has-warnings", { source: "odd" });
	socket.close();
	assert.deepEqual([...new Set(made.warnings.map(({ code }) => code))], ["socket_left_out"]);
	assert(made.warnings.some(({ detail }) => detail.includes("talk.sock")), JSON.stringify(made.warnings));
	await go(`#/backups/${made.id}`);
	const card = page.locator("section", { has: page.getByRole("heading", { name: "Warnings" }) });
	for (const { code, detail } of made.warnings)
		await card.locator(".notice.warn").filter({ hasText: code }).filter({ hasText: detail }).waitFor();
	await card.getByText(/1 socket was left out: an archive cannot hold them/).waitFor();
	assert.equal(await card.locator(".notice").count(), made.warnings.length);
	await see("warnings");
	const without = await api.backup("Has-none", hr);
	assert.deepEqual(without.warnings, []);
	await go(`#/backups/${without.id}`);
	await page.getByRole("heading", { level: 1, name: "Has-none" }).waitFor();
	await card.getByText("None.", { exact: true }).waitFor();
	assert.equal(await card.locator(".notice").count(), 0);
});

test("the commands to restore by hand restore", async ({ page, go, see, api, world }) => {
	const made = await api.backup("By-hand", hr);
	const sums = () => world.sql("CHECKSUM TABLE hr.t");
	const before = await sums();
	await go(`#/backups/${made.id}?tab=byhand`);
	await page.getByText("Compare them with the manifest").waitFor();
	await see("by hand");
	const commands = await page.locator(".byhand pre").allInnerTexts();
	await world.call("drop", { names: ["hr"] });
	await world.call("shell", { commands });
	assert.deepEqual(await sums(), before);
});

test("of an encrypted backup they restore with the identity", async ({ page, go, api, world, cofferd }) => {
	const keys = await world.call("age");
	await api.post("/v1/pools", { name: "sealed", storage_type: "local_directory",
		local_directory: { path: await world.call("folder", { server: cofferd.name, name: "sealed" }) },
		encryption: { recipients: [keys.recipient], identity: keys.identity, confirm_stored: true } });
	const made = await api.backup("Sealed-by-hand", { ...hr, pool: "sealed" });
	await go(`#/backups/${made.id}?tab=byhand`);
	await page.getByText("Compare them with the manifest").waitFor();
	const commands = await page.locator(".byhand pre").allInnerTexts();
	const before = await world.sql("CHECKSUM TABLE hr.t");
	await world.call("drop", { names: ["hr"] });
	await world.call("shell", { commands, files: { "key.txt": keys.identity } });
	assert.deepEqual(await world.sql("CHECKSUM TABLE hr.t"), before);
});

/** A plan with one backup; of several provisioners it says which one makes its drills. */
async function planned(api, name) {
	const timer = { cycle: "once", date: "2037-05-01", at: "04:00", timezone: "Europe/Berlin" };
	await api.post("/v1/plans", { name, source: "shop", pool: "local", strategy: "manual", ...hr,
		options: { drill: { timer, provider: "local" } } });
	const made = await api.post(`/v1/plans/${name}/execute`);
	assert.equal((await api.job(made.job_id)).status, "completed");
	return made;
}

/** A drill started by hand at the plan: what the page of its backup says of it, without being
 * loaded anew. */
async function drilled(page, go, name, backup) {
	await go(`#/plans/${name}`);
	await page.getByRole("tab", { name: "Drills" }).click();
	await page.getByRole("button", { name: "Drill now" }).click();
	await page.getByText(`A drill of ${backup.name} has begun`).waitFor();
	await go(`#/backups/${backup.id}`);
	await page.getByRole("heading", { level: 1, name: backup.name }).waitFor();
	// Once it has ended, without anybody reading the page anew.
	const verdict = page.locator("dl.facts div", { hasText: "Last restore drill" }).locator("dd");
	await verdict.waitFor({ timeout: 120_000 });
	return verdict.innerText();
}

test("a drill proves it, and the verdict stands on its page", async ({ page, go, see, api }) => {
	const backup = await planned(api, "drills");
	assert.match(await drilled(page, go, "drills", backup), /^Passed, /);
	await see("drilled");
	const { last_drill: last, row_count: rows } = await api.get(`/v1/backups/${backup.id}`);
	assert.equal(last.verdict, "passed");
	assert.equal(last.rows, rows);
	assert(rows > 0);
}, { server: "provisioned" });

test("a drill of a damaged one fails, and its page says so", async ({ page, go, see, api, cofferd }) => {
	const backup = await planned(api, "drills-damaged");
	const [part] = (await api.get(`/v1/backups/${backup.id}/manifest`)).parts;
	const found = (await readdir(`${cofferd.folder}/local`, { recursive: true }))
		.find((path) => path.endsWith(`${backup.id}/${part.key}`));
	const path = `${cofferd.folder}/local/${found}`;
	const bytes = await readFile(path);
	bytes[bytes.length >> 1] ^= 4;
	await writeFile(path, bytes);
	assert.match(await drilled(page, go, "drills-damaged", backup), /^Failed, /);
	await see("drill failed");
	const { last_drill: last } = await api.get(`/v1/backups/${backup.id}`);
	assert.equal(last.verdict, "failed");
	assert.equal(last.error.code, "damaged_backup");
	await go("#/plans/drills-damaged");
	await page.getByRole("tab", { name: "Drills" }).click();
	await page.getByText(last.error.detail).waitFor();
	await see("drill failed at the plan");
}, { server: "provisioned" });

test("a failed one says why", async ({ page, go, see, api, world, cofferd }) => {
	const path = await world.call("folder", { server: cofferd.name, name: "frail" });
	await api.post("/v1/pools", { name: "frail", storage_type: "local_directory", local_directory: { path } });
	await rename(path, `${path}-away`);
	const made = await api.post("/v1/backups", { source: "shop", pool: "frail", name: "To-fail" });
	await api.job(made.job_id);
	await go(`#/backups/${made.id}`);
	await page.getByText("It failed: store_failed").waitFor();
	await see("failed");
});

for (const [name, options] of [["dark", { theme: "dark" }], ["a phone", { width: 360, height: 740 }],
	["4K", { width: 3840, height: 2160 }], ["Chinese", { language: "zh" }]])
	test(`in ${name}`, async ({ page, go, see, api }) => {
		const { items: [backup] } = await api.get("/v1/backups?q=Whole-page");
		await go("#/backups");
		await page.getByRole("row", { name: "Whole-page" }).waitFor();
		await see(`list in ${name}`);
		for (const tab of ["info", "contents", "parts", "byhand"]) {
			await go(`#/backups/${backup.id}?tab=${tab}`);
			await page.getByRole("tabpanel").locator("code, pre, summary").first().waitFor();
			await see(`${tab} in ${name}`);
		}
		await go("#/backups?create=1");
		await page.getByRole("dialog").locator("textarea").waitFor();
		await see(`create in ${name}`);
	}, options);
