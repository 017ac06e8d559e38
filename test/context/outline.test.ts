import { expect, test } from "vitest";
import { ContextReader } from "../../src/context/reader.ts";
import { startRepl } from "../sandbox/repl.ts";
import { collectText, readerOf, textReader } from "./support.ts";

/** A context of one text, which takes no thread and leaves nothing out. */
async function fileReader(path: string, source: string): Promise<ContextReader> {
  return new ContextReader(await collectText(source, path), { regexTimeoutMs: 5_000 });
}

/** A source and its definitions. What is in comments, texts and calls looks like definitions and is none. */
const sources: readonly (readonly [language: string, path: string, source: string, outline: string])[] = [
  [
    "TypeScript with JSX",
    "a.tsx",
    `import { x } from "./x";
// class NotThis {
const text = \`class Nor { \${a ? \`function this() {\` : "}"} }\`;
export const LIMIT = 5;
const quiet = 3;
export type Options<T> = { readonly a: T };
export interface Store extends Base {
  name: string;
  get(key: string): Promise<string>;
}
export enum Colour {
  Red = "red",
}
@Injectable()
export default class Rlm<T> extends Base<T>
  implements Store {
  #count = 0;
  private readonly handler = async (event: Event): Promise<void> => {
    if (event) return;
  };
  constructor(private readonly a: string, b = "{") {
    super();
  }
  get size(): number { return /[{}"]/.test("a") ? 1 : 2; }
  static async *walk<T>(
    from: T, // the start
    to: { a: T },
  ): AsyncGenerator<T> {
    function inner() {
      for (const a of b) call(a);
    }
    while (true) { inner() }
  }
}
export function App({ a, b }: Props): JSX.Element {
  return (
    <div onClick={() => go()}>
      Don't stop: https://example.org {a}
    </div>
  );
}
export const useThing = <T,>(a: T) => a;
export abstract class Late { abstract go(a: string): void; }
declare module "vue" {
  interface Sub { on(a: string): void }
}
namespace Deep.Er {
  export const z = () => 1
  export function f(a: string): string
  export function f(a: unknown) { return a }
}
`,
    `4: export const LIMIT = 5
6: export type Options<T>
7: export interface Store extends Base
  9: get(key: string): Promise<string>
11: export enum Colour
15: export default class Rlm<T> extends Base<T> implements Store
  18: private readonly handler = async (event: Event): Promise<void> =>
  21: constructor(private readonly a: string, b = "{")
  24: get size(): number
  25: static async *walk<T>( from: T, to: { a: T }, ): AsyncGenerator<T>
    29: function inner()
35: export function App({ a, b }: Props): JSX.Element
42: export const useThing = <T,>(a: T) => a
43: export abstract class Late
44: declare module "vue"
  45: interface Sub
47: namespace Deep.Er
  48: export const z = () => 1
  49: export function f(a: string): string
  50: export function f(a: unknown)`,
  ],
  [
    "JavaScript, old and new",
    "b.js",
    `'use strict';
(function (root) {
  var Parser = function Parser(input) { this.input = input; };
  var pp = Parser.prototype;
  pp.parse = function (node) {
    return node / 2; // function no() {
  };
  function helper(a) { return a; }
})(this);
module.exports = {
  run(a) { return a; },
  stop: async () => {},
  "a-b": function () {},
  nested: { go() {} },
};
exports.late = (a, b) => a + b;
class A { static { start(); } m() {} }
const Wrapped = class extends A {};
let f = async function* () {};
if (a) { b(function named() {}) }
`,
    `3: var Parser = function Parser(input)
5: pp.parse = function (node)
8: function helper(a)
10: module.exports
  11: run(a)
  12: stop: async () =>
  13: "a-b": function ()
16: exports.late = (a, b) => a + b
17: class A
18: const Wrapped = class extends A
19: let f = async function* ()`,
  ],
  [
    "Python",
    "a.py",
    `"""Docs.

class NotThis:
"""
import os
from typing import TypeVar

T = TypeVar("T")
MAX_RETRIES: int = 5
lower = 1


@dataclass(frozen=True)
class Rlm(Base, metaclass=Meta):
    """def not_this(): ..."""

    LIMIT = 3

    def __init__(self, a: str = "def x():",
                 *, b=None) -> None:
        # class No:
        self.a = f'''
def nor_this():
'''

        def inner(c):
            return c

    @property
    async def size(self): return 1

    class Meta:
        pass


if os.name == "nt":
    def fallback(): pass
else:
    def fallback(a): pass


async def main(argv: list[str]) -> dict[str, int]:
    x = [
class_ for class_ in a]
`,
    `8: T = TypeVar("T")
9: MAX_RETRIES: int = 5
14: class Rlm(Base, metaclass=Meta)
  19: def __init__(self, a: str = "def x():", *, b=None) -> None
    26: def inner(c)
  30: async def size(self)
  32: class Meta
37: def fallback()
39: def fallback(a)
42: async def main(argv: list[str]) -> dict[str, int]`,
  ],
  [
    "Go",
    "a.go",
    `// Package a does things. func no() {}
package a

import (
	"fmt"
)

const MaxRetries = 5

const (
	// StateOpen is open.
	StateOpen State = iota
	stateClosed
	StateDone, StateGone
)

var ErrGone = errors.New("func x() {")

type State int

type (
	Reader interface {
		Read(p []byte) (n int, err error)
	}
	pair[K comparable, V any] struct {
		key K
	}
)

type Server struct {
	mu sync.Mutex
	handle func(a int) error
}

type Store[T any] interface {
	io.Closer
	Get(ctx context.Context, key string) (T, error)
}

func New(opts ...func(*Server)) *Server {
	f := func() { fmt.Println(\`func raw() {
}\`, '{') }
	return &Server{}
}

func (s *Server) Start(ctx context.Context) error {
	type local struct{ a int }
	return nil
}

func Map[T, U any](in []T, f func(T) U) []U { return nil }
`,
    `8: const MaxRetries = 5
12: StateOpen State = iota
14: StateDone, StateGone
17: var ErrGone = errors.New("func x() {")
19: type State int
22: Reader interface
  23: Read(p []byte) (n int, err error)
25: pair[K comparable, V any] struct
30: type Server struct
35: type Store[T any] interface
  37: Get(ctx context.Context, key string) (T, error)
40: func New(opts ...func(*Server)) *Server
46: func (s *Server) Start(ctx context.Context) error
51: func Map[T, U any](in []T, f func(T) U) []U`,
  ],
  [
    "Rust",
    "a.rs",
    `//! fn not_this() {}
use std::fmt;
/* outer /* fn nested() {} */ still a comment fn x() {} */
pub const MAX: usize = 5;
static NAME: &'static str = r#"fn raw() { " "#;
pub(crate) type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, Clone)]
pub struct Server<'a, T: Clone> {
    name: &'a str,
    brace: char,
}
#[derive(Debug)] pub struct Unit;
pub struct Pair(pub i32, i32);

pub enum State {
    Open { at: u64 },
    Closed(char),
}

pub trait Store: Send {
    const SIZE: usize;
    type Item;
    fn get(&self, key: &str) -> Option<Self::Item>;
    fn put(&mut self) { let _ = '{'; }
}

impl<'a, T: Clone> Server<'a, T> {
    pub async fn start(&self) -> Result<()> {
        fn inner(a: u8) -> u8 { a }
        let s = "multi
fn no() {";
        Ok(())
    }
    pub(super) const unsafe fn raw(
        &self,
    ) -> *const u8
    where
        T: Copy,
    { std::ptr::null() }
}

impl<T> fmt::Display for Server<'_, T> where T: Clone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{{") }
}

#[macro_export]
macro_rules! square {
    ($x:expr) => { $x * $x };
}

#[cfg(test)]
mod tests {
    #[test]
    fn works() {}
}
extern "C" {
    fn strlen(s: *const c_char) -> usize;
}
`,
    `4: pub const MAX: usize = 5
5: static NAME: &'static str = r#"fn raw() { " "#
6: pub(crate) type Result<T> = std::result::Result<T, Error>
9: pub struct Server<'a, T: Clone>
13: pub struct Unit
14: pub struct Pair(pub i32, i32)
16: pub enum State
21: pub trait Store: Send
  22: const SIZE: usize
  23: type Item
  24: fn get(&self, key: &str) -> Option<Self::Item>
  25: fn put(&mut self)
28: impl<'a, T: Clone> Server<'a, T>
  29: pub async fn start(&self) -> Result<()>
    30: fn inner(a: u8) -> u8
  35: pub(super) const unsafe fn raw( &self, ) -> *const u8 where
43: impl<T> fmt::Display for Server<'_, T> where T: Clone
  44: fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result
48: macro_rules! square
53: mod tests
  55: fn works()
58: fn strlen(s: *const c_char) -> usize`,
  ],
  [
    "Java",
    "A.java",
    `package org.example;

import java.util.*;

/** class NotThis { } */
@Service
public final class Server<T extends Comparable<T>> extends Base implements Runnable, Closeable {
    public static final int MAX_RETRIES = 5;
    private static final Map<String, List<Integer>> TABLE = new HashMap<>();
    private final String name = "void no() {";

    public Server(String name) throws IOException {
        this.name = name;
        if (name == null) { throw new IllegalArgumentException("}"); }
    }

    @Override public void run() {
        for (int i = 0; i < 3; i++) { call(i); }
        Runnable r = new Runnable() {
            public void run() { char c = '{'; }
        };
        return;
    }

    protected abstract <K, V> Map<K, V> load(
            List<K> keys,
            Function<K, V> f) throws IOException;

    private int[] sizes() { return null; }

    static class Node { Node next; }

    public enum State {
        OPEN("a") { @Override int code() { return 1; } },
        CLOSED;
        abstract int code();
        State(String a) { }
    }

    @interface Marker { String value() default ""; }
    record Point(int x, int y) {
        Point {
            check(x);
        }
        double length() { return 0; }
    }
}

interface Shape permits A { double area(); default int n() { return 1; } }
`,
    `7: public final class Server<T extends Comparable<T>> extends Base implements Runnable, Closeable
  8: public static final int MAX_RETRIES = 5
  9: private static final Map<String, List<Integer>> TABLE = new HashMap<>()
  12: public Server(String name) throws IOException
  17: public void run()
  25: protected abstract <K, V> Map<K, V> load( List<K> keys, Function<K, V> f) throws IOException
  29: private int[] sizes()
  31: static class Node
  33: public enum State
    36: abstract int code()
    37: State(String a)
  40: @interface Marker
  41: record Point(int x, int y)
    42: Point
    45: double length()
49: interface Shape permits A`,
  ],
  [
    "C",
    "a.c",
    `#include <stdio.h>
#define MAX_RETRIES 5
#define SQUARE(x) \\
  do { int no(void) { \\
  } } while (0)
/* int not_this(void) { */
typedef struct node {
  int value;
  struct node *next;
} node_t;
typedef struct { int x; } point_t;
typedef int (*handler_t)(int, void *);
typedef unsigned long size_type;
enum state { OPEN, CLOSED };
struct options {
  void (*free)(void *);
};
int later(int a);

static int helper(const char *name, int n)
{
  if (n) { return SQUARE(n); }
  printf("int no() {\\n");
  return '{';
}

static inline struct node *
make_node (int value)
{
  return NULL;
}

#ifdef WIN32
int open_file(const char *path) {
#else
int open_file(char *path, int mode) {
#endif
  return 0;
}

int main(int argc, char **argv) { return later(1); }
`,
    `2: #define MAX_RETRIES
3: #define SQUARE(x)
7: typedef struct node
11: typedef struct point_t
12: typedef int (*handler_t)(int, void *)
13: typedef unsigned long size_type
14: enum state
15: struct options
20: static int helper(const char *name, int n)
28: make_node (int value)
34: int open_file(const char *path)
36: int open_file(char *path, int mode)
41: int main(int argc, char **argv)`,
  ],
  [
    "a header of C++",
    "a.hpp",
    `#ifndef A_HPP
#define A_HPP
#pragma once
namespace rlm::core {
namespace {
constexpr int limit = 3;
}
template <typename T, class U = std::vector<T>>
class Server final : public Base<T>, private Other {
 public:
  explicit Server(std::string name) : name_(std::move(name)), n_{0} {}
  virtual ~Server() = default;
  Server(const Server&) = delete;
  virtual void run(int a, std::map<int, std::string> b) const noexcept override;
  static std::vector<T> all();
  bool operator==(const Server& other) const { return true; }
  T& operator[](size_t i);
  int size() const { return size_; }
  struct Node { Node* next; };
 private:
  std::string name_ = R"x(void no() { )x";
  std::function<void()> f_;
};
enum class State : int { Open, Closed };
using Name = std::string;
template <typename T>
T max_of(T a, T b) { return a > b ? a : b; }
int parse(const char* text, int n = 1'000);
extern "C" {
void plain(void);
}
}  // namespace rlm::core
#endif
`,
    `4: namespace rlm::core
  9: class Server final : public Base<T>, private Other
    11: explicit Server(std::string name) : name_(std::move(name)), n_
    12: virtual ~Server() = default
    13: Server(const Server&) = delete
    14: virtual void run(int a, std::map<int, std::string> b) const noexcept override
    15: static std::vector<T> all()
    16: bool operator==(const Server& other) const
    17: T& operator[](size_t i)
    18: int size() const
    19: struct Node
  24: enum class State : int
  25: using Name = std::string
  27: T max_of(T a, T b)
  28: int parse(const char* text, int n = 1'000)
  30: void plain(void)`,
  ],
  [
    "C++",
    "a.cpp",
    `#include "a.hpp"
using namespace rlm;
Server::Server(int a)
    : a_(a),
      b_(a) {
  run();
}
void Server::run(int a) const {
  auto f = [&](int b) { return b; };
  switch (a) { case 1: call(a); }
  later(a);
}
std::vector<int> Server::all()
{
  return {};
}
static int global(0);
TEST(ServerTest, Runs) { EXPECT_TRUE(true); }
int later(int a);
Server& Server::operator=(const Server& o) { return *this; }
`,
    `3: Server::Server(int a) : a_(a), b_(a)
8: void Server::run(int a) const
13: std::vector<int> Server::all()
18: TEST(ServerTest, Runs)
20: Server& Server::operator=(const Server& o)`,
  ],
  [
    "C#",
    "a.cs",
    `using System;
namespace Example.App;

/// <summary>class NotThis {</summary>
[Serializable]
public sealed partial class Server<T> : Base, IDisposable where T : class
{
    public const int MaxRetries = 5;
    private static readonly string Path = @"C:\\void no() {";
    private readonly string _name = $"{{ {Path} }}";
    public event EventHandler<Args> Changed;
    public string Name { get; set; } = "x";
    public int Count => _items.Count;
    public T this[int i] => _items[i];

    public Server(string name) : base(name)
    {
        if (name == null) { throw new ArgumentNullException(nameof(name)); }
    }

    [HttpGet("a")] public async Task<IActionResult> Get(int id, CancellationToken token = default)
    {
        foreach (var a in b) { Call(a); }
        using var c = Open();
        int Local(int x) => x;
        return Ok();
    }

    public static bool operator ==(Server<T> a, Server<T> b) => true;
    protected override void Dispose(bool disposing) => base.Dispose(disposing);
    private TResult Map<TResult>(Func<T, TResult> f) where TResult : new() { return f(x); }

    private class Node { public Node Next; }
    public enum State { Open, Closed }
}
public record Point(int X, int Y);
public interface IStore { Task<string> GetAsync(string key); int Size { get; } }
public delegate void Handler(object sender);
public static class Raw { string a = """
  class No { }
  """; }
`,
    `2: namespace Example.App
6: public sealed partial class Server<T> : Base, IDisposable where T : class
  8: public const int MaxRetries = 5
  9: private static readonly string Path = @"C:\\void no() {"
  11: public event EventHandler<Args> Changed
  12: public string Name
  13: public int Count => _items.Count
  14: public T this[int i] => _items[i]
  16: public Server(string name) : base(name)
  21: public async Task<IActionResult> Get(int id, CancellationToken token = default)
  29: public static bool operator ==(Server<T> a, Server<T> b) => true
  30: protected override void Dispose(bool disposing) => base.Dispose(disposing)
  33: private class Node
  34: public enum State
36: public record Point(int X, int Y)
37: public interface IStore
38: public delegate void Handler(object sender)
39: public static class Raw`,
  ],
  [
    "Ruby",
    "a.rb",
    `# class NotThis
=begin
def nor_this
=end
module Example
  VERSION = "1.0"

  class Server < Base
    include Comparable
    attr_accessor :name, :size
    STATES = %w[open closed].freeze

    def initialize(name, size: 1)
      @text = <<~TEXT
        def no
        class No
      TEXT
      if size == 1 then go end
      x = "#{name} # def"
    end

    def self.build(*args) = new(*args)

    class << self
      def all; end
    end

    def <=>(other)
      name =~ /def "x/
    end

    def valid?
      true
    end

    private def secret=(v)
    end
  end
end

def main
  1
end
`,
    `5: module Example
  6: VERSION = "1.0"
  8: class Server < Base
    10: attr_accessor :name, :size
    11: STATES = %w[open closed].freeze
    13: def initialize(name, size: 1)
    22: def self.build(*args) = new(*args)
    24: class << self
      25: def all
    28: def <=>(other)
    32: def valid?
    36: private def secret=(v)
41: def main`,
  ],
  [
    "PHP",
    "a.php",
    `<html>
<p>function not_this() { it's</p>
<?php
declare(strict_types=1);
namespace App\\Http;

use Foo\\Bar;

// class Nor {}
# function x() {}
const LIMIT = 5;
define('DEBUG', true);

#[Attribute]
abstract class Server extends Base implements Store
{
    use Loggable;
    public const MAX = 3;
    private string $name = "function no() { $x";

    public function __construct(private string $a, int $b = 1)
    {
        $f = function ($x) use ($a) { return $x; };
        $t = <<<SQL
function heredoc() {
SQL;
    }

    abstract protected static function load(array $keys): ?array;
    final public function &get(string $key): string { return 'it\\'s {'; }
}

interface Store { public function get(string $key): string; }
trait Loggable { private function log() {} }
enum State: string { case Open = 'open'; public function label(): string { return ''; } }

function helper(int $a): int {
    return $a;
}
?>
<p>class Late {</p>
`,
    `5: namespace App\\Http
11: const LIMIT = 5
12: define('DEBUG', true)
15: abstract class Server extends Base implements Store
  18: public const MAX = 3
  21: public function __construct(private string $a, int $b = 1)
  29: abstract protected static function load(array $keys): ?array
  30: final public function &get(string $key): string
33: interface Store
34: trait Loggable
35: enum State: string
37: function helper(int $a): int`,
  ],
  [
    "Markdown",
    "a.md",
    `---
title: x
# no heading
---
# Rlm

Text # no

## Install
\`\`\`sh
# not this
## nor this
\`\`\`
### On Linux ###
<!--
# hidden
-->
Usage
-----
#no-space
#### Deep
- item
---
`,
    `5: # Rlm
  9: ## Install
    14: ### On Linux
  18: ## Usage
    21: #### Deep`,
  ],
  [
    "Kotlin",
    "a.kt",
    `package a
// class No
@JvmInline value class Name(val s: String)
const val MAX = 5
data class Server<T>(val a: T, var b: String = "fun no() {") : Base(), Store {
    companion object {
        const val SIZE = 3
        fun build(): Server = Server("\${x("}")}")
    }
    override suspend fun run(a: Int): Result<T> {
        fun local() = 1
        return a
    }
    constructor(a: Int) : this("x")
}
sealed interface State { object Open : State }
enum class Colour { RED; fun hex() = "" }
fun <T : Any> List<T>.second(): T = this[1]
typealias Handler = (Int) -> Unit
`,
    `3: value class Name(val s: String)
4: const val MAX = 5
5: data class Server<T>(val a: T, var b: String = "fun no() {") : Base(), Store
  6: companion object
    7: const val SIZE = 3
    8: fun build(): Server = Server("\${x("}")}")
  10: override suspend fun run(a: Int): Result<T>
    11: fun local() = 1
  14: constructor(a: Int) : this("x")
16: sealed interface State
17: enum class Colour
18: fun <T : Any> List<T>.second(): T = this[1]
19: typealias Handler = (Int) -> Unit`,
  ],
  [
    "Swift",
    "a.swift",
    `import Foundation
// class No {}
@MainActor public final class Server: Base, Store {
    var name: String = "func no() {"
    init(name: String) { self.name = name }
    deinit { }
    override func run(_ a: Int) async throws -> [String: Int] {
        func local() {}
        return [:]
    }
    static func == (a: Server, b: Server) -> Bool { true }
}
struct Point { let x: Int; subscript(i: Int) -> Int { x } }
enum State: String { case open; var label: String { "" } }
protocol Store { associatedtype Item; func get(key: String) -> Item? }
extension Server where T: Equatable { class func all() {} }
let limit = 3
func main() {}
`,
    `3: public final class Server: Base, Store
  5: init(name: String)
  6: deinit
  7: override func run(_ a: Int) async throws -> [String: Int]
    8: func local()
  11: static func == (a: Server, b: Server) -> Bool
13: struct Point
14: enum State: String
15: protocol Store
16: extension Server where T: Equatable
17: let limit = 3
18: func main()`,
  ],
  [
    "shell",
    "a.sh",
    `#!/bin/bash
# no() {
start() {
  local n=\${#arr[@]}
  cat <<EOT
inner() {
EOT
  echo "quoted() { it's"
}
function stop_all {
  case $1 in
    a) start ;;
  esac
}
function both () {
  :
}
`,
    `3: start()
10: function stop_all
15: function both ()`,
  ],
  [
    "SQL",
    "a.sql",
    `-- CREATE TABLE no (a int);
CREATE TABLE IF NOT EXISTS public.calls (
  id bigint PRIMARY KEY,
  note text DEFAULT 'create table x (a)'
);
create unique index concurrently calls_idx on calls (id);
CREATE OR REPLACE FUNCTION total(a int) RETURNS int AS $$
  CREATE TABLE inner_ (a int);
$$ LANGUAGE sql;
CREATE MATERIALIZED VIEW daily AS SELECT 1;
`,
    `2: CREATE TABLE IF NOT EXISTS public.calls ( id bigint PRIMARY KEY, note text DEFAULT 'create table x …
6: create unique index concurrently calls_idx on calls (id)
7: CREATE OR REPLACE FUNCTION total(a int) RETURNS int AS $$
10: CREATE MATERIALIZED VIEW daily AS SELECT 1`,
  ],
  [
    "scripts of components",
    "a.vue",
    `<template><p>function no() {</p></template>
<script setup lang="ts">
export default {
  methods: {
    go() { return 1 },
  },
}
function real() {}
</script>
`,
    `3: export default
  5: go()
8: function real()`,
  ],
];

