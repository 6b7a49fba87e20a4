// Values, times and ages as people read them, in their language.

import { language, maybe, t } from "./texts.js";

const UNITS = { celsius: "°C", percent: "%", "%": "%", degree_celsius: "°C" };

const numbers = new Map();
function number(value, digits) {
  const key = `${language} ${digits}`;
  if (!numbers.has(key)) numbers.set(key, new Intl.NumberFormat(language, { maximumFractionDigits: digits }));
  return numbers.get(key).format(value);
}

/** How many decimals are worth showing of a number, by its size and its step. */
const digitsOf = (value, step) => (step && Number.isInteger(step) ? 0 : Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);

/** A value of a property (a card's, with `type`, `unit`, `multipleOf`) as text; "–" where nobody knows it. */
export function value(shown, property = {}) {
  if (shown === null || shown === undefined) return "–";
  if (typeof shown === "boolean") return maybe(`state.${property.capability}.${shown}`, t(shown ? "state.on" : "state.off"));
  if (typeof shown === "number") {
    const unit = property.unit ? ` ${UNITS[property.unit] ?? property.unit}` : "";
    return number(shown, digitsOf(shown, property.multipleOf)) + unit;
  }
  if (typeof shown === "string") return maybe(`word.${shown}`, shown);
  return JSON.stringify(shown);
}

/** What an affordance is called: its title, which a device may have made. */
export const named = (name, affordance) => affordance?.title ?? name.replaceAll("_", " ");

const AGES = [[60, "second", 1], [3600, "minute", 60], [86_400, "hour", 3600], [Infinity, "day", 86_400]];

/** How long ago (seconds since the epoch): "3 min ago". */
export function ago(at, now = Date.now()) {
  const seconds = Math.max(0, now / 1000 - at);
  if (seconds < 5) return t("time.now");
  const [, unit, size] = AGES.find(([below]) => seconds < below);
  return new Intl.RelativeTimeFormat(language, { style: "short" }).format(-Math.floor(seconds / size), unit);
}

/** A length of time in seconds: "2 h 5 min". */
export function lasts(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return t("time.s", { n: whole });
  if (whole < 3600) return whole % 60 && whole < 600 ? `${t("time.min", { n: Math.floor(whole / 60) })} ${t("time.s", { n: whole % 60 })}` : t("time.min", { n: Math.round(whole / 60) });
  if (whole < 86_400) {
    const minutes = Math.round((whole % 3600) / 60);
    return minutes ? `${t("time.h", { n: Math.floor(whole / 3600) })} ${t("time.min", { n: minutes })}` : t("time.h", { n: Math.floor(whole / 3600) });
  }
  return t("time.d", { n: Math.round(whole / 86_400) });
}

const asDate = (at) => new Date(typeof at === "number" ? at * 1000 : at);

/** A time of day, with the day where it is not today. `at`: seconds since the epoch, or RFC 3339 text. */
export function when(at) {
  const date = asDate(at);
  const today = date.toDateString() === new Date().toDateString();
  const options = today ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
  return new Intl.DateTimeFormat(language, options).format(date);
}

export const exactly = (at) => new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" }).format(asDate(at));
