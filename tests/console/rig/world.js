// The real servers: a child that starts them, does what it is asked by lines
// of JSON, and ends them when its input ends (tests/integration/harness/console.py).
import { spawn } from "node:child_process";
import { join, dirname } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const HARNESS = join(HERE, "..", "..", "integration");

export class World {
	#child;
	#waiting = [];
	#ended;

	constructor(cofferd) {
		this.#child = spawn("/usr/bin/python3",
			["-B", "-m", "harness.console", "--cofferd", cofferd],
			// A group of its own: a signal for the run is served in order.
			{ cwd: HARNESS, stdio: ["pipe", "pipe", "inherit"], detached: true });
		this.#ended = new Promise((resolve) => this.#child.on("close", resolve));
		this.#child.stdin.on("error", () => {});
		createInterface({ input: this.#child.stdout })
			.on("line", (line) => this.#onLine(JSON.parse(line)));
		this.#ended.then((status) => this.#fail(`the servers have ended: ${status}`));
	}

	#onLine(answer) {
		const { error, resolve, reject } = this.#waiting.shift();
		if ("error" in answer)
			reject(Object.assign(error, { stack: `${answer.error}\n${error.stack}` }));
		else
			resolve(answer.result);
	}

	#fail(text) {
		for (const one of this.#waiting.splice(0))
			one.reject(new Error(text));
	}

	call(name, values = {}) {
		return new Promise((resolve, reject) => {
			// Made here, for its stack: who has asked.
			const error = new Error(name);
			this.#waiting.push({ error, resolve, reject });
			this.#child.stdin.write(`${JSON.stringify({ call: name, with: values })}\n`);
		});
	}

	/** When all of them serve: their addresses. */
	ready() {
		return this.call("ready");
	}

	/** Rows of MariaDB, as lists of strings. */
	sql(text, database) {
		return this.call("sql", { text, database });
	}

	/** A new bucket, as the object_storage of a pool. */
	bucket() {
		return this.call("bucket");
	}

	async stop() {
		this.#child.stdin.end();
		await this.#ended;
	}
}
