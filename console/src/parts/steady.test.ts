import { describe, expect, it } from "vitest";
import { merge } from "./steady";

const key = (row: { id: string }) => row.id;
const row = (id: string, n = 0) => ({ id, n });

describe("rows that stay where they are", () => {
  it("takes new values in place", () => {
    expect(merge([row("a"), row("b")], [row("a", 1), row("b", 2)], key)).toEqual({
      rows: [row("a", 1), row("b", 2)],
      added: 0,
      gone: 0,
      moved: false,
    });
  });

  it("counts what is new, gone and moved, and shows none of it", () => {
    const steady = merge([row("a"), row("b"), row("c")], [row("n"), row("c", 1), row("a", 1)], key);
    expect(steady.rows).toEqual([row("a", 1), row("b"), row("c", 1)]);
    expect(steady).toMatchObject({ added: 1, gone: 1, moved: true });
  });

  it("does not call it moved when a new row stands between", () => {
    expect(merge([row("a"), row("b")], [row("a"), row("n"), row("b")], key)).toMatchObject({ added: 1, moved: false });
  });
});
