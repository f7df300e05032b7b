import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  Link,
  Outlet,
  redirect,
  retainSearchParams,
  useLocation,
} from "@tanstack/react-router";
import { Failure } from "../api/failure";
import { meQuery } from "../api/session";
import { Frame } from "../frame/Frame";
import { NoSuchPage } from "../parts/states";
import { defined, text } from "../search";

function Nowhere() {
  const path = useLocation({ select: (location) => location.pathname });
  return <NoSuchPage path={path} actions={<Link to="/">To the start</Link>} />;
}

export const rootRoute = createRootRouteWithContext<{ queries: QueryClient }>()({
  validateSearch: (raw: Record<string, unknown>) => defined({ scope: text(raw, "scope") }),
  search: { middlewares: [retainSearchParams(["scope"])] },
  component: Outlet,
  notFoundComponent: Nowhere,
});

/** Everything that needs a login lies below it, in the frame. */
export const appRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "app",
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queries.ensureQueryData(meQuery);
    } catch (error) {
      if (error instanceof Failure && error.kind === "unauthenticated")
        throw redirect({ to: "/login", search: location.href === "/" ? {} : { next: location.href } });
      throw error;
    }
  },
  component: Frame,
  notFoundComponent: Nowhere,
});
