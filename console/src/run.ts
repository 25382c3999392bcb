/** One run as the page knows it: signals that events move. Each seat has its own, so that a word redraws one column. */

import { batch, computed, signal, type Signal } from "@preact/signals";
import { api, Refused, type Analysis, type Call, type Header, type Lookup, type Run, type RunEvent, type Seat, type SeatState } from "./api";
import { upright } from "./words";

export interface LiveSeat {
  readonly seat: number;
  readonly model: string;
  readonly state: Signal<SeatState>;
  readonly content: Signal<string>;
  readonly reasoning: Signal<string>;
  readonly final: Signal<Seat | null>;
  readonly lookups: Signal<Lookup[]>;
  /** What it is looking up at the moment. */
  readonly tool: Signal<string>;
  /** Seconds since the epoch, as the server counts them; 0 where it was not heard. */
  readonly joinedAt: Signal<number>;
  readonly endedAt: Signal<number>;
}

export type Stage = "loading" | "panel" | "analysis" | "writing" | "done" | "failed" | "cancelled" | "missing";

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;
/** Milliseconds. */
const TOGETHER = 40;

/** Follows a run to its end, over lost connections and reloads. */
export class RunView {
  readonly stage = signal<Stage>("loading");
  readonly header = signal<Header | null>(null);
  readonly run = signal<Run | null>(null);
  readonly prompt = signal("");
  readonly seats = signal<LiveSeat[]>([]);
  readonly analyst = signal("");
  readonly analysis = signal<Analysis | null>(null);
  readonly analysisFailure = signal("");
  readonly writer = signal("");
  readonly answer = signal("");
  readonly reasoning = signal("");
  readonly calls = signal<Call[]>([]);
  readonly lookups = signal<Lookup[]>([]);
  readonly startedAt = signal(0);
  readonly connected = signal(true);
  readonly error = signal("");
  /** The kind of that error, where the server named one. */
  readonly kind = signal("");
  /** Whether it was seen at work, and not only as it is kept. */
  readonly followed = signal(false);
  /** The seat that answered before all others. */
  readonly first = signal<LiveSeat | null>(null);
  readonly running = computed(() => ["panel", "analysis", "writing"].includes(this.stage.value));
  readonly over = computed(() => ["done", "failed", "cancelled"].includes(this.stage.value));
  readonly cost = computed(() => (this.run.value ? Number(this.run.value.cost) : spent(this.calls.value, this.lookups.value)));
  /** Whether the panel was heard and nobody has fused its answers: a person wanted to read them before. */
  readonly unfused = computed(() => this.stage.value === "done" && this.answer.value === "" && this.seats.value.some(has));
  private seen = 0;
  private heard: RunEvent[] = [];
  private taking = 0;
  private pause = FIRST_PAUSE;
  private source: EventSource | null = null;
  private waiting = 0;
  private closed = false;
  /** Seconds by which the server's clock is ahead of ours. */
  private ahead: number | null = null;

  constructor(readonly id: string) {}

  /** Read what is stored; where the run goes on, listen to it from its first event. */
  async open(): Promise<void> {
    this.closed = false;
    try {
      this.meet(await api.run(this.id));
    } catch (error) {
      if (error instanceof Refused && error.status === 0) this.lose();
      else this.miss(error);
    }
  }

  close(): void {
    this.closed = true;
    window.clearTimeout(this.waiting);
    window.clearTimeout(this.taking);
    this.source?.close();
    this.source = null;
  }

  /** Seconds since the epoch, by the clock of the server. */
  now(): number {
    return Date.now() / 1000 + (this.ahead ?? 0);
  }

  private meet(run: Run): void {
    if (this.closed) return;
    if (run.status !== "running") return this.settle(run);
    batch(() => {
      this.header.value = run;
      this.prompt.value = run.prompt;
      this.startedAt.value ||= run.created_at;
      if (this.stage.value === "loading") this.stage.value = "panel";
      this.followed.value = true;
    });
    this.listen();
  }

  private miss(error: unknown): void {
    if (this.closed) return;
    batch(() => {
      this.stage.value = "missing";
      this.error.value = error instanceof Error ? error.message : String(error);
    });
  }

  private listen(): void {
    const source = api.events(this.id, this.seen);
    this.source = source;
    source.onopen = () => {
      this.connected.value = true;
      this.pause = FIRST_PAUSE;
    };
    source.onmessage = (message) => this.hear(JSON.parse(upright(message.data as string)) as RunEvent);
    source.onerror = () => {
      source.close();
      this.take();
      if (!this.over.value) this.lose();
    };
  }

  /** Words come by the thousand a second: they are taken together, a few times in each of them. */
  private hear(event: RunEvent): void {
    this.heard.push(event);
    if (event.type === "finished" || event.type === "failed") this.take();
    else this.taking ||= window.setTimeout(() => this.take(), TOGETHER);
  }

  /** The connection is gone, the run perhaps not: look again in a while, each time a longer one. */
  private lose(): void {
    if (this.closed) return;
    this.connected.value = this.pause === FIRST_PAUSE && this.stage.value !== "loading";
    this.waiting = window.setTimeout(() => void this.resume(), this.pause);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
  }

  private async resume(): Promise<void> {
    try {
      this.meet(await api.run(this.id));
    } catch (error) {
      if (error instanceof Refused && error.status === 404) this.miss(error);
      else this.lose();
    }
  }

  private take(): void {
    window.clearTimeout(this.taking);
    this.taking = 0;
    const heard = this.heard.filter((event) => event.n > this.seen);
    this.heard = [];
    const last = heard.at(-1);
    if (this.closed || !last) return;
    this.seen = last.n;
    const ahead = last.at - Date.now() / 1000;
    this.ahead = Math.max(this.ahead ?? ahead, ahead);
    batch(() => heard.forEach((event) => this.apply(event)));
  }

