import { useEffect, useRef } from "react";
import { forPage } from "../../frame/keys";

/** Steps through a list with `j` and `k` while something of it is open beside it. */
export function useStep(keys: string[], current: string | undefined, onStep: (key: string) => void): void {
  const now = useRef({ keys, current, onStep });
  now.current = { keys, current, onStep };
  const on = current !== undefined;
  useEffect(() => {
    if (!on) return;
    const onKey = (event: KeyboardEvent) => {
      const at = event.target;
      if (!forPage(event) || (at instanceof HTMLElement && at.closest("tr[data-row]"))) return;
      const step = event.key === "j" ? 1 : event.key === "k" ? -1 : 0;
      if (step === 0) return;
      const { keys, current, onStep } = now.current;
      const next = keys[keys.indexOf(current ?? "") + step];
      if (next !== undefined) {
        event.preventDefault();
        onStep(next);
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [on]);
}
