// Holds package-lock.json to the house: hashes for everything, no registry's host, and permissive licences for all that
// reaches a user's browser. What only builds and tests is not shipped.
import { readFileSync } from "node:fs";

const LICENCES = new Set(["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "OFL-1.1", "Unlicense"]);
const { packages } = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));
const wrong = [];
let shipped = 0;
for (const [name, entry] of Object.entries(packages)) {
  if (name === "") continue;
  if (entry.resolved) wrong.push(`${name}: names where it comes from; .npmrc leaves that out`);
  if (!entry.integrity) wrong.push(`${name}: has no hash`);
  if (entry.dev || entry.optional) continue;
  shipped += 1;
  if (!LICENCES.has(entry.license)) wrong.push(`${name}: licence '${entry.license}'`);
}
if (shipped === 0) wrong.push("package-lock.json: nothing in it is shipped");
if (wrong.length > 0) {
  process.stderr.write(`${wrong.join("\n")}\n`);
  process.exit(1);
}
