// What this browser keeps of the viewer's choices; a browser that keeps nothing is fine.
export function saved(key) {
	try {
		return localStorage.getItem("coffer." + key);
	} catch {
		return null;
	}
}

export function save(key, value) {
	try {
		localStorage.setItem("coffer." + key, value);
	} catch {
		// as above
	}
}
