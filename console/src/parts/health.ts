/** The four states. Not assessed is a state of its own and never added to healthy. */
export const STATES = ["unhealthy", "not_assessed", "not_applicable", "healthy"] as const;
export type State = (typeof STATES)[number];

/** How many assets there are of each state. */
export type StateCounts = Partial<Record<State, number>>;

export const STATE_WORDS: Record<State, string> = {
  healthy: "Healthy",
  unhealthy: "Unhealthy",
  not_applicable: "Not applicable",
  not_assessed: "Not assessed",
};

/** The state that a word of the interface means. A word that is not understood was not looked at: never green. */
export function stateOf(word: string | undefined): State {
  return STATES.find((state) => state === word) ?? "not_assessed";
}

/** The counts of the interface, which writes its members in camel case. */
export function countsOf(wire: {
  healthy: number;
  unhealthy: number;
  notApplicable: number;
  notAssessed: number;
}): Record<State, number> {
  return {
    healthy: wire.healthy,
    unhealthy: wire.unhealthy,
    not_applicable: wire.notApplicable,
    not_assessed: wire.notAssessed,
  };
}
