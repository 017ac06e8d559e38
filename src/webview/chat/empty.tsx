import { usePost } from "./actions.ts";
import type { Setup } from "./protocol.ts";

/** Before the first question: what can be done here. @param take puts a question where it can be changed and asked */
export function Empty({ setup, take }: { setup: Setup; take: (question: string) => void }) {
  const post = usePost();
  const { folder, examples, who, notice } = setup;
  return (
    <div class="empty">
      <p>
        Ask about the whole codebase, however large. It is searched with code, its parts are read by sub-models, and the
        answer cites what was found.
      </p>
      {folder ? (
        <ul class="examples" aria-label="Examples">
          {examples.map((question) => (
            <li>
              <button type="button" class="example" onClick={() => take(question)}>
                {question}
              </button>
            </li>
          ))}
        </ul>
      ) : (
        <p>
          <button type="button" class="button" onClick={() => post({ type: "command", command: "openFolder" })}>
            Open Folder
          </button>
        </p>
      )}
      {!notice && (
        <p class="note">
          {who}{" "}
          <button type="button" class="link" onClick={() => post({ type: "command", command: "chooseModel" })}>
            Change
          </button>
        </p>
      )}
    </div>
  );
}
