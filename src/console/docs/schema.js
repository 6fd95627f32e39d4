// Schemas of openapi.json as text, and a first body to begin with.
//
//   resolver(doc)          follows "$ref"
//   describe(schema, at)   lines of text: a member a line, what it is, what it means
//   sample(schema, at)     a value of that shape, of what is required
const depthMax = 6;

export const resolver = (doc) => function at(thing) {
	return thing?.$ref ? at(thing.$ref.slice(2).split("/").reduce((o, k) => o[k], doc)) : thing || {};
};

const typeOf = (s) => {
	if ("const" in s) return JSON.stringify(s.const);
	if (s.enum) return s.enum.map((v) => JSON.stringify(v)).join(" | ");
	const type = [s.type || "any"].flat().join(" | ");
	const low = s.minimum ?? s.minLength, high = s.maximum ?? s.maxLength;
	const range = low == null && high == null ? "" : ` (${low ?? ""}..${high ?? ""})`;
	return (s.format ? `${type}, ${s.format}` : type) + range;
};

function members(s, at, depth) {
	const pad = "  ".repeat(depth);
	return Object.entries(s.properties || {}).flatMap(([name, part]) => {
		const inner = at(part);
		const mark = s.required?.includes(name) ? "" : "?";
		const what = inner.description ? "  - " + inner.description : "";
		return [`${pad}${name}${mark}: ${typeOf(inner)}${what}`, ...below(inner, at, depth + 1)];
	});
}

function below(s, at, depth) {
	if (depth > depthMax) return [];
	const choices = s.oneOf || s.anyOf;
	if (choices) return choices.flatMap((one, i) => [
		"  ".repeat(depth) + (i ? "or " : "either ") + typeOf(at(one)), ...below(at(one), at, depth + 1)]);
	if (s.items) return ["  ".repeat(depth) + "of " + typeOf(at(s.items)),
		...below(at(s.items), at, depth + 1)];
	return members(s, at, depth);
}

export const describe = (schema, at) => [typeOf(at(schema)), ...below(at(schema), at, 1)].join("\n");

export function sample(schema, at) {
	const s = at(schema);
	const choice = (s.oneOf || s.anyOf)?.[0];
	if (choice) return sample(choice, at);
	if ("default" in s) return s.default;
	if ("const" in s) return s.const;
	if (s.enum) return s.enum[0];
	const type = [s.type].flat()[0];
	if (type == "object") return Object.fromEntries((s.required || []).map((name) =>
		[name, sample(s.properties[name], at)]));
	return { array: [], integer: s.minimum ?? 0, number: 0, boolean: false, string: "" }[type] ?? null;
}
