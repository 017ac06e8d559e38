import type { ComponentChildren } from "preact";
import { Icon, IconButton } from "../ui/icon.tsx";
import { usePost } from "./actions.ts";

/** A part of the details under its title; `copy` is what its copy button takes. */
export function Section({ title, copy, children }: { title: string; copy?: string; children: ComponentChildren }) {
  const post = usePost();
  return (
    <section class="section">
      <div class="section-head">
        <h3>{title}</h3>
        {copy !== undefined && (
          <IconButton
            name="copy"
            label={`Copy ${title.toLowerCase()}`}
            onClick={() => post({ type: "copy", text: copy })}
          />
        )}
      </div>
      {children}
    </section>
  );
}

/** Names and values in two columns. Those without a value are left out. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: string | null])[] }) {
  const known = facts.filter(([, value]) => value !== null);
  if (known.length === 0) return null;
  return (
    <dl class="facts">
      {known.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </>
      ))}
    </dl>
  );
}

/** What the details are about. */
export function Title({ children }: { children: ComponentChildren }) {
  return <h2>{children}</h2>;
}

/** Something that went wrong, in one line. */
export function Problem({ children }: { children: ComponentChildren }) {
  return (
    <p class="icon-line error">
      <Icon name="error" />
      <span>{children}</span>
    </p>
  );
}

/** Said of a call whose reply was known already. */
export function Remembered({ of }: { of: "sub-call" | "child run" }) {
  return (
    <p class="icon-line">
      <Icon name="history" />
      <span>Remembered from an equal {of} before: nothing was asked, and it cost nothing.</span>
    </p>
  );
}
