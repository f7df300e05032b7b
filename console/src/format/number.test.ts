import { describe, expect, it } from "vitest";
import { bytes, count, counted, delta, of } from "./number";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

describe("count", () => {
  it.each([
    [0, "0"],
    [7, "7"],
    [3_012, "3,012"],
    [99_999, "99,999"],
    [100_000, "100 thousand"],
    [412_345, "412 thousand"],
    [999_499, "999 thousand"],
    [999_950, "1 million"],
    [1_234_567, "1.2 million"],
    [48_000_000, "48 million"],
    [999_960_000, "1 billion"],
    [-120, "-120"],
  ])("%d is %s", (n, text) => {
    expect(plain(count(n))).toBe(text);
  });
});

it("a change carries its sign, and a minus is a minus", () => {
  expect([delta(3), delta(-120), delta(0)]).toEqual(["+3", "−120", "0"]);
});

it("a noun follows its number", () => {
  expect(plain(counted(1, "image"))).toBe("1 image");
  expect(plain(counted(0, "image"))).toBe("0 images");
  expect(plain(counted(2, "repository", "repositories"))).toBe("2 repositories");
  expect(of(61, 612)).toBe("61 of 612");
});

describe("bytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1 kB"],
    [4_096, "4.1 kB"],
    [74_800_000, "74.8 MB"],
    [214_000_000, "214 MB"],
    [999_600_000, "1 GB"],
  ])("%d is %s", (n, text) => {
    expect(plain(bytes(n))).toBe(text);
  });
});
