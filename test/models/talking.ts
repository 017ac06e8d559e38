import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished } from "vitest";
import { type OpenAiModelOptions, openAiModel } from "../../src/models/openai-model.ts";
import { CancelSource } from "../../src/rlm/cancel.ts";
import type { Message, ModelFailure, ModelRequest } from "../../src/rlm/model.ts";
import {
  type Script,
  type ScriptedReply,
  type ScriptedServer,
  type ScriptedServerOptions,
  sendJson,
  startScriptedServer,
} from "../support/scripted-server.ts";

export const key = "sk-test-4f9a7c21e8b3d605";

/** 20 characters, 5 estimated tokens. */
export const messages: readonly Message[] = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "What is it?" },
];

/** A scripted server that stops with the test. */
export async function serve(script: Script, options?: ScriptedServerOptions): Promise<ScriptedServer> {
  const server = await startScriptedServer(script, options);
  onTestFinished(() => server.close());
  return server;
}

/** A plain server on a free port. */
export async function listen(listener: RequestListener): Promise<{ port: number; stop: () => Promise<void> }> {
  const server: Server = createServer(listener);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((closed) => {
      server.close(() => closed());
      server.closeAllConnections();
    });
  onTestFinished(stop);
  return { port, stop };
}

export function modelAt(baseUrl: string, options: Partial<OpenAiModelOptions> = {}) {
  return openAiModel({ id: "scripted", baseUrl, apiKey: key, backoffMs: 1, ...options });
}

export function ask(options: Partial<ModelRequest> = {}): ModelRequest {
  return { messages, signal: new CancelSource(), ...options };
}

/** Answers each request with the next of these, and the last one from then on. */
export function inTurn(...replies: (string | ScriptedReply)[]): Script {
  return ({ index }) => replies[Math.min(index, replies.length - 1)] ?? "";
}

export function status(code: number, body: unknown, headers?: Record<string, string>): ScriptedReply {
  return { raw: (_req, res) => sendJson(res, code, body, headers) };
}

/** The body of an error as OpenAI has it. */
export function stated(message: string, code?: string): unknown {
  return { error: { message, ...(code ? { code } : {}) } };
}

export async function failureOf(reply: Promise<unknown>): Promise<ModelFailure> {
  return reply.then(
    () => expect.unreachable("The call should have failed."),
    (failure: ModelFailure) => failure,
  );
}

/** One line without any part of the key. */
export function expectSafe(message: string): void {
  expect(message).not.toMatch(/\n/);
  expect(message.length).toBeLessThan(700);
  for (const part of [key, key.slice(0, 12), key.slice(-8), "***"]) expect(message).not.toContain(part);
}
