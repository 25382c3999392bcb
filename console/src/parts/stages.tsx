/** How far a run is: panel, analysis, answer, each with a sign and a word. */

import type { RunView } from "../run";
import { has } from "../run";
import "./stages.css";

type Standing = "later" | "now" | "done" | "failed" | "skipped";
const SIGNS: Record<Standing, readonly [sign: string, word: string]> = {
  later: ["○", "not yet"], now: ["◐", "at work"], done: ["✓", "done"], failed: ["✕", "failed"], skipped: ["–", "left out"],
};

export function Stages({ view }: { view: RunView }) {
  const seats = view.seats.value;
  const heard = seats.filter(has).length;
  return (
    <ol class="stages" aria-label="Stages of the run">
      <Step name="Panel" standing={panel(view, heard)} figure={seats.length > 0 ? `${heard}/${seats.length}` : ""} />
      <Step name="Analysis" standing={analysis(view)} />
      <Step name="Answer" standing={answer(view)} />
    </ol>
  );
}

function Step({ name, standing, figure = "" }: { name: string; standing: Standing; figure?: string }) {
  const [sign, word] = SIGNS[standing];
  return (
    <li class={standing} {...(standing === "now" ? { "aria-current": "step" as const } : {})}>
      <span aria-hidden="true">{sign}</span> <span class="step">{name}</span> <span class="figure">{figure}</span><span class="unseen"> {word}</span>
    </li>
  );
}

function panel(view: RunView, heard: number): Standing {
  const seats = view.seats.value;
  if (view.over.value) return seats.length === 0 ? "skipped" : heard > 0 ? "done" : "failed";
  return view.stage.value === "panel" ? "now" : view.running.value ? "done" : "later";
}

function analysis(view: RunView): Standing {
  if (view.analysisFailure.value) return "failed";
  if (view.analysis.value) return "done";
  if (view.stage.value === "analysis") return "now";
  return view.over.value || view.stage.value === "writing" ? "skipped" : "later";
}

function answer(view: RunView): Standing {
  if (view.stage.value === "writing") return "now";
  if (view.stage.value === "done") return view.answer.value ? "done" : "skipped";
  return view.stage.value === "failed" ? "failed" : view.over.value ? "skipped" : "later";
}
