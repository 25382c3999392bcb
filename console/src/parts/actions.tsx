/** What can be done with a run: stop, copy, export, fuse again, run again, name, star, delete. */

import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { askSeats, edit, repeat } from "../again";
import { api } from "../api";
import { sidesOf } from "../blind";
import { go } from "../router";
import { has, type LiveSeat, type RunView } from "../run";
import { money } from "../words";
import { announce } from "./announcer";
import { copied } from "./clipboard";
import { Confirm } from "./confirm";
import type { Draft } from "./editing";
import { useKeys, type Shortcut } from "./keys";
import { Menu } from "./menu";
import "./actions.css";

/** Questions that are open, and what went wrong with the last thing that was tried. */
export class Doing {
  constructor(readonly view: RunView, readonly asking: Signal<"" | "stop" | "delete">, readonly naming: Signal<boolean>, readonly error: Signal<string>) {}

  async try(what: () => Promise<void>): Promise<void> {
    this.error.value = "";
    try {
      await what();
    } catch (error) {
      this.error.value = error instanceof Error ? error.message : String(error);
    }
  }

  stop(): Promise<void> {
    return this.try(async () => {
      await api.stop(this.view.id);
      announce("Stopping.");
    });
  }

  again(): Promise<void> {
    return this.try(() => repeat(this.view));
  }

  edit(): Promise<void> {
    return this.try(() => edit(this.view));
  }

  /** Ask all seats again that have no answer. */
  retry(): Promise<void> {
    const failed = failedIn(this.view).map((seat) => [seat.seat, seat.model] as const);
    return this.try(() => askSeats(this.view, new Map(failed)));
  }

  mark(marks: { title?: string; starred?: boolean }): Promise<void> {
    return this.try(async () => {
      const header = await api.mark(this.view.id, marks);
      this.view.header.value = { ...this.view.header.value!, title: header.title, starred: header.starred };
    });
  }

  remove(): Promise<void> {
    return this.try(async () => {
      await api.remove(this.view.id);
      announce("The run is deleted.");
      go("/runs");
    });
  }
}

export function useDoing(view: RunView): Doing {
  const asking = useSignal<"" | "stop" | "delete">("");
  const naming = useSignal(false);
  const error = useSignal("");
  return useMemo(() => new Doing(view, asking, naming, error), [view]);
}

/** The seats of a run that is over which have no answer, where they can be asked again. */
function failedIn({ run, over, seats }: RunView): LiveSeat[] {
  if (!over.value || !run.value?.request || run.value.unrepeatable) return [];
  return seats.value.filter((seat) => seat.state.value === "failed");
}

/** Where two answers of the run are compared without their names; nothing where there are not two. */
function judged({ run, over, id }: RunView): string | null {
  return over.value && run.value && sidesOf(run.value).length > 1 ? `/votes?run=${encodeURIComponent(id)}` : null;
}

export function Actions({ doing, draft }: { doing: Doing; draft: Draft }) {
  const { view } = doing;
  const header = view.header.value;
  const box = useRef<HTMLDivElement>(null);
  useKeys(useMemo(() => keysOf(doing, box), [doing]));
  useStopKey(doing);
  if (!header) return null;
  return (
    <div ref={box} class="actions">
      <div class="row" role="group" aria-label="What to do with this run">
        <button type="button" class="quiet small" aria-pressed={header.starred} onClick={() => void doing.mark({ starred: !header.starred })}>
          <span aria-hidden="true">{header.starred ? "★" : "☆"}</span> Star
        </button>
        <button type="button" class="quiet small" disabled={!view.answer.value} onClick={() => void copied(view.answer.value, "the answer")}>Copy answer</button>
        <Exports view={view} />
        {view.over.value && view.seats.value.some(has) && (
          <button type="button" class="quiet small" aria-pressed={draft.open.value} onClick={() => (draft.open.value = !draft.open.value)}>{view.unfused.value ? "Fuse" : "Fuse again"}</button>
        )}
        <Again doing={doing} />
        <button type="button" class="quiet small" onClick={() => (doing.naming.value = true)}>Rename</button>
        <button type="button" class="quiet small" disabled={view.running.value} onClick={() => (doing.asking.value = "delete")}>Delete</button>
        {judged(view) && <a data-in href={judged(view)!}>Judge blind</a>}
        {header.parent && <a data-in href={`/runs/${encodeURIComponent(header.parent)}`}>The run it came from</a>}
        <a class="soft" data-in href={`/runs/${encodeURIComponent(view.id)}`} title="The address of this run">Permalink</a>
      </div>
      {doing.naming.value && <Naming doing={doing} />}
      {doing.error.value && <p class="band bad" role="alert">{doing.error}</p>}
      {view.run.value?.unrepeatable && <p class="soft">It cannot be run again just as it was. {view.run.value.unrepeatable}</p>}
      <Questions doing={doing} />
    </div>
  );
}

