import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, client } from "./client";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
type Asked<P extends keyof paths> = paths[P] extends { get: { parameters: { query?: infer Q } } }
  ? NonNullable<Q>
  : never;

/** Rows of a page. */
const LIMIT = 100;

/** Pages are asked for one behind the other; the cursor is the hub's and opaque. */
const pages = {
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page: { next?: string | null }) => page.next ?? undefined,
};

export const usersQuery = (asked: Pick<Asked<"/api/v1/users">, "name" | "disabled">) =>
  infiniteQueryOptions({
    queryKey: ["users", asked],
    queryFn: ({ signal, pageParam: cursor }) =>
      answer(
        client.GET("/api/v1/users", {
          params: { query: { ...asked, limit: LIMIT, ...(cursor ? { cursor } : {}) } },
          signal,
        }),
      ),
    ...pages,
  });

export const tokensQuery = (asked: Pick<Asked<"/api/v1/tokens">, "revoked">) =>
  infiniteQueryOptions({
    queryKey: ["tokens", asked],
    queryFn: ({ signal, pageParam: cursor }) =>
      answer(
        client.GET("/api/v1/tokens", {
          params: { query: { ...asked, limit: LIMIT, ...(cursor ? { cursor } : {}) } },
          signal,
        }),
      ),
    ...pages,
  });

export const auditQuery = (asked: Pick<Asked<"/api/v1/audit">, "actor" | "action" | "subject" | "order">) =>
  infiniteQueryOptions({
    queryKey: ["audit", asked],
    queryFn: ({ signal, pageParam: cursor }) =>
      answer(
        client.GET("/api/v1/audit", {
          params: { query: { ...asked, limit: LIMIT, ...(cursor ? { cursor } : {}) } },
          signal,
        }),
      ),
    ...pages,
  });

/** The scopes that the caller may see, a scope before what lies below it. */
export const scopesQuery = queryOptions({
  queryKey: ["scopes"],
  queryFn: ({ signal }) => answer(client.GET("/api/v1/scopes", { params: { query: { limit: 500 } }, signal })),
  staleTime: 30_000,
});

/** What is granted to one user. */
export const grantsQuery = (user: string) =>
  queryOptions({
    queryKey: ["grants", user],
    queryFn: ({ signal }) => answer(client.GET("/api/v1/grants", { params: { query: { user, limit: 500 } }, signal })),
  });

export function createUser(body: Schemas["NewUser"]): Promise<Schemas["User"]> {
  return answer(client.POST("/api/v1/users", { body }));
}

export function changeUser(id: string, body: Schemas["ChangeUser"]): Promise<Schemas["User"]> {
  return answer(client.PATCH("/api/v1/users/{id}", { params: { path: { id } }, body }));
}

export function grant(body: Schemas["Grant"]): Promise<Schemas["Grant"]> {
  return answer(client.PUT("/api/v1/grants", { body }));
}

/** Takes back what a user was given on a scope itself; what is inherited from above stays. */
export function takeBack(user: string, scope: string): Promise<unknown> {
  return answer(client.DELETE("/api/v1/grants", { params: { query: { user, scope } } }));
}

export function createToken(body: Schemas["NewToken"]): Promise<Schemas["MadeToken"]> {
  return answer(client.POST("/api/v1/tokens", { body }));
}

export function revokeToken(id: string): Promise<unknown> {
  return answer(client.DELETE("/api/v1/tokens/{id}", { params: { path: { id } } }));
}
