import type { QueryClient } from "@tanstack/react-query";
import { createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { Login } from "./pages/Login";
import { Setup } from "./pages/Setup";
import { Failed, LoadingRows } from "./parts/states";
import { appRoute, rootRoute } from "./routes/base";
import { fleetRoutes } from "./routes/fleet";
import { postureRoutes } from "./routes/posture";
import { defined, flag, ownPath, parseSearch, stringifySearch, text, word } from "./search";

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/login",
  validateSearch: (raw: Record<string, unknown>) => defined({ next: ownPath(raw, "next") }),
  component: function LoginRoute() {
    return <Login next={loginRoute.useSearch().next ?? "/"} />;
  },
});

const setupRoute = createRoute({ getParentRoute: () => rootRoute, path: "/setup", component: Setup });

const usersRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/settings/users",
  validateSearch: (raw: Record<string, unknown>) =>
    defined({ name: text(raw, "name"), disabled: flag(raw, "disabled"), open: text(raw, "open") }),
  component: lazyRouteComponent(() => import("./pages/settings/Users"), "Users"),
});

const tokensRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/settings/tokens",
  validateSearch: (raw: Record<string, unknown>) => defined({ revoked: flag(raw, "revoked") }),
  component: lazyRouteComponent(() => import("./pages/settings/Tokens"), "Tokens"),
});

const auditRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/settings/audit",
  validateSearch: (raw: Record<string, unknown>) =>
    defined({
      actor: text(raw, "actor"),
      action: text(raw, "action"),
      subject: text(raw, "subject"),
      order: word(raw, "order", ["asc", "desc"]),
      open: text(raw, "open"),
    }),
  component: lazyRouteComponent(() => import("./pages/settings/Audit"), "Audit"),
});

const routeTree = rootRoute.addChildren([
  loginRoute,
  setupRoute,
  appRoute.addChildren([...postureRoutes, usersRoute, tokensRoute, auditRoute, ...fleetRoutes]),
]);

export function createConsole(queries: QueryClient) {
  return createRouter({
    routeTree,
    context: { queries },
    parseSearch,
    stringifySearch,
    defaultPreload: "intent",
    // Queries keep their own age; the router need not.
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    defaultPendingComponent: () => <LoadingRows what="the page" />,
    defaultErrorComponent: ({ error, reset }) => (
      <Failed error={error instanceof Error ? error : new Error(String(error))} what="This page" onRetry={reset} page />
    ),
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createConsole>;
  }
}
