import { Button } from "@patternfly/react-core";
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";
import { Icon } from "./Icon";
import styles from "./Toasts.module.css";

/** What was done, and the way back. */
export interface Toast {
  text: string;
  /** Takes it back; the toast says how that went. */
  undo?: () => Promise<unknown>;
  /** What is said when it was taken back. */
  undone?: string;
  bad?: boolean;
}

interface Shown extends Toast {
  id: number;
  busy?: boolean;
}

const Tell = createContext<(toast: Toast) => void>(() => {});

/** Tells that something was done. It stays until it is closed: nothing times out that offers a way back. */
export function useToast(): (toast: Toast) => void {
  return useContext(Tell);
}

/** More than this many are not held: the oldest goes, the audit trail has it. */
const MOST = 3;

export function Toasts({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<Shown[]>([]);
  const tell = useCallback((toast: Toast) => {
    setShown((old) => [...old.slice(1 - MOST), { ...toast, id: (old.at(-1)?.id ?? 0) + 1 }]);
  }, []);
  const change = useCallback((id: number, to: Partial<Shown> | undefined) => {
    setShown((old) =>
      old.flatMap((toast) => (toast.id !== id ? [toast] : to === undefined ? [] : [{ ...toast, ...to }])),
    );
  }, []);
  const take = async (toast: Shown) => {
    change(toast.id, { busy: true });
    try {
      await toast.undo?.();
      change(toast.id, undefined);
      tell({ text: toast.undone ?? "Undone" });
    } catch (error) {
      change(toast.id, undefined);
      tell({ text: `Not undone: ${error instanceof Error ? error.message : String(error)}`, bad: true });
    }
  };
  const list = useMemo(() => shown, [shown]);
  return (
    <Tell value={tell}>
      {children}
      <section className={styles.toasts} aria-label="What was done" aria-live="polite">
        {list.map((toast) => (
          <div key={toast.id} className={`${styles.toast} ${toast.bad ? styles.bad : ""}`}>
            <Icon name={toast.bad ? "warn" : "check"} />
            <span className={styles.text}>{toast.text}</span>
            {toast.undo && (
              <Button
                variant="secondary"
                size="sm"
                icon={<Icon name="undo" small />}
                isDisabled={toast.busy ?? false}
                onClick={() => void take(toast)}
              >
                Undo
              </Button>
            )}
            <button
              className={styles.close}
              type="button"
              aria-label="Close"
              onClick={() => change(toast.id, undefined)}
            >
              <Icon name="x" small />
            </button>
          </div>
        ))}
      </section>
    </Tell>
  );
}
