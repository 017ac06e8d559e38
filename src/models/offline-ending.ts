/** What a message says about the end of a run: null where more cells may be run, else why none are. */
export function endingIn(message: string): string | null {
  const [turn] = [...message.matchAll(/^Turn (\d+) of (\d+)\..*$/gm)].slice(-1);
  // The opening message has no line for its turn; the one that closes a run may follow it at once.
  const after = turn ? message.slice(turn.index + turn[0].length).trim() : (closing.exec(message)?.[0] ?? "");
  const reason = /^(.+?)\. No more cells are run\./.exec(after)?.[1];
  if (reason !== undefined) return /\byour turns\b/.test(reason) ? allTurns : `${reason}.`;
  const isLastTurn = turn !== undefined && Number(turn[1]) >= Number(turn[2]);
  return isLastTurn || after !== "" ? allTurns : null;
}

const closing = /(?<=^|\n\n)[^\n]+\. No more cells are run\.[^\n]*$/;
const allTurns = "The run has used all its turns.";
