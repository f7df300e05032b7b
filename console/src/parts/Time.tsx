import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { exactly, stamp } from "../format/time";

const Now = createContext<Date>(new Date());

/** One clock for the page: it moves every ten seconds, so that "4 s ago" does not stay. */
export function Clock({ children, now }: { children: ReactNode; now?: Date }) {
  const [ticking, setTicking] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setTicking(new Date()), 10_000);
    return () => clearInterval(timer);
  }, []);
  return <Now value={now ?? ticking}>{children}</Now>;
}

/** The page's idea of now. */
export function useNow(): Date {
  return useContext(Now);
}

/** A moment as the interface gives it (RFC 3339), with the exact time in the title. */
export function Time({ at }: { at: string }) {
  const now = useNow();
  const date = new Date(at);
  return (
    <time dateTime={at} title={exactly(date)}>
      {stamp(date, now)}
    </time>
  );
}
