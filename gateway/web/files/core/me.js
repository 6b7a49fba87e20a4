// Whose phone this is, to the gateway.

export const me = { principal: "", role: "", name: "", known: false };

const PERSONS = new Set(["owner", "adult", "child", "guest"]);
export const isPerson = () => PERSONS.has(me.role);

/** Owners and adults: who may change rules, Things and tokens. */
export const manages = () => me.role === "owner" || me.role === "adult";
