// Who is signed in.
//
//   session           store of {name, role, expires_at}, null when nobody is, undefined before it
//                     is known
//   can(role)         whether the session's role is at least "read" | "operate" | "restore" |
//                     "admin"; hide or disable what the server would refuse
//   resume()          asks the server who we are; signIn(body), signOut()
import { store } from "./lib.js";
import { get, post, del, whenSignedOut } from "./api.js";

const roles = ["read", "operate", "restore", "admin"];

export const session = store(undefined);
export const can = (role) => roles.indexOf(session.get()?.role) >= roles.indexOf(role);

whenSignedOut(() => session.set(null));

export async function resume() {
	session.set(await get("/sessions").catch((problem) => {
		if (problem.status == 401) return null;
		throw problem;
	}));
}

export const signIn = async (body) => session.set(await post("/sessions", body));

export async function signOut() {
	await del("/sessions").catch(() => {});
	session.set(null);
}
