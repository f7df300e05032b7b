import { expect, it } from "vitest";
import { routeOf } from "./AskBox";

it("a question leads to what it is about", () => {
  expect(routeOf(" cve-2025-48384 ")).toEqual({ kind: "cve", text: "CVE-2025-48384" });
  expect(routeOf("ghsa-PHWQ-j96m-2c2q")).toEqual({ kind: "cve", text: "GHSA-phwq-j96m-2c2q" });
  for (const id of ["DSA-5678-1", "ALSA-2025:11462", "RUSTSEC-2024-0001", "GO-2024-2687", "DEBIAN-CVE-2025-48384"])
    expect(routeOf(id)).toEqual({ kind: "cve", text: id });
  expect(routeOf("sha256:9F31c07be2a4")).toEqual({ kind: "digest", text: "sha256:9f31c07be2a4" });
  expect(routeOf("log4j-core")).toEqual({ kind: "text", text: "log4j-core" });
  expect(routeOf("libssl1.1")).toEqual({ kind: "text", text: "libssl1.1" });
  expect(routeOf("   ")).toBeUndefined();
});