  private apply(event: RunEvent): void {
    switch (event.type) {
      case "started":
        this.stage.value = "panel";
        this.header.value = event.run;
        this.prompt.value = event.run.prompt;
        this.startedAt.value = event.at;
        this.seats.value = event.seats.map((model, seat) => liveSeat(seat, model));
        break;
      case "seat.joined": {
        const seat = this.place(event.seat, event.model);
        if (seat.state.value === "waiting") seat.state.value = "thinking";
        seat.joinedAt.value = event.at;
        break;
      }
      case "seat.delta":
        this.say(event.seat, event.text);
        break;
      case "seat.reasoning": {
        const seat = this.at(event.seat);
        if (seat) seat.reasoning.value += event.text;
        break;
      }
      case "seat.tool": {
        const seat = this.at(event.seat);
        if (!seat) break;
        seat.state.value = "looking";
        seat.tool.value = event.arguments;
        break;
      }
      case "lookup":
        this.look(event.lookup);
        break;
      case "seat.done": {
        const seat = this.place(event.seat.seat, event.seat.model);
        finish(seat, event.seat);
        seat.endedAt.value = event.at;
        if (has(seat)) this.first.value ??= seat;
        break;
      }
      case "analysis.started":
        this.stage.value = "analysis";
        this.analyst.value = event.model;
        break;
      case "analysis.made":
        this.analysis.value = event.analysis;
        break;
      case "analysis.failed":
        this.analysisFailure.value = event.reason;
        break;
      case "writer.started":
        this.stage.value = "writing";
        this.writer.value = event.model;
        break;
      case "answer.delta":
        if (this.stage.value !== "writing") this.stage.value = "writing";
        this.answer.value += event.text;
        break;
      case "answer.reasoning":
        this.reasoning.value += event.text;
        break;
      case "words":
        for (const piece of event.said) this.apply({ n: event.n, at: event.at, ...piece });
        break;
      case "call.settled":
        this.calls.value = [...this.calls.value, event.call];
        break;
      case "finished":
        this.settle(event.run);
        break;
      case "failed":
        this.settle(event.run);
        this.error.value = event.error || event.run.error;
        this.kind.value = event.kind;
        break;
    }
  }

  private at(seat: number): LiveSeat | undefined {
    return this.seats.value[seat];
  }

  /** The seat of that number, which may be heard of before the panel was announced. */
  private place(seat: number, model: string): LiveSeat {
    const found = this.at(seat);
    if (found) return found;
    const seats = [...this.seats.value];
    while (seats.length <= seat) seats.push(liveSeat(seats.length, model));
    this.seats.value = seats;
    return seats[seat]!;
  }

  private say(index: number, text: string): void {
    const seat = this.at(index);
    if (!seat) return;
    seat.state.value = "writing";
    seat.content.value += text;
  }

  private look(lookup: Lookup): void {
    this.lookups.value = [...this.lookups.value, lookup];
    const seat = lookup.role === "panel" ? this.at(lookup.seat ?? -1) : undefined;
    if (!seat) return;
    seat.lookups.value = [...seat.lookups.value, lookup];
    seat.tool.value = "";
  }

  /** The run is over: what is kept of it takes the place of what was heard. */
  private settle(run: Run): void {
    this.source?.close();
    batch(() => {
      this.run.value = run;
      this.header.value = run;
      this.connected.value = true;
      this.prompt.value = run.prompt || this.prompt.value;
      this.startedAt.value = run.created_at;
      this.seats.value = run.seats.map((seat) => {
        const live = this.seats.value[seat.seat] ?? liveSeat(seat.seat, seat.model);
        finish(live, seat);
        live.lookups.value = run.lookups.filter((one) => one.role === "panel" && one.seat === seat.seat);
        return live;
      });
      this.first.value ??= this.seats.value.find(has) ?? null;
      this.analyst.value = run.analyst;
      this.analysis.value = run.analysis;
      this.analysisFailure.value = run.analysis_failure;
      this.writer.value = run.writer;
      this.answer.value = run.answer;
      this.calls.value = run.calls;
      this.lookups.value = run.lookups;
      this.error.value = run.error;
      this.kind.value = run.error_kind;
      this.stage.value = run.status === "completed" ? "done" : run.status === "cancelled" ? "cancelled" : "failed";
    });
  }
}

function liveSeat(seat: number, model: string): LiveSeat {
  return {
    seat, model, state: signal<SeatState>("waiting"), content: signal(""), reasoning: signal(""), final: signal<Seat | null>(null),
    lookups: signal<Lookup[]>([]), tool: signal(""), joinedAt: signal(0), endedAt: signal(0),
  };
}

/** What is kept of a seat replaces what was heard of it, save where nothing was kept of what can still be read. */
function finish(live: LiveSeat, seat: Seat): void {
  const said = seat.preamble ? `${seat.preamble}\n\n${seat.content}` : seat.content;
  live.state.value = seat.state;
  live.content.value = said || live.content.value;
  live.reasoning.value = seat.reasoning || live.reasoning.value;
  live.tool.value = "";
  live.final.value = seat;
}

/** Whether a seat has an answer that can be used. */
export function has(seat: LiveSeat): boolean {
  return ["done", "kept"].includes(seat.state.value) && seat.content.value !== "";
}

export function spent(calls: readonly Call[], lookups: readonly Lookup[]): number {
  return [...calls, ...lookups].reduce((sum, one) => sum + Number(one.cost ?? 0), 0);
}
