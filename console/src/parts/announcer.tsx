/** What screen readers are told of, in one polite place: who has answered, what failed, that the answer is there. */

import { signal } from "@preact/signals";

const told = signal("");

/** Say something once; the same words again are heard again. */
export function announce(words: string): void {
  told.value = words === told.peek() ? `${words}\u00a0` : words;
}

export function Announcer() {
  return <p class="unseen" role="status" aria-live="polite">{told}</p>;
}