function Exports({ view }: { view: RunView }) {
  return (
    <span class="export">
      <Menu label="Export" quiet disabled={view.running.value}>
        <a href={api.exported(view.id, "md")} download>Markdown</a>
        <a href={api.exported(view.id, "json")} download>JSON</a>
        <a href={api.exported(view.id, "html")} download>A page that stands alone</a>
      </Menu>
    </span>
  );
}

function Again({ doing }: { doing: Doing }) {
  const { view } = doing;
  const run = view.run.value;
  const failed = failedIn(view);
  const lost = run !== null && !run.request;
  return (
    <>
      {failed.length > 0 && (
        <button type="button" class="quiet small" onClick={() => void doing.retry()}>Ask the failed {failed.length === 1 ? "seat" : "seats"} again</button>
      )}
      <button type="button" class="quiet small" disabled={!run?.request || run.unrepeatable !== ""} onClick={() => void doing.again()}>Run again</button>
      <button type="button" class="quiet small" disabled={lost} onClick={() => void doing.edit()}>Edit and run again</button>
    </>
  );
}

function Naming({ doing }: { doing: Doing }) {
  const title = useSignal(doing.view.header.value?.title ?? "");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const end = () => (doing.naming.value = false);
  const name = (event: Event) => {
    event.preventDefault();
    end();
    void doing.mark({ title: title.value.trim() });
  };
  return (
    <form class="naming row" onSubmit={name} onKeyDown={(event) => event.key === "Escape" && end()}>
      <label for="title">Title</label>
      <input id="title" ref={field} value={title.value} maxLength={200} onInput={(event) => (title.value = event.currentTarget.value)} />
      <button type="submit">Rename</button>
      <button type="button" class="quiet" onClick={end}>Not now</button>
    </form>
  );
}

function Questions({ doing }: { doing: Doing }) {
  const end = () => (doing.asking.value = "");
  if (doing.asking.value === "stop") {
    return (
      <Confirm title="Stop this run?" does="Stop the run" onYes={() => void doing.stop()} onEnd={end}>
        <p>What was spent stays spent, {money(String(doing.view.cost.value))} so far. What the panel has said is kept.</p>
      </Confirm>
    );
  }
  if (doing.asking.value === "delete") {
    return (
      <Confirm title="Delete this run?" does="Delete" onYes={() => void doing.remove()} onEnd={end}>
        <p>Its question, its answers and its votes go, and cannot be brought back.</p>
      </Confirm>
    );
  }
  return null;
}

function keysOf(doing: Doing, box: { readonly current: HTMLElement | null }): Shortcut[] {
  const { view } = doing;
  const answer = () => {
    document.getElementById("answer")?.scrollIntoView({ block: "nearest" });
    document.getElementById("answer")?.focus({ preventScroll: true });
  };
  return [
    { key: "0", does: "To the answer", run: answer },
    { key: "t", does: "To the timeline", run: () => document.getElementById("timeline")?.focus() },
    { key: "c", does: "Copy the answer", run: () => { if (view.answer.value) void copied(view.answer.value, "the answer"); } },
    { key: "e", does: "Export", run: () => open(box.current?.querySelector<HTMLElement>(".export button:not(:disabled)")) },
    { key: "r", does: "Ask the failed seats again", run: () => { if (failedIn(view).length > 0) void doing.retry(); } },
    { key: "b", does: "Judge two answers blind", run: () => { const to = judged(view); if (to) go(to); } },
  ];
}

/** Press a button with the focus on it, so that the focus comes back to it. */
function open(button: HTMLElement | null | undefined): void {
  button?.focus();
  button?.click();
}

/** Escape asks whether to stop, while there is something to stop and nothing else that Escape would close. */
function useStopKey(doing: Doing): void {
  const live = doing.view.running.value && doing.asking.value === "";
  useKeys(useMemo(() => (live ? [{ key: "Escape", does: "Stop the run", run: () => stopOrClose(doing) }] : []), [live, doing]));
}

function stopOrClose(doing: Doing): void {
  const dialog = document.querySelector<HTMLDialogElement>("dialog[open]");
  const list = document.querySelector<HTMLElement>(":popover-open");
  if (dialog) dialog.close();
  else if (list) list.hidePopover();
  else doing.asking.value = "stop";
}
