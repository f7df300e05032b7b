// Only tokens give a colour, and the page's width breaks only where the design says: modules name no colour of their own.
import { readdirSync, readFileSync } from "node:fs";

const root = new URL("../src/", import.meta.url);
const files = readdirSync(root, { recursive: true }).filter((name) => name.endsWith(".css"));
const taken = new Set(["styles/tokens.css", "styles/patternfly.css"]);
const colour =
  /#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|oklch|oklab|lab|lch|hwb)\(|\b(?:white|black|red|green|blue|gr[ae]y|orange|purple|yellow)\b(?!-)/i;
// Edges of the design: phone, rail, where an aside goes below, where a wide table scrolls, where margins shrink.
const widths = new Set(["48rem", "48.01rem", "64rem", "72rem", "80rem", "84rem"]);

const wrong = [];
for (const file of files.filter((name) => !taken.has(name))) {
  const text = readFileSync(new URL(file, root), "utf8").replace(/\/\*[\s\S]*?\*\//g, (c) => c.replace(/[^\n]/g, " "));
  text.split("\n").forEach((line, index) => {
    const value = line.replace(/url\([^)]*\)/g, "");
    if (colour.test(value.replace(/--[\w-]+|[.#][a-z][\w-]*(?=[^;]*\{)/gi, "")))
      wrong.push(`src/${file}:${index + 1}: a color that is no token: ${line.trim()}`);
    for (const [, width] of line.matchAll(/\((?:min|max)-width:\s*([^)]+)\)/g))
      if (!widths.has(width)) wrong.push(`src/${file}:${index + 1}: a break that the design does not have: ${width}`);
  });
}
if (wrong.length > 0) {
  process.stderr.write(`${wrong.join("\n")}\n`);
  process.exit(1);
}
