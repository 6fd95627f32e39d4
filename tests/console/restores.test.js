// Restores: the wizard, and the page of one with its verdict.
import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";

import { test } from "./rig/cases.js";

const HR = { scope: { databases: [{ name: "hr" }] } };
const row = (page, name) => page.getByRole("row").filter({ hasText: name });
const next = (page) => page.getByRole("button", { name: "Next" }).click();
const start = (page) => page.getByRole("button", { name: "Restore", exact: true });
const step = (page, name) => page.getByRole("heading", { level: 2, name, exact: true }).waitFor();

/** At the step of the target. */
async function begin(page, go, backup) {
	await go(`#/restores/new?backup=${backup.id}`);
	await page.getByRole("main").getByText(backup.name).waitFor();
	await next(page);
	await step(page, "Target");
}

async function check(page) {
	await next(page);
	await step(page, "Parts");
	await next(page);
	await step(page, "Check");
	await page.getByText("To be read from the pool").waitFor();
}

/** The restore that the page shows, when it has ended. */
async function verdict(page, api, status = "completed") {
	await page.getByRole("heading", { name: "Verdict" }).waitFor();
	const restore = await api.get(`/v1/restores/${/res_\w+/.exec(page.url())[0]}`);
	assert.equal(restore.status, status, JSON.stringify(restore.error));
	return restore;
}

test("a backup is chosen first", async ({ page, go, see, api }) => {
	await go("#/restores");
	await page.getByText("Nothing was restored yet").waitFor();
	await see("no restores");
	await api.backup("chosen", HR);
	await page.getByRole("link", { name: "Restore a backup" }).click();
	await page.getByLabel("Search").fill("chos");
	await see("choose");
	await row(page, "chosen").getByRole("button", { name: "Choose: chosen" }).click();
	await step(page, "Backup");
	await see("backup");
}, { server: "provisioned" });

test("into an existing instance, under another name, with progress and verdict",
	async ({ page, go, see, api, world, cofferd }) => {
		const backup = await api.backup("renamed");
		await begin(page, go, backup);
		await page.getByLabel("An existing instance").check();
		await page.getByText("Under other names").click();
		await page.getByLabel("hr", { exact: true }).fill("hr_old");
		await see("target existing");
		await next(page);
		await step(page, "Parts");
		await page.getByLabel("Databases and tables").check();
		await page.getByLabel("hr", { exact: true }).check();
		await page.getByRole("button", { name: "Tables of hr" }).click();
		await page.getByRole("group", { name: "Tables of hr" }).getByLabel("t", { exact: true }).waitFor();
		await see("parts");
		await next(page);
		await page.getByText("Nothing stands against it.").waitFor();
		await page.getByRole("listitem").filter({ hasText: "hr_old" }).waitFor();
		await see("check");
		await cofferd.hold({ text: "CREATE DATABASE" });
		await start(page).click();
		await page.getByRole("heading", { name: "Restoring" }).waitFor();
		await see("progress");
		await cofferd.letGo();
		const restore = await verdict(page, api);
		await page.getByText(/Completed and proven: [\d,]+ rows/).waitFor();
		await see("verdict");
		assert(restore.verified && restore.row_count > 0);
		const sum = (name) => world.sql("CHECKSUM TABLE t", name).then(([[, value]]) => value);
		assert.equal(await sum("hr_old"), await sum("hr"));
	}, { server: "provisioned" });

test("what is overwritten has to be typed", async ({ page, go, see, api, world }) => {
	const backup = await api.backup("typed", HR);
	const sum = () => world.sql("CHECKSUM TABLE t", "hr").then(([[, value]]) => value);
	const before = await sum();
	await world.sql("DELETE FROM t LIMIT 10", "hr");
	assert.notEqual(await sum(), before);
	await begin(page, go, backup);
	await page.getByLabel("An existing instance").check();
	await check(page);
	assert(await start(page).isDisabled());
	await page.getByLabel("Overwrite what is there").check();
	await page.getByLabel("Type hr to confirm").fill("h");
	assert(await start(page).isDisabled());
	await see("overwrite");
	await page.getByLabel("Type hr to confirm").fill("hr");
	await see("read before");
	const first = page.getByLabel("Read the whole backup first");
	assert(await first.isChecked());
	await first.uncheck();
	const [asked] = await Promise.all([page.waitForRequest((r) => r.url().endsWith("/v1/restores")), start(page).click()]);
	assert.equal(asked.postDataJSON().options.verify_first, false);
	await verdict(page, api);
	assert.equal(await sum(), before);
}, { server: "provisioned" });

