/** A server program of the machine, with a folder of its own, in the foreground until the test is over. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createChecker } from '../../../../src/health/checkers/create-checker.js';
import type { ProbeResult } from '../../../../src/health/types.js';
import { loadText } from '../../../support/config-text.js';
import { leavesNothingOpen } from '../../../health/support/descriptors.js';
import { probe } from '../../../health/support/loopback.js';

export interface ServerProgram {
  /** On 127.0.0.1 and ::1. */
  readonly port: number;
  /** A temporary folder. */
  readonly folder: string;
}

const PATIENCE_MS = 20_000;

/** @param command gives the words once port and folder are known; writes the program's files */
export async function withServerProgram(
  command: (server: ServerProgram) => readonly string[],
  use: (server: ServerProgram) => Promise<void>,
): Promise<void> {
  const server = { port: await freePort(), folder: mkdtempSync(join(tmpdir(), 'lvsd-test-program-')) };
  const [file = '', ...words] = command(server);
  const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(child, 'exit');
  try {
    await Promise.race([
      untilListening(server.port),
      exited.then(() => assert.fail(`${file} ended: ${output}`)),
    ]);
    await use(server);
  } finally {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await exited;
    rmSync(server.folder, { recursive: true, force: true });
  }
}

/** Programs want to be told a port. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '::');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function untilListening(port: number): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await accepts(port))) {
    assert.ok(performance.now() < end, `nobody listens on port ${port}`);
    await setTimeout(20);
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

export function writeIn(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Probes once, as a file with this check would: `up: ...`, or the reason. */
export async function verdictOf(check: string, address: string, port: number): Promise<string> {
  const family = address.includes(':') ? '"[2001:db8::1]:80"' : '192.0.2.1:80';
  const server = address.includes(':') ? `"[${address}]:${port}"` : `${address}:${port}`;
  const { model } = await loadText(
    `services: [{ name: s, address: ${family}, servers: [${server}], check: ${check} }]`,
  );
  const [service] = model.services;
  const [parsed] = service?.checks ?? [];
  const [real] = service?.servers ?? [];
  assert.ok(parsed !== undefined && real !== undefined);
  const checker = createChecker(parsed, real);
  const result: ProbeResult = await leavesNothingOpen(() => probe(checker));
  return 'reason' in result ? result.reason : `up: ${result.detail}`;
}
