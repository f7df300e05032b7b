// A server of the built console for the browser suite: the files as the hub serves them (types, policy, page routes), and
// answers of the interface from a table. The product knows nothing of it.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";

/** The policy of the hub (crates/hub/src/http/outer.rs). */
export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

const dist = new URL("../dist/", import.meta.url);

/** Starts the server; `answers` gives for a method, path and search what the hub would say: `{ status, body }`. */
export async function serve(answers) {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://console");
    response.setHeader("content-security-policy", POLICY);
    response.setHeader("x-content-type-options", "nosniff");
    if (url.pathname === "/api/v1/events") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(": open\n\n");
      return;
    }
    if (url.pathname.startsWith("/api/")) {
      const { status = 200, body } = answers(request.method, url.pathname, url.searchParams) ?? {
        status: 404,
        body: {
          type: "urn:seawall:problem:not-found",
          title: "There is no such thing",
          status: 404,
          requestId: "none",
        },
      };
      const problem = status >= 400 ? "application/problem+json" : "application/json";
      response.writeHead(status, { "content-type": problem });
      response.end(body === undefined ? "" : JSON.stringify(body));
      return;
    }
    // The id of a control has dots: what lies in the folder of files is a file, the rest is a page.
    const file = url.pathname.startsWith("/assets/") ? url.pathname.slice(1) : "index.html";
    try {
      const bytes = await readFile(new URL(file, dist));
      response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
