import type { LinkProps } from "@tanstack/react-router";
import type { IconName } from "../parts/Icon";

/** A place of the console. Only what can be opened stands here: a page whose part of the hub is not there is not listed. */
export interface Place {
  label: string;
  icon: IconName;
  to: NonNullable<LinkProps["to"]>;
  /** The bar at the bottom of a phone holds the places that have a short name. */
  short?: string;
}

export interface Group {
  label?: string;
  places: Place[];
}

/** The navigation, in the order of the design's map. */
export const MAP: Group[] = [
  {
    label: "Assets",
    places: [{ label: "Images", icon: "image", to: "/images", short: "Images" }],
  },
  {
    label: "System",
    places: [
      { label: "Users", icon: "user", to: "/settings/users", short: "Users" },
      { label: "Tokens", icon: "key", to: "/settings/tokens", short: "Tokens" },
      { label: "Audit trail", icon: "clock", to: "/settings/audit", short: "Audit" },
    ],
  },
];
