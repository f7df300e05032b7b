import { describe, expect, it } from "vitest";
import { clock, day, duration, exactly, stamp } from "./time";

const plain = (text: string) => text.replaceAll("\u00a0", " ");
const at = (text: string) => new Date(text);
// A Tuesday.
const NOW = at("2026-11-24T14:02:11Z");

describe("stamp", () => {
  it.each([
    ["2026-11-24T14:02:11Z", "0 s ago"],
    ["2026-11-24T14:02:07Z", "4 s ago"],
    ["2026-11-24T14:01:12Z", "59 s ago"],
    ["2026-11-24T14:01:11Z", "14:01"],
    ["2026-11-24T00:00:00Z", "00:00"],
    ["2026-11-23T21:04:00Z", "Mon 21:04"],
    ["2026-11-18T10:02:00Z", "Wed 10:02"],
    ["2026-11-17T23:59:59Z", "17 Nov"],
    ["2026-01-01T00:00:00Z", "1 Jan"],
    ["2025-10-07T09:00:00Z", "7 Oct 2025"],
    ["2026-11-24T14:02:15Z", "in 4 s"],
    ["2026-11-27T09:00:00Z", "Fri 09:00"],
    ["2027-02-24T09:00:00Z", "24 Feb 2027"],
  ])("%s is %s", (when, text) => {
    expect(plain(stamp(at(when), NOW, "UTC"))).toBe(text);
  });

  it("a calendar day is the zone's, not UTC's", () => {
    const night = at("2026-11-24T00:30:00Z");
    expect(plain(stamp(at("2026-11-23T23:10:00Z"), night, "UTC"))).toBe("Mon 23:10");
    expect(plain(stamp(at("2026-11-23T23:10:00Z"), night, "Europe/Berlin"))).toBe("00:10");
  });

  it("midnight is 00:00, never 24:00", () => {
    expect(exactly(at("2026-11-24T00:00:00Z"), "UTC")).toBe("24 Nov 2026, 00:00:00 UTC");
  });

  it("what is not a time is not known", () => {
    expect(stamp(at("soon"), NOW, "UTC")).toBe("?");
  });
});

it("a day is a day, also today's", () => {
  expect(plain(day(NOW, NOW, "UTC"))).toBe("24 Nov");
  expect(plain(day(at("2025-10-07T09:00:00Z"), NOW, "UTC"))).toBe("7 Oct 2025");
});

it("the exact time names its zone", () => {
  expect(exactly(at("2026-11-18T10:02:11Z"), "UTC")).toBe("18 Nov 2026, 10:02:11 UTC");
  expect(exactly(at("2026-11-18T10:02:11Z"), "Europe/Berlin")).toContain("11:02:11 GMT+1");
  expect(clock(NOW, "UTC")).toBe("14:02:11");
});

describe("duration", () => {
  it.each([
    [280, "0.3 s"],
    [4_000, "4 s"],
    [41_000, "41 s"],
    [60_000, "1 min"],
    [134_000, "2 min 14 s"],
    [22_320_000, "6 h 12 min"],
    [259_200_000, "3 days"],
    [-1, "?"],
  ])("%d ms is %s", (ms, text) => {
    expect(plain(duration(ms))).toBe(text);
  });
});
