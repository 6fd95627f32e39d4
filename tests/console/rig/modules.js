// The packages that `run` has installed, which is not beside these files.
import { createRequire } from "node:module";
import { join } from "node:path";

let folder = "";

export function useFolder(path) {
	folder = path;
}

export function load(name) {
	return createRequire(join(folder, "package.json"))(name);
}
