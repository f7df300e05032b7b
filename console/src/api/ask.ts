// Questions to the hub and changes of it, each typed by the path that it names: parameters, body and answer are those of the
// OpenAPI document.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, client } from "./client";
import type { paths } from "./schema";
import type { Given } from "./types";

type Method = "get" | "post" | "put" | "patch" | "delete";
type Operation<P extends keyof paths, M extends Method> = NonNullable<paths[P][M]>;
/** Paths that have this method. */
type Having<M extends Method> = { [P in keyof paths]: [Operation<P, M>] extends [never] ? never : P }[keyof paths];

type Json<R> = R extends { content: { "application/json": infer Body } } ? Body : never;
type Answers<O> = O extends { responses: infer R } ? Json<R[keyof R & (200 | 201 | 202)]> : never;
/** What a question is answered with. */
export type Answer<P extends keyof paths, M extends Method> = Given<Answers<Operation<P, M>>>;

type Place<O> = O extends { parameters: { path: infer Path } } ? Path : undefined;
// A word of a closed list comes from an address as any text; the hub refuses what it does not know.
type Word<V> = V extends string ? string : Exclude<V, null>;
type Query<O> = O extends { parameters: { query?: infer Q } }
  ? { [K in keyof NonNullable<Q>]?: Word<NonNullable<Q>[K]> | undefined }
  : never;
type Body<O> = O extends { requestBody: { content: { "application/json": infer B } } } ? B : undefined;

/** The query that a list of the hub takes, but for its pages. */
export type Asked<P extends Having<"get">> = Omit<Query<Operation<P, "get">>, "cursor" | "limit" | "format">;

type Values = Record<string, unknown>;
interface Sent {
  params?: { path?: Values; query?: Values };
  body?: unknown;
  signal?: AbortSignal;
}
type Request = (path: string, init: Sent) => Promise<{ data?: unknown; error?: unknown; response: Response }>;

// The client's own types ask for each path by itself; here it is any path, whose types stand above.
const hub = client as unknown as Record<Uppercase<Method>, Request>;

/** Without what is absent or empty, so that equal questions have equal keys. */
function present(query: object): Values {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined && value !== ""));
}

/** Rows of a page. */
const LIMIT = 100;
/** The most that the hub gives in one page. */
export const MOST = 500;

interface Question<P extends Having<"get">> {
  place?: Place<Operation<P, "get">>;
  query?: Asked<P>;
}

/** One thing. The first word of its key is the topic that makes it old. */
export function one<P extends Having<"get">>(topic: string, path: P, asked: Question<P> & { limit?: number } = {}) {
  const place = (asked.place ?? {}) as Values;
  const query = present({ ...asked.query, limit: asked.limit });
  return queryOptions({
    queryKey: [topic, path, place, query],
    queryFn: ({ signal }) =>
      answer(hub.GET(path, { params: { path: place, query }, signal })) as Promise<Answer<P, "get">>,
  });
}

/** A list that comes in pages, one behind the other; the cursor is the hub's and opaque. */
export function list<P extends Having<"get">>(topic: string, path: P, asked: Question<P> & { limit?: number } = {}) {
  const place = (asked.place ?? {}) as Values;
  const query = present({ ...asked.query, limit: asked.limit ?? LIMIT });
  return infiniteQueryOptions({
    queryKey: [topic, path, place, query],
    queryFn: ({ signal, pageParam }) =>
      answer(
        hub.GET(path, { params: { path: place, query: present({ ...query, cursor: pageParam }) }, signal }),
      ) as Promise<Answer<P, "get"> & { next?: string }>,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
  });
}

interface Change<P extends keyof paths, M extends Method> {
  place?: Place<Operation<P, M>>;
  query?: Query<Operation<P, M>>;
  body?: Body<Operation<P, M>>;
}

function changing<M extends Exclude<Method, "get">>(method: M) {
  return <P extends Having<M>>(path: P, change: Change<P, M> = {}): Promise<Answer<P, M>> => {
    const params = { path: (change.place ?? {}) as Values, query: present(change.query ?? {}) };
    const send = hub[method.toUpperCase() as Uppercase<M>];
    const sent = send(path, change.body === undefined ? { params } : { params, body: change.body });
    return answer(sent) as Promise<Answer<P, M>>;
  };
}

/** Changes of the hub. */
export const post = changing("post");
export const put = changing("put");
export const patch = changing("patch");
export const remove = changing("delete");
