import { Button, Modal, ModalBody, ModalFooter, ModalHeader, Switch } from "@patternfly/react-core";
import { useState } from "react";
import styles from "./KeyHelp.module.css";
import { setSingleKeys, singleKeys } from "./keys";
import { MAP } from "./map";

const GROUPS: { title: string; keys: [string[], string][] }[] = [
  {
    title: "Everywhere",
    keys: [
      [["Ctrl", "K"], "search, go, open"],
      [["c"], "copy the link of this view"],
      [["Esc"], "close, then clear the selection"],
      [["?"], "these keys"],
    ],
  },
  {
    title: "Lists",
    keys: [
      [["/"], "filter this list"],
      [["j"], "next row"],
      [["k"], "previous row"],
      [["o"], "open the row, as Enter does"],
      [["x"], "select the row"],
      [["Shift", "x"], "select the rows up to here"],
      [["e"], "exempt, on a recommendation"],
    ],
  },
];

/** All keys, and the switch that turns single ones off. */
export function KeyHelp({ onClose }: { onClose: () => void }) {
  const [on, setOn] = useState(singleKeys);
  const places = MAP.flatMap((group) => group.places).flatMap((place): [string[], string][] =>
    place.key ? [[["g", place.key], place.label]] : [],
  );
  return (
    <Modal isOpen onClose={onClose} variant="medium" aria-labelledby="keys-h">
      <ModalHeader title="Keys" labelId="keys-h" />
      <ModalBody>
        <div className={styles.groups}>
          {[...GROUPS, { title: "Go to", keys: places }].map((group) => (
            <section key={group.title} aria-label={group.title}>
              <h3>{group.title}</h3>
              <dl className={styles.keys}>
                {group.keys.map(([keys, does]) => (
                  <div key={does}>
                    <dt>
                      {keys.map((key) => (
                        <kbd key={key}>{key}</kbd>
                      ))}
                    </dt>
                    <dd>{does}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
        <Switch
          className={styles.switch ?? ""}
          id="single-keys"
          label="Single keys"
          isChecked={on}
          onChange={(_event, next) => {
            setSingleKeys(next);
            setOn(next);
          }}
        />
      </ModalBody>
      <ModalFooter>
        <Button variant="secondary" onClick={onClose}>
          Close
        </Button>
      </ModalFooter>
    </Modal>
  );
}
