import { describe, expect, it } from "vitest";
import type { Finding } from "../../../api/types";
import { byFix, keyOf } from "./group";

const finding = (vulnerability: string, name: string, more: Partial<Finding> = {}): Finding => ({
  vulnerability,
  title: "",
  severity: "medium",
  kev: false,
  package: { subject: `s-${name}`, kind: "deb", name, version: "1", purl: `pkg:deb/debian/${name}@1` },
  class: "vulnerability",
  judgement: "counts",
  fixStatus: "none-known",
  remedy: "",
  paths: [],
  firstSeen: "2026-11-18T10:00:00Z",
  ...more,
});

describe("findings by what clears them", () => {
  const fix = { id: "7", title: "Upgrade openssl" };
  const groups = byFix([
    finding("CVE-1", "ip"),
    finding("CVE-2", "kernel", { judgement: "no-kernel" }),
    finding("CVE-3", "openssl", { fix, fixedVersion: "2", severity: "high" }),
    finding("CVE-4", "openssl", { fix, fixedVersion: "3", severity: "critical", kev: true }),
    finding("CVE-5", "openssl", { fix, fixedVersion: "3" }),
    finding("CVE-6", "openssl"),
  ]);

  it("puts deeds first, then what has no fix, then what does not count", () => {
    expect(groups.map((g) => [g.title, g.findings])).toEqual([
      ["Upgrade openssl", 3],
      ["No fix yet", 2],
      ["Shown apart, not counted", 1],
    ]);
  });

  it("has a row a package, with its worst and every version that clears", () => {
    const row = groups[0]?.rows[0];
    expect(groups[0]?.rows).toHaveLength(1);
    expect(row).toMatchObject({ worst: "critical", kev: true, fixed: ["2", "3"] });
    expect(row?.findings.map((f) => f.vulnerability)).toEqual(["CVE-3", "CVE-4", "CVE-5"]);
  });

  it("loses no finding and doubles none", () => {
    const all = groups.flatMap((g) => g.rows.flatMap((row) => row.findings.map(keyOf)));
    expect(all).toHaveLength(6);
    expect(new Set(all).size).toBe(6);
    expect(new Set(groups.flatMap((g) => g.rows.map((row) => row.key))).size).toBe(4);
  });
});
