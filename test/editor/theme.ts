/** The kinds of colour theme that VS Code has, each with the theme of that kind that the tests use. */
export const themes = {
  light: { setting: "Light 2026", css: "vs" },
  dark: { setting: "Dark 2026", css: "vs-dark" },
  hc: { setting: "Default High Contrast", css: "hc-black" },
  "hc-light": { setting: "Default High Contrast Light", css: "hc-light" },
} as const;

export type Theme = keyof typeof themes;
