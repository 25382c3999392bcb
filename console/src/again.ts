/** Runs asked again: as a whole as they were, or some of their seats beside the answers of the others. */

import { api, type Run, type Wish } from "./api";
import { go } from "./router";
import type { RunView } from "./run";

/** Where the composer finds what it shall begin with. */
const DRAFT = "fuseline.draft";

/** What a run was asked, and what goes along with it that the composer has no field for. */
export type Brought = Wish & { readonly carried: readonly string[] };

/** Ask exactly the same, and go where it is answered. */
export async function repeat(view: RunView): Promise<void> {
  await begin((await known(view)).request);
}

/** Ask seats of a run again, each of the model that stands beside it; what the others said is kept and not paid again. */
export async function askSeats(view: RunView, models: ReadonlyMap<number, string>): Promise<void> {
  const { id, seats, request } = await known(view);
  if (!request) return;
  const panel = seats.map((seat) => models.get(seat.seat) ?? seat.model);
  const swapped = seats.some((seat, at) => seat.model !== panel[at]);
  const kept = seats.map((seat) => seat.seat).filter((seat) => !models.has(seat));
  await begin({ ...request, ...(swapped || request.panel ? { panel } : {}), given: { run: id, seats: kept } });
}

/** Take what was asked to the composer. A run that is repeated keeps the rest of what it was asked with. */
export async function edit(view: RunView): Promise<void> {
  const { request, carried } = await known(view);
  if (!request) return;
  const { given: _given, like, ...wish } = request;
  const brought: Brought = { ...wish, ...(like && carried.length > 0 ? { like } : {}), carried };
  sessionStorage.setItem(DRAFT, JSON.stringify(brought));
  go("/");
}

/** All of the run; one that goes on is asked for, since only what happens is told of it. */
async function known(view: RunView): Promise<Run> {
  return view.run.peek() ?? api.run(view.id);
}

async function begin(wish: Wish | null): Promise<void> {
  if (wish) go(`/runs/${encodeURIComponent((await api.ask(wish)).id)}`);
}
