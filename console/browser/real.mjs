// Real parts for the walk and the crawler: the hub's own binary, a registry that notifies it, images that are pushed.
// Everything is started on free ports in a folder of its own and stopped by pid.
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Asks until there is an answer, or says what was waited for. */
export async function until(what, ask, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  let last;
  while (Date.now() < end) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false && answer !== null) return answer;
    } catch (error) {
      last = error;
    }
    await sleep(150);
  }
  throw new Error(`waited ${seconds} s for ${what}${last ? `: ${last.message ?? last}` : ""}`);
}

async function freePort() {
  return await new Promise((done, failed) => {
    const server = createServer();
    server.on("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** A folder that is gone at the end, and the processes that ended before it. */
export function workshop() {
  const folder = mkdtempSync(join(tmpdir(), "seawall-browser-"));
  const children = [];
  return {
    folder,
    start(program, args, options = {}) {
      const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
      child.output = "";
      child.on("error", (error) => {
        child.output += `cannot be started: ${error.message}\n`;
      });
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (bytes) => {
          child.output = (child.output + bytes).slice(-200_000);
        });
      children.push(child);
      return child;
    },
    /** The process that listens on this port. */
    running: (port) => children.findLast((child) => child.port === port && child.exitCode === null),
    async stop(child) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      await Promise.race([ended, sleep(10_000).then(() => child.kill("SIGKILL"))]);
    },
    async end() {
      for (const child of children.toReversed()) await this.stop(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The hub's binary on a data folder of its own: it judges by the sample of advisories that is built in. */
export async function startHub(shop, { args = [], env = {} } = {}) {
  const binary = process.env.SEAWALL_BIN;
  if (!binary)
    throw new Error("SEAWALL_BIN does not say where the binary is: run this as a suite (scripts/run-suites)");
  const port = await freePort();
  const data = join(shop.folder, "data");
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const clean = { ...process.env, ...env };
  delete clean.SEAWALL_FEEDS;
  await run(binary, ["--data-dir", data, "db", "sample"], { env: clean });
  const child = shop.start(binary, ["hub", "--listen", `127.0.0.1:${port}`, "--data-dir", data, ...args], {
    env: { ...clean, SEAWALL_CACHE_DIR: join(shop.folder, "cache") },
  });
  const origin = `http://localhost:${port}`;
  const link = await until("the hub and its set-up link", () => {
    if (child.exitCode !== null) throw new Error(`the hub ended: ${child.output}`);
    return child.output.match(/https?:\/\/\S+\/setup#\S+/)?.[0];
  });
  return { child, origin, port, data, link };
}

/** A registry (docker-registry) that tells the hub of what happens. `notify` is what the hub gave: URL and secret. */
export async function startRegistry(shop, { port, notify } = {}) {
  port ??= await freePort();
  const folder = join(shop.folder, `registry-${port}`);
  mkdirSync(folder, { recursive: true });
  const endpoint = notify
    ? `notifications:\n  endpoints:\n    - name: seawall\n      url: ${notify.url}\n      headers:\n        Authorization: [Bearer ${notify.secret}]\n` +
      "      timeout: 5s\n      threshold: 3\n      backoff: 1s\n"
    : "";
  const config = join(folder, "config.yml");
  writeFileSync(
    config,
    `version: 0.1\nlog:\n  level: warn\nstorage:\n  filesystem:\n    rootdirectory: ${join(folder, "data")}\n  delete:\n    enabled: true\n` +
      `http:\n  addr: 127.0.0.1:${port}\n${endpoint}`,
  );
  const child = shop.start("docker-registry", ["serve", config]);
  child.port = port;
  const address = `127.0.0.1:${port}`;
  await until("the registry", async () => (await fetch(`http://${address}/v2/`)).ok);
  return { child, address, port };
}

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** An image as an OCI layout. A layer is a list of files: path to text. */
export async function makeImage(folder, { layers, config = {}, annotations = {}, created = "2026-11-01T08:00:00Z" }) {
  const blobs = join(folder, "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });
  const put = (bytes) => {
    const digest = sha256(bytes);
    writeFileSync(join(blobs, digest), bytes);
    return { digest: `sha256:${digest}`, size: bytes.length };
  };
  const made = [];
  for (const [index, { files }] of layers.entries()) {
    const root = join(folder, `root-${index}`);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const tar = join(folder, `layer-${index}.tar`);
    // The same files give the same bytes, so that images share their layers.
    await run("tar", [
      "--sort=name",
      "--mtime=@0",
      "--owner=0",
      "--group=0",
      "--numeric-owner",
      "-cf",
      tar,
      "-C",
      root,
      ".",
    ]);
    made.push(put(readFileSync(tar)));
  }
  const configuration = put(
    Buffer.from(
      JSON.stringify({
        architecture: "amd64",
        os: "linux",
        created,
        config,
        rootfs: { type: "layers", diff_ids: made.map((layer) => layer.digest) },
        history: layers.map(({ by }) => ({ created, created_by: by })),
      }),
    ),
  );
  const manifest = put(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        config: { mediaType: "application/vnd.oci.image.config.v1+json", ...configuration },
        layers: made.map((layer) => ({ mediaType: "application/vnd.oci.image.layer.v1.tar", ...layer })),
        annotations,
      }),
    ),
  );
  writeFileSync(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(
    join(folder, "index.json"),
    JSON.stringify({
      schemaVersion: 2,
      manifests: [
        {
          mediaType: "application/vnd.oci.image.manifest.v1+json",
          ...manifest,
          annotations: { "org.opencontainers.image.ref.name": "1" },
        },
      ],
    }),
  );
  return { folder, digest: manifest.digest, config: configuration.digest };
}

/** Pushes a layout: `push(image, "127.0.0.1:5000/shop/web:1.0")`. */
export async function push(image, name) {
  await run("skopeo", ["copy", "--dest-tls-verify=false", `oci:${image.folder}:1`, `docker://${name}`]);
}

const OS_RELEASE =
  'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n';

/** The files of a Debian 12 layer with these packages: name to version, or to `{ version, source }`. */
export function debian(packages) {
  const status = Object.entries(packages).map(([name, what]) => {
    const { version, source } = typeof what === "string" ? { version: what } : what;
    return (
      `Package: ${name}\nStatus: install ok installed\nPriority: optional\nSection: libs\nMaintainer: Debian\nArchitecture: amd64\n` +
      `${source ? `Source: ${source}\n` : ""}Version: ${version}\nDescription: ${name}\n`
    );
  });
  const files = { "etc/os-release": OS_RELEASE, "var/lib/dpkg/status": `${status.join("\n")}\n` };
  for (const name of Object.keys(packages)) files[`var/lib/dpkg/info/${name}.list`] = `/.\n/usr/bin/${name}\n`;
  return files;
}

/** The files of an npm package below `folder`. */
export function npm(folder, name, version) {
  return { [`${folder}/node_modules/${name}/package.json`]: JSON.stringify({ name, version, license: "MIT" }) };
}
