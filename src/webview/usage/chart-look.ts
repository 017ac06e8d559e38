import { useEffect, useState } from "preact/hooks";

/** Of the lines of a chart: colour alone tells nothing. */
export const dashes: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [8, 3, 2, 3], [12, 4]];

/** Lines of models. Of the five kinds' colours those that every theme has. */
export const modelColors: readonly string[] = [
  "--vscode-charts-blue",
  "--vscode-charts-green",
  "--vscode-charts-purple",
  "--vscode-foreground",
  "--vscode-descriptionForeground",
];

/** The values of tokens, as a canvas takes them. */
export function colorsOf(node: HTMLElement, tokens: readonly string[]): string[] {
  const style = getComputedStyle(node);
  return tokens.map((token) => style.getPropertyValue(token).trim() || style.color);
}

/** Changes whenever the user has chosen another theme: a canvas has to be drawn anew then. */
export function useTheme(): number {
  const [changes, setChanges] = useState(0);
  useEffect(() => {
    const changed = new MutationObserver(() => setChanges((count) => count + 1));
    // VS Code puts its colours into the style of the root, and the kind of theme into the class of the body.
    changed.observe(document.documentElement, { attributes: true, attributeFilter: ["style"] });
    changed.observe(document.body, { attributes: true, attributeFilter: ["class"] });
    return () => changed.disconnect();
  }, []);
  return changes;
}
