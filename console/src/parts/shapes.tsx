import { type ReactNode, useEffect } from "react";
import { Icon } from "./Icon";
import styles from "./layout.module.css";

export interface HeadProps {
  /** The page's one heading; also the window's title. */
  title: string;
  /** The heading as it is shown, where it is more than its text. */
  heading?: ReactNode;
  mono?: boolean;
  /** Marks beside the heading. */
  marks?: ReactNode;
  /** The answer in a line: facts side by side. */
  meta?: ReactNode;
  actions?: ReactNode;
  /** The way here, from the outermost. */
  crumbs?: { key: string; node: ReactNode }[];
}

function Head({ title, heading, mono, marks, meta, actions, crumbs }: HeadProps) {
  useEffect(() => {
    document.title = `${title} · Seawall`;
  }, [title]);
  return (
    <>
      {crumbs && crumbs.length > 0 && (
        <nav className={styles.crumbs} aria-label="Breadcrumb">
          {crumbs.map((crumb, index) => (
            <span key={crumb.key} className={styles.inline}>
              {index > 0 && <Icon name="right" small />}
              {crumb.node}
            </span>
          ))}
        </nav>
      )}
      <div className={styles.head}>
        <div>
          <div className={`${styles.title} ${mono ? styles.mono : ""}`}>
            <h1>{heading ?? title}</h1>
            {marks}
          </div>
          {meta && <div className={styles.meta}>{meta}</div>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
    </>
  );
}

/** A *list*: head, filters, table over the full width. */
export function ListPage({ filters, children, ...head }: HeadProps & { filters?: ReactNode; children: ReactNode }) {
  return (
    <>
      <Head {...head} />
      {filters}
      {children}
    </>
  );
}

/**
 * A *record*: head, row of stats, main column and aside. The aside holds what one does and what one checks, never
 * navigation; `asideFirst` puts it on the left, where it leads through the main column (an image's lineage).
 */
export function RecordPage({
  stats,
  aside,
  asideFirst = false,
  children,
  ...head
}: HeadProps & { stats?: ReactNode; aside?: ReactNode; asideFirst?: boolean; children: ReactNode }) {
  const side = aside && <div className={styles.stack}>{aside}</div>;
  const main = <div className={styles.stack}>{children}</div>;
  return (
    <>
      <Head {...head} />
      {stats}
      <div className={`${aside ? (asideFirst ? styles.splitStart : styles.split) : ""} ${stats ? styles.section : ""}`}>
        {asideFirst && side}
        {main}
        {!asideFirst && side}
      </div>
    </>
  );
}

/** A panel with its heading. Panels stand side by side or below one another, never inside one another. */
export function Panel({
  id,
  title,
  end,
  foot,
  padded = false,
  children,
}: {
  id: string;
  title: string;
  end?: ReactNode;
  foot?: ReactNode;
  padded?: boolean;
  children: ReactNode;
}) {
  return (
    <section className={styles.panel} aria-labelledby={`${id}-h`} id={id}>
      <div className={styles.panelHead}>
        <h2 id={`${id}-h`}>{title}</h2>
        {end && <span className={styles.panelEnd}>{end}</span>}
      </div>
      {padded ? <div className={styles.panelBody}>{children}</div> : children}
      {foot && <p className={styles.panelFoot}>{foot}</p>}
    </section>
  );
}
