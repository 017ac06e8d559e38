/** An entry of a folder that was looked at: its path from the workspace's root, with `/` at the end of a folder's. */
export type ListedPath = string;

interface Example {
  readonly question: string;
  readonly fits: (paths: readonly ListedPath[]) => boolean;
}

const has = (pattern: RegExp) => (paths: readonly ListedPath[]) => paths.some((path) => pattern.test(path));

/** The first that fits of each group is asked. */
const groups: readonly (readonly Example[])[] = [
  [
    { question: "What does this project do, and where does it start?", fits: has(/^readme(\.\w+)?$/i) },
    { question: "What is in this folder, and what belongs together?", fits: () => true },
  ],
  [
    {
      question: "How is a request handled, from the route to the response?",
      fits: has(/(^|\/)(routes|controllers|handlers|api)\/$/i),
    },
    {
      question: "Which commands does the program take, and what does each do?",
      fits: has(/(^|\/)(cli|cmd|bin|commands)\/$/i),
    },
    {
      question: "Which crates or modules are there, and how do they depend on each other?",
      fits: has(/^Cargo\.toml$|^go\.mod$/),
    },
    { question: "Which React components hold state, and what changes it?", fits: has(/(^|\/)components\/$/i) },
    {
      question: "Which modules are there, and how do they depend on each other?",
      fits: has(/^(src|lib|packages|app|crates)\/$/i),
    },
    { question: "Which files matter most, and how do they depend on each other?", fits: () => true },
  ],
  [
    {
      question: "What do the tests cover, and what do they leave out?",
      fits: has(/(^|\/)(tests?|spec|__tests__)\/$|[._]test\.\w+$/i),
    },
    {
      question: "Where are errors handled, and what becomes of them?",
      fits: has(/\.(ts|js|tsx|py|go|rs|java|kt|cs|rb|php|cpp|c|swift)$|^(src|lib)\/$/i),
    },
    { question: "What is written here about how to set it up?", fits: () => true },
  ],
];

/** Three questions that fit a workspace. @param paths some of its entries: those of its root and of a few folders */
export function exampleQuestions(paths: readonly ListedPath[]): string[] {
  return groups.flatMap((group) => group.find(({ fits }) => fits(paths))?.question ?? []);
}
