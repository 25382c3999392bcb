/** What the question takes along from the run it came from, and a way to leave that behind. */

import { like } from "../draft";

export function Likeness() {
  const brought = like.value;
  if (!brought) return null;
  return (
    <p class="band aside row">
      <span>From <a data-in href={`/runs/${encodeURIComponent(brought.run)}`}>the run it came from</a> this goes along: {brought.carried.join("; ")}.</span>
      <button type="button" class="small" onClick={() => (like.value = null)}>Leave it out</button>
    </p>
  );
}
