// Reads Thing Descriptions, one JSON text a line, and answers each with a line: what the Thing Description Playground finds.
// argv: the folder with node_modules. Its JSON-LD check needs the network and is left out.
const path = require("path")
const readline = require("readline")
const { tdValidator } = require(path.join(process.argv[2], "@thing-description-playground/core"))

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const said = []
    const { report, details } = await tdValidator(line, (text) => said.push(String(text)), {
      checkDefaults: true,
      checkJsonLd: false,
      checkTmConformance: false,
    })
    process.stdout.write(JSON.stringify({ report, details, said }) + "\n")
  }
}

main()
