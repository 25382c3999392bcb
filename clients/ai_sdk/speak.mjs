// The AI SDK with OpenRouter's provider, as its users call them.
import { createOpenRouter } from "@openrouter/ai-sdk-provider";
import { generateText, streamText } from "ai";
import { KEY, URL, speak } from "./speech.mjs";

const openrouter = (ask) =>
  createOpenRouter({ baseURL: `${URL}/api/v1`, apiKey: KEY, extraBody: ask.tools.length ? { tools: ask.tools } : {} });
const model = (ask) => openrouter(ask)(ask.model, ask.plugins.length ? { plugins: ask.plugins } : {});

async function whole(ask) {
  const { text, response, providerMetadata } = await generateText({ model: model(ask), prompt: ask.question });
  return { text, model: response.modelId, cost: providerMetadata.openrouter.usage.cost };
}

async function* streamed(ask) {
  const leaving = new AbortController();
  const { fullStream } = streamText({
    model: model(ask),
    prompt: ask.question,
    abortSignal: leaving.signal,
    onError: () => {}, // it comes in the stream, too
    ...(ask.events && { headers: { "X-Fusion-Events": "true" }, include: { rawChunks: true } }),
  });
  try {
    for await (const part of fullStream) {
      if (part.type === "error") throw part.error;
      if (part.type === "text-delta") yield part.text;
      if (part.type === "raw" && part.rawValue.choices.length && part.rawValue.fusion) {
        yield { seen: part.rawValue.fusion.type };
      }
    }
  } finally {
    leaving.abort();
  }
}

await speak({ whole, streamed });
