// The servers under test, and their API.
import { until } from "./cases.js";

const ENDED = ["completed", "failed", "canceled"];

class Api {
	#base;
	#token;

	constructor(base, token) {
		this.#base = base;
		this.#token = token;
	}

	/** {status, body}: the JSON of the answer, or its text. */
	async call(method, path, body) {
		const headers = { authorization: `Bearer ${this.#token}` };
		if (body !== undefined)
			headers["content-type"] = "application/json";
		const reply = await fetch(this.#base + path,
			{ method, headers, body: body && JSON.stringify(body) });
		const text = await reply.text();
		const isJson = (reply.headers.get("content-type") ?? "").includes("json");
		return { status: reply.status, body: isJson ? JSON.parse(text) : text };
	}

	/** The body of an answer that must be a good one. */
	async want(method, path, body) {
		const reply = await this.call(method, path, body);
		if (reply.status >= 300)
			throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
		return reply.body;
	}

	get(path) {
		return this.want("GET", path);
	}

	post(path, body = {}) {
		return this.want("POST", path, body);
	}

	patch(path, body) {
		return this.want("PATCH", path, body);
	}

	del(path) {
		return this.want("DELETE", path);
	}

	/** The job when it has ended. */
	job(id, seconds = 120) {
		return until(async () => {
			const job = await this.get(`/v1/jobs/${id}?wait=5`);
			return ENDED.includes(job.status) && job;
		}, `the job ${id} has ended`, seconds);
	}

	/** A backup that must be completed. */
	async backup(name, more = {}) {
		const made = await this.post("/v1/backups",
			{ source: "shop", pool: "local", name, ...more });
		const job = await this.job(made.job_id);
		if (job.status !== "completed")
			throw new Error(`the backup ${name} has failed: ${JSON.stringify(job.error)}`);
		return this.get(`/v1/backups/${made.id}`);
	}
}

class Cofferd {
	#world;

	constructor(world, told) {
		this.#world = world;
		Object.assign(this, told);
		this.api = new Api(this.base, this.token);
	}

	stop() {
		return this.#world.call("stop", { server: this.name });
	}

	start() {
		return this.#world.call("start", { server: this.name });
	}

	/** Connections to the source "shop" stand still from a point on, {down: bytes} or
	 * {text: "..."}: the job that is started then cannot end before letGo(). */
	hold(point) {
		return this.#world.call("hold", { server: this.name, ...point });
	}

	/** The source "shop" gives no more than so many bytes a second to each connection,
	 * before letGo(): a job of it takes its time, however fast the machine is. */
	slow(rate) {
		return this.#world.call("slow", { server: this.name, rate });
	}

	/** When that point is reached. */
	held() {
		return this.#world.call("reached", { server: this.name });
	}

	/** Whatever a test has held goes on. */
	letGo() {
		return this.#world.call("let_go", { server: this.name });
	}

	tail() {
		return this.#world.call("tail", { server: this.name });
	}
}

/** Those of one file of tests, by what they hold. */
export class Servers {
	#world;
	#args;
	#made = new Map();

	constructor(world, args) {
		this.#world = world;
		this.#args = args;
	}

	async of(kind) {
		if (!this.#made.has(kind))
			this.#made.set(kind, new Cofferd(this.#world,
				await this.#world.call("cofferd", { kind, args: this.#args })));
		return this.#made.get(kind);
	}

	/** Ends them; fails when one was not in order. */
	async finish() {
		const names = [...this.#made.values()].map((one) => one.name);
		this.#made.clear();
		await this.#world.call("finish", { servers: names });
	}
}
