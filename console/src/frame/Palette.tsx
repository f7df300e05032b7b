import { useQuery } from "@tanstack/react-query";
import { useNavigate, useRouter } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { searchQuery } from "../api/posture";
import { visible } from "../format/text";
import { Icon, type IconName } from "../parts/Icon";
import { place } from "../parts/PathLink";
import { MAP, SETTINGS } from "./map";
import styles from "./Palette.module.css";

interface Item {
  key: string;
  group: string;
  icon: IconName;
  title: string;
  detail?: string | undefined;
  link: string;
}

const KINDS: Record<string, { group: string; icon: IconName }> = {
  vulnerability: { group: "Vulnerabilities", icon: "ask" },
  image: { group: "Images", icon: "image" },
  package: { group: "Software", icon: "box" },
  repository: { group: "Repositories", icon: "repo" },
  registry: { group: "Registries", icon: "registry" },
  page: { group: "Pages", icon: "right" },
};

const PAGES: Item[] = [
  ...MAP.flatMap((group) => group.places).map((p) => ({ icon: p.icon, title: p.label, link: p.to })),
  ...SETTINGS.map((p) => ({ icon: "settings" as const, title: `Settings, ${p.label}`, link: p.to })),
].map((p) => ({ ...p, key: `page ${p.title}`, group: "Pages" }));

/** Rests this long before the hub is asked. */
const REST_MS = 120;

function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), REST_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return rested;
}

/** The part of a title that was typed is marked. */
function Marked({ text, typed }: { text: string; typed: string }) {
  const at = typed === "" ? -1 : text.toLowerCase().indexOf(typed.toLowerCase());
  if (at < 0) return <bdi>{text}</bdi>;
  return (
    <bdi>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + typed.length)}</mark>
      {text.slice(at + typed.length)}
    </bdi>
  );
}

/** The box that finds everything: a CVE, a digest, an image, a package, a page. */
export function Palette({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(0);
  const id = useId();
  const navigate = useNavigate();
  const router = useRouter();
  const q = useRested(typed.trim().slice(0, 256));
  const { data, error, isFetching } = useQuery({ ...searchQuery(q), enabled: q.length > 1 });

  useEffect(() => {
    const box = dialog.current;
    box?.showModal();
    return () => box?.close();
  }, []);

  const items = useMemo(() => {
    const word = typed.trim().toLowerCase();
    const found: Item[] =
      q.length > 1
        ? (data?.items ?? []).flatMap((hit, index) => {
            const kind = KINDS[hit.kind];
            if (!kind || !place(hit.link)) return [];
            return [
              {
                ...kind,
                key: `${index} ${hit.kind} ${hit.link}`,
                title: visible(hit.title, 128),
                detail: hit.detail === undefined ? undefined : visible(hit.detail, 128),
                link: hit.link,
              },
            ];
          })
        : [];
    const pages = PAGES.filter((p) => word === "" || p.title.toLowerCase().includes(word));
    const links = new Set(pages.map((p) => p.link));
    return [...found.filter((item) => !links.has(item.link)), ...pages];
  }, [data, q, typed]);
  const at = Math.min(chosen, items.length - 1);

  const go = (item: Item | undefined, apart: boolean) => {
    const link = item && place(item.link);
    if (!link) return;
    if (apart) {
      window.open(router.buildLocation(link as never).href, "_blank", "noopener");
      return;
    }
    onClose();
    void navigate(link as never);
  };
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && items.length > 0) {
      event.preventDefault();
      const next = (at + step + items.length) % items.length;
      setChosen(next);
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      event.preventDefault();
      go(items[at], event.ctrlKey || event.metaKey);
    }
  };
  const groups = [...new Set(items.map((item) => item.group))];
  return (
    <dialog
      ref={dialog}
      className={styles.palette}
      aria-label="Search"
      aria-modal="true"
      onCancel={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
      onKeyDown={onKey}
    >
      <div className={styles.input}>
        <Icon name="search" />
        <input
          type="text"
          role="combobox"
          aria-label="Search everything"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={items.length > 0 ? `${id}-${at}` : undefined}
          placeholder="CVE, digest, image, package or page"
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setChosen(0);
          }}
        />
        <button className={styles.esc} type="button" onClick={onClose} aria-label="Close">
          <kbd>Esc</kbd>
        </button>
      </div>
      <div className={styles.list} id={`${id}-list`} role="listbox" aria-label="Found" tabIndex={-1}>
        {groups.map((group) => (
          // biome-ignore lint/a11y/useSemanticElements: a list box groups its options by role
          <div key={group} role="group" aria-label={group}>
            <p className={styles.group} aria-hidden="true">
              {group}
            </p>
            {items.map((item, index) =>
              item.group !== group ? null : (
                // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the input's, which keeps the focus
                <div
                  key={item.key}
                  id={`${id}-${index}`}
                  role="option"
                  tabIndex={-1}
                  aria-selected={index === at}
                  className={styles.item}
                  onPointerMove={() => setChosen(index)}
                  onClick={(event) => go(item, event.ctrlKey || event.metaKey)}
                >
                  <Icon name={item.icon} />
                  <span className={styles.words}>
                    <Marked text={item.title} typed={typed.trim()} />{" "}
                    {item.detail && <span className={styles.detail}>{item.detail}</span>}
                  </span>
                  {index === at && <kbd>↵</kbd>}
                </div>
              ),
            )}
          </div>
        ))}
      </div>
      <p className={styles.state} role="status">
        {error
          ? `The hub could not search: ${error.message}`
          : isFetching
            ? "Searching…"
            : items.length === 0
              ? `Nothing that you may see has “${visible(typed.trim(), 64)}” in its name.`
              : ""}
      </p>
      <p className={styles.foot}>
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> move
        </span>
        <span>
          <kbd>↵</kbd> open
        </span>
        <span>
          <kbd>Ctrl</kbd> <kbd>↵</kbd> new tab
        </span>
      </p>
    </dialog>
  );
}
