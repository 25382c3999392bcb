/** Where the focus goes when the page that had it gives way to another. */

import { useEffect, useRef } from "preact/hooks";

/** After a change of the address, focus that was lost with its element goes to the content; focus that is somewhere stays. */
export function useArrival(path: string): void {
  const begun = useRef(false);
  useEffect(() => {
    const lost = document.activeElement === null || document.activeElement === document.body;
    if (begun.current && lost) document.getElementById("content")?.focus({ preventScroll: true });
    begun.current = true;
  }, [path]);
}
