/** What became of a seat, an analysis or a run, in sentences for people who have not read the fault table. */

const SEAT: Record<string, string> = {
  rate_limited: "The provider takes no more requests for this key at the moment. Try again in a minute, or seat another model.",
  overloaded: "The provider has no capacity left at the moment. Try again later, or seat another model.",
  upstream_auth: "The provider refused the key. Look at it in the settings of the server.",
  upstream_credits: "The account at the provider has no credit left.",
  upstream_spend_limit: "The account at the provider has reached its spending limit.",
  forbidden: "The provider does not let this key use the model.",
  model_not_found: "The provider does not know this model, or no longer.",
  no_endpoints: "No configured provider serves this model.",
  context_length: "The question with all its attachments is longer than this model can read.",
  too_large: "The question with all its attachments is larger than the provider takes.",
  unsupported_input: "The question holds something this model cannot read.",
  content_filter: "The provider's filter stopped the answer.",
  refusal: "The model declined to answer.",
  empty_completion: "The model ended without a word.",
  first_byte_timeout: "The provider did not begin to answer in time.",
  first_token_timeout: "The model did not begin to answer in time.",
  idle_timeout: "The answer stopped in the middle, and nothing more came.",
  connect_timeout: "The provider could not be reached.",
  connect_refused: "Nothing answers at the provider's address.",
  upstream_timeout: "The provider gave up waiting for the model.",
  upstream_reset: "The provider cut the connection.",
  upstream_error: "The provider failed.",
  deadline_exceeded: "The time for the whole run was used up.",
  budget_exhausted: "The limit on cost left nothing for this seat.",
  cancelled: "It was stopped before it had answered.",
};

/** Why a seat may have no answer. */
export const REASONS = Object.keys(SEAT);

const ANALYSIS: Record<string, string> = {
  judge_upstream_error: "the analyst could not be reached",
  judge_empty_completion: "the analyst said nothing",
  judge_not_valid_json: "the analyst's comparison could not be read",
  judge_schema_mismatch: "the analyst's comparison had another form than was asked for",
};

const DEGRADED: Record<string, string> = {
  best_panel_answer: "The writer could not write. What stands below is the best answer of the panel, as it was given.",
  no_panel: "Nobody on the panel answered. The writer answered alone.",
  single_seat: "Only one model answered, so nothing could be compared.",
  no_analysis: "The answers could not be compared. The writer had them all, but no comparison.",
  degraded: "The answer was made with less than was asked for.",
};

const RUN: Record<string, string> = {
  provider_auth: "A provider refused the key. Look at it in the settings of the server.",
  provider_payment_required: "An account at a provider has no credit left, or has reached its spending limit.",
  rate_limit_exceeded: "A provider takes no more requests for this key at the moment. Try again in a minute.",
  provider_overloaded: "There is no capacity left at the moment. Try again later.",
  provider_unavailable: "A provider failed, or could not be reached. Try again later, or with other models.",
  timeout: "The time was used up before there was an answer.",
  payment_required: "The limit on cost was reached. Run it again with a higher one.",
  context_length_exceeded: "The question is longer than the models can read.",
  payload_too_large: "The question is larger than the provider takes.",
  not_found: "No configured provider serves this model.",
};

/** What the kind of a run's error means for the one who asked; nothing where the error itself says it all. */
export function failing(kind: string): string {
  return RUN[kind] ?? "";
}

/** What a word means; words such as `constructor` mean nothing here, though every object knows them. */
const of = (words: Record<string, string>, word: string) => (Object.hasOwn(words, word) ? words[word] : undefined);

/** What a failed seat's reason means for the one who asked; nothing where the error itself says it all. */
export function meaning(reason: string): string {
  return of(SEAT, reason) ?? "";
}

export function analysisMeaning(reason: string): string {
  return of(ANALYSIS, reason) ?? reason.replaceAll("_", " ");
}

/** Why an answer is less than a fused one; nothing where it is not. */
export function degradation(word: string): string {
  if (!word || word === "panel_only") return "";
  return of(DEGRADED, word) ?? `The answer is less than was asked for: ${word.replaceAll("_", " ")}.`;
}
