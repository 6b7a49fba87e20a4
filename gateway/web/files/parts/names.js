// What Things and people are called, where only their ids are told.

import { thing } from "../core/store.js";
import { maybe } from "../core/texts.js";

/** The title of a Thing; its id where this person does not see it. */
export const titleOf = (id) => thing(id)?.title ?? id ?? "";

export const things = (ids) => ids.map(titleOf);

/** Somebody by id: those who are no people have a word of their own. */
export const personOf = (id) => (id ? maybe(`somebody.${id}`, id) : "");
