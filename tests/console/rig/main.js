// Runs the files of tests one after the other, each with servers of its own,
// and says how they went.
import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

import { openBrowser } from "./browser.js";
import { take } from "./cases.js";
import { runCase } from "./case.js";
import { Servers } from "./server.js";
import { World } from "./world.js";

const TESTS = dirname(dirname(fileURLToPath(import.meta.url)));
const ENDING = ".test.js";

function options() {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: {
			cofferd: { type: "string" },
			out: { type: "string" },
			match: { type: "string", default: "" },
			only: { type: "string", multiple: true, default: [] },
		},
	});
	return { ...values, args: positionals };
}

function filesOf(only) {
	const all = readdirSync(TESTS).filter((name) => name.endsWith(ENDING)).sort();
	const wanted = only.map((name) => basename(name, ENDING) + ENDING);
	const strange = wanted.filter((name) => !all.includes(name));
	if (strange.length)
		throw new Error(`there is no ${strange.join(", ")} in ${TESTS}`);
	return wanted.length ? wanted : all;
}

class Count {
	passed = 0;
	failed = 0;
	// What fails when the run is interrupted says nothing.
	isOver = false;

	/** isTold: it counts when it passes, too. */
	async note(name, work, isTold = true) {
		const begin = Date.now();
		const seconds = () => `${((Date.now() - begin) / 1000).toFixed(1)} s`;
		try {
			await work();
		} catch (error) {
			if (this.isOver)
				return;
			this.failed++;
			const text = String(error?.stack ?? error).replace(/^/gm, "    ");
			console.log(`FAILED ${name} (${seconds()})\n${text}`);
			return;
		}
		if (!isTold)
			return;
		this.passed++;
		console.log(`ok     ${name} (${seconds()})`);
	}
}

async function runFile(file, rig, count) {
	const name = basename(file, ENDING);
	await count.note(`${name}: the file`, () =>
		import(pathToFileURL(join(TESTS, file))), false);
	const cases = take().filter((one) => one.name.includes(rig.match));
	const servers = new Servers(rig.world, rig.args);
	for (const one of cases)
		await count.note(`${name}: ${one.name}`, () =>
			runCase(one, { ...rig, servers, file: name }));
	await count.note(`${name}: its servers end in order`, () => servers.finish(), false);
}

/** Signals end the run in order, a second one changes nothing. */
function untilSignal(stop) {
	for (const [signal, number] of [["SIGHUP", 1], ["SIGINT", 2], ["SIGTERM", 15]])
		process.on(signal, () => stop(128 + number));
}

async function main() {
	const given = options();
	const files = filesOf(given.only);
	const world = new World(given.cofferd);
	const count = new Count();
	let browser;
	let stopping;
	const stop = () => stopping ??= (async () => {
		await browser?.close().catch(() => {});
		await world.stop();
	})();
	untilSignal(async (status) => {
		count.isOver = true;
		await stop();
		process.exit(status);
	});
	try {
		[browser] = await Promise.all([openBrowser(given.out), world.ready()]);
		for (const file of files)
			await runFile(file, { ...given, browser, world }, count);
	} catch (error) {
		await count.note("the rig", () => Promise.reject(error), false);
	} finally {
		await stop();
	}
	if (count.isOver)
		return;
	console.log(`${count.passed} passed, ${count.failed} failed`);
	process.exit(count.failed || !count.passed ? 1 : 0);
}

await main();
