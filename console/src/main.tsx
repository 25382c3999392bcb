/** The page's beginning: who we are, then the place that the address names. */

import { render } from "preact";
import { App } from "./app";
import { begin } from "./session";
import "./styles.css";
import "./print.css";

void begin();
render(<App />, document.getElementById("app")!);
