/** The frame around every page: the bar, what is announced, and the page of the address. */

import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { Ask } from "./pages/ask";
import { Compare } from "./pages/compare";
import { History } from "./pages/history";
import { Models } from "./pages/models";
import { RunPage } from "./pages/run";
import { Settings } from "./pages/settings";
import { SignIn } from "./pages/signin";
import { Spending } from "./pages/spending";
import { Votes } from "./pages/votes";
import { Announcer } from "./parts/announcer";
import { useArrival } from "./parts/arrival";
import { Help } from "./parts/help";
import { Keys } from "./parts/keys";
import { follow, place } from "./router";
import { begin, desk, session, trouble } from "./session";

const PAGES: readonly (readonly [path: string, name: string, page: ComponentType])[] = [
  ["/", "Ask", Ask],
  ["/runs", "History", History],
  ["/votes", "Votes", Votes],
  ["/usage", "Spending", Spending],
  ["/models", "Models", Models],
  ["/settings", "Settings", Settings],
];

export function App() {
  const { path: at } = place.value;
  useEffect(() => {
    const name = PAGES.find(([path]) => path === at)?.[1];
    if (name) document.title = `${name} · Fuseline`; // a run gives itself its own
  }, [at]);
  useArrival(at);
  return (
    <div class={/^\/(runs\/.|compare)/.test(at) ? "shell wide" : "shell"} onClick={follow}>
      <a class="unseen button" href="#content">Skip to the content</a>
      <header>
        <a class="name" data-in href="/">Fuseline</a>
        <nav aria-label="Console">
          {PAGES.map(([path, name]) => (
            <a key={path} data-in href={path} {...(current(path) ? { "aria-current": "page" as const } : {})}>{name}</a>
          ))}
        </nav>
        <Help />
      </header>
      <main id="content" tabIndex={-1}>
        <Content />
      </main>
      <Announcer />
      <Keys />
    </div>
  );
}

function Content() {
  if (trouble.value) return <Trouble />;
  if (session.value === null) return null;
  if (!session.value.signed_in) return <SignIn />;
  const { path } = place.value;
  if (path === "/" && desk.value === null) return null; // whole or not at all: nothing moves when the models are known
  if (path === "/compare") return <Compare />;
  const run = /^\/runs\/([^/]+)$/.exec(path)?.[1];
  if (run) return <RunPage key={run} id={decoded(run)} />;
  const Page = PAGES.find(([one]) => one === path)?.[2];
  return Page ? <Page /> : <p>There is nothing here. <a data-in href="/">Ask a question.</a></p>;
}

/** A part of an address; one that nobody has encoded stays as it is, and names nothing. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function Trouble() {
  return (
    <div class="band bad" role="alert">
      <p>{trouble}</p>
      <button onClick={() => void begin()}>Try again</button>
    </div>
  );
}

function current(path: string): boolean {
  const now = place.value.path;
  return path === "/" ? now === "/" : now === path || now.startsWith(`${path}/`);
}
