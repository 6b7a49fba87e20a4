// Which definitions the converters have, and for each a device's identity (model, manufacturer, endpoints …) by which they find it again.
const fs = require("fs")
const path = require("path")
const { load, folder } = require("./modules.cjs")
const { Zcl } = load("zigbee-herdsman")
const zhc = load("zigbee-herdsman-converters")

const quiet = () => {}
zhc.setLogger({ debug: quiet, info: quiet, warning: quiet, error: quiet })

const LEFT_OUT = new Set([0x20, 0x21, 0x1000]) // poll control, green power, touchlink: they change how a device is spoken to
const INPUT = [...new Set(Object.values(Zcl.Clusters).map((c) => c.ID))].filter((id) => !LEFT_OUT.has(id))
const OUTPUT = [0x03, 0x04, 0x05, 0x06, 0x08, 0x0a, 0x19, 0x0102, 0x0300]

exports.definitions = function* () {
  const devices = path.join(folder, "zigbee-herdsman-converters/dist/devices")
  for (const file of fs.readdirSync(devices).sort()) {
    if (!file.endsWith(".js") || file === "index.js") continue
    for (const definition of require(path.join(devices, file)).definitions) yield definition
  }
}

// A row for zigbee-herdsman's database, or undefined if no identity leads to this definition.
exports.identify = async function (definition, id) {
  for (const wish of wishes(definition)) {
    const row = rowOf(wish, id)
    if ((await zhc.findDefinition(asDevice(row))) !== definition) continue
    const prepared = zhc.prepareDefinition(definition)
    if (!wish.endpoints) addEndpoints(row, prepared)
    row.meta = { configured: prepared.version ?? "0.0.0" }
    const battery = Array.isArray(prepared.exposes) && prepared.exposes.some((e) => e.name === "battery")
    if (battery && !wish.type) row.type = "EndDevice"
    if (battery && !wish.powerSource) row.powerSource = "Battery"
    return row
  }
  return undefined
}

function* wishes(definition) {
  for (const modelID of definition.zigbeeModel ?? []) yield { modelID }
  for (const print of definition.fingerprint ?? []) {
    yield { modelID: definition.zigbeeModel?.[0], ...print }
  }
}

function rowOf(wish, id) {
  const endpoints = {}
  for (const e of wish.endpoints ?? [{ ID: 1 }]) endpoints[e.ID] = endpoint(e)
  return {
    id, type: wish.type ?? "Router", ieeeAddr: ieee(wish.ieeeAddr, id), nwkAddr: id, manufId: wish.manufacturerID,
    manufName: wish.manufacturerName, powerSource: wish.powerSource ?? "Mains (single phase)", modelId: wish.modelID,
    epList: Object.keys(endpoints).map(Number), endpoints, appVersion: wish.applicationVersion ?? 1,
    stackVersion: wish.stackVersion ?? 2, hwVersion: wish.hardwareVersion ?? 1, dateCode: wish.dateCode ?? "20250101",
    swBuildId: wish.softwareBuildID ?? "1.0", zclVersion: wish.zclVersion ?? 3, interviewCompleted: true,
    interviewState: "SUCCESSFUL", lastSeen: 0, meta: {},
  }
}

function endpoint(wish) {
  return {
    profId: wish.profileID ?? 260, epId: wish.ID, devId: wish.deviceID ?? 256, inClusterList: wish.inputClusters ?? INPUT,
    outClusterList: wish.outputClusters ?? OUTPUT, binds: [], configuredReportings: [], meta: {},
    clusters: { lightingColorCtrl: { attributes: { colorCapabilities: 31, colorTempPhysicalMin: 50, colorTempPhysicalMax: 1000 } } },
  }
}

// The endpoints that a definition names, and those that its functions mention by number.
function addEndpoints(row, definition) {
  const wanted = new Set()
  try {
    for (const id of Object.values(definition.endpoint?.(asDevice(row)) ?? {})) wanted.add(id)
  } catch {
    // it wants to know more of the device than there is: endpoint 1 will have to do
  }
  const code = [definition.configure, ...definition.toZigbee.flatMap((c) => [c.convertSet, c.convertGet])]
  for (const text of code.map(String)) {
    for (const [, id] of text.matchAll(/getEndpoint\((\d+)\)/g)) wanted.add(Number(id))
  }
  for (const id of wanted) {
    if (Number.isInteger(id) && id > 0 && id < 255) row.endpoints[id] ??= endpoint({ ID: id })
  }
  row.epList = Object.keys(row.endpoints).map(Number)
}

function asDevice(row) {
  const endpoints = Object.values(row.endpoints).map((e) => ({
    ID: e.epId, profileID: e.profId, deviceID: e.devId, inputClusters: e.inClusterList, outputClusters: e.outClusterList,
    getInputClusters: () => [], getOutputClusters: () => [], supportsInputCluster: () => true, supportsOutputCluster: () => true,
    getClusterAttributeValue: () => undefined,
  }))
  return {
    type: row.type, ieeeAddr: row.ieeeAddr, modelID: row.modelId, manufacturerName: row.manufName, manufacturerID: row.manufId,
    powerSource: row.powerSource, applicationVersion: row.appVersion, stackVersion: row.stackVersion, hardwareVersion: row.hwVersion,
    dateCode: row.dateCode, softwareBuildID: row.swBuildId, zclVersion: row.zclVersion, meta: row.meta, endpoints,
    getEndpoint: (id) => endpoints.find((e) => e.ID === id), customClusters: {},
  }
}

function ieee(pattern, id) {
  const prefix = pattern ? String(pattern.source ?? pattern).replace(/[^0-9a-fx]/g, "") : "0x00158d00"
  return prefix + id.toString(16).padStart(18 - prefix.length, "0")
}
