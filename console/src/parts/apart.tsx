/** Two answers sentence by sentence, side by side: what both say, what one of them says, and what was reworded. */

import { sentenceSteps, unchanged, wordSteps, type Step } from "../difference";
import { useMemo } from "preact/hooks";
import { count } from "../words";
import "./apart.css";

export function Apart({ left, right }: { left: string; right: string }) {
  const steps = useMemo(() => sentenceSteps(left, right), [left, right]);
  const [same, gone, come] = [steps.filter(unchanged), steps.filter((one) => one.right === null), steps.filter((one) => one.left === null)];
  const reworded = steps.length - same.length - gone.length - come.length;
  return (
    <>
      <p class="soft">
        {count(same.length, "sentence")} in both, {reworded} reworded, {gone.length} only in A, {come.length} only in B.
      </p>
      <table class="apart">
        <caption class="unseen">The answers of both runs, sentence by sentence</caption>
        <thead><tr><th scope="col">A</th><th scope="col">B</th></tr></thead>
        <tbody>{steps.map((step, at) => <Pair key={at} {...step} />)}</tbody>
      </table>
    </>
  );
}

function Pair({ left, right }: Step<string>) {
  if (left !== null && right !== null) {
    if (unchanged({ left, right })) return <tr class="same"><td dir="auto">{left}</td><td dir="auto">{right}</td></tr>;
    return <tr class="reworded"><td dir="auto"><Words left={left} right={right} side="left" /></td><td dir="auto"><Words left={left} right={right} side="right" /></td></tr>;
  }
  if (left !== null) return <tr class="gone"><td dir="auto"><del><Tag sign="−" words="only in A" />{left}</del></td><td /></tr>;
  return <tr class="come"><td /><td dir="auto"><ins><Tag sign="+" words="only in B" />{right}</ins></td></tr>;
}

function Tag({ sign, words }: { sign: string; words: string }) {
  return <><span class="tag" aria-hidden="true">{sign}</span><span class="unseen">{words}: </span></>;
}

function Words({ left, right, side }: { left: string; right: string; side: "left" | "right" }) {
  const steps = useMemo(() => wordSteps(left, right), [left, right]).filter((step) => step[side] !== null);
  return (
    <>
      <Tag sign="~" words="reworded" />
      {steps.map(({ left: one, right: other }, at) => {
        if (one !== null && other !== null) return side === "left" ? one : other;
        return side === "left" ? <del key={at}>{one}</del> : <ins key={at}>{other}</ins>;
      })}
    </>
  );
}
