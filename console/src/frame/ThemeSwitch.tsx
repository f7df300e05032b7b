import { useState } from "react";
import { Icon } from "../parts/Icon";
import styles from "./Frame.module.css";
import { current, toggle } from "./theme";

/** Light or dark. The label says what a press does. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState(current);
  const label = theme === "dark" ? "Switch to light" : "Switch to dark";
  return (
    <button
      className={styles.iconButton}
      type="button"
      aria-label={label}
      title={label}
      onClick={() => setTheme(toggle())}
    >
      <Icon name="theme" />
    </button>
  );
}
