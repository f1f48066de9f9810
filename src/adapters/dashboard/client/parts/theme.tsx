// Light, dark, or as the system wants it; kept in this browser.
import type { JSX } from "preact";
import { useState } from "preact/hooks";

const themes = ["auto", "light", "dark"] as const;
type Theme = (typeof themes)[number];
const place = "detent-theme";

/** A browser may forbid to keep anything. */
const kept = (): Theme => {
  try {
    return themes.find((theme) => theme === localStorage.getItem(place)) ?? "auto";
  } catch {
    return "auto";
  }
};

export const applyTheme = (theme: Theme = kept()): void => {
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
};

export const ThemeButton = (): JSX.Element => {
  const [theme, setTheme] = useState(kept);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? "auto";
  const change = (): void => {
    setTheme(next);
    applyTheme(next);
    try {
      localStorage.setItem(place, next);
    } catch {
      // It holds until the page is left.
    }
  };
  return (
    <button type="button" class="quiet" onClick={change} title={`colours: ${theme}; next: ${next}`}>
      {theme === "auto" ? "◐ auto" : theme === "light" ? "○ light" : "● dark"}
    </button>
  );
};
