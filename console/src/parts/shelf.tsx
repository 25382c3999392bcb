/** What stands above the table of kept runs: what to look for, and what to do with the chosen ones. */

import type { Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { api, type Header, type RunStatus } from "../api";
import { go } from "../router";
import { WORDS, type RunList } from "../runs";
import { desk } from "../session";
import { count } from "../words";
import { FORMATS } from "./kept";
import { useKeys } from "./keys";
import { REASONS } from "./meanings";
import { Menu } from "./menu";

const PAUSE_MS = 250;
/** Runs that the server puts into one archive. */
const MOST_AT_ONCE = 100;
const KEYS = [{ key: "/", does: "Search the history", run: () => document.getElementById("search")?.focus() }];

/** Search and filters; a pause in typing is long enough to look. */
export function Filters({ list }: { list: RunList }) {
  useKeys(KEYS);
  const search = usePause((words) => void list.want({ search: words }));
  const wanted = list.wanted.value;
  return (
    <form class="filters" role="search" aria-label="Runs" onSubmit={(event) => event.preventDefault()}>
      <label class="wide">
        <span>Search <kbd aria-hidden="true">/</kbd></span>
        <input
          id="search" type="search" autocomplete="off" aria-keyshortcuts="/" defaultValue={wanted.search}
          placeholder="Words of a title, a prompt or an answer" onInput={search}
        />
      </label>
      <label>
        <span>Status</span>
        <select value={wanted.status} onChange={(event) => void list.want({ status: event.currentTarget.value as RunStatus | "" })}>
          <option value="">any</option>
          {Object.entries(WORDS).map(([status, word]) => <option key={status} value={status}>{word}</option>)}
        </select>
      </label>
      <ModelFilter list={list} />
      <ErrorFilter list={list} />
      <label class="tick">
        <input type="checkbox" checked={wanted.starred} onChange={(event) => void list.want({ starred: event.currentTarget.checked })} />
        <span>Starred only</span>
      </label>
    </form>
  );
}

function ModelFilter({ list }: { list: RunList }) {
  const look = usePause((words) => void list.want({ model: words }));
  const known = new Set([...list.models.value, ...(desk.value?.models ?? []).map((model) => model.slug)]);
  return (
    <label>
      <span>Model</span>
      <input list="models-known" autocomplete="off" placeholder="any" defaultValue={list.wanted.value.model} onInput={look} />
      <datalist id="models-known">{[...known].sort().map((slug) => <option key={slug} value={slug} />)}</datalist>
    </label>
  );
}

function ErrorFilter({ list }: { list: RunList }) {
  const look = usePause((words) => void list.want({ error: words }));
  return (
    <label>
      <span>Went wrong</span>
      <input list="reasons-known" autocomplete="off" placeholder="any reason" defaultValue={list.wanted.value.error} onInput={look} />
      <datalist id="reasons-known">{REASONS.map((reason) => <option key={reason} value={reason.replaceAll("_", " ")} />)}</datalist>
    </label>
  );
}

/** What to do with the words of a field, once whoever types them pauses. */
function usePause(then: (words: string) => void): (event: { currentTarget: HTMLInputElement }) => void {
  const timer = useRef(0);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  return ({ currentTarget }) => {
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => then(currentTarget.value.trim()), PAUSE_MS);
  };
}

/** How many runs there are, and what can be done with those that are chosen. It is always there, so that nothing moves. */
export function Shelf({ list, doomed }: { list: RunList; doomed: Signal<readonly Header[]> }) {
  const runs = list.runs.value ?? [];
  const chosen = list.chosen.value;
  return (
    <div class="shelf" role="group" aria-label="Chosen runs">
      <All runs={runs} chosen={chosen.length} onChange={(on) => list.choose(runs, on)} />
      <span class="soft figure">{chosen.length ? `${chosen.length} chosen` : `${count(runs.length, "run")}${list.more.value ? ", more below" : ""}`}</span>
      <span class="tools">
        <button type="button" disabled={chosen.length !== 2} title="Choose two runs to compare them" onClick={() => compare(chosen)}>Compare</button>
        <Menu label="Export" disabled={chosen.length === 0 || chosen.length > MOST_AT_ONCE}>
          {FORMATS.map(([format, name]) => <button key={format} type="button" onClick={() => save(chosen, format)}>{name}</button>)}
        </Menu>
        <button type="button" disabled={chosen.length === 0} onClick={() => (doomed.value = chosen)}>Delete</button>
      </span>
    </div>
  );
}

interface AllOf { readonly runs: readonly Header[]; readonly chosen: number; readonly onChange: (on: boolean) => void }

function All({ runs, chosen, onChange }: AllOf) {
  const every = runs.length > 0 && chosen === runs.length;
  return (
    <label class="choose">
      <input
        type="checkbox" checked={every} indeterminate={chosen > 0 && !every} disabled={runs.length === 0}
        onChange={() => onChange(!every)}
      />
      <span>All</span>
    </label>
  );
}

function compare(chosen: readonly Header[]): void {
  const [left, right] = [...chosen].sort((one, other) => one.created_at - other.created_at);
  if (left && right) go(`/compare?a=${encodeURIComponent(left.id)}&b=${encodeURIComponent(right.id)}`);
}

/** One run is a file, several are files in an archive: browsers ask before they take several downloads at once. */
function save(chosen: readonly Header[], format: "md" | "json" | "html"): void {
  const [first, ...others] = chosen.map((run) => run.id);
  if (!first) return;
  const link = document.createElement("a");
  link.href = others.length > 0 ? api.bundled([first, ...others], format) : api.exported(first, format);
  link.download = "";
  link.click();
}
