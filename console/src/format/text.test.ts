import { expect, it } from "vitest";
import { middle, shortDigest, titled, visible, withShortDigests } from "./text";

it("plain text stays as it is, in any script", () => {
  for (const text of ["lodash", "libssl3:amd64", "ünïcödé", "مرحبا", "日本"]) expect(visible(text)).toBe(text);
});

it("control characters are seen, not obeyed", () => {
  expect(visible("a\u0000b\u001b[31mc\u007f\n")).toBe("a␀b␛[31mc␡␊");
  expect(visible("\u0085")).toBe("‹U+0085›");
});

it("what would turn the text around is named", () => {
  expect(visible("cart\u202egnp.exe")).toBe("cart‹U+202E›gnp.exe");
  expect(visible("a\u200bb")).toBe("a‹U+200B›b");
});

it("a name of 10 MB is cut, and says by how much", () => {
  const shown = visible("x".repeat(10_000_000));
  expect(shown.length).toBeLessThan(600);
  expect(shown).toContain("9,999,488 more characters");
});

it("a cut leaves no half of a character", () => {
  expect(visible(`${"x".repeat(511)}😀y`)).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/u);
});

it("digests and long names are shortened so that both ends stay", () => {
  expect(shortDigest(`sha256:9f31c07be2a4${"0".repeat(52)}`)).toBe("sha256:9f31c07be2a4");
  expect(shortDigest("latest")).toBe("latest");
  expect(middle("short")).toBe("short");
  const long = middle(`${"a".repeat(60)}${"z".repeat(60)}`, 21);
  expect(long).toBe(`${"a".repeat(10)}…${"z".repeat(10)}`);
});

it("whole digests within a name are cut, shorter ones and other text stay", () => {
  const whole = `sha256:9f31c07be2a4${"0".repeat(52)}`;
  expect(withShortDigests(`registry/main/shop/cart@${whole}`)).toBe("registry/main/shop/cart@sha256:9f31c07be2a4");
  expect(withShortDigests("cart@sha256:9f31c07be2a4")).toBe("cart@sha256:9f31c07be2a4");
  expect(withShortDigests("sha256-tools")).toBe("sha256-tools");
});

it("a title begins with a capital, whatever it begins with", () => {
  expect(titled("upgrade lodash to 4.17.21")).toBe("Upgrade lodash to 4.17.21");
  expect(titled("4 findings")).toBe("4 findings");
  expect(titled("")).toBe("");
});
