import { ClipboardCopy } from "@patternfly/react-core";
import type { MadeRegistry } from "../../api/types";
import { Code } from "../../parts/Evidence";
import layout from "../../parts/layout.module.css";
import { Banner } from "../../parts/states";
import styles from "./fleet.module.css";

/** The secret with which a registry tells of what happens, told this once, and the settings that use it. */
export function Secret({ made }: { made: Pick<MadeRegistry, "eventsSecret" | "notifications"> }) {
  return (
    <div className={styles.told}>
      <Banner tone="info">
        The secret is shown this once: the hub keeps only its hash. A new one can be made later.
      </Banner>
      <div>
        <h3>Events secret</h3>
        <ClipboardCopy isReadOnly hoverTip="Copy" clickTip="Copied" textAriaLabel="The events secret">
          {made.eventsSecret}
        </ClipboardCopy>
      </div>
      <div>
        <h3>Where it is sent</h3>
        <ClipboardCopy isReadOnly hoverTip="Copy" clickTip="Copied" textAriaLabel="The address for notifications">
          {made.notifications.url}
        </ClipboardCopy>
      </div>
      <div>
        <h3>In the registry’s configuration</h3>
        <p className={layout.hint}>
          For docker-registry (distribution). Without it Seawall asks by itself, every few minutes, and pulls stay
          unknown.
        </p>
        <Code text={made.notifications.example} copy />
      </div>
    </div>
  );
}
