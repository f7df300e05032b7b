import type { components } from "./schema";

type Problem = components["schemas"]["Problem"];

/** What kinds of failure the console tells apart; the rest of the hub's kinds read the same to a person. */
export type FailureKind =
  | "unreachable"
  | "unauthenticated"
  | "wrong-credentials"
  | "forbidden"
  | "not-found"
  | "conflict"
  | "invalid"
  | "too-many-requests"
  | "other";

const KINDS = new Set<string>([
  "unauthenticated",
  "wrong-credentials",
  "forbidden",
  "not-found",
  "conflict",
  "invalid",
  "too-many-requests",
]);

/** A request that did not do what it should: a problem (RFC 9457) of the hub, or no answer at all. */
export class Failure extends Error {
  readonly at = new Date();

  constructor(
    readonly kind: FailureKind,
    readonly title: string,
    readonly detail: string | undefined,
    readonly requestId: string | undefined,
    /** What is wrong with which field. */
    readonly fields: ReadonlyMap<string, string>,
    /** Seconds after which another try is worth it. */
    readonly retryAfter: number | undefined,
  ) {
    super(detail ? `${title}: ${detail}` : title);
  }

  /** The failure that an answer tells of; `body` is whatever was parsed of it. */
  static ofResponse(response: Response, body: unknown): Failure {
    const problem: Partial<Problem> = isProblem(body) ? body : {};
    const name = problem.type?.startsWith("urn:seawall:problem:") ? problem.type.slice(20) : "";
    const after = Number(response.headers.get("retry-after"));
    return new Failure(
      KINDS.has(name) ? (name as FailureKind) : "other",
      problem.title ?? `The hub answered ${response.status}`,
      problem.detail ?? undefined,
      problem.requestId ?? response.headers.get("x-request-id") ?? undefined,
      new Map((problem.errors ?? []).map((e) => [e.field, e.message])),
      Number.isFinite(after) && after > 0 ? after : undefined,
    );
  }

  /** Any error as a failure: what is none of ours is a connection that broke. */
  static of(error: Error): Failure {
    if (error instanceof Failure) return error;
    return new Failure("unreachable", "The hub does not answer", error.message, undefined, new Map(), undefined);
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "title" in body && "status" in body;
}
