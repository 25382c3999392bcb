/** Copying, and saying that it was done. */

import { announce } from "./announcer";

/** Put a text on the clipboard; `what` it is will be announced. */
export async function copied(text: string, what: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    announce(`Copied ${what}.`);
    return true;
  } catch {
    announce(`The browser did not allow to copy ${what}.`);
    return false;
  }
}
