/** A person between panel and writer: which answers are kept, what is changed in them, who fuses them, with what in mind. */

import { signal, type Signal } from "@preact/signals";
import { useId, useMemo } from "preact/hooks";
import { api, type Refusion } from "../api";
import { go } from "../router";
import { has, type LiveSeat, type RunView } from "../run";
import { short } from "../words";
import { ModelBox } from "./combobox";
import { useSendKey } from "./keys";
import { namesOf } from "./sign";
import "./editing.css";

/** What shall be fused, while it is thought over. */
export class Draft {
  readonly open = signal(false);
  readonly dropped = signal<ReadonlySet<number>>(new Set());
  readonly edits = signal<ReadonlyMap<number, string>>(new Map());
  readonly note = signal("");
  readonly writer = signal("");
  readonly analyst = signal("");
  readonly sending = signal(false);
  readonly error = signal("");

  keep(seat: number, kept: boolean): void {
    const dropped = new Set(this.dropped.value);
    if (kept) dropped.delete(seat);
    else dropped.add(seat);
    this.dropped.value = dropped;
  }

  /** A text in place of what the seat said; its own text again where that is the same. */
  edit(seat: LiveSeat, text: string): void {
    const edits = new Map(this.edits.value);
    if (text === answerOf(seat)) edits.delete(seat.seat);
    else edits.set(seat.seat, text);
    this.edits.value = edits;
  }

  usable(view: RunView): LiveSeat[] {
    return view.seats.value.filter(has);
  }

  kept(view: RunView): LiveSeat[] {
    return this.usable(view).filter((seat) => !this.dropped.value.has(seat.seat));
  }

  async send(view: RunView): Promise<void> {
    if (this.sending.value) return;
    this.error.value = this.kept(view).length > 0 ? "" : "There is nothing to fuse: use at least one answer.";
    if (this.error.value) return;
    this.sending.value = true;
    try {
      go(`/runs/${(await api.fuse(view.id, this.wish(view))).id}`);
    } catch (error) {
      this.error.value = error instanceof Error ? error.message : String(error);
    } finally {
      this.sending.value = false;
    }
  }

  private wish(view: RunView): Refusion {
    const kept = this.kept(view).map((seat) => seat.seat);
    const edits = [...this.edits.value].filter(([seat]) => kept.includes(seat)).map(([seat, text]) => [String(seat), text] as const);
    return {
      keep: kept,
      ...(edits.length > 0 && { edits: Object.fromEntries(edits) }),
      ...(this.note.value.trim() && { note: this.note.value.trim() }),
      ...(this.writer.value && { writer: this.writer.value }),
      ...(this.analyst.value && { analyst: this.analyst.value }),
    };
  }
}

/** What a seat answered, without what it said on the way there. */
export function answerOf(seat: LiveSeat): string {
  return seat.final.value?.content || seat.content.value;
}

/** Choose, note, fuse. */
export function Fusing({ view, draft }: { view: RunView; draft: Draft }) {
  const id = useId();
  const kept = draft.kept(view).length;
  useSendKey(useMemo(() => () => void draft.send(view), [view, draft]));
  return (
    <form class="fusing card" aria-labelledby={id} onSubmit={(event) => { event.preventDefault(); void draft.send(view); }}>
      <h3 id={id}>{view.unfused.value ? "Fuse these answers" : "Fuse the same answers again"}</h3>
      <p class="soft">
        {view.unfused.value ? "Read the answers below, leave out or change what you like." : "Another writer over the same answers."}
        {" "}The panel is not paid again. A new run is made; this one stays as it is.
      </p>
      <Kept view={view} draft={draft} />
      <div class="who">
        <ModelBox id={`${id}-analyst`} label="Analyst" value={draft.analyst.value} placeholder={asBefore(view.analyst.value)} onChoose={(slug) => (draft.analyst.value = slug)} />
        <ModelBox id={`${id}-writer`} label="Writer" value={draft.writer.value} placeholder={asBefore(view.writer.value)} onChoose={(slug) => (draft.writer.value = slug)} />
      </div>
      <Note draft={draft} />
      {draft.error.value && <p class="band bad" role="alert">{draft.error}</p>}
      <div class="row">
        <button type="submit" class="main" disabled={kept === 0 || draft.sending.value}>{draft.sending.value ? "Sending" : told(kept)}</button>
        {!view.unfused.value && <button type="button" class="quiet" onClick={() => (draft.open.value = false)}>Not now</button>}
      </div>
    </form>
  );
}

const told = (kept: number) => (kept === 1 ? "Fuse 1 answer" : `Fuse ${kept} answers`);
const asBefore = (slug: string) => (slug ? `${short(slug)}, as before` : "as the preset has it");

function Kept({ view, draft }: { view: RunView; draft: Draft }) {
  const names = namesOf(view.seats.value.map((seat) => seat.model));
  return (
    <fieldset>
      <legend>Answers that are used</legend>
      {draft.usable(view).map((seat) => (
        <label key={seat.seat} class="check">
          <input type="checkbox" checked={!draft.dropped.value.has(seat.seat)} onChange={(event) => draft.keep(seat.seat, event.currentTarget.checked)} />
          {names[seat.seat]}{draft.edits.value.has(seat.seat) && <span class="tag">edited</span>}
        </label>
      ))}
    </fieldset>
  );
}

function Note({ draft }: { draft: Draft }) {
  const id = useId();
  return (
    <div class="note">
      <label for={id}>A note to the analyst and the writer</label>
      <textarea id={id} rows={2} value={draft.note.value} placeholder="What matters to you, what is wrong, what to leave out" onInput={(event) => (draft.note.value = event.currentTarget.value)} />
    </div>
  );
}

/** A seat's answer as text that can be changed. */
export function Editor({ seat, draft, name, editing }: { seat: LiveSeat; draft: Draft; name: string; editing: Signal<boolean> }) {
  const own = answerOf(seat);
  const text = draft.edits.value.get(seat.seat) ?? own;
  return (
    <div class="editor">
      <textarea aria-label={`Answer of ${name}`} value={text} rows={14} dir="auto" onInput={(event) => draft.edit(seat, event.currentTarget.value)} />
      <div class="row">
        <button type="button" onClick={() => (editing.value = false)}>Done</button>
        <button type="button" class="quiet" disabled={text === own} onClick={() => draft.edit(seat, own)}>Back to its own words</button>
      </div>
    </div>
  );
}
