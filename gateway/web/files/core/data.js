// What a view shows of the gateway, kept fresh: fetched, and fetched again when something of these kinds happened.

import { useEffect, useRef, useState } from "../vendor/preact-htm.js";
import { get } from "./api.js";
import { on } from "./live.js";

const SETTLE_MS = 150; // what happens at once is asked for once

/** `{data, error, at, reload}`; `data` is undefined before the first answer. `path` null: nothing is asked. `kinds` are kinds of
 * events (`live.on`); `load` is for what is not one GET. */
export function useData(path, kinds = [], load = get) {
  const [shown, setShown] = useState({ path, data: undefined, error: null, at: 0 });
  const turn = useRef(0);
  const reload = async () => {
    const mine = ++turn.current;
    if (path === null) return;
    try {
      const data = await load(path);
      if (mine === turn.current) setShown({ path, data, error: null, at: Date.now() });
    } catch (error) {
      if (mine === turn.current) setShown((before) => ({ ...before, path, data: before.path === path ? before.data : undefined, error }));
    }
  };
  useEffect(() => {
    let timer = 0;
    const soon = () => { clearTimeout(timer); timer = setTimeout(reload, SETTLE_MS); };
    reload();
    const ends = [...kinds, "fresh"].map((kind) => on(kind, soon));
    return () => { clearTimeout(timer); turn.current += 1; for (const end of ends) end(); };
  }, [path]);
  const known = shown.path === path ? shown : { data: undefined, error: null, at: 0 };
  return { ...known, reload };
}
