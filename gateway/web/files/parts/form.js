// A form made from a JSON Schema, as Thing Descriptions have them: numbers, enums, booleans, texts, and objects of those.

import { maybe, t } from "../core/texts.js";
import { Button, Field, html, Sheet, useState } from "../core/ui.js";

const titleOf = (name, schema) => maybe(`field.${name}`, schema.title ?? name.replaceAll("_", " "));
const hintOf = (schema) => {
  const unit = schema.unit ? ` ${schema.unit}` : "";
  if (schema.minimum !== undefined && schema.maximum !== undefined) return t("form.between", { low: `${schema.minimum}${unit}`, high: `${schema.maximum}${unit}` });
  return unit.trim();
};

/** What a person typed as the value that the schema means; undefined for nothing. */
function meant(schema, typed) {
  if (typed === "" || typed === undefined || typed === null) return undefined;
  if (schema.type === "number" || schema.type === "integer") return Number(typed);
  return typed;
}

const SECRET = /^(code|pin|password)$/;

function Input({ name, schema, at, onChange }) {
  const title = titleOf(name, schema);
  if (schema.type === "object" && schema.properties) {
    return html`<fieldset class="fields"><legend>${title}</legend><${Fields} schema=${schema} at=${at ?? {}} onChange=${onChange} /></fieldset>`;
  }
  if (schema.type === "boolean") {
    return html`<label class="check"><input type="checkbox" checked=${Boolean(at)} onChange=${(event) => onChange(event.target.checked)} /> ${title}</label>`;
  }
  if (schema.enum) {
    return html`<${Field} label=${title}><select value=${at ?? ""} onChange=${(event) => onChange(schema.enum.find((one) => String(one) === event.target.value))}>
      <option value="">–</option>${schema.enum.map((one) => html`<option value=${String(one)}>${maybe(`word.${one}`, String(one))}</option>`)}</select><//>`;
  }
  const isNumber = schema.type === "number" || schema.type === "integer";
  return html`<${Field} label=${title} hint=${hintOf(schema)}><input type=${isNumber ? "number" : SECRET.test(name) ? "password" : "text"} value=${at ?? ""}
    min=${schema.minimum} max=${schema.maximum} step=${isNumber ? schema.multipleOf ?? (schema.type === "integer" ? 1 : "any") : undefined}
    maxlength=${schema.maxLength} autocomplete="off" onInput=${(event) => onChange(meant(schema, event.target.value))} /><//>`;
}

function Fields({ schema, at, onChange }) {
  return Object.entries(schema.properties).map(([name, one]) => html`<${Input} key=${name} name=${name} schema=${one} at=${at[name]}
    onChange=${(value) => onChange(Object.fromEntries(Object.entries({ ...at, [name]: value }).filter(([, is]) => is !== undefined)))} />`);
}

const missing = (schema, at) => (schema.type === "object" ? (schema.required ?? []).some((name) => at?.[name] === undefined) : at === undefined);

/** Asks for one value; `onSend(value)` gets it. */
export function InputSheet({ title, schema, first = undefined, yes, onSend, onClose }) {
  const isObject = schema.type === "object" && Boolean(schema.properties);
  const [at, set] = useState(first ?? (isObject ? {} : undefined));
  const send = (event) => {
    event.preventDefault();
    onClose();
    onSend(isObject && !Object.keys(at).length && !(schema.required ?? []).length ? undefined : at);
  };
  return html`<${Sheet} title=${title} onClose=${onClose}><form onSubmit=${send}>
    ${isObject ? html`<${Fields} schema=${schema} at=${at} onChange=${set} />` : html`<${Input} name="value" schema=${{ title: t("form.value"), ...schema }} at=${at} onChange=${set} />`}
    <div class="buttons"><button type="submit" class="button primary" disabled=${missing(schema, at)}>${yes}</button><${Button} onClick=${onClose}>${t("ui.cancel")}<//></div>
  </form><//>`;
}
