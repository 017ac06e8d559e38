// `npm run ask "Why?" --context src`: without a -- before them npm takes the flags for its own.

/** Flags of the terminal program, without their dashes; `--yes` is npm's own too, and may stand in anyone's settings. */
const flags = [
  ...["context", "text", "model", "sub-model", "child-model", "base-url", "max-turns", "max-depth", "max-calls"],
  ...["max-tokens", "max-cost", "timeout", "concurrency", "direct-below", "trace", "json", "price"],
  ...["telemetry", "query-id", "host", "port", "token", "runs", "waiting"],
];

/** Ends the process with one line where npm has kept flags that were meant for the program. */
export function refuseSwallowedFlags(args, env) {
  if (env.npm_command !== "run-script" && env.npm_command !== "run") return;
  const swallowed = flags.filter((flag) => env[variableOf(flag)] !== undefined && !wasPassed(flag, args));
  if (swallowed.length === 0) return;
  const given = swallowed.map((flag) => `--${flag}`).join(", ");
  const script = env.npm_lifecycle_event ?? "ask";
  process.stderr.write(
    `rlm: npm took ${given} for itself. Write -- before the arguments: npm run --silent ${script} -- --${swallowed[0]} … "question"\n`,
  );
  process.exit(2);
}

function variableOf(flag) {
  return `npm_config_${flag.replaceAll("-", "_")}`;
}

function wasPassed(flag, args) {
  return args.some((arg) => arg === `--${flag}` || arg.startsWith(`--${flag}=`));
}
