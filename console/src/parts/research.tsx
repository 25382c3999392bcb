/** What was looked up: queries and pages, who read what, and the log of it with engines, bytes and verdicts. */

import { useComputed } from "@preact/signals";
import type { Lookup, Source } from "../api";
import type { RunView } from "../run";
import { count, seconds } from "../words";
import { roleName, type Role } from "./figures";
import { namesOf } from "./sign";
import "./research.css";

/** An address that may be followed; others are shown as text. */
function safe(url: string): boolean {
  return /^https?:\/\//i.test(url);
}

export function Address({ source: { url, title } }: { source: Source }) {
  const words = title || url;
  if (!safe(url)) return <span>{words}</span>;
  return <a href={url} title={url} target="_blank" rel="noopener noreferrer nofollow"><bdi>{words}</bdi></a>;
}

/** One look-up in a line. */
export function Asked({ lookup }: { lookup: Lookup }) {
  const found = lookup.verdict !== "ok" ? lookup.verdict.replaceAll("_", " ") : lookup.kind === "search" ? count(lookup.sources.length, "page") : "read";
  return (
    <>
      <span class="kind">{lookup.kind === "search" ? "Search" : "Page"}</span>{" "}
      {lookup.kind === "search" ? <q dir="auto">{lookup.asked}</q> : <Address source={{ url: lookup.asked, title: lookup.sources[0]?.title ?? "" }} />}
      <span class={lookup.verdict === "ok" ? "soft" : "bad"}> {found}</span>
    </>
  );
}

interface Read { readonly source: Source; readonly by: ReadonlySet<string> }

/** Every page that was found, read or cited, and by whom. */
function readings(view: RunView): Read[] {
  const names = namesOf(view.seats.value.map((seat) => seat.model));
  const found = new Map<string, { source: Source; by: Set<string> }>();
  const add = (source: Source, by: string) => {
    const known = found.get(source.url) ?? { source, by: new Set<string>() };
    if (!known.source.title && source.title) known.source = source;
    known.by.add(by);
    found.set(source.url, known);
  };
  for (const seat of view.seats.value) for (const source of seat.final.value?.sources ?? []) add(source, names[seat.seat]!);
  for (const lookup of view.lookups.value) for (const source of lookup.sources) add(source, asker(lookup, names));
  for (const citation of view.run.value?.citations ?? []) add(citation, "the answer");
  return [...found.values()];
}

function asker(lookup: Lookup, names: readonly string[]): string {
  return lookup.role === "panel" ? names[lookup.seat ?? -1] ?? "panel" : roleName(lookup.role as Role).toLowerCase();
}

export function Sources({ view }: { view: RunView }) {
  const read = useComputed(() => readings(view));
  if (read.value.length === 0) return null;
  return (
    <details class="more">
      <summary><h2>Sources</h2> <span class="soft">{count(read.value.length, "page")}</span></summary>
      <ol class="sources">
        {read.value.map(({ source, by }) => (
          <li key={source.url}><Address source={source} /> <span class="soft">{[...by].join(", ")}</span></li>
        ))}
      </ol>
    </details>
  );
}

export function ResearchLog({ view }: { view: RunView }) {
  const names = namesOf(view.seats.value.map((seat) => seat.model));
  const lookups = view.lookups.value;
  if (lookups.length === 0) return null;
  return (
    <details class="more">
      <summary><h2>Log of research</h2> <span class="soft">{count(lookups.length, "look-up")}</span></summary>
      <div class="scroll" tabIndex={0} role="group" aria-label="Log of research">
        <table>
          <thead><tr><th scope="col">At</th><th scope="col">Who</th><th scope="col">What</th><th scope="col">Engine</th><th scope="col">Bytes</th><th scope="col">Time</th><th scope="col">Verdict</th></tr></thead>
          <tbody>
            {lookups.map((one, index) => (
              <tr key={index}>
                <td class="figure">{seconds(Math.max(0, one.started_at - view.startedAt.value))}</td>
                <td>{asker(one, names)}</td>
                <td><Asked lookup={one} /></td>
                <td>{one.engine || "–"}</td>
                <td class="figure">{one.bytes.toLocaleString("en")}</td>
                <td class="figure">{Math.round(one.duration_s * 1000).toLocaleString("en")} ms</td>
                <td>{one.verdict.replaceAll("_", " ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
