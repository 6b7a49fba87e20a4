// The gateway's API, as the person whose phone this is: a cookie that no script reads, and the origin itself.

/** Why a request did not give what was asked for. `status` is 0 where the gateway was not reached; else the members of the
 * problem document (RFC 9457): `type` (without its prefix in `name`), `title`, `detail`, and its own. */
export class Problem extends Error {
  constructor(status, body) {
    super(body?.detail || body?.title || `status ${status}`);
    Object.assign(this, body, { status, name: String(body?.type ?? "").split(":").pop() });
  }
}

const listeners = new Set();
/** Called with true or false whenever a request reached the gateway, or did not. */
export const onReach = (listener) => { listeners.add(listener); return () => listeners.delete(listener); };
const tell = (reached) => { for (const listener of listeners) listener(reached); };

export async function request(method, path, body, headers = {}) {
  const options = { method, headers: { ...headers }, cache: "no-store", credentials: "same-origin" };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    tell(false);
    throw new Problem(0, { title: "", detail: "", type: "offline" });
  }
  tell(true);
  const text = await answer.text();
  const isJson = /json/.test(answer.headers.get("Content-Type") ?? "");
  const data = text && isJson ? JSON.parse(text) : text || null;
  if (!answer.ok) throw new Problem(answer.status, isJson ? data : { detail: text.slice(0, 200) });
  return { data, status: answer.status, headers: answer.headers };
}

export const get = async (path) => (await request("GET", path)).data;
export const post = async (path, body = {}, headers) => (await request("POST", path, body, headers)).data;
export const put = async (path, body, headers) => (await request("PUT", path, body, headers)).data;
export const patch = async (path, body, headers) => (await request("PATCH", path, body, headers)).data;
export const remove = async (path) => (await request("DELETE", path)).data;

/** All pages of a list that pages by `limit` and `offset`. */
export async function pages(path, size = 500, most = 5000) {
  const all = [];
  while (all.length < most) {
    const page = await get(`${path}${path.includes("?") ? "&" : "?"}limit=${size}&offset=${all.length}`);
    all.push(...page);
    if (page.length < size) break;
  }
  return all;
}

export const segment = encodeURIComponent;