test("a database of a backup that is files, read by a throwaway instance as was said",
	async ({ page, go, see, api, world, allow }) => {
		const backup = await api.backup("by-files", { method: "physical" });
		await begin(page, go, backup);
		await page.getByLabel("An existing instance").check();
		const provider = page.getByLabel("Throwaway instance by");
		assert.deepEqual((await provider.locator("option").allInnerTexts()).map((text) => text.split(":")[0]).sort(),
			["local", "scripted"]);
		await provider.selectOption("local");
		await page.getByLabel("Options for the provisioner").fill("{nonsense");
		await next(page);
		await page.getByText("This is not a JSON object.").first().waitFor();
		await page.getByLabel("Options for the provisioner").fill('{"settings": {"max_allowed_packet": 67108864}}');
		await page.getByText("Under other names").click();
		await page.getByLabel("hr", { exact: true }).fill("hr_by_files");
		await see("target through");
		await next(page);
		await step(page, "Parts");
		await page.getByLabel("Databases and tables").check();
		await page.getByLabel("hr", { exact: true }).check();
		// What the server says of a field is shown at it, where it is.
		allow(422, "/v1/restores/check");
		assert.equal(await page.getByLabel("Accounts and grants").count(), 0);
		await page.getByText("Listed is what shop has now").waitFor();
		const lines = page.getByLabel("Connections that write at once");
		await lines.fill("17");
		await next(page);
		await page.locator("input[type=number][aria-invalid=true]").waitFor();
		await step(page, "Parts");
		await see("parts refused");
		await lines.fill("2");
		await next(page);
		await page.getByText("Nothing stands against it.").waitFor();
		const sent = page.waitForRequest((request) => request.method() == "POST" && request.url().endsWith("/v1/restores"));
		await start(page).click();
		const body = (await sent).postDataJSON();
		assert.deepEqual(body.scope, { databases: [{ name: "hr" }] });
		assert.deepEqual(body.rename, { hr: "hr_by_files" });
		assert.deepEqual(body.through, { provider: "local", options: { settings: { max_allowed_packet: 67108864 } } });
		assert.deepEqual(body.options, { parallelism: 2 });
		await page.waitForURL(/#\/restores\/res_/);
		const { job_id: job } = await api.get(`/v1/restores/${/res_\w+/.exec(page.url())[0]}`);
		await api.job(job, 200);
		const restore = await verdict(page, api);
		assert(restore.verified && restore.row_count > 0);
		const sum = (name) => world.sql("CHECKSUM TABLE t", name).then(([[, value]]) => value);
		assert.equal(await sum("hr_by_files"), await sum("hr"));
	}, { server: "provisioned", seconds: 500 });

test("into a new instance", async ({ page, go, see, api }) => {
	const backup = await api.backup("anew", HR);
	await begin(page, go, backup);
	await page.getByLabel("A new instance").check();
	await page.getByLabel("Provisioner", { exact: true }).selectOption("local");
	await page.getByLabel("Name of the new instance").fill("shop-copy");
	await page.getByLabel("Options for the provisioner").fill("{nonsense");
	await next(page);
	await page.getByText("This is not a JSON object.").first().waitFor();
	await page.getByLabel("Options for the provisioner").fill("");
	await see("target new");
	await check(page);
	await start(page).click();
	await verdict(page, api);
	await page.getByRole("link", { name: "Open shop-copy" }).waitFor();
	await see("verdict new");
	const source = await api.get("/v1/sources/shop-copy");
	assert(source.provisioned_by);
	await api.del("/v1/sources/shop-copy?destroy=true");
}, { server: "provisioned" });

test("files of a folder, browsed and chosen", async ({ page, go, see, api, cofferd }) => {
	const backup = await api.backup("tree-one", { source: "tree" });
	await begin(page, go, backup);
	await page.getByRole("textbox", { name: "Folder" }).fill(`${cofferd.folder}/restored/new`);
	await see("target folder");
	await next(page);
	await step(page, "Parts");
	await page.getByLabel("A part of it").check();
	await page.getByRole("button", { name: "docs/", exact: true }).click();
	await page.getByRole("button", { name: "Add: docs/b.txt" }).click();
	await see("parts browsed");
	await next(page);
	await step(page, "Check");
	await page.getByText("Nothing stands against it.").waitFor();
	await start(page).click();
	await verdict(page, api);
	const read = (path) => readFile(`${cofferd.folder}/restored/new/${path}`, "utf8").catch(() => null);
	assert.equal(await read("docs/b.txt"), "docs/b.txt".repeat(100));
	assert.equal(await read("docs/c.txt"), null);
	assert.equal(await read("a.txt"), null);
}, { server: "provisioned", theme: "dark" });

// Keys that are globs, too, and one that another one begins with.
const object = (text, type = "text/plain", metadata = {}, tags = {}) => [text, type, metadata, tags];
const OBJECTS = {
	"docs/[1]*.txt": object("a glob"),
	"docs/deep/b.txt": object("b".repeat(3000), "text/x-odd", { colour: "dark red" }, { team: "a b" }),
	"docs/deep/c.txt": object("c"),
	"docs/docs.txt": object("named as one at the top"),
	"docs.txt": object("beside the folder"),
	"pics/one.jpg": object("one", "image/jpeg", {}, { keep: "yes" }),
	"pics/one.jpg.txt": object("about one"),
};

/** Sources of buckets, the first one filled: its backup, and what they are called. */
async function buckets(api, world, name) {
	const [full, empty] = [await world.bucket(), await world.bucket()];
	await world.call("put", { bucket: full.bucket, objects: OBJECTS });
	for (const [more, connection] of [["", full], ["-other", empty]])
		await api.post("/v1/sources", { name: name + more, engine: "objects", connection });
	const backup = await api.backup(`${name}-backup`, { source: name, method: "snapshot" });
	return { backup, full: full.bucket, empty: empty.bucket };
}

const lies = (world, bucket) => world.call("lies", { bucket });
const chosen = (keys, front = "") => Object.fromEntries(keys.map((key) => [front + key, OBJECTS[key]]));

async function into(page, name) {
	const list = page.getByRole("combobox", { name: "Instance" });
	const label = await list.locator("option", { hasText: `${name} (` }).innerText();
	await list.selectOption({ label });
}

/** From the step of the parts on, to the end. */
async function carriedOut(page, api, see, name) {
	await next(page);
	await step(page, "Check");
	await page.getByText("Nothing stands against it.").waitFor();
	await see(`check ${name}`);
	await start(page).click();
	const restore = await verdict(page, api);
	assert.equal(restore.verified, true);
	await page.getByText(/Completed and proven/).waitFor();
}

test("objects of a bucket, browsed and chosen, below a prefix of another one",
	async ({ page, go, see, api, world }) => {
		const { backup, full, empty } = await buckets(api, world, "media");
		await begin(page, go, backup);
		await into(page, "media-other");
		await page.getByRole("textbox", { name: "Prefix" }).fill("back/");
		await see("target bucket");
		await next(page);
		await step(page, "Parts");
		await page.getByLabel("A part of it").check();
		for (const key of ["docs.txt", "docs/[1]*.txt", "pics/one.jpg"])
			await page.getByRole("button", { name: `Add: ${key}`, exact: true }).click();
		await page.getByLabel("Included").fill("docs/deep/**");
		await page.getByLabel("Included").press("Enter");
		await page.getByRole("button", { name: "Remove docs/deep/**" }).waitFor();
		await see("parts of a bucket");
		await carriedOut(page, api, see, "bucket");
		await see("verdict bucket");
		assert.deepEqual(await lies(world, empty),
			chosen(["docs.txt", "docs/[1]*.txt", "docs/deep/b.txt", "docs/deep/c.txt", "pics/one.jpg"], "back/"));
		assert.deepEqual(await lies(world, full), OBJECTS);
	});

test("a whole bucket into one that is not there yet", async ({ page, go, see, api, world }) => {
	const { backup, empty } = await buckets(api, world, "whole");
	await begin(page, go, backup);
	await into(page, "whole-other");
	await page.getByRole("textbox", { name: "Bucket" }).fill(`${empty}-new`);
	await next(page);
	await step(page, "Parts");
	await next(page);
	await step(page, "Check");
	await page.locator(".notice.warn").filter({ hasText: `${empty}-new` }).waitFor();
	await see("check absent bucket");
	await start(page).click();
	const restore = await verdict(page, api);
	assert.equal(restore.verified, true);
	assert.deepEqual(await lies(world, `${empty}-new`), OBJECTS);
	assert.deepEqual(await lies(world, empty), {});
});

test("a bucket is overwritten by pattern, once its name is typed", async ({ page, go, see, api, world }) => {
	const { backup, full } = await buckets(api, world, "twice");
	const since = { "docs/deep/b.txt": object("changed since"), "pics/one.jpg": object("changed, too"),
		"pics/later.jpg": object("came later") };
	await world.call("put", { bucket: full, objects: since });
	await begin(page, go, backup);
	await into(page, "twice");
	await next(page);
	await step(page, "Parts");
	await page.getByLabel("A part of it").check();
	await page.getByLabel("Included").fill("*.jpg");
	await page.getByLabel("Included").press("Enter");
	await next(page);
	await step(page, "Check");
	await page.getByLabel("Overwrite what is there").check();
	await page.getByLabel(`Type ${full} to confirm`).fill("twice");
	assert(await start(page).isDisabled());
	await see("overwrite a bucket");
	await page.getByLabel(`Type ${full} to confirm`).fill(full);
	await start(page).click();
	await verdict(page, api);
	// Back is what the pattern fits; what was changed or came since is left besides.
	assert.deepEqual(await lies(world, full),
		{ ...OBJECTS, ...since, "pics/one.jpg": OBJECTS["pics/one.jpg"] });
});

test("keys of Redis", async ({ page, go, see, api }) => {
	const backup = await api.backup("keys", { source: "cache" });
	await begin(page, go, backup);
	await page.getByLabel("An existing instance").check();
	await next(page);
	await step(page, "Parts");
	await page.getByLabel("A part of it").check();
	await page.getByLabel("Key patterns").fill("nobody:*");
	await page.getByLabel("Key patterns").press("Enter");
	await next(page);
	await step(page, "Check");
	await page.getByText("To be read from the pool").waitFor();
	await see("check keys");
}, { server: "provisioned" });

test("what stands against a restore is told before it begins", async ({ page, go, see, api, allow }) => {
	const backup = await api.backup("against", { source: "tree" });
	allow(422, "/v1/restores/check");
	await begin(page, go, backup);
	await page.getByRole("textbox", { name: "Folder" }).fill("/etc");
	await next(page);
	await step(page, "Parts");
	await next(page);
	await page.locator(".wrong, .notice.bad").first().waitFor();
	await see("refused");
}, { server: "provisioned" });

test("a restore is canceled, and says so", async ({ page, go, see, api, cofferd }) => {
	const backup = await api.backup("to-stop", HR);
	await begin(page, go, backup);
	await page.getByLabel("An existing instance").check();
	await page.getByText("Under other names").click();
	await page.getByLabel("hr", { exact: true }).fill("hr_canceled");
	await check(page);
	await cofferd.hold({ text: "CREATE DATABASE" });
	await start(page).click();
	await page.getByRole("button", { name: "Cancel the restore" }).click();
	await page.getByRole("dialog").getByRole("button", { name: "Cancel the restore" }).click();
	await verdict(page, api, "canceled");
	await cofferd.letGo();
	await see("canceled");
	await go("#/restores?status=canceled");
	await row(page, "shop").getByText("Canceled").waitFor();
	await see("list");
}, { server: "provisioned" });

test("a restore that fails says why and what next", async ({ page, go, see, api, cofferd, allow }) => {
	allow(0, "/v1/");
	allow(401, "/v1/");
	const backup = await api.backup("fails", HR);
	await begin(page, go, backup);
	await page.getByLabel("An existing instance").check();
	await page.getByText("Under other names").click();
	await page.getByLabel("hr", { exact: true }).fill("hr_fails");
	await check(page);
	await cofferd.hold({ text: "CREATE DATABASE" });
	await start(page).click();
	await page.getByRole("heading", { name: "Restoring" }).waitFor();
	await cofferd.held();
	await cofferd.stop();
	await cofferd.start();
	// Sessions do not outlive the server; the page comes back by itself.
	await page.locator("main input[type=password]").fill(cofferd.token);
	await page.locator("main form button[type=submit]").click();
	await verdict(page, api, "failed");
	await page.getByText("The server was stopped meanwhile.").waitFor();
	await page.getByRole("link", { name: "Restore again" }).waitFor();
	await see("failed");
}, { server: "provisioned" });

test("the wizard in Chinese and on a narrow screen", async ({ page, go, see, api }) => {
	const backup = await api.backup("narrow", HR);
	await go(`#/restores/new?backup=${backup.id}`);
	for (const name of ["目标", "内容", "检查"]) {
		await page.getByRole("button", { name: "下一步" }).click();
		await page.getByRole("heading", { level: 2, name }).waitFor();
		await see(`narrow ${name.codePointAt(0)}`);
	}
	const text = await page.getByRole("main").innerText();
	assert(!/restores?\.[a-z]/.test(text), text);
}, { server: "provisioned", language: "zh", width: 360, theme: "dark" });
