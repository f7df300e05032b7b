import { describe, expect, it } from "vitest";
import type { Notice } from "../../api/types";
import { placeOf } from "../../frame/map";
import { needing, ranked } from "../../frame/things";
import { came } from "../../frame/visit";
import { address, place } from "../../parts/PathLink";
import { assetPlace, assetWord, causeWord, gained, mark } from "../../parts/words";
import { dayIn, endOf, several } from "./change";
import { anything, criteriaOf, EMPTY, inWords } from "./criteria";
import { fixSub, remainsSentence } from "./fix-words";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

describe("links that the hub names", () => {
  it("lead to places of this console only", () => {
    for (const path of ["https://evil.example", "//evil.example", "/\\evil", "javascript:alert(1)", "", "images"])
      expect(place(path)).toBeUndefined();
  });

  it("keep ids of digits as text, for a number would lose its end", () => {
    expect(place("/images?fix=9007199254740993&kev=true")).toEqual({
      to: "/images",
      search: { fix: "9007199254740993", kev: "true" },
    });
  });

  it("leave out what is not asked for", () => {
    expect(address("/images", { fix: "a b", owner: undefined, text: "" })).toBe("/images?fix=a+b");
    expect(address("/images")).toBe("/images");
  });
});

describe("what needs a person", () => {
  const notice = (id: string, severity: string, last: string) => ({ id, severity, last }) as Notice;
  const notices = [
    notice("low", "low", "2026-11-24T14:00:00Z"),
    notice("old", "high", "2026-11-20T14:00:00Z"),
    notice("new", "high", "2026-11-24T14:00:00Z"),
    notice("odd", "catastrophic", "2026-11-24T14:00:00Z"),
    notice("worst", "critical", "2026-11-01T14:00:00Z"),
  ];

  it("is what is critical or high; a word that nobody knows can wait", () => {
    expect(needing(notices).map((n) => n.id)).toEqual(["old", "new", "worst"]);
  });

  it("comes worst first, then newest", () => {
    expect(ranked(notices).map((n) => n.id)).toEqual(["worst", "new", "old", "low", "odd"]);
  });
});

describe("the visit before", () => {
  const first = came(undefined, undefined, new Date("2026-11-23T17:40:00Z"));
  it("there is none at the first", () => expect(first).toEqual({ now: "2026-11-23T17:40:00.000Z" }));
  it("a reload is the same visit", () => {
    expect(came(first, undefined, new Date("2026-11-23T18:10:00Z"))).toBe(first);
  });
  it("the next day is another", () => {
    expect(came(first, undefined, new Date("2026-11-24T08:00:00Z"))).toEqual({
      before: "2026-11-23T17:40:00.000Z",
      now: "2026-11-24T08:00:00.000Z",
    });
  });
});

describe("forms", () => {
  it("a field that takes several takes them as people write them, each once", () => {
    expect(several(" CVE-1, CVE-2;CVE-3\nCVE-1 ")).toEqual(["CVE-1", "CVE-2", "CVE-3"]);
    expect(several("  ")).toEqual([]);
  });

  it("an end is the end of its day; an empty field is no end", () => {
    expect(endOf("2027-02-24")).toBe("2027-02-24T23:59:59Z");
    expect(endOf("")).toBeUndefined();
    expect(endOf("24.2.2027")).toBeUndefined();
    expect(dayIn(90, new Date("2026-11-26T23:59:59Z"))).toBe("2027-02-24");
  });

  it("criteria hold only what was given, and 0 is something", () => {
    expect(criteriaOf(EMPTY)).toEqual({ match: "all" });
    expect(anything(criteriaOf(EMPTY))).toBe(false);
    const given = criteriaOf({ ...EMPTY, match: "any", cvssBelow: "0", patchable: "false", cves: "CVE-1 CVE-2" });
    expect(given).toEqual({ match: "any", cvssBelow: 0, patchable: false, cves: ["CVE-1", "CVE-2"] });
    expect(anything(given)).toBe(true);
    expect(criteriaOf({ ...EMPTY, cvssBelow: "much" })).toEqual({ match: "all" });
  });

  it("criteria are said as they are joined", () => {
    expect(inWords({ match: "all", severities: ["low", "medium"], patchable: false })).toBe(
      "severity low or medium, and no fix is to be had",
    );
    expect(inWords({ match: "any", cves: ["A", "B", "C", "D", "E"], check: "glibc" })).toBe(
      "A or B or C or D or 1 more, or “glibc” in title, package or id",
    );
    expect(inWords({ match: "all" })).toBe("no criterion");
  });
});

describe("words", () => {
  it("a gain is its part of the maximum", () => {
    expect(plain(gained(1.98, 20))).toBe("+9.9 %");
    expect(plain(gained(0, 20))).toBe("0.0 %");
    expect(plain(gained(1, 0))).toBe("0.0 %");
  });

  it("causes and marks are read, not spelled", () => {
    expect(causeWord("end-of-life-near")).toBe("end of life near");
    expect(causeWord(undefined)).toBe("");
    expect(mark("known-exploited")).toBe("Known exploited");
  });

  it("where an asset is, under its name", () => {
    expect(assetPlace(`registry/main/shop/cart@sha256:${"ab".repeat(32)}`)).toBe("sha256:abababababab in main");
    expect(assetPlace("registry/main/shop/cart")).toBe("shop/cart in main");
  });

  it("an asset's digest is as short as people compare", () => {
    expect(assetWord(`registry/main/a@sha256:${"ab".repeat(32)}`)).toBe("a@sha256:abababababab in main");
    expect(assetWord("registry/main")).toBe("registry/main");
  });

  it("a fix names its first parts and counts the rest", () => {
    const parts = ["a", "b", "c", "d", "e", "f"].map((name) => ({ kind: "deb", name, from: ["1"], findings: 1 }));
    expect(plain(fixSub({ parts, vulnerabilities: 1 }))).toBe("a, b, c, d and 2 more packages; 1 vulnerability");
    expect(plain(fixSub({ parts: parts.slice(0, 1), vulnerabilities: 2 }))).toBe("a; 2 vulnerabilities");
  });

  it("what remains is said, and whether it was measured", () => {
    const remains = { healed: 1, images: 2, findings: 3, unfixed: 3 };
    expect(plain(remainsSentence({ remains, images: 3, measured: true }))).toBe(
      "Measured on the newest build: 1 image becomes healthy, 2 images keep 3 findings, all without a fix.",
    );
    const clean = { healed: 4, images: 0, findings: 0, unfixed: 0 };
    expect(plain(remainsSentence({ remains: clean, images: 4, measured: false }))).toBe(
      "Predicted from the packages’ versions: 4 images become healthy, none keeps findings.",
    );
  });
});

it("a path belongs to the place that it lies below", () => {
  expect(placeOf("/settings/audit")?.label).toBe("Settings");
  expect(placeOf("/rules")?.label).toBe("Rules and exemptions");
  expect(placeOf("/rulesx")).toBeUndefined();
});
