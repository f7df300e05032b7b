import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { defined, flag, text, word } from "../search";
import { appRoute } from "./base";

type Raw = Record<string, unknown>;

const nowRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/",
  component: lazyRouteComponent(() => import("../pages/posture/Now"), "Now"),
});

const recommendationsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/recommendations",
  validateSearch: (raw: Raw) =>
    defined({
      tab: word(raw, "tab", ["fix", "control"]),
      text: text(raw, "text"),
      deed: text(raw, "deed"),
      owner: text(raw, "owner"),
      kev: flag(raw, "kev"),
      state: word(raw, "state", ["open", "completed", "all"]),
      severity: text(raw, "severity"),
      open: text(raw, "open"),
    }),
  component: lazyRouteComponent(() => import("../pages/posture/Recommendations"), "Recommendations"),
});

const recommendationRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/recommendations/$control",
  validateSearch: (raw: Raw) =>
    defined({
      state: word(raw, "state", ["unhealthy", "healthy", "not_applicable", "not_assessed"]),
      owner: text(raw, "owner"),
      text: text(raw, "text"),
      code: text(raw, "code"),
    }),
  component: lazyRouteComponent(() => import("../pages/posture/Recommendation"), "Recommendation"),
});

const fixRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/fixes/$fix",
  validateSearch: (raw: Raw) =>
    defined({ tab: word(raw, "tab", ["images", "parts", "vulnerabilities"]), owner: text(raw, "owner") }),
  component: lazyRouteComponent(() => import("../pages/posture/FixPage"), "FixPage"),
});

const rulesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/rules",
  validateSearch: (raw: Raw) =>
    defined({
      tab: word(raw, "tab", ["exemptions", "rules"]),
      active: word(raw, "active", ["all", "ended"]),
      control: text(raw, "control"),
      open: text(raw, "open"),
    }),
  component: lazyRouteComponent(() => import("../pages/posture/Rules"), "Rules"),
});

const coverageRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/coverage",
  component: lazyRouteComponent(() => import("../pages/posture/CoveragePage"), "CoveragePage"),
});

const workloadRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/workload",
  component: lazyRouteComponent(() => import("../pages/posture/Workload"), "Workload"),
});

const noticesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/notices",
  validateSearch: (raw: Raw) => defined({ unread: flag(raw, "unread") }),
  component: lazyRouteComponent(() => import("../pages/posture/Notices"), "Notices"),
});

const scopesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/settings/scopes",
  component: lazyRouteComponent(() => import("../pages/settings/Scopes"), "Scopes"),
});

const ownersRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/settings/owners",
  component: lazyRouteComponent(() => import("../pages/settings/Owners"), "Owners"),
});

const plansRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/settings/plans",
  component: lazyRouteComponent(() => import("../pages/settings/Plans"), "Plans"),
});

const feedsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/settings/feeds",
  validateSearch: (raw: Raw) => defined({ stale: flag(raw, "stale") }),
  component: lazyRouteComponent(() => import("../pages/settings/FeedsPage"), "FeedsPage"),
});

const webhooksRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/settings/webhooks",
  validateSearch: (raw: Raw) => defined({ open: text(raw, "open") }),
  component: lazyRouteComponent(() => import("../pages/settings/Webhooks"), "Webhooks"),
});

/** What to do, what is hidden, what is covered, and how the hub is set up. */
export const postureRoutes = [
  nowRoute,
  recommendationsRoute,
  recommendationRoute,
  fixRoute,
  rulesRoute,
  coverageRoute,
  workloadRoute,
  noticesRoute,
  scopesRoute,
  ownersRoute,
  plansRoute,
  feedsRoute,
  webhooksRoute,
] as const;
