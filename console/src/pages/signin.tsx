/** Signing in, where the gateway asks for a key. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { api } from "../api";
import { Field } from "../parts/field";
import { begin } from "../session";
import "./signin.css";

const HINT = "The key that this gateway was started with. It is not a key of a model provider.";

export function SignIn() {
  const key = useSignal("");
  const error = useSignal("");
  const sending = useSignal(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const enter = async (event: Event) => {
    event.preventDefault();
    if (sending.value) return;
    sending.value = true;
    error.value = key.value ? await refusal(key.value) : "Give the key of this gateway.";
    sending.value = false;
    if (error.value) input.current?.focus();
    else await begin();
  };
  return (
    <form class="signin card" noValidate onSubmit={(event) => void enter(event)}>
      <h1>Sign in</h1>
      <Field id="key" label="Key" error={error.value} hint={HINT}>
        {(tied) => (
          <input
            {...tied} ref={input} type="password" autocomplete="current-password" required value={key.value}
            onInput={(event) => (key.value = event.currentTarget.value)}
          />
        )}
      </Field>
      <button type="submit" class="main" disabled={sending.value}>Sign in</button>
    </form>
  );
}

async function refusal(key: string): Promise<string> {
  try {
    await api.signIn(key);
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