test.each(sources)("the outline of %s", async (_language, path, source, expected) => {
  const reader = await fileReader(path, source);
  const lines = reader.outline(path).split("\n");
  expect(lines.slice(1, -1).map((line) => line.slice(2))).toEqual(expected.split("\n"));
  expect(lines[0]).toBe(path);
  expect(lines.at(-1)).toMatch(/^\[\d+ definitions in 1 file\]$/);
});

test.each(sources)("CRLF changes nothing in the outline of %s", async (_language, path, source) => {
  const windows = await fileReader(path, source.replaceAll("\n", "\r\n"));
  expect(windows.outline(path)).toBe((await fileReader(path, source)).outline(path));
});

test("files are grouped under their paths, and those without definitions are named", async () => {
  const reader = await readerOf({
    "src/a.ts": "export class A {\n  go() {}\n}\n",
    "src/b.py": "def b():\n  pass\n",
    "src/empty.ts": "",
    "data/x.yaml": "a: 1\n",
  });
  expect(reader.outline("src")).toBe(
    [
      "src/a.ts",
      "  1: export class A",
      "    2: go()",
      "src/b.py",
      "  1: def b()",
      "[3 definitions in 2 files]",
      "[outline: no definitions in src/empty.ts]",
    ].join("\n"),
  );
  expect(reader.outline(["*.py", "*.yaml"])).toMatch(/\n\[outline: can't tell definitions .*: data\/x\.yaml\]$/);
  expect(reader.outline({ source: "b\\.py$", flags: "" })).toBe(reader.outline("src/b.py"));
  expect(reader.outline()).toContain("src/b.py");
  expect(reader.outline("*.rs")).toBe("[outline: no file matches the glob]");
});

test("an outline has at most 400 lines, shows the outer definitions first, and says what it cut", async () => {
  const functions = (n: number) => Array.from({ length: n }, (_, i) => `function f${i}() {}\n`).join("");
  const classes = Array.from(
    { length: 100 },
    (_, i) => `class C${i} {\n  a() {}\n  b() {}\n  c() {}\n  d() {}\n}\n`,
  ).join("");
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`many/f${100 + i}.js`, functions(30)]));
  const most = Object.fromEntries(Array.from({ length: 700 }, (_, i) => [`most/f${1000 + i}.js`, functions(5)]));
  const reader = await readerOf({ "one.js": functions(1_000), "classes.js": classes, ...many, ...most });

  const one = reader.outline("one.js").split("\n");
  expect(one.length).toBeLessThanOrEqual(403);
  expect(one.at(-1)).toMatch(/^\[\d+ of 1,000 definitions in 1 of 1 file; narrow glob to see more\]$/);

  const outer = reader.outline({ glob: "classes.js", perFile: 120 });
  expect(outer.match(/: class C\d+$/gm)).toHaveLength(100);
  expect(outer.match(/: [abcd]\(\)$/gm)).toHaveLength(20);
  expect(outer).toContain("\n  … 380 more\n");

  const folder = reader.outline("many").split("\n");
  expect(folder.filter((line) => line.startsWith("many/"))).toHaveLength(50);
  expect(folder.length).toBeLessThanOrEqual(402);
  expect(folder.at(-1)).toMatch(/of 1,500 definitions in 50 of 50 files; narrow glob/);

  const all = reader.outline("most");
  expect(all.split("\n").length).toBeLessThanOrEqual(402);
  expect(all.length).toBeLessThan(20_000);
  expect(all).toMatch(/ files; 499 more files not looked at; narrow glob to see more\]$/);
});

