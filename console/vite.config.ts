import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Puts the one sprite of all icons and patterns into the page: no request, no script, no flash. */
function sprite(): Plugin {
  return {
    name: "seawall-sprite",
    transformIndexHtml: {
      order: "pre",
      handler: (html) =>
        html.replace("<!--sprite-->", readFileSync(new URL("src/icons/sprite.svg", import.meta.url), "utf8").trim()),
    },
  };
}

/** The theme is set by the script: nothing is painted before it ran, so a chosen theme never flashes the other. */
function paintAfterScript(): Plugin {
  return {
    name: "seawall-blocking",
    transformIndexHtml: {
      order: "post",
      handler: (html) => html.replace('<script type="module"', '<script type="module" blocking="render"'),
    },
  };
}

/** PatternFly brings Red Hat's typefaces; the console has its own, so these would only be ballast in the binary. */
function withoutForeignFonts(): Plugin {
  return {
    name: "seawall-fonts",
    enforce: "pre",
    transform(code, id) {
      if (!/@patternfly\/.*\.css/.test(id)) return null;
      return { code: code.replace(/@font-face\s*\{[^}]*\}/g, ""), map: null };
    },
  };
}

/** Every text gets a gzip twin: the hub serves it as it is and compresses nothing itself. */
function compressed(): Plugin {
  let out = "";
  return {
    name: "seawall-gzip",
    apply: "build",
    configResolved: (config) => {
      out = join(config.root, config.build.outDir);
    },
    closeBundle() {
      for (const name of readdirSync(out, { recursive: true, encoding: "utf8" })) {
        if (!/\.(?:js|css|html|svg)$/.test(name)) continue;
        const bytes = readFileSync(join(out, name));
        const small = gzipSync(bytes, { level: 9 });
        if (small.length < bytes.length) writeFileSync(join(out, `${name}.gz`), small);
      }
    },
  };
}

export default defineConfig({
  plugins: [withoutForeignFonts(), react(), sprite(), paintAfterScript(), compressed()],
  build: {
    target: "es2023",
    // The policy allows no data: fonts, and a hash in a name can only be cached where there is a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    // `npm run dev` beside a hub: SEAWALL_HUB=http://127.0.0.1:8443
    ...(process.env.SEAWALL_HUB ? { proxy: { "/api": process.env.SEAWALL_HUB } } : {}),
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    // A component's classes are looked up by the names in its module.
    css: { modules: { classNameStrategy: "non-scoped" } },
    restoreMocks: true,
  },
});
