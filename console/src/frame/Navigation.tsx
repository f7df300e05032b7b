import { Link } from "@tanstack/react-router";
import { Icon } from "../parts/Icon";
import styles from "./Frame.module.css";
import { MAP } from "./map";

/** The navigation: a column, a rail of icons whose words show on hover and focus, or a drawer on a phone. */
export function Navigation({ open }: { open: boolean }) {
  return (
    <nav className={`${styles.nav} ${open ? styles.open : ""}`} id="nav" aria-label="Main">
      <Link className={styles.brand} to="/" aria-label="Seawall, start">
        <Icon name="brand" />
        <span className={styles.label}>Seawall</span>
      </Link>
      {MAP.map((group) => (
        <div className={styles.group} key={group.label ?? "first"}>
          {group.label && <p className={styles.groupLabel}>{group.label}</p>}
          {group.places.map((place) => (
            <Link key={place.label} to={place.to} className={styles.item} activeProps={{ "aria-current": "page" }}>
              <Icon name={place.icon} />
              <span className={styles.label}>{place.label}</span>
            </Link>
          ))}
        </div>
      ))}
    </nav>
  );
}

/** The bar at the bottom of a phone: the four nearest places, and the rest. */
export function TabBar({ onMore }: { onMore: () => void }) {
  const places = MAP.flatMap((group) => group.places).filter((place) => place.short);
  return (
    <nav className={styles.tabbar} aria-label="Quick">
      {places.slice(0, 4).map((place) => (
        <Link key={place.label} to={place.to} className={styles.tab} activeProps={{ "aria-current": "page" }}>
          <Icon name={place.icon} />
          {place.short}
        </Link>
      ))}
      <button className={styles.tab} type="button" onClick={onMore}>
        <Icon name="menu" />
        More
      </button>
    </nav>
  );
}
