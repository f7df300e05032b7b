import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { changes, Diff } from "./Diff";
import { Code, Evidence } from "./Evidence";
import { LayerLineage, type LineagePart, lineageSum } from "./LayerLineage";
import { shape, Trend } from "./Trend";

afterEach(cleanup);
const plain = (text: string | null | undefined) => (text ?? "").replaceAll("\u00a0", " ");

describe("lineage", () => {
  const parts: LineagePart[] = [
    {
      title: "Base",
      name: "debian:12-slim",
      layers: [
        {
          key: "0",
          position: 1,
          createdBy: "ADD rootfs.tar /",
          size: 74_800_000,
          packages: 88,
          findings: { high: 4, medium: 7 },
          sharedBy: 1_204,
        },
      ],
    },
    {
      title: "App",
      layers: [
        {
          key: "1",
          position: 2,
          createdBy: "RUN npm ci",
          size: 21_000_000,
          packages: 1,
          findings: {},
          blind: "1 file nobody owns",
        },
        { key: "s2", createdBy: "ENV NODE_ENV", findings: {} },
      ],
    },
  ];

  it("sums what its layers have, and a step without a layer is none", () => {
    expect(plain(lineageSum(parts))).toBe("2 layers, 11 findings");
  });

  it("says instruction, size, packages, sharing and what is blind", () => {
    render(<LayerLineage parts={parts} onChoose={() => {}} />);
    const [base, app, step] = screen.getAllByRole("button");
    expect(plain(base?.textContent)).toContain("74.8 MB, 88 packages, shared by 1,204 images");
    expect(plain(app?.textContent)).toContain("21 MB, 1 package; 1 file nobody owns");
    expect(plain(step?.textContent)).toContain("configuration only");
    expect(screen.getByRole("img", { name: "4 high, 7 medium" })).toBeTruthy();
  });

  it("a press chooses a layer and another one lets it go", () => {
    const choose = vi.fn();
    const { rerender } = render(<LayerLineage parts={parts} onChoose={choose} />);
    fireEvent.click(screen.getByRole("button", { name: /npm ci/ }));
    expect(choose).toHaveBeenLastCalledWith("1");
    rerender(<LayerLineage parts={parts} chosen="1" onChoose={choose} />);
    fireEvent.click(screen.getByRole("button", { name: /npm ci/, pressed: true }));
    expect(choose).toHaveBeenLastCalledWith(undefined);
  });
});

describe("evidence", () => {
  it("is a chain in its order, with the line marked that matters", () => {
    const { container } = render(
      <Evidence
        steps={[
          { key: "layer", title: "Layer 8 wrote the file" },
          {
            key: "file",
            title: "The file says what it is",
            children: <Code text={'"name": "ejs",\n"version": "3.1.6"'} marked="3.1.6" />,
          },
        ]}
      />,
    );
    expect([...container.querySelectorAll("li > b")].map((b) => b.textContent)).toEqual([
      "Layer 8 wrote the file",
      "The file says what it is",
    ]);
    expect(container.querySelector(".marked")?.textContent).toBe('"version": "3.1.6"');
  });

  it("an endless text is cut", () => {
    const { container } = render(<Code text={"x".repeat(1_000_000)} />);
    expect(container.textContent?.length).toBeLessThan(9_000);
    expect(container.textContent).toContain("more characters");
  });
});

describe("trend", () => {
  const points = [
    { at: "2026-08-26T00:00:00Z", value: 72 },
    { at: "2026-10-10T00:00:00Z", value: 75 },
    { at: "2026-11-24T00:00:00Z", value: 76 },
  ];

  it("runs from left to right, higher where the value is higher", () => {
    const { placed, ticks } = shape(points);
    expect(placed.map((p) => p.x)).toEqual([...placed.map((p) => p.x)].sort((a, b) => a - b));
    expect(placed[0]?.y).toBeGreaterThan(placed[2]?.y ?? 0);
    const [low = Number.NaN, middle = Number.NaN, high = Number.NaN] = ticks.map((tick) => tick.value);
    expect(ticks).toHaveLength(3);
    expect(low).toBeLessThanOrEqual(72);
    expect(high).toBeGreaterThanOrEqual(76);
    expect(middle).toBe((low + high) / 2);
  });

  it("a line that does not move is drawn all the same", () => {
    const { line } = shape(points.map((p) => ({ ...p, value: 0 })));
    expect(line).not.toContain("NaN");
  });

  it("the table has the same numbers, one click away", () => {
    render(<Trend label="Secure score" points={points} unit="%" />);
    expect(screen.getByRole("img", { name: "Secure score, from 72 to 76 % in 3 points" })).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "As a table" }));
    expect(screen.getAllByRole("row")).toHaveLength(4);
    expect(screen.queryByRole("img")).toBeNull();
  });

  it("with too little to draw it says so", () => {
    render(<Trend label="Secure score" points={[]} unit="%" />);
    expect(screen.getByText("Secure score: not recorded yet.")).toBeTruthy();
  });
});

it("a diff shows what went, what came and what stayed", () => {
  const lines = changes({ disabled: false, name: "a" }, { disabled: true, name: "a", role: "owner" });
  expect(lines).toEqual([
    { kind: "removed", text: "disabled: false" },
    { kind: "added", text: "disabled: true" },
    { kind: "same", text: 'name: "a"' },
    { kind: "added", text: 'role: "owner"' },
  ]);
  expect(changes(null, undefined)).toEqual([]);
  render(<Diff head="Before and after" lines={lines} />);
  expect(screen.getByText("removed:")).toBeTruthy();
});
