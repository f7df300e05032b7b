import type { QueryClient } from "@tanstack/react-query";

/** How the stream of changes is: open, not yet open, or lost since a moment. */
export type LiveState = { kind: "waiting" } | { kind: "live" } | { kind: "lost"; since: Date };

/** Which queries a topic makes old, where the names differ. */
const TOPICS: Record<string, string[]> = {
  scope: ["scopes", "plans", "assessments", "score", "coverage"],
  user: ["users", "me"],
  grant: ["grants", "me"],
  token: ["tokens"],
  image: [
    "images",
    "image",
    "findings",
    "inventory",
    "vulnerabilities",
    "software",
    "registries",
    "fixes",
    "assessments",
    "coverage",
  ],
  fix: ["fixes"],
  score: ["score", "assessments", "coverage"],
  notice: ["notices"],
  registry: ["registries", "coverage", "images", "inventory", "jobs"],
  job: ["jobs", "registries"],
  exemption: ["exemptions", "assessments", "score", "fixes", "image", "images", "inventory"],
  rule: ["rules", "assessments", "score", "fixes", "findings", "image", "images", "inventory", "vulnerabilities"],
  feed: ["feeds", "coverage", "fixes", "findings", "image", "images", "inventory", "vulnerabilities"],
};

/** The query keys that an event makes old; the trail grows with every change. */
export function stale(topic: string): string[] {
  return [...(TOPICS[topic] ?? [topic, `${topic}s`]), "audit"];
}

/**
 * Listens to the hub's stream of changes and asks again for what became old. A change says what to ask for, never the new
 * value. The stream ends every few minutes by itself and the browser opens it again: that is no loss until it fails.
 */
export function listen(queries: QueryClient, tell: (state: LiveState) => void): () => void {
  const stream = new EventSource("/api/v1/events");
  let lost: Date | undefined;
  stream.onopen = () => {
    // What changed while nobody listened is not told again.
    if (lost) void queries.invalidateQueries();
    lost = undefined;
    tell({ kind: "live" });
  };
  stream.onerror = () => {
    lost ??= new Date();
    tell({ kind: "lost", since: lost });
  };
  stream.addEventListener("change", (event) => {
    const topic = topicOf(event.data);
    for (const key of topic ? stale(topic) : []) void queries.invalidateQueries({ queryKey: [key] });
  });
  stream.addEventListener("lost", () => void queries.invalidateQueries());
  return () => stream.close();
}

function topicOf(data: unknown): string | undefined {
  try {
    const event: unknown = JSON.parse(String(data));
    if (typeof event === "object" && event !== null && "topic" in event) return String(event.topic);
  } catch {
    // Not one of ours: nothing became old by it.
  }
  return undefined;
}
