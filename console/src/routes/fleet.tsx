import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { defined, flag, text, word, words } from "../search";
import { appRoute } from "./base";

type Raw = Record<string, unknown>;

/** What a list of images can be narrowed by; pages that lead there share it. */
export const imageFilters = (raw: Raw) => ({
  text: text(raw, "text"),
  registry: text(raw, "registry"),
  repository: text(raw, "repository"),
  severity: words(raw, "severity"),
  state: words(raw, "state"),
  cve: text(raw, "cve"),
  package: text(raw, "package"),
  packageKind: text(raw, "packageKind"),
  packageVersion: text(raw, "packageVersion"),
  owner: text(raw, "owner"),
  distro: text(raw, "distro"),
  kev: flag(raw, "kev"),
  fixable: flag(raw, "fixable"),
  trigger: text(raw, "trigger"),
  gone: flag(raw, "gone"),
  sort: word(raw, "sort", ["worst", "name", "newest", "fixable", "packages"]),
});

const registriesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/registries",
  validateSearch: (raw: Raw) =>
    defined({
      text: text(raw, "text"),
      state: words(raw, "state"),
      add: flag(raw, "add"),
    }),
  component: lazyRouteComponent(() => import("../pages/fleet/Registries"), "Registries"),
});

const registryRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/registries/$registry",
  validateSearch: (raw: Raw) =>
    defined({ text: text(raw, "text"), sort: word(raw, "sort", ["name", "worst", "newest"]) }),
  component: lazyRouteComponent(() => import("../pages/fleet/Registry"), "Registry"),
});

const repositoryRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/registries/$registry/$repository",
  validateSearch: (raw: Raw) =>
    defined({
      tab: word(raw, "tab", ["images", "tags", "history"]),
      text: text(raw, "text"),
      state: words(raw, "state"),
      severity: words(raw, "severity"),
      gone: flag(raw, "gone"),
      sort: word(raw, "sort", ["worst", "name", "newest", "fixable", "packages"]),
    }),
  component: lazyRouteComponent(() => import("../pages/fleet/Repository"), "Repository"),
});

const imagesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/images",
  validateSearch: (raw: Raw) => defined({ ...imageFilters(raw), sel: words(raw, "sel") }),
  component: lazyRouteComponent(() => import("../pages/fleet/Images"), "Images"),
});

const imageRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/images/$image",
  validateSearch: (raw: Raw) =>
    defined({
      tab: word(raw, "tab", ["findings", "packages", "layers", "history", "why"]),
      text: text(raw, "text"),
      severity: words(raw, "severity"),
      package: text(raw, "package"),
      fixable: flag(raw, "fixable"),
      kev: flag(raw, "kev"),
      judgement: word(raw, "judgement", ["counts", "apart", "all"]),
      sort: word(raw, "sort", ["severity", "package", "newest"]),
      layer: text(raw, "layer"),
      kind: text(raw, "kind"),
      vulnerable: flag(raw, "vulnerable"),
      spread: words(raw, "spread"),
      open: text(raw, "open"),
      vulnerability: text(raw, "vulnerability"),
    }),
  component: lazyRouteComponent(() => import("../pages/fleet/Image"), "Image"),
});

const compareRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/images/$image/compare",
  validateSearch: (raw: Raw) =>
    defined({
      with: text(raw, "with"),
      tab: word(raw, "tab", ["findings", "packages"]),
      change: word(raw, "change", ["new", "gone", "added", "removed", "changed"]),
      text: text(raw, "text"),
    }),
  component: lazyRouteComponent(() => import("../pages/fleet/Compare"), "Compare"),
});

const inventoryRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/inventory",
  validateSearch: (raw: Raw) =>
    defined({
      kind: word(raw, "kind", ["registry", "repository", "image"]),
      text: text(raw, "text"),
      state: words(raw, "state"),
      owner: text(raw, "owner"),
      registry: text(raw, "registry"),
      sort: word(raw, "sort", ["name", "worst", "newest"]),
    }),
  component: lazyRouteComponent(() => import("../pages/fleet/Inventory"), "Inventory"),
});

const askRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/cve",
  validateSearch: (raw: Raw) =>
    defined({
      text: text(raw, "text"),
      severity: words(raw, "severity"),
      kev: flag(raw, "kev"),
      fixable: flag(raw, "fixable"),
      sort: word(raw, "sort", ["severity", "images", "newest"]),
    }),
  component: lazyRouteComponent(() => import("../pages/fleet/Ask"), "Ask"),
});

const vulnerabilityRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/cve/$id",
  validateSearch: (raw: Raw) =>
    defined({
      verdict: word(raw, "verdict", ["affected", "apart", "not_affected", "not_assessed"]),
      owner: text(raw, "owner"),
      open: text(raw, "open"),
    }),
  component: lazyRouteComponent(() => import("../pages/fleet/Cve"), "Cve"),
});

const softwareRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/software",
  validateSearch: (raw: Raw) => defined({ text: text(raw, "text"), kind: text(raw, "kind") }),
  component: lazyRouteComponent(() => import("../pages/fleet/Software"), "Software"),
});

const packageRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/software/$kind",
  validateSearch: (raw: Raw) => defined({ name: text(raw, "name"), version: text(raw, "version") }),
  component: lazyRouteComponent(() => import("../pages/fleet/SoftwareVersions"), "SoftwareVersions"),
});

const queueRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/queue",
  validateSearch: (raw: Raw) =>
    defined({
      state: word(raw, "state", ["queued", "leased", "done", "dead"]),
      kind: text(raw, "kind"),
      registry: text(raw, "registry"),
      open: text(raw, "open"),
      sel: words(raw, "sel"),
    }),
  component: lazyRouteComponent(() => import("../pages/fleet/Queue"), "Queue"),
});

/** Registries, images, packages and vulnerabilities. */
export const fleetRoutes = [
  registriesRoute,
  registryRoute,
  repositoryRoute,
  imagesRoute,
  imageRoute,
  compareRoute,
  inventoryRoute,
  askRoute,
  vulnerabilityRoute,
  softwareRoute,
  packageRoute,
  queueRoute,
] as const;
