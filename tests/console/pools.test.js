// Storage pools: bound, tested, updated, read again, unbound.
import { strict as assert } from "node:assert";

import { test, until } from "./rig/cases.js";

const row = (page, name) => page.getByRole("row", { name: new RegExp(`^${name} `) });

async function choose(page, name, act) {
	await row(page, name).getByRole("button", { name: `More: ${name}` }).click();
	await page.getByRole("menuitem", { name: act, exact: true }).click();
}

/** The dialog with the fields of a bucket filled in. */
async function fillBucket(page, name, s3) {
	const dialog = page.getByRole("dialog", { name: "Bind a storage pool" });
	await dialog.getByLabel("Name").fill(name);
	await dialog.getByLabel("Endpoint").fill(s3.endpoint);
	await dialog.getByLabel("Region").fill(s3.region);
	await dialog.getByLabel("Bucket", { exact: true }).fill(s3.bucket);
	await dialog.getByLabel("Access key").fill(s3.access_key);
	await dialog.getByLabel("Secret key").fill(s3.secret_key);
	return dialog;
}

test("an empty list says what to do next", async ({ page, go, see }) => {
	await go("#/pools");
	await page.getByText("There is no storage pool yet").waitFor();
	await see("nothing at all");
	await page.getByRole("button", { name: "Bind" }).last().click();
	await page.getByRole("dialog", { name: "Bind a storage pool" }).waitFor();
}, { server: "empty" });

test("each column tells what the pool is", async ({ page, go, see, api }) => {
	await api.backup("In-local", { scope: { databases: [{ name: "hr" }] } });
	await api.post("/v1/plans", { name: "by-hand", source: "shop", pool: "local", strategy: "manual",
		method: "logical", retention_days: 7 });
	await go("#/pools");
	const head = await page.getByRole("table").locator("thead").innerText();
	for (const word of ["Name", "Status", "Storage type", "Place", "Plans", "Backups", "Stored", "Encryption",
		"Remarks", "Created", "Updated", "ID"])
		assert(head.includes(word), `${word} in ${head}`);
	const text = await row(page, "local").innerText();
	for (const word of ["Available", "Local directory", "by-hand", "KiB", "No", "pool_"])
		assert(text.includes(word), `${word} in ${text}`);
	assert((await row(page, "main").innerText()).includes("Object storage (S3)"));
	await see("list");
	await row(page, "local").getByRole("link", { name: "1", exact: true }).click();
	await page.getByRole("row", { name: "In-local" }).waitFor();
}, { width: 1920 });

test("Bind proves the store and tells what it found", async ({ page, go, see, api, world }) => {
	await go("#/pools");
	await page.getByRole("button", { name: "Bind" }).click();
	const dialog = await fillBucket(page, "new-one", await world.bucket());
	await dialog.getByLabel("Remarks").fill("for the tests");
	await see("bind");
	await dialog.getByRole("button", { name: "Bind" }).click();
	const found = page.getByRole("dialog", { name: "What the store can: new-one" });
	for (const word of ["Conditional writes", "Reads of pieces", "Its clock is ahead by", "A write takes"])
		await found.getByText(word).waitFor();
	await see("found");
	await found.locator(".foot").getByRole("button", { name: "Close" }).click();
	await row(page, "new-one").getByText("Available").waitFor();
	const pool = await api.get("/v1/pools/new-one");
	assert.equal(pool.remarks, "for the tests");
	assert(pool.object_storage.secret_key.set);
});

test("a store that does not work is told in words, and nothing is lost", async ({ page, go, see, api, world, allow }) => {
	allow(422, "/v1/pools");
	await go("#/pools?bind=1");
	const s3 = { ...await world.bucket(), secret_key: "wrong" };
	const dialog = await fillBucket(page, "not-this", s3);
	await dialog.getByRole("button", { name: "Bind" }).click();
	await dialog.locator(".wrong, [role=alert]").first().waitFor();
	await see("bind fails");
	assert.equal(await dialog.getByLabel("Access key").inputValue(), s3.access_key);
	await dialog.getByLabel("Name").fill("9");
	await dialog.getByText("1 to 64 characters").waitFor();
	assert.equal((await api.call("GET", "/v1/pools/not-this")).status, 404);
});

