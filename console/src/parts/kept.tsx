/** The table of kept runs: what each cell shows, and what can be done to one run. */

import type { Signal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { api, type Header } from "../api";
import { named, WORDS, type RunList } from "../runs";
import { money, seconds, when } from "../words";
import { Panel } from "./initials";
import { Menu } from "./menu";
import type { Column } from "./table";

export const FORMATS = [["md", "Markdown"], ["json", "JSON"], ["html", "HTML page"]] as const;

interface Desk {
  readonly list: RunList;
  readonly renaming: Signal<string>;
  readonly doomed: Signal<readonly Header[]>;
}

/** The columns of the history, bound to the list they show. */
export function columns(desk: Desk): readonly Column<Header>[] {
  return [
    { name: "Choose", kind: "tool", place: "at-choose", cell: (run) => <Choose {...desk} run={run} /> },
    { name: "Star", kind: "tool", place: "at-star", cell: (run) => <Star {...desk} run={run} /> },
    { name: "Run", kind: "lead", place: "at-title", cell: (run) => <Title {...desk} run={run} /> },
    { name: "Panel", place: "at-panel", cell: (run) => <Panel models={run.panel} /> },
    { name: "Preset", place: "at-preset", cell: (run) => run.preset || <span class="soft">–</span> },
    { name: "Status", place: "at-status", cell: (run) => <Status run={run} /> },
    { name: "Cost", kind: "figure", place: "at-cost", cell: (run) => <Cost run={run} /> },
    { name: "Time", kind: "figure", place: "at-time", cell: (run) => <Taken {...desk} run={run} /> },
    { name: "When", kind: "figure", place: "at-when", cell: (run) => <When run={run} /> },
    { name: "More", kind: "tool", place: "at-more", cell: (run) => <More {...desk} run={run} /> },
  ];
}

type One = Desk & { readonly run: Header };

function Choose({ list, run }: One) {
  const on = list.chosen.value.some((one) => one.id === run.id);
  return (
    <label class="choose">
      <input type="checkbox" checked={on} onChange={() => list.choose([run], !on)} />
      <span class="unseen">Choose {named(run)}</span>
    </label>
  );
}

function Star({ list, run }: One) {
  return (
    <button
      type="button" class="quiet star" aria-pressed={run.starred} aria-label={`Star ${named(run)}`}
      onClick={() => void list.mark(run, { starred: !run.starred })}
    >
      <span aria-hidden="true">{run.starred ? "★" : "☆"}</span>
    </button>
  );
}

function Title({ list, renaming, run }: One) {
  if (renaming.value === run.id) return <Naming list={list} renaming={renaming} run={run} />;
  return (
    <div class="titles">
      <a data-in id={`run-${run.id}`} href={`/runs/${encodeURIComponent(run.id)}`} dir="auto">{named(run)}</a>
      {run.title && <span class="soft" dir="auto">{run.prompt}</span>}
    </div>
  );
}

function Naming({ list, renaming, run }: Omit<One, "doomed">) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  const before = named(run);
  const end = (title: string) => {
    if (renaming.peek() !== run.id) return; // it has ended: to take the field away takes the focus from it, too
    renaming.value = "";
    if (title !== before) void list.mark(run, { title });
  };
  const hear = (event: TargetedKeyboardEvent<HTMLInputElement>) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    end(event.key === "Enter" ? event.currentTarget.value.trim() : before);
    requestAnimationFrame(() => document.getElementById(`run-${run.id}`)?.focus());
  };
  return (
    <input
      ref={field} class="naming" aria-label={`New name of ${before}`} defaultValue={before} maxLength={200}
      dir="auto" onKeyDown={hear} onBlur={(event) => end(event.currentTarget.value.trim())}
    />
  );
}

const SIGNS = { running: "◔", completed: "✓", failed: "✕", cancelled: "■" } as const;

function Status({ run }: { run: Header }) {
  const partly = run.status === "completed" && run.degraded !== "";
  return (
    <span class={`status ${partly ? "partly" : run.status}`} title={run.error || run.degraded}>
      <span class="sign" aria-hidden="true">{partly ? "◐" : SIGNS[run.status]}</span>
      {partly ? "in part" : WORDS[run.status]}
      {(run.error || run.degraded) && <span class="unseen">: {run.error || run.degraded}</span>}
    </span>
  );
}

function Cost({ run }: { run: Header }) {
  if (run.cost_known) return <>{money(run.cost)}</>;
  if (Number(run.cost) === 0) return <span class="soft" title="No call told its cost.">unknown</span>;
  return <span title="Some calls did not tell their cost."><span class="unseen">at least </span><span aria-hidden="true">≥ </span>{money(run.cost)}</span>;
}

function Taken({ list, run }: One) {
  if (run.finished_at !== null) return <>{seconds(run.finished_at - run.created_at)}</>;
  if (run.status !== "running") return <span class="soft">–</span>;
  return <span class="soft">{seconds(Math.max(0, list.readAt.value - run.created_at))}<span class="unseen"> so far</span></span>;
}

function When({ run }: { run: Header }) {
  const at = new Date(run.created_at * 1000);
  return <time dateTime={at.toISOString()} title={at.toLocaleString()}>{when(run.created_at)}</time>;
}

function More({ renaming, doomed, run }: One) {
  return (
    <Menu quiet label={<span aria-hidden="true">⋯</span>} name={`More for ${named(run)}`}>
      <button type="button" onClick={() => (renaming.value = run.id)}>Rename</button>
      {FORMATS.map(([format, name]) => <a key={format} href={api.exported(run.id, format)} download>Export as {name}</a>)}
      <hr />
      <button type="button" class="bad" onClick={() => (doomed.value = [run])}>Delete</button>
    </Menu>
  );
}
