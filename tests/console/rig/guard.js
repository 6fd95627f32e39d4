// What a page may not do, whatever a test looks at: say an error on the
// console, ask another host, get an answer that nobody expects.

// What Chromium says of an answer, which the list of answers has as well.
const TOLD = "Failed to load resource";
const KEPT = 20;

export class Guard {
	#base;
	#found = [];
	// Who is not signed in is told so.
	#allowed = [{ status: 401, path: "/v1/sessions" }];

	constructor(context, base) {
		this.#base = base;
		context.on("console", (message) => this.#onConsole(message));
		context.on("weberror", (error) => this.#add(`error: ${error.error().stack}`));
		context.on("request", (request) => this.#onRequest(request));
		context.on("response", (response) => this.#onResponse(response));
		context.on("dialog", (dialog) => {
			this.#add(`a dialog of the browser: ${dialog.message()}`);
			dialog.dismiss().catch(() => {});
		});
	}

	/** status 0: the connection breaks. */
	allow(status, path) {
		this.#allowed.push({ status, path });
	}

	#add(text) {
		if (this.#found.length < KEPT)
			this.#found.push(text);
	}

	#isAllowed(status, url) {
		const { pathname } = new URL(url, this.#base);
		return this.#allowed.some((one) =>
			one.status === status && pathname.startsWith(one.path));
	}

	#onConsole(message) {
		if (message.type() !== "error")
			return;
		const { url } = message.location();
		if (message.text().startsWith(TOLD)) {
			// Without a status there was no answer, and no other trace of it.
			if (message.text().includes("net::") && !this.#isAllowed(0, url))
				this.#add(`${message.text()}: ${url}`);
			return;
		}
		this.#add(`console: ${message.text()} (${url})`);
	}

	#onRequest(request) {
		const url = request.url();
		if (!url.startsWith(`${this.#base}/`) && !/^(data|blob):/.test(url))
			this.#add(`a request to another host: ${url}`);
	}

	#onResponse(response) {
		const status = response.status();
		if (status >= 400 && !this.#isAllowed(status, response.url()))
			this.#add(`${status} ${response.request().method()} ${response.url()}`);
	}

	check() {
		if (this.#found.length)
			throw new Error(`the page did what it must not:\n${this.#found.join("\n")}`);
	}
}
