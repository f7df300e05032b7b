import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { HealthBar, SeverityBar, shares } from "./Bars";
import { Counts } from "./Counts";
import { SeverityMark, StateMark } from "./glyphs";
import { stateOf } from "./health";
import { Digest, Name, Owner } from "./Name";
import { sentence, severityOf, total } from "./severity";
import { Clock, Time } from "./Time";

afterEach(cleanup);

describe("severities", () => {
  it("a word of a newer hub is unknown, never low", () => {
    expect(severityOf("catastrophic")).toBe("unknown");
    expect(severityOf("high")).toBe("high");
  });

  it("are said worst first", () => {
    expect(sentence({ low: 3, critical: 2, unknown: 1 })).toBe("2 critical, 3 low, 1 unknown");
    expect(sentence({})).toBe("no findings");
    expect(total({ critical: 2, negligible: 5, unknown: 1 })).toBe(8);
  });

  it("a glyph has its word beside it", () => {
    render(<SeverityMark severity="high" />);
    expect(screen.getByText("High")).toBeTruthy();
    render(<SeverityMark severity="critical">Critical 9.8</SeverityMark>);
    expect(screen.getByText("Critical 9.8")).toBeTruthy();
  });
});

describe("states", () => {
  it("what is not understood was not looked at, and is not green", () => {
    expect(stateOf("fine")).toBe("not_assessed");
    expect(stateOf(undefined)).toBe("not_assessed");
  });

  it("not assessed has a glyph of its own", () => {
    const { container } = render(<StateMark state="not_assessed" />);
    expect(container.querySelector("use")?.getAttribute("href")).toBe("#st-blind");
    expect(screen.getByText("Not assessed")).toBeTruthy();
  });
});

describe("bars", () => {
  it("shares add up to the whole and have no zero among them", () => {
    const parts = shares([
      { key: "a", n: 1, className: "a" },
      { key: "b", n: 0, className: "b" },
      { key: "c", n: 3, className: "c" },
    ]);
    expect(parts.map((p) => [p.key, p.x, p.width])).toEqual([
      ["a", "0.000%", "25.000%"],
      ["c", "25.000%", "75.000%"],
    ]);
    expect(shares([{ key: "a", n: 0, className: "a" }])).toEqual([]);
  });

  it("a severity bar says its numbers and sets no style", () => {
    const { container } = render(<SeverityBar counts={{ high: 4, medium: 7, low: 2, unknown: 1 }} />);
    expect(screen.getByRole("img", { name: "4 high, 7 medium, 2 low, 1 unknown" })).toBeTruthy();
    expect(container.querySelectorAll("rect")).toHaveLength(4);
    expect(container.innerHTML).not.toContain("style=");
  });

  it("a health bar counts not assessed apart from healthy", () => {
    render(<HealthBar counts={{ healthy: 1_902, unhealthy: 1_046, not_applicable: 23, not_assessed: 41 }} legend />);
    expect(
      screen.getByRole("img", { name: "1,046 unhealthy, 41 not assessed, 23 not applicable, 1,902 healthy" }),
    ).toBeTruthy();
    expect(screen.getAllByRole("listitem")).toHaveLength(4);
  });
});

describe("counts", () => {
  it("keep the order, write the 0, and show negligible only where there is one", () => {
    const { container, rerender } = render(<Counts counts={{ critical: 2, medium: 14 }} />);
    const boxes = () => [...container.querySelectorAll("span[title]")].map((e) => e.getAttribute("title"));
    expect(boxes()).toEqual(["2 critical", "0 high", "14 medium", "0 low", "0 unknown"]);
    rerender(<Counts counts={{ negligible: 3 }} />);
    expect(boxes()).toContain("3 negligible");
  });
});

describe("names from outside", () => {
  it("a script in a name is text", () => {
    const { container } = render(<Name text={"<script>alert(1)</script>\u202e"} />);
    expect(container.querySelector("script")).toBeNull();
    expect(container.textContent).toBe("<script>alert(1)</script>‹U+202E›");
  });

  it("a digest is short and its title whole", () => {
    const whole = `sha256:${"ab".repeat(32)}`;
    render(<Digest digest={whole} />);
    expect(screen.getByText("sha256:abababababab").getAttribute("title")).toBe(whole);
  });

  it("nobody is said, not left empty", () => {
    render(<Owner name={undefined} />);
    expect(screen.getByText("no owner")).toBeTruthy();
  });
});

it("a time carries the exact one in its title", () => {
  render(
    <Clock now={new Date("2026-11-24T14:02:11Z")}>
      <Time at="2025-10-07T09:00:00Z" />
    </Clock>,
  );
  const time = screen.getByText("7 Oct 2025");
  expect(time.getAttribute("title")).toContain("7 Oct 2025, ");
  expect(time.getAttribute("datetime")).toBe("2025-10-07T09:00:00Z");
});
