// Tokens, and who holds them.

/** Whether it is good at `now`, by what it says of itself. */
export const isGood = (token, now = Date.now()) => !token.revoked_at
  && !(token.expires_at && Date.parse(token.expires_at) <= now) && !(token.idle_until && Date.parse(token.idle_until) <= now);

const newest = (tokens, member) => tokens.map((one) => one[member]).filter(Boolean).sort().at(-1) ?? null;

/** Everybody with a good token: `{id, role, name, acts_for, by, tokens, last_used_at, expires_at, narrowed}`. `by`: who let
 * them in, where it was somebody else. */
export function grouped(tokens) {
  const holders = new Map(tokens.map((one) => [one.id, one.principal]));
  const everybody = new Map();
  for (const token of tokens.filter((one) => isGood(one))) everybody.set(token.principal, [...(everybody.get(token.principal) ?? []), token]);
  return [...everybody].map(([id, own]) => {
    const by = own.map((one) => holders.get(one.parent)).find((holder) => holder && holder !== id) ?? "";
    return {
      id, by, role: own[0].role, name: own[0].name, acts_for: own[0].acts_for, tokens: own, last_used_at: newest(own, "last_used_at"),
      expires_at: own.every((one) => one.expires_at) ? newest(own, "expires_at") : null, mandate: own.find((one) => one.mandate)?.mandate ?? null, narrowed: own.some((one) => one.mandate),
    };
  }).sort((a, b) => (a.name || a.id).localeCompare(b.name || b.id));
}

/** Those that end along with `ended` (ids of tokens): what was made from them, and from that. */
export function endsWith(tokens, ended) {
  const gone = new Set(ended);
  let before = -1;
  while (before !== gone.size) {
    before = gone.size;
    for (const one of tokens) if (isGood(one) && one.parent && gone.has(one.parent)) gone.add(one.id);
  }
  return tokens.filter((one) => gone.has(one.id) && !ended.includes(one.id));
}
