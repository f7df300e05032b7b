// Times as the console writes them: the further away, the coarser. Pure: "now" and the zone come from the caller.

const NBSP = "\u00a0";
const MINUTE = 60_000;
const DAY = 86_400_000;

interface Fields {
  year: number;
  month: string;
  day: number;
  weekday: string;
  /** "13:47" */
  clock: string;
  /** "13:47:02" */
  seconds: string;
  /** "UTC", "GMT+1" */
  zone: string;
  /** Days since the epoch of the calendar day in the zone: for "today" and "this week". */
  ordinal: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string | undefined): Intl.DateTimeFormat {
  const key = zone ?? "";
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      ...(zone ? { timeZone: zone } : {}),
      hourCycle: "h23",
      year: "numeric",
      month: "short",
      day: "numeric",
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      timeZoneName: "short",
    });
    formats.set(key, format);
  }
  return format;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function fields(at: Date, zone: string | undefined): Fields {
  const part: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const { type, value } of formatOf(zone).formatToParts(at)) part[type] = value;
  const year = Number(part.year);
  const month = part.month ?? "";
  const day = Number(part.day);
  return {
    year,
    month,
    day,
    weekday: part.weekday ?? "",
    clock: `${part.hour}:${part.minute}`,
    seconds: `${part.hour}:${part.minute}:${part.second}`,
    zone: part.timeZoneName ?? "",
    ordinal: Math.floor(Date.UTC(year, MONTHS.indexOf(month), day) / DAY),
  };
}

/**
 * A moment: under a minute "4 s ago", today "13:47", within a week "Mon 21:04", this year "18 Nov", else "7 Oct 2025".
 * What lies ahead reads the same, "in 4 s" apart.
 */
export function stamp(at: Date, now: Date, zone?: string): string {
  const ms = at.getTime();
  if (!Number.isFinite(ms)) return "?";
  const away = now.getTime() - ms;
  if (Math.abs(away) < MINUTE) {
    const seconds = Math.floor(Math.abs(away) / 1_000);
    return away < 0 ? `in ${seconds}${NBSP}s` : `${seconds}${NBSP}s ago`;
  }
  const [a, n] = [fields(at, zone), fields(now, zone)];
  const days = Math.abs(n.ordinal - a.ordinal);
  if (days === 0) return a.clock;
  // Seven days away the weekday would be today's: it would read as today.
  if (days < 7) return `${a.weekday}${NBSP}${a.clock}`;
  return day(at, now, zone);
}

/** A calendar day, for the axis of a series of days: this year "18 Nov", else "7 Oct 2025". */
export function day(at: Date, now: Date, zone?: string): string {
  if (!Number.isFinite(at.getTime())) return "?";
  const [a, n] = [fields(at, zone), fields(now, zone)];
  const text = `${a.day}${NBSP}${a.month}`;
  return a.year === n.year ? text : `${text}${NBSP}${a.year}`;
}

/** The exact time with its zone, for a title: "18 Nov 2026, 10:02:11 UTC". */
export function exactly(at: Date, zone?: string): string {
  if (!Number.isFinite(at.getTime())) return "not a time";
  const f = fields(at, zone);
  return `${f.day} ${f.month} ${f.year}, ${f.seconds} ${f.zone}`;
}

/** The clock with seconds, for "as of": "14:02:11". */
export function clock(at: Date, zone?: string): string {
  return fields(at, zone).seconds;
}

/** A duration in its two largest units: "0.3 s", "41 s", "6 h 12 min", "3 days". */
export function duration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return "?";
  if (ms < 10_000) return `${Number((ms / 1_000).toFixed(1))}${NBSP}s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds}${NBSP}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return pair(minutes, "min", seconds % 60, "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return pair(hours, "h", minutes % 60, "min");
  return `${Math.floor(hours / 24)}${NBSP}days`;
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  const first = `${large}${NBSP}${largeUnit}`;
  return small === 0 ? first : `${first}${NBSP}${small}${NBSP}${smallUnit}`;
}
