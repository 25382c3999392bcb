/** Files that go with a question as text: chosen or dropped, listed with their size, taken out again. */

import { useRef } from "preact/hooks";
import { ROOM, files, unkept, type Attachment } from "../draft";
import { announce } from "./announcer";
import "./attachments.css";


/** Read files and put them beside the question; says what was wrong with those it did not take. */
export async function attach(chosen: readonly File[]): Promise<string> {
  const wrongs: string[] = [];
  for (const file of chosen) {
    const room = ROOM - total(files.value);
    if (file.size > room) wrongs.push(`${file.name} has ${size(file.size)}, and there is room for ${size(room)}.`);
    else await take(file).catch((error: unknown) => wrongs.push(error instanceof Error ? error.message : String(error)));
  }
  return wrongs.join(" ");
}

async function take(file: File): Promise<void> {
  const text = readable(await file.arrayBuffer());
  if (text === null) throw new Error(`${file.name} is not text.`);
  files.value = [...files.value, { name: file.name, text, size: file.size }];
  announce(`${file.name} is added`);
}

function readable(content: ArrayBuffer): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(content);
    return text.includes("\0") ? null : text;
  } catch {
    return null; // not UTF-8
  }
}

const total = (all: readonly Attachment[]) => all.reduce((sum, one) => sum + one.size, 0);

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 950_000 ? `${Math.round(bytes / 1000)} kB` : `${Number((bytes / 1e6).toFixed(1))} MB`;
}

/** The button that adds files. */
export function AddFiles({ onWrong }: { onWrong: (words: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const choose = async (field: HTMLInputElement) => {
    const chosen = [...(field.files ?? [])];
    field.value = "";
    onWrong(await attach(chosen));
  };
  return (
    <>
      <input
        ref={input} type="file" multiple hidden aria-label="Files to add"
        onChange={(event) => void choose(event.currentTarget)}
      />
      <button type="button" class="quiet" onClick={() => input.current?.click()}>Add files</button>
      <span class="soft room figure">
        {files.value.length ? `${size(total(files.value))} of ${size(ROOM)}` : `text, up to ${size(ROOM)}`}
      </span>
    </>
  );
}

/** The files that are there. */
export function Attachments() {
  if (files.value.length === 0) return null;
  const drop = (gone: number) => (files.value = files.value.filter((_, index) => index !== gone));
  return (
    <>
      <ul class="attachments" aria-label="Files of the question">
        {files.value.map((file, index) => (
          <li key={`${index} ${file.name}`}>
            <span>{file.name}</span> <span class="soft figure">{size(file.size)}</span>
            <button type="button" class="quiet" aria-label={`Take out ${file.name}`} onClick={() => drop(index)}>
              <span aria-hidden="true">×</span>
            </button>
          </li>
        ))}
      </ul>
      {unkept.value.includes("files") ? <p class="hint">This browser has no room to keep the files over a reload.</p> : null}
    </>
  );
}
