import { queryOptions, useQuery } from "@tanstack/react-query";
import { answer, client } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];

/** Who asks. A failure of kind "unauthenticated" leads to the login. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => answer(client.GET("/api/v1/me", { signal })),
  staleTime: 60_000,
});

export function useMe() {
  return useQuery(meQuery);
}

/** Whether the hub still waits for its first owner. */
export const setupQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: ({ signal }) => answer(client.GET("/api/v1/setup", { signal })),
});

export function login(body: Schemas["Login"]): Promise<Schemas["Me"]> {
  return answer(client.POST("/api/v1/login", { body }));
}

export function logout(): Promise<unknown> {
  return answer(client.POST("/api/v1/logout", {}));
}

export function redeem(body: Schemas["Setup"]): Promise<Schemas["Me"]> {
  return answer(client.POST("/api/v1/setup", { body }));
}