test("a text is outlined by its name", async () => {
  const named = new ContextReader(await collectText("# One\n\n## Two\n", "notes.md"));
  expect(named.outline()).toBe("notes.md\n  1: # One\n    3: ## Two\n[2 definitions in 1 file]");
  expect((await textReader("# One\n")).outline()).toMatch(/^\[outline: can't tell definitions .*: stdin\]$/);
});

test("wrong globs and options are errors that say what is right", async () => {
  const reader = await readerOf({ "src/retry.ts": "export function retry() {}\n" });
  expect(() => reader.outline(7)).toThrow("outline: the options must be an object {glob, perFile}, not the number 7.");
  expect(() => reader.outline({ glob: [1] })).toThrow(/^outline: glob must be a string/);
  expect(() => reader.outline({ path: "src" })).toThrow('outline: unknown option "path" (glob, perFile).');
  expect(() => reader.outline({ perFile: 0 })).toThrow(/^outline: perFile must be 1 to 400/);
  expect(() => reader.outline("src/rerty.ts")).toThrow(
    'outline: no file matches glob "src/rerty.ts". Did you mean "src/retry.ts"?',
  );
});

test("texts that are never closed, deep nesting and very long lines end soon", async () => {
  const long = 300_000;
  const sources = {
    "quote.php": `<?php $a = "${"x\\n".repeat(long)}`,
    "template.js": `const a = \`${"${`".repeat(2_000)}`,
    "nested.ts": "{(".repeat(long),
    "words.cpp": `${"AAAA".repeat(long)} (`,
    "macros.c": `int a() ${"ABC ".repeat(2_000)}`,
    "line.java": `class A { ${"void a() {} ".repeat(20_000)} }`,
    "generic.rs": `impl<${"<".repeat(2_000)} for`,
    "spaces.cs": `public ${" ".repeat(2_000)}x`,
    "python.py": `a = """${"x\n".repeat(long)}`,
  };
  for (const [path, source] of Object.entries(sources)) {
    expect((await fileReader(path, source)).outline(path)).toContain(path);
  }
});

test("a cell prints an outline of what a glob selects", async () => {
  const repl = await startRepl({ files: { "a.ts": "export class A {\n  go() {}\n}\n", "b.py": "def b(): pass\n" } });
  expect((await repl.run('print(outline("a.ts"))')).output).toContain("  1: export class A\n    2: go()\n");
  expect((await repl.run("outline(/\\.py$/)")).value).toContain("1: def b()");
  expect((await repl.run('outline({ globs: "a.ts" })')).error?.message).toBe(
    'outline: unknown option "globs" (glob, perFile).',
  );
});
