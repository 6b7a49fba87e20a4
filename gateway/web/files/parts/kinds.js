// What of a Thing a tile shows and offers first, by capability. What no table knows gets what its card says of it.

import { named } from "../core/format.js";
import { maybe } from "../core/texts.js";

/** Actions that a tile offers as buttons, by kind: the way out of danger stands first. */
const BUTTONS = {
  lock: ["lock", "unlock"],
  blind: ["open", "stop", "close"],
  garage: ["open", "stop", "close"],
  valve: ["close", "stop", "open"],
  media: ["previous", "play", "pause", "next"],
  vacuum: ["start", "pause", "dock"],
  mower: ["start", "pause", "dock"],
  alarm: ["arm_home", "arm_away", "disarm"],
  button: ["press"],
  camera: ["snapshot"],
};

/** Numbers that a tile offers to set: by moving a slider, or step by step where each step is a decision. */
const SLIDERS = ["light.brightness", "blind.position", "valve.position", "fan.speed", "media.volume", "humidifier.target_humidity"];
const STEPS = ["thermostat.target", "water-heater.target", "thermostat.target_low", "thermostat.target_high"];
const CHOICES = ["thermostat.mode", "water-heater.mode", "fan.preset", "media.source"];

/** What a tile tells, the most telling first. `*` is any kind's. */
const TELLING = [
  "smoke.smoke", "co.co", "leak.leak", "air.gas", "lock.state", "alarm.state", "garage.state", "contact.open", "blind.state", "valve.state",
  "thermostat.temperature", "water-heater.temperature", "temperature.temperature", "occupancy.occupied", "presence.present", "presence.home",
  "vacuum.state", "mower.state", "media.state", "media.title", "camera.state", "thermostat.action", "humidity.humidity", "thermostat.humidity",
  "humidifier.humidity", "air.co2", "air.pm25", "air.voc", "power.power", "meter.power", "pressure.pressure", "illuminance.illuminance", "meter.energy", "meter.water",
  "meter.gas", "power.energy", "air.aqi",
];

/** Never on a tile: what only tells with others, or nobody looks for. A low battery is told otherwise. */
const QUIET = /^(battery|setting)\.|\.(color_mode|tamper|fault|latitude|longitude|accuracy|firmware|latest_firmware|release|image|segments)$/;

const ALARMS = new Set(["smoke.smoke", "co.co", "leak.leak", "air.gas", "smoke.tamper", "contact.tamper", "garage.obstructed"]);
/** Whether this value is a danger that a person should see at once. */
export const alarming = (property) => (ALARMS.has(property.capability) && property.value === true)
  || (property.capability === "alarm.state" && property.value === "triggered") || (property.capability === "lock.state" && property.value === "jammed");

const LOW_PERCENT = 15; // below it, what runs on batteries lasts some days
export const isLow = (property) => (property.capability === "battery.low" && property.value === true)
  || (property.capability === "battery.level" && typeof property.value === "number" && property.value < LOW_PERCENT);

const kindOf = (affordance) => (affordance.capability ?? "").split(".")[0];
const wordOf = (affordance) => (affordance.capability ?? "").split(".")[1] ?? "";
const list = (members) => Object.entries(members).map(([name, one]) => ({ name, ...one }));
const ofMain = (one) => (one.component ? 1 : 0);

export const isSwitch = (property) => property.type === "boolean" && wordOf(property) === "on";

/** What a property or action is called: the field's word in the reader's language where the model gave the name, else what the
 * device calls it. `alone`: no other of the card has the same capability. */
export function called(name, affordance, card) {
  const same = (one) => one.capability === affordance.capability;
  const alone = !card || [...Object.values(card.properties), ...Object.values(card.actions)].filter(same).length < 2;
  const word = alone && affordance.capability ? maybe(`prop.${affordance.capability}`) : "";
  return word || named(name, affordance);
}

const SHOWN_SWITCHES = 3; // of a power strip: the rest is on its page

/** `{switches, sliders, steps, choices, buttons}`: what a tile offers, for whoever may use it. */
export function controlsOf(card) {
  const writable = list(card.properties).filter((one) => one.writes);
  const by = (wanted) => writable.filter((one) => wanted.includes(one.capability)).sort((a, b) => ofMain(a) - ofMain(b) || wanted.indexOf(a.capability) - wanted.indexOf(b.capability));
  const actions = list(card.actions);
  const kind = card.kind in BUTTONS ? card.kind : kindOf(actions.find((one) => kindOf(one) in BUTTONS) ?? {});
  const buttons = (BUTTONS[kind] ?? []).map((word) => actions.find((one) => one.capability === `${kind}.${word}`)).filter(Boolean);
  return {
    switches: writable.filter(isSwitch).sort((a, b) => ofMain(a) - ofMain(b)).slice(0, SHOWN_SWITCHES),
    sliders: by(SLIDERS).slice(0, 1),
    steps: by(STEPS).slice(0, 2),
    choices: by(CHOICES).slice(0, 1),
    buttons,
  };
}

const rank = (one) => { const at = TELLING.indexOf(one.capability); return at < 0 ? TELLING.length + ofMain(one) : at; };

/** The properties that a tile tells, the first one large. What a control of the tile shows by itself is left out. */
export function tellingOf(card, most = 3) {
  const controls = controlsOf(card);
  const shown = new Set([...controls.switches, ...controls.steps, ...controls.choices].map((one) => one.name));
  const known = new Set(TELLING);
  return list(card.properties)
    .filter((one) => "quality" in one || !one.writes)
    .filter((one) => !shown.has(one.name) && !QUIET.test(one.capability ?? "") && one.type !== "object" && !(one.writes && !known.has(one.capability) && one.capability !== "setting.value" && controls.switches.length))
    .filter((one) => !controls.sliders.some((slider) => slider.name === one.name))
    .sort((a, b) => rank(a) - rank(b)).slice(0, most);
}

/** Batteries that run down. */
export const lowOf = (card) => list(card.properties).filter(isLow);
