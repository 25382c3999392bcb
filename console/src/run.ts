/** One run as the page knows it: signals that events move. Each seat has its own, so that a word redraws one column. */

import { batch, signal, type Signal } from "@preact/signals";
import { api, type Analysis, type Call, type Lookup, type Run, type RunEvent, type Seat, type SeatState } from "./api";

export interface LiveSeat {
  readonly seat: number;
  readonly model: string;
  readonly state: Signal<SeatState>;
  readonly content: Signal<string>;
  readonly reasoning: Signal<string>;
  readonly final: Signal<Seat | null>;
  readonly lookups: Signal<Lookup[]>;
}

export type Stage = "loading" | "panel" | "analysis" | "writing" | "done" | "failed" | "cancelled" | "missing";

/** Follows a run to its end, over lost connections and reloads. */
export class RunView {
  readonly stage = signal<Stage>("loading");
  readonly run = signal<Run | null>(null);
  readonly prompt = signal("");
  readonly seats = signal<LiveSeat[]>([]);
  readonly analyst = signal("");
  readonly analysis = signal<Analysis | null>(null);
  readonly analysisFailure = signal("");
  readonly writer = signal("");
  readonly answer = signal("");
  readonly calls = signal<Call[]>([]);
  readonly lookups = signal<Lookup[]>([]);
  readonly startedAt = signal(0);
  readonly connected = signal(true);
  readonly error = signal("");
  private seen = 0;
  private source: EventSource | null = null;
  private waiting = 0;

  constructor(readonly id: string) {}

  /** Read what is stored; where the run goes on, listen to it from its first event. */
  async open(): Promise<void> {
    try {
      const run = await api.run(this.id);
      if (run.status === "running") this.listen();
      else this.settle(run);
    } catch (error) {
      batch(() => {
        this.stage.value = "missing";
        this.error.value = error instanceof Error ? error.message : String(error);
      });
    }
  }

  close(): void {
    window.clearTimeout(this.waiting);
    this.source?.close();
    this.source = null;
  }

  private listen(): void {
    const source = api.events(this.id, this.seen);
    this.source = source;
    source.onopen = () => (this.connected.value = true);
    source.onmessage = (message) => this.take(JSON.parse(message.data as string) as RunEvent);
    source.onerror = () => {
      source.close();
      this.connected.value = false;
      this.waiting = window.setTimeout(() => void this.resume(), 1000);
    };
  }

  /** The connection is gone, the run perhaps not: look, and go on where it was left. */
  private async resume(): Promise<void> {
    try {
      const run = await api.run(this.id);
      this.connected.value = true;
      if (run.status === "running") this.listen();
      else this.settle(run);
    } catch {
      this.waiting = window.setTimeout(() => void this.resume(), 2000);
    }
  }

  private take(event: RunEvent): void {
    if (event.n <= this.seen) return;
    this.seen = event.n;
    batch(() => this.apply(event));
  }

  private apply(event: RunEvent): void {
    switch (event.type) {
      case "started":
        this.stage.value = "panel";
        this.prompt.value = event.run.prompt;
        this.startedAt.value = event.at;
        this.seats.value = event.seats.map((model, seat) => liveSeat(seat, model));
        break;
      case "seat.joined":
        this.at(event.seat)?.state && (this.at(event.seat)!.state.value = "thinking");
        break;
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
        if (seat) seat.state.value = "looking";
        break;
      }
      case "lookup": {
        this.lookups.value = [...this.lookups.value, event.lookup];
        const seat = event.lookup.role === "panel" ? this.at(event.lookup.seat ?? -1) : undefined;
        if (seat) seat.lookups.value = [...seat.lookups.value, event.lookup];
        break;
      }
      case "seat.done": {
        const seat = this.at(event.seat.seat);
        if (seat) finish(seat, event.seat);
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
        break;
      case "call.settled":
        this.calls.value = [...this.calls.value, event.call];
        break;
      case "finished":
      case "failed":
        this.settle(event.run);
        break;
    }
  }

  private at(seat: number): LiveSeat | undefined {
    return this.seats.value[seat];
  }

  private say(index: number, text: string): void {
    const seat = this.at(index);
    if (!seat) return;
    seat.state.value = "writing";
    seat.content.value += text;
  }

  /** The run is over: what is kept of it takes the place of what was heard. */
  private settle(run: Run): void {
    this.source?.close();
    batch(() => {
      this.run.value = run;
      this.prompt.value = run.prompt;
      this.startedAt.value = run.created_at;
      this.seats.value = run.seats.map((seat) => {
        const live = this.seats.value[seat.seat] ?? liveSeat(seat.seat, seat.model);
        finish(live, seat);
        live.lookups.value = run.lookups.filter((one) => one.role === "panel" && one.seat === seat.seat);
        return live;
      });
      this.analyst.value = run.analyst;
      this.analysis.value = run.analysis;
      this.analysisFailure.value = run.analysis_failure;
      this.writer.value = run.writer;
      this.answer.value = run.answer;
      this.calls.value = run.calls;
      this.lookups.value = run.lookups;
      this.error.value = run.error;
      this.stage.value = run.status === "completed" ? "done" : run.status === "cancelled" ? "cancelled" : "failed";
    });
  }
}

function liveSeat(seat: number, model: string): LiveSeat {
  return {
    seat, model, state: signal<SeatState>("waiting"), content: signal(""), reasoning: signal(""),
    final: signal<Seat | null>(null), lookups: signal<Lookup[]>([]),
  };
}

function finish(live: LiveSeat, seat: Seat): void {
  live.state.value = seat.state;
  live.content.value = seat.preamble ? `${seat.preamble}\n\n${seat.content}` : seat.content;
  live.reasoning.value = seat.reasoning || live.reasoning.value;
  live.final.value = seat;
}
