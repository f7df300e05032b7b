import { describe, expect, it } from "vitest";
import { mayChange, platformOf, tagOf, titleOf, triggerWord, webAddress } from "./words";

const digest = `sha256:${"9f31c07be2a4".padEnd(64, "0")}`;

describe("what an image is called", () => {
  it("is its newest tag, else its digest", () => {
    expect(tagOf({ tags: ["2026.11.18", "latest"], digest })).toBe("2026.11.18");
    expect(tagOf({ tags: [], digest })).toBe("sha256:9f31c07be2a4");
  });
  it("has its repository where it has one", () => {
    const image = { tags: ["1"], digest, repository: "shop/cart", assetId: "registry/main/shop/cart@x" };
    expect(titleOf(image)).toBe("shop/cart:1");
    expect(titleOf({ ...image, tags: [] })).toBe("shop/cart@sha256:9f31c07be2a4");
    expect(titleOf({ tags: ["1"], digest, assetId: "pipeline/cart@x" })).toBe("pipeline/cart@x");
  });
  it("never runs against the direction of its neighbours", () => {
    expect(tagOf({ tags: ["a\u202eb"], digest })).toBe("a‹U+202E›b");
  });
});

it("leaves out what is not known", () => {
  expect(platformOf({ os: "linux", arch: "amd64" })).toBe("linux/amd64");
  expect(platformOf({ os: "linux" })).toBeUndefined();
  expect(triggerWord("push")).toBe("on push");
  expect(triggerWord("moon")).toBe("moon");
});

it("a role counts on its scope and below, never beside it", () => {
  const grants = [{ scope: "shop", role: "security_admin" }];
  expect(mayChange(grants, "shop")).toBe(true);
  expect(mayChange(grants, "shop/checkout")).toBe(true);
  expect(mayChange(grants, "shopping")).toBe(false);
  expect(mayChange(grants, "")).toBe(false);
  expect(mayChange([{ scope: "", role: "viewer" }], "shop")).toBe(false);
  expect(mayChange(undefined, "")).toBe(false);
});

it("only web addresses become links", () => {
  expect(webAddress("https://example.org/advisory")).toBe("https://example.org/advisory");
  for (const evil of ["javascript:alert(1)", " https://a", "data:text/html,x", "https://a b", undefined])
    expect(webAddress(evil)).toBeUndefined();
});
