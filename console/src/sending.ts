/** A question on its way to the server: it goes once, or the page says why it does not. */

import { effect, signal } from "@preact/signals";
import { api, Refused } from "./api";
import { limits, lineup, sent, wish } from "./draft";
import { mistakenIn } from "./limits";
import { announce } from "./parts/announcer";
import type { Place as OptionPlace } from "./parts/options";
import type { Place as PickerPlace } from "./parts/picker";
import { go } from "./router";
import { begin, desk } from "./session";

export type Place = "prompt" | "form" | PickerPlace | OptionPlace;
export type Errors = Partial<Record<Place, string>>;
/** To the fused answer, or only to what the panel says. */
export type Way = "answer" | "panel";

export class Sending {
  readonly errors = signal<Errors>({});
  readonly busy = signal(false);

  async send(way: Way): Promise<void> {
    if (this.busy.value) return;
    this.busy.value = true;
    const wrong = missing();
    this.errors.value = Object.keys(wrong).length > 0 ? wrong : await submit(way);
    this.busy.value = false;
    focusFirst(this.errors.value);
  }

  /** Forget what was wrong as soon as anything changes, until what is returned is called. */
  attend(): () => void {
    return effect(() => {
      void [wish.value, limits.value];
      this.errors.value = {};
    });
  }
}

/** What the page can see is wrong before the server is asked. */
function missing(): Errors {
  const problem = desk.value?.problem;
  if (problem) return { form: `${problem.message} ${problem.next}` };
  return {
    ...(wish.value.prompt === "" ? { prompt: "There is no question yet." } : {}),
    ...(lineup.value.panel.length === 0 ? { panel: "A panel needs at least one model." } : {}),
    ...mistakenIn(limits.value),
  };
}

async function submit(way: Way): Promise<Errors> {
  try {
    const { id } = await api.ask({ ...wish.value, ...(way === "panel" ? { stop_after_panel: true } : {}) });
    sent();
    announce("The question is sent.");
    go(`/runs/${encodeURIComponent(id)}`);
    return {};
  } catch (error) {
    if (error instanceof Refused && error.status === 401) void begin(); // the session has ended: sign in again
    return refused(error);
  }
}

/** The words of a refusal at the field it names; the path may be that of the wish or of the plugin it becomes. */
function refused(error: unknown): Errors {
  const words = error instanceof Error ? error.message : String(error);
  const param = error instanceof Refused ? error.param : "";
  const place = PLACES.find(([pattern]) => pattern.test(param))?.[1] ?? "form";
  return { [place]: words };
}

const PLACES: readonly (readonly [pattern: RegExp, place: Place])[] = [
  [/panel|analysis_models|preset/, "panel"],
  [/analyst|(^|\.)model$/, "analyst"],
  [/writer/, "writer"],
  [/max_cost/, "max_cost"],
  [/max_(completion_)?tokens/, "max_tokens"],
  [/deadline/, "deadline_s"],
  [/collections/, "collections"],
  [/tools/, "tools"],
  [/system|instructions/, "system"],
  [/prompt|messages|input/, "prompt"],
];

function focusFirst(errors: Errors): void {
  const place = Object.keys(errors)[0];
  if (place) requestAnimationFrame(() => document.getElementById(`ask-${place}`)?.focus());
}
