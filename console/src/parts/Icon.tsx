import styles from "./Icon.module.css";

/** The sprite's interface icons (src/icons/sprite.svg). */
export type IconName =
  | "brand"
  | "now"
  | "fix"
  | "alert"
  | "shield"
  | "inventory"
  | "image"
  | "host"
  | "cluster"
  | "registry"
  | "repo"
  | "box"
  | "pod"
  | "ask"
  | "policy"
  | "compliance"
  | "exempt"
  | "trust"
  | "settings"
  | "search"
  | "scope"
  | "down"
  | "right"
  | "sort"
  | "up"
  | "x"
  | "check"
  | "plus"
  | "dots"
  | "copy"
  | "link"
  | "out"
  | "clock"
  | "theme"
  | "user"
  | "menu"
  | "export"
  | "key"
  | "lock"
  | "net"
  | "terminal"
  | "file"
  | "info"
  | "warn"
  | "blind"
  | "undo"
  | "pause"
  | "filter"
  | "git"
  | "save"
  | "refresh"
  | "ticket";

/** An icon of the sprite. It never stands for a word: what it means is written beside it or in the control's label. */
export function Icon({ name, small = false, large = false }: { name: IconName; small?: boolean; large?: boolean }) {
  const size = small ? styles.small : large ? styles.large : "";
  return (
    <svg className={`${styles.icon} ${size}`} aria-hidden="true" focusable="false">
      <use href={`#i-${name}`} />
    </svg>
  );
}
