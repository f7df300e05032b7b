import { expect, it } from "vitest";
import { defined, flag, ownPath, parseSearch, stringifySearch, text, word } from "./search";

it("takes what it understands and leaves the rest", () => {
  expect(text({ q: "openssl" }, "q")).toBe("openssl");
  expect(text({ q: 2024 }, "q")).toBe("2024");
  expect(text({ q: ["a"] }, "q")).toBeUndefined();
  expect(text({ q: "x".repeat(10_000) }, "q")).toBeUndefined();
  expect(word({ order: "desc" }, "order", ["asc", "desc"])).toBe("desc");
  expect(word({ order: "sideways" }, "order", ["asc", "desc"])).toBeUndefined();
  expect(flag({ disabled: "true" }, "disabled")).toBe(true);
  expect(flag({ disabled: 1 }, "disabled")).toBeUndefined();
  expect(defined({ a: 1, b: undefined })).toEqual({ a: 1 });
});

it("the way after the login leads nowhere else", () => {
  expect(ownPath({ next: "/images?sort=age" }, "next")).toBe("/images?sort=age");
  for (const evil of ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "images"]) {
    expect(ownPath({ next: evil }, "next")).toBeUndefined();
  }
});

it("an address is plain text: no number loses a digit, no text gains quotes", () => {
  const search = { packageVersion: "1.10", registry: "9007199254740993", kev: true, text: "a=b&c +d", open: undefined };
  const written = stringifySearch(search);
  expect(written).toBe("?packageVersion=1.10&registry=9007199254740993&kev=true&text=a%3Db%26c+%2Bd");
  expect(parseSearch(written)).toEqual({
    packageVersion: "1.10",
    registry: "9007199254740993",
    kev: "true",
    text: "a=b&c +d",
  });
  expect(stringifySearch({})).toBe("");
});
