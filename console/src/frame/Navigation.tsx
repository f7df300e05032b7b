import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useLocation, useSearch } from "@tanstack/react-router";
import { inventoryCountsQuery } from "../api/fleet";
import { feedsQuery, fixSummaryQuery, noticesQuery } from "../api/posture";
import { count, whole } from "../format/number";
import { Icon } from "../parts/Icon";
import { PathLink } from "../parts/PathLink";
import styles from "./Frame.module.css";
import { MAP, type Place, placeOf, SETTINGS } from "./map";
import { needing, THINGS } from "./things";

/** How much waits behind a place. */
function useCounts(): Map<string, { n: number; hot?: boolean; what: string }> {
  const scope = useSearch({ strict: false, select: (search) => search.scope });
  const notices = useInfiniteQuery(noticesQuery({ scope, unread: true }, THINGS));
  const summary = useQuery(fixSummaryQuery(scope));
  const inventory = useQuery(inventoryCountsQuery({ scope }));
  const counts = new Map<string, { n: number; hot?: boolean; what: string }>();
  const need = needing(notices.data?.pages[0]?.items ?? []).length;
  if (need > 0) counts.set("/", { n: need, hot: true, what: "need you" });
  const images = inventory.data?.kinds.find((kind) => kind.kind === "image")?.total;
  if (images !== undefined) counts.set("/images", { n: images, what: "in all" });
  if (summary.data) counts.set("/recommendations", { n: summary.data.actions, what: "open" });
  return counts;
}

function Count({ of: { n, hot, what } }: { of: { n: number; hot?: boolean; what: string } }) {
  return (
    <span className={`${styles.navCount} ${hot ? styles.hot : ""}`} title={`${whole(n)} ${what}`}>
      {count(n)}
      <span className="pf-v6-screen-reader"> {what}</span>
    </span>
  );
}

/** The navigation: a column, a rail of icons whose words show on hover and focus, or a drawer on a phone. */
export function Navigation({ open }: { open: boolean }) {
  const path = useLocation({ select: (location) => location.pathname });
  const here = placeOf(path);
  const counts = useCounts();
  return (
    <nav className={`${styles.nav} ${open ? styles.open : ""}`} id="nav" aria-label="Main">
      <PathLink className={styles.brand} path="/" aria-label="Seawall, start">
        <Icon name="brand" />
        <span className={styles.label}>Seawall</span>
      </PathLink>
      {MAP.map((group) => (
        <div className={styles.group} key={group.label ?? "first"}>
          {group.label && <p className={styles.groupLabel}>{group.label}</p>}
          {group.places.map((place) => {
            const counted = counts.get(place.to);
            return (
              <PathLink
                key={place.label}
                path={place.to}
                className={styles.item}
                aria-current={place === here ? "page" : undefined}
              >
                <Icon name={place.icon} />
                <span className={styles.label}>{place.label}</span>
                {counted && <Count of={counted} />}
              </PathLink>
            );
          })}
        </div>
      ))}
      <Foot />
    </nav>
  );
}

/** How old the data is that everything is judged by. */
function Foot() {
  const { data } = useQuery(feedsQuery);
  if (!data) return null;
  const stale = data.sources.filter((source) => source.stale).length;
  return (
    <p className={styles.navFoot}>
      <PathLink path="/settings/feeds" className={stale > 0 || data.state !== "fresh" ? styles.footBlind : ""}>
        {data.state === "none"
          ? "No vulnerability data"
          : stale > 0
            ? `${whole(stale)} of ${whole(data.sources.length)} feeds stale`
            : `${whole(data.sources.length)} feeds fresh`}
      </PathLink>
    </p>
  );
}

/** The bar at the bottom of a phone: the four nearest places, and the rest. */
export function TabBar({ onMore }: { onMore: () => void }) {
  const path = useLocation({ select: (location) => location.pathname });
  const here = placeOf(path);
  const counts = useCounts();
  const places = MAP.flatMap((group) => group.places).filter((place): place is Place & { short: string } =>
    Boolean(place.short),
  );
  return (
    <nav className={styles.tabbar} aria-label="Quick">
      {places.slice(0, 4).map((place) => {
        const counted = counts.get(place.to);
        return (
          <PathLink
            key={place.label}
            path={place.to}
            className={styles.tab}
            aria-current={place === here ? "page" : undefined}
          >
            <Icon name={place.icon} />
            {place.short}
            {counted?.hot && <Count of={counted} />}
          </PathLink>
        );
      })}
      <button className={styles.tab} type="button" onClick={onMore}>
        <Icon name="menu" />
        More
      </button>
    </nav>
  );
}

/** The pages of the settings, above each of them. */
export function SettingsTabs() {
  const path = useLocation({ select: (location) => location.pathname });
  return (
    <nav className={styles.sub} aria-label="Settings">
      {SETTINGS.map((page) => (
        <PathLink key={page.to} path={page.to} aria-current={page.to === path ? "page" : undefined}>
          {page.label}
        </PathLink>
      ))}
    </nav>
  );
}
