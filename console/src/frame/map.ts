import type { IconName } from "../parts/Icon";

/** A place of the console. Only what can be opened stands here: a page whose part of the hub is not there is not listed. */
export interface Place {
  label: string;
  icon: IconName;
  to: string;
  /** The bar at the bottom of a phone holds the places that have a short name. */
  short?: string;
  /** What `g` and this key go to. */
  key?: string;
  /** Paths that belong to it too, by how they begin. */
  also?: string[];
}

export interface Group {
  label?: string;
  places: Place[];
}

/** The navigation, in the order of the design's map. */
export const MAP: Group[] = [
  {
    places: [
      { label: "Now", icon: "now", to: "/", short: "Now", key: "n" },
      { label: "Recommendations", icon: "fix", to: "/recommendations", short: "Fix", key: "r", also: ["/fixes"] },
      { label: "Workload protections", icon: "shield", to: "/workload", key: "w" },
      { label: "Am I affected?", icon: "ask", to: "/cve", short: "Affected?", key: "a" },
    ],
  },
  {
    label: "Assets",
    places: [
      { label: "Inventory", icon: "inventory", to: "/inventory", key: "i" },
      { label: "Registries", icon: "registry", to: "/registries", key: "g" },
      { label: "Images", icon: "image", to: "/images", short: "Images", key: "m" },
      { label: "Software", icon: "box", to: "/software", key: "p" },
    ],
  },
  {
    label: "Govern",
    places: [{ label: "Rules and exemptions", icon: "exempt", to: "/rules", key: "e" }],
  },
  {
    label: "System",
    places: [
      { label: "Coverage and trust", icon: "trust", to: "/coverage", key: "c" },
      { label: "Scans and queue", icon: "refresh", to: "/queue", key: "q" },
      { label: "Notices", icon: "alert", to: "/notices", key: "o" },
      { label: "Settings", icon: "settings", to: "/settings/scopes", key: "s", also: ["/settings"] },
    ],
  },
];

/** The pages of the settings, in the order of their tabs. */
export const SETTINGS: { label: string; to: string }[] = [
  { label: "Scopes", to: "/settings/scopes" },
  { label: "Owners", to: "/settings/owners" },
  { label: "Plans", to: "/settings/plans" },
  { label: "Users", to: "/settings/users" },
  { label: "Tokens", to: "/settings/tokens" },
  { label: "Feeds", to: "/settings/feeds" },
  { label: "Webhooks", to: "/settings/webhooks" },
  { label: "Audit trail", to: "/settings/audit" },
];

/** The place that a path belongs to. */
export function placeOf(path: string): Place | undefined {
  const places = MAP.flatMap((group) => group.places);
  const below = (place: Place) =>
    [place.to, ...(place.also ?? [])].some((to) => path === to || (to !== "/" && path.startsWith(`${to}/`)));
  return places.find(below);
}
