// Where the installed packages are: the folder named by Z2M_MODULES (a node_modules). Everything here loads through it, so that
// there is one copy of each package, the one that Zigbee2MQTT itself uses.
const path = require("path")

const folder = path.resolve(process.env.Z2M_MODULES ?? ".ci/node_modules")

exports.load = (name) => require(path.join(folder, name))
exports.folder = folder
