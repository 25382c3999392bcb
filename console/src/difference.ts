/** What two texts have in common, and what only one of them has: a longest common subsequence, with likely rewordings paired. */

import { plain, sentencesOf, wordsOf } from "./prose";
import { likeness } from "./parts/whereabouts";

export interface Step<T> { readonly left: T | null; readonly right: T | null }
/** A piece of both, or of one; the sentences of a step that has both may still differ in words. */

const LONGEST = 4_000_000;
/** Cells of the table that is still worked out; longer texts are only compared at their ends. */
const REWORDED = 0.4;

/** Two lists against each other: what is the same stands together, everything else keeps its order. */
export function aligned<T>(left: readonly T[], right: readonly T[], same: (one: T, other: T) => boolean): Step<T>[] {
  let head = 0;
  while (head < left.length && head < right.length && same(left[head]!, right[head]!)) head += 1;
  let tail = 0;
  while (tail < Math.min(left.length, right.length) - head && same(left.at(-1 - tail)!, right.at(-1 - tail)!)) tail += 1;
  const both = (one: T, at: number, theirs: readonly T[], from: number): Step<T> => ({ left: one, right: theirs[from + at]! });
  return [
    ...left.slice(0, head).map((one, at) => both(one, at, right, 0)),
    ...middle(left.slice(head, left.length - tail), right.slice(head, right.length - tail), same),
    ...left.slice(left.length - tail).map((one, at) => both(one, at, right, right.length - tail)),
  ];
}

function middle<T>(left: readonly T[], right: readonly T[], same: (one: T, other: T) => boolean): Step<T>[] {
  if (left.length * right.length > LONGEST) {
    return [...left.map((one) => ({ left: one, right: null })), ...right.map((one) => ({ left: null, right: one }))];
  }
  const common = lengths(left, right, same);
  const found: Step<T>[] = [];
  let [at, there] = [0, 0];
  const width = right.length + 1;
  while (at < left.length || there < right.length) {
    if (at < left.length && there < right.length && same(left[at]!, right[there]!)) found.push({ left: left[at++]!, right: right[there++]! });
    else if (there >= right.length || (at < left.length && common[(at + 1) * width + there]! >= common[at * width + there + 1]!)) {
      found.push({ left: left[at++]!, right: null });
    } else found.push({ left: null, right: right[there++]! });
  }
  return found;
}

/** For each pair of ends, how long a subsequence both have from there on. */
function lengths<T>(left: readonly T[], right: readonly T[], same: (one: T, other: T) => boolean): Uint32Array {
  const width = right.length + 1;
  const common = new Uint32Array((left.length + 1) * width);
  for (let at = left.length - 1; at >= 0; at -= 1) {
    for (let there = right.length - 1; there >= 0; there -= 1) {
      common[at * width + there] = same(left[at]!, right[there]!)
        ? common[(at + 1) * width + there + 1]! + 1
        : Math.max(common[(at + 1) * width + there]!, common[at * width + there + 1]!);
    }
  }
  return common;
}

/** The sentences of two answers; one that was only reworded stands beside what it was. */
export function sentenceSteps(left: string, right: string): Step<string>[] {
  const steps = aligned(plainSentences(left), plainSentences(right), (one, other) => key(one) === key(other));
  const found: Step<string>[] = [];
  let gap: Step<string>[] = [];
  for (const step of [...steps, null]) {
    if (step && (step.left === null || step.right === null)) {
      gap.push(step);
      continue;
    }
    found.push(...paired(gap));
    gap = [];
    if (step) found.push(step);
  }
  return found;
}

/** Between two common sentences: those that are much alike together, in the order of both sides. */
function paired(gap: readonly Step<string>[]): Step<string>[] {
  const left = gap.flatMap((one) => (one.left === null ? [] : [one.left]));
  const right = gap.flatMap((one) => (one.right === null ? [] : [one.right]));
  return aligned(left, right, (one, other) => likeness(one, other) >= REWORDED);
}

const plainSentences = (text: string) => sentencesOf(text).map(({ start, end }) => plain(text.slice(start, end))).filter(Boolean);
const key = (sentence: string) => wordsOf(sentence).map(({ word }) => word).join(" ");

/** Whether a step is the same on both sides. */
export function unchanged({ left, right }: Step<string>): boolean {
  return left !== null && right !== null && key(left) === key(right);
}

/** The words of two sentences, with the space and signs behind each. */
export function wordSteps(left: string, right: string): Step<string>[] {
  const pieces = (text: string) => text.match(/\S+\s*/gu) ?? [];
  return aligned(pieces(left), pieces(right), (one, other) => one.trim() === other.trim());
}
