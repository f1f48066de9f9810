// Where the pages begin.
import { render } from "preact";
import { App } from "./app.tsx";
import { applyTheme } from "./parts/theme.tsx";
import "./style.css";

applyTheme();
const root = document.querySelector("#app");
if (root !== null) render(<App />, root);
