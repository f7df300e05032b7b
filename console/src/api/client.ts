import createClient, { type Middleware } from "openapi-fetch";
import { Failure } from "./failure";
import type { paths } from "./schema";

// The hub lets a page of another site send no such header: the browser would have to ask first, and is refused.
const own: Middleware = {
  onRequest({ request }) {
    if (request.method !== "GET" && request.method !== "HEAD") request.headers.set("x-seawall-request", "console");
    return request;
  },
};

/** The hub's interface, typed by its OpenAPI document. All requests of the console go through it, and none asks for an export. */
export const client = createClient<paths, "application/json" | "application/problem+json">({ baseUrl: "/" });
client.use(own);

/** The body of an answer, or the failure thrown: what a query or mutation returns. */
export async function answer<T>(request: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let result: { data?: T; error?: unknown; response: Response };
  try {
    result = await request;
  } catch (error) {
    throw error instanceof Error ? Failure.of(error) : error;
  }
  if (!result.response.ok) throw Failure.ofResponse(result.response, result.error);
  return result.data as T;
}
