/**
 * JavaScript that runs inside the guest, before any cell: the functions that cells use, on top of five host functions,
 * and what the host asks of the guest. It takes its own copies of the built-ins, because cells may change them.
 *
 * hostText(name, ...args) → text; hostJson(name, json of args) → json; print(text); call(json) → promise; warn(text)
 */
export const guestLibrary = String.raw`(function (hostText, hostJson, hostPrint, hostCall, hostWarn) {
"use strict";
const { parse, stringify } = JSON;
const { defineProperty, defineProperties, getOwnPropertyNames, keys, freeze, entries } = Object;
const { isArray, from: arrayOf } = Array;
const RealDate = Date;
const RealPromise = Promise;
const SafeString = String;
const global = globalThis;
const guestStringChars = 16 * 1024 * 1024;

// --- talking to the host -------------------------------------------------------------------------------------------
const sane = (text) => (text.includes("\0") ? text.replaceAll("\0", "\u2400") : text);
function plain(value) {
  if (typeof value === "function" || typeof value === "symbol") throw new TypeError("A " + typeof value + " can't be given to a function of the REPL.");
  return value instanceof RegExp ? { source: value.source, flags: value.flags } : value;
}
function encode(args) {
  const list = [];
  for (const arg of args) list.push(arg && typeof arg === "object" && !isArray(arg) && !(arg instanceof RegExp) ? plainOptions(arg) : plain(arg));
  while (list.length && list[list.length - 1] === undefined) list.pop();
  return sane(stringify(list) ?? "[]");
}
function plainOptions(options) {
  const copy = {};
  for (const [key, value] of entries(options)) copy[key] = isArray(value) ? value.map(plain) : plain(value);
  return copy;
}
const askJson = (name, args) => parse(hostJson(name, encode(args)));
const askText = (name, args) => hostText(name, encode(args));

// --- promises that say await ---------------------------------------------------------------------------------------
const pending = new WeakMap();
const misused = ["length", "slice", "split", "trim", "includes", "indexOf", "match", "replace", "replaceAll", "startsWith",
  "endsWith", "toLowerCase", "toUpperCase", "substring", "concat", "map", "filter", "forEach", "join", "reduce", "some",
  "every", "flatMap", "push", "at", "toString", "toJSON", "valueOf", Symbol.iterator, Symbol.toPrimitive];
function sayAwait(name) {
  throw new TypeError(name + "(…) returns a promise: write \"await " + name + "(…)\".");
}
function guarded(promise, name) {
  pending.set(promise, name);
  for (const key of misused) defineProperty(promise, key, { get: () => sayAwait(name), configurable: true });
  promise.catch(() => {});
  return promise;
}
function refusePromise(value, where) {
  if (!(value instanceof RealPromise)) return;
  const name = pending.get(value);
  if (name) sayAwait(name);
  throw new TypeError(where + " was given a promise: write \"await\" before it, or \"await Promise.all(…)\" for several.");
}

// --- values as text ------------------------------------------------------------------------------------------------
const chunkBrand = new WeakSet();
const hitsBrand = new WeakMap();
const isHit = (v) => v !== null && typeof v === "object" && typeof v.path === "string" && typeof v.line === "number" && typeof v.text === "string";
const room = 120_000;
function inspect(value, where = "print") {
  refusePromise(value, where);
  if (typeof value === "string") return value;
  if (isArray(value) && value.length && value.every(isHit)) return askText("formatHits", [hitsBrand.get(value) ? { hits: [...value], ...hitsBrand.get(value) } : { hits: [...value] }]);
  if (isArray(value) && hitsBrand.get(value)) return "[no hits]";
  return serialise(value, where, "", { left: room, seen: new Set() });
}
function serialise(value, where, indent, state) {
  if (state.left <= 0) return "…";
  const text = serialiseHere(value, where, indent, state);
  state.left -= text.length;
  return text;
}
function serialiseHere(value, where, indent, state) {
  refusePromise(value, where);
  switch (typeof value) {
    case "string": return stringify(value);
    case "bigint": return value + "n";
    case "function": return "[function " + (value.name || "anonymous") + "]";
    case "symbol": return value.toString();
    case "object": break;
    default: return SafeString(value);
  }
  if (value === null) return "null";
  if (value instanceof Error) return value.name + ": " + value.message;
  if (value instanceof RealDate) return value.toISOString();
  if (value instanceof RegExp) return SafeString(value);
  if (value === contextValue) return "[context: print parts of it]";
  if (chunkBrand.has(value)) return "{label: " + stringify(value.label) + ", chars: " + value.chars + "}";
  if (state.seen.has(value)) return "[circular]";
  state.seen.add(value);
  const inner = indent + "  ";
  const item = (v) => serialise(v, where, inner, state);
  let open = "{", close = "}", parts = [];
  if (isArray(value)) { open = "["; close = "]"; for (const v of value) { if (state.left <= 0) break; parts.push(item(v)); } }
  else if (value instanceof Map) { open = "Map {"; for (const [k, v] of value) { if (state.left <= 0) break; parts.push(item(k) + " => " + item(v)); } }
  else if (value instanceof Set) { open = "Set {"; for (const v of value) { if (state.left <= 0) break; parts.push(item(v)); } }
  else if (ArrayBuffer.isView(value)) { open = "["; close = "]"; parts = arrayOf(value, SafeString).slice(0, 1000); }
  else for (const k of keys(value)) { if (state.left <= 0) break; parts.push((/^[A-Za-z_$][\w$]*$/.test(k) ? k : stringify(k)) + ": " + item(value[k])); }
  state.seen.delete(value);
  const size = isArray(value) ? value.length : value.size ?? keys(value).length;
  if (size > parts.length && !ArrayBuffer.isView(value)) parts.push("… " + (size - parts.length) + " more");
  const line = open + parts.join(", ") + close;
  if (line.length + indent.length <= 100 && !line.includes("\n")) return line;
  return open + "\n" + parts.map((p) => inner + p).join(",\n") + "\n" + indent + close;
}

// --- looking at the context ----------------------------------------------------------------------------------------
function chunkOf({ label, parts, chars, numbered }) {
  const chunk = { label, parts, chars };
  defineProperty(chunk, "text", { enumerable: true, get: () => askText("chunkText", [parts, numbered]) });
  chunkBrand.add(chunk);
  return chunk;
}
function search(...args) {
  const { hits, notes, ...about } = askJson("search", args);
  for (const note of notes) print(note);
  const counts = { total: about.total, files: about.files, truncated: about.truncated };
  hitsBrand.set(hits, counts);
  for (const key of keys(counts)) defineProperty(hits, key, { value: counts[key] });
  return hits;
}
function show(...args) {
  const where = isArray(args[0]) && hitsBrand.get(args[0]) ? [...args[0]] : args[0];
  print(askText("show", [where, ...args.slice(1)]));
}
function filesContext() {
  const paths = () => askJson("list", []);
  let known;
  const set = () => (known ??= new Set(paths()));
  const refuse = () => { throw new TypeError("context can't be changed."); };
  return new Proxy({}, {
    get(_target, key) {
      if (key === Symbol.iterator) return () => paths()[Symbol.iterator]();
      if (typeof key === "symbol") return undefined;
      if (set().has(key) || /[./]/.test(key)) return askText("read", [key]);
      return undefined;
    },
    has: (_target, key) => set().has(key),
    ownKeys: paths,
    getOwnPropertyDescriptor: (_target, key) => set().has(key)
      ? { enumerable: true, configurable: true, get: () => askText("read", [key]) } : undefined,
    set: refuse, deleteProperty: refuse, defineProperty: refuse, setPrototypeOf: refuse,
  });
}
function matchOf({ match, captures, index, groups }) {
  const array = [match, ...captures.map((c) => c ?? undefined)];
  array.index = index;
  array.groups = groups ?? undefined;
  return array;
}
function longText(textChars) {
  const tooLong = (what) => () => { throw new RangeError("context has " + textChars + " characters: " + what); };
  const matchAll = (pattern) => askJson("textMatchAll", [pattern]).map(matchOf);
  const text = {
    length: textChars,
    slice: (...args) => askText("textSlice", args),
    substring: (from = 0, to = textChars) => askText("textSlice", [Math.max(0, Math.min(from, to)), Math.max(0, from, to)]),
    indexOf: (...args) => askJson("textIndexOf", args),
    includes: (...args) => askJson("textIndexOf", args) >= 0,
    matchAll: (pattern) => matchAll(pattern)[Symbol.iterator](),
    match: (pattern) => {
      const found = askJson("textMatchAll", pattern instanceof RegExp && pattern.global ? [pattern] : [pattern, 1]).map(matchOf);
      if (!found.length) return null;
      return pattern instanceof RegExp && pattern.global ? found.map((m) => m[0]) : found[0];
    },
    lines: (from, to) => askText("read", [from, to]).split("\n"),
    split: tooLong("use chunks(), search() or lines(from, to) instead of split."),
    toString: tooLong("use slice, search() or chunks()."),
    toJSON: tooLong("use slice, search() or chunks()."),
  };
  defineProperty(text, Symbol.toPrimitive, { value: text.toString });
  return freeze(text);
}
let contextValue;
function contextOf() {
  if (contextValue !== undefined) return contextValue;
  const { kind, textChars } = askJson("about", []);
  if (kind === "files") contextValue = filesContext();
  else contextValue = textChars > guestStringChars ? longText(textChars) : hostText("wholeText", "[]");
  return contextValue;
}
let historyValue;
function historyOf() {
  historyValue ??= freeze(askJson("history", []).map(freeze));
  return historyValue;
}

// --- asking models and child runs ----------------------------------------------------------------------------------
const llmOptions = { model: "string", schema: "object", fresh: "boolean" };
const rlmOptions = { fresh: "boolean" };
function options(name, given, known) {
  if (given === undefined || given === null) return {};
  if (typeof given !== "object" || isArray(given)) throw new TypeError(name + ": the options must be an object.");
  const chosen = {};
  for (const key of keys(given)) {
    if (!keys(known).includes(key)) throw new TypeError(name + ": unknown option \"" + key + "\" (" + keys(known).join(", ") + ").");
    if (given[key] === undefined) continue;
    if (typeof given[key] !== known[key] || given[key] === null || isArray(given[key])) throw new TypeError(name + ": " + key + " must be " + (known[key] === "object" ? "an object" : "a " + known[key]) + ".");
    chosen[key] = given[key];
  }
  return chosen;
}
function textOf(name, what, value) {
  refusePromise(value, name);
  if (typeof value !== "string") throw new TypeError(name + ": the " + what + " must be a string, not " + (isArray(value) ? "an array" : typeof value) + ".");
  if (value.trim() === "") throw new TypeError(name + ": the " + what + " is empty.");
  return value;
}
function makeCalls(call) {
  return hostCall(sane(stringify(call))).then(parse);
}
let failures = [];
/** The one result of a single call. */
function single(name, call, read) {
  const promise = makeCalls(call).then(([result]) => {
    if (result.ok) return read(result.text);
    failures.push(result.message);
    throw new Error(result.message);
  });
  return guarded(promise, name);
}
function batch(name, call, count, read) {
  const all = makeCalls(call).then((results) => {
    const failed = results.filter((result) => !result.ok);
    if (failed.length) warn(failed.length + " of " + count + " calls of " + name + " failed: " + failed[0].message);
    return results.map((result) => (result.ok ? read(result.text) : "Error: " + result.message));
  });
  return guarded(all, name);
}
function warn(text) {
  hostWarn(text);
  print("Warning: " + text);
}
const asIs = (text) => text;
function llm_query(prompt, given) {
  const chosen = options("llm_query", given, llmOptions);
  const prompts = [textOf("llm_query", "prompt", prompt)];
  return single("llm_query", { kind: "llm", prompts, ...chosen }, chosen.schema ? parse : asIs);
}
function llm_query_batched(prompts, given) {
  refusePromise(prompts, "llm_query_batched");
  if (!isArray(prompts)) throw new TypeError("llm_query_batched: give an array of prompts.");
  const chosen = options("llm_query_batched", given, llmOptions);
  const texts = prompts.map((prompt) => textOf("llm_query_batched", "prompt", prompt));
  if (texts.length === 0) return guarded(RealPromise.resolve([]), "llm_query_batched");
  return batch("llm_query_batched", { kind: "llm", prompts: texts, ...chosen }, texts.length, chosen.schema ? parse : asIs);
}
/** What a child is asked about, as the host reads it. */
function subOf(name, sub) {
  refusePromise(sub, name);
  if (sub === undefined || sub === null || sub === contextValue) return null;
  if (typeof sub === "string") return { text: sub };
  const list = isArray(sub) ? [...sub] : [sub];
  if (list.length === 0) throw new TypeError(name + ": the second argument is empty: give globs, chunks, hits or a text, or leave it out for the whole context.");
  for (const one of list) refusePromise(one, name);
  if (list.every((one) => typeof one === "string" || one instanceof RegExp)) return { globs: list.map(plain) };
  return { parts: list.flatMap((one) => partsOf(name, one)) };
}
function partsOf(name, one) {
  if (one !== null && typeof one === "object" && isArray(one.parts)) return one.parts.map(({ path, from, to, chars }) => ({ path, from, to, chars }));
  if (isHit(one)) return [{ path: one.path }];
  throw new TypeError(name + ": the second argument must be a text, globs, a chunk, chunks or hits.");
}
function rlm_query(question, sub, given) {
  const chosen = options("rlm_query", given, rlmOptions);
  const items = [{ question: textOf("rlm_query", "question", question), sub: subOf("rlm_query", sub) }];
  return single("rlm_query", { kind: "rlm", items, ...chosen }, asIs);
}
function rlm_query_batched(asked, given) {
  refusePromise(asked, "rlm_query_batched");
  if (!isArray(asked)) throw new TypeError("rlm_query_batched: give an array of {question, sub}.");
  const chosen = options("rlm_query_batched", given, rlmOptions);
  const items = asked.map((item) => {
    refusePromise(item, "rlm_query_batched");
    const { question, sub } = typeof item === "string" ? { question: item } : item ?? {};
    return { question: textOf("rlm_query_batched", "question", question), sub: subOf("rlm_query_batched", sub) };
  });
  if (items.length === 0) return guarded(RealPromise.resolve([]), "rlm_query_batched");
  return batch("rlm_query_batched", { kind: "rlm", items, ...chosen }, items.length, asIs);
}

// --- the answer ----------------------------------------------------------------------------------------------------
let handedIn;
function FINAL(value) {
  if (value === undefined || value === null) throw new TypeError("FINAL needs a value, not " + value + ".");
  refusePromise(value, "FINAL");
  handedIn = asAnswer(value);
}
function asAnswer(value) {
  if (typeof value === "string") return sane(value);
  if (value !== null && typeof value === "object" && !(isArray(value) && value.some((v) => v instanceof RealPromise))) {
    try { return sane(stringify(value, (_key, v) => (typeof v === "bigint" ? SafeString(v) : v), 2) ?? inspect(value, "FINAL")); }
    catch { return sane(inspect(value, "FINAL")); }
  }
  return sane(inspect(value, "FINAL"));
}
function FINAL_VAR(name) {
  if (typeof name !== "string") return FINAL(name);
  const found = variable(name);
  if (!found.found) throw new ReferenceError("FINAL_VAR: there is no variable \"" + name + "\". There are: " + (found.names.join(", ") || "none") + ".");
  handedIn = found.text;
}
function SHOW_VARS() {
  return getOwnPropertyNames(global).filter((name) => !own.has(name) || (name === "answer" && global.answer !== answerObject));
}
function variable(name) {
  const names = SHOW_VARS();
  if (!names.includes(name) || global[name] === undefined) return { found: false, names };
  return { found: true, text: asAnswer(global[name]) };
}

// --- printing ------------------------------------------------------------------------------------------------------
function print(...values) {
  const parts = [];
  for (const value of values) parts.push(inspect(value));
  hostPrint(sane(parts.join(" ")) + "\n");
}
const console = freeze({ log: print, info: print, warn: print, error: print, debug: print, table: print });

// --- the world of a cell -------------------------------------------------------------------------------------------
const api = {
  list: (...args) => askJson("list", args),
  tree: (...args) => askText("tree", args),
  outline: (...args) => askText("outline", args),
  omitted: (...args) => askJson("omitted", args),
  read: (...args) => askText("read", args),
  count: (...args) => askJson("count", args),
  find: (...args) => askJson("find", args).map(chunkOf),
  chunks: (...args) => askJson("chunks", args).map(chunkOf),
  budget: () => askJson("budget", []),
  search, show, llm_query, llm_query_batched, rlm_query, rlm_query_batched, SHOW_VARS, FINAL, FINAL_VAR, print, console,
};
for (const [name, f] of entries(api)) if (typeof f === "function" && f.name !== name) defineProperty(f, "name", { value: name });
const answerObject = { content: "", ready: false };
global.answer = answerObject;

let now = 0;
function FixedDate(...args) {
  if (!new.target) return new RealDate(now).toString();
  return args.length ? new RealDate(...args) : new RealDate(now);
}
defineProperties(FixedDate, { now: { value: () => now }, parse: { value: RealDate.parse }, UTC: { value: RealDate.UTC }, prototype: { value: RealDate.prototype } });
let seed = 1;
function random() {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
defineProperty(RealDate.prototype, "constructor", { value: FixedDate });
global.Date = FixedDate;
Math.random = random;

// What cells may have changed is put back with loops that use nothing of it.
const { getOwnPropertyDescriptor, getOwnPropertyDescriptors } = Object;
const { ownKeys } = Reflect;
const builtIns = [Object, Array, String, Number, Boolean, BigInt, Symbol, RegExp, Map, Set, WeakMap, WeakSet, Promise, Error, TypeError, JSON, Math, Reflect];
const originals = [];
for (const builtIn of builtIns) {
  originals.push([builtIn, getOwnPropertyDescriptors(builtIn)]);
  if (builtIn.prototype) originals.push([builtIn.prototype, getOwnPropertyDescriptors(builtIn.prototype)]);
}
for (const iterator of [[][Symbol.iterator](), new Map().entries(), new Set().values(), ""[Symbol.iterator](), "".matchAll(/x/g)]) {
  const prototype = Object.getPrototypeOf(iterator);
  originals.push([prototype, getOwnPropertyDescriptors(prototype)]);
}
for (const original of originals) original.push(ownKeys(original[1]));
function restoreBuiltIns() {
  for (let i = 0; i < originals.length; i += 1) {
    const object = originals[i][0], descriptors = originals[i][1], names = originals[i][2];
    for (let n = 0; n < names.length; n += 1) {
      const original = descriptors[names[n]], current = getOwnPropertyDescriptor(object, names[n]);
      if (current && current.value === original.value && current.get === original.get) continue;
      if (!current || current.configurable) defineProperty(object, names[n], original);
      else if (current.writable) object[names[n]] = original.value;
    }
  }
}

let tidied = false;
/** Puts the built-ins back between two cells, when nobody waits, so that the next one need not. */
function tidy() {
  restoreBuiltIns();
  tidied = true;
  return "";
}

/** Puts back the functions that a cell has overwritten. */
function begin(cellNow) {
  if (!tidied) restoreBuiltIns();
  tidied = false;
  if (now !== cellNow) seed = cellNow | 0;
  now = cellNow;
  handedIn = undefined;
  failures = [];
  if (global.answer !== null && typeof global.answer === "object" && global.answer.ready === true) global.answer.ready = false;
  const lost = [];
  for (const name of keys(api)) {
    if (global[name] === api[name]) continue;
    if (name in global) lost.push(name);
    defineProperty(global, name, { value: api[name], writable: true, configurable: true, enumerable: false });
  }
  const described = Object.getOwnPropertyDescriptor(global, "context");
  if (described?.get !== contextOf) {
    if (described) lost.push("context");
    defineProperty(global, "context", { get: contextOf, set(value) { defineProperty(global, "context", { value, writable: true, configurable: true }); }, configurable: true, enumerable: false });
  }
  return started ? lost.join(", ") : ((started = true), "");
}
let started = false;
// A cell may well call a variable of its own so: it is kept then.
defineProperty(global, "history", { get: historyOf, set(value) { defineProperty(global, "history", { value, writable: true, configurable: true, enumerable: true }); }, configurable: true, enumerable: false });

/**
 * The answer that the last cell has handed in, as a JSON string, or an empty text. Where the cell went well although calls
 * failed, because nothing awaited them or something caught the error, that is said.
 */
function collect(went) {
  if (went === "well" && failures.length) {
    restoreBuiltIns();
    print("Note: " + failures.length + (failures.length === 1 ? " call" : " calls") + " failed in this cell: " + failures[0]);
  }
  const written = global.answer;
  if (handedIn === undefined && written !== null && typeof written === "object" && written.ready === true) {
    restoreBuiltIns();
    handedIn = asAnswer(written.content);
  }
  return handedIn === undefined ? "" : stringify(handedIn);
}
function describeError(error) {
  restoreBuiltIns();
  const known = error !== null && typeof error === "object";
  const name = known && error.name !== undefined ? SafeString(error.name) : "Error";
  const message = known && error.message !== undefined ? SafeString(error.message) : inspect(error, "throw");
  const stack = known && typeof error.stack === "string" ? error.stack : "";
  return stringify({ name: sane(name).slice(0, 100), message: sane(message).slice(0, 20_000), stack: sane(stack).slice(0, 20_000) });
}
begin(0);
const own = new Set([...getOwnPropertyNames(global), "answer", "context"]);
return {
  begin,
  collect,
  describeError,
  inspect: (value) => sane(inspect(value, "the last expression")),
  tidy,
  variable(name) {
    // Getters of the cell may run.
    tidied = false;
    return stringify(variable(name));
  },
};
})`;
