/** A second hand for what is at work: one for the whole page, that runs only while somebody looks at it. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

const beats = signal(0);
let watching = 0;
let timer = 0;

/** Draw the component that calls this again every second, for as long as `active`. */
export function useBeat(active: boolean): void {
  if (active) void beats.value;
  useEffect(() => {
    if (!active) return;
    if (watching++ === 0) timer = window.setInterval(() => (beats.value += 1), 1000);
    return () => {
      if (--watching === 0) window.clearInterval(timer);
    };
  }, [active]);
}
