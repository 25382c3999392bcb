/** The list of runs as the page knows it: what is asked for, what came, and what is chosen of it. */

import { batch, computed, signal } from "@preact/signals";
import { api, type Filter, type Header, type RunStatus } from "./api";
import { announce } from "./parts/announcer";
import { count } from "./words";

export type Wanted = Required<Pick<Filter, "search" | "status" | "model" | "error" | "starred">>;
export const ANYTHING: Wanted = { search: "", status: "", model: "", error: "", starred: false };
export const WORDS: Record<RunStatus, string> = {
  running: "running", completed: "complete", failed: "failed", cancelled: "stopped",
};
const AT_ONCE = 50;
const LONGEST = 140;

/** What a list calls a run: its title, else the first line of its prompt. */
export function named(run: Header): string {
  const name = run.title || (run.prompt.trim().split("\n", 1)[0] ?? "") || "Untitled";
  return name.length > LONGEST ? `${name.slice(0, LONGEST).trimEnd()}…` : name;
}

/** The runs that fit what is wanted, newest first, as far as they were read. */
export class RunList {
  readonly wanted = signal<Wanted>(ANYTHING);
  readonly runs = signal<Header[] | null>(null);
  readonly more = signal(false);
  readonly reading = signal(false);
  readonly failure = signal("");
  readonly readAt = signal(Date.now() / 1000);
  private readonly marked = signal<ReadonlySet<string>>(new Set());
  readonly chosen = computed(() => (this.runs.value ?? []).filter((run) => this.marked.value.has(run.id)));
  readonly running = computed(() => (this.runs.value ?? []).some((run) => run.status === "running"));
  readonly models = computed(() => [...new Set((this.runs.value ?? []).flatMap((run) => run.panel))].sort());
  private turn = 0;

  /** Want something else, and read it. */
  async want(change: Partial<Wanted>): Promise<void> {
    this.wanted.value = { ...this.wanted.value, ...change };
    await this.read();
    if (!this.failure.value) announce(`${count(this.runs.value?.length ?? 0, "run")}${this.more.value ? " and more" : ""}`);
  }

  /** Read the newest runs; where older ones are on the page already, they stay. */
  async read(keep = false): Promise<void> {
    const turn = ++this.turn;
    this.reading.value = true;
    try {
      const found = await api.runs({ ...this.wanted.value, limit: AT_ONCE });
      if (turn === this.turn) this.take(found, keep);
    } catch (error) {
      if (turn === this.turn) this.tell(error);
    } finally {
      if (turn === this.turn) this.reading.value = false;
    }
  }

  /** Read the runs before the last one. */
  async readMore(): Promise<void> {
    const known = this.runs.value ?? [];
    const last = known.at(-1);
    if (!last || this.reading.value) return;
    const turn = ++this.turn;
    this.reading.value = true;
    try {
      const found = await api.runs({ ...this.wanted.value, before: last.created_at, before_id: last.id, limit: AT_ONCE });
      if (turn === this.turn) this.append(known, found);
    } catch (error) {
      if (turn === this.turn) this.tell(error);
    } finally {
      if (turn === this.turn) this.reading.value = false;
    }
  }

  choose(runs: readonly Header[], on: boolean): void {
    const marked = new Set(this.marked.value);
    for (const run of runs) on ? marked.add(run.id) : marked.delete(run.id);
    this.marked.value = marked;
  }

  /** Name or star a run; the page shows it before the server has agreed, and takes it back where it does not. */
  async mark(run: Header, marks: { title?: string; starred?: boolean }): Promise<void> {
    this.put({ ...run, ...marks });
    try {
      this.put(await api.mark(run.id, marks));
    } catch (error) {
      this.put(run);
      this.tell(error);
    }
  }

  /** Delete runs one after another; the first refusal ends it. */
  async remove(runs: readonly Header[]): Promise<void> {
    let gone = 0;
    try {
      for (const { id } of runs) {
        await api.remove(id);
        gone += 1;
        this.runs.value = (this.runs.value ?? []).filter((run) => run.id !== id);
      }
      if (this.more.value) await this.read(true);
    } catch (error) {
      this.tell(error);
    }
    if (gone) announce(`${count(gone, "run")} deleted`);
  }

  private take(found: { runs: Header[]; more: boolean }, keep: boolean): void {
    const known = this.runs.value ?? [];
    const fresh = new Set(found.runs.map((run) => run.id));
    const end = found.runs.at(-1)?.created_at ?? 0;
    const older = keep && found.more ? known.filter((run) => run.created_at <= end && !fresh.has(run.id)) : [];
    for (const run of found.runs) {
      const before = known.find((one) => one.id === run.id);
      if (before?.status === "running" && run.status !== "running") announce(`${named(run)}: ${WORDS[run.status]}`);
    }
    batch(() => {
      this.runs.value = [...found.runs, ...older];
      if (older.length === 0) this.more.value = found.more;
      this.failure.value = "";
      this.readAt.value = Date.now() / 1000;
    });
  }

  private append(known: Header[], found: { runs: Header[]; more: boolean }): void {
    const ids = new Set(known.map((run) => run.id));
    batch(() => {
      this.runs.value = [...known, ...found.runs.filter((run) => !ids.has(run.id))];
      this.more.value = found.more;
      this.failure.value = "";
    });
    announce(`${count(found.runs.length, "more run")}`);
  }

  private put(run: Header): void {
    this.runs.value = (this.runs.value ?? []).map((one) => (one.id === run.id ? run : one));
  }

  private tell(error: unknown): void {
    this.failure.value = error instanceof Error ? error.message : String(error);
  }
}
