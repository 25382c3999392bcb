// What the speakers on Node share: what is asked of them, and how they tell what came of it.
import { once } from "node:events";

export const URL = process.env.FUSELINE_URL;
export const KEY = process.env.FUSELINE_KEY;

// Do what was asked, and tell in one line of JSON what came of it. A piece of a stream is a text, or `{ seen: type }`.
export async function speak({ whole, streamed }) {
  const [act, wish] = process.argv.slice(2);
  const ask = { ...JSON.parse(wish) };
  ask.messages = [{ role: "user", content: ask.question }];
  ask.extra = {
    ...(ask.plugins.length && { plugins: ask.plugins }),
    ...(ask.tools.length && { tools: ask.tools }),
    ...(ask.events && { stream_options: { include_usage: true, include_fusion: true } }),
  };
  const acts = { whole: () => whole(ask), streamed: () => read(streamed(ask)), leave: () => leave(streamed(ask)) };
  const told = await acts[act]().catch(refused);
  console.log(JSON.stringify(told));
  if (told.left) {
    process.stdin.resume();
    await once(process.stdin, "end"); // who watches the upstream says when it has seen enough
  }
  process.exit(0);
}

function refused(error) {
  const status = error.status ?? error.statusCode ?? null;
  return { error: error.constructor.name, status, message: String(error.message).slice(0, 300) };
}

async function read(pieces) {
  const told = { text: "", pieces: 0, events: [] };
  for await (const piece of pieces) {
    if (piece?.seen) told.events.push(piece.seen);
    else if (piece) {
      told.text += piece;
      told.pieces += 1;
    }
  }
  return told;
}

async function leave(pieces) {
  for await (const piece of pieces) {
    if (typeof piece === "string" && piece) return { text: piece, left: true }; // leaving the loop closes the stream
  }
  return { message: "the stream ended before it was left" };
}
