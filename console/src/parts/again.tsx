/** One seat of a run that is over, asked again or given to another model, while the others keep their answers. */

import { useSignal } from "@preact/signals";
import { askSeats } from "../again";
import type { LiveSeat, RunView } from "../run";
import { ModelBox } from "./combobox";
import "./again.css";

interface Told { readonly view: RunView; readonly seat: LiveSeat; readonly name: string }

/** Open for a seat that has no answer, folded for one that has. */
export function SeatAgain(told: Told) {
  const { view, seat } = told;
  const run = view.run.value;
  if (!view.over.value || !run?.request || run.unrepeatable) return null;
  if (seat.state.value === "failed") return <Ways {...told} />;
  return (
    <details class="fold again">
      <summary>Ask this seat again</summary>
      <Ways {...told} />
    </details>
  );
}

function Ways({ view, seat, name }: Told) {
  const swapping = useSignal(false);
  const sending = useSignal(false);
  const error = useSignal("");
  const ask = async (model: string) => {
    sending.value = true;
    error.value = "";
    try {
      await askSeats(view, new Map([[seat.seat, model]]));
    } catch (problem) {
      error.value = problem instanceof Error ? problem.message : String(problem);
      sending.value = false;
    }
  };
  return (
    <div class="again">
      <div class="row">
        <button type="button" class="small" disabled={sending.value} aria-label={`Ask again: ${name}`} onClick={() => void ask(seat.model)}>Ask again</button>
        <button type="button" class="small" aria-expanded={swapping.value} aria-label={`Swap for another model: ${name}`} onClick={() => (swapping.value = !swapping.value)}>
          Swap for another model
        </button>
      </div>
      {swapping.value && (
        <ModelBox
          id={`swap-${seat.seat}`} label={`Instead of ${name}`} placeholder="Find a model" disabled={sending.value}
          hint="The other answers stay as they are and are not paid again. All are compared and fused anew." onChoose={(model) => void ask(model)}
        />
      )}
      {error.value && <p class="band bad" role="alert">{error}</p>}
    </div>
  );
}
