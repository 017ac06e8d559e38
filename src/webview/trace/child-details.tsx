import type { CallNode, RunNode } from "../../rlm/run-nodes.ts";
import { describeEnd } from "../../rlm/run-words.ts";
import { Icon } from "../ui/icon.tsx";
import { LongText } from "../ui/long-text.tsx";
import { Answer } from "./answer.tsx";
import { outcomeLook } from "./outcome.ts";
import { spentOf } from "./row-nodes.ts";
import { LiveTurn, RunAnswer, RunFacts } from "./run-details.tsx";
import { Problem, Remembered, Section, Title } from "./section.tsx";
import { msOf, Usage } from "./usage.tsx";

/** A child run: what it was asked, what it said, and what it looked at and used. */
export function ChildDetails({ call, label }: { call: CallNode; label: string }) {
  const { child } = call;
  return (
    <>
      <Title>{label}</Title>
      {child ? <ChildEnd child={child} /> : call.error && <Problem>{call.error.message}</Problem>}
      {call.remembered && <Remembered of="child run" />}
      <Section title="Question" copy={call.prompt}>
        <div class="prose">
          <LongText text={call.prompt} />
        </div>
      </Section>
      {child ? <RunAnswer run={child} /> : <ReplyAnswer reply={call.reply} />}
      {child && call.state === "running" && <LiveTurn run={child} />}
      {!child && call.state === "running" && <p class="note">It is about to start.</p>}
      {child && <RunFacts run={child} title="Run" />}
      {!call.remembered && <Usage model={null} spent={spentOf(call)} ms={msOf(call)} />}
    </>
  );
}

function ChildEnd({ child }: { child: RunNode }) {
  const { finished } = child;
  if (!finished) return null;
  const { icon, tone } = outcomeLook(finished.stopReason);
  return (
    <p class={`icon-line ${tone}`}>
      <Icon name={icon} />
      <span>{describeEnd(child)}</span>
    </p>
  );
}

/** The answer of a child run that these events do not hold, as a remembered one; its citations were checked then. */
function ReplyAnswer({ reply }: { reply: string | null }) {
  if (reply === null) return null;
  return (
    <Section title="Answer" copy={reply}>
      <Answer text={reply} citations={[]} />
    </Section>
  );
}