test("a folder is bound, with recipients and an identity", async ({ page, go, see, api, world, cofferd }) => {
	const keys = await world.call("age");
	const path = await world.call("folder", { server: cofferd.name, name: "sealed" });
	await go("#/pools?bind=1");
	const dialog = page.getByRole("dialog", { name: "Bind a storage pool" });
	await dialog.getByLabel("Name").fill("sealed");
	await dialog.getByLabel("Local directory").check();
	await dialog.getByLabel("Directory", { exact: true }).fill(path);
	await dialog.getByLabel("Encrypt new backups").check();
	await dialog.getByLabel("Recipients").fill("age1nonsense");
	await dialog.getByText("A recipient begins with age1").waitFor();
	await dialog.getByLabel("Recipients").fill(keys.recipient);
	await dialog.getByLabel("Recipients").press("Enter");
	await dialog.getByLabel("Identity (optional)").fill(keys.identity);
	await dialog.getByLabel("The identity is stored in a place").check();
	await see("bind sealed");
	await dialog.getByRole("button", { name: "Bind" }).click();
	await page.getByRole("dialog", { name: "What the store can: sealed" }).waitFor();
	const pool = await api.get("/v1/pools/sealed");
	assert.deepEqual(pool.encryption, { recipients: [keys.recipient], identity: { set: true } });
});

test("Test proves the store now", async ({ page, go, see, allow, world }) => {
	await go("#/pools");
	await row(page, "main").getByRole("button", { name: "Test: main" }).click();
	const found = page.getByRole("dialog", { name: "What the store can: main" });
	await found.getByText("The store works.").waitFor();
	await see("test");
	await page.keyboard.press("Escape");
	await found.waitFor({ state: "detached" });
	assert(await row(page, "main").isVisible());
});

test("Update changes name and remarks, and keeps the secret", async ({ page, go, api, world }) => {
	const s3 = await world.bucket();
	await api.post("/v1/pools", { name: "to-update", storage_type: "object_storage", object_storage: s3 });
	await go("#/pools");
	await row(page, "to-update").getByRole("button", { name: "Update: to-update" }).click();
	const dialog = page.getByRole("dialog", { name: "Update to-update" });
	await dialog.getByLabel("Name").fill("updated");
	await dialog.getByLabel("Remarks").fill("moved");
	await dialog.getByRole("button", { name: "Update" }).click();
	await row(page, "updated").getByText("moved").waitFor();
	const pool = await api.get("/v1/pools/updated");
	assert.equal(pool.object_storage.bucket, s3.bucket);
	await api.post(`/v1/pools/${pool.id}/test`);
});

test("Read the manifests again", async ({ page, go, api }) => {
	await go("#/pools");
	await choose(page, "local", "Read the manifests again");
	await page.getByText("The manifests of local are being read").waitFor();
	await until(async () => (await api.get("/v1/jobs?kind=adopt")).items[0].status === "completed", "it is over");
});

test("Unbind is refused while plans refer to the pool", async ({ page, go, allow, see }) => {
	allow(409, "/v1/pools");
	await go("#/pools");
	await choose(page, "local", "Unbind");
	const dialog = page.getByRole("dialog", { name: "Unbind local?" });
	await dialog.getByText(/plan/).first().waitFor();
	await see("unbind refused");
	await dialog.getByRole("button", { name: "Cancel" }).click();
	assert(await row(page, "local").isVisible());
});

test("Unbind names the backups that leave, and wants the name", async ({ page, go, see, api, world, cofferd }) => {
	const path = await world.call("folder", { server: cofferd.name, name: "leaving" });
	await api.post("/v1/pools", { name: "leaving", storage_type: "local_directory", local_directory: { path } });
	await api.backup("Leaves-too", { scope: { databases: [{ name: "hr" }] }, pool: "leaving" });
	await go("#/pools");
	await choose(page, "leaving", "Unbind");
	const dialog = page.getByRole("dialog", { name: "Unbind leaving?" });
	await dialog.getByText("Leaves-too").waitFor();
	assert(await dialog.getByRole("button", { name: "Unbind" }).isDisabled());
	await dialog.getByLabel("Type leaving to confirm").fill("leaving");
	await see("unbind");
	await dialog.getByRole("button", { name: "Unbind" }).click();
	await row(page, "leaving").waitFor({ state: "detached" });
	assert.equal((await api.call("GET", "/v1/pools/leaving")).status, 404);
	assert.equal((await api.get("/v1/backups?q=Leaves-too")).total, 0);
});

test("filters lie in the address", async ({ page, go }) => {
	await go("#/pools?storage_type=local_directory");
	await row(page, "local").waitFor();
	await row(page, "main").waitFor({ state: "detached" });
	await page.getByLabel("Search").fill("nowhere");
	await page.getByText("Nothing matches the filters.").waitFor();
	await page.getByRole("button", { name: "Clear filters" }).click();
	await row(page, "main").waitFor();
});

for (const [name, options] of [["dark", { theme: "dark" }], ["a phone", { width: 360, height: 740 }],
	["Chinese", { language: "zh" }]])
	test(`in ${name}`, async ({ page, go, see }) => {
		await go("#/pools");
		await row(page, "main").waitFor();
		await see(`list in ${name}`);
		await go("#/pools?bind=1");
		await page.getByRole("dialog").getByRole("textbox").first().waitFor();
		await see(`bind in ${name}`);
	}, options);
