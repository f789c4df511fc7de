/**
 * Recordings of test/golden/netlink: what was sent to a real kernel and what it answered, as text, and a scripted kernel
 * that plays one back.
 *
 * Format: `#` begins a comment, `>` a datagram that was sent, `<` one that was received, two blanks a line that continues
 * one; after `;` stands what the bytes mean.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ScriptedKernel } from './scripted-kernel.js';
import type { Step } from './scripted-kernel.js';
import { hex, hexOf } from './scripted-messages.js';

export interface Exchange {
  readonly sent: Uint8Array;
  readonly received: readonly Uint8Array[];
}

export const recordingsFolder = fileURLToPath(new URL('../golden/netlink/', import.meta.url));

/** Names of the recordings there are, sorted. */
export function recordingNames(): string[] {
  return readdirSync(recordingsFolder)
    .filter((file) => file.endsWith('.hex'))
    .map((file) => file.slice(0, -'.hex'.length))
    .sort();
}

/** @throws Error when a line is none of the format */
export function parseRecording(text: string): Exchange[] {
  const exchanges: { sent: string; received: string[] }[] = [];
  for (const line of text.split('\n')) {
    const mark = line.slice(0, 2);
    const last = exchanges.at(-1);
    const bytes = line.slice(2).replace(/;.*/, '');
    if (mark === '> ') exchanges.push({ sent: bytes, received: [] });
    else if (mark === '< ' && last !== undefined) last.received.push(bytes);
    else if (mark === '  ' && last !== undefined) {
      if (last.received.length === 0) last.sent += bytes;
      else last.received.push(`${last.received.pop() ?? ''}${bytes}`);
    } else if (line !== '' && !line.startsWith('#')) throw new Error(`no line of a recording: ${line}`);
  }
  return exchanges.map(({ sent, received }) => ({ sent: hex(sent), received: received.map(hex) }));
}

export function readRecording(name: string): Exchange[] {
  return parseRecording(readFileSync(`${recordingsFolder}${name}.hex`, 'utf8'));
}

/** A kernel that expects exactly the datagrams of a recording, byte for byte, and gives the answers of it. */
export function replay(exchanges: readonly Exchange[]): ScriptedKernel {
  const kernel: ScriptedKernel = new ScriptedKernel(
    exchanges.map(({ sent, received }, index): Step => () => {
      const actual = hexOf(kernel.sent.at(-1)?.bytes ?? new Uint8Array());
      assert.equal(actual, hexOf(sent), `datagram ${index + 1} is not the recorded one`);
      return received;
    }),
  );
  return kernel;
}
