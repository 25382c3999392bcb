/** The panel: its seats beside each other, behind tabs or one below the other, as the reader likes it. */

import { useComputed, useSignal, type Signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { layout, type Layout } from "../session";
import type { RunView } from "../run";
import type { Draft } from "./editing";
import { announce } from "./announcer";
import { useKeys, type Shortcut } from "./keys";
import { SeatCard, Standing } from "./seat";
import { namesOf, Sign, signsOf } from "./sign";
import "./columns.css";

const LAYOUTS: readonly (readonly [Layout, string])[] = [["columns", "Columns"], ["tabs", "Tabs"], ["stack", "Stack"]];
const NARROW = "screen and (max-width: 899px)"; // on paper every seat stands in full

export function Panel({ view, draft }: { view: RunView; draft: Draft }) {
  const wide = useSignal<number | null>(null);
  const chosen = useSignal(0);
  const narrow = useMedia(NARROW);
  const shape = useComputed<Layout>(() => (narrow.value && layout.value === "columns" ? "tabs" : layout.value));
  const names = useComputed(() => namesOf(view.seats.value.map((seat) => seat.model)));
  const signs = useComputed(() => signsOf(view.seats.value.map((seat) => seat.model)));
  useKeys(useMemo(() => keysOf(view, chosen, shape), [view]));
  const seats = view.seats.value;
  const tabs = shape.value === "tabs" && seats.length > 1;
  const shown = tabs ? seats.filter((_, at) => at === Math.min(chosen.value, seats.length - 1)) : wide.value === null ? seats : inFront(seats, wide.value);
  return (
    <section class="panel" aria-labelledby="panel">
      <div class="row top">
        <h2 id="panel" tabIndex={-1}>Panel</h2>
        {seats.length > 1 && <Shapes narrow={narrow.value} shape={shape.value} />}
      </div>
      {tabs && <Tabs view={view} names={names.value} signs={signs.value} chosen={chosen} />}
      {seats.length === 0 ? <Nobody view={view} /> : <div class={`bench ${tabs ? "tabs" : shape.value} ${wide.value === null ? "" : "spread"} ${view.followed.value ? "followed" : ""}`} data-count={seats.length} {...(tabs ? { role: "tabpanel", "aria-labelledby": `tab-${shown[0]?.seat}` } : {})}>
        {shown.map((seat) => (
          <div key={seat.seat} class={wide.value === seat.seat && !tabs ? "whole" : ""}>
            <SeatCard view={view} seat={seat} name={names.value[seat.seat]!} sign={signs.value[seat.seat]!} draft={draft} wide={wide} />
          </div>
        ))}
      </div>}
    </section>
  );
}

/** The seat that has the whole width stands above the others. */
function inFront<T extends { readonly seat: number }>(seats: readonly T[], first: number): T[] {
  return [...seats.filter((seat) => seat.seat === first), ...seats.filter((seat) => seat.seat !== first)];
}

function Nobody({ view }: { view: RunView }) {
  if (view.running.value || view.stage.value === "loading") return <div class="bench waiting" aria-hidden="true" />;
  return <p class="soft">No panel was asked.</p>;
}

function Shapes({ narrow, shape }: { narrow: boolean; shape: Layout }) {
  return (
    <div class="shapes" role="group" aria-label="Layout of the panel">
      {LAYOUTS.filter(([one]) => !narrow || one !== "columns").map(([one, name]) => (
        <button key={one} type="button" class="small" aria-pressed={shape === one} onClick={() => (layout.value = one)}>{name}</button>
      ))}
    </div>
  );
}

interface TabsTold { readonly view: RunView; readonly names: readonly string[]; readonly signs: readonly string[]; readonly chosen: Signal<number> }

function Tabs({ view, names, signs, chosen }: TabsTold) {
  const list = useRef<HTMLDivElement>(null);
  const last = view.seats.value.length - 1;
  const move = (event: KeyboardEvent) => {
    const to = { ArrowRight: chosen.value + 1, ArrowLeft: chosen.value - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    chosen.value = to < 0 ? last : to > last ? 0 : to;
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[chosen.value]?.focus();
  };
  return (
    <div ref={list} class="tablist" role="tablist" aria-label="Seats of the panel" onKeyDown={move}>
      {view.seats.value.map((seat, at) => (
        <button
          key={seat.seat} id={`tab-${seat.seat}`} type="button" role="tab" aria-selected={chosen.value === at} tabIndex={chosen.value === at ? 0 : -1}
          onClick={() => (chosen.value = at)}
        >
          <Sign seat={seat.seat} sign={signs[at]!} /> <span class="name">{names[at]}</span> <Standing view={view} seat={seat} />
        </button>
      ))}
    </div>
  );
}

function keysOf(view: RunView, chosen: Signal<number>, shape: { readonly value: Layout }): Shortcut[] {
  const to = (at: number) => () => {
    if (at >= view.seats.value.length) return;
    chosen.value = at;
    requestAnimationFrame(() => {
      const card = document.getElementById(`seat-${at}`);
      card?.scrollIntoView({ block: "nearest", inline: "nearest" });
      card?.focus({ preventScroll: true });
    });
  };
  const turn = () => {
    const shapes = LAYOUTS.filter(([one]) => one !== "columns" || !matchMedia(NARROW).matches);
    const next = shapes[(shapes.findIndex(([one]) => one === shape.value) + 1) % shapes.length]!;
    layout.value = next[0];
    announce(`Layout of the panel: ${next[1]}`);
  };
  const seats = Array.from({ length: 8 }, (_, at) => ({ key: String(at + 1), does: `To seat ${at + 1} of the panel`, run: to(at) }));
  return [...seats, { key: "l", does: "Next layout of the panel", run: turn }];
}

/** Whether the window is like that, now and later. */
function useMedia(query: string): Signal<boolean> {
  const found = useSignal(matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const look = () => (found.value = media.matches);
    media.addEventListener("change", look);
    return () => media.removeEventListener("change", look);
  }, [query]);
  return found;
}
